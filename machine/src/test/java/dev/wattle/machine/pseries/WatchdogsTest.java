// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_NOOP;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P2;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P3;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_PARAMETER;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_SUCCESS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.hypervisor.papr.hcall.HcallNumber;
import dev.wattle.hypervisor.papr.hcall.HypercallTable;
import dev.wattle.machine.MachineOutcome;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** H_WATCHDOG: its arguments, and what happens when a timer is not stopped. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class WatchdogsTest {
    private static final long START = 1 << 8;
    private static final long STOP = 2 << 8;
    private static final long QUERY = 3 << 8;
    private static final long QUERY_LPM = 4 << 8;
    private static final long POWER_OFF = 1;
    private static final long RESTART = 2;
    private static final long DUMP = 3;
    private static final long LEAVE_OTHERS = 1 << 16;
    private static final long LONG = 3_600_000;

    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    private final Watchdogs watchdogs =
            new Watchdogs(outcome -> events.add(outcome.kind().name()), () -> events.add("system reset"));
    private final HypercallTable table = new HypercallTable();
    private final FakeContext context = new FakeContext();

    WatchdogsTest() {
        watchdogs.define(table);
    }

    @AfterEach
    void close() {
        watchdogs.close();
        context.close();
    }

    private long call(long... arguments) {
        return table.call(HcallNumber.H_WATCHDOG, context.with(arguments));
    }

    @Test
    void Query_saysHowManyAndHowShort() {
        assertEquals(H_SUCCESS, call(QUERY));
        assertEquals(0x0001_0004_0000_0000L, context.registers[0]);
        assertEquals(H_SUCCESS, call(QUERY_LPM, 4));
        assertEquals(2, context.registers[0]);
    }

    @Test
    void Arguments_outOfRange_areRefused() {
        assertEquals(H_PARAMETER, call(0, 1, LONG));
        assertEquals(H_PARAMETER, call(5 << 8, 1, LONG));
        assertEquals(H_PARAMETER, call(START | POWER_OFF | 1L << 63, 1, LONG));
        assertEquals(H_PARAMETER, call(START | 4, 1, LONG));
        assertEquals(H_PARAMETER, call(START, 1, LONG));
        assertEquals(H_P2, call(START | POWER_OFF, 0, LONG));
        assertEquals(H_P2, call(START | POWER_OFF, 5, LONG));
        assertEquals(H_P2, call(START | POWER_OFF, -1, LONG));
        assertEquals(H_P3, call(START | POWER_OFF, 1, 0));
        assertEquals(H_P3, call(START | POWER_OFF, 1, -1));
        assertEquals(H_P2, call(STOP, 0));
        assertEquals(H_P2, call(STOP, 5));
        assertEquals(H_P2, call(QUERY_LPM, 5));
    }

    @Test
    void Stop_ofTimerThatRuns_succeedsOnce() {
        assertEquals(H_NOOP, call(STOP, 1));
        assertEquals(H_SUCCESS, call(START | RESTART, 1, LONG));
        assertEquals(H_SUCCESS, call(START | RESTART, 2, LONG));
        assertEquals(H_SUCCESS, call(STOP, 1));
        assertEquals(H_NOOP, call(STOP, 1));
        assertEquals(H_SUCCESS, call(STOP, -1));
        assertEquals(H_NOOP, call(STOP, -1));
    }

    @Test
    void Timer_thatIsNotStopped_actsAndStopsTheOthers() throws InterruptedException {
        call(START | POWER_OFF, 2, LONG);
        call(START | RESTART, 1, 1);
        assertEquals(MachineOutcome.Kind.REBOOT.name(), events.take());
        assertEquals(H_NOOP, call(STOP, 2));
        call(START | POWER_OFF, 2, LONG);
        call(START | DUMP | LEAVE_OTHERS, 3, 1);
        assertEquals("system reset", events.take());
        assertEquals(H_SUCCESS, call(STOP, 2));
        call(START | POWER_OFF, 4, 1);
        assertEquals(MachineOutcome.Kind.POWERED_OFF.name(), events.take());
    }

    @Test
    void Timer_startedAgain_waitsForTheNewTime() {
        call(START | POWER_OFF, 1, LONG);
        assertEquals(H_SUCCESS, call(START | POWER_OFF, 1, LONG));
        assertEquals(H_SUCCESS, call(STOP, 1));
        assertTrue(events.isEmpty(), events::toString);
    }
}
