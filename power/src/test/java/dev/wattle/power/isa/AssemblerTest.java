// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.isa;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import org.junit.jupiter.api.Test;

class AssemblerTest {

    private static final InstructionTable TABLE = InstructionTable.load();
    private static final Assembler ASSEMBLER = new Assembler(TABLE);
    private static final Disassembler DISASSEMBLER = new Disassembler(TABLE);

    @Test
    void assemble_disassemblyOfRandomInstances_isTheSameWord() {
        long seed = System.nanoTime();
        RandomInstances instances = new RandomInstances(seed);
        Random random = new Random(seed);
        for (Instruction row : TABLE.rows()) {
            for (int i = 0; i < 20; i++) {
                assertRoundTrip(instances.any(row), random.nextLong() & ~3, seed);
            }
        }
    }

    @Test
    void assemble_disassemblyOfAnyWords_isTheSameWord() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            assertRoundTrip(random.nextInt(), random.nextLong() & ~3, seed);
        }
    }

    private static void assertRoundTrip(int word, long address, long seed) {
        String text = DISASSEMBLER.disassemble(word, address);
        int[] words = ASSEMBLER.assemble(address, text);
        assertArrayEquals(
                new int[] {word}, words, () -> text + " of 0x" + Integer.toHexString(word) + ", seed " + seed);
    }

    @Test
    void disassemble_reservedBitSet_isLong() {
        assertEquals(".long 0x4c632203", DISASSEMBLER.disassemble(0x4C632203, 0));
        assertEquals("crand so,so,so", DISASSEMBLER.disassemble(ASSEMBLER.assemble("crand 3,3,3"), 0));
    }

    @Test
    void disassemble_branch_showsTheTargetAddress() {
        assertEquals("b 0x1010", DISASSEMBLER.disassemble(0x48000010, 0x1000));
        assertEquals("ba 0x10", DISASSEMBLER.disassemble(0x48000012, 0x1000));
        assertEquals("bc 12,4*cr1+eq,0xff8", DISASSEMBLER.disassemble(0x4186FFF8, 0x1000));
    }

    @Test
    void assemble_registersWithAndWithoutPrefix_areTheSame() {
        assertEquals(0x3864FFFF, ASSEMBLER.assemble("addi r3,r4,-1"));
        assertEquals(0x3864FFFF, ASSEMBLER.assemble("  addi 3, 4, -1  # comment"));
        assertEquals(0x3860FFFF, ASSEMBLER.assemble("addi r3,0,0x7fff - 0x8000"));
        assertEquals(0xE8640008, ASSEMBLER.assemble("ld r3,8(r4)"));
        assertEquals(0x4C863202, ASSEMBLER.assemble("crand 4*cr1+lt,4*cr1+eq,4*cr1+eq"));
    }

    @Test
    void assemble_omittedOperands_getTheirDefault() {
        assertEquals(ASSEMBLER.assemble("sync 0"), ASSEMBLER.assemble("sync"));
        assertEquals(ASSEMBLER.assemble("lwarx r3,0,r5,0"), ASSEMBLER.assemble("lwarx r3,0,r5"));
        assertEquals(ASSEMBLER.assemble("mftb r3,268"), ASSEMBLER.assemble("mftb r3"));
    }

    @Test
    void assemble_extendedMnemonics_areTheirBaseInstruction() {
        assertEquals(0x60000000, ASSEMBLER.assemble("nop"));
        assertEquals(0x3860FFFF, ASSEMBLER.assemble("li r3,-1"));
        assertEquals(0x3C608000, ASSEMBLER.assemble("lis r3,0x8000"));
        assertEquals(0x7C832378, ASSEMBLER.assemble("mr r3,r4"));
        assertEquals(0x4E800020, ASSEMBLER.assemble("blr"));
        assertEquals(0x7C6803A6, ASSEMBLER.assemble("mtlr r3"));
        assertEquals(0x7C2004AC, ASSEMBLER.assemble("lwsync"));
        assertEquals(0x788307C6, ASSEMBLER.assemble("sldi r3,r4,32"));
        assertEquals(0x5483043E, ASSEMBLER.assemble("clrlwi r3,r4,16"));
        assertEquals(0x7CA41850, ASSEMBLER.assemble("sub r5,r3,r4"));
        assertEquals(0x2F830005, ASSEMBLER.assemble("cmpwi cr7,r3,5"));
    }

    @Test
    void assemble_program_resolvesLabelsBothWays() {
        String program = """
                # counts down, then stops
                start:  lis   r4,data@ha
                        ld    r4,data@l(r4)
                loop:   addi  r4,r4,-1 ; cmpdi r4,0
                        bne   loop
                        beq   cr1,done
                        bdnz  start
                done:   b     .
                        .align 3
                data:   .quad 0x1122334455667788
                        .long 1, -1, data - start
                """;
        int[] words = ASSEMBLER.assemble(0x5678FFF0L, program);
        assertArrayEquals(
                new int[] {
                    0x3C805679,
                    0xE8840010,
                    0x3884FFFF,
                    0x2C240000,
                    0x4082FFF8,
                    0x41860008,
                    0x4200FFE8,
                    0x48000000,
                    0x11223344,
                    0x55667788,
                    1,
                    -1,
                    0x20
                },
                words);
    }

    @Test
    void assemble_space_isZeroWords() {
        assertArrayEquals(new int[] {0, 0, 0x60000000}, ASSEMBLER.assemble(0, ".space 8\nnop"));
    }

    @Test
    void assemble_operandOutOfRange_namesLineOperandAndLimits() {
        assertMistake(
                "nop\naddi r3,r4,40000",
                "line 2, 'addi r3,r4,40000': operand SI is 40000: it must lie between -32768 and 32767");
        assertMistake("add r3,r4,32", "line 1, 'add r3,r4,32': operand RB is 32: it must lie between 0 and 31");
        assertMistake("ld r3,6(r4)", "line 1, 'ld r3,6(r4)': operand DS is 6: it must be a multiple of 4");
        assertMistake("lq r3,0(r4)", "line 1, 'lq r3,0(r4)': operand RTp is 3: it must be a multiple of 2");
    }

    @Test
    void assemble_otherMistakes_sayWhatIsWrong() {
        assertMistake("add r3,f4,r5", "line 1, 'add r3,f4,r5': operand RA is 'f4': write a register r0 to r31");
        assertMistake("add r3,r4", "line 1, 'add r3,r4': add takes [RT, RA, RB]: RB is missing");
        assertMistake("add r3,r4,r5,r6", "line 1, 'add r3,r4,r5,r6': add takes [RT, RA, RB], not 4 operands");
        assertMistake("frobnicate r3", "line 1, 'frobnicate r3': unknown instruction frobnicate with 1 operands");
        assertMistake("b nowhere", "line 1, 'b nowhere': 'nowhere': there is no label or number nowhere");
        assertMistake("a: nop\na: nop", "line 2, 'a: nop': label a is defined twice");
        assertMistake(".foo 1", "line 1, '.foo 1': unknown directive .foo: there are .long, .quad, .align and .space");
    }

    private static void assertMistake(String program, String message) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> ASSEMBLER.assemble(0, program));
        assertEquals(message, e.getMessage());
    }
}
