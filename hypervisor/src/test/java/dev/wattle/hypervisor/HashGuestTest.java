// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.hypervisor.papr.hash.PageTableExport;
import dev.wattle.power.isa.Assembler;
import dev.wattle.power.isa.InstructionTable;
import dev.wattle.power.mmu.HashPageTable;
import dev.wattle.power.model.ProcessorModel;
import dev.wattle.power.processor.Msr;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Guests with a hash page table, from real mode on. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class HashGuestTest {
    private static final long START = 0x1000;
    private static final long DONE = 0x7abc;
    private static final long H_REMOVE = 4;
    private static final long H_ENTER = 8;
    private static final long H_PROTECT = 0x18;
    private static final long MEMORY = 32L << 20;

    private final Assembler assembler = new Assembler(InstructionTable.load());

    private static Vm vm(EngineMode engine, ProcessorModel model) {
        return Vm.builder()
                .memoryBytes(MEMORY)
                .processor(model)
                .mmu(MmuMode.HASH)
                .engine(engine)
                .build();
    }

    private void program(Vm vm, long address, String text) {
        int[] words = assembler.assemble(address, text);
        for (int i = 0; i < words.length; i++) {
            vm.memory().putInt(address + 4L * i, words[i]);
        }
        vm.vcpu(0).setNia(START);
    }

    /** Has interrupts end the run, with the vector in r31. */
    private void handlers(Vm vm) {
        for (int vector = 0x100; vector < START; vector += 0x80) {
            program(vm, vector, "li 31," + vector + "; li 3," + DONE + "; sc 1");
        }
    }

    private static void assertDone(Exit exit) {
        assertEquals(
                DONE,
                assertInstanceOf(Exit.PaprHcall.class, exit, exit.toString()).nr());
    }

    /** Loads and stores to the first and last doubleword of all memory with translation off, through bolted entries. */
    @ParameterizedTest
    @EnumSource(EngineMode.class)
    void realMode_allMemory_isReachedThroughTheArea(EngineMode engine) {
        for (ProcessorModel model : ProcessorModel.values()) {
            try (Vm vm = vm(engine, model)) {
                handlers(vm);
                program(vm, START, """
                        lis 4, 0x10
                        lis 5, 0x200
                        mr 6, 4
                        again: std 6, 0(6)
                        std 6, -8(6)
                        add 6, 6, 4
                        cmpd 6, 5
                        blt again
                        std 6, -8(6)
                        ld 7, 0(5)
                        """);
                Vcpu vcpu = vm.vcpu(0);
                assertDone(vcpu.run());
                assertEquals(0x300, vcpu.gpr(31), "behind the last entry");
                assertEquals(MEMORY, vm.memory().getLong(MEMORY - 8));
                assertEquals(0x90_0000, vm.memory().getLong(0x90_0000));
                HashPageTable table = vm.pageTable().current().orElseThrow();
                int bolted = 0;
                for (long i = 0; i < table.entries(); i++) {
                    if ((table.v(i) & HashPageTable.V_VALID) != 0) {
                        assertEquals(0x1ff_ffff, HashPageTable.segment(table.v(i)));
                        assertEquals(7, i & 7);
                        bolted++;
                    }
                }
                assertEquals(2, bolted, "pages of 16 MiB");
            }
        }
    }

    /** A guest that maps a page, uses it, and has it protected and removed while the processor remembers it. */
    @ParameterizedTest
    @EnumSource(EngineMode.class)
    void guest_entersProtectsAndRemovesPages(EngineMode engine) {
        try (Vm vm = vm(engine, ProcessorModel.POWER9)) {
            handlers(vm);
            Vcpu vcpu = vm.vcpu(0);
            long segment = 0x55;
            // Data are translated, instructions are not.
            program(vm, START, """
                    slbmte 20, 21
                    mtmsrd 22
                    mr 3, 10 ; li 4, 0 ; mr 5, 11 ; mr 6, 12 ; mr 7, 13
                    sc 1
                    mr 14, 4
                    li 15, 1
                    std 15, 0(23)
                    li 3, 0x18 ; li 4, 3 ; mr 5, 14
                    sc 1
                    ld 16, 0(23)
                    li 3, 0x7abc
                    sc 1
                    std 16, 8(23)
                    """);
            vcpu.setGpr(10, H_ENTER);
            vcpu.setGpr(11, segment * 8);
            vcpu.setGpr(12, segment << 12 | 1);
            vcpu.setGpr(13, 0x20_0000 | 0x10 | 2);
            vcpu.setGpr(20, segment << 12);
            vcpu.setGpr(21, 0x1000_0000 | 1 << 27);
            vcpu.setGpr(22, Msr.SF | Msr.ME | Msr.DR);
            vcpu.setGpr(23, 0x1000_0000);
            assertDone(vcpu.run());
            assertEquals(1, vcpu.gpr(16));
            assertEquals(1, vm.memory().getLong(0x20_0000));
            HashPageTable table = vm.pageTable().current().orElseThrow();
            assertEquals(0x180, table.r(vcpu.gpr(14)) & 0x180, "R and C");
            assertDone(vcpu.run());
            assertEquals(0x300, vcpu.gpr(31), "stores are not allowed any more");
            vcpu.setMsr(Msr.SF | Msr.ME | Msr.DR);
            program(vm, START, "ld 16, 0(23) ; li 3, 4 ; li 4, 0 ; mr 5, 14 ; sc 1 ; ld 16, 0(23)");
            vcpu.setGpr(31, 0);
            assertDone(vcpu.run());
            assertEquals(0x300, vcpu.gpr(31), "it is gone");
            assertEquals(1, vm.exitCounts().get("H_REMOVE"));
            assertEquals(0, table.v(vcpu.gpr(14)));
        }
    }

    @Test
    void export_whileTheGuestRuns_roundTripsBitByBit() {
        try (Vm vm = vm(EngineMode.NATIVE, ProcessorModel.POWER8);
                Vm copy = vm(EngineMode.NATIVE, ProcessorModel.POWER8)) {
            HashPageTable table = vm.pageTable().current().orElseThrow();
            program(vm, START, """
                    li 20, 0
                    again: li 3, 8 ; li 4, 0 ; rldicl 5, 20, 3, 52 ; rldicr 6, 20, 12, 51 ; ori 6, 6, 1 ; mr 7, 13
                    sc 1
                    cmpdi 3, 0 ; beq next
                    li 3, 4 ; li 4, 0 ; rldicl 5, 20, 3, 52
                    sc 1
                    next: addi 20, 20, 1
                    cmpd 20, 21
                    blt again
                    li 3, 0x7abc
                    sc 1
                    """);
            Vcpu vcpu = vm.vcpu(0);
            vcpu.setGpr(13, 0x20_0000 | 0x10 | 2);
            vcpu.setGpr(21, 200_000);
            Thread guest = Thread.ofPlatform().start(() -> assertDone(vcpu.run()));
            ByteBuffer buffer = ByteBuffer.allocate(1000);
            try (PageTableExport export = vm.exportPageTable(false)) {
                boolean isOver = false;
                for (int quiet = 0; quiet < 2; ) {
                    isOver = !guest.isAlive();
                    int bytes = export.read(buffer.clear());
                    quiet = bytes == 0 && isOver ? quiet + 1 : 0;
                    copy.importPageTable(buffer.flip());
                    assertFalse(buffer.hasRemaining());
                }
                assertTrue(export.isComplete());
            }
            HashPageTable loaded = copy.pageTable().current().orElseThrow();
            int valid = 0;
            for (long i = 0; i < table.entries(); i++) {
                assertEquals(table.v(i), loaded.v(i));
                assertEquals(table.r(i), loaded.r(i));
                valid += (int) table.v(i) & 1;
            }
            assertTrue(valid > 1000, valid + " entries");
        }
    }

    @Test
    void export_unchanged_saysNothingMore() {
        try (Vm vm = vm(EngineMode.EVALUATOR, ProcessorModel.POWER9)) {
            HashPageTable table = vm.pageTable().current().orElseThrow();
            ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
            try (PageTableExport export = vm.exportPageTable(true)) {
                // The two entries of real mode, each in a record of its own.
                assertEquals(2 * (8 + 16), export.read(buffer));
                assertEquals(0, export.read(buffer));
                table.set(64, 0x1_2345_0001L, 0x1010);
                assertEquals(8, export.read(buffer.clear()), "invalid, since it is not bolted");
                assertArrayEquals(new byte[] {0, 0, 0, 64, 0, 0, 0, 1}, java.util.Arrays.copyOf(buffer.array(), 8));
                table.set(64, 0x1_2345_0011L, 0x1010);
                table.set(65, 0, 0);
                assertEquals(24, export.read(buffer.clear()));
                assertEquals(0x40_0001_0001L, buffer.getLong(0));
                assertEquals(0x1_2345_0011L, buffer.getLong(8));
                assertEquals(0x1010, buffer.getLong(16));
                assertEquals(0, export.read(buffer.clear()));
                vm.allocatePageTable(19);
                assertThrows(IllegalStateException.class, () -> export.read(buffer));
            }
        }
    }

    @Test
    void import_foreignRecords_areRefused() {
        try (Vm vm = vm(EngineMode.EVALUATOR, ProcessorModel.POWER9)) {
            long entries = vm.pageTable().current().orElseThrow().entries();
            ByteBuffer behind =
                    ByteBuffer.allocate(8).putInt((int) entries).putInt(1).flip();
            assertTrue(assertThrows(IllegalArgumentException.class, () -> vm.importPageTable(behind))
                    .getMessage()
                    .contains("the table has " + entries));
            ByteBuffer invalid = ByteBuffer.allocate(24)
                    .putInt(0)
                    .putInt(0x1_0000)
                    .putLong(2)
                    .putLong(0)
                    .flip();
            assertTrue(assertThrows(IllegalArgumentException.class, () -> vm.importPageTable(invalid))
                    .getMessage()
                    .contains("no valid one"));
            ByteBuffer half = ByteBuffer.allocate(16)
                    .putInt(0)
                    .putInt(0x1_0000)
                    .putLong(1)
                    .flip();
            vm.importPageTable(half);
            assertEquals(16, half.remaining());
        }
        try (Vm radix = Vm.builder().memoryBytes(MEMORY).mmu(MmuMode.RADIX).build()) {
            assertThrows(IllegalStateException.class, () -> radix.exportPageTable(false));
            assertThrows(IllegalStateException.class, () -> radix.allocatePageTable(20));
        }
        Vm.Builder builder = Vm.builder().processor(ProcessorModel.POWER8).mmu(MmuMode.RADIX);
        assertThrows(IllegalArgumentException.class, builder::build);
    }

    /** A guest of a POWER9 that may do either: it turns to hashing by its first call about a page table. */
    @ParameterizedTest
    @EnumSource(EngineMode.class)
    void auto_firstHashCall_makesTheTable(EngineMode engine) {
        try (Vm vm = Vm.builder().memoryBytes(MEMORY).engine(engine).build()) {
            handlers(vm);
            assertTrue(vm.pageTable().current().isEmpty());
            program(vm, START, "li 3, 0xc ; li 4, 0 ; li 5, 0 ; sc 1 ; mr 20, 3 ; li 3, 0x7abc ; sc 1");
            Vcpu vcpu = vm.vcpu(0);
            assertDone(vcpu.run());
            assertEquals(0, vcpu.gpr(20));
            assertEquals(18, vm.pageTable().current().orElseThrow().shift());
        }
    }
}
