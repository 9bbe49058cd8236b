// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.isa;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The tables against GNU objdump, live where binutils is installed and by golden file where it is not.
 *
 * <p>The golden file is written anew by the live test when the system property {@code wattle.golden.write} is true.
 */
class BinutilsTest {

    private static final InstructionTable TABLE = InstructionTable.load();
    private static final Disassembler DISASSEMBLER = new Disassembler(TABLE);
    private static final List<String> COMMANDS =
            List.of("powerpc64le-linux-gnu-objdump", "powerpc64-linux-gnu-objdump");
    private static final String GOLDEN = "src/test/java/dev/wattle/power/isa/objdump.golden.gz";

    /**
     * What objdump decodes for a POWER9 although Power ISA 3.0B, Books I to III for servers, does not have it: other
     * processors' instructions, and ones that the book left out at last or that only Power ISA 3.1 has.
     */
    private static final Set<String> NOT_IN_THE_BOOK = Set.of(
            "rfi", "urfid", "dcbi", "eciwx", "ecowx", "icswx", "icswx.", "msgsndu", "msgclru", "mtsle", "mtsrd",
            "mtsrdin", "pbt.", "rmieg", "tlbia", "tlbld", "tlbli");

    @TempDir
    Path folder;

    /** A word, the processor to disassemble it for, and the address that it is disassembled at. */
    private record Sample(Instruction row, String processor, int word, long address) {}

    @Test
    void disassemble_goldenWords_isWhatObjdumpWrote() throws IOException {
        Path golden = Path.of(System.getProperty("basedir", "."), GOLDEN);
        int count = 0;
        Set<String> seen = new TreeSet<>();
        try (BufferedReader reader = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(golden)), StandardCharsets.US_ASCII))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                int word = Integer.parseUnsignedInt(line, 0, 8, 16);
                assertEquals(line.substring(9), shown(word, 4L * count), line);
                seen.add(TABLE.decode(word).name());
                count++;
            }
        }
        List<String> missing = new ArrayList<>();
        for (Instruction row : TABLE.rows()) {
            if (isComparable(row) && !seen.contains(row.name())) {
                missing.add(row.name());
            }
        }
        assertEquals(List.of(), missing, "rows without a golden word: run this test with -Dwattle.golden.write=true");
    }

    @Test
    void disassemble_randomInstancesOfEachRow_agreesWithObjdump() throws Exception {
        requireBinutils();
        boolean write = Boolean.getBoolean("wattle.golden.write");
        long seed = write ? 1 : System.nanoTime();
        RandomInstances instances = new RandomInstances(seed);
        List<Sample> samples = new ArrayList<>();
        for (Instruction row : TABLE.rows()) {
            for (int i = 0; i < 6 && isComparable(row); i++) {
                samples.add(new Sample(row, processor(row), instances.valid(row), 4L * samples.size()));
            }
        }
        int[] words = samples.stream().mapToInt(Sample::word).toArray();
        String[] theirs = new String[words.length];
        for (String processor : List.of("power9", "power8", "power6", "ppc64", "ppc")) {
            String[] all = objdump(processor, words);
            for (int i = 0; i < words.length; i++) {
                if (samples.get(i).processor.equals(processor)) {
                    theirs[i] = withShortTarget(samples.get(i).row, all[i]);
                }
            }
        }
        List<String> differences = new ArrayList<>();
        for (int i = 0; i < words.length; i++) {
            String ours = shown(words[i], samples.get(i).address);
            if (!ours.equals(theirs[i])) {
                differences.add(String.format("%08x: '%s', objdump '%s'", words[i], ours, theirs[i]));
            }
        }
        assertEquals(List.of(), differences, "seed " + seed);
        if (write) {
            writeGolden(words, theirs);
        }
    }

    @Test
    void decode_wordsThatObjdumpKnows_areInTheTable() throws Exception {
        requireBinutils();
        long seed = System.nanoTime();
        Random random = new Random(seed);
        // All values of the low 11 bits where there are extended opcodes, a few words of the other primary opcodes.
        Set<Integer> extended = Set.of(0, 4, 17, 19, 30, 31, 56, 57, 58, 59, 60, 61, 62, 63);
        IntStream.Builder builder = IntStream.builder();
        for (int primary = 0; primary < 64; primary++) {
            for (int i = 0; i < (extended.contains(primary) ? 12 * 2048 : 64); i++) {
                // Zero fields too, since objdump wants reserved fields to be zero.
                int mask = random.nextBoolean() ? 0x03E00000 : 0;
                mask |= random.nextBoolean() ? 0x001F0000 : 0;
                mask |= random.nextBoolean() ? 0x0000F800 : 0;
                builder.add((primary << 26) | (random.nextInt() & mask) | (i & 0x7FF));
            }
        }
        int[] words = builder.build().toArray();
        String[] theirs = objdump("power9", words);
        Set<String> missing = new TreeSet<>();
        for (int i = 0; i < words.length; i++) {
            String mnemonic = theirs[i].substring(0, (theirs[i] + " ").indexOf(' '));
            if (!mnemonic.startsWith(".")
                    && TABLE.decode(words[i]) == Instruction.ILLEGAL
                    && !NOT_IN_THE_BOOK.contains(mnemonic)) {
                missing.add(mnemonic);
            }
        }
        assertEquals(Set.of(), missing, "seed " + seed);
    }

    /** Reserved no-ops have no mnemonic in the book, and objdump shows some of them as what 3.1 made of them. */
    private static boolean isComparable(Instruction row) {
        return !row.name().startsWith("rnop");
    }

    private static String processor(Instruction row) {
        return switch (row.name()) {
            case "lfdp", "lfdpx", "stfdp", "stfdpx" -> "power6"; // objdump drops them after it.
            case "mftb" -> "ppc64"; // Later processors read the time base by mfspr, as objdump has it.
            case "mtsr", "mtsrin", "mfsr", "mfsrin" -> "ppc"; // For objdump, 32-bit processors only.
            default -> row.in(IsaVersion.V3_0) ? "power9" : "power8";
        };
    }

    /** Our text, with objdump's peculiarities. */
    private static String shown(int word, long address) {
        Instruction row = TABLE.decode(word);
        String text = DISASSEMBLER.disassemble(word, address);
        return switch (row.name()) {
            case "tend." -> text.replace("tend. 1", "tendall.");
            case "mfcr" -> text + ",-1";
            case "lswi", "stswi" -> text.endsWith(",0") ? text.substring(0, text.length() - 1) + "32" : text;
            default -> withShortTarget(row, text);
        };
    }

    /** With the low 32 bits of a branch target: what objdump writes above them depends on how it was built. */
    private static String withShortTarget(Instruction row, String text) {
        int at = text.lastIndexOf("0x");
        for (Operand operand : row.operands()) {
            if (operand.kind() == Operand.Kind.TARGET && at >= 0) {
                return text.substring(0, at + 2)
                        + Integer.toHexString((int) Long.parseUnsignedLong(text.substring(at + 2), 16));
            }
        }
        return text;
    }

    private void writeGolden(int[] words, String[] theirs) throws IOException {
        Path golden = Path.of(System.getProperty("basedir", "."), GOLDEN);
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(golden))) {
            for (int i = 0; i < words.length; i++) {
                out.write(String.format("%08x %s%n", words[i], theirs[i]).getBytes(StandardCharsets.US_ASCII));
            }
        }
    }

    private static void requireBinutils() {
        if (command().isEmpty()) {
            String reason = "none of " + COMMANDS + " is installed: install binutils-powerpc64le-linux-gnu";
            if ("true".equals(System.getenv("CI"))) {
                fail(reason);
            }
            abort(reason);
        }
    }

    private static String command() {
        for (String folder : System.getenv().getOrDefault("PATH", "").split(":")) {
            for (String command : COMMANDS) {
                if (Files.isExecutable(Path.of(folder, command))) {
                    return command;
                }
            }
        }
        return "";
    }

    /**
     * The text of each word at address 4 times its index, without blanks after commas; {@code .long} where there is
     * none.
     */
    private String[] objdump(String processor, int[] words) throws IOException, InterruptedException {
        ByteBuffer bytes = ByteBuffer.allocate(4 * words.length);
        bytes.asIntBuffer().put(words);
        Path input = folder.resolve("words.bin");
        Files.write(input, bytes.array());
        Process process = new ProcessBuilder(
                        command(),
                        "-D",
                        "-z",
                        "-b",
                        "binary",
                        "-m",
                        "powerpc:common64",
                        "-EB",
                        "-M",
                        processor + ",raw",
                        input.toString())
                .redirectErrorStream(true)
                .start();
        String[] texts = new String[words.length];
        try (BufferedReader reader = process.inputReader(StandardCharsets.US_ASCII)) {
            reader.lines().forEach(line -> {
                String[] columns = line.split("\t", 3);
                if (columns.length == 3) {
                    int address = Integer.parseInt(columns[0].strip().replace(":", ""), 16);
                    texts[address / 4] = columns[2].strip().replaceAll("\\s+", " ");
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        assertEquals(0, process.waitFor());
        for (int i = 0; i < texts.length; i++) {
            assertTrue(texts[i] != null, "objdump wrote no line for word " + i);
        }
        return texts;
    }
}
