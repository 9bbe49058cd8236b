// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wattle.power.mmu.RadixTree;
import dev.wattle.power.model.ProcessorModel;
import dev.wattle.power.processor.GuestMachine;
import dev.wattle.power.processor.Msr;
import dev.wattle.power.processor.Spr;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Transactions that always fail. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TransactionalMemoryTest {
    private static final long CODE = GuestMachine.CODE;
    /** Persistent, nesting overflow, failure summary, TFIAR exact. */
    private static final long FAILURE = 1L << 56 | 1L << 54 | 1L << 27 | 1L << 26;

    private final GuestMachine m = new GuestMachine(ProcessorModel.POWER9);

    @AfterEach
    void close() {
        m.close();
    }

    @ParameterizedTest
    @EnumSource(ProcessorModel.class)
    void tbegin_privileged_failsForGood(ProcessorModel model) {
        try (GuestMachine g = new GuestMachine(model)) {
            g.p.setMsr(GuestMachine.PRIVILEGED | Msr.TM);
            g.p.setCrWord(-1);
            assertEquals(CODE + 16, g.run("nop; tbegin. 0; beq . + 8; li 3,1; sc 1"));
            assertEquals(0xafff_ffff, g.p.crWord());
            assertEquals(FAILURE, g.spr(Spr.TEXASR));
            assertEquals(CODE + 4, g.spr(Spr.TFIAR));
            assertEquals(CODE + 8, g.spr(Spr.TFHAR));
            assertEquals(GuestMachine.PRIVILEGED | Msr.TM, g.p.msr());
        }
    }

    @Test
    void tbegin_problemState_recordsPrivilege() {
        RadixTree tree = new RadixTree(m.memory, GuestMachine.TABLES);
        tree.map(0, 0, 0, 30, RadixTree.ALL);
        m.p.radix().processTable(tree.patb1());
        m.p.setMsr(GuestMachine.PROBLEM | Msr.TM);
        assertEquals(0xc00, m.run("tbegin. 0; sc"));
        assertEquals(FAILURE | 1L << 28, m.spr(Spr.TEXASR));
        assertEquals(CODE | 1, m.spr(Spr.TFIAR));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tend. 0",
                "tabort. 3",
                "tabortwc. 31,3,4",
                "tabortwci. 31,3,4",
                "tabortdc. 31,3,4",
                "tabortdci. 31,3,4",
                "tsr. 0"
            })
    void others_outsideATransaction_setCrAlone(String instruction) {
        m.p.setMsr(GuestMachine.PRIVILEGED | Msr.TM);
        m.p.setCrWord(-1);
        assertEquals(CODE + 4, m.run(instruction + "; sc 1"));
        assertEquals(0x0fff_ffff, m.p.crWord());
        assertEquals(0, m.spr(Spr.TEXASR));
    }

    @Test
    void tcheck_outsideATransaction_saysDoomed() {
        m.p.setMsr(GuestMachine.PRIVILEGED | Msr.TM);
        m.run("tcheck 3; sc 1");
        assertEquals(0x0008_0000, m.p.crWord());
    }

    @ParameterizedTest
    @ValueSource(strings = {"treclaim. 3", "trechkpt."})
    void checkpoints_withoutATransaction_areTmBadThings(String instruction) {
        m.p.setMsr(GuestMachine.PRIVILEGED | Msr.TM);
        assertEquals(0x700, m.run("nop; " + instruction));
        assertEquals(CODE + 4, m.spr(Spr.SRR0));
        assertEquals(GuestMachine.PRIVILEGED | Msr.TM | 0x20_0000, m.spr(Spr.SRR1));
    }

    @Test
    void any_facilityOff_isUnavailable() {
        assertEquals(0xf60, m.run("tbegin. 0"));
        assertEquals(5, m.spr(Spr.FSCR) >>> 56);
    }
}
