// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static dev.wattle.power.semantics.VectorMachine.element;
import static dev.wattle.power.semantics.VectorMachine.hex;
import static dev.wattle.power.semantics.VectorMachine.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.wattle.power.processor.Msr;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Vector and VSX loads and stores in both byte orders. */
class VectorStorageTest {
    private static final long DATA = SingleInstruction.DATA;
    /** The last quadword of the machine's storage. */
    private static final long END = 0x20_0000;

    private final VectorMachine machine = new VectorMachine("VectorStorageTest");

    @AfterEach
    void close() {
        machine.close();
    }

    @BeforeEach
    void fillStorage() {
        for (int i = 0; i < 64; i += 8) {
            machine.machine.storeBigEndian(DATA + i, machine.random.nextLong());
        }
    }

    private void setLittleEndian(boolean little) {
        machine.p.setMsr(machine.p.msr() & ~Msr.LE | (little ? Msr.LE : 0));
    }

    private int storedByte(long ea) {
        return machine.machine.storedByte(ea);
    }

    /**
     * Loads and stores a quadword at all alignments.
     *
     * @param storageByte which byte of storage each byte element is
     */
    private void checkQuadword(String suffix, boolean little, IntUnaryOperator storageByte) {
        setLittleEndian(little);
        for (int offset = 0; offset < 16; offset++) {
            machine.p.setGpr(4, DATA);
            machine.p.setGpr(5, offset);
            machine.run("lx" + suffix + " 32, 4, 5");
            for (int i = 0; i < 16; i++) {
                int stored = storedByte(DATA + offset + storageByte.applyAsInt(i));
                assertEquals(stored, element(machine.get(0), 8, i), suffix + " " + little + " " + offset);
            }
            machine.p.setGpr(5, offset + 32);
            machine.run("stx" + suffix + " 32, 4, 5");
            for (int i = 0; i < 16; i++) {
                assertEquals(storedByte(DATA + offset + i), storedByte(DATA + offset + 32 + i), suffix);
            }
        }
    }

    @Test
    void QuadwordForms_bothByteOrders_orderElementsByTheBook() {
        for (String suffix : new String[] {"vd2x", "vw4x", "vh8x", "vb16x", "vx"}) {
            checkQuadword(suffix, false, i -> i);
        }
        checkQuadword("vd2x", true, i -> i ^ 7);
        checkQuadword("vw4x", true, i -> i ^ 3);
        checkQuadword("vh8x", true, i -> i ^ 1);
        checkQuadword("vb16x", true, i -> i);
        checkQuadword("vx", true, i -> i ^ 15);
    }

    @Test
    void DqForm_negativeDisplacement_addressesBelowTheBase() {
        for (int little = 0; little < 2; little++) {
            setLittleEndian(little != 0);
            machine.p.setGpr(4, DATA + 19);
            machine.p.setGpr(5, DATA + 3);
            machine.run("lxv 32, -16(4)");
            long[] v = machine.get(0);
            machine.run("lxvx 32, 0, 5");
            assertEquals(hex(v), hex(machine.get(0)));
            machine.run("stxv 32, 16(4)");
            for (int i = 0; i < 16; i++) {
                assertEquals(storedByte(DATA + 3 + i), storedByte(DATA + 35 + i));
            }
        }
    }

    @Test
    void AltivecForms_unalignedAddress_accessTheAlignedElement() {
        for (int little = 0; little < 2; little++) {
            setLittleEndian(little != 0);
            for (int offset = 0; offset < 16; offset++) {
                machine.p.setGpr(4, DATA + offset);
                machine.p.setGpr(5, 0);
                machine.run("lvx 1, 4, 5");
                for (int i = 0; i < 16; i++) {
                    assertEquals(storedByte(DATA + (little != 0 ? 15 - i : i)), element(machine.get(1), 8, i));
                }
                for (int bytes = 1; bytes <= 4; bytes *= 2) {
                    char letter = "bhw".charAt(Integer.numberOfTrailingZeros(bytes));
                    int place = (offset & -bytes) / bytes;
                    int i = little != 0 ? 16 / bytes - 1 - place : place;
                    machine.run("lve" + letter + "x 0, 4, 5");
                    assertEquals(element(machine.get(1), 8 * bytes, i), element(machine.get(0), 8 * bytes, i));
                    machine.set(2, machine.vector(64));
                    machine.p.setGpr(6, 32);
                    machine.run("stvx 1, 4, 6");
                    machine.run("stve" + letter + "x 2, 4, 6");
                    long[] expected = machine.get(1);
                    put(expected, 8 * bytes, i, element(machine.get(2), 8 * bytes, i));
                    machine.run("lvx 0, 4, 6");
                    assertEquals(hex(expected), hex(machine.get(0)));
                }
                machine.run("lvsl 0, 4, 5");
                machine.run("lvsr 3, 4, 5");
                for (int i = 0; i < 16; i++) {
                    assertEquals(offset + i, element(machine.get(0), 8, i));
                    assertEquals(16 - offset + i, element(machine.get(3), 8, i));
                }
            }
        }
    }

    @Test
    void LengthForms_allLengths_justifyByTheBook() {
        for (int little = 0; little < 2; little++) {
            setLittleEndian(little != 0);
            for (int n = 0; n <= 18; n++) {
                int count = Math.min(n, 16);
                fillStorage();
                machine.p.setGpr(4, DATA + 5);
                machine.p.setGpr(5, (long) n << 56 | 0x123);
                machine.run("lxvl 32, 4, 5");
                machine.run("lxvll 33, 4, 5");
                long[] left = new long[2];
                long[] mode = new long[2];
                for (int i = 0; i < count; i++) {
                    put(left, 8, i, storedByte(DATA + 5 + i));
                    put(mode, 8, little != 0 ? 15 - i : i, storedByte(DATA + 5 + i));
                }
                assertEquals(hex(mode), hex(machine.get(0)));
                assertEquals(hex(left), hex(machine.get(1)));
                machine.p.setGpr(4, DATA + 37);
                for (String store : new String[] {"stxvl 32, 4, 5", "stxvll 33, 4, 5"}) {
                    machine.machine.storeBigEndian(DATA + 37, 0);
                    machine.machine.storeBigEndian(DATA + 45, 0);
                    machine.machine.storeBigEndian(DATA + 53, -1);
                    machine.run(store);
                    for (int i = 0; i < 16; i++) {
                        assertEquals(i < count ? storedByte(DATA + 5 + i) : 0, storedByte(DATA + 37 + i));
                    }
                    assertEquals(0xff, storedByte(DATA + 53));
                }
            }
        }
    }

    @Test
    void ScalarForms_bothByteOrders_extendAndClearTheRest() {
        for (int little = 0; little < 2; little++) {
            setLittleEndian(little != 0);
            machine.p.setGpr(4, DATA);
            long stored = 0xf0e1_d2c3_b4a5_9687L;
            machine.machine.storeBigEndian(DATA, little != 0 ? Long.reverseBytes(stored) : stored);
            machine.p.setGpr(5, 0);
            machine.run("lxsdx 32, 4, 5");
            assertEquals(stored, machine.get(0)[0]);
            int first = little != 0 ? 0xb4a5_9687 : 0xf0e1_d2c3;
            machine.run("lxsiwax 32, 4, 5");
            assertEquals(first, machine.get(0)[0]);
            machine.run("lxsiwzx 32, 4, 5");
            assertEquals(first & 0xffff_ffffL, machine.get(0)[0]);
            machine.run("lxsihzx 32, 4, 5");
            assertEquals(little != 0 ? 0x9687 : 0xf0e1, machine.get(0)[0]);
            machine.run("lxsibzx 32, 4, 5");
            assertEquals(little != 0 ? 0x87 : 0xf0, machine.get(0)[0]);
            machine.run("lxvwsx 32, 4, 5");
            assertEquals((first & 0xffff_ffffL) * 0x1_0000_0001L, machine.get(0)[1]);
            machine.run("lxvdsx 32, 4, 5");
            assertEquals(hex(new long[] {stored, stored}), hex(machine.get(0)));
            machine.p.setGpr(5, 32);
            machine.machine.storeBigEndian(DATA + 32, 0);
            machine.run("stxsibx 32, 4, 5");
            assertEquals(0x87, storedByte(DATA + 32));
            machine.run("stxsihx 32, 4, 5");
            assertEquals(little != 0 ? 0x87 : 0x96, storedByte(DATA + 32));
            machine.run("stxsiwx 32, 4, 5");
            assertEquals(little != 0 ? 0x87 : 0xb4, storedByte(DATA + 32));
            machine.run("stxsdx 32, 4, 5");
            assertEquals(machine.machine.storedBigEndian(DATA), machine.machine.storedBigEndian(DATA + 32));
            machine.run("lxsd 1, 32(4)");
            assertEquals(stored, machine.get(1)[0]);
            machine.run("stxsd 1, 40(4)");
            assertEquals(machine.machine.storedBigEndian(DATA), machine.machine.storedBigEndian(DATA + 40));
        }
    }

    @Test
    void SingleForms_denormalsAndNaNs_keepTheirValue() {
        setLittleEndian(false);
        machine.p.setGpr(4, DATA);
        machine.p.setGpr(5, 0);
        int[] singles = {0, 0x8000_0000, 1, 0x007f_ffff, 0x8040_0001, 0x0080_0000, 0x3f80_0000, 0x7f80_0000, 0xff80_0001
        };
        for (int single : singles) {
            machine.machine.storeBigEndian(DATA, (long) single << 32);
            machine.run("lxsspx 32, 4, 5");
            machine.run("lxssp 1, 0(4)");
            assertEquals(hex(machine.get(0)), hex(machine.get(1)));
            if ((single & 0x7f80_0000) != 0x7f80_0000) {
                assertEquals((double) Float.intBitsToFloat(single), Double.longBitsToDouble(machine.get(0)[0]));
            }
            machine.machine.storeBigEndian(DATA, 0);
            machine.run("stxsspx 32, 4, 5");
            assertEquals((long) single << 32, machine.machine.storedBigEndian(DATA));
            machine.machine.storeBigEndian(DATA, 0);
            machine.run("stxssp 0, 0(4)");
            assertEquals((long) single << 32, machine.machine.storedBigEndian(DATA));
        }
    }

    @Test
    void Store_endOfStorageInTheMiddle_storesNothing() {
        machine.set(0, -1, -1);
        for (String store : new String[] {"stxvx", "stxvd2x", "stxvw4x", "stxvh8x", "stxvb16x", "stxvl", "stxvll"}) {
            for (int little = 0; little < 2; little++) {
                setLittleEndian(little != 0);
                boolean withLength = store.startsWith("stxvl");
                machine.p.setGpr(4, END - 9);
                machine.p.setGpr(5, withLength ? 16L << 56 : 0);
                assertNotEquals(0, machine.execute(store + " 32, 4, 5"), store);
                assertEquals(0, machine.machine.storedBigEndian(END - 8), store);
                assertEquals(0, machine.machine.storedBigEndian(END - 16), store);
            }
        }
    }

    @Test
    void Load_endOfStorageInTheMiddle_leavesTheTarget() {
        machine.p.setGpr(4, END - 9);
        for (String load : new String[] {"lxvx", "lxvd2x", "lxvw4x", "lxvh8x", "lxvb16x", "lxvl", "lxvll"}) {
            machine.set(0, 1, 2);
            machine.p.setGpr(5, load.startsWith("lxvl") ? 16L << 56 : 0);
            assertNotEquals(0, machine.execute(load + " 32, 4, 5"), load);
            assertEquals(hex(new long[] {1, 2}), hex(machine.get(0)), load);
        }
    }

    @Test
    void LengthForms_lengthZero_accessNothing() {
        machine.p.setGpr(4, END);
        machine.p.setGpr(5, 0);
        machine.run("lxvl 32, 4, 5");
        assertEquals(hex(new long[2]), hex(machine.get(0)));
        machine.run("stxvl 32, 4, 5");
    }

    @Test
    void Moves_generalAndVectorScalar_carryTheBookBits() {
        machine.p.setGpr(4, 0xffff_ffff_8000_0001L);
        machine.p.setGpr(5, 7);
        machine.run("mtvsrd 32, 4");
        assertEquals(0xffff_ffff_8000_0001L, machine.get(0)[0]);
        machine.run("mtvsrwa 32, 4");
        assertEquals(0xffff_ffff_8000_0001L, machine.get(0)[0]);
        machine.run("mtvsrwz 32, 4");
        assertEquals(0x8000_0001L, machine.get(0)[0]);
        machine.run("mtvsrws 32, 4");
        assertEquals("8000000180000001_8000000180000001", hex(machine.get(0)));
        machine.run("mtvsrdd 32, 0, 5");
        assertEquals(hex(new long[] {0, 7}), hex(machine.get(0)));
        machine.run("mtvsrdd 32, 4, 5");
        machine.run("mfvsrd 6, 32");
        assertEquals(0xffff_ffff_8000_0001L, machine.p.gpr(6));
        machine.run("mfvsrld 6, 32");
        assertEquals(7, machine.p.gpr(6));
        machine.run("mfvsrwz 6, 32");
        assertEquals(0x8000_0001L, machine.p.gpr(6));
    }

    @Test
    void Vscr_reservedBits_readAsZero() {
        machine.set(2, -1, -1);
        machine.run("mtvscr 2");
        machine.run("mfvscr 0");
        assertEquals(hex(new long[] {0, 0x10001}), hex(machine.get(0)));
    }
}
