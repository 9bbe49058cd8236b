// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import dev.wattle.power.isa.Instruction;
import dev.wattle.power.isa.Operand;
import dev.wattle.power.isa.Privilege;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** What a row of the instruction table needs to be tested sensibly: which numbers, which storage, or why not at all. */
public final class RowProfile {
    /** What a floating-point or vector register of a row holds. */
    public enum Domain {
        INTEGER,
        F16,
        F32,
        F64,
        F128,
        DFP32,
        DFP64,
        DFP128,
        PACKED,
        ZONED,
        NATIONAL
    }

    /** How the effective address is made. */
    public enum Addressing {
        /** No storage access. */
        NONE,
        /** (RA|0) + D. */
        DISPLACEMENT,
        /** (RA|0) + (RB). */
        INDEXED,
        /** (RA|0). */
        REGISTER
    }

    private static final Map<String, String> EXCLUDED = Map.of(
            "sc", "enters the operating system",
            "scv", "enters the operating system",
            "rfebb", "event-based branches are not offered to problem state here (FSCR[EBB] = 0)",
            "wait", "waits for an interrupt");

    private static final Pattern BLOCK = Pattern.compile("dcb.*|icb.*|copy|paste\\.|dst.*");
    private static final Pattern ATOMIC = Pattern.compile("l[wd]at|st[wd]at");
    private static final Pattern LENGTH_IN_RB = Pattern.compile("lxvll?|stxvll?");

    private static final Pattern SINGLE = Pattern.compile("f(add|sub|mul|div|sqrt|n?madd|n?msub|re|rsqrte)s"
            + "|xs(add|sub|mul|div|sqrt|re|rsqrte|n?m(add|sub)[am])sp");

    /** The row. */
    public final Instruction row;

    final Domain domain;
    /** How it makes its effective address. */
    public final Addressing addressing;
    /** Most bytes that one instance touches. */
    public final int accessBytes;
    /** Alignment that an instance needs, or would like. */
    final int alignment;
    /** Whether an access that is not aligned interrupts. */
    public final boolean mustBeAligned;
    /** Writes the effective address to RA. */
    final boolean update;

    final boolean load;
    /** Whether it may go elsewhere. */
    public final boolean branch;
    /** Whether the operands ought to be representable in single precision. */
    final boolean single;

    /** Looks a row up. */
    public RowProfile(Instruction row) {
        this.row = row;
        String name = row.name();
        domain = domain(row.chapter(), name);
        addressing = addressing(row);
        accessBytes = addressing == Addressing.NONE ? 0 : accessBytes(name);
        mustBeAligned = name.endsWith("arx")
                || name.endsWith("cx.")
                || ATOMIC.matcher(name).matches()
                || name.equals("lq")
                || name.equals("stq")
                || name.equals("copy")
                || name.equals("paste.");
        alignment = ATOMIC.matcher(name).matches() ? accessBytes / 2 : Math.max(1, accessBytes);
        update = addressing != Addressing.NONE && name.matches("l.*u|l.*ux|st.*u|st.*ux");
        load = name.startsWith("l");
        single = SINGLE.matcher(name).matches();
        branch = row.chapter().equals("branch") && name.matches("b|bc|bclr|bcctr|bctar");
    }

    /** Why the row cannot be tested; empty if it can. */
    static Optional<String> exclusion(Instruction row) {
        return Optional.ofNullable(EXCLUDED.get(row.name()));
    }

    /** Why the row cannot be tested in one byte order; empty if it can. */
    static Optional<String> exclusion(Instruction row, boolean littleEndian) {
        if (littleEndian && row.name().matches("lmw|stmw|lsw[ix]|stsw[ix]")) {
            return Optional.of("ends QEMU user mode itself in little-endian mode, where it is an alignment interrupt");
        }
        return exclusion(row);
    }

    /** Whether problem state may not execute the row at all, so that only the interrupt is compared. */
    static boolean isPrivileged(Instruction row) {
        return row.privilege() != Privilege.PROBLEM;
    }

    /** Whether the row has an operand of that name. */
    public boolean has(String operand) {
        for (Operand o : row.operands()) {
            if (o.name().equals(operand)) {
                return true;
            }
        }
        return false;
    }

    /** The operand that is RA as a base: RA or RA0. */
    public Operand ra() {
        return row.operand(has("RA0") ? "RA0" : "RA");
    }

    /** The displacement operand of a row with {@link Addressing#DISPLACEMENT}. */
    public Operand displacement() {
        for (Operand operand : row.operands()) {
            if (operand.kind() == Operand.Kind.SIGNED) {
                return operand;
            }
        }
        throw new IllegalStateException(row.name() + " has no displacement");
    }

    private static Addressing addressing(Instruction row) {
        String name = row.name();
        boolean storage = switch (row.chapter()) {
            case "fixed-point-storage" -> !name.endsWith("cix");
            case "storage-control" -> !name.startsWith("rnop");
            case "floating-point" -> name.startsWith("lf") || name.startsWith("stf");
            case "vector" -> name.matches("lv[ex].*|stv.*");
            case "vsx" -> name.startsWith("lx") || name.startsWith("stx");
            default -> false;
        };
        if (!storage) {
            return Addressing.NONE;
        }
        boolean ra = false;
        boolean rb = false;
        for (Operand operand : row.operands()) {
            if (operand.base()) {
                return Addressing.DISPLACEMENT;
            }
            ra |= operand.name().equals("RA0") || operand.name().equals("RA");
            rb |= operand.name().equals("RB");
        }
        if (!ra) {
            return Addressing.NONE;
        }
        return rb && !LENGTH_IN_RB.matcher(name).matches() ? Addressing.INDEXED : Addressing.REGISTER;
    }

    private static int accessBytes(String name) {
        if (BLOCK.matcher(name).matches() || name.matches("st?mw|lmw|l?s?t?sw[ix]")) {
            return 128;
        }
        if (name.matches("l[wd]at|st[wd]at")) {
            return name.charAt(name.length() - 3) == 'w' ? 8 : 16;
        }
        if (name.matches("lb.*|stb.*|.*[ve]bx|lxsibzx|stxsibx")) {
            return 1;
        }
        if (name.matches("lh.*|sth.*|.*vehx|lxsihzx|stxsihx")) {
            return 2;
        }
        if (name.matches("lw.*|stw.*|lf[si].*|stf[si].*|.*vewx|l?s?t?xsiw.*|l?s?t?xssp.*|lxvwsx")) {
            return 4;
        }
        if (name.matches("lq.*|stq.*|l?s?t?fdp.*|.*vxl?|l?s?t?xv(?!dsx).*")) {
            return 16;
        }
        return 8;
    }

    private static Domain domain(String chapter, String name) {
        return switch (chapter) {
            case "floating-point" -> name.matches("fcfi.*|mffs.*|mtfsf|lfiw.*") ? Domain.INTEGER : Domain.F64;
            case "decimal" -> decimal(name);
            case "vector" -> vector(name);
            case "vsx" -> vsx(name);
            default -> Domain.INTEGER;
        };
    }

    private static Domain decimal(String name) {
        return switch (name) {
            case "dcffix", "dcffixq" -> Domain.INTEGER;
            case "denbcd", "denbcdq" -> Domain.PACKED;
            case "dctdp" -> Domain.DFP32;
            case "dctqpq" -> Domain.DFP64;
            default -> name.endsWith("q") ? Domain.DFP128 : Domain.DFP64;
        };
    }

    private static Domain vector(String name) {
        if (name.matches("v.*fp|vrfi.|vct[su]xs")) {
            return Domain.F32;
        }
        return switch (name) {
            case "bcdcfn." -> Domain.NATIONAL;
            case "bcdcfz." -> Domain.ZONED;
            case "bcdcfsq.", "vmul10uq", "vmul10cuq" -> Domain.INTEGER;
            default -> name.startsWith("bcd") ? Domain.PACKED : Domain.INTEGER;
        };
    }

    private static Domain vsx(String name) {
        if (name.startsWith("xscv") || name.startsWith("xvcv")) {
            return switch (name.substring(4, 6)) {
                case "dp" -> Domain.F64;
                case "sp" -> Domain.F32;
                case "qp" -> Domain.F128;
                case "hp" -> Domain.F16;
                default -> Domain.INTEGER;
            };
        }
        if (name.contains("qp")) {
            return Domain.F128;
        }
        if (name.startsWith("xs") || name.matches("l?s?t?xs(sp|d).*")) {
            return Domain.F64;
        }
        if (name.startsWith("xv")) {
            return name.endsWith("sp") || name.startsWith("xvrsp") ? Domain.F32 : Domain.F64;
        }
        return Domain.INTEGER;
    }
}
