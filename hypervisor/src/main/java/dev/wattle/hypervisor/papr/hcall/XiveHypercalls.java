// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_FUNCTION;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P2;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P3;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P4;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P5;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_PARAMETER;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_SUCCESS;

import dev.wattle.hypervisor.irq.InterruptMode;
import dev.wattle.hypervisor.irq.PartitionInterrupts;
import dev.wattle.hypervisor.papr.xive.EventQueue;
import dev.wattle.hypervisor.papr.xive.Xive;
import dev.wattle.hypervisor.papr.xive.XiveRouter;

/**
 * The calls of XIVE exploitation mode (PAPR, "H_INT_GET_SOURCE_INFO" and those after it). They are there while the
 * partition uses XIVE.
 *
 * <p>There are no OS reporting lines, so the calls about them are no functions.
 */
final class XiveHypercalls {
    /** Results of H_INT_GET_SOURCE_INFO. */
    private static final long SOURCE_USES_HCALL = 8;

    private static final long SOURCE_IS_LEVEL = 4;
    private static final long SOURCE_HAS_STORE_EOI = 1;

    /** Flags of H_INT_SET_SOURCE_CONFIG. */
    private static final long SET_EISN = 2;

    private static final long SET_MASKED = 1;

    private static final long ALWAYS_NOTIFY = 1;
    private static final long DEBUG = 1;
    private static final int GENERATION_SHIFT = 1;
    private static final long STORE = 1;
    private static final long PRIORITY_NONE = 0xff;

    private final PartitionInterrupts interrupts;

    XiveHypercalls(PartitionInterrupts interrupts) {
        this.interrupts = interrupts;
    }

    /** A call to the controller that the partition uses. */
    @FunctionalInterface
    private interface Call {
        long answer(Xive xive, HypercallContext c);
    }

    void define(HypercallTable table) {
        table.define(HcallNumber.H_INT_GET_SOURCE_INFO, of(this::sourceInfo))
                .define(HcallNumber.H_INT_SET_SOURCE_CONFIG, of(this::setSource))
                .define(HcallNumber.H_INT_GET_SOURCE_CONFIG, of(this::source))
                .define(HcallNumber.H_INT_GET_QUEUE_INFO, of(this::queueInfo))
                .define(HcallNumber.H_INT_SET_QUEUE_CONFIG, of(this::setQueue))
                .define(HcallNumber.H_INT_GET_QUEUE_CONFIG, of(this::queue))
                .define(HcallNumber.H_INT_SET_OS_REPORTING_LINE, c -> H_FUNCTION)
                .define(HcallNumber.H_INT_GET_OS_REPORTING_LINE, c -> H_FUNCTION)
                .define(HcallNumber.H_INT_ESB, of(this::esb))
                .define(HcallNumber.H_INT_SYNC, of(this::sync))
                .define(HcallNumber.H_INT_RESET, of(this::reset));
    }

    private Hypercall of(Call call) {
        return c -> interrupts.mode() == InterruptMode.XIVE
                ? call.answer(interrupts.xive().orElseThrow(), c)
                : H_FUNCTION;
    }

    private static boolean isSource(Xive xive, long number) {
        return number == (int) number && xive.isSource((int) number);
    }

    private static boolean isPriority(long priority) {
        return priority >= 0 && priority < Xive.RESERVED_PRIORITY;
    }

    /** r4 = 0, r5 = source; results: flags, management page, trigger page, logarithm of the page size. */
    private long sourceInfo(Xive xive, HypercallContext c) {
        long number = c.argument(1);
        if (c.argument(0) != 0) {
            return H_PARAMETER;
        }
        if (!isSource(xive, number)) {
            return H_P2;
        }
        boolean isLevel = xive.source((int) number).orElseThrow().isLevelSensitive();
        long triggerPage = xive.triggerPage((int) number);
        // Its level has to be looked at by each end of interrupt, whoever is behind its pages.
        c.result(
                0,
                (isLevel ? SOURCE_USES_HCALL | SOURCE_IS_LEVEL : 0) | (xive.hasStoreEoi() ? SOURCE_HAS_STORE_EOI : 0));
        c.result(1, isLevel ? -1 : triggerPage + (1L << Xive.PAGE_SHIFT));
        c.result(2, isLevel ? -1 : triggerPage);
        c.result(3, Xive.PAGE_SHIFT);
        return H_SUCCESS;
    }

    /** r4 = flags, r5 = source, r6 = server, r7 = priority or 0xff, r8 = number in the guest. */
    private long setSource(Xive xive, HypercallContext c) {
        long flags = c.argument(0);
        long number = c.argument(1);
        long priority = c.argument(3);
        if ((flags & ~(SET_EISN | SET_MASKED)) != 0) {
            return H_PARAMETER;
        }
        if (!isSource(xive, number)) {
            return H_P2;
        }
        if (priority == PRIORITY_NONE) {
            xive.resetSource((int) number);
            return H_SUCCESS;
        }
        if (!isPriority(priority)) {
            return H_P4;
        }
        if (!xive.isServer(c.argument(2))) {
            return H_P3;
        }
        int eisn = (flags & SET_EISN) != 0
                ? (int) c.argument(4)
                : xive.router().assignment((int) number).eisn();
        xive.setSource((int) number, (flags & SET_MASKED) != 0, (int) c.argument(2), (int) priority, eisn);
        return H_SUCCESS;
    }

    /** r4 = 0, r5 = source; results: server, priority, number in the guest. */
    private long source(Xive xive, HypercallContext c) {
        long number = c.argument(1);
        if (c.argument(0) != 0) {
            return H_PARAMETER;
        }
        if (!isSource(xive, number)) {
            return H_P2;
        }
        XiveRouter.Assignment assignment = xive.router().assignment((int) number);
        c.result(0, assignment.server());
        c.result(1, assignment.masked() ? PRIORITY_NONE : assignment.priority());
        c.result(2, assignment.eisn());
        return H_SUCCESS;
    }

    /** What is wrong with a server in r5 and a priority in r6, or H_SUCCESS. */
    private static long checkQueue(Xive xive, HypercallContext c, long allowedFlags) {
        if ((c.argument(0) & ~allowedFlags) != 0) {
            return H_PARAMETER;
        }
        if (!isPriority(c.argument(2))) {
            return H_P3;
        }
        return xive.isServer(c.argument(1)) ? H_SUCCESS : H_P2;
    }

    /** r4 = 0, r5 = server, r6 = priority; results: notification page, logarithm of the queue's size. */
    private long queueInfo(Xive xive, HypercallContext c) {
        long wrong = checkQueue(xive, c, 0);
        if (wrong != H_SUCCESS) {
            return wrong;
        }
        int server = (int) c.argument(1);
        int priority = (int) c.argument(2);
        c.result(0, xive.notificationPage(server, priority));
        c.result(1, xive.queue(server, priority).configuration().shift());
        return H_SUCCESS;
    }

    /** r4 = flags, r5 = server, r6 = priority, r7 = real address, r8 = logarithm of the size or 0. */
    private long setQueue(Xive xive, HypercallContext c) {
        long wrong = checkQueue(xive, c, ALWAYS_NOTIFY);
        if (wrong != H_SUCCESS) {
            return wrong;
        }
        boolean always = (c.argument(0) & ALWAYS_NOTIFY) != 0;
        return switch (xive.setQueue((int) c.argument(1), (int) c.argument(2), always, c.argument(3), c.argument(4))) {
            case DONE -> H_SUCCESS;
            case ADDRESS -> H_P4;
            case SIZE -> H_P5;
        };
    }

    /** r4 = flags, r5 = server, r6 = priority; results: flags, real address, logarithm of the size, index. */
    private long queue(Xive xive, HypercallContext c) {
        long wrong = checkQueue(xive, c, DEBUG);
        if (wrong != H_SUCCESS) {
            return wrong;
        }
        boolean debug = (c.argument(0) & DEBUG) != 0;
        EventQueue.Configuration configuration =
                xive.queue((int) c.argument(1), (int) c.argument(2)).configuration();
        long flags = configuration.alwaysNotify() ? ALWAYS_NOTIFY : 0;
        c.result(0, debug ? flags | (long) configuration.generation() << GENERATION_SHIFT : flags);
        c.result(1, configuration.address());
        c.result(2, configuration.shift());
        c.result(3, debug ? configuration.index() : 0);
        return H_SUCCESS;
    }

    /** r4 = flags, r5 = source, r6 = offset into the management page, r7 = value to store; result: value loaded. */
    private long esb(Xive xive, HypercallContext c) {
        long flags = c.argument(0);
        long number = c.argument(1);
        long offset = c.argument(2);
        if ((flags & ~STORE) != 0) {
            return H_PARAMETER;
        }
        if (!isSource(xive, number)) {
            return H_P2;
        }
        if (offset < 0 || offset >= 1L << Xive.PAGE_SHIFT || (offset & Long.BYTES - 1) != 0) {
            return H_P3;
        }
        c.result(0, xive.accessEsb((int) number, (int) offset, (flags & STORE) != 0));
        return H_SUCCESS;
    }

    /** r4 = 0, r5 = source. */
    private long sync(Xive xive, HypercallContext c) {
        long number = c.argument(1);
        if (c.argument(0) != 0) {
            return H_PARAMETER;
        }
        if (!isSource(xive, number)) {
            return H_P2;
        }
        xive.sync((int) number);
        return H_SUCCESS;
    }

    /** r4 = 0. */
    private long reset(Xive xive, HypercallContext c) {
        if (c.argument(0) != 0) {
            return H_PARAMETER;
        }
        xive.resetSources();
        return H_SUCCESS;
    }
}
