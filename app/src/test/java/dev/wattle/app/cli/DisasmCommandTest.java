// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

class DisasmCommandTest {
    /** addi r3,r3,1; blr. */
    private static final int[] CODE = {0x3863_0001, 0x4e80_0020};

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path directory;

    @Test
    void disasm_ofAFileOfCode_showsItsInstructions() throws Exception {
        assertEquals(0, execute("disasm", code(ByteOrder.LITTLE_ENDIAN).toString()));
        assertEquals("""
                0000000000000000  01006338  addi r3,r3,1
                0000000000000004  2000804e  bclr 20,lt,0
                """, out.toString());
    }

    @Test
    void disasm_ofBigEndianCode_readsItSo() throws Exception {
        assertEquals(
                0,
                execute(
                        "disasm",
                        "--big-endian",
                        "--address",
                        "4",
                        code(ByteOrder.BIG_ENDIAN).toString()));
        assertEquals("0000000000000004  4e800020  bclr 20,lt,0\n", out.toString());
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void disasm_ofAnElfFile_startsAtItsEntry(boolean big) throws Exception {
        Path file = Files.write(directory.resolve("program"), elf(big));
        assertEquals(0, execute("disasm", file.toString(), "--count", "1"));
        assertTrue(out.toString().startsWith("0000000010000004  "), out::toString);
        assertTrue(out.toString().endsWith("  bclr 20,lt,0\n"), out::toString);
    }

    @Test
    void disasm_withOps_showsTheMicroOperationsOfABlock() throws Exception {
        assertEquals(0, execute("disasm", "--ops", code(ByteOrder.LITTLE_ENDIAN).toString()));
        assertEquals("""
                0000000000000000  01006338  addi r3,r3,1
                        +000.0  ADDI d=GPR3 a=GPR3 imm=1
                0000000000000004  2000804e  bclr 20,lt,0
                        +004.0  INDIRECT a=LR
                """, out.toString());
    }

    @Test
    void disasm_withHost_showsHostCodeBelowItsOperation() throws Exception {
        assertEquals(
                0, execute("disasm", "--host", code(ByteOrder.LITTLE_ENDIAN).toString()));
        String text = out.toString();
        assertTrue(text.startsWith("# 2 instructions, 2 operations, "), text);
        assertTrue(text.contains("imm=1\n                48 83 c6 01\n"), text);
        assertTrue(text.contains("85 <leave for a jump> "), text);
    }

    @ParameterizedTest
    @CsvSource({
        "--address, 2, at address 2",
        "--address, 1000, at address 1000",
        "--address, zero, 'zero'",
        "--count, 0, --count 0",
        "--cpu, power5, 'power5'"
    })
    void disasm_withUnusableValue_saysSoInOneLineAndEndsWithTwo(String option, String value, String named)
            throws Exception {
        assertEquals(2, execute("disasm", code(ByteOrder.LITTLE_ENDIAN).toString(), option, value));
        assertOneLine(named);
    }

    @Test
    void disasm_ofNoFile_saysSoInOneLineAndEndsWithTwo() {
        assertEquals(2, execute("disasm", directory.resolve("missing").toString()));
        assertOneLine("missing");
    }

    @Test
    void disasm_ofDamagedElfFiles_neverFailsOtherwise() throws Exception {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 500; i++) {
            byte[] bytes = elf(random.nextBoolean());
            for (int n = random.nextInt(1, 4); n > 0; n--) {
                bytes[random.nextInt(4, bytes.length)] = (byte) random.nextInt();
            }
            err.getBuffer().setLength(0);
            out.getBuffer().setLength(0);
            int status = execute(
                    "disasm",
                    "--ops",
                    Files.write(directory.resolve("damaged"), bytes).toString());
            assertTrue(status == 0 || status == 2, () -> "seed " + seed + ": " + err);
            if (status == 2) {
                assertOneLine("damaged");
            }
        }
    }

    @Test
    void manual_ofDisasm_namesEveryOption() throws Exception {
        String manual = Files.readString(Path.of("../docs/command-line.md"));
        CommandLine disasm = Main.commandLine().getSubcommands().get("disasm");
        for (OptionSpec option : disasm.getCommandSpec().options()) {
            for (String name : option.names()) {
                assertTrue(manual.contains("`" + name + "`") || manual.contains("`" + name + " "), name);
            }
        }
    }

    private Path code(ByteOrder order) throws Exception {
        ByteBuffer bytes = ByteBuffer.allocate(8).order(order).putInt(CODE[0]).putInt(CODE[1]);
        return Files.write(directory.resolve("code"), bytes.array());
    }

    /** A program of one segment at 0x10000000, whose entry is its second instruction. */
    private static byte[] elf(boolean big) {
        ByteBuffer file = ByteBuffer.allocate(128);
        file.putInt(0, 0x7f45_4c46).put(4, (byte) 2).put(5, (byte) (big ? 2 : 1));
        file.order(big ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        file.putShort(16, (short) 2)
                .putShort(18, (short) 21)
                .putLong(24, 0x1000_0004)
                .putLong(32, 64);
        file.putShort(54, (short) 56).putShort(56, (short) 1);
        file.putInt(64, 1)
                .putLong(72, 120)
                .putLong(80, 0x1000_0000)
                .putLong(96, 8)
                .putLong(104, 8);
        file.putInt(120, CODE[0]).putInt(124, CODE[1]);
        return file.array();
    }

    private int execute(String... arguments) {
        CommandLine commandLine = Main.commandLine();
        commandLine.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        return commandLine.execute(arguments);
    }

    private void assertOneLine(String named) {
        String text = err.toString();
        assertTrue(text.startsWith("wattle: ") && text.lines().count() == 1 && text.contains(named), text);
        assertEquals("", out.toString());
    }
}
