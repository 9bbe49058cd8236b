// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.ir.Op;
import dev.wattle.engine.memory.HostMemory;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.Spr;

/**
 * Cache, synchronisation and translation look-aside instructions (Power ISA 3.0B, Book II, chapter 4; Book III, 5.9).
 *
 * <p>Caches are coherent here and one processor sees its own accesses in order, so most of these only check their
 * address.
 */
final class StorageControl {
    private static final int BLOCK_BYTES = 128;

    private StorageControl() {}

    static void bind(Meanings m) {
        for (String hint : new String[] {"dcbt", "dcbtst", "icbt", "sync", "eieio", "wait", "slbsync", "tlbsync",
            "dst", "dstt", "dstst", "dststt", "dss", "dssall"}) {
            m.emitter(hint, e -> {});
        }
        for (String vacant : new String[] {"530", "562", "594", "626", "658", "690", "722", "754"}) {
            m.emitter("rnop" + vacant, e -> {});
        }
        // Following instructions are translated anew if a store has changed them: ending the block is enough.
        m.emitter("isync", e -> e.out.end(Op.FALL_THROUGH, 0, 0, 0, 0));
        m.routine("dcbz", StorageControl::dcbz);
        for (String block : new String[] {"dcbst", "dcbf", "icbi"}) {
            m.routine(block, (p, w) -> p.probe(ea(p, w), 1, false));
        }
        m.routine("tlbie", StorageControl::tlbInvalidate);
        m.routine("tlbiel", StorageControl::tlbInvalidate);
        // Radix translation has no segments; slbia also drops effective-to-real translations, of which none are
        // kept apart from the TLB.
        for (String segment : new String[] {"slbia", "slbie", "slbieg", "slbmte"}) {
            m.emitter(segment, e -> {});
        }
    }

    private static long ea(PowerProcessor p, int w) {
        return p.ea(p.gprOrZero(Fields.ra(w)) + p.gpr(Fields.rb(w)));
    }

    private static void dcbz(PowerProcessor p, int w) {
        long ea = ea(p, w) & -BLOCK_BYTES;
        long host = p.hostForStore(ea, BLOCK_BYTES);
        for (int i = 0; i < BLOCK_BYTES; i += 8) {
            HostMemory.putLong(host + i, 0);
        }
    }

    private static void tlbInvalidate(PowerProcessor p, int w) {
        int ric = w >>> 18 & 3;
        if (ric == 1) {
            // Only the page walk cache, which does not exist.
            return;
        }
        long rb = p.gpr(Fields.rb(w));
        long pid = p.gpr(Fields.rs(w)) >>> 32;
        boolean kernel = pid == 0;
        boolean current = pid == p.spr(Spr.PIDR);
        if ((rb >>> 10 & 3) == 0) {
            long bytes =
                    switch ((int) (rb >>> 5) & 7) {
                        case 1 -> 2L << 20;
                        case 2 -> 1L << 30;
                        case 5 -> 64L << 10;
                        default -> 4L << 10;
                    };
            p.invalidateTranslations(rb & -4096L & -bytes, bytes);
        } else if ((rb >>> 10 & 3) == 1 && !kernel) {
            // Translations of processes other than the current one are not kept.
            if (current) {
                p.processChanged();
            }
        } else {
            p.invalidateTranslations(0, 0);
        }
    }
}
