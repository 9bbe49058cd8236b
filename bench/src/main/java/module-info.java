// SPDX-License-Identifier: Apache-2.0

/** Benchmarks: the same guest on Wattle and on QEMU, measured from the host. */
module dev.wattle.bench {
    requires dev.wattle.app;
    requires info.picocli;
    requires io.avaje.jsonb;
    requires static transitive org.jspecify;

    exports dev.wattle.bench;

    opens dev.wattle.bench to
            info.picocli;

    provides io.avaje.jsonb.spi.JsonbExtension with
            dev.wattle.bench.BenchJsonComponent;
}
