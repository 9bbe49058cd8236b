// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P2;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P3;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P4;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_PARAMETER;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_SUCCESS;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_UNSUPPORTED_FLAG;

/** Calls that change how the processor runs: H_SET_MODE and the debug and scratch registers. */
final class ModeHypercalls {
    private static final long LPCR_ILE = 1L << (63 - 38);
    private static final int LPCR_AIL_SHIFT = 63 - 40;
    private static final long LPCR_AIL = 3L << LPCR_AIL_SHIFT;

    private static final int SPR_CIABR = 187;
    private static final int SPR_DAWR0 = 180;
    private static final int SPR_DAWRX0 = 188;
    private static final int SPR_SPRG0 = 272;

    private static final int RESOURCE_CIABR = 1;
    private static final int RESOURCE_DAWR0 = 2;
    private static final int RESOURCE_AIL = 3;
    private static final int RESOURCE_LE = 4;

    /** CIABR[PRIV] and the PRIV bits of DAWRX: the value that matches in hypervisor state. */
    private static final long PRIV = 3;

    private static final long PRIV_HYPERVISOR = 3;
    private static final long DAWRX_HYP = 4;

    private static final long DABRX_PROBLEM = 1;
    private static final long DABRX_PRIVILEGED = 2;
    /** Whatever MSR[DR] is. */
    private static final long DABRX_BTI = 8;
    /** DABR[DW DR], and DABR[BT]. */
    private static final long DABR_ACCESSES = 3;

    private static final long DABR_TRANSLATION = 4;

    void define(HypercallTable table) {
        table.define(HcallNumber.H_SET_MODE, this::setMode)
                .define(HcallNumber.H_SET_SPRG0, this::setSprg0)
                .define(HcallNumber.H_SET_DABR, c -> setDabr(c, c.argument(0), DABRX_PROBLEM | DABRX_PRIVILEGED))
                .define(HcallNumber.H_SET_XDABR, this::setXdabr);
    }

    /** r4 = DABR, r5 = DABRX. */
    private long setXdabr(HypercallContext c) {
        long dabrx = c.argument(1);
        if ((dabrx & (DABRX_PROBLEM | DABRX_PRIVILEGED)) == 0
                || (dabrx & ~(DABRX_PROBLEM | DABRX_PRIVILEGED | DABRX_BTI)) != 0) {
            return H_PARAMETER;
        }
        return setDabr(c, c.argument(0), dabrx);
    }

    /**
     * These processors have no DABR: their DAWR does the same for a guest that knows the older register (Power ISA 2.06B,
     * Book III-S, 8.1.3). DABRX has its bits where DAWRX has them.
     */
    private static long setDabr(HypercallContext c, long dabr, long dabrx) {
        c.setSpr(SPR_DAWR0, dabr & -8);
        c.setSpr(SPR_DAWRX0, dabrx | (dabr & DABR_ACCESSES) << 5 | (dabr & DABR_TRANSLATION) << 2);
        return H_SUCCESS;
    }

    private long setSprg0(HypercallContext c) {
        c.setSpr(SPR_SPRG0, c.argument(0));
        return H_SUCCESS;
    }

    /** r4 = flags, r5 = resource, r6 and r7 = values. */
    private long setMode(HypercallContext c) {
        long flags = c.argument(0);
        long resource = c.argument(1);
        long value1 = c.argument(2);
        long value2 = c.argument(3);
        if (resource == RESOURCE_CIABR) {
            if (flags != 0) {
                return H_UNSUPPORTED_FLAG;
            }
            if (value2 != 0) {
                return H_P4;
            }
            if ((value1 & PRIV) == PRIV_HYPERVISOR) {
                return H_P3;
            }
            c.setSpr(SPR_CIABR, value1);
            return H_SUCCESS;
        }
        if (resource == RESOURCE_DAWR0) {
            if (flags != 0) {
                return H_UNSUPPORTED_FLAG;
            }
            if ((value2 & DAWRX_HYP) != 0) {
                return H_P4;
            }
            c.setSpr(SPR_DAWR0, value1);
            c.setSpr(SPR_DAWRX0, value2);
            return H_SUCCESS;
        }
        if (resource != RESOURCE_AIL && resource != RESOURCE_LE) {
            return H_P2;
        }
        if (value1 != 0) {
            return H_P3;
        }
        if (value2 != 0) {
            return H_P4;
        }
        return resource == RESOURCE_AIL ? setAil(c, flags) : setInterruptEndianness(c, flags);
    }

    private static long setAil(HypercallContext c, long ail) {
        // 1 is reserved in the ISA.
        if (ail < 0 || ail == 1 || ail > 3 || ail == 3 && !c.allowsAil3()) {
            return H_UNSUPPORTED_FLAG;
        }
        c.setLpcrBits(LPCR_AIL, ail << LPCR_AIL_SHIFT);
        return H_SUCCESS;
    }

    private static long setInterruptEndianness(HypercallContext c, long littleEndian) {
        if (littleEndian != 0 && littleEndian != 1) {
            return H_UNSUPPORTED_FLAG;
        }
        c.setLpcrBits(LPCR_ILE, littleEndian == 1 ? LPCR_ILE : 0);
        return H_SUCCESS;
    }
}
