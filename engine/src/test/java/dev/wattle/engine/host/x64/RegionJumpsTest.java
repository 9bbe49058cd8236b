// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.engine.FlatProcessor;
import dev.wattle.engine.Routine;
import dev.wattle.engine.WrittenFrontEnd;
import dev.wattle.engine.host.CodeMemoryException;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.engine.translate.FrontEnd;
import java.lang.foreign.Arena;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Jumps to addresses in registers, in loops that have code of their own kind: they stay there, or leave it. */
class RegionJumpsTest {
    private static final int A = Slots.GUEST;
    private static final int C = Slots.GUEST + 1;
    private static final int LINK = Slots.GUEST + 2;
    private static final int TARGET = Slots.GUEST + 3;
    private static final int MORE = Slots.GUEST + 4;
    private static final String SAMPLES = "exits to look where a jump leads";

    private final Arena arena = Arena.ofConfined();
    private final GuestMemory memory = GuestMemory.allocate(1 << 20);

    @BeforeAll
    static void onlyOnSuchHosts() {
        Assumptions.assumeTrue(HostFeatures.isHostSupported(), "this host has no back-end");
    }

    @AfterEach
    void close() {
        arena.close();
        memory.close();
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private FlatProcessor processor(WrittenFrontEnd.Writer writer) throws CodeMemoryException {
        FrontEnd frontEnd = new WrittenFrontEnd(new int[] {A, C}, LINK, writer);
        Routine<FlatProcessor>[] routines = new Routine[] {(Routine<FlatProcessor>) (p, word) -> p.request(1)};
        FlatProcessor p = new FlatProcessor(arena, memory, frontEnd);
        p.engine = new NativeEngine<>(p, routines, frontEnd, 1 << 20, HostFeatures.host(), true, Optional.empty());
        return p;
    }

    private static void run(FlatProcessor p, long turns) {
        p.putSlot(A, turns);
        p.putSlot(Slots.NIA, 0x1100);
        p.engine.run();
    }

    private static long count(FlatProcessor p, String what) {
        return p.engine.counts().get(what);
    }

    /** A loop that calls a function, which adds 3 to C and returns as far behind the call as MORE says. */
    private FlatProcessor loopWithCall() throws CodeMemoryException {
        return processor((offset, out) -> {
            switch (offset) {
                case 0x100 -> {
                    out.opImm(Op.ADDI, A, A, -1);
                    out.opImm(Op.LEA, LINK, 0, 0x104);
                    out.end(Op.GOTO, 0, 0, 0, 0x400);
                }
                case 0x104 -> out.end(Op.BRANCH_NZ, A, 0, 0, 0x100);
                case 0x300 -> {
                    out.opImm(Op.ADDI, C, C, 100);
                    out.end(Op.GOTO, 0, 0, 0, 0x104);
                }
                case 0x400 -> {
                    out.opImm(Op.ADDI, C, C, 3);
                    out.op(Op.ADD, LINK, LINK, MORE);
                    out.end(Op.INDIRECT, LINK, 0, 0, 0);
                }
                default -> out.callEnd(0, 0);
            }
        });
    }

    @Test
    void Function_calledInALoop_isOfItsRegionAndCountsEveryInstruction() throws CodeMemoryException {
        FlatProcessor p = loopWithCall();
        run(p, 10_000);
        assertEquals(30_000, p.slot(C));
        assertEquals(30_001, p.slot(Slots.COMPLETED));
        assertEquals(1, count(p, "regions"));
        assertEquals(0, count(p, SAMPLES));
    }

    @Test
    void Function_inARegion_returnsElsewhereIfToldTo() throws CodeMemoryException {
        FlatProcessor p = loopWithCall();
        run(p, 10_000);
        p.putSlot(MORE, 0x300 - 0x104);
        run(p, 5000);
        assertEquals(30_000 + 5000 * 103, p.slot(C));
        p.putSlot(MORE, 0x4300 - 0x104);
        run(p, 1);
        assertEquals(30_000 + 5000 * 103 + 3 + 100, p.slot(C));
    }

    /** A loop that goes by the last bits of A and by MORE to one of some blocks, of which each adds something else. */
    private FlatProcessor loopWithTable() throws CodeMemoryException {
        return processor((offset, out) -> {
            if (offset == 0x100) {
                out.opImm(Op.ADDI, A, A, -1);
                out.opImm(Op.ANDI, TARGET, A, 7);
                out.opImm(Op.SHLI, TARGET, TARGET, 6);
                out.opImm(Op.ADDI, TARGET, TARGET, 0x1200);
                out.op(Op.ADD, TARGET, TARGET, MORE);
                out.end(Op.INDIRECT, TARGET, 0, 0, 0);
            } else if (offset == 0xf00) {
                out.end(Op.BRANCH_NZ, A, 0, 0, 0x100);
            } else if (offset >= 0x200 && offset < 0x600) {
                out.opImm(Op.ADDI, C, C, offset);
                out.end(Op.GOTO, 0, 0, 0, 0xf00);
            } else {
                out.callEnd(0, 0);
            }
        });
    }

    /** What that adds in turns of which there are a multiple of eight. */
    private static long sum(long turns, int more) {
        return turns / 8 * (8 * (0x200 + more) + (7 * 8 / 2 << 6));
    }

    @Test
    void Table_inALoop_becomesPartOfItsRegion() throws CodeMemoryException {
        FlatProcessor p = loopWithTable();
        run(p, 16_000);
        assertEquals(sum(16_000, 0), p.slot(C));
        assertEquals(48_001, p.slot(Slots.COMPLETED));
        assertEquals(1, count(p, "regions"));
        assertTrue(count(p, SAMPLES) > 100 && count(p, SAMPLES) < 1000, "samples " + count(p, SAMPLES));
        long jumps = count(p, "exits for a jump");
        run(p, 16_000);
        assertEquals(2 * sum(16_000, 0), p.slot(C));
        assertTrue(count(p, "exits for a jump") <= jumps + 8, "exits for jumps");
    }

    @Test
    void Table_thatLeadsElsewhereLater_isLookedAtAgain() throws CodeMemoryException {
        FlatProcessor p = loopWithTable();
        run(p, 8000);
        p.putSlot(MORE, 0x200);
        run(p, 80_000);
        assertEquals(sum(8000, 0) + sum(80_000, 0x200), p.slot(C));
        assertEquals(2, count(p, "regions"));
        assertEquals(1, count(p, "regions dropped"));
    }

    @Test
    void Table_targetWhoseCodeChanges_isNotGoneToByTheOldCode() throws CodeMemoryException {
        int[] step = {1};
        FlatProcessor p = processor((offset, out) -> {
            switch (offset) {
                case 0x100 -> {
                    out.opImm(Op.ADDI, A, A, -1);
                    out.opImm(Op.ANDI, TARGET, A, 3);
                    out.opImm(Op.SHLI, TARGET, TARGET, 6);
                    out.opImm(Op.ADDI, TARGET, TARGET, 0x1200);
                    out.end(Op.INDIRECT, TARGET, 0, 0, 0);
                }
                case 0x200, 0x240, 0x280, 0x2c0 -> {
                    out.opImm(Op.ADDI, C, C, offset == 0x240 ? step[0] : 1);
                    out.end(Op.GOTO, 0, 0, 0, 0xf00);
                }
                case 0xf00 -> out.end(Op.BRANCH_NZ, A, 0, 0, 0x100);
                default -> out.callEnd(0, 0);
            }
        });
        run(p, 8000);
        assertEquals(8000, p.slot(C));
        step[0] = 1001;
        p.codeCache().written(0x1240, 4);
        assertEquals(1, count(p, "regions dropped"));
        run(p, 8000);
        assertEquals(16_000 + 2000 * 1000, p.slot(C));
    }

    @Test
    void Table_inARegion_stopsAtTheDeadline() throws CodeMemoryException {
        FlatProcessor p = loopWithTable();
        run(p, 16_000);
        for (int later = 1000; later < 1003; later++) {
            long deadline = p.slot(Slots.COMPLETED) + later;
            p.putSlot(Slots.DEADLINE, deadline);
            run(p, 16_000);
            assertEquals(deadline, p.slot(Slots.COMPLETED));
        }
    }
}
