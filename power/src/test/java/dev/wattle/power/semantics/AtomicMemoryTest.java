// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wattle.power.model.ProcessorModel;
import dev.wattle.power.processor.Msr;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.Spr;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AtomicMemoryTest {
    private static final int LWAT = 31 << 26 | 6 << 21 | 4 << 16 | 582 << 1;
    private static final int LDAT = 31 << 26 | 6 << 21 | 4 << 16 | 614 << 1;
    private static final int STWAT = 31 << 26 | 6 << 21 | 4 << 16 | 710 << 1;
    private static final int STDAT = 31 << 26 | 6 << 21 | 4 << 16 | 742 << 1;
    private static final int COPY = 31 << 26 | 1 << 21 | 4 << 11 | 774 << 1;
    private static final int PASTE = 31 << 26 | 1 << 21 | 4 << 11 | 902 << 1 | 1;
    private static final long EA = SingleInstruction.DATA;

    private final SingleInstruction machine = new SingleInstruction(ProcessorModel.POWER9);
    private final PowerProcessor p = machine.p;

    @AfterEach
    void close() {
        machine.close();
    }

    /** Runs a doubleword load form on storage {@code old} and checks the result and what storage holds then. */
    private void doubleword(int function, long old, long operand, long other, long expectedStorage) {
        machine.storeBigEndian(EA, old);
        p.setGpr(4, EA);
        p.setGpr(7, operand);
        p.setGpr(8, other);
        assertEquals(0, machine.run(LDAT | function << 11));
        assertEquals(old, p.gpr(6));
        assertEquals(expectedStorage, machine.storedBigEndian(EA));
    }

    private void word(int function, int old, long operand, int expectedStorage) {
        machine.storeBigEndian(EA, (long) old << 32 | 0x5555_5555L);
        p.setGpr(4, EA);
        p.setGpr(7, operand);
        assertEquals(0, machine.run(LWAT | function << 11));
        assertEquals(old & 0xffff_ffffL, p.gpr(6));
        assertEquals((long) expectedStorage << 32 | 0x5555_5555L, machine.storedBigEndian(EA));
    }

    @Test
    void LoadAtomic_simpleFunctions_returnTheOldValue() {
        doubleword(0, 5, -7, 0, -2);
        doubleword(1, 5, 6, 0, 3);
        doubleword(2, 5, 6, 0, 7);
        doubleword(3, 5, 6, 0, 4);
        doubleword(4, 5, -7, 0, -7);
        doubleword(5, 5, -7, 0, 5);
        doubleword(6, 5, -7, 0, 5);
        doubleword(7, 5, -7, 0, -7);
        doubleword(8, 5, -7, 0, -7);
        doubleword(16, 5, 5, 9, 5);
        doubleword(16, 5, 6, 9, 9);
        word(0, -1, 0x1_0000_0002L, 1);
        word(4, 5, -7, -7);
        word(5, 5, 0xffff_fff9L, 5);
        word(6, 5, -7, 5);
        word(7, 5, 0xffff_fff9L, -7);
    }

    @Test
    void LoadAtomic_littleEndian_computesInThatOrder() {
        p.setMsr(Msr.SF | Msr.ME | Msr.LE);
        machine.storeBigEndian(EA, Long.reverseBytes(41));
        p.setGpr(4, EA);
        p.setGpr(7, 1);
        assertEquals(0, machine.run(LDAT));
        assertEquals(41, p.gpr(6));
        assertEquals(Long.reverseBytes(42), machine.storedBigEndian(EA));
    }

    private long step(int function, long ea, long left, long right) {
        machine.storeBigEndian(EA, left);
        machine.storeBigEndian(EA + 8, right);
        p.setGpr(4, ea);
        assertEquals(0, machine.run(LDAT | function << 11));
        return p.gpr(6);
    }

    @Test
    void LoadAtomic_boundedSteps_dependOnTheNeighbour() {
        assertEquals(5, step(24, EA, 5, 9));
        assertEquals(6, machine.storedBigEndian(EA));
        assertEquals(Long.MIN_VALUE, step(24, EA, 9, 9));
        assertEquals(9, machine.storedBigEndian(EA));
        assertEquals(9, step(25, EA, 9, 9));
        assertEquals(10, machine.storedBigEndian(EA));
        assertEquals(Long.MIN_VALUE, step(25, EA, 5, 9));
        assertEquals(9, step(28, EA + 8, 5, 9));
        assertEquals(8, machine.storedBigEndian(EA + 8));
        assertEquals(Long.MIN_VALUE, step(28, EA + 8, 5, 5));
    }

    @Test
    void StoreAtomic_functions_updateStorage() {
        machine.storeBigEndian(EA, 5);
        machine.storeBigEndian(EA + 8, 12);
        p.setGpr(4, EA);
        p.setGpr(6, 7);
        assertEquals(0, machine.run(STDAT));
        assertEquals(12, machine.storedBigEndian(EA));
        assertEquals(0, machine.run(STDAT | 24 << 11));
        assertEquals(7, machine.storedBigEndian(EA));
        assertEquals(7, machine.storedBigEndian(EA + 8));
        machine.storeBigEndian(EA, 0x0000_0001_0000_0002L);
        assertEquals(0, machine.run(STWAT | 24 << 11));
        assertEquals(0x0000_0001_0000_0002L, machine.storedBigEndian(EA));
        assertEquals(0, machine.run(STWAT | 2 << 11));
        assertEquals(0x0000_0007_0000_0002L, machine.storedBigEndian(EA));
    }

    @Test
    void AtomicMemory_misuse_takesTheBooksInterrupts() {
        p.setGpr(4, EA + 4);
        assertEquals(SingleInstruction.ALIGNMENT, machine.run(LDAT));
        p.setGpr(4, EA + 24);
        assertEquals(SingleInstruction.ALIGNMENT, machine.run(LDAT | 24 << 11), "crosses 32 bytes");
        p.setGpr(4, EA);
        assertEquals(SingleInstruction.ALIGNMENT, machine.run(LDAT | 28 << 11), "crosses 32 bytes");
        assertEquals(SingleInstruction.DATA_STORAGE, machine.run(LWAT | 9 << 11));
        assertEquals(0x0200_0004L, p.spr(Spr.DSISR));
        assertEquals(SingleInstruction.DATA_STORAGE, machine.run(STDAT | 8 << 11));
    }

    @Test
    void Paste_ordinaryStorage_takesDataStorageInterrupt() {
        p.setGpr(4, EA);
        assertEquals(0, machine.run(COPY));
        assertEquals(SingleInstruction.DATA_STORAGE, machine.run(PASTE));
        assertEquals(0x0200_0008L, p.spr(Spr.DSISR));
        p.setGpr(4, EA + 64);
        assertEquals(SingleInstruction.ALIGNMENT, machine.run(COPY));
    }
}
