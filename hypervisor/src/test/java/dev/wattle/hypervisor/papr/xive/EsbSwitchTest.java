// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.hypervisor.io.EventFd;
import dev.wattle.hypervisor.papr.xics.IrqLine;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is behind the ESB pages of a source changes, while they are in use. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class EsbSwitchTest {
    private static final int MSI = 0x1300;
    private static final int PRIORITY = 6;
    private static final int QUEUE_SHIFT = 16;

    /** Triggers of the flood at least, and switches while it goes on. */
    private static final long TRIGGERS = Long.getLong("wattle.flood.triggers", 400_000);

    private static final int SWITCHES = Integer.getInteger("wattle.flood.switches", 400);

    private static void needEventFd() {
        Assumptions.assumeTrue(System.getProperty("os.name").startsWith("Linux"), "no eventfd");
    }

    @Test
    void Switch_eachState_isKept() throws Exception {
        needEventFd();
        try (XiveBoard board = new XiveBoard(1);
                EventFd fd = EventFd.create();
                EventFdBacking backing = new EventFdBacking(fd)) {
            board.xive.claimMessage(MSI);
            board.queue(0, PRIORITY);
            board.direct(MSI, 0, PRIORITY, 1);
            XiveSource source = board.xive.source(MSI).orElseThrow();
            EsbBacking other = backing;
            for (int round = 0; round < 2; round++) {
                for (int pq = 0; pq <= Pq.QUEUED; pq++) {
                    board.esb(MSI, 0xc00 | pq << 8);
                    long page = board.xive.triggerPage(MSI);
                    other = source.switchTo(other);
                    assertEquals(pq, board.esb(MSI, 0x800));
                    assertEquals(page, board.xive.triggerPage(MSI));
                }
            }
            assertEquals(0, board.xive.queue(0, PRIORITY).written(), "no event by switching");
        }
    }

    @Test
    void Touch_afterASwitch_isSlowOnce() throws Exception {
        needEventFd();
        try (XiveBoard board = new XiveBoard(1);
                EventFd fd = EventFd.create();
                EventFdBacking backing = new EventFdBacking(fd)) {
            board.xive.claimMessage(MSI);
            XiveSource source = board.xive.source(MSI).orElseThrow();
            assertEquals(0, source.slowTouches());
            board.esb(MSI, 0x800);
            board.trigger(MSI);
            assertEquals(1, source.slowTouches());
            EsbBacking software = source.switchTo(backing);
            assertEquals(1, source.slowTouches(), "not before it is touched");
            board.trigger(MSI);
            board.trigger(MSI);
            board.esb(MSI, 0);
            assertEquals(2, source.slowTouches());
            source.switchTo(software);
            source.switchTo(backing);
            board.esbStore(MSI, 0x400);
            board.esb(MSI, 0x800);
            assertEquals(3, source.slowTouches());
        }
    }

    @Test
    void EventFd_signalsBeforeAndAfter_areKeptUntilItIsBehindThePages() throws Exception {
        needEventFd();
        try (XiveBoard board = new XiveBoard(1);
                EventFd fd = EventFd.create();
                EventFdBacking backing = new EventFdBacking(fd)) {
            board.xive.claimMessage(MSI);
            board.queue(0, PRIORITY);
            board.direct(MSI, 0, PRIORITY, 1);
            XiveSource source = board.xive.source(MSI).orElseThrow();
            fd.signal();
            backing.sync();
            assertEquals(0, board.xive.queue(0, PRIORITY).written());
            EsbBacking software = source.switchTo(backing);
            assertEquals(1, board.xive.queue(0, PRIORITY).written());
            // Signalled before it is taken away: forwarded, or remembered.
            fd.signal();
            source.switchTo(software);
            assertEquals(Pq.QUEUED, board.esb(MSI, 0x800));
            fd.signal();
            backing.sync();
            assertEquals(1, board.esb(MSI, 0));
            assertEquals(0, board.esb(MSI, 0));
            assertEquals(2, board.xive.queue(0, PRIORITY).written());
            source.switchTo(backing);
            assertEquals(3, board.xive.queue(0, PRIORITY).written());
            board.assertSound();
        }
    }

    @Test
    void Switch_toWhatCannotBe_changesNothing() throws Exception {
        needEventFd();
        try (XiveBoard board = new XiveBoard(1);
                EventFd fd = EventFd.create();
                EventFdBacking backing = new EventFdBacking(fd)) {
            board.xive.claimMessage(MSI);
            IrqLine line = board.xive.claimLevel(0x1200);
            board.queue(0, PRIORITY);
            board.direct(0x1200, 0, PRIORITY, 1);
            XiveSource level = board.xive.source(0x1200).orElseThrow();
            assertThrows(IllegalArgumentException.class, () -> level.switchTo(backing));
            line.set(true);
            assertEquals(1, board.xive.queue(0, PRIORITY).written());
            XiveSource source = board.xive.source(MSI).orElseThrow();
            source.switchTo(backing);
            board.xive.claimMessage(MSI + 1);
            XiveSource second = board.xive.source(MSI + 1).orElseThrow();
            assertThrows(IllegalStateException.class, () -> second.switchTo(backing));
            board.esb(MSI + 1, 0xc00);
            board.trigger(MSI + 1);
            assertEquals(Pq.PENDING, board.esb(MSI + 1, 0x800));
        }
    }

    /** Another process, which has the eventfd alone. */
    @Test
    void EventFd_ofAnotherProcess_interrupts() throws Exception {
        needEventFd();
        String script = """
                import ctypes, os, sys
                pid, fd = int(sys.argv[1]), int(sys.argv[2])
                libc = ctypes.CDLL(None, use_errno=True)
                process = libc.syscall(434, pid, 0)
                mine = libc.syscall(438, process, fd, 0)
                if mine < 0:
                    sys.exit(77)
                for i in range(3):
                    os.write(mine, (1).to_bytes(8, sys.byteorder))
                """;
        try (XiveBoard board = new XiveBoard(1);
                EventFd fd = EventFd.create();
                EventFdBacking backing = new EventFdBacking(fd)) {
            board.xive.claimMessage(MSI);
            board.queue(0, PRIORITY);
            board.direct(MSI, 0, PRIORITY, 1);
            XiveSource source = board.xive.source(MSI).orElseThrow();
            source.switchTo(backing);
            int status;
            try {
                status = new ProcessBuilder(
                                "python3",
                                "-c",
                                script,
                                Long.toString(ProcessHandle.current().pid()),
                                Integer.toString(fd.fd()))
                        .inheritIO()
                        .start()
                        .waitFor();
            } catch (java.io.IOException e) {
                Assumptions.abort("no python3");
                return;
            }
            Assumptions.assumeTrue(status != 77, "this host lets no process have another's descriptor");
            assertEquals(0, status);
            backing.sync();
            SourceCounters counters = source.counters();
            assertEquals(3, counters.triggers());
            assertEquals(1, counters.forwarded());
            assertEquals(Pq.QUEUED, board.esb(MSI, 0x800));
        }
    }

    /**
     * Triggers by the guest, by a device of this VM and by an eventfd, and ends of interrupt, all the time, while the backing
     * is switched. Each event is one that went into the queue, or was merged with one that had not ended: none is lost, and
     * none doubled.
     */
    @Test
    void Flood_whileSwitching_losesAndDoublesNothing() throws Exception {
        needEventFd();
        try (XiveBoard board = new XiveBoard(1);
                EventFd fd = EventFd.create();
                EventFdBacking backing = new EventFdBacking(fd)) {
            IrqLine device = board.xive.claimMessage(MSI);
            assertEquals(Xive.QueueResult.DONE, board.xive.setQueue(0, PRIORITY, true, XiveBoard.QUEUE, QUEUE_SHIFT));
            board.direct(MSI, 0, PRIORITY, 0x123);
            board.cppr(0, 0xff);
            XiveSource source = board.xive.source(MSI).orElseThrow();
            SourceCounters counters = source.counters();
            AtomicBoolean stop = new AtomicBoolean();
            AtomicLong handled = new AtomicLong();
            Thread handler = new Thread(() -> handle(board, handled, stop));
            List<Thread> producers = new ArrayList<>();
            long share = TRIGGERS / 4;
            AtomicBoolean switched = new AtomicBoolean();
            AtomicLong sent = new AtomicLong();
            for (Runnable event :
                    List.<Runnable>of(() -> board.trigger(MSI), device::pulse, fd::signal, () -> board.trigger(MSI))) {
                producers.add(new Thread(() -> sent.addAndGet(repeat(share, switched, event))));
            }
            handler.start();
            producers.forEach(Thread::start);
            EsbBacking other = backing;
            for (int i = 0; i < SWITCHES; i++) {
                long before = source.slowTouches();
                other = source.switchTo(other);
                // The flood touches the pages at once.
                while (source.slowTouches() == before) {
                    Thread.onSpinWait();
                }
                assertEquals(before + 1, source.slowTouches());
            }
            switched.set(true);
            for (Thread producer : producers) {
                producer.join();
            }
            assertTrue(sent.get() >= TRIGGERS / 4 * 4);
            if (other == backing) {
                source.switchTo(other);
                board.esb(MSI, 0x800);
            }
            backing.sync();
            assertEquals(sent.get(), counters.triggers());
            while (source.pq() != Pq.RESET || board.lines[0]) {
                Thread.onSpinWait();
            }
            stop.set(true);
            handler.join();
            assertEquals(0, counters.dropped());
            assertEquals(counters.triggers() - counters.merged(), counters.forwarded() + counters.queued());
            assertEquals(counters.queued(), counters.reissued(), "each remembered event was forwarded once");
            assertEquals(counters.forwarded() + counters.reissued(), handled.get(), "entries that the guest has seen");
            assertEquals(handled.get(), board.xive.queue(0, PRIORITY).written());
            assertTrue(source.slowTouches() >= SWITCHES);
            board.assertSound();
        }
    }

    /** Acts so many times at least, and until all is switched; returns how often. */
    private static long repeat(long times, AtomicBoolean switched, Runnable action) {
        long done = 0;
        while (done < times || !switched.get()) {
            action.run();
            done++;
        }
        return done;
    }

    /** What a guest's interrupt handler does. */
    private static void handle(XiveBoard board, AtomicLong handled, AtomicBoolean stop) {
        int index = 0;
        int generation = 1;
        int entries = 1 << QUEUE_SHIFT - 2;
        while (!stop.get()) {
            if ((board.accept(0) & 0x8000) == 0) {
                Thread.onSpinWait();
                continue;
            }
            while (board.memory.getInt(XiveBoard.QUEUE + 4L * index) == (generation << 31 | 0x123)) {
                index = index + 1 & entries - 1;
                generation ^= index == 0 ? 1 : 0;
                handled.incrementAndGet();
                if (handled.get() % 2 == 0) {
                    board.esb(MSI, 0);
                } else {
                    board.esbStore(MSI, 0x400);
                }
            }
            board.cppr(0, 0xff);
        }
    }
}
