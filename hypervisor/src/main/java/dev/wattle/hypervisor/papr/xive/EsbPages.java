// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xive;

import dev.wattle.hypervisor.io.IoDevice;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * The ESB pages of all sources: two pages of 64 KiB for each number, the trigger page and the management page. They are
 * accessed by eight bytes; other accesses do nothing, and load all ones.
 */
final class EsbPages implements IoDevice {
    static final int PAGE_SHIFT = 16;
    static final int PAIR_SHIFT = PAGE_SHIFT + 1;

    /** What selects the operation. */
    static final int OFFSET_MASK = 0xfff;

    private final IntFunction<Optional<XiveSource>> sources;

    EsbPages(IntFunction<Optional<XiveSource>> sources) {
        this.sources = sources;
    }

    @Override
    public ByteOrder byteOrder() {
        return ByteOrder.BIG_ENDIAN;
    }

    private static boolean isManagement(long offset) {
        return (offset >>> PAGE_SHIFT & 1) != 0;
    }

    @Override
    public long read(long offset, int size) {
        if (size != Long.BYTES || (offset & Long.BYTES - 1) != 0 || !isManagement(offset)) {
            return -1;
        }
        Optional<XiveSource> source = sources.apply((int) (offset >>> PAIR_SHIFT));
        return source.isPresent() ? source.get().load((int) offset & OFFSET_MASK) : -1;
    }

    @Override
    public void write(long offset, int size, long value) {
        if (size != Long.BYTES || (offset & Long.BYTES - 1) != 0) {
            return;
        }
        Optional<XiveSource> source = sources.apply((int) (offset >>> PAIR_SHIFT));
        if (source.isEmpty()) {
            return;
        }
        if (isManagement(offset)) {
            source.get().store((int) offset & OFFSET_MASK);
        } else {
            source.get().storeTrigger();
        }
    }
}
