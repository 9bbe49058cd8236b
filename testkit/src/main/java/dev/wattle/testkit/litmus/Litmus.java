// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.litmus;

import java.util.List;

/**
 * A litmus test. The threads share x, at the address in GPR 3, and y, at that in GPR 4, which are 0 at first; GPR 1 is 1. What a
 * thread has seen it leaves in GPRs 10 and 11.
 */
public enum Litmus {
    /** Store buffering: each stores to one and loads the other. */
    SB(false, List.of(" stw 1, 0(3) \n lwz 10, 0(4)", " stw 1, 0(4) \n lwz 10, 0(3)"), List.of(0, 2), 0, 0),
    SB_SYNCS(
            true,
            List.of(" stw 1, 0(3) \n sync \n lwz 10, 0(4)", " stw 1, 0(4) \n sync \n lwz 10, 0(3)"),
            List.of(0, 2),
            0,
            0),
    /** Message passing: who sees the flag sees the message. */
    MP_LWSYNC_ADDRESS(
            true,
            List.of(" stw 1, 0(3) \n lwsync \n stw 1, 0(4)", " lwz 10, 0(4) \n xor 9, 10, 10 \n lwzx 11, 9, 3"),
            List.of(2, 3),
            1,
            0),
    MP_LWSYNC_ISYNC(
            true,
            List.of(
                    " stw 1, 0(3) \n lwsync \n stw 1, 0(4)",
                    " lwz 10, 0(4) \n cmpw 10, 10 \n bne . + 4 \n isync \n lwz 11, 0(3)"),
            List.of(2, 3),
            1,
            0),
    /** Load buffering: nobody sees what comes of what it will store. */
    LB_DATA(
            true,
            List.of(
                    " lwz 10, 0(3) \n xor 9, 10, 10 \n add 9, 9, 1 \n stw 9, 0(4)",
                    " lwz 10, 0(4) \n xor 9, 10, 10 \n add 9, 9, 1 \n stw 9, 0(3)"),
            List.of(0, 2),
            1,
            1),
    /** Independent reads of independent writes: two readers agree on the order of two stores. */
    IRIW_SYNCS(
            true,
            List.of(
                    " lwz 10, 0(3) \n sync \n lwz 11, 0(4)",
                    " lwz 10, 0(4) \n sync \n lwz 11, 0(3)",
                    " stw 1, 0(3)",
                    " stw 1, 0(4)"),
            List.of(0, 1, 2, 3),
            1,
            0,
            1,
            0),
    /** Write to read causality: what a thread has seen, others see that it tells. */
    WRC_LWSYNC_ADDRESS(
            true,
            List.of(
                    " stw 1, 0(3)",
                    " lwz 10, 0(3) \n lwsync \n stw 10, 0(4)",
                    " lwz 10, 0(4) \n xor 9, 10, 10 \n lwzx 11, 9, 3"),
            List.of(2, 4, 5),
            1,
            1,
            0),
    /** Coherence: two loads of one location do not go back in time. */
    CORR(true, List.of(" stw 1, 0(3)", " lwz 10, 0(3) \n lwz 11, 0(3)"), List.of(2, 3), 1, 0);

    private final boolean forbidden;
    private final List<String> threads;
    private final List<Integer> results;
    private final int[] outcome;

    /**
     * @param forbidden whether the storage model forbids the outcome
     * @param results which results make the outcome: 2n and 2n + 1 are GPRs 10 and 11 of thread n
     * @param outcome their values
     */
    Litmus(boolean forbidden, List<String> threads, List<Integer> results, int... outcome) {
        this.forbidden = forbidden;
        this.threads = threads;
        this.results = results;
        this.outcome = outcome;
    }

    /** Whether the storage model forbids the outcome that is looked for; otherwise it is one that hosts are expected to show. */
    public boolean isForbidden() {
        return forbidden;
    }

    List<String> threads() {
        return threads;
    }

    /** Whether results, by their numbers, are the outcome. */
    boolean isOutcome(int[] all) {
        for (int i = 0; i < outcome.length; i++) {
            if (all[results.get(i)] != outcome[i]) {
                return false;
            }
        }
        return true;
    }
}
