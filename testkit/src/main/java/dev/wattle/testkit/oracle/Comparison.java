// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Compares the two outcomes of a test case. */
final class Comparison {
    /** How two outcomes relate. */
    enum Verdict {
        SAME,
        /** They differ only where a rule says that they may. */
        EXPLAINED,
        DIFFERENT
    }

    private final Rules rules;

    Comparison(Rules rules) {
        this.rules = rules;
    }

    /**
     * Gives QEMU's outcome what its signal frames lose, the left half of the FPSCR, as our outcome has it. To be called
     * before the other methods.
     */
    static void complete(Outcome ours, Outcome qemu) {
        if (qemu.stop != Outcome.Stop.NONE) {
            long left = 0xffff_ffff_0000_0000L;
            long[] words = qemu.after.words;
            words[MachineState.FPSCR] = words[MachineState.FPSCR] & ~left | ours.after.words[MachineState.FPSCR] & left;
        }
    }

    /** Whether nothing at all differs. */
    static boolean same(Outcome ours, Outcome qemu) {
        return ours.stop == qemu.stop
                && (ours.stop == Outcome.Stop.NONE || ours.stopAddress == qemu.stopAddress)
                && Arrays.equals(ours.after.words, qemu.after.words)
                && Arrays.equals(ours.after.memory, qemu.after.memory);
    }

    /** Whether the outcomes of a sequence are the same, some status bits of the FPSCR aside. */
    static boolean sameSequence(Outcome ours, Outcome qemu) {
        long[] a = ours.after.words;
        long[] b = qemu.after.words;
        int fpscr = MachineState.FPSCR;
        return !stopDiffers(ours, qemu)
                && Arrays.mismatch(a, 0, fpscr, b, 0, fpscr) < 0
                && ((a[fpscr] ^ b[fpscr]) & ~SequenceGenerator.UNCOMPARED_FPSCR) == 0
                && Arrays.mismatch(a, fpscr + 1, a.length, b, fpscr + 1, b.length) < 0
                && Arrays.equals(ours.after.memory, qemu.after.memory);
    }

    /** Compares a case of one instruction by the rules, which count what they explained. */
    Verdict compareOne(TestCase test, Outcome ours, Outcome qemu) {
        List<Rules.Rule> used = new ArrayList<>();
        Verdict verdict = verdict(test, ours, qemu, used);
        if (verdict == Verdict.EXPLAINED) {
            for (Rules.Rule rule : used) {
                rule.used.increment();
            }
        }
        return verdict;
    }

    /** Compares a case of one instruction by the rules, and counts nothing. */
    Verdict verdict(TestCase test, Outcome ours, Outcome qemu) {
        return verdict(test, ours, qemu, new ArrayList<>());
    }

    private Verdict verdict(TestCase test, Outcome ours, Outcome qemu, List<Rules.Rule> used) {
        if (same(ours, qemu)) {
            return Verdict.SAME;
        }
        Conditions.Context context = new Conditions.Context(test.rows()[0], test.code()[0], test, ours, qemu);
        Targets.Mask mask = new Targets.Mask();
        for (Rules.Rule rule : rules.holding(context)) {
            Targets.Mask own = new Targets.Mask();
            for (String target : rule.targets) {
                Targets.add(own, target, context.row(), context.word());
            }
            if (touches(own, ours, qemu)) {
                used.add(rule);
            }
            merge(mask, own);
        }
        return covers(mask, ours, qemu) ? Verdict.EXPLAINED : Verdict.DIFFERENT;
    }

    private static boolean stopDiffers(Outcome ours, Outcome qemu) {
        return ours.stop != qemu.stop || ours.stop != Outcome.Stop.NONE && ours.stopAddress != qemu.stopAddress;
    }

    private static boolean touches(Targets.Mask mask, Outcome ours, Outcome qemu) {
        if (mask.stop && stopDiffers(ours, qemu)) {
            return true;
        }
        if (mask.memory && !Arrays.equals(ours.after.memory, qemu.after.memory)) {
            return true;
        }
        for (int i = 0; i < MachineState.WORDS; i++) {
            if (((ours.after.words[i] ^ qemu.after.words[i]) & mask.words[i]) != 0) {
                return true;
            }
        }
        return false;
    }

    private static void merge(Targets.Mask mask, Targets.Mask other) {
        mask.stop |= other.stop;
        mask.memory |= other.memory;
        for (int i = 0; i < MachineState.WORDS; i++) {
            mask.words[i] |= other.words[i];
        }
    }

    private static boolean covers(Targets.Mask mask, Outcome ours, Outcome qemu) {
        if (stopDiffers(ours, qemu)) {
            // Whoever goes on changes registers that the other leaves alone.
            return mask.stop;
        }
        if (!mask.memory && !Arrays.equals(ours.after.memory, qemu.after.memory)) {
            return false;
        }
        for (int i = 0; i < MachineState.WORDS; i++) {
            if (((ours.after.words[i] ^ qemu.after.words[i]) & ~mask.words[i]) != 0) {
                return false;
            }
        }
        return true;
    }

    /** The places that differ, in words: what a bucket of like differences is known by. */
    static String signature(Outcome ours, Outcome qemu) {
        StringBuilder text = new StringBuilder();
        if (stopDiffers(ours, qemu)) {
            return "stop: ours " + ours.stop + ", QEMU " + qemu.stop;
        }
        if (ours.stop != Outcome.Stop.NONE) {
            text.append("after ").append(ours.stop).append(':');
        }
        String last = "";
        for (int i = 0; i < MachineState.WORDS; i++) {
            long difference = ours.after.words[i] ^ qemu.after.words[i];
            if (difference != 0) {
                String name = i < MachineState.VSR
                        ? " GPR"
                        : i < MachineState.LR
                                ? " VSR"
                                : switch (i) {
                                    case MachineState.FPSCR -> Targets.fpscrNames(difference);
                                    case MachineState.CR -> crFields(difference);
                                    default -> " " + MachineState.name(i);
                                };
                text.append(name.equals(last) ? "" : name);
                last = name;
            }
        }
        if (!Arrays.equals(ours.after.memory, qemu.after.memory)) {
            text.append(" storage");
        }
        return text.toString().strip();
    }

    private static String crFields(long difference) {
        StringBuilder text = new StringBuilder();
        for (int field = 0; field < 8; field++) {
            if ((difference >>> 28 - 4 * field & 15) != 0) {
                text.append(" CR").append(field);
            }
        }
        return text.toString();
    }
}
