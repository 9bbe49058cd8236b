// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.Interrupts;
import dev.wattle.power.processor.Msr;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.Spr;

/**
 * Transactional memory (Power ISA 3.0B, Book II, chapter 5; Book III, 3.3.3) of a processor whose every transaction
 * fails as soon as it is started, and for good: programs then take the way that they must have without transactions.
 *
 * <p>MSR[TS] is always 0b00, Non-transactional.
 */
final class TransactionalMemory {
    /** TEXASR: the failure is persistent; the transaction was nested too deeply; all there is to say has been said. */
    private static final long FAILURE_PERSISTENT = 1L << 63 - 7;

    private static final long NESTING_OVERFLOW = 1L << 63 - 9;
    private static final long FAILED_IN_PROBLEM_STATE = 1L << 63 - 35;
    private static final long FAILURE_SUMMARY = 1L << 63 - 36;
    private static final long TFIAR_EXACT = 1L << 63 - 37;

    /** CR field 0 where a failure handler starts: 0b101 and a zero. */
    private static final int FAILED = 0b1010;
    /** CR field 0 of the other instructions: zero, MSR[TS], zero. */
    private static final int NON_TRANSACTIONAL = 0;
    /** The field that tcheck sets, TDOOMED and MSR[TS]: what is started here has failed. */
    private static final int DOOMED = 0b1000;

    private TransactionalMemory() {}

    static void bind(Meanings m) {
        m.routine("tbegin.", TransactionalMemory::begin);
        for (String nothing :
                new String[] {"tend.", "tabort.", "tabortwc.", "tabortwci.", "tabortdc.", "tabortdci.", "tsr."}) {
            m.routine(nothing, (p, w) -> p.setCr(0, NON_TRANSACTIONAL));
        }
        m.routine("tcheck", (p, w) -> p.setCr(Fields.bf(w), DOOMED));
        // There is no transaction to reclaim, and none can be continued.
        for (String state : new String[] {"treclaim.", "trechkpt."}) {
            m.routine(state, (p, w) -> {
                throw p.interrupts().program(Interrupts.TM_BAD_THING);
            });
        }
    }

    /** Fails; the failure handler starts behind the instruction, where the transaction would have gone on as well. */
    private static void begin(PowerProcessor p, int w) {
        boolean problem = (p.msr() & Msr.PR) != 0;
        p.setSpr(
                Spr.TEXASR,
                FAILURE_PERSISTENT
                        | NESTING_OVERFLOW
                        | FAILURE_SUMMARY
                        | TFIAR_EXACT
                        | (problem ? FAILED_IN_PROBLEM_STATE : 0));
        p.setSpr(Spr.TFIAR, p.cia() | (problem ? 1 : 0));
        p.setSpr(Spr.TFHAR, p.cia() + 4 & p.addressMask());
        p.setCr(0, FAILED);
    }
}
