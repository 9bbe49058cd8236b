// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static dev.wattle.engine.host.x64.Register.RAX;
import static dev.wattle.engine.host.x64.Register.RCX;
import static dev.wattle.engine.host.x64.Register.RDX;

import dev.wattle.engine.ir.Slots;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Jumps to addresses in registers that stay within a region: by comparisons if there are few targets, otherwise by a
 * table behind the region's code, with a displacement for each instruction from the first target to the last.
 */
final class RegionJumps {
    private static final int MOST_COMPARED = 2;
    private static final int INSTRUCTION_BYTES = 4;
    /** Bytes that a table may have. */
    private static final int MOST_TABLE_BYTES = 1 << 14;

    private final Assembler asm;
    private final RegionFlow flow;
    private final boolean exactDeadline;
    private final List<Table> tables = new ArrayList<>();

    /**
     * @param displacement where the code has that of the table
     * @param low offset in the page of the first target
     * @param high of the last one
     * @param members the targets
     * @param elsewhere where to go for all other addresses
     */
    private record Table(long displacement, int low, int high, Region region, int[] members, long elsewhere) {}

    RegionJumps(Assembler asm, RegionFlow flow, boolean exactDeadline) {
        this.asm = asm;
        this.flow = flow;
        this.exactDeadline = exactDeadline;
    }

    void begin() {
        tables.clear();
    }

    /**
     * Goes on in members if the address in rax is that of one, and nothing is pending; behind otherwise. Changes rcx, rdx
     * and the flags.
     *
     * @param members which those are
     */
    void write(int[] members, Region region) {
        if (members.length == 0) {
            return;
        }
        int[] offsets = Arrays.stream(members)
                .map(m -> region.members.get(m).pageOffset)
                .toArray();
        int low = Arrays.stream(offsets).min().orElseThrow();
        int high = Arrays.stream(offsets).max().orElseThrow();
        if (members.length > MOST_COMPARED && high - low >= MOST_TABLE_BYTES) {
            return;
        }
        long late = 0;
        if (exactDeadline) {
            asm.alu(Assembler.CMP, Layout.COUNTER, Layout.slot(Slots.DEADLINE));
            late = asm.jccForward(Condition.GREATER_OR_EQUAL);
        }
        asm.aluMemImm(Assembler.CMP, Layout.slot(Slots.PENDING), 0);
        long requested = asm.jccForward(Condition.NOT_EQUAL);
        asm.mov(RCX, RAX);
        asm.alu(Assembler.SUB, RCX, Layout.slot(HostSlots.PAGE_BASE));
        if (members.length <= MOST_COMPARED) {
            for (int k = 0; k < members.length; k++) {
                asm.aluImm(Assembler.CMP, RCX, offsets[k]);
                flow.jump(asm.jccForward(Condition.EQUAL), members[k]);
            }
        } else {
            asm.aluImm(Assembler.SUB, RCX, low);
            asm.aluImm(Assembler.CMP, RCX, high - low);
            long outside = asm.jccForward(Condition.ABOVE);
            asm.leaCode(RDX, asm.here());
            long displacement = asm.here() - Integer.BYTES;
            asm.loadSigned32(RCX, Assembler.mem(RDX, RCX, 0, 0));
            asm.alu(Assembler.ADD, RCX, RDX);
            asm.jmpRegister(RCX);
            asm.bind(outside);
            tables.add(new Table(displacement, low, high, region, members, asm.here()));
        }
        asm.bind(requested);
        if (late != 0) {
            asm.bind(late);
        }
    }

    /** Writes the tables behind the code that has the jumps. */
    void writeTables(long[] labels) {
        for (Table table : tables) {
            asm.align(INSTRUCTION_BYTES);
            long start = asm.here();
            asm.patch(table.displacement, start);
            long[] targets = new long[(table.high - table.low) / INSTRUCTION_BYTES + 1];
            Arrays.fill(targets, table.elsewhere);
            for (int member : table.members) {
                int offset = table.region.members.get(member).pageOffset;
                targets[(offset - table.low) / INSTRUCTION_BYTES] = labels[member];
            }
            for (long target : targets) {
                asm.int_((int) (target - start));
            }
        }
    }
}
