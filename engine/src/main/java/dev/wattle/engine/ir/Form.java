// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.ir;

/**
 * What a {@link Op#HOST} operation computes, in terms that a host's instructions may have.
 *
 * <p>Such an operation is a routine like {@link Op#CALL}, whose method is its meaning. A back-end may emit host code
 * instead where that gives the same, and must run the routine in all other cases. Operands are slots; a V128 operand is
 * the slot of its low doubleword, with the high one in the slot after it.
 *
 * <p>Floating-point forms work on numbers in double format, and give one in double format, also where they round to
 * single precision (F32). They may take the host's way only while {@link Slots#FLOAT_ALLOWED} says so, and only for
 * finite results in the normal range, so that the routine sees every exception but an inexact result.
 */
public final class Form {
    /** d = a + b. The slot before d becomes 0, here and in all forms with a floating-point result. */
    public static final int F64_ADD = 1;

    public static final int F64_SUB = 2;
    public static final int F64_MUL = 3;
    public static final int F64_DIV = 4;
    /** d = square root of a. */
    public static final int F64_SQRT = 5;
    /** d = a * b + c, rounded once. */
    public static final int F64_MADD = 6;
    /** d = a * b - c. */
    public static final int F64_MSUB = 7;
    /** d = -(a * b + c). */
    public static final int F64_NMADD = 8;
    /** d = -(a * b - c). */
    public static final int F64_NMSUB = 9;

    /** Distance from a double-precision form to the same in single precision. */
    public static final int F32 = 16;

    /** d = a rounded to single precision. */
    public static final int F64_TO_F32 = 33;
    /** d = the signed integer a. */
    public static final int F64_FROM_I64 = 34;

    public static final int F32_FROM_I64 = 35;
    /** d = a rounded toward zero to a signed integer; the class of the result stays as it was. */
    public static final int I64_FROM_F64 = 36;
    /** As I64_FROM_F64, to a word that is sign-extended. */
    public static final int I32_FROM_F64 = 37;
    /** d = comparison nibble of a and b; the slot before d stays. */
    public static final int F64_COMPARE = 38;

    // Vectors: {@link VectorOp} says how operand c is to be read. b and d are registers, and so is a but for accesses.

    /** d = the 16 bytes at effective address a. */
    public static final int V128_LOAD = 64;
    /** The 16 bytes at effective address a = b. */
    public static final int V128_STORE = 65;

    public static final int V128_BINARY = 66;
    /** d = bits of b where c has ones, of a elsewhere. */
    public static final int V128_SELECT = 67;
    /** Each byte of d = that one of a and behind it b which the low 5 bits of c's byte number from the left. */
    public static final int V128_PERMUTE = 68;
    /** As V128_PERMUTE, numbered from the right. */
    public static final int V128_PERMUTE_RIGHT = 69;

    public static final int V128_IMMEDIATE = 70;
    public static final int V128_FLOAT = 71;
    /** d, one slot, = 8 if all bits of a are ones, 2 if they are zeros, else 0. */
    public static final int V128_SUMMARY = 72;

    /** As PROBE, if {@link Slots#PENDING} is 0, too. */
    public static final int PROBE_UNLESS_PENDING = 231;
    /**
     * {@link Slots#QUADWORD} = the aligned 16 bytes at effective address a, loaded at once, as one number with its high
     * half in the first slot. Big-endian if b is not 0.
     */
    public static final int LOAD_128 = 232;
    /** As LOAD_128, with a reservation: see {@link Slots#RESERVATION}. */
    public static final int LOAD_RESERVE_128 = 233;
    /** The aligned 16 bytes at effective address a = b and behind it c, at once. */
    public static final int STORE_128 = 234;
    /** As STORE_128, each half big-endian. */
    public static final int STORE_128_BE = 235;

    /** As FENCE, but a load behind it may come before a store that precedes it. */
    public static final int FENCE_LIGHT = 236;
    /** No access to storage behind it is seen by others before one that precedes it. */
    public static final int FENCE = 237;
    /**
     * Data accesses are from here on those of the context whose key is a: as {@link Op#SWITCH}, where instructions stay
     * what they are.
     */
    public static final int DATA_CONTEXT = 238;
    /** Nothing, if effective address a may be loaded from. */
    public static final int PROBE = 239;
    /** The routine does nothing if a is 0. */
    public static final int UNLESS_ZERO = 240;
    /** Clears the 128 bytes of storage, aligned to that, around effective address a. */
    public static final int CLEAR_BLOCK = 241;
    /**
     * d = the aligned word (32) or doubleword (64), zero-extended, at effective address a, with a reservation: see {@link
     * Slots#RESERVATION}. Big-endian if b is not 0.
     */
    public static final int LOAD_RESERVE_32 = 242;

    public static final int LOAD_RESERVE_64 = 243;
    /** If the reservation for a still holds, storage = b and d = 2, else d = 0; d |= c. The reservation ends. */
    public static final int STORE_CONDITIONAL_32 = 244;

    public static final int STORE_CONDITIONAL_64 = 245;
    /** As STORE_CONDITIONAL, big-endian. */
    public static final int STORE_CONDITIONAL_32_BE = 246;

    public static final int STORE_CONDITIONAL_64_BE = 247;
    /** If the reservation for a still holds, storage = b and behind it c, and d = 2, else d = 0. The reservation ends. */
    public static final int STORE_CONDITIONAL_128 = 248;
    /** As STORE_CONDITIONAL_128, each half big-endian. */
    public static final int STORE_CONDITIONAL_128_BE = 249;

    private Form() {}

    /** The form of a HOST operation. */
    public static int of(long word) {
        return (int) (word >>> 56);
    }

    /** The name of a form, for listings. */
    public static String name(int form) {
        return isSingle(form) ? name(form - F32).replace("F64", "F32") : Op.constantName(Form.class, form, "form");
    }

    /** Whether a form is of floating-point arithmetic with its result rounded to single precision. */
    public static boolean isSingle(int form) {
        return form > F32 && form <= F32 + F64_NMSUB;
    }
}
