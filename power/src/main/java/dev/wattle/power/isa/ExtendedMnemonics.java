// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.isa;

/** The extended mnemonics that the {@link Assembler} knows (Power ISA 3.0B, Book I, appendix C). */
final class ExtendedMnemonics {

    interface Visitor {
        /** {@code text} is the base instruction, {@code $1} its first operand as written, and so on. */
        void visit(String name, int operands, String text);
    }

    private ExtendedMnemonics() {}

    private static final String[] SIMPLE = {
        "nop 0 ori 0,0,0",
        "li 2 addi $1,0,$2",
        "lis 2 addis $1,0,$2",
        "la 3 addi $1,$3,$2",
        "subi 3 addi $1,$2,-$3",
        "mr 2 or $1,$2,$2",
        "mr. 2 or. $1,$2,$2",
        "not 2 nor $1,$2,$2",
        "sub 3 subf $1,$3,$2",
        "sub. 3 subf. $1,$3,$2",
        "subc 3 subfc $1,$3,$2",
        "trap 0 tw 31,0,0",
        "lnia 1 addpcis $1,0",
        "crset 1 creqv $1,$1,$1",
        "crclr 1 crxor $1,$1,$1",
        "crmove 2 cror $1,$2,$2",
        "crnot 2 crnor $1,$2,$2",
        "mtcr 1 mtcrf 255,$1",
        "mtlr 1 mtspr 8,$1",
        "mflr 1 mfspr $1,8",
        "mtctr 1 mtspr 9,$1",
        "mfctr 1 mfspr $1,9",
        "mtxer 1 mtspr 1,$1",
        "mfxer 1 mfspr $1,1",
        "mtdec 1 mtspr 22,$1",
        "mfdec 1 mfspr $1,22",
        "mtdar 1 mtspr 19,$1",
        "mfdar 1 mfspr $1,19",
        "mtdsisr 1 mtspr 18,$1",
        "mfdsisr 1 mfspr $1,18",
        "mtsrr0 1 mtspr 26,$1",
        "mfsrr0 1 mfspr $1,26",
        "mtsrr1 1 mtspr 27,$1",
        "mfsrr1 1 mfspr $1,27",
        "mtsprg0 1 mtspr 272,$1",
        "mfsprg0 1 mfspr $1,272",
        "mtsprg1 1 mtspr 273,$1",
        "mfsprg1 1 mfspr $1,273",
        "mfpvr 1 mfspr $1,287",
        "hwsync 0 sync 0",
        "lwsync 0 sync 1",
        "ptesync 0 sync 2",
        "blr 0 bclr 20,0",
        "blrl 0 bclrl 20,0",
        "bctr 0 bcctr 20,0",
        "bctrl 0 bcctrl 20,0",
        "bdnz 1 bc 16,0,$1",
        "bdz 1 bc 18,0,$1",
        "cmpd 2 cmp 0,1,$1,$2",
        "cmpd 3 cmp $1,1,$2,$3",
        "cmpw 2 cmp 0,0,$1,$2",
        "cmpw 3 cmp $1,0,$2,$3",
        "cmpld 2 cmpl 0,1,$1,$2",
        "cmpld 3 cmpl $1,1,$2,$3",
        "cmplw 2 cmpl 0,0,$1,$2",
        "cmplw 3 cmpl $1,0,$2,$3",
        "cmpdi 2 cmpi 0,1,$1,$2",
        "cmpdi 3 cmpi $1,1,$2,$3",
        "cmpwi 2 cmpi 0,0,$1,$2",
        "cmpwi 3 cmpi $1,0,$2,$3",
        "cmpldi 2 cmpli 0,1,$1,$2",
        "cmpldi 3 cmpli $1,1,$2,$3",
        "cmplwi 2 cmpli 0,0,$1,$2",
        "cmplwi 3 cmpli $1,0,$2,$3",
        "sldi 3 rldicr $1,$2,$3,63-$3",
        "srdi 3 rldicl $1,$2,64-$3,$3",
        "slwi 3 rlwinm $1,$2,$3,0,31-$3",
        "srwi 3 rlwinm $1,$2,32-$3,$3,31",
        "clrldi 3 rldicl $1,$2,0,$3",
        "clrrdi 3 rldicr $1,$2,0,63-$3",
        "clrlwi 3 rlwinm $1,$2,0,$3,31",
        "rotldi 3 rldicl $1,$2,$3,0",
        "rotlwi 3 rlwinm $1,$2,$3,0,31",
        "xxlmr 2 xxlor $1,$2,$2",
        "vmr 2 vor $1,$2,$2",
    };

    /** Conditional branches: name, BO, bit within the CR field. */
    private static final String[] CONDITIONS = {
        "blt 12 lt", "bgt 12 gt", "beq 12 eq", "bso 12 so", "bge 4 lt", "ble 4 gt", "bne 4 eq", "bns 4 so",
    };

    static void forEach(Visitor visitor) {
        for (String line : SIMPLE) {
            String[] words = line.split(" ", 3);
            visitor.visit(words[0], words[1].charAt(0) - '0', words[2]);
        }
        for (String line : CONDITIONS) {
            String[] words = line.split(" ");
            visitor.visit(words[0], 1, "bc " + words[1] + ',' + words[2] + ",$1");
            visitor.visit(words[0], 2, "bc " + words[1] + ",4*$1+" + words[2] + ",$2");
            visitor.visit(words[0] + "lr", 0, "bclr " + words[1] + ',' + words[2]);
            visitor.visit(words[0] + "lr", 1, "bclr " + words[1] + ",4*$1+" + words[2]);
        }
    }
}
