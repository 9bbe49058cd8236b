// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.mmu;

/**
 * The outcome of one address translation; a processor has one and reuses it.
 *
 * <p>After a success the page is {@code [ea & -pageBytes, + pageBytes)} at {@link #realAddress}, with the permissions
 * that further accesses of the same context may use. After a failure {@link #fault} says why.
 */
public final class Translation {
    /** Causes of failure. */
    public enum Fault {
        NONE,
        /** No translation: DSISR bit 33. */
        NOT_FOUND,
        /** Protection: DSISR bit 36. */
        PROTECTION,
        /** The storage key of the page's class: DSISR or SRR1 bit 42. */
        CLASS,
        /** Both. */
        PROTECTION_AND_CLASS,
        /** Execution from a page without the permission or guarded: SRR1 bit 35. */
        NO_EXECUTE,
        /** And the storage key of its class. */
        NO_EXECUTE_AND_CLASS,
        /** A table entry the processor does not support: DSISR bit 44. */
        BAD_CONFIGURATION,
        /** No segment: data or instruction segment interrupt. */
        SEGMENT,
        /** A table lies outside of storage: machine check. */
        BAD_TABLE_ADDRESS
    }

    public Fault fault = Fault.NONE;
    /** Guest real address of the page's first byte. */
    public long realAddress;
    /** Bytes, a power of two. */
    public long pageBytes;

    /** The page table entry, as it stands in storage now. */
    public long entry;

    /** Its host address. */
    long entryHost;

    /** Its guest real address. */
    long entryReal;

    public boolean readable;
    /** Whether stores are allowed and the page is already marked changed. */
    public boolean writable;
    /** Whether the page is non-idempotent or tolerant I/O. */
    public boolean cachingInhibited;

    boolean fail(Fault why) {
        fault = why;
        return false;
    }
}
