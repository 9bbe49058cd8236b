// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import dev.wattle.power.isa.Disassembler;
import java.util.Arrays;

/** Describes a difference for people: code, state before, and both states after. */
final class Report {
    private final Disassembler disassembler;

    Report(Disassembler disassembler) {
        this.disassembler = disassembler;
    }

    /** How to run a case again, in one line. */
    String reproduction(TestCase test) {
        return String.format(
                "%s-endian, reproduce with: --endian %s %s --case 0x%x@0x%x%n",
                test.littleEndian() ? "little" : "big",
                test.littleEndian() ? "le" : "be",
                test.isSequence() ? "--sequence" : "--rows " + test.rows()[test.rows().length == 1 ? 0 : 1].name(),
                test.seed(),
                test.address());
    }

    /** Code and states, of several lines. */
    String describe(TestCase test, Outcome ours, Outcome qemu) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < test.code().length; i++) {
            long at = test.address() + 4L * i;
            text.append(String.format(
                    "    %08x: %08x  %s%n", at, test.code()[i], disassembler.disassemble(test.code()[i], at)));
        }
        if (ours.stop != qemu.stop || ours.stop != Outcome.Stop.NONE) {
            text.append(String.format(
                    "    stop: ours %s%s at %x (%s), QEMU %s%s at %x (%s)%n",
                    ours.stop,
                    ours.privileged ? " privileged" : "",
                    ours.stopAddress,
                    ours.remark,
                    qemu.stop,
                    qemu.privileged ? " privileged" : "",
                    qemu.stopAddress,
                    qemu.remark));
        }
        long[] before = test.before().words;
        boolean[] named = named(test);
        for (int i = 0; i < MachineState.WORDS; i++) {
            long a = ours.after.words[i];
            long b = qemu.after.words[i];
            if (a != b) {
                text.append(String.format(
                        "  ! %-9s before %016x, ours %016x, QEMU %016x%n", MachineState.name(i), before[i], a, b));
            } else if (a != before[i] || named[i]) {
                text.append(String.format("    %-9s before %016x, after %016x%n", MachineState.name(i), before[i], a));
            }
        }
        describeMemory(text, test.before().memory, ours.after.memory, qemu.after.memory);
        return text.toString();
    }

    /** Registers that the instructions name. */
    private static boolean[] named(TestCase test) {
        boolean[] named = new boolean[MachineState.WORDS];
        named[MachineState.FPSCR] = true;
        named[MachineState.XER] = true;
        for (int i = 0; i < test.code().length; i++) {
            for (var operand : test.rows()[i].operands()) {
                switch (operand.kind()) {
                    case SIGNED, UNSIGNED, TARGET, CR_BIT, CR_FIELD -> named[MachineState.CR] = true;
                    default -> {
                        int word = Targets.word(operand, test.code()[i]);
                        named[word] = true;
                        if (word >= MachineState.VSR && word + 1 < MachineState.LR) {
                            named[word + 1] = true;
                        }
                    }
                }
            }
        }
        return named;
    }

    private static void describeMemory(StringBuilder text, byte[] before, byte[] ours, byte[] qemu) {
        for (int at = 0; at < before.length; at += 16) {
            byte[] a = Arrays.copyOfRange(ours, at, at + 16);
            byte[] b = Arrays.copyOfRange(qemu, at, at + 16);
            byte[] was = Arrays.copyOfRange(before, at, at + 16);
            long ea = at < MachineState.WINDOW_BYTES
                    ? MachineState.WINDOW + at
                    : MachineState.EDGE + at - MachineState.WINDOW_BYTES;
            if (!Arrays.equals(a, b)) {
                text.append(String.format("  ! %x before %s, ours %s, QEMU %s%n", ea, hex(was), hex(a), hex(b)));
            } else if (!Arrays.equals(a, was)) {
                text.append(String.format("    %x before %s, after %s%n", ea, hex(was), hex(a)));
            }
        }
    }

    private static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte b : bytes) {
            text.append(String.format("%02x", b));
        }
        return text.toString();
    }
}
