// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.hypervisor.papr.hcall.HcallNumber;
import dev.wattle.hypervisor.papr.hcall.HypercallTable;
import dev.wattle.hypervisor.papr.hcall.ReturnCode;
import dev.wattle.hypervisor.papr.xics.Xics;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TerminalTest {
    private static final int IRQ = 0x1100;

    private final FakeContext context = new FakeContext();
    private final FakeConsole console = new FakeConsole();
    private final Xics xics = new Xics(1, 0x1000, 0x1000);
    private final HypercallTable table = new HypercallTable();

    TerminalTest() {
        new Terminal(console, xics.claimMessage(IRQ)).define(table);
    }

    @AfterEach
    void closeMemory() {
        context.close();
    }

    private long put(long... arguments) {
        return table.call(HcallNumber.H_PUT_TERM_CHAR, context.with(arguments));
    }

    private long get(long... arguments) {
        return table.call(HcallNumber.H_GET_TERM_CHAR, context.with(arguments));
    }

    @Test
    void Put_upTo16Bytes_reachesTheBackend() {
        assertEquals(ReturnCode.H_SUCCESS, put(0, 3, 0x6162_6364_6566_6768L, 0));
        assertEquals(ReturnCode.H_SUCCESS, put(0x7100_0000, 16, 0x3031_3233_3435_3637L, 0x3839_4142_4344_4546L));
        assertEquals("abc0123456789ABCDEF", console.output.toString());
    }

    @Test
    void Put_badLengthOrTerminal_answersParameter() {
        assertEquals(ReturnCode.H_PARAMETER, put(0, 17, 0, 0));
        assertEquals(ReturnCode.H_PARAMETER, put(0, -1, 0, 0));
        assertEquals(ReturnCode.H_PARAMETER, put(1, 1, 0, 0));
        assertEquals(ReturnCode.H_PARAMETER, get(0x7100_0001));
        assertEquals("", console.output.toString());
    }

    @Test
    void Get_input_comesIn16BytePieces() {
        console.type("0123456789ABCDEFxyz");
        assertEquals(ReturnCode.H_SUCCESS, get(0));
        assertEquals(16, context.registers[0]);
        assertEquals(0x3031_3233_3435_3637L, context.registers[1]);
        assertEquals(0x3839_4142_4344_4546L, context.registers[2]);
        assertEquals(ReturnCode.H_SUCCESS, get(0));
        assertEquals(3, context.registers[0]);
        assertEquals(0x7879_7a00_0000_0000L, context.registers[1]);
        assertEquals(ReturnCode.H_SUCCESS, get(0));
        assertEquals(0, context.registers[0]);
    }

    @Test
    void Input_arriving_raisesTheInterrupt() {
        boolean[] asserted = new boolean[1];
        xics.connect(0, level -> asserted[0] = level);
        xics.setCppr(0, 0xff);
        xics.setDestination(IRQ, 0, 5);
        assertFalse(asserted[0]);
        console.type("x");
        assertTrue(asserted[0]);
    }
}
