// SPDX-License-Identifier: Apache-2.0

/** The doors: the command line, its console, and the guests it can fetch. */
module dev.wattle.app {
    requires transitive dev.wattle.machine;
    requires info.picocli;
    requires io.avaje.jsonb;
    requires org.apache.commons.compress;
    requires org.jline.terminal;
    requires static transitive org.jspecify;

    exports dev.wattle.app.cli;
    exports dev.wattle.app.guest;

    opens dev.wattle.app.cli to
            info.picocli;

    provides io.avaje.jsonb.spi.JsonbExtension with
            dev.wattle.app.cli.CliJsonComponent;
}
