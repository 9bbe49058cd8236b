// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

import dev.wattle.engine.ir.Slots;

/** Slots of the Power processor's state block: 64-bit words in host byte order, see {@link Slots}. */
public final class State {
    /** GPR 0; GPR n is {@code GPR + n}. */
    public static final int GPR = Slots.GUEST;
    /** CR field 0; each field is a nibble LT 8, GT 4, EQ 2, SO 1 in a slot of its own. */
    public static final int CR = GPR + 32;
    /** XER bits that instructions compute, 0 or 1 each. */
    public static final int SO = CR + 8;

    public static final int OV = SO + 1;
    public static final int CA = SO + 2;
    public static final int OV32 = SO + 3;
    public static final int CA32 = SO + 4;
    /** What remains of the XER: bits 35:43 and 46:63 (byte count for string instructions), in place. */
    public static final int XER_REST = SO + 5;

    public static final int MSR = SO + 6;
    public static final int FPSCR = SO + 7;
    public static final int VSCR = SO + 8;
    /** Effective-to-real address of the reservation, or -1 for none. */
    public static final int RESERVATION = Slots.RESERVATION;
    /** What was loaded when the reservation was made, first doubleword and (quadword forms) second, as stored. */
    public static final int RESERVED_VALUE = Slots.RESERVED_VALUE;

    public static final int RESERVED_VALUE2 = Slots.RESERVED_VALUE + 1;
    /** Bytes reserved. */
    public static final int RESERVED_BYTES = Slots.RESERVED_BYTES;
    /**
     * VSR 0. VSR n takes two slots from {@code VSR + 2 * n}: the right doubleword first, so that the pair is the 128-bit
     * register in the order of a little-endian host.
     */
    public static final int VSR = 96;
    /** SPR 0; SPR n is {@code SPR + n}, for those that are plain storage. */
    public static final int SPR = 256;

    public static final int LR = SPR + 8;
    public static final int CTR = SPR + 9;

    /** Behind the last slot of architected state. */
    public static final int END = SPR + 1024;

    /** Bits 0 and 1 of the AMR, at {@link PowerProcessor#KEY_AMR}: a part of each context's key. */
    public static final int AMR_KEY = Slots.GUEST_PRIVATE;
    /** What MSR and address a system call from problem state leads to, with MSR[ME] as it was. */
    public static final int SYSTEM_CALL_MSR = Slots.GUEST_PRIVATE + 1;

    public static final int SYSTEM_CALL_ADDRESS = Slots.GUEST_PRIVATE + 2;
    /** The same for system calls vectored, with MSR[ME EE RI] as they were; the address is that of level 0. */
    public static final int VECTORED_MSR = Slots.GUEST_PRIVATE + 3;

    public static final int VECTORED_ADDRESS = Slots.GUEST_PRIVATE + 4;
    /** How many of each have been taken. */
    public static final int SYSTEM_CALLS = Slots.GUEST_PRIVATE + 5;

    public static final int VECTORED_CALLS = Slots.GUEST_PRIVATE + 6;

    private State() {}

    /** What a slot is, for people. */
    public static String name(int slot) {
        if (slot >= SPR && slot < END) {
            return slot == LR ? "LR" : slot == CTR ? "CTR" : "SPR " + (slot - SPR);
        }
        if (slot >= VSR) {
            return "VSR " + (slot - VSR) / 2 + ((slot & 1) != 0 ? " left" : " right");
        }
        if (slot < CR) {
            return "GPR " + (slot - GPR);
        }
        return switch (slot) {
            case SO -> "SO";
            case OV -> "OV";
            case CA -> "CA";
            case OV32 -> "OV32";
            case CA32 -> "CA32";
            case MSR -> "MSR";
            case FPSCR -> "FPSCR";
            case VSCR -> "VSCR";
            default -> slot < SO ? "CR " + (slot - CR) : "slot " + slot;
        };
    }

    /** Slot of FPR n, which is doubleword 0 of VSR n. */
    public static int fpr(int n) {
        return VSR + 2 * n + 1;
    }
}
