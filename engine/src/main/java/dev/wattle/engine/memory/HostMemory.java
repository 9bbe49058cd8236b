// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Access to host memory by absolute address: the processor state block, guest RAM and the software TLB.
 *
 * <p>Nothing here checks an address. Callers hold addresses that came from a {@link GuestMemory} slot through the
 * software TLB, or from an allocation of their own. One segment over the whole address space in the global scope
 * compiles to a bare load or store, which neither a per-slot segment nor an array gives.
 */
public final class HostMemory {
    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    private static final ValueLayout.OfShort SHORT_LE =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT_BE =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT_LE = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT_BE = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG_LE =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG_BE = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final java.lang.invoke.VarHandle ATOMIC_LONG = ValueLayout.JAVA_LONG.varHandle();
    private static final java.lang.invoke.VarHandle ATOMIC_INT = ValueLayout.JAVA_INT.varHandle();

    private HostMemory() {}

    public static byte getByte(long address) {
        return ALL.get(ValueLayout.JAVA_BYTE, address);
    }

    public static void putByte(long address, byte value) {
        ALL.set(ValueLayout.JAVA_BYTE, address, value);
    }

    public static short getShortLe(long address) {
        return ALL.get(SHORT_LE, address);
    }

    public static short getShortBe(long address) {
        return ALL.get(SHORT_BE, address);
    }

    public static void putShortLe(long address, short value) {
        ALL.set(SHORT_LE, address, value);
    }

    public static void putShortBe(long address, short value) {
        ALL.set(SHORT_BE, address, value);
    }

    public static int getIntLe(long address) {
        return ALL.get(INT_LE, address);
    }

    public static int getIntBe(long address) {
        return ALL.get(INT_BE, address);
    }

    public static void putIntLe(long address, int value) {
        ALL.set(INT_LE, address, value);
    }

    public static void putIntBe(long address, int value) {
        ALL.set(INT_BE, address, value);
    }

    public static long getLongLe(long address) {
        return ALL.get(LONG_LE, address);
    }

    public static long getLongBe(long address) {
        return ALL.get(LONG_BE, address);
    }

    public static void putLongLe(long address, long value) {
        ALL.set(LONG_LE, address, value);
    }

    public static void putLongBe(long address, long value) {
        ALL.set(LONG_BE, address, value);
    }

    /** Reads a long in the host's byte order, as generated code does for fields of the processor state. */
    public static long getLong(long address) {
        return ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, address);
    }

    /** Writes a long in the host's byte order. */
    public static void putLong(long address, long value) {
        ALL.set(ValueLayout.JAVA_LONG_UNALIGNED, address, value);
    }

    /** Reads a naturally aligned long in host byte order with volatile semantics. */
    public static long getLongVolatile(long address) {
        return (long) ATOMIC_LONG.getVolatile(ALL, address);
    }

    /** Writes a naturally aligned long in host byte order with volatile semantics. */
    public static void putLongVolatile(long address, long value) {
        ATOMIC_LONG.setVolatile(ALL, address, value);
    }

    /** Sets bits of an aligned long atomically and returns the value it had. */
    public static long getAndOrLong(long address, long bits) {
        return (long) ATOMIC_LONG.getAndBitwiseOr(ALL, address, bits);
    }

    /** Keeps only the bits of {@code mask} in an aligned long, atomically, and returns the value it had. */
    public static long getAndAndLong(long address, long mask) {
        return (long) ATOMIC_LONG.getAndBitwiseAnd(ALL, address, mask);
    }

    /** Compares and sets an aligned long in host byte order. */
    public static boolean compareAndSetLong(long address, long expected, long value) {
        return ATOMIC_LONG.compareAndSet(ALL, address, expected, value);
    }

    /** Compares and sets an aligned int in host byte order. */
    public static boolean compareAndSetInt(long address, int expected, int value) {
        return ATOMIC_INT.compareAndSet(ALL, address, expected, value);
    }

    /** Fills {@code length} bytes with {@code value}. */
    public static void fill(long address, long length, byte value) {
        ALL.asSlice(address, length).fill(value);
    }

    /** Copies between host addresses; the ranges may overlap. */
    public static void copy(long from, long to, long length) {
        MemorySegment.copy(ALL, from, ALL, to, length);
    }

    /** Copies host memory into an array. */
    public static void copyTo(long from, byte[] to, int offset, int length) {
        MemorySegment.copy(ALL, ValueLayout.JAVA_BYTE, from, to, offset, length);
    }

    /** Copies an array into host memory. */
    public static void copyFrom(byte[] from, int offset, long to, int length) {
        MemorySegment.copy(from, offset, ALL, ValueLayout.JAVA_BYTE, to, length);
    }
}
