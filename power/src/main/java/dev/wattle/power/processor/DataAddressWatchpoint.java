// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

/**
 * The data address watchpoint, DAWR0 and DAWRX0 (Power ISA 3.0B, Book III, 8.3; 2.07B, Book III-S, 8.1.1).
 *
 * <p>While it is armed, the data TLB gets no entry for the pages that it watches: accesses there are compared one by
 * one, and all others cost what they always do.
 */
final class DataAddressWatchpoint {
    private static final int PROBLEM = 0x01;
    private static final int PRIVILEGED = 0x02;
    private static final int TRANSLATION_IGNORED = 0x08;
    private static final int TRANSLATION = 0x10;
    private static final int READ = 0x20;
    private static final int WRITE = 0x40;
    private static final int RANGE_SHIFT = 10;

    private long dawr;
    private long dawrx;
    private long first;
    /** Bytes watched, 0 while not armed. */
    private long bytes;

    /**
     * Takes over the registers' contents.
     *
     * @return whether they have changed
     */
    boolean set(long newDawr, long newDawrx) {
        if (newDawr == dawr && newDawrx == dawrx) {
            return false;
        }
        dawr = newDawr;
        dawrx = newDawrx;
        boolean armed = (dawrx & (READ | WRITE)) != 0 && (dawrx & (PROBLEM | PRIVILEGED)) != 0;
        first = dawr & -8;
        bytes = armed ? 8 * ((dawrx >>> RANGE_SHIFT & 0x3f) + 1) : 0;
        return true;
    }

    long first() {
        return first;
    }

    long bytes() {
        return bytes;
    }

    /** Whether a byte of {@code [ea, ea + length)} is watched, whoever accesses it. */
    boolean covers(long ea, long length) {
        return bytes != 0
                && (Long.compareUnsigned(ea - first, bytes) < 0 || Long.compareUnsigned(first - ea, length) < 0);
    }

    /** Whether an access under an MSR is one that the registers want caught. */
    boolean matches(long ea, long length, boolean store, long msr) {
        return covers(ea, length)
                && (dawrx & (store ? WRITE : READ)) != 0
                && (dawrx & ((msr & Msr.PR) != 0 ? PROBLEM : PRIVILEGED)) != 0
                && ((dawrx & TRANSLATION_IGNORED) != 0 || (dawrx & TRANSLATION) != 0 == ((msr & Msr.DR) != 0));
    }
}
