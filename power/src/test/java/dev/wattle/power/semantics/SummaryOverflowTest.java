// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wattle.power.model.ProcessorModel;
import dev.wattle.power.processor.GuestMachine;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** XER[SO] goes into each comparison, whoever sets it and however often the code has run without (Book I, 2.3.1). */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SummaryOverflowTest {
    private static final long CODE = GuestMachine.CODE;
    private static final String COMPARE = "cmpwi 1,3,0; add. 5,3,3; cmpld 2,3,3; sc 1";

    private final GuestMachine m = new GuestMachine(ProcessorModel.POWER9);

    @AfterEach
    void close() {
        m.close();
    }

    private void expect(int so) {
        assertEquals(4 | so, m.p.cr(1));
        assertEquals(4 | so, m.p.cr(0));
        assertEquals(2 | so, m.p.cr(2));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mtxer 6",
                "addo 7,8,8",
                "addo. 7,8,8",
                "subfo 7,8,10",
                "nego 7,10",
                "mulldo 7,8,8",
                "divdo 7,8,9",
                "divweo 7,8,9",
                "divdeuo 7,8,9"
            })
    void overflow_thenComparisons_haveItsSummary(String overflow) {
        m.program(CODE, "nop; " + COMPARE);
        m.program(CODE + 0x100, overflow + "; " + COMPARE);
        m.program(CODE + 0x200, "mtxer 9; " + COMPARE);
        m.p.setGpr(6, 0x8000_0000L);
        m.p.setGpr(8, Long.MAX_VALUE);
        m.p.setGpr(9, 0);
        m.p.setGpr(10, Long.MIN_VALUE);
        for (int turn = 0; turn < 3; turn++) {
            m.p.setGpr(3, 1 + turn);
            m.runFrom(CODE);
            expect(0);
            m.runFrom(CODE + 0x100);
            expect(1);
            m.runFrom(CODE);
            expect(1);
            m.runFrom(CODE + 0x200);
            expect(0);
        }
    }

    @Test
    void xer_setFromOutside_isInComparisons() {
        m.program(CODE, COMPARE);
        m.p.setGpr(3, 1);
        m.runFrom(CODE);
        expect(0);
        m.p.setXer(0x8000_0000L);
        m.runFrom(CODE);
        expect(1);
        m.p.setXer(0);
        m.runFrom(CODE);
        expect(0);
    }

    @Test
    void systemCall_withItsSummarySet_keepsItOnBothSides() {
        m.p.setGpr(3, 1);
        m.p.setXer(0x8000_0000L);
        m.program(0xc00, "cmpwi 3,3,0; rfid");
        m.program(CODE, "cmpwi 1,3,0; sc; add. 5,3,3; cmpld 2,3,3; sc 1");
        for (int turn = 0; turn < 3; turn++) {
            m.runFrom(CODE);
            expect(1);
            assertEquals(5, m.p.cr(3));
        }
        m.p.setXer(0);
        m.runFrom(CODE);
        expect(0);
        assertEquals(4, m.p.cr(3));
    }
}
