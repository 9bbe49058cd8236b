// SPDX-License-Identifier: Apache-2.0
/**
 * The instruction table of the Power ISA, and what follows from it: decoder, assembler and disassembler.
 *
 * <p>Each instruction of Power ISA 3.0B (POWER9) and 2.07 (POWER8), Books I to III, is one row of a text table. The
 * tables lie beside this class as {@code *.isa}, one per chapter of the book, and {@link
 * dev.wattle.power.isa.InstructionTable#load()} reads them all.
 *
 * <h2>Decoding</h2>
 *
 * <pre>{@code
 * InstructionTable table = InstructionTable.load();         // once; or load().in(IsaVersion.V2_07) for a POWER8
 * Instruction row = table.decode(0x7C632214);               // 31 RT RA RB OE 266 Rc
 * row.name();                                               // "add": the key that meanings are bound to
 * row.mnemonic(0x7C632215);                                 // "add."
 * Fields.rt(0x7C632214);                                    // 3
 * new Disassembler(table).disassemble(0x7C632214, 0);       // "add r3,r3,r4"
 * new Assembler(table).assemble("add r3,r3,r4");            // 0x7C632214
 * table.decode(0) == Instruction.ILLEGAL;                   // true
 * }</pre>
 *
 * <p>A row says which {@linkplain dev.wattle.power.isa.Privilege privilege} and which {@linkplain
 * dev.wattle.power.isa.Facility facility} the instruction needs, which {@linkplain dev.wattle.power.isa.IsaVersion
 * versions} have it and whether it {@linkplain dev.wattle.power.isa.Instruction#endsBlock() ends a translated block}.
 * What depends on an operand's value is not in the table: the privilege of {@code mtspr} by SPR number, for one.
 *
 * <h2>A row</h2>
 *
 * <pre>
 * mnemonic     | encoding                 | operands             | attributes
 * add[o][.]    | 31 RT RA RB OE 266 Rc    | RT, RA, RB           |
 * lwz          | 32 RT RA D               | RT, D(RA0)           |
 * rldicl[.]    | 30 RS RA sh mb 0:3 sh5 Rc | RA, RS, SH6, MB6    |
 * lxvx         | 31 T RA RB 4:4 -1 12:5 TX | XT, RA0, RB         | VSX/VEC 3.0
 * </pre>
 *
 * <p><b>Mnemonic.</b> Optional suffixes stand in brackets: {@code [o]} sets OE, {@code [.]} Rc, {@code [l]} LK and
 * {@code [a]} AA. What stands before the first bracket is the row's name, unique in all tables. A dot that is not
 * optional belongs to the name ({@code andi.}, {@code stwcx.}).
 *
 * <p><b>Encoding.</b> Items from bit 0 to bit 31, as in the figures of the book. A number is a constant: the first is
 * the 6-bit primary opcode, others say their width as {@code value:width} unless only one of them has no width, which
 * then takes what is left of 32 bits. A name is a field with the width that {@code fields.isa} says, or {@code
 * name:width}. {@code -n} are n reserved bits. The processor ignores them (Book I, 1.3.3), so they take no part in
 * decoding; but the disassembler shows a word that has one set as {@code .long}, so that its text always assembles to
 * the same word.
 *
 * <p>Where a newer version of the ISA gave reserved bits a meaning, both rows stay ({@code mffs}, and {@code mffsl} of
 * 3.0). A word then decodes as the row that fixes more bits, and in a table {@linkplain
 * dev.wattle.power.isa.InstructionTable#in for the older version} as the other.
 *
 * <p><b>Operands</b> in the order of assembler text. A name is a field or a combination of fields that {@code
 * fields.isa} defines: XT is TX || T, SH6 is the 6-bit SH of the MD form. RA0 is the book's (RA|0), whose value 0
 * stands for the number 0. {@code D(RA0)} is a displacement and its base. From an opening bracket on, operands may be
 * omitted and are then 0, or what follows {@code =}. {@code BF:unsigned} is written as a plain number.
 *
 * <p><b>Attributes</b>, separated by blanks:
 *
 * <ul>
 *   <li>{@code 2.07} or {@code 3.0}: first version with the instruction; none means 2.06 or before. {@code -2.07}: last
 *       version with it.
 *   <li>{@code privileged}, {@code hypervisor}: least privileged state; none means problem state.
 *   <li>{@code FP}, {@code VEC}, {@code VSX}, {@code TM}: MSR bit that must be 1. {@code VSX/VEC} and {@code FP/VEC}:
 *       the first for VSRs 0 to 31, MSR[VEC] for VSRs 32 to 63.
 *   <li>{@code ends}: a translated block ends after the instruction.
 * </ul>
 *
 * <p>A line {@code section I 3.3.9 | title | attributes} says the book and section of the rows below it, and attributes
 * that they all have; a row's own attributes come on top. Lines that start with {@code #} are comments.
 *
 * <h2>Adding an instruction</h2>
 *
 * <p>Write its row under its section. The tests then check that no word matches two rows, that text and words
 * round-trip, and that GNU objdump agrees. A prefixed instruction of Power ISA 3.1 needs more: primary opcode 1 is free
 * for prefixes, and {@link dev.wattle.power.isa.Instruction#byteLength()} is where a row says that it is 8 bytes long.
 */
package dev.wattle.power.isa;
