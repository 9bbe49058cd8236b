// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.isa;

/**
 * Fields of a 32-bit Power ISA instruction word, one static extractor per field.
 *
 * <p>The word is in register order: bit 0 of the book is the most significant bit of the {@code int}. Method names are
 * the book's field names in lower case; where the book uses one name for several positions, the method says which
 * ({@link #xt} for TX in bit 31, {@link #xtDq} for TX in bit 28). Immediates come back sign-extended or zero-extended
 * and already scaled ({@link #ds} is a byte displacement, not the 14-bit field). Source: Power ISA 3.0B, Book I, 1.6.
 */
public final class Fields {

    private Fields() {}

    /**
     * Bits {@code from} to {@code to} of {@code w}, numbered as the book does (0 is the most significant),
     * right-justified.
     */
    public static int bits(int w, int from, int to) {
        return (w >>> (31 - to)) & (-1 >>> (31 - (to - from)));
    }

    /** Bit {@code n} of {@code w}, numbered as the book does: 0 or 1. */
    public static int bit(int w, int n) {
        return (w >>> (31 - n)) & 1;
    }

    /** Primary opcode, bits 0:5. */
    public static int opcd(int w) {
        return w >>> 26;
    }

    /** Extended opcode of the X, XL and XFX forms, bits 21:30. */
    public static int xo(int w) {
        return (w >>> 1) & 0x3FF;
    }

    // General-purpose registers

    /** RT, target GPR, bits 6:10. */
    public static int rt(int w) {
        return (w >>> 21) & 31;
    }

    /** RTp, even-numbered target GPR of a pair, bits 6:10. */
    public static int rtp(int w) {
        return (w >>> 21) & 31;
    }

    /** RS, source GPR, bits 6:10. */
    public static int rs(int w) {
        return (w >>> 21) & 31;
    }

    /** RSp, even-numbered source GPR of a pair, bits 6:10. */
    public static int rsp(int w) {
        return (w >>> 21) & 31;
    }

    /** RA, bits 11:15. */
    public static int ra(int w) {
        return (w >>> 16) & 31;
    }

    /** RB, bits 16:20. */
    public static int rb(int w) {
        return (w >>> 11) & 31;
    }

    /** RC, third source GPR of the VA form ({@code maddld}), bits 21:25. See {@link #rcBit} for the record bit. */
    public static int rc(int w) {
        return (w >>> 6) & 31;
    }

    /** Rc, the record bit, bit 31. */
    public static boolean rcBit(int w) {
        return (w & 1) != 0;
    }

    /** Rc of the VC form (vector compare), bit 21. */
    public static boolean rcBitVc(int w) {
        return (w & 0x400) != 0;
    }

    /** OE, the overflow-enable bit, bit 21. */
    public static boolean oe(int w) {
        return (w & 0x400) != 0;
    }

    // Immediates and displacements

    /** SI, bits 16:31, sign-extended. */
    public static int si(int w) {
        return (short) w;
    }

    /** UI, bits 16:31, zero-extended. */
    public static int ui(int w) {
        return w & 0xFFFF;
    }

    /** D, bits 16:31, sign-extended byte displacement. */
    public static int d(int w) {
        return (short) w;
    }

    /** DS || 0b00, bits 16:29, sign-extended byte displacement. */
    public static int ds(int w) {
        return (short) (w & 0xFFFC);
    }

    /** DQ || 0b0000, bits 16:27, sign-extended byte displacement. */
    public static int dq(int w) {
        return (short) (w & 0xFFF0);
    }

    /** d0 || d1 || d2 of the DX form ({@code addpcis}), sign-extended 16-bit value, not yet shifted left by 16. */
    public static int dx(int w) {
        return (short) ((w & 0xFFC0) | ((w >>> 15) & 0x3E) | (w & 1));
    }

    // Branches and the Condition Register

    /** LI || 0b00, bits 6:29, sign-extended byte displacement. */
    public static int li(int w) {
        return (w << 6 >> 6) & ~3;
    }

    /** BD || 0b00, bits 16:29, sign-extended byte displacement. */
    public static int bd(int w) {
        return (short) (w & 0xFFFC);
    }

    /** AA, the absolute-address bit, bit 30. */
    public static boolean aa(int w) {
        return (w & 2) != 0;
    }

    /** LK, the link bit, bit 31. */
    public static boolean lk(int w) {
        return (w & 1) != 0;
    }

    /** BO, bits 6:10. */
    public static int bo(int w) {
        return (w >>> 21) & 31;
    }

    /** BI, CR bit 0 to 31, bits 11:15. */
    public static int bi(int w) {
        return (w >>> 16) & 31;
    }

    /** BH, branch hint, bits 19:20. */
    public static int bh(int w) {
        return (w >>> 11) & 3;
    }

    /** BF, target CR or FPSCR field, bits 6:8. */
    public static int bf(int w) {
        return (w >>> 23) & 7;
    }

    /** BFA, source CR or FPSCR field, bits 11:13. */
    public static int bfa(int w) {
        return (w >>> 18) & 7;
    }

    /** BT, target CR or FPSCR bit, bits 6:10. */
    public static int bt(int w) {
        return (w >>> 21) & 31;
    }

    /** BA, source CR bit, bits 11:15. */
    public static int ba(int w) {
        return (w >>> 16) & 31;
    }

    /** BB, source CR bit, bits 16:20. */
    public static int bb(int w) {
        return (w >>> 11) & 31;
    }

    /** BC, the CR bit that {@code isel} tests, bits 21:25. */
    public static int bc(int w) {
        return (w >>> 6) & 31;
    }

    /** TO, trap condition, bits 6:10. */
    public static int to(int w) {
        return (w >>> 21) & 31;
    }

    /** LEV of {@code sc} and {@code scv}, bits 20:26. */
    public static int lev(int w) {
        return (w >>> 5) & 0x7F;
    }

    /** S of {@code rfebb}, bit 20. */
    public static int s(int w) {
        return (w >>> 11) & 1;
    }

    // L in its several places

    /** L of the compare instructions (1: doubleword), bit 10. */
    public static int l(int w) {
        return (w >>> 21) & 1;
    }

    /**
     * L of {@code dcbf}, {@code sync} and {@code paste.}, bits 9:10 (the widest use of the place; {@code dcbf} in 3.0).
     */
    public static int l2(int w) {
        return (w >>> 21) & 3;
    }

    /** L of {@code darn}, bits 14:15. */
    public static int lDarn(int w) {
        return (w >>> 16) & 3;
    }

    /** L of {@code mtmsr}, {@code mtmsrd}, {@code slbmfee} and {@code slbmfev}, bit 15. */
    public static int lMtmsr(int w) {
        return (w >>> 16) & 1;
    }

    /** L of {@code mtfsf}, bit 6. */
    public static int lMtfsf(int w) {
        return (w >>> 25) & 1;
    }

    /** W of {@code mtfsf} and {@code mtfsfi}, bit 15. */
    public static int w(int w) {
        return (w >>> 16) & 1;
    }

    // Rotates and shifts

    /** SH of the M and X forms, bits 16:20. */
    public static int sh(int w) {
        return (w >>> 11) & 31;
    }

    /** sh of the MD and XS forms: bit 30 || bits 16:20, 0 to 63. */
    public static int sh6(int w) {
        return ((w >>> 11) & 31) | ((w & 2) << 4);
    }

    /** MB of the M form, bits 21:25. */
    public static int mb(int w) {
        return (w >>> 6) & 31;
    }

    /** ME of the M form, bits 26:30. */
    public static int me(int w) {
        return (w >>> 1) & 31;
    }

    /** mb of the MD and MDS forms: bit 26 || bits 21:25, 0 to 63. */
    public static int mb6(int w) {
        return ((w >>> 6) & 31) | (w & 32);
    }

    /** me of the MD and MDS forms: bit 26 || bits 21:25, 0 to 63. */
    public static int me6(int w) {
        return mb6(w);
    }

    // Special registers

    /** SPR number: bits 16:20 || bits 11:15, 0 to 1023. */
    public static int spr(int w) {
        return ((w >>> 16) & 31) | ((w >>> 6) & 0x3E0);
    }

    /** TBR number of {@code mftb}, split as {@link #spr}. */
    public static int tbr(int w) {
        return spr(w);
    }

    /** FXM, CR field mask (bit 0x80 is CR field 0), bits 12:19. */
    public static int fxm(int w) {
        return (w >>> 12) & 0xFF;
    }

    /** SR, segment register number, bits 12:15. */
    public static int sr(int w) {
        return (w >>> 16) & 15;
    }

    /** BHRBE of {@code mfbhrbe}, bits 11:20. */
    public static int bhrbe(int w) {
        return (w >>> 11) & 0x3FF;
    }

    // Floating point

    /** FRT, target FPR, bits 6:10. */
    public static int frt(int w) {
        return (w >>> 21) & 31;
    }

    /** FRS, source FPR of a store, bits 6:10. */
    public static int frs(int w) {
        return (w >>> 21) & 31;
    }

    /** FRA, bits 11:15. */
    public static int fra(int w) {
        return (w >>> 16) & 31;
    }

    /** FRB, bits 16:20. */
    public static int frb(int w) {
        return (w >>> 11) & 31;
    }

    /** FRC, bits 21:25. */
    public static int frc(int w) {
        return (w >>> 6) & 31;
    }

    /** FLM, FPSCR field mask of {@code mtfsf}, bits 7:14. */
    public static int flm(int w) {
        return (w >>> 17) & 0xFF;
    }

    /** U of {@code mtfsfi}, bits 16:19. */
    public static int u(int w) {
        return (w >>> 12) & 15;
    }

    /** DRM of {@code mffscdrni}, bits 18:20. */
    public static int drm(int w) {
        return (w >>> 11) & 7;
    }

    /** RM of {@code mffscrni}, bits 19:20. */
    public static int rm(int w) {
        return (w >>> 11) & 3;
    }

    // Decimal floating point

    /** TE of {@code dquai}, bits 11:15, sign-extended. */
    public static int te(int w) {
        return w << 11 >> 27;
    }

    /** RMC, rounding mode control, bits 21:22. */
    public static int rmc(int w) {
        return (w >>> 9) & 3;
    }

    /** R of {@code drintx} and {@code drintn}, and of the quad-precision roundings, bit 15. */
    public static int r(int w) {
        return (w >>> 16) & 1;
    }

    /** SP of {@code ddedpd}, bits 11:12. */
    public static int sp(int w) {
        return (w >>> 19) & 3;
    }

    /** S of {@code denbcd}, bit 11. */
    public static int sDenbcd(int w) {
        return (w >>> 20) & 1;
    }

    /** SH of {@code dscli} and {@code dscri}, bits 16:21, 0 to 63. */
    public static int shDecimal(int w) {
        return (w >>> 10) & 63;
    }

    /** DCM or DGM of {@code dtstdc} and {@code dtstdg}, bits 16:21. */
    public static int dcm(int w) {
        return (w >>> 10) & 63;
    }

    /** UIM of {@code dtstsfi}, bits 10:15. */
    public static int uimDtstsfi(int w) {
        return (w >>> 16) & 63;
    }

    // Vector registers (0 to 31)

    /** VRT, target VR, bits 6:10. */
    public static int vrt(int w) {
        return (w >>> 21) & 31;
    }

    /** VRS, source VR of a store, bits 6:10. */
    public static int vrs(int w) {
        return (w >>> 21) & 31;
    }

    /** VRA, bits 11:15. */
    public static int vra(int w) {
        return (w >>> 16) & 31;
    }

    /** VRB, bits 16:20. */
    public static int vrb(int w) {
        return (w >>> 11) & 31;
    }

    /** VRC, bits 21:25. */
    public static int vrc(int w) {
        return (w >>> 6) & 31;
    }

    /** SHB of {@code vsldoi}, bits 22:25. */
    public static int shb(int w) {
        return (w >>> 6) & 15;
    }

    /** SIM of {@code vspltisb} and its kin, bits 11:15, sign-extended. */
    public static int sim(int w) {
        return w << 11 >> 27;
    }

    /** UIM, bits 11:15. */
    public static int uim5(int w) {
        return (w >>> 16) & 31;
    }

    /** UIM, bits 12:15. */
    public static int uim4(int w) {
        return (w >>> 16) & 15;
    }

    /** UIM, bits 13:15. */
    public static int uim3(int w) {
        return (w >>> 16) & 7;
    }

    /** UIM, bits 14:15. */
    public static int uim2(int w) {
        return (w >>> 16) & 3;
    }

    /** ST of {@code vshasigmaw} and {@code vshasigmad}, bit 16. */
    public static int st(int w) {
        return (w >>> 15) & 1;
    }

    /** SIX of {@code vshasigmaw} and {@code vshasigmad}, bits 17:20. */
    public static int six(int w) {
        return (w >>> 11) & 15;
    }

    /** PS, preferred sign of the packed-decimal instructions, bit 22. */
    public static int ps(int w) {
        return (w >>> 9) & 1;
    }

    // Vector-scalar registers (0 to 63)

    /** XT = TX || T, TX in bit 31. */
    public static int xt(int w) {
        return ((w >>> 21) & 31) | ((w & 1) << 5);
    }

    /** XS = SX || S, SX in bit 31. */
    public static int xs(int w) {
        return xt(w);
    }

    /** XT = TX || T of the DQ form ({@code lxv}), TX in bit 28. */
    public static int xtDq(int w) {
        return ((w >>> 21) & 31) | ((w & 8) << 2);
    }

    /** XS = SX || S of the DQ form ({@code stxv}), SX in bit 28. */
    public static int xsDq(int w) {
        return xtDq(w);
    }

    /** XA = AX || A, AX in bit 29. */
    public static int xa(int w) {
        return ((w >>> 16) & 31) | ((w & 4) << 3);
    }

    /** XB = BX || B, BX in bit 30. */
    public static int xb(int w) {
        return ((w >>> 11) & 31) | ((w & 2) << 4);
    }

    /** XC = CX || C of the XX4 form, CX in bit 28. */
    public static int xc(int w) {
        return ((w >>> 6) & 31) | ((w & 8) << 2);
    }

    /** DM of {@code xxpermdi}, bits 22:23. */
    public static int dm(int w) {
        return (w >>> 8) & 3;
    }

    /** SHW of {@code xxsldwi}, bits 22:23. */
    public static int shw(int w) {
        return (w >>> 8) & 3;
    }

    /** Rc of the XX3 compares ({@code xvcmpeqdp}), bit 21. */
    public static boolean rcBitXx3(int w) {
        return (w & 0x400) != 0;
    }

    /** DCMX of {@code xststdcsp}, {@code xststdcdp} and {@code xststdcqp}, bits 9:15. */
    public static int dcmx(int w) {
        return (w >>> 16) & 0x7F;
    }

    /** DCMX = dc || dm || dx of {@code xvtstdcsp} and {@code xvtstdcdp}. */
    public static int dcmxVector(int w) {
        return ((w >>> 16) & 31) | ((w & 4) << 3) | (w & 0x40);
    }

    /** IMM8 of {@code xxspltib}, bits 13:20. */
    public static int imm8(int w) {
        return (w >>> 11) & 0xFF;
    }

    /** EX of the quad-precision roundings ({@code xsrqpi}, inexact allowed), bit 31. */
    public static int ex(int w) {
        return w & 1;
    }

    /** RMC of the quad-precision roundings, bits 21:22. */
    public static int rmcQuad(int w) {
        return (w >>> 9) & 3;
    }

    // Storage control and transactional memory

    /** TH of {@code dcbt} and {@code dcbtst}, bits 6:10. */
    public static int th(int w) {
        return (w >>> 21) & 31;
    }

    /** CT of {@code icbt}, bits 7:10. */
    public static int ct(int w) {
        return (w >>> 21) & 15;
    }

    /** EH, the lock hint of load-and-reserve, bit 31. */
    public static int eh(int w) {
        return w & 1;
    }

    /** FC, function code of {@code lwat} and {@code stwat}, or NB of {@code lswi}, bits 16:20. */
    public static int fc(int w) {
        return (w >>> 11) & 31;
    }

    /** NB of {@code lswi} and {@code stswi}, bits 16:20; 0 stands for 32 bytes. */
    public static int nb(int w) {
        return (w >>> 11) & 31;
    }

    /** WC of {@code wait}, bits 9:10. */
    public static int wc(int w) {
        return (w >>> 21) & 3;
    }

    /** IH of {@code slbia}, bits 8:10. */
    public static int ih(int w) {
        return (w >>> 21) & 7;
    }

    /** RIC of {@code tlbie} and {@code tlbiel}, bits 12:13. */
    public static int ric(int w) {
        return (w >>> 18) & 3;
    }

    /** PRS of {@code tlbie} and {@code tlbiel}, bit 14. */
    public static int prs(int w) {
        return (w >>> 17) & 1;
    }

    /** R (radix) of {@code tlbie} and {@code tlbiel}, bit 15. */
    public static int rTlbie(int w) {
        return (w >>> 16) & 1;
    }

    /** R of {@code tbegin.}, bit 10. */
    public static int rTbegin(int w) {
        return (w >>> 21) & 1;
    }

    /** A of {@code tend.}, bit 6. */
    public static int aTend(int w) {
        return (w >>> 25) & 1;
    }

    /** L of {@code tsr.}, bit 10. */
    public static int lTsr(int w) {
        return (w >>> 21) & 1;
    }

    /** SI of {@code tabortwci.} and {@code tabortdci.}, bits 16:20, sign-extended. */
    public static int siTabort(int w) {
        return w << 16 >> 27;
    }

    /** STRM of the data stream instructions, bits 9:10. */
    public static int strm(int w) {
        return (w >>> 21) & 3;
    }

    /** CY of {@code addex}, bits 21:22. */
    public static int cy(int w) {
        return (w >>> 9) & 3;
    }
}
