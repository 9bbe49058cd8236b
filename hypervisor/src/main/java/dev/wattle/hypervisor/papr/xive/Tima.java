// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xive;

import dev.wattle.hypervisor.io.IoDevice;
import java.nio.ByteOrder;

/**
 * The thread interrupt management area: four pages of 64 KiB that show the thread context of the vCPU that accesses them,
 * with the rights of the physical hypervisor, the hypervisor, an OS and a user. A partition has the last two; the others
 * ignore stores, and loads return all ones, as does everything that is no operation.
 */
final class Tima implements IoDevice {
    static final int PAGE_SHIFT = 16;
    static final int PAGES = 4;
    static final int USER_PAGE = 3;
    static final int OS_PAGE = 2;

    private static final int SPECIAL = 0x800;
    private static final int ACCEPT_OS = 0x810;
    private static final int SET_OS_PENDING = 0x812;
    /** Accepts as {@link #ACCEPT_OS} does; the answer would go to a reporting line, which no partition here has. */
    private static final int ACCEPT_OS_EVEN_LINE = 0xc10;

    private static final int OFFSET_MASK = 0xfff;
    private static final int CPPR = ThreadContext.QW1_OS + 1;
    private static final int RING_BYTES = 0x10;

    private final ThreadContext[] contexts;

    Tima(ThreadContext[] contexts) {
        this.contexts = contexts;
    }

    @Override
    public ByteOrder byteOrder() {
        return ByteOrder.BIG_ENDIAN;
    }

    /** Not by a vCPU, so of no thread. */
    @Override
    public long read(long offset, int size) {
        return -1;
    }

    @Override
    public void write(long offset, int size, long value) {
        // Not by a vCPU.
    }

    @Override
    public long read(long offset, int size, int server) {
        int page = (int) (offset >>> PAGE_SHIFT);
        int at = (int) offset & OFFSET_MASK;
        if ((at & size - 1) != 0 || page < OS_PAGE || server >= contexts.length) {
            return -1;
        }
        if (at >= SPECIAL) {
            return page == OS_PAGE && at == ACCEPT_OS && size == 2 ? contexts[server].accept() : -1;
        }
        if (at >= ThreadContext.RINGS_BYTES) {
            return -1;
        }
        // A user sees nothing of the OS.
        boolean isShown = page == OS_PAGE && at / RING_BYTES * RING_BYTES == ThreadContext.QW1_OS;
        return isShown ? contexts[server].peek(at, size) : 0;
    }

    @Override
    public void write(long offset, int size, long value, int server) {
        int page = (int) (offset >>> PAGE_SHIFT);
        int at = (int) offset & OFFSET_MASK;
        if ((at & size - 1) != 0 || page != OS_PAGE || server >= contexts.length) {
            return;
        }
        ThreadContext context = contexts[server];
        if (size == 1) {
            switch (at) {
                case CPPR -> context.setCppr((int) value);
                case SET_OS_PENDING -> context.notify((int) value);
                case ACCEPT_OS_EVEN_LINE -> context.accept();
                default -> {
                    // No operation.
                }
            }
        } else if (size >= 4 && at / RING_BYTES * RING_BYTES == ThreadContext.QW1_OS) {
            context.poke(at, size, value);
        }
    }
}
