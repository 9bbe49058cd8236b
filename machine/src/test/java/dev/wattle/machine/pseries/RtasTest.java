// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.hypervisor.irq.PartitionInterrupts;
import dev.wattle.hypervisor.papr.hcall.ReturnCode;
import dev.wattle.hypervisor.papr.xics.Xics;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.firmware.DeviceTree;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RtasTest {
    private static final int BLOCK = 0x1000;
    private static final int BUFFER = 0x2000;
    private static final int SIZE = 1 << 20;
    private static final Instant NOW = Instant.parse("2026-02-03T04:05:06.000000007Z");

    private final FakeContext context = new FakeContext();
    private final FakeConsole console = new FakeConsole();
    private final List<MachineOutcome> outcomes = new ArrayList<>();
    private final Xics xics = new Xics(1, 0x1000, 0x1000);
    private final PlatformEvents events =
            new PlatformEvents(xics.claimMessage(0x1000), xics.claimMessage(0x1001), () -> NOW);
    private final Rtas rtas = new Rtas();
    private final DeviceTree.Node tokens = new DeviceTree().root().child("rtas");
    private int[] results = new int[0];

    RtasTest() {
        Terminal terminal = new Terminal(console, xics.claimMessage(0x1100));
        new PlatformRtas(terminal, outcomes::add, events, 1, 1, 64 << 20, new UUID(1, 2))
                .define(rtas, new TimeOfDay(() -> NOW));
        new InterruptRtas(PartitionInterrupts.of(xics)).define(rtas);
        Nvram.empty().define(rtas);
        rtas.describe(tokens);
    }

    @AfterEach
    void closeMemory() {
        context.close();
    }

    private int call(String name, int resultCount, int... arguments) {
        return callToken(tokens.cell(name, 0), resultCount, arguments);
    }

    private int callToken(int token, int resultCount, int... arguments) {
        context.memory.putInt(BLOCK, token);
        context.memory.putInt(BLOCK + 4, arguments.length);
        context.memory.putInt(BLOCK + 8, resultCount);
        for (int i = 0; i < arguments.length; i++) {
            context.memory.putInt(BLOCK + 12 + 4 * i, arguments[i]);
        }
        // The upper half of the register means nothing in 32-bit mode.
        rtas.hypercall(context.with(0xdead_0000_0000_0000L | BLOCK));
        results = new int[resultCount];
        for (int i = 0; i < resultCount; i++) {
            results[i] = context.memory.getInt(BLOCK + 12 + 4 * (arguments.length + i));
        }
        return results[0];
    }

    @Test
    void Call_unknownTokenOrWrongCounts_answersParameterError() {
        assertEquals(-3, callToken(0x1234, 1));
        assertEquals(-3, call("power-off", 1, 0));
        assertEquals(-3, call("get-time-of-day", 7));
        assertEquals(-3, call("display-character", 1));
        assertEquals(List.of(), outcomes);
    }

    @Test
    void Call_malformedBlocks_answerHypercallParameter() {
        assertEquals(ReturnCode.H_PARAMETER, rtas.hypercall(context.with(SIZE - 4)));
        context.memory.putInt(BLOCK + 4, 16);
        context.memory.putInt(BLOCK + 8, 1);
        assertEquals(ReturnCode.H_PARAMETER, rtas.hypercall(context.with(BLOCK)));
        context.memory.putInt(BLOCK + 4, -1);
        assertEquals(ReturnCode.H_PARAMETER, rtas.hypercall(context.with(BLOCK)));
        context.memory.putInt(BLOCK + 4, 0);
        context.memory.putInt(BLOCK + 8, 0);
        assertEquals(ReturnCode.H_PARAMETER, rtas.hypercall(context.with(BLOCK)));
        context.memory.putInt(SIZE - 12 + 4, 1);
        context.memory.putInt(SIZE - 12 + 8, 1);
        assertEquals(ReturnCode.H_PARAMETER, rtas.hypercall(context.with(SIZE - 12)));
    }

    @Test
    void TimeOfDay_setAndGet_keepsTheOffset() {
        assertEquals(0, call("get-time-of-day", 8));
        assertEquals(List.of(2026, 2, 3, 4, 5, 6, 7), boxed());
        assertEquals(0, call("set-time-of-day", 1, 1999, 12, 31, 23, 59, 58, 0));
        assertEquals(0, call("get-time-of-day", 8));
        assertEquals(List.of(1999, 12, 31, 23, 59, 58, 0), boxed());
        assertEquals(-3, call("set-time-of-day", 1, 1999, 13, 31, 23, 59, 58, 0));
        assertEquals(-3, call("set-time-of-day", 1, 999_999_999, 1, 1, 0, 0, 0, 0));
    }

    private List<Integer> boxed() {
        List<Integer> list = new ArrayList<>();
        for (int i = 1; i < results.length; i++) {
            list.add(results[i]);
        }
        return list;
    }

    @Test
    void Power_calls_endTheRun() {
        assertEquals(0, call("power-off", 1, -1, -1));
        assertEquals(0, call("system-reboot", 1));
        assertEquals(
                List.of(MachineOutcome.Kind.POWERED_OFF, MachineOutcome.Kind.REBOOT),
                outcomes.stream().map(MachineOutcome::kind).toList());
    }

    @Test
    void OsTerm_message_isTheReason() {
        byte[] message = "OS panic: Attempted to kill init!\n\0".getBytes(StandardCharsets.US_ASCII);
        context.memory.write(BUFFER, message, 0, message.length);
        assertEquals(0, call("ibm,os-term", 1, BUFFER));
        assertEquals(
                List.of(new MachineOutcome(MachineOutcome.Kind.GUEST_PANIC, "OS panic: Attempted to kill init!")),
                outcomes);
        assertEquals(0, call("ibm,os-term", 1, -1));
    }

    @Test
    void SystemParameter_splpar_isAStringWithItsLength() {
        assertEquals(0, call("ibm,get-system-parameter", 1, 20, BUFFER, 4000));
        int length = context.memory.getShort(BUFFER);
        byte[] text = new byte[length];
        context.memory.read(BUFFER + 2, text, 0, length);
        assertEquals("MaxEntCap=1,DesMem=64,DesProcs=1,MaxPlatProcs=1\0", new String(text, StandardCharsets.US_ASCII));
    }

    @Test
    void SystemParameter_shortBuffer_isTruncated() {
        context.memory.putLong(BUFFER, -1);
        assertEquals(0, call("ibm,get-system-parameter", 1, 48, BUFFER, 4));
        assertEquals(0x0010_0000_ffff_ffffL, context.memory.getLong(BUFFER));
        assertEquals(-9999, call("ibm,get-system-parameter", 1, 48, SIZE - 4, 8));
        assertEquals(-9999, call("ibm,get-system-parameter", 1, 48, BUFFER, 1));
        assertEquals(-3, call("ibm,get-system-parameter", 1, 77, BUFFER, 64));
        assertEquals(-9002, call("ibm,set-system-parameter", 1, 42, BUFFER));
    }

    @Test
    void Xive_setGetOffOn_directTheSource() {
        assertEquals(0, call("ibm,set-xive", 1, 0x1100, 0, 5));
        assertEquals(0, call("ibm,get-xive", 3, 0x1100));
        assertEquals(List.of(0, 5), boxed());
        assertEquals(0, call("ibm,int-off", 1, 0x1100));
        assertEquals(0, call("ibm,get-xive", 3, 0x1100));
        assertEquals(List.of(0, 255), boxed());
        assertEquals(0, call("ibm,int-on", 1, 0x1100));
        assertEquals(0, call("ibm,get-xive", 3, 0x1100));
        assertEquals(List.of(0, 5), boxed());
        assertEquals(-3, call("ibm,set-xive", 1, 0x1100, 1, 5));
        assertEquals(-3, call("ibm,set-xive", 1, 0x1300, 0, 5));
        assertEquals(-3, call("ibm,get-xive", 3, 0x1300));
        assertEquals(-3, call("ibm,int-off", 1, 0x1300));
    }

    @Test
    void PowerLevel_liveDomain_isWhatItIsSetTo() {
        assertEquals(0, call("set-power-level", 2, -1, 40));
        assertEquals(40, results[1]);
        assertEquals(0, call("get-power-level", 2, -1));
        assertEquals(100, results[1]);
        assertEquals(-3, call("set-power-level", 2, 1, 100));
        assertEquals(-3, call("get-power-level", 2, 1));
    }

    @Test
    void Call_withoutRoomForTheStatus_isMadeAllTheSame() {
        assertEquals(ReturnCode.H_SUCCESS, callForNothing(tokens.cell("quiesce", 0)));
        assertEquals(List.of(), outcomes);
        assertEquals(ReturnCode.H_PARAMETER, callForNothing(0x7777));
        assertEquals(0x1234_5678, context.memory.getInt(BLOCK + 12));
    }

    private long callForNothing(int token) {
        context.memory.putInt(BLOCK, token);
        context.memory.putInt(BLOCK + 4, 0);
        context.memory.putInt(BLOCK + 8, 0);
        context.memory.putInt(BLOCK + 12, 0x1234_5678);
        return rtas.hypercall(context.with(BLOCK));
    }

    @Test
    void CheckException_shutdownRequested_givesOneEpowLog() {
        assertEquals(1, call("check-exception", 1, 0x500, 0x1000, 0x4000_0000, 0, BUFFER, 2048));
        events.requestShutdown();
        assertEquals(1, call("check-exception", 1, 0x500, 0x1000, 0x1000_0000, 0, BUFFER, 2048));
        assertEquals(-3, call("check-exception", 1, 0x500, 0x1000, 0x4000_0000, 0, SIZE - 4, 2048));
        assertEquals(0, call("check-exception", 1, 0x500, 0x1000, 0x4000_0000, 0, BUFFER, 2048));
        assertEquals(1, call("check-exception", 1, 0x500, 0x1000, 0x4000_0000, 0, BUFFER, 2048));
        assertEquals(0x0634_0040, context.memory.getInt(BUFFER));
        assertEquals(108, context.memory.getInt(BUFFER + 4));
        assertEquals(0x2026_0203, context.memory.getInt(BUFFER + 8 + 16 + 8));
        // The EPOW section comes last: action 3, modifier 1.
        assertEquals(('E' << 8 | 'P') << 16 | 20, context.memory.getInt(BUFFER + 8 + 16 + 48 + 24));
        assertEquals(0x0301, context.memory.getShort(BUFFER + 8 + 16 + 48 + 24 + 8));
    }

    /** Accepts what is presented to server 0: the source's number, 0 if there is nothing. */
    private int interrupt() {
        int number = xics.accept(0) & 0xff_ffff;
        xics.endOfInterrupt(0, 0xff00_0000 | number);
        return number;
    }

    @Test
    void CheckException_hotPlug_givesOneLogForEachRequest() {
        xics.setCppr(0, 0xff);
        xics.setDestination(0x1000, 0, 5);
        xics.setDestination(0x1001, 0, 5);
        events.requestHotPlug(true, 0x1000_0003);
        events.requestHotPlug(false, 0x1000_0002);
        events.requestShutdown();
        assertEquals(1, call("check-exception", 1, 0x500, 0x1001, 0x0800_0000, 0, BUFFER, 2048));
        interrupt();
        interrupt();
        assertEquals(0, interrupt());
        assertEquals(0, call("check-exception", 1, 0x500, 0x1001, 0x1000_0000, 0, BUFFER, 2048));
        assertEquals(0x0634_60e5, context.memory.getInt(BUFFER));
        assertEquals(108, context.memory.getInt(BUFFER + 4));
        assertEquals(0x8300_8e00, context.memory.getInt(BUFFER + 8));
        int section = BUFFER + 8 + 16 + 48 + 24;
        assertEquals(('H' << 8 | 'P') << 16 | 20, context.memory.getInt(section));
        // A processor is added, by index.
        assertEquals(0x0101_0200, context.memory.getInt(section + 8));
        assertEquals(0x1000_0003, context.memory.getInt(section + 12));
        assertEquals(0x1001, interrupt(), "there is one more");
        assertEquals(0, call("check-exception", 1, 0x500, 0x1001, 0x1000_0000, 0, BUFFER, section + 12 - BUFFER));
        assertEquals(0x0102_0200, context.memory.getInt(section + 8));
        assertEquals(0x1000_0003, context.memory.getInt(section + 12), "no longer than the buffer");
        assertEquals(0, interrupt());
        assertEquals(1, call("check-exception", 1, 0x500, 0x1001, 0x1000_0000, 0, BUFFER, 2048));
        assertEquals(0, call("check-exception", 1, 0x500, 0x1001, 0x5000_0000, 0, BUFFER, 2048));
        assertEquals(0x0634_0040, context.memory.getInt(BUFFER));
        events.requestHotPlug(true, 0x1000_0001);
        events.forgetHotPlug();
        assertEquals(1, call("check-exception", 1, 0x500, 0x1001, 0x5000_0000, 0, BUFFER, 2048));
    }

    @Test
    void EventScan_fetchesNothingAndRemindsOfWhatWaits() {
        xics.setCppr(0, 0xff);
        xics.setDestination(0x1001, 0, 5);
        assertEquals(1, call("event-scan", 1, -1, 0, BUFFER, 2048));
        assertEquals(0, interrupt());
        events.requestHotPlug(true, 0x1000_0001);
        assertEquals(0x1001, interrupt());
        assertEquals(0, interrupt());
        assertEquals(1, call("event-scan", 1, 0x4000_0000, 0, BUFFER, 2048));
        assertEquals(0, interrupt());
        assertEquals(1, call("event-scan", 1, -1, 0, BUFFER, 2048));
        assertEquals(0x1001, interrupt());
        assertEquals(0, call("check-exception", 1, 0x500, 0x1001, 0x1000_0000, 0, BUFFER, 2048));
    }

    @Test
    void Nvram_fetchAndStore_keepContent() {
        assertEquals(0, call("nvram-fetch", 2, 0, BUFFER, 16));
        assertEquals(16, results[1]);
        assertEquals(0x70, context.memory.getByte(BUFFER));
        context.memory.putInt(BUFFER, 0x1122_3344);
        assertEquals(0, call("nvram-store", 2, 0xfffc, BUFFER, 4));
        assertEquals(0, call("nvram-fetch", 2, 0xfffc, BUFFER + 8, 4));
        assertEquals(0x1122_3344, context.memory.getInt(BUFFER + 8));
        assertEquals(-3, call("nvram-store", 2, 0xfffd, BUFFER, 4));
        assertEquals(-3, call("nvram-fetch", 2, -1, BUFFER, 4));
        assertEquals(-3, call("nvram-fetch", 2, 0, SIZE - 2, 4));
    }

    @Test
    void DisplayCharacter_byte_reachesTheConsole() {
        assertEquals(0, call("display-character", 1, 'x'));
        assertEquals("x", console.output.toString());
        assertEquals(1, rtas.counts().get("display-character"));
    }

    @Test
    void Call_randomBlocks_neverThrows() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 50_000; i++) {
            context.memory.putInt(BLOCK, 0x2000 + random.nextInt(0x24));
            context.memory.putInt(BLOCK + 4, random.nextInt(8));
            context.memory.putInt(BLOCK + 8, random.nextInt(9));
            for (int j = 0; j < 16; j++) {
                int cell = random.nextBoolean() ? random.nextInt() : BUFFER + random.nextInt(64);
                context.memory.putInt(BLOCK + 12 + 4 * j, cell);
            }
            try {
                rtas.hypercall(context.with(BLOCK));
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + " call " + i, e);
            }
        }
        assertTrue(rtas.counts().size() > 10);
    }
}
