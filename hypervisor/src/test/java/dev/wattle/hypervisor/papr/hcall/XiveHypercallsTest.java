// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_FUNCTION;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P2;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P3;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P4;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P5;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_PARAMETER;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_SUCCESS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.wattle.hypervisor.irq.InterruptMode;
import dev.wattle.hypervisor.irq.PartitionInterrupts;
import dev.wattle.hypervisor.papr.xics.Xics;
import dev.wattle.hypervisor.papr.xive.Xive;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class XiveHypercallsTest {
    private static final long INFO = HcallNumber.H_INT_GET_SOURCE_INFO;
    private static final long SET_SOURCE = HcallNumber.H_INT_SET_SOURCE_CONFIG;
    private static final long GET_SOURCE = HcallNumber.H_INT_GET_SOURCE_CONFIG;
    private static final long QUEUE_INFO = HcallNumber.H_INT_GET_QUEUE_INFO;
    private static final long SET_QUEUE = HcallNumber.H_INT_SET_QUEUE_CONFIG;
    private static final long GET_QUEUE = HcallNumber.H_INT_GET_QUEUE_CONFIG;
    private static final long ESB = HcallNumber.H_INT_ESB;
    private static final long SYNC = HcallNumber.H_INT_SYNC;
    private static final long RESET = HcallNumber.H_INT_RESET;
    private static final int MSI = 0x1300;
    private static final int LSI = 0x1200;

    private final FakeContext c = new FakeContext();
    private final Xive xive = new Xive(2, 0x2000, c.memory, true);
    private final PartitionInterrupts interrupts =
            new PartitionInterrupts(new Xics(2, 0x1000, 0x1000), Optional.of(xive), c.io);
    private final HypercallTable table = new HypercallTable();

    @BeforeEach
    void begin() {
        new InterruptHypercalls(interrupts).define(table);
        new XiveHypercalls(interrupts).define(table);
        interrupts.claimMessage(MSI);
        interrupts.claimLevel(LSI);
        interrupts.select(InterruptMode.XIVE);
    }

    @AfterEach
    void end() {
        c.close();
    }

    private long call(long number, long... arguments) {
        return table.call(number, c.with(arguments));
    }

    @Test
    void Calls_ofTheOtherController_areNoFunctions() {
        assertEquals(H_FUNCTION, call(HcallNumber.H_XIRR));
        assertEquals(H_FUNCTION, call(HcallNumber.H_EOI, 0));
        assertEquals(H_FUNCTION, call(HcallNumber.H_IPI, 0, 4));
        interrupts.select(InterruptMode.XICS);
        assertEquals(H_SUCCESS, call(HcallNumber.H_XIRR));
        LongStream.iterate(INFO, n -> n <= RESET, n -> n + 4).forEach(n -> {
            assertEquals(H_FUNCTION, call(n, 0, MSI), HcallNumber.name(n));
        });
        assertFalse(c.io.claims(Xive.ESB_BASE, 8));
    }

    @Test
    void ReportingLines_areNoFunctions() {
        assertEquals(H_FUNCTION, call(HcallNumber.H_INT_SET_OS_REPORTING_LINE, 0, 0x1000));
        assertEquals(H_FUNCTION, call(HcallNumber.H_INT_GET_OS_REPORTING_LINE, 0, 0));
    }

    @Test
    void SourceInfo_messageAndLevel_tellTheirPages() {
        assertEquals(H_SUCCESS, call(INFO, 0, MSI));
        assertEquals(1, c.registers[0]);
        assertEquals(0x0006_0100_0000_0000L + MSI * 0x2_0000L + 0x1_0000, c.registers[1]);
        assertEquals(0x0006_0100_0000_0000L + MSI * 0x2_0000L, c.registers[2]);
        assertEquals(16, c.registers[3]);
        assertEquals(H_SUCCESS, call(INFO, 0, LSI));
        assertEquals(0xd, c.registers[0]);
        assertEquals(-1, c.registers[1]);
        assertEquals(-1, c.registers[2]);
        assertEquals(H_SUCCESS, call(INFO, 0, 1), "between processors");
        assertEquals(H_PARAMETER, call(INFO, 1, MSI));
        assertEquals(H_P2, call(INFO, 0, 2));
        assertEquals(H_P2, call(INFO, 0, 1L << 32 | MSI));
        assertEquals(H_P2, call(INFO, 0, -1));
    }

    @Test
    void SourceConfiguration_isSetReadAndReset() {
        assertEquals(H_SUCCESS, call(SET_SOURCE, 2, MSI, 1, 5, 0x77));
        assertEquals(H_SUCCESS, call(GET_SOURCE, 0, MSI));
        assertEquals(1, c.registers[0]);
        assertEquals(5, c.registers[1]);
        assertEquals(0x77, c.registers[2]);
        assertEquals(H_SUCCESS, call(SET_SOURCE, 1, MSI, 0, 4, 0x99));
        assertEquals(H_SUCCESS, call(GET_SOURCE, 0, MSI));
        assertEquals(0, c.registers[0]);
        assertEquals(0xff, c.registers[1], "masked");
        assertEquals(0x77, c.registers[2], "not asked to be set");
        assertEquals(H_SUCCESS, call(SET_SOURCE, 0, MSI, 99, 0xff, 0));
        assertEquals(H_SUCCESS, call(GET_SOURCE, 0, MSI));
        assertEquals(0xff, c.registers[1]);
        assertEquals(0, c.registers[2]);
        assertEquals(H_PARAMETER, call(SET_SOURCE, 4, MSI, 0, 5, 0));
        assertEquals(H_P2, call(SET_SOURCE, 0, 0x1500, 0, 5, 0));
        assertEquals(H_P3, call(SET_SOURCE, 0, MSI, 2, 5, 0));
        assertEquals(H_P3, call(SET_SOURCE, 0, MSI, 1L << 32, 5, 0));
        assertEquals(H_P4, call(SET_SOURCE, 0, MSI, 0, 7, 0));
        assertEquals(H_P4, call(SET_SOURCE, 0, MSI, 0, 1L << 32, 0));
        assertEquals(H_PARAMETER, call(GET_SOURCE, 1, MSI));
        assertEquals(H_P2, call(GET_SOURCE, 0, 0x1500));
    }

    @Test
    void QueueConfiguration_isSetReadAndReset() {
        assertEquals(H_SUCCESS, call(QUEUE_INFO, 0, 1, 6));
        assertEquals(0x0006_0100_4000_0000L + (8 + 6) * 0x2_0000L, c.registers[0]);
        assertEquals(0, c.registers[1]);
        assertEquals(H_SUCCESS, call(SET_QUEUE, 1, 1, 6, 0x2_0000, 16));
        assertEquals(H_SUCCESS, call(QUEUE_INFO, 0, 1, 6));
        assertEquals(16, c.registers[1]);
        assertEquals(H_SUCCESS, call(GET_QUEUE, 0, 1, 6));
        assertEquals(1, c.registers[0]);
        assertEquals(0x2_0000, c.registers[1]);
        assertEquals(16, c.registers[2]);
        assertEquals(0, c.registers[3]);
        assertEquals(H_SUCCESS, call(SET_SOURCE, 2, MSI, 1, 6, 3));
        assertEquals(H_SUCCESS, call(ESB, 0, MSI, 0xc00));
        assertEquals(1, c.registers[0], "it was off");
        assertEquals(H_SUCCESS, call(ESB, 1, MSI, 0));
        assertEquals(-1, c.registers[0]);
        assertEquals(H_SUCCESS, call(SYNC, 0, MSI));
        assertEquals(0x8000_0003, c.memory.getInt(0x2_0000));
        assertEquals(H_SUCCESS, call(GET_QUEUE, 1, 1, 6));
        assertEquals(3, c.registers[0], "generation 1, always notify");
        assertEquals(1, c.registers[3]);
        assertEquals(H_SUCCESS, call(SET_QUEUE, 0, 1, 6, 0, 0));
        assertEquals(H_SUCCESS, call(GET_QUEUE, 1, 1, 6));
        assertEquals(0, c.registers[0] | c.registers[1] | c.registers[2] | c.registers[3]);
    }

    @Test
    void Queues_thatCannotBe_areRefused() {
        for (long number : new long[] {QUEUE_INFO, SET_QUEUE, GET_QUEUE}) {
            assertEquals(H_PARAMETER, call(number, 2, 0, 6, 0x1000, 12), HcallNumber.name(number));
            assertEquals(H_P2, call(number, 0, 2, 6, 0x1000, 12), HcallNumber.name(number));
            assertEquals(H_P3, call(number, 0, 0, 7, 0x1000, 12), HcallNumber.name(number));
            assertEquals(H_P3, call(number, 0, 2, -1, 0x1000, 12), HcallNumber.name(number));
        }
        assertEquals(H_P4, call(SET_QUEUE, 0, 0, 6, 0x1800, 12));
        assertEquals(H_P4, call(SET_QUEUE, 0, 0, 6, 1 << 20, 12));
        assertEquals(H_P4, call(SET_QUEUE, 0, 0, 6, -4096, 12));
        assertEquals(H_P5, call(SET_QUEUE, 0, 0, 6, 0, 20));
        assertEquals(H_P5, call(SET_QUEUE, 0, 0, 6, 0, -1));
    }

    @Test
    void Esb_levelStillThere_isTriggeredAgain() {
        assertEquals(H_SUCCESS, call(SET_QUEUE, 1, 0, 6, 0x2_0000, 12));
        assertEquals(H_SUCCESS, call(SET_SOURCE, 2, LSI, 0, 6, 3));
        assertEquals(H_SUCCESS, call(ESB, 0, LSI, 0xc00));
        xive.source(LSI).orElseThrow().set(true);
        assertEquals(H_SUCCESS, call(ESB, 0, LSI, 0));
        assertEquals(1, c.registers[0]);
        assertEquals(2, xive.queue(0, 6).written());
        assertEquals(H_PARAMETER, call(ESB, 2, LSI, 0));
        assertEquals(H_P2, call(ESB, 0, 0x1500, 0));
        assertEquals(H_P3, call(ESB, 0, LSI, 0x1_0000));
        assertEquals(H_P3, call(ESB, 0, LSI, -8));
        assertEquals(H_PARAMETER, call(SYNC, 1, LSI));
        assertEquals(H_P2, call(SYNC, 0, 0x1500));
    }

    @Test
    void Reset_takesQueuesAndTargetsAway() {
        assertEquals(H_SUCCESS, call(SET_QUEUE, 1, 0, 6, 0x2_0000, 12));
        assertEquals(H_SUCCESS, call(SET_SOURCE, 2, MSI, 0, 6, 3));
        assertEquals(H_PARAMETER, call(RESET, 1));
        assertEquals(H_SUCCESS, call(RESET, 0));
        assertEquals(H_SUCCESS, call(GET_SOURCE, 0, MSI));
        assertEquals(0xff, c.registers[1]);
        assertEquals(H_SUCCESS, call(GET_QUEUE, 0, 0, 6));
        assertEquals(0, c.registers[2]);
        assertEquals(H_SUCCESS, call(ESB, 0, MSI, 0x800));
        assertEquals(1, c.registers[0]);
    }
}
