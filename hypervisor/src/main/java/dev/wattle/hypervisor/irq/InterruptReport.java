// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.irq;

import dev.wattle.hypervisor.papr.xics.InterruptController;
import dev.wattle.hypervisor.papr.xics.Xics;
import dev.wattle.hypervisor.papr.xive.EventQueue;
import dev.wattle.hypervisor.papr.xive.LatencyHistogram;
import dev.wattle.hypervisor.papr.xive.SourceCounters;
import dev.wattle.hypervisor.papr.xive.ThreadContext;
import dev.wattle.hypervisor.papr.xive.Xive;
import dev.wattle.hypervisor.papr.xive.XiveRouter;
import dev.wattle.hypervisor.papr.xive.XiveSource;
import java.util.stream.IntStream;

/**
 * The active interrupt controller of a partition as text, in the terms of QEMU's {@code info pic}: a look at something that
 * goes on meanwhile.
 */
public final class InterruptReport {
    /** Entries of a queue that are shown. */
    private static final int WINDOW = 6;

    private InterruptReport() {}

    /** The report, in lines that end with a line feed. */
    public static String of(PartitionInterrupts interrupts) {
        return interrupts.mode() == InterruptMode.XIVE ? of(interrupts.xive().orElseThrow()) : of(interrupts.xics());
    }

    private static int[] servers(InterruptController controller) {
        return IntStream.range(0, controller.serverCount())
                .filter(controller::isServer)
                .toArray();
    }

    private static String of(Xics xics) {
        StringBuilder text = new StringBuilder("interrupt controller: XICS\n");
        for (int server : servers(xics)) {
            long state = xics.presentation(server);
            text.append("CPU %d XIRR=%08x PP=%02x MFRR=%02x%n"
                    .formatted(server, state >>> 32, state >>> 16 & 0xff, state >>> 24 & 0xff));
        }
        text.append("  IRQ      PRI    CPU/PRIO\n");
        for (int number : xics.sourceNumbers()) {
            long state = xics.sourceState(number);
            text.append("  %08x %s %s%s%s %s %3d/%02x%n"
                    .formatted(
                            number,
                            (state & 1L << 40) != 0 ? "LSI" : "MSI",
                            (state & 1L << 42) != 0 ? "P" : "-",
                            (state & 1L << 43) != 0 ? "S" : "-",
                            (state & 1L << 44) != 0 ? "Q" : "-",
                            (state & 1L << 41) != 0 ? "M" : " ",
                            (int) state,
                            state >>> 32 & 0xff));
        }
        return text.toString();
    }

    private static String of(Xive xive) {
        StringBuilder text = new StringBuilder("interrupt controller: XIVE\n");
        text.append("CPU[0000]:   QW   NSR CPPR IPB LSMFB ACK# INC AGE PIPR\n");
        for (int server : servers(xive)) {
            long ring = xive.context(server).state();
            text.append("CPU[%04x]:   OS    %02x  %02x  %02x    %02x   %02x  %02x  %02x   %02x%n"
                    .formatted(
                            server,
                            ring >>> 56,
                            ring >>> 48 & 0xff,
                            ring >>> 40 & 0xff,
                            ring >>> 32 & 0xff,
                            ring >>> 24 & 0xff,
                            ring >>> 16 & 0xff,
                            ring >>> 8 & 0xff,
                            ring & 0xff));
        }
        text.append("  LISN         PQ    EISN     CPU/PRIO EQ\n");
        for (XiveSource source : xive.sources()) {
            source(text, xive, source);
        }
        text.append(
                "  LISN       triggers    forwarded     reissued       merged      dropped         EOIs slow touches\n");
        for (XiveSource source : xive.sources()) {
            SourceCounters counts = source.counters();
            text.append("  %08x %10d %12d %12d %12d %12d %12d %12d%n"
                    .formatted(
                            source.number(),
                            counts.triggers(),
                            counts.forwarded(),
                            counts.reissued(),
                            counts.merged(),
                            counts.dropped(),
                            counts.ends(),
                            source.slowTouches()));
        }
        for (int server : servers(xive)) {
            ThreadContext.Snapshot now = xive.context(server).snapshot();
            text.append("CPU %d: presented %d, accepted %d; from presentation to acceptance:%n"
                    .formatted(server, now.presented(), now.accepted()));
            for (LatencyHistogram.Bucket bucket : xive.context(server).latency().buckets()) {
                text.append("  from %12d ns: %d%n".formatted(bucket.nanos(), bucket.count()));
            }
        }
        return text.toString();
    }

    private static void source(StringBuilder text, Xive xive, XiveSource source) {
        XiveRouter.Assignment to = xive.router().assignment(source.number());
        int pq = source.pq();
        text.append("  %08x %s %s%s%s %s %08x "
                .formatted(
                        source.number(),
                        source.isLevelSensitive() ? "LSI" : "MSI",
                        (pq & 2) != 0 ? "P" : "-",
                        (pq & 1) != 0 ? "Q" : "-",
                        source.isAsserted() ? "A" : " ",
                        to.masked() ? "M" : " ",
                        to.eisn()));
        EventQueue queue = xive.queue(to.server(), to.priority());
        EventQueue.Configuration there = queue.configuration();
        if (!to.masked() && there.enabled()) {
            text.append("%3d/%d %6d/%5d @%x ^%d ["
                    .formatted(
                            to.server(),
                            to.priority(),
                            there.index(),
                            there.entries(),
                            there.address(),
                            there.generation()));
            int[] window = queue.window(WINDOW);
            for (int i = 0; i < window.length; i++) {
                text.append(i == window.length - 1 ? " ^" : " ").append("%08x".formatted(window[i]));
            }
            text.append(" ]");
        }
        text.append('\n');
    }
}
