// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_BAD_MODE;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_CONTINUE;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_FUNCTION;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P2;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_PARAMETER;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_SUCCESS;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/** Calls about virtual processors: idling, waking, virtual processor areas, characteristics. */
final class ProcessorHypercalls {
    /** The processor executes {@code bcctr} serialised, so that indirect branches need no software barrier. */
    private static final long CHAR_BCCTRL_SERIALISED = ibmBit(1);

    private static final long CHAR_BRANCH_HINTS_HONORED = ibmBit(5);
    private static final long BEHAV_FAVOUR_SECURITY = ibmBit(0);
    private static final long BEHAV_NO_L1D_FLUSH_ENTRY = ibmBit(7);
    private static final long BEHAV_NO_L1D_FLUSH_UACCESS = ibmBit(8);
    private static final long BEHAV_NO_STF_BARRIER = ibmBit(9);

    private static final long ALL_SERVERS = -1;
    private static final long ALL_OTHER_SERVERS = -2;

    /** Server numbers of vCPUs parked in H_JOIN, and the lock around them. */
    private final Set<Integer> joined = new HashSet<>();

    private final ReentrantLock lock = new ReentrantLock();

    void define(HypercallTable table) {
        table.define(HcallNumber.H_CEDE, this::cede)
                .define(HcallNumber.H_PROD, this::prod)
                .define(HcallNumber.H_CONFER, this::confer)
                .define(HcallNumber.H_JOIN, this::join)
                .define(HcallNumber.H_REGISTER_VPA, VirtualProcessorAreas::register)
                .define(HcallNumber.H_RANDOM, this::random)
                .define(HcallNumber.H_SIGNAL_SYS_RESET, this::signalSystemReset)
                .define(HcallNumber.H_HOME_NODE_ASSOCIATIVITY, this::homeNodeAssociativity)
                .define(HcallNumber.H_GET_CPU_CHARACTERISTICS, this::characteristics);
    }

    private static long ibmBit(int bit) {
        return 1L << (63 - bit);
    }

    private long cede(HypercallContext c) {
        c.cede();
        return H_SUCCESS;
    }

    private long prod(HypercallContext c) {
        long server = c.argument(0);
        if (!c.isServer(server)) {
            return H_PARAMETER;
        }
        leave((int) server);
        return c.prod((int) server) ? H_SUCCESS : H_PARAMETER;
    }

    /** r4 = the server that should run instead, or -1 for any. Each vCPU has its own thread, so yielding it is all. */
    private long confer(HypercallContext c) {
        long server = c.argument(0);
        if (server != ALL_SERVERS && !c.isServer(server)) {
            return H_PARAMETER;
        }
        if (server != c.server() && c.serverCount() > 1) {
            Thread.yield();
        }
        return H_SUCCESS;
    }

    /** The last that joins goes on; those that are stopped count as joined. */
    private long join(HypercallContext c) {
        if (c.isExternalEnabled()) {
            return H_BAD_MODE;
        }
        lock.lock();
        try {
            boolean isLast = true;
            for (int server = 0; server < c.serverCount(); server++) {
                isLast &= server == c.server() || joined.contains(server) || !c.isOnline(server);
            }
            if (isLast) {
                return H_CONTINUE;
            }
            joined.add(c.server());
        } finally {
            lock.unlock();
        }
        c.join();
        leave(c.server());
        return H_SUCCESS;
    }

    private void leave(int server) {
        lock.lock();
        try {
            joined.remove(server);
        } finally {
            lock.unlock();
        }
    }

    private long random(HypercallContext c) {
        c.result(0, c.random());
        return H_SUCCESS;
    }

    private long signalSystemReset(HypercallContext c) {
        long target = c.argument(0);
        if (target == ALL_SERVERS || target == ALL_OTHER_SERVERS) {
            for (int server = 0; server < c.serverCount(); server++) {
                if (c.isServer(server) && (server != c.server() || target == ALL_SERVERS)) {
                    c.systemReset(server);
                }
            }
            return H_SUCCESS;
        }
        return c.isServer(target) && c.systemReset((int) target) ? H_SUCCESS : H_PARAMETER;
    }

    /**
     * r4 = flags (1: r5 is a virtual processor number). Every processor lives in domain 0; the answer is the packed
     * list of 15-bit domain numbers {0, processor} (PAPR, "H_HOME_NODE_ASSOCIATIVITY").
     */
    private long homeNodeAssociativity(HypercallContext c) {
        long flags = c.argument(0);
        long processor = c.argument(1);
        if (flags != 1) {
            return H_FUNCTION;
        }
        if (!c.isServer(processor)) {
            return H_P2;
        }
        c.result(0, 0x8000_8000_ffff_ffffL | processor << 32);
        for (int i = 1; i < 6; i++) {
            c.result(i, -1);
        }
        return H_SUCCESS;
    }

    /**
     * Results r4 = characteristics, r5 = behaviour. Translated guest code gains nothing from the guest's own cache
     * flushes and speculation barriers, so the answer asks for none of them.
     */
    private long characteristics(HypercallContext c) {
        c.result(0, CHAR_BCCTRL_SERIALISED | CHAR_BRANCH_HINTS_HONORED);
        c.result(
                1,
                BEHAV_FAVOUR_SECURITY | BEHAV_NO_L1D_FLUSH_ENTRY | BEHAV_NO_L1D_FLUSH_UACCESS | BEHAV_NO_STF_BARRIER);
        return H_SUCCESS;
    }
}
