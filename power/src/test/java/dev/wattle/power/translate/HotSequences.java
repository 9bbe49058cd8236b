// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.translate;

import java.util.LinkedHashMap;
import java.util.Map;

/** Guest code such as compilers and kernels have it where time is spent, by name. */
final class HotSequences {
    private HotSequences() {}

    static Map<String, String> all() {
        Map<String, String> all = new LinkedHashMap<>();
        calls(all);
        branches(all);
        storage(all);
        integers(all);
        atomics(all);
        floats(all);
        vectors(all);
        return all;
    }

    private static void calls(Map<String, String> all) {
        all.put("prologue", """
                mflr r0
                std r30,-16(r1)
                std r31,-8(r1)
                std r0,16(r1)
                stdu r1,-64(r1)
                mr r31,r3
                mr r30,r4
                bl 0x20100
                """);
        all.put("epilogue", """
                addi r1,r1,64
                ld r0,16(r1)
                mtlr r0
                ld r30,-16(r1)
                ld r31,-8(r1)
                blr
                """);
        all.put("call-by-register", """
                ld r12,24(r9)
                mr r3,r31
                mtctr r12
                bctrl
                """);
        all.put("call-through-stub", """
                std r2,24(r1)
                addis r12,r2,-1
                ld r12,0x120(r12)
                mtctr r12
                bctr
                """);
        all.put("conditional-return", """
                cmpdi r3,0
                bclr 12,2
                """);
        all.put("system-call", """
                li r0,4
                sc 0
                """);
    }

    private static void branches(Map<String, String> all) {
        all.put("counted-loop", """
                loop: addi r3,r3,1
                add r4,r4,r3
                bdnz loop
                """);
        all.put("compare-signed-forward", """
                cmpw r3,r4
                blt 0x20040
                """);
        all.put("compare-unsigned-back", """
                loop: addi r9,r9,8
                cmpld r9,r10
                bc 4,0,loop
                """);
        all.put("compare-immediate-word", """
                cmpwi cr7,r9,100
                bc 12,29,0x20040
                """);
        all.put("compare-unsigned-immediate", """
                cmplwi r3,0xff
                bgt 0x20040
                """);
        all.put("two-comparisons", """
                cmpdi cr0,r3,0
                cmpd cr7,r4,r5
                beq 0x20040
                bc 12,28,0x20080
                """);
        all.put("record-form", """
                andi. r9,r3,7
                bne 0x20040
                """);
        all.put("record-form-of-addition", """
                add. r3,r4,r5
                ble 0x20040
                """);
        all.put("condition-logic", """
                cmpwi cr0,r3,1
                cmpwi cr1,r4,2
                cror 2,2,6
                beq 0x20040
                """);
        all.put("conditional-select", """
                cmpd r3,r4
                isel r3,r3,r4,1
                blr
                """);
        all.put("move-of-conditions", """
                mfcr r8
                std r8,8(r1)
                mtcrf 0x20,r8
                blr
                """);
    }

    private static void storage(Map<String, String> all) {
        all.put("doubleword-copies", """
                ld r5,0(r4)
                ld r6,8(r4)
                ld r7,16(r4)
                ld r8,24(r4)
                std r5,0(r3)
                std r6,8(r3)
                std r7,16(r3)
                std r8,24(r3)
                blr
                """);
        all.put("single-load", """
                lwz r3,16(r9)
                b 0x20040
                """);
        all.put("narrow-accesses", """
                lha r5,2(r9)
                lwa r6,4(r9)
                lbz r7,1(r9)
                stb r7,1(r10)
                sth r5,2(r10)
                stw r6,4(r10)
                b 0x20040
                """);
        all.put("byte-loop", """
                loop: lbzx r5,r3,r6
                addi r6,r6,1
                cmpwi r5,0
                bne loop
                """);
        all.put("update-loop", """
                loop: lwzu r5,4(r4)
                stwu r5,4(r3)
                bdnz loop
                """);
        all.put("pointer-chase", """
                loop: ld r3,8(r3)
                cmpdi r3,0
                bne loop
                """);
        all.put("byte-reversed", """
                lwbrx r5,0,r4
                ldbrx r6,0,r9
                stwbrx r5,0,r3
                blr
                """);
        all.put("cache-clear-loop", """
                loop: dcbz 0,r3
                addi r3,r3,128
                bdnz loop
                """);
    }

    private static void integers(Map<String, String> all) {
        all.put("rotates", """
                rlwinm r3,r3,3,0,28
                rlwinm r4,r4,24,8,31
                rlwimi r5,r3,8,16,23
                rldicl r6,r6,0,32
                rldicr r7,r7,4,59
                rldic r8,r8,3,29
                blr
                """);
        all.put("shifts", """
                sld r3,r3,r4
                srd r5,r5,r4
                srawi r6,r6,2
                sradi r7,r7,63
                slw r8,r8,r4
                blr
                """);
        all.put("product-and-sum", """
                mulld r9,r10,r6
                mulhdu r10,r10,r6
                addc r9,r9,r8
                addze r10,r10
                addc r9,r9,r7
                addze r7,r10
                """);
        all.put("masked-shift", """
                clrldi r8,r7,58
                srd r9,r9,r8
                rlwinm r8,r7,0,26,31
                sld r10,r10,r8
                """);
        all.put("carry-chain", """
                addc r3,r3,r7
                adde r4,r4,r8
                adde r5,r5,r9
                addze r6,r6
                blr
                """);
        all.put("borrow-chain", """
                subfc r3,r7,r3
                subfe r4,r8,r4
                subfe r5,r5,r5
                blr
                """);
        all.put("multiplications", """
                mulld r3,r3,r4
                mulhdu r5,r5,r4
                mulli r6,r6,24
                mullw r7,r7,r8
                blr
                """);
        all.put("divisions", """
                divd r3,r3,r4
                divwu r5,r5,r6
                mulld r7,r3,r4
                subf r8,r7,r8
                blr
                """);
        all.put("counts", """
                cntlzd r3,r3
                cntlzw r4,r4
                cnttzd r5,r5
                popcntd r6,r6
                extsw r7,r7
                extsb r8,r8
                blr
                """);
        all.put("constants", """
                lis r3,0x1234
                ori r3,r3,0x5678
                rldicr r3,r3,32,31
                oris r3,r3,0x9abc
                ori r3,r3,0xdef0
                blr
                """);
        all.put("logic", """
                and r3,r4,r5
                andc r6,r4,r5
                nor r7,r4,r4
                xor r8,r4,r5
                or r9,r4,r5
                orc r10,r4,r5
                blr
                """);
    }

    private static void atomics(Map<String, String> all) {
        all.put("atomic-add", """
                loop: lwarx r9,0,r3
                add r9,r9,r4
                stwcx. r9,0,r3
                bne loop
                """);
        all.put("lock", """
                lwarx r9,0,r3
                cmpwi r9,0
                bne 0x20040
                stwcx. r10,0,r3
                bne 0x20040
                isync
                lwsync
                blr
                """);
        all.put("quadword-exchange", """
                loop: lqarx r6,0,r3
                addi r6,r6,1
                stqcx. r6,0,r3
                bne loop
                """);
        all.put("quadword-copy", """
                lq r6,0(r3)
                stq r6,16(r4)
                blr
                """);
    }

    private static void floats(Map<String, String> all) {
        all.put("fused-multiply-add-loop", """
                loop: lfd f0,0(r3)
                lfd f1,0(r4)
                fmadd f2,f0,f1,f2
                addi r3,r3,8
                addi r4,r4,8
                bdnz loop
                """);
        all.put("single-precision", """
                lfs f0,0(r3)
                fmuls f1,f0,f2
                fadds f1,f1,f3
                stfs f1,4(r3)
                blr
                """);
        all.put("float-comparison", """
                fcmpu cr0,f1,f2
                blt 0x20040
                """);
        all.put("conversions", """
                fctidz f1,f1
                fcfid f2,f1
                frsp f2,f2
                blr
                """);
        all.put("vsx-scalar", """
                xsadddp vs1,vs2,vs3
                xsmuldp vs1,vs1,vs4
                mfvsrd r3,vs1
                blr
                """);
    }

    private static void vectors(Map<String, String> all) {
        all.put("vector-add", """
                lxvd2x vs32,0,r4
                lxvd2x vs33,0,r5
                vadduwm v0,v0,v1
                stxvd2x vs32,0,r3
                blr
                """);
        all.put("vector-sum-loop", """
                loop: lxvd2x vs32,0,r4
                vspltisw v2,3
                vrlw v3,v0,v2
                vadduwm v1,v1,v3
                stxvd2x vs33,0,r4
                addi r4,r4,16
                bdnz loop
                """);
        all.put("vector-logic", """
                lxvx vs32,0,r4
                xxlxor vs32,vs32,vs33
                xxlor vs34,vs32,vs32
                xxpermdi vs34,vs34,vs34,2
                stxvx vs34,0,r3
                blr
                """);
        all.put("vector-permute", """
                lvx v0,0,r4
                vperm v2,v0,v1,v3
                vspltisw v4,7
                stvx v2,0,r3
                blr
                """);
        all.put("vector-comparison", """
                vcmpequb. v2,v0,v1
                mfvsrd r3,vs34
                bc 4,26,0x20040
                """);
        all.put("vector-floats", """
                xvmuldp vs0,vs1,vs2
                xvadddp vs0,vs0,vs3
                xvaddsp vs4,vs5,vs6
                blr
                """);
        all.put("aes-round", """
                vcipher v0,v0,v1
                vcipher v0,v0,v2
                vcipherlast v0,v0,v3
                vpmsumd v4,v4,v5
                blr
                """);
    }
}
