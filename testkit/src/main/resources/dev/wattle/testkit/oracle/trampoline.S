# SPDX-License-Identifier: Apache-2.0
#
# Loads a whole register image, runs the code under test, stores the register image again.
#
# One general register holds the address of the image while the code under test runs; it is not tested. There are two
# variants, for r2 and r30, so that each register is tested by one of them. The exits are copied to the start of the code
# area by the C part: the code under test reaches them by a relative branch, which needs no register.
#
# The image (offsets in bytes; all fields in native byte order):
#   0 GPR 0..31, 256 VSR 0..63 (doubleword 0 first), 1280 LR, CTR, XER, CR, FPSCR, VSCR, VRSAVE, TAR
#   2048 the C part's registers

        .machine power9
        .abiversion 2

        .set LR, 1280
        .set CTR, 1288
        .set XER, 1296
        .set CR, 1304
        .set FPSCR, 1312
        .set VSCR, 1320
        .set VRSAVE, 1328
        .set TAR, 1336
        .set MINE, 2048

        .macro load_vsrs first, last, base, index
        li      \index, 256 + 16 * \first
        lxvd2x  \first, \base, \index
        .if \last - \first
        load_vsrs "(\first+1)", \last, \base, \index
        .endif
        .endm

        .macro store_vsrs first, last, base, index
        li      \index, 256 + 16 * \first
        stxvd2x \first, \base, \index
        .if \last - \first
        store_vsrs "(\first+1)", \last, \base, \index
        .endif
        .endm

# enter_rN(image r3, code r4)
        .macro enter base
        .globl  enter_r\base
        .type   enter_r\base, @function
enter_r\base:
        mflr    0
        std     0, MINE(3)
        mfcr    0
        std     0, MINE + 8(3)
        .irp    n, 1, 2, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
        std     \n, MINE + 16 + 8 * \n(3)
        .endr
        mr      \base, 3
        mtctr   4
        # VSCR and FPSCR first: they go through vector registers.
        addi    5, \base, VSCR - 8
        lxvd2x  32, 0, 5
        mtvscr  0
        lfd     0, FPSCR(\base)
        mtfsf   0xff, 0, 1, 0
        load_vsrs 0, 15, \base, 5
        load_vsrs 16, 31, \base, 5
        load_vsrs 32, 47, \base, 5
        load_vsrs 48, 63, \base, 5
        ld      5, LR(\base)
        mtlr    5
        ld      5, XER(\base)
        mtxer   5
        ld      5, CR(\base)
        mtcrf   0xff, 5
        ld      5, VRSAVE(\base)
        mtspr   256, 5
        ld      5, TAR(\base)
        mtspr   815, 5
        .irp    n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 31
        ld      \n, 8 * \n(\base)
        .endr
        .if     \base == 2
        ld      30, 8 * 30(\base)
        .else
        ld      2, 8 * 2(\base)
        .endif
        ld      0, CTR(\base)
        # The code begins with: mtctr 0; ld 0, 0(base).
        bctr
        .size   enter_r\base, . - enter_r\base
        .endm

        .macro leave base
        .globl  leave_r\base
leave_r\base:
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
        std     \n, 8 * \n(\base)
        .endr
        mflr    5
        std     5, LR(\base)
        mfctr   5
        std     5, CTR(\base)
        mfxer   5
        std     5, XER(\base)
        mfcr    5
        std     5, CR(\base)
        mfspr   5, 256
        std     5, VRSAVE(\base)
        mfspr   5, 815
        std     5, TAR(\base)
        store_vsrs 0, 15, \base, 5
        store_vsrs 16, 31, \base, 5
        store_vsrs 32, 47, \base, 5
        store_vsrs 48, 63, \base, 5
        mffs    0
        stfd    0, FPSCR(\base)
        mfvscr  0
        li      5, VSCR
        xxswapd 32, 32
        stxsdx  32, \base, 5
        # Drop any reservation, so that none outlives a test.
        addi    5, \base, MINE + 512
        li      0, 0
        stwcx.  0, 0, 5
        mr      3, \base
        .irp    n, 1, 2, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 31
        ld      \n, MINE + 16 + 8 * \n(3)
        .endr
        ld      0, MINE(3)
        mtlr    0
        ld      0, MINE + 8(3)
        mtcrf   0xff, 0
        ld      30, MINE + 16 + 8 * 30(3)
        blr
        .globl  leave_r\base\()_end
leave_r\base\()_end:
        .endm

        .text
        .align  5
        enter   2
        enter   30
        .align  5
        leave   2
        .align  5
        leave   30

        .globl  _start
_start:
        addis   2, 12, .TOC. - _start@ha
        addi    2, 2, .TOC. - _start@l
        clrrdi  1, 1, 4
        li      0, 0
        stdu    0, -64(1)
        bl      run
        nop
        trap

        .section .note.GNU-stack, "", @progbits
