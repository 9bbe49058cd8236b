// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import dev.wattle.power.isa.Instruction;
import dev.wattle.power.isa.Operand;
import java.util.Arrays;
import java.util.Map;

/**
 * What an instruction may leave different: bits of registers, storage, or how it stopped. Written {@code RT}, {@code
 * RT[0:31]} (bits numbered from the left), {@code FRT.dw1}, {@code CR0[0:2]}, {@code CR[BF]}, {@code FPSCR[FR]}, {@code
 * memory}, {@code stop} (and with it everything).
 */
final class Targets {
    private static final Map<String, Long> FPSCR_BITS = Map.ofEntries(
            Map.entry("DRN", 7L << 32),
            Map.entry("FX", 0x8000_0000L),
            Map.entry("FEX", 0x4000_0000L),
            Map.entry("VX", 0x2000_0000L),
            Map.entry("OX", 0x1000_0000L),
            Map.entry("UX", 0x0800_0000L),
            Map.entry("ZX", 0x0400_0000L),
            Map.entry("XX", 0x0200_0000L),
            Map.entry("VXSNAN", 0x0100_0000L),
            Map.entry("VXISI", 0x0080_0000L),
            Map.entry("VXIDI", 0x0040_0000L),
            Map.entry("VXZDZ", 0x0020_0000L),
            Map.entry("VXIMZ", 0x0010_0000L),
            Map.entry("VXVC", 0x0008_0000L),
            Map.entry("FR", 0x0004_0000L),
            Map.entry("FI", 0x0002_0000L),
            Map.entry("FPRF", 0x0001_f000L),
            Map.entry("C", 0x0001_0000L),
            Map.entry("FPCC", 0x0000_f000L),
            Map.entry("VXSOFT", 0x400L),
            Map.entry("VXSQRT", 0x200L),
            Map.entry("VXCVI", 0x100L),
            Map.entry("VE", 0x80L),
            Map.entry("OE", 0x40L),
            Map.entry("UE", 0x20L),
            Map.entry("ZE", 0x10L),
            Map.entry("XE", 0x08L),
            Map.entry("NI", 0x04L),
            Map.entry("RN", 0x03L));

    /** A set of places: one mask for each register word, storage, and how execution stopped. */
    static final class Mask {
        final long[] words = new long[MachineState.WORDS];
        boolean memory;
        boolean stop;
    }

    private Targets() {}

    /** Bits of the FPSCR by name. */
    static long fpscrBits(String name) {
        Long bits = FPSCR_BITS.get(name);
        if (bits == null) {
            throw new IllegalArgumentException("the FPSCR has no " + name);
        }
        return bits;
    }

    /** Names of FPSCR bits, each after a blank; C and FPCC as FPRF. */
    static String fpscrNames(long bits) {
        StringBuilder text = new StringBuilder();
        FPSCR_BITS.entrySet().stream()
                .filter(e -> (e.getValue() & bits) != 0)
                .filter(e -> !e.getKey().equals("C") && !e.getKey().equals("FPCC"))
                .sorted((a, b) -> Long.compare(b.getValue(), a.getValue()))
                .forEach(e -> text.append(' ').append(e.getKey()));
        return text.toString();
    }

    /** Index of the first register word of an operand. */
    static int word(Operand operand, int instruction) {
        int n = operand.get(instruction);
        return switch (operand.kind()) {
            case FPR, FPR_PAIR, VSR -> MachineState.vsr(n, 0);
            case VR -> MachineState.vsr(32 + n, 0);
            default -> MachineState.GPR + n;
        };
    }

    /**
     * Adds what {@code text} says to a mask.
     *
     * @throws IllegalArgumentException if there is no such place
     */
    static void add(Mask mask, String text, Instruction row, int instruction) {
        String name = text;
        String inBrackets = "";
        int open = text.indexOf('[');
        if (open >= 0) {
            name = text.substring(0, open);
            inBrackets = text.substring(open + 1, text.length() - 1);
        }
        switch (name) {
            case "memory" -> mask.memory = true;
            case "stop" -> mask.stop = true;
            case "registers" -> Arrays.fill(mask.words, -1);
            case "CR" -> {
                int field = row.operand(inBrackets).get(instruction);
                mask.words[MachineState.CR] |= 0xf000_0000L >>> 4 * field;
            }
            case "FPSCR" -> {
                for (String bits : inBrackets.split(" ")) {
                    mask.words[MachineState.FPSCR] |= fpscrBits(bits);
                }
            }
            case "LR" -> mask.words[MachineState.LR] = -1;
            case "CTR" -> mask.words[MachineState.CTR] = -1;
            case "XER" -> mask.words[MachineState.XER] |= inBrackets.isEmpty() ? -1 : bits(inBrackets, 64);
            case "VSCR" -> mask.words[MachineState.VSCR] |= inBrackets.startsWith("NOT") ? ~0x1_0001L : -1;
            case "VRSAVE" -> mask.words[MachineState.VRSAVE] = -1;
            case "TAR" -> mask.words[MachineState.TAR] = -1;
            default -> {
                if (name.matches("CR[0-7]")) {
                    long bits = inBrackets.isEmpty() ? 0xf : bits(inBrackets, 4);
                    mask.words[MachineState.CR] |= bits << 28 - 4 * (name.charAt(2) - '0');
                } else {
                    operand(mask, name, inBrackets, row, instruction);
                }
            }
        }
    }

    private static void operand(Mask mask, String name, String inBrackets, Instruction row, int instruction) {
        int dot = name.indexOf('.');
        Operand operand = row.operand(dot < 0 ? name : name.substring(0, dot));
        int word = word(operand, instruction);
        if (dot >= 0) {
            mask.words[word + 1] = -1;
            return;
        }
        boolean wide = operand.kind() == Operand.Kind.VSR || operand.kind() == Operand.Kind.VR;
        if (inBrackets.isEmpty()) {
            mask.words[word] = -1;
            if (wide) {
                mask.words[word + 1] = -1;
            }
            if (operand.kind() == Operand.Kind.FPR_PAIR) {
                Arrays.fill(mask.words, word, word + 4, -1);
            }
            return;
        }
        int colon = inBrackets.indexOf(':');
        int first = Integer.parseInt(inBrackets.substring(0, colon));
        int last = Integer.parseInt(inBrackets.substring(colon + 1));
        for (int bit = first; bit <= last; bit++) {
            mask.words[word + bit / 64] |= Long.MIN_VALUE >>> bit % 64;
        }
    }

    private static long bits(String range, int width) {
        int colon = range.indexOf(':');
        int first = Integer.parseInt(range.substring(0, colon));
        int last = Integer.parseInt(range.substring(colon + 1));
        long result = 0;
        for (int bit = first; bit <= last; bit++) {
            result |= 1L << width - 1 - bit;
        }
        return result;
    }
}
