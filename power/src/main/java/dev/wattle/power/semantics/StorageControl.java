// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.memory.HostMemory;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.Spr;
import java.lang.invoke.VarHandle;

/**
 * Cache, synchronisation and translation look-aside instructions (Power ISA 3.0B, Book II, chapter 4; Book III, 5.9).
 *
 * <p>Caches are coherent here, so most of these only check their address.
 */
final class StorageControl {
    private static final int BLOCK_BYTES = 128;
    /** L of lwsync, and of plwsync less 4. */
    private static final int LIGHT_WEIGHT = 1;

    private static final int RIC_PAGE_WALK_CACHE = 1;
    /** RB[IS] of tlbie. */
    private static final int BY_PAGE = 0;

    private static final int BY_PROCESS = 1;

    private static final long LPCR_GTSE = 0x400;

    private StorageControl() {}

    static void bind(Meanings m) {
        for (String hint : new String[] {
            "dcbt", "dcbtst", "icbt", "eieio", "wait", "slbsync", "dst", "dstt", "dstst", "dststt", "dss", "dssall"
        }) {
            m.emitter(hint, e -> {});
        }
        for (String vacant : new String[] {"530", "562", "594", "626", "658", "690", "722", "754"}) {
            m.emitter("rnop" + vacant, e -> {});
        }
        m.routine("sync", (p, w) -> {
            if (isHeavy(w)) {
                VarHandle.fullFence();
            } else {
                VarHandle.releaseFence();
                VarHandle.acquireFence();
            }
        });
        // Following instructions are translated anew if a store has changed them. That another processor has changed
        // them is
        // heeded with pending work.
        m.routine("isync", (p, w) -> {});
        m.routine("dcbz", StorageControl::dcbz);
        for (String block : new String[] {"dcbst", "dcbf"}) {
            m.routine(block, (p, w) -> p.probe(ea(p, w), 1, false));
        }
        // Stores of the guest drop this processor's translations themselves; what devices and other processors have
        // written may be waiting to be looked at, and others may have to be told.
        m.routine("icbi", (p, w) -> {
            p.probe(ea(p, w), 1, false);
            p.heed();
        });
        m.routine("tlbsync", (p, w) -> p.awaitOthers());
        m.routine("tlbie", StorageControl::tlbie);
        m.routine("tlbiel", StorageControl::tlbiel);
        SegmentLookaside.bind(m);
    }

    /** Whether a {@code sync} orders loads behind stores: all but the light-weight forms do. */
    static boolean isHeavy(int word) {
        return (word >>> 21 & 3) != LIGHT_WEIGHT;
    }

    private static long ea(PowerProcessor p, int w) {
        return p.ea(p.gprOrZero(Fields.ra(w)) + p.gpr(Fields.rb(w)));
    }

    private static void dcbz(PowerProcessor p, int w) {
        long ea = ea(p, w) & -BLOCK_BYTES;
        long host = p.hostForBlock(ea, BLOCK_BYTES);
        for (int i = 0; i < BLOCK_BYTES; i += 8) {
            HostMemory.putLong(host + i, 0);
        }
    }

    private static void tlbie(PowerProcessor p, int w) {
        requireRadix(p);
        long rb = p.gpr(Fields.rb(w));
        long pid = p.gpr(Fields.rs(w)) >>> 32;
        p.everywhere(each -> invalidate(each, w, rb, pid));
    }

    /**
     * By page it is like tlbie here; for the rest software names one congruence class after the other, and all
     * translations are in the first. Of hash translation it may forget what the processor has made of the page table itself,
     * and the operating system may have that done, as when it takes a processor offline.
     */
    private static void tlbiel(PowerProcessor p, int w) {
        long rb = p.gpr(Fields.rb(w));
        boolean isWanted = selector(rb) == BY_PAGE || (rb >>> 12 & 0xfff) == 0;
        if (!p.radix().isActive()) {
            if (isWanted) {
                p.invalidateTranslations();
            }
            return;
        }
        requireRadix(p);
        if (isWanted) {
            invalidate(p, w, rb, p.gpr(Fields.rs(w)) >>> 32);
        }
    }

    /**
     * {@code tlbie}, and {@code tlbiel} of radix trees, are the hypervisor's when translation is not by radix tree, where it keeps the page table to
     * itself, and when LPCR[GTSE] says so.
     */
    private static void requireRadix(PowerProcessor p) {
        if (!p.radix().isActive() || (p.spr(Spr.LPCR) & LPCR_GTSE) == 0) {
            throw p.interrupts().privileged();
        }
    }

    private static int selector(long rb) {
        return (int) (rb >>> 10) & 3;
    }

    /** Invalidates what RIC, PRS, R, IS, AP and PID select, and where that is not worth telling apart, more. */
    private static void invalidate(PowerProcessor p, int w, long rb, long pid) {
        if ((w >>> 18 & 3) == RIC_PAGE_WALK_CACHE) {
            // There is none.
            return;
        }
        boolean processScoped = (w >>> 17 & 1) != 0;
        int selector = selector(rb);
        if (!processScoped || selector > BY_PROCESS) {
            p.invalidateTranslations();
        } else if (selector == BY_PROCESS) {
            p.invalidateProcess(pid);
        } else {
            int log2 = pageSize(rb);
            if (log2 == 0) {
                p.invalidateTranslations();
            } else {
                p.invalidatePage(pid, rb & -1L << log2, 1L << log2);
            }
        }
    }

    /** Logarithm of the page size that RB names, or 0 for one that is not supported. */
    private static int pageSize(long rb) {
        return switch ((int) (rb >>> 5) & 7) {
            case 0 -> 12;
            case 1 -> 21;
            case 2 -> 30;
            case 5 -> 16;
            default -> 0;
        };
    }
}
