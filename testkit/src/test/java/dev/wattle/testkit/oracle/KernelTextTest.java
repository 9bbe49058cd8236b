// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.wattle.power.isa.Assembler;
import dev.wattle.power.isa.Disassembler;
import dev.wattle.power.isa.Instruction;
import dev.wattle.power.isa.InstructionTable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Decoding and assembling on every instruction word of a distribution's kernel: an ELF file named by the system
 * property {@code wattle.kernel}, or one in Wattle's cache of guests.
 */
class KernelTextTest {
    private static final int SHT_PROGBITS = 1;
    private static final int SHF_EXECINSTR = 4;
    private static final int ELF_CLASS_64 = 2;

    @Test
    void KernelText_disassembledAndAssembled_isTheSame() throws IOException {
        Path kernel = kernel();
        ByteBuffer elf = ByteBuffer.wrap(Files.readAllBytes(kernel));
        assertTrue(elf.getInt(0) == 0x7f45_4c46 && elf.get(4) == ELF_CLASS_64, kernel + " is no 64-bit ELF file");
        elf.order(elf.get(5) == 1 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        InstructionTable table = InstructionTable.load();
        Disassembler disassembler = new Disassembler(table);
        Assembler assembler = new Assembler(table);
        Set<Long> seen = new HashSet<>();
        List<String> wrong = new ArrayList<>();
        long words = 0;
        long instructions = 0;
        long data = 0;
        int sections = elf.getShort(0x3c);
        for (int i = 0; i < sections; i++) {
            int header = (int) elf.getLong(0x28) + i * elf.getShort(0x3a);
            if (elf.getInt(header + 4) != SHT_PROGBITS || (elf.getLong(header + 8) & SHF_EXECINSTR) == 0) {
                continue;
            }
            long address = elf.getLong(header + 0x10);
            int offset = (int) elf.getLong(header + 0x18);
            int size = (int) elf.getLong(header + 0x20) & -4;
            for (int at = 0; at < size; at += 4) {
                int word = elf.getInt(offset + at);
                words++;
                Instruction row = table.decode(word);
                if (row == Instruction.ILLEGAL) {
                    continue;
                }
                instructions++;
                // Only branches are written differently in another place.
                boolean branch = row.chapter().equals("branch");
                if (!branch && !seen.add((long) word)) {
                    continue;
                }
                String text = disassembler.disassemble(word, address + at);
                data += text.startsWith(".long") ? 1 : 0;
                int[] again = assembler.assemble(address + at, text);
                if ((again.length != 1 || again[0] != word) && wrong.size() < 20) {
                    wrong.add(String.format(
                            "%x: %08x is %s, which assembles to %08x", address + at, word, text, again[0]));
                }
            }
        }
        System.out.printf("%s: %d words, %d instructions%n", kernel, words, instructions);
        // What has a reserved bit set is shown as data; compilers write no such instruction.
        assertTrue(data < 100, data + " different instructions are shown as data");
        assertEquals(List.of(), wrong);
        assertTrue(instructions > 1_000_000, kernel + " has only " + instructions + " instructions");
    }

    private static Path kernel() throws IOException {
        String property = System.getProperty("wattle.kernel", "");
        if (!property.isEmpty()) {
            return Path.of(property);
        }
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path cache = xdg == null || xdg.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".cache", "wattle")
                : Path.of(xdg, "wattle");
        if (Files.isDirectory(cache)) {
            try (Stream<Path> files = Files.walk(cache, 3)) {
                Optional<Path> kernel = files.filter(Files::isRegularFile)
                        .filter(f -> f.getFileName().toString().matches("kernel|vmlinu.*"))
                        .findFirst();
                if (kernel.isPresent()) {
                    return kernel.get();
                }
            }
        }
        String reason = "no kernel in " + cache + ": run `wattle demo` once, or name one by -Dwattle.kernel=FILE";
        if ("true".equals(System.getenv("CI"))) {
            fail("on CI this test must run: " + reason);
        }
        abort(reason);
        return cache;
    }
}
