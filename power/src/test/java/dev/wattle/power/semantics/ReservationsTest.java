// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wattle.power.model.ProcessorModel;
import dev.wattle.power.processor.Msr;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.Spr;
import dev.wattle.power.processor.State;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReservationsTest {
    private static final int RT_RB = 31 << 26 | 6 << 21 | 5 << 11;
    private static final int[] SIZES = {1, 2, 4, 8};
    private static final int[] LOADS = {52, 116, 20, 84};
    private static final int[] STORES = {694, 726, 150, 214};
    private static final int LQARX = RT_RB | 276 << 1;
    private static final int STQCX = RT_RB | 182 << 1 | 1;
    private static final long PATTERN = 0x0102_0304_0506_0708L;
    private static final long VALUE = 0xa1a2_a3a4_a5a6_a7a8L;

    private final SingleInstruction machine = new SingleInstruction(ProcessorModel.POWER9);
    private final PowerProcessor p = machine.p;

    @AfterEach
    void close() {
        machine.close();
    }

    private void order(boolean little) {
        p.setMsr(Msr.SF | Msr.ME | (little ? Msr.LE : 0));
    }

    private void run(int word, long ea) {
        p.setGpr(5, ea);
        assertEquals(0, machine.run(word));
    }

    private int condition() {
        return p.cr(0);
    }

    private static int load(int i) {
        return RT_RB | LOADS[i] << 1;
    }

    private static int store(int i) {
        return RT_RB | STORES[i] << 1 | 1;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void StoreConditional_afterLoadAndReserve_storesThatOperandAlone(boolean little) {
        order(little);
        for (int i = 0; i < SIZES.length; i++) {
            int bytes = SIZES[i];
            for (int offset = 0; offset < 8; offset += bytes) {
                machine.storeBigEndian(SingleInstruction.DATA, PATTERN);
                long ea = SingleInstruction.DATA + offset;
                run(load(i), ea);
                long stored = PATTERN >>> 64 - 8 * (offset + bytes);
                long expected = little ? Long.reverseBytes(stored) >>> 64 - 8 * bytes : stored;
                long mask = bytes == 8 ? -1 : (1L << 8 * bytes) - 1;
                assertEquals(expected & mask, p.gpr(6));
                p.setGpr(6, VALUE);
                p.setXer(0x8000_0000L);
                run(store(i), ea);
                assertEquals(3, condition());
                for (int b = 0; b < 8; b++) {
                    int inside = b - offset;
                    int index = little ? inside : bytes - 1 - inside;
                    int wanted = inside >= 0 && inside < bytes ? (int) (VALUE >>> 8 * index) & 0xff : b + 1;
                    assertEquals(wanted, machine.storedByte(SingleInstruction.DATA + b));
                }
                run(store(i), ea);
                assertEquals(1, condition(), "the reservation is used up");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void StoreConditional_withoutMatchingReservation_storesNothing(boolean little) {
        order(little);
        machine.storeBigEndian(SingleInstruction.DATA, PATTERN);
        p.setGpr(6, VALUE);
        run(store(2), SingleInstruction.DATA);
        assertEquals(0, condition());
        run(load(2), SingleInstruction.DATA);
        run(store(2), SingleInstruction.DATA + 4);
        assertEquals(0, condition());
        run(store(2), SingleInstruction.DATA);
        assertEquals(0, condition(), "a failed store clears the reservation");
        run(load(3), SingleInstruction.DATA);
        run(store(2), SingleInstruction.DATA);
        assertEquals(0, condition(), "another length");
        run(load(2), SingleInstruction.DATA);
        machine.storeBigEndian(SingleInstruction.DATA, PATTERN + (1L << 32));
        run(store(2), SingleInstruction.DATA);
        assertEquals(0, condition(), "changed in between");
        assertEquals(PATTERN + (1L << 32), machine.storedBigEndian(SingleInstruction.DATA));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void Quadword_loadAndStore_keepHalvesInOrder(boolean little) {
        order(little);
        long ea = SingleInstruction.DATA;
        machine.storeBigEndian(ea, PATTERN);
        machine.storeBigEndian(ea + 8, VALUE);
        run(LQARX, ea);
        assertEquals(little ? Long.reverseBytes(VALUE) : PATTERN, p.gpr(6));
        assertEquals(little ? Long.reverseBytes(PATTERN) : VALUE, p.gpr(7));
        p.setGpr(6, 1);
        p.setGpr(7, 2);
        run(STQCX, ea);
        assertEquals(2, condition());
        assertEquals(little ? 2L << 56 : 1, machine.storedBigEndian(ea));
        assertEquals(little ? 1L << 56 : 2, machine.storedBigEndian(ea + 8));
        run(LQARX, ea);
        machine.storeBigEndian(ea + 8, VALUE);
        run(STQCX, ea);
        assertEquals(0, condition());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void Misaligned_addresses_takeAlignmentInterrupts(boolean little) {
        order(little);
        for (int i = 1; i < SIZES.length; i++) {
            long ea = SingleInstruction.DATA + SIZES[i] / 2;
            p.setGpr(5, ea);
            assertEquals(SingleInstruction.ALIGNMENT, machine.run(load(i)));
            assertEquals(ea, p.spr(Spr.DAR));
            assertEquals(-1, p.slot(State.RESERVATION));
            assertEquals(SingleInstruction.ALIGNMENT, machine.run(store(i)));
        }
        p.setGpr(5, SingleInstruction.DATA + 8);
        assertEquals(SingleInstruction.ALIGNMENT, machine.run(LQARX));
        assertEquals(SingleInstruction.PROGRAM, machine.run(LQARX | 1 << 21), "odd register");
    }
}
