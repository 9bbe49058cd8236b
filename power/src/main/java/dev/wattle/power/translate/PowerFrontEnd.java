// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.translate;

import dev.wattle.engine.Routine;
import dev.wattle.engine.ir.BlockBuilder;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.memory.HostMemory;
import dev.wattle.engine.translate.FrontEnd;
import dev.wattle.power.isa.Disassembler;
import dev.wattle.power.isa.Instruction;
import dev.wattle.power.isa.InstructionTable;
import dev.wattle.power.isa.IsaVersion;
import dev.wattle.power.isa.Privilege;
import dev.wattle.power.model.ProcessorModel;
import dev.wattle.power.processor.Interrupt;
import dev.wattle.power.processor.Mode;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.State;
import dev.wattle.power.semantics.Chapters;
import dev.wattle.power.semantics.Emission;
import dev.wattle.power.semantics.Meanings;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Decodes Power code and writes what it means as micro-ops, with the checks that come before every meaning. */
public final class PowerFrontEnd implements FrontEnd {
    private static final int MAX_INSTRUCTIONS = 64;
    /** Facility number of transactional memory in FSCR[IC]. */
    private static final int IC_TM = 5;

    /** GPRs by how often compiled code for the ELFv2 ABI names them: stack pointer, arguments, scratch, saved. */
    private static final int[] HOT_GPRS = {
        State.GPR + 1,
        State.GPR + 3,
        State.GPR + 9,
        State.GPR + 10,
        State.GPR + 4,
        State.GPR + 31,
        State.GPR + 5,
        State.GPR + 8,
        State.GPR + 30,
        State.GPR + 7,
        State.GPR + 6
    };

    private final InstructionTable table;
    private final Meanings meanings;
    private final boolean isa3;
    private final int privileged;
    private final int noFp;
    private final int noVec;
    private final int noVsx;
    private final int noTm;
    private final int trace;

    public PowerFrontEnd(ProcessorModel model) {
        InstructionTable all = InstructionTable.load();
        isa3 = model.isa() >= 300;
        table = all.in(isa3 ? IsaVersion.V3_0 : IsaVersion.V2_07);
        meanings = Chapters.bind(all);
        privileged = meanings.shared("privileged instruction", (p, w) -> {
            throw p.interrupts().privileged();
        });
        noFp = unavailable(Interrupt.FLOATING_POINT_UNAVAILABLE);
        noVec = unavailable(Interrupt.VECTOR_UNAVAILABLE);
        noVsx = unavailable(Interrupt.VSX_UNAVAILABLE);
        noTm = meanings.shared("transactional memory unavailable", (p, w) -> {
            throw p.interrupts().facilityUnavailable(IC_TM);
        });
        trace = meanings.shared("trace", (p, w) -> p.interrupts().tracing(w));
    }

    private int unavailable(Interrupt interrupt) {
        return meanings.shared("facility unavailable", (p, w) -> {
            throw p.interrupts().unavailable(interrupt);
        });
    }

    /** What CALL micro-ops run, by number. */
    public Routine<PowerProcessor>[] routines() {
        return meanings.routines();
    }

    /** What the routines are called, by number. */
    public List<String> routineNames() {
        return meanings.routineNames();
    }

    @Override
    public String routineName(int routine) {
        return routineNames().get(routine);
    }

    @Override
    public int[] hotSlots() {
        return HOT_GPRS.clone();
    }

    @Override
    public int[] baseSlots() {
        // The stack pointer, and what thread-local storage or a kernel's data of the processor is found by.
        return new int[] {State.GPR + 1, State.GPR + 13};
    }

    @Override
    public int returnSlot() {
        return State.LR;
    }

    @Override
    public String disassemble(byte[] code, int at, long address, int mode) {
        if (at + 4 > code.length) {
            return "";
        }
        ByteOrder order = (mode & Mode.LE) != 0 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        return new Disassembler(table)
                .disassemble(ByteBuffer.wrap(code).order(order).getInt(at), address);
    }

    @Override
    public String slotName(int slot) {
        return slot < Slots.GUEST || slot >= State.END
                ? FrontEnd.super.slotName(slot)
                : State.name(slot).replace(" ", "");
    }

    @Override
    public int watchedModes() {
        return Mode.TRACE;
    }

    @Override
    public long addressMask(int mode) {
        return (mode & Mode.SF) != 0 ? -1L : 0xffff_ffffL;
    }

    @Override
    public void translate(long code, int pageOffset, int pageBytes, int mode, BlockBuilder out) {
        Emission e = new Emission(out, isa3);
        e.mode = mode;
        boolean little = (mode & Mode.LE) != 0;
        int most = (mode & Mode.TRACE) != 0 ? 1 : MAX_INSTRUCTIONS;
        int offset = pageOffset;
        while (!out.ended()) {
            long at = code + offset - pageOffset;
            e.word = little ? HostMemory.getIntLe(at) : HostMemory.getIntBe(at);
            e.pageOffset = offset;
            out.beginInstruction(4);
            if ((mode & Mode.TRACE) != 0) {
                out.call(trace, e.word);
            }
            instruction(e);
            offset += 4;
            if (!out.ended() && (offset == pageBytes || out.instructions() == most)) {
                out.end(Op.FALL_THROUGH, 0, 0, 0, 0);
            }
        }
    }

    private void instruction(Emission e) {
        Instruction row = table.decode(e.word);
        if (row != Instruction.ILLEGAL) {
            int refusal = refusal(row, e);
            if (refusal >= 0) {
                e.out.callEnd(refusal, e.word);
                return;
            }
        }
        meanings.emit(row, e);
    }

    /** The routine that raises what forbids the instruction in this mode, or -1. */
    private int refusal(Instruction row, Emission e) {
        boolean problem = (e.mode & Mode.PR) != 0;
        // With LPCR[EVIRT] = 0 a hypervisor instruction outside of the hypervisor is a privileged one.
        if (row.privilege() == Privilege.PRIVILEGED && problem || row.privilege() == Privilege.HYPERVISOR) {
            return privileged;
        }
        return switch (row.facility(e.word)) {
            case NONE -> -1;
            case FP -> (e.mode & Mode.FP) != 0 ? -1 : noFp;
            case VEC -> (e.mode & Mode.VEC) != 0 ? -1 : noVec;
            case VSX -> (e.mode & Mode.VSX) != 0 ? -1 : noVsx;
            case TM -> (e.mode & Mode.TM) != 0 ? -1 : noTm;
        };
    }
}
