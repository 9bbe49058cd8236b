// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.isa;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class InstructionTableTest {

    private static final InstructionTable TABLE = InstructionTable.load();

    @Test
    void rows_ofTheWholeIsa_areThere() {
        assertTrue(TABLE.rows().size() > 950, "only " + TABLE.rows().size() + " rows");
    }

    @Test
    void rows_inOneTable_haveDistinctNamesAndDenseIndexes() {
        Set<String> names = new HashSet<>();
        for (int i = 0; i < TABLE.rows().size(); i++) {
            Instruction row = TABLE.rows().get(i);
            assertEquals(i, row.index());
            assertTrue(names.add(row.name()), row.name());
            assertSame(row, TABLE.byName(row.name()));
            assertFalse(row.section().isEmpty(), row.name());
        }
    }

    @Test
    void rows_inPairs_matchNoCommonWordUnlessTheNewerIsMoreSpecific() {
        List<Instruction> rows = TABLE.rows();
        List<String> conflicts = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            for (int j = i + 1; j < rows.size(); j++) {
                Instruction a = rows.get(i);
                Instruction b = rows.get(j);
                int both = a.mask() & b.mask();
                if (((a.value() ^ b.value()) & both) == 0 && !refines(a, b) && !refines(b, a)) {
                    conflicts.add(a.name() + " and " + b.name());
                }
            }
        }
        assertEquals(List.of(), conflicts);
    }

    private static boolean refines(Instruction newer, Instruction older) {
        return newer.since().compareTo(older.since()) > 0
                && (newer.mask() & older.mask()) == older.mask()
                && newer.mask() != older.mask();
    }

    @Test
    void mask_operandsSuffixesAndReservedBits_coverTheWordOnce() {
        for (Instruction row : TABLE.rows()) {
            int sum = row.mask() | row.reserved() | row.oeBit() | row.rcBit() | row.lkBit() | row.aaBit();
            for (Operand operand : row.operands()) {
                assertEquals(0, sum & operand.mask(), row.name() + " " + operand);
                sum |= operand.mask();
            }
            assertEquals(-1, sum, row.name());
        }
    }

    @Test
    void decode_randomInstanceOfEachRow_findsTheRow() {
        long seed = System.nanoTime();
        RandomInstances instances = new RandomInstances(seed);
        for (Instruction row : TABLE.rows()) {
            for (int i = 0; i < 20; i++) {
                int word = instances.any(row);
                assertSame(row, TABLE.decode(word), () -> Integer.toHexString(word) + ", seed " + seed);
                assertTrue(row.matches(word));
            }
        }
    }

    @Test
    void decode_randomWords_agreesWithALinearSearch() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 30_000; i++) {
            int word = random.nextInt();
            Instruction best = Instruction.ILLEGAL;
            for (Instruction row : TABLE.rows()) {
                if (row.matches(word) && Integer.bitCount(row.mask()) > Integer.bitCount(best.mask())) {
                    best = row;
                }
            }
            assertSame(best, TABLE.decode(word), Integer.toHexString(word) + ", seed " + seed);
        }
    }

    @Test
    void decode_wordsFromTheBook_givesTheirInstruction() {
        assertEquals("ori", TABLE.decode(0x60000000).name());
        assertEquals("bclr", TABLE.decode(0x4E800020).name());
        assertEquals("sc", TABLE.decode(0x44000002).name());
        assertEquals("scv", TABLE.decode(0x44000001).name());
        assertEquals("rfid", TABLE.decode(0x4C000024).name());
        assertEquals("mtspr", TABLE.decode(0x7C6803A6).name());
        assertEquals("lxv", TABLE.decode(0xF4A30019).name());
        assertEquals("addo.", TABLE.decode(0x7C632615).mnemonic(0x7C632615));
        assertEquals("bla", TABLE.decode(0x48000003).mnemonic(0x48000003));
    }

    @Test
    void decode_zeroAndPrefixOpcode_isIllegal() {
        assertSame(Instruction.ILLEGAL, TABLE.decode(0));
        Random random = new Random(1);
        for (int i = 0; i < 1000; i++) {
            assertSame(Instruction.ILLEGAL, TABLE.decode(0x04000000 | (random.nextInt() >>> 6)));
        }
    }

    @Test
    void decode_reservedBitSet_isStillTheInstruction() {
        assertEquals("add", TABLE.decode(0x7C632214).name());
        assertEquals("crand", TABLE.decode(0x4C632203).name());
        assertEquals("mfmsr", TABLE.decode(0x7C6F78A6).name());
    }

    @Test
    void in_olderVersion_leavesNewerRowsOut() {
        InstructionTable power8 = TABLE.in(IsaVersion.V2_07);
        assertSame(Instruction.ILLEGAL, power8.decode(word("addpcis r3,0")));
        assertSame(TABLE.byName("add"), power8.decode(word("add r3,r4,r5")));
        assertFalse(power8.has("scv"));
        assertTrue(power8.has("nap"));
        assertEquals(TABLE.rows().size(), power8.indexLimit());
    }

    @Test
    void in_newerVersion_leavesDroppedRowsOut() {
        InstructionTable power9 = TABLE.in(IsaVersion.V3_0);
        List<String> dropped =
                List.of("doze", "nap", "sleep", "rvwinkle", "mtsr 3,r4", "mtsrin r3,r4", "mfsr r3,4", "mfsrin r3,r4");
        for (String text : dropped) {
            assertSame(Instruction.ILLEGAL, power9.decode(word(text)), text);
        }
        assertEquals("stop", power9.decode(word("stop")).name());
    }

    @Test
    void in_versionBeforeABitGotItsMeaning_decodesTheOlderInstruction() {
        int mffsl = word("mffsl f1");
        assertEquals("mffsl", TABLE.decode(mffsl).name());
        assertEquals("mffs", TABLE.in(IsaVersion.V2_07).decode(mffsl).name());
    }

    @Test
    void facility_dependingOnTheRegister_followsTxOrSx() {
        assertFacility(Facility.VSX, "lxvx vs31,r3,r4");
        assertFacility(Facility.VEC, "lxvx vs32,r3,r4");
        assertFacility(Facility.VSX, "stxv vs1,16(r4)");
        assertFacility(Facility.VEC, "stxv vs63,16(r4)");
        assertFacility(Facility.FP, "mfvsrd r3,vs5");
        assertFacility(Facility.VEC, "mfvsrd r3,vs37");
        assertFacility(Facility.VSX, "xsadddp vs40,vs1,vs2");
        assertFacility(Facility.VEC, "lxsd v1,8(r3)");
        assertFacility(Facility.FP, "dadd f1,f2,f3");
        assertFacility(Facility.NONE, "add r1,r2,r3");
        assertFacility(Facility.TM, "tbegin. 0");
    }

    private static void assertFacility(Facility facility, String text) {
        int word = word(text);
        assertEquals(facility, TABLE.decode(word).facility(word), text);
    }

    @Test
    void attributes_ofSystemInstructions_areTheBooks() {
        assertEquals(Privilege.HYPERVISOR, TABLE.byName("hrfid").privilege());
        assertEquals(Privilege.PRIVILEGED, TABLE.byName("rfid").privilege());
        assertEquals(Privilege.PROBLEM, TABLE.byName("mtspr").privilege());
        assertTrue(TABLE.byName("rfid").endsBlock());
        assertTrue(TABLE.byName("bc").endsBlock());
        assertFalse(TABLE.byName("add").endsBlock());
        assertEquals("I 2.4", TABLE.byName("bc").section());
        assertEquals("branch", TABLE.byName("bc").chapter());
        assertEquals(IsaVersion.V3_0, TABLE.byName("maddld").since());
        assertEquals(4, TABLE.byName("add").byteLength());
    }

    @Test
    void byName_unknown_saysWhatANameIs() {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> TABLE.byName("addo."));
        assertTrue(e.getMessage().contains("addo."), e.getMessage());
    }

    private static int word(String text) {
        return new Assembler(TABLE).assemble(text);
    }
}
