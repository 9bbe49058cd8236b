// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.firmware;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.hypervisor.papr.hcall.HcallNumber;

/**
 * The few instructions of firmware that must lie in guest memory: the client interface entry, the RTAS entry, and
 * interrupt vectors for the time before the client installs its own.
 *
 * <p>All of it is big-endian code. Each piece loads a private hypercall number into r3 and executes {@code sc 1}.
 */
public final class FirmwareImage {
    /** Private hypercall of the vectors: r4 = vector, r5 = SRR0, r6 = SRR1. */
    public static final long H_FIRMWARE_VECTOR = 0xf0f0;

    /** Bytes from address 0 that the image takes, to be claimed before anything else. */
    public static final long BYTES = 0x8000;

    /** Real address of the client interface entry, for r5 at the client's entry. */
    public static final long CLIENT_ENTRY = 0x4000;

    /** Bytes of the memory of RTAS, the value of "rtas-size": its code, and what it saves for 510 processors. */
    public static final int RTAS_BYTES = 0x1_0000;

    private static final int VECTOR_BYTES = 32;
    private static final int[] VECTORS = {
        0x100, 0x200, 0x300, 0x380, 0x400, 0x480, 0x500, 0x600, 0x700, 0x800, 0x900, 0x980, 0xa00, 0xb00, 0xc00, 0xd00,
        0xe00, 0xe20, 0xe40, 0xe60, 0xe80, 0xea0, 0xf00, 0xf20, 0xf40, 0xf60, 0xf80
    };

    private static final int BLR = 0x4e80_0020;
    private static final int SC_1 = 0x4400_0022;
    private static final int BRANCH_TO_SELF = 0x4800_0000;
    private static final int MFSRR0_R5 = 0x7cba_02a6;
    private static final int MFSRR1_R6 = 0x7cdb_02a6;
    private static final int MR_R4_R3 = 0x7c64_1b78;

    private FirmwareImage() {}

    /** Writes the client interface entry and the vectors to low memory. */
    public static void install(GuestMemory memory) {
        for (int vector : VECTORS) {
            int[] code = {
                addi(4, vector), MFSRR0_R5, MFSRR1_R6, addi(3, 0), ori(3, H_FIRMWARE_VECTOR), SC_1, BRANCH_TO_SELF
            };
            assert code.length * Integer.BYTES <= VECTOR_BYTES;
            write(memory, vector, code);
        }
        write(memory, CLIENT_ENTRY, callWithArgument(HcallNumber.KVMPPC_H_VOF_CLIENT));
    }

    /**
     * Writes the RTAS code.
     *
     * @param base real address of {@link #RTAS_BYTES} bytes that are guest memory; the entry is their first byte
     */
    public static void installRtas(GuestMemory memory, long base) {
        memory.fill(base, RTAS_BYTES, (byte) 0);
        write(memory, base, callWithArgument(HcallNumber.KVMPPC_H_RTAS));
    }

    /** r3 becomes the hypercall's first argument; the hypercall's return code is the result in r3. */
    private static int[] callWithArgument(long number) {
        return new int[] {MR_R4_R3, addi(3, 0), ori(3, number), SC_1, BLR};
    }

    private static int addi(int rt, int si) {
        return 14 << 26 | rt << 21 | si & 0xffff;
    }

    private static int ori(int ra, long ui) {
        return 24 << 26 | ra << 21 | ra << 16 | (int) ui & 0xffff;
    }

    private static void write(GuestMemory memory, long address, int[] code) {
        for (int i = 0; i < code.length; i++) {
            memory.putInt(address + (long) i * Integer.BYTES, code[i]);
        }
    }
}
