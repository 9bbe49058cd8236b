// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.hypervisor.papr.xics.IrqLine;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class XiveTest {
    private static final int MSI = 0x1300;
    private static final int LSI = 0x1200;

    private final XiveBoard board = new XiveBoard(2);
    private final IrqLine msi = board.xive.claimMessage(MSI);
    private final IrqLine lsi = board.xive.claimLevel(LSI);

    @AfterEach
    void close() {
        board.assertSound();
        board.close();
    }

    private int pq(int source) {
        return (int) board.esb(source, 0x800);
    }

    @Test
    void Pq_triggersAndEnds_followTheTable() {
        assertEquals(Pq.OFF, pq(MSI), "after reset");
        int[][] table = {{0b00, 0b10, 0b00, 0}, {0b01, 0b01, 0b01, 0}, {0b10, 0b11, 0b00, 0}, {0b11, 0b11, 0b10, 1}};
        for (int[] row : table) {
            board.esb(MSI, 0xc00 | row[0] << 8);
            board.trigger(MSI);
            assertEquals(row[1], pq(MSI), "trigger of " + row[0]);
            board.esb(MSI, 0xc00 | row[0] << 8);
            assertEquals(row[3], board.esb(MSI, 0), "load of end of interrupt of " + row[0]);
            assertEquals(row[2], pq(MSI), "end of interrupt of " + row[0]);
            board.esb(MSI, 0xc00 | row[0] << 8);
            board.esbStore(MSI, 0x400);
            assertEquals(row[2], pq(MSI), "store of end of interrupt of " + row[0]);
        }
    }

    @Test
    void Esb_settingPq_returnsTheOldStateForwardingNothing() {
        board.queue(0, 6);
        board.direct(MSI, 0, 6, 5);
        for (int pq = 3; pq >= 0; pq--) {
            int before = pq(MSI);
            assertEquals(before, board.esb(MSI, 0xc00 | pq << 8 | 0x40));
            assertEquals(pq, pq(MSI));
            board.esbStore(MSI, 0xc00 | (pq ^ 3) << 8);
            assertEquals(pq ^ 3, pq(MSI));
        }
        assertEquals(0, board.xive.queue(0, 6).written());
        board.esb(MSI, 0xc00);
    }

    @Test
    void Esb_accessesThatAreNoOperations_loadOnesAndDoNothing() {
        board.esb(MSI, 0xc00);
        long page = board.xive.triggerPage(MSI);
        assertEquals(-1, board.load(page, 8, 0), "the trigger page");
        assertEquals(0xffff_ffffL, board.load(page + 0x1_0800, 4, 0), "four bytes");
        assertEquals(-1, board.load(board.xive.triggerPage(MSI + 1) + 0x1_0800, 8, 0), "nobody's source");
        board.store(page, 4, 0, 0);
        board.store(board.xive.triggerPage(MSI + 1), 8, 0, 0);
        board.esbStore(MSI, 0x800);
        assertEquals(Pq.RESET, pq(MSI));
    }

    @Test
    void Message_toOpenServer_isQueuedPresentedAcceptedAndEnded() {
        long queue = board.queue(1, 4);
        board.direct(MSI, 1, 4, 0x77);
        msi.pulse();
        assertEquals(0x8000_0077, board.memory.getInt(queue));
        assertFalse(board.lines[1], "CPPR is 0");
        board.cppr(1, 0xff);
        assertTrue(board.lines[1]);
        assertFalse(board.lines[0]);
        assertEquals(0x80ff_08ff_ff00_0004L, board.load(Xive.timaPage(false) + 0x10, 8, 1));
        assertEquals(0x8004, board.accept(1));
        assertFalse(board.lines[1]);
        assertEquals(0x0004, board.accept(1), "nothing more");
        msi.pulse();
        msi.pulse();
        assertEquals(Pq.QUEUED, pq(MSI));
        assertEquals(1, board.xive.queue(1, 4).written());
        assertEquals(1, board.esb(MSI, 0));
        assertEquals(0x8000_0077, board.memory.getInt(queue + 4));
        assertFalse(board.lines[1], "priority 4 is not more favoured than CPPR 4");
        board.cppr(1, 0xff);
        assertTrue(board.lines[1]);
        assertEquals(0, board.esb(MSI, 0));
        SourceCounters counters = board.xive.source(MSI).orElseThrow().counters();
        assertEquals(3, counters.triggers());
        assertEquals(1, counters.forwarded());
        assertEquals(1, counters.queued());
        assertEquals(1, counters.merged());
        assertEquals(1, counters.reissued());
    }

    @Test
    void Context_severalPriorities_presentsTheMostFavouredFirst() {
        board.cppr(0, 0xff);
        board.store(Xive.timaPage(false) + 0x812, 1, 5, 0);
        board.store(Xive.timaPage(false) + 0x812, 1, 2, 0);
        board.store(Xive.timaPage(false) + 0x812, 1, 9, 0);
        assertEquals(0x8002, board.accept(0));
        assertFalse(board.lines[0]);
        board.cppr(0, 5);
        assertFalse(board.lines[0]);
        board.cppr(0, 6);
        assertTrue(board.lines[0]);
        board.cppr(0, 3);
        assertFalse(board.lines[0], "precluded");
        board.cppr(0, 0x55);
        assertEquals(0xff, board.load(Xive.timaPage(false) + 0x11, 1, 0), "everything above 7");
        assertEquals(0x8005, board.accept(0));
    }

    @Test
    void Tima_plainAccesses_showTheOsRingAndSetTheCpprAlone() {
        long os = Xive.timaPage(false);
        board.store(os + 0x10, 8, 0x8007_ff00_0000_0000L, 0);
        assertEquals(0x0007_00ff_ff00_00ffL, board.load(os + 0x10, 8, 0));
        assertEquals(0x0007, board.load(os + 0x10, 2, 0));
        assertEquals(0xff, board.load(os + 0x17, 1, 0));
        board.store(os + 0x10, 2, 0x0003, 0);
        assertEquals(7, board.load(os + 0x11, 1, 0), "two bytes set nothing");
        board.store(os + 0x10, 4, 0x0003_0000, 0);
        assertEquals(3, board.load(os + 0x11, 1, 0));
        assertEquals(0, board.load(os + 0x11, 1, 1), "of the other server");
        for (int ring : new int[] {0x00, 0x18, 0x20, 0x30}) {
            assertEquals(0, board.load(os + ring, 8, 0));
        }
        assertEquals(0, board.load(Xive.timaPage(true) + 0x10, 8, 0), "to a user");
        assertEquals(-1, board.load(Xive.TIMA_BASE + 0x10, 8, 0), "to a hypervisor");
        assertEquals(-1, board.load(os + 0x12, 4, 0) | -1L << 32, "not aligned");
        assertEquals(0xffff, board.load(Xive.timaPage(true) + 0x810, 2, 0), "a user accepts nothing");
        assertEquals(-1, board.bus.read(os + 0x10, 8).orElseThrow(), "of no vCPU");
    }

    @Test
    void Level_stillAssertedAtEnd_isForwardedAgainWithoutQ() {
        board.queue(0, 6);
        board.direct(LSI, 0, 6, 9);
        lsi.set(true);
        lsi.set(true);
        assertEquals(Pq.PENDING, pq(LSI));
        assertEquals(1, board.xive.accessEsb(LSI, 0, false));
        assertEquals(Pq.PENDING, pq(LSI));
        assertEquals(2, board.xive.queue(0, 6).written());
        lsi.set(false);
        assertEquals(0, board.xive.accessEsb(LSI, 0, false));
        assertEquals(Pq.RESET, pq(LSI));
        lsi.set(true);
        assertEquals(3, board.xive.queue(0, 6).written());
    }

    @Test
    void Level_listenerOfEnd_mayLowerAndRaiseIt() {
        board.queue(0, 6);
        board.direct(LSI, 0, 6, 9);
        AtomicInteger asked = new AtomicInteger();
        board.xive.onEndOfInterrupt(LSI, () -> {
            lsi.set(false);
            if (asked.incrementAndGet() < 3) {
                lsi.set(true);
            }
        });
        lsi.set(true);
        assertEquals(1, board.esb(LSI, 0));
        assertEquals(1, board.esb(LSI, 0));
        assertEquals(0, board.esb(LSI, 0));
        assertEquals(3, board.xive.queue(0, 6).written());
    }

    @ParameterizedTest
    @ValueSource(ints = {12, 16, 21, 24})
    void Queue_ofEachSize_wrapsWithItsGeneration(int shift) {
        try (XiveBoard big = new XiveBoard(1, 2L << shift)) {
            big.xive.claimMessage(MSI);
            long address = 1L << shift;
            int entries = 1 << shift - 2;
            assertEquals(Xive.QueueResult.DONE, big.xive.setQueue(0, 3, true, address, shift));
            big.direct(MSI, 0, 3, 0x1234);
            XiveSource source = big.xive.source(MSI).orElseThrow();
            for (int i = 0; i < 2 * entries + 3; i++) {
                source.trigger();
                source.load(0);
                if (i == entries - 1) {
                    assertEquals(0x8000_1234, big.memory.getInt(address + 4L * (entries - 1)));
                    assertEquals(
                            new EventQueue.Configuration(true, true, address, shift, 0, 0),
                            big.xive.queue(0, 3).configuration());
                }
                if (i == entries) {
                    assertEquals(0x0000_1234, big.memory.getInt(address));
                    assertEquals(0x8000_1234, big.memory.getInt(address + 4));
                }
            }
            assertEquals(
                    new EventQueue.Configuration(true, true, address, shift, 1, 3),
                    big.xive.queue(0, 3).configuration());
            assertEquals(0x8000_1234, big.memory.getInt(address + 8));
            assertEquals(0x0000_1234, big.memory.getInt(address + 12));
            big.assertSound();
        }
    }

    @Test
    void Queue_thatNotifiesOnce_presentsAgainAfterItsEnd() {
        assertEquals(Xive.QueueResult.DONE, board.xive.setQueue(0, 2, false, XiveBoard.QUEUE, 12));
        board.direct(MSI, 0, 2, 1);
        board.cppr(0, 0xff);
        board.trigger(MSI);
        assertEquals(0x8002, board.accept(0));
        board.cppr(0, 0xff);
        board.esb(MSI, 0);
        board.trigger(MSI);
        assertEquals(2, board.xive.queue(0, 2).written());
        assertFalse(board.lines[0]);
        long page = board.xive.notificationPage(0, 2);
        assertEquals(Pq.QUEUED, board.load(page + 0x800, 8, 0));
        assertEquals(1, board.load(page, 8, 0));
        assertEquals(Pq.PENDING, board.load(page + 0xc00, 8, 0));
        board.esb(MSI, 0);
        board.trigger(MSI);
        assertTrue(board.lines[0]);
        assertEquals(-1, board.load(board.xive.notificationPage(0, 3) + 0x800, 8, 0), "no queue");
    }

    @Test
    void Queue_memoryThatIsNone_isRefusedOrLosesItsEvents() {
        assertEquals(Xive.QueueResult.SIZE, board.xive.setQueue(0, 2, true, 0, 13));
        assertEquals(Xive.QueueResult.SIZE, board.xive.setQueue(0, 2, true, 0, 1L << 40 | 12));
        assertEquals(Xive.QueueResult.ADDRESS, board.xive.setQueue(0, 2, true, 0x800, 12));
        assertEquals(Xive.QueueResult.ADDRESS, board.xive.setQueue(0, 2, true, 1 << 20, 12));
        assertEquals(Xive.QueueResult.ADDRESS, board.xive.setQueue(0, 2, true, -4096, 12));
        assertEquals(Xive.QueueResult.ADDRESS, board.xive.setQueue(0, 2, true, 0, 21));
        board.direct(MSI, 0, 2, 1);
        board.trigger(MSI);
        assertEquals(1, board.xive.queue(0, 2).lost());
        board.esb(MSI, 0);
    }

    @Test
    void Escalation_ofContextThatIsOffItsThread_goesToTheOtherQueueOnce() {
        long target = board.queue(1, 6);
        board.queue(0, 3);
        board.xive.queue(0, 3).escalate(XiveRouter.number(1, 6), 0x55);
        board.direct(MSI, 0, 3, 7);
        board.cppr(0, 0xff);
        board.cppr(1, 0xff);
        board.xive.context(0).pull();
        for (int i = 0; i < 3; i++) {
            board.trigger(MSI);
            board.esb(MSI, 0);
        }
        assertFalse(board.lines[0]);
        assertTrue(board.lines[1]);
        assertEquals(1, board.xive.queue(1, 6).written());
        assertEquals(0x8000_0055, board.memory.getInt(target));
        board.xive.context(0).push();
        assertTrue(board.lines[0], "what has become pending meanwhile");
        assertEquals(0x8003, board.accept(0));
    }

    @Test
    void Reset_maskedOffAndEmpty_butLevelsStay() {
        board.queue(0, 6);
        board.direct(MSI, 0, 6, 1);
        board.direct(LSI, 0, 6, 2);
        board.cppr(0, 0xff);
        board.trigger(MSI);
        lsi.set(true);
        board.xive.reset();
        assertFalse(board.lines[0]);
        assertEquals(Pq.OFF, pq(MSI));
        assertFalse(board.xive.queue(0, 6).configuration().enabled());
        board.queue(0, 6);
        board.direct(LSI, 0, 6, 2);
        assertEquals(0, board.xive.queue(0, 6).written());
        assertEquals(1, board.esb(LSI, 0), "the level is there at the next end of interrupt");
    }

    @Test
    void Claim_takenOrForeignNumbers_areRefused() {
        assertThrows(IllegalArgumentException.class, () -> board.xive.claimLevel(MSI));
        assertThrows(IllegalArgumentException.class, () -> board.xive.claimMessage(0), "between processors");
        assertThrows(IllegalArgumentException.class, () -> board.xive.claimMessage(XiveBoard.SOURCES));
        board.xive.release(MSI);
        board.trigger(MSI);
        msi.pulse();
        board.xive.claimMessage(MSI);
        assertEquals(Pq.OFF, pq(MSI));
    }

    /** Whatever happens, in whatever order, nothing contradicts itself. */
    @Test
    void Anything_inRandomOrder_keepsTheInvariants() {
        Random random = new Random(1);
        for (int priority = 0; priority < 7; priority++) {
            board.queue(0, priority);
            board.queue(1, priority);
        }
        for (int i = 0; i < 200_000; i++) {
            int server = random.nextInt(2);
            int source = random.nextBoolean() ? MSI : LSI;
            switch (random.nextInt(8)) {
                case 0 -> board.xive.setSource(source, random.nextInt(8) == 0, server, random.nextInt(7), source);
                case 1 -> board.cppr(server, random.nextInt(10));
                case 2 -> board.accept(server);
                case 3 -> board.esb(source, 0);
                case 4 -> board.esb(source, 0xc00 | random.nextInt(2) << 8);
                case 5 -> lsi.set(random.nextBoolean());
                default -> msi.pulse();
            }
            if (i % 16 == 0) {
                assertEquals(java.util.List.of(), board.xive.violations(false));
            }
        }
        board.esb(MSI, 0xc00);
        board.esb(LSI, 0xc00);
    }
}
