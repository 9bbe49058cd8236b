// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.hypervisor.irq.InterruptMode;
import dev.wattle.hypervisor.irq.InterruptReport;
import dev.wattle.hypervisor.papr.hcall.HcallNumber;
import dev.wattle.hypervisor.papr.hcall.ReturnCode;
import dev.wattle.hypervisor.papr.xics.IrqLine;
import dev.wattle.power.isa.Assembler;
import dev.wattle.power.isa.InstructionTable;
import dev.wattle.power.processor.Msr;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** vCPUs that come and go. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class VcpuHotPlugTest {
    private static final long START = 0x1000;
    private static final long SUBROUTINE = 0x8000;
    private static final long DONE = 0x7abc;
    private static final String END = "\n li 3, 0x7abc\n sc 1\n";

    private final Assembler assembler = new Assembler(InstructionTable.load());

    private Vm vm(EngineMode engine, MmuMode mmu) {
        Vm vm = Vm.builder()
                .memoryBytes(32 << 20)
                .topology(new ProcessorTopology(1, 2, 3))
                .engine(engine)
                .mmu(mmu)
                .build();
        // No guest here expects an interrupt.
        for (int vector = 0x100; vector < START; vector += 0x80) {
            program(vm, vector, "li 3, " + vector + "\n sc 1");
        }
        return vm;
    }

    private void program(Vm vm, long address, String text) {
        int[] words = assembler.assemble(address, text);
        for (int i = 0; i < words.length; i++) {
            vm.memory().putInt(address + 4L * i, words[i]);
        }
    }

    private static void run(Vcpu vcpu, long address) {
        vcpu.setMsr(Msr.SF | Msr.ME);
        vcpu.setNia(address);
        Exit exit = vcpu.run();
        assertEquals(
                DONE,
                assertInstanceOf(Exit.PaprHcall.class, exit, exit.toString()).nr());
    }

    private static long call(Vcpu vcpu, long number, long... arguments) {
        for (int i = 0; i < arguments.length; i++) {
            vcpu.setGpr(4 + i, arguments[i]);
        }
        vcpu.setGpr(3, number);
        vcpu.setMsr(Msr.SF | Msr.ME);
        vcpu.setNia(0x3000);
        vcpu.run();
        return vcpu.gpr(20);
    }

    private static void assertRefused(Runnable change, String said) {
        String message =
                assertThrows(IllegalArgumentException.class, change::run).getMessage();
        assertTrue(message.contains(said), message);
    }

    @Test
    void Vcpus_thatTheTopologyHasRoomFor_comeAndGo() {
        try (Vm vm = vm(EngineMode.NATIVE, MmuMode.AUTO)) {
            assertEquals(2, vm.vcpus().size());
            assertRefused(() -> vm.vcpu(4), "vCPU 4: this VM has 2");
            assertRefused(() -> vm.addVcpu(6), "room for 6");
            assertRefused(() -> vm.addVcpu(-1), "room for 6");
            assertRefused(() -> vm.addVcpu(1), "there already");
            assertRefused(() -> vm.removeVcpu(4), "no vCPU 4");
            Vcpu added = vm.addVcpu(4);
            assertEquals(4, added.server());
            assertEquals(4L, added.get(Register.of("PIR")));
            assertEquals(added, vm.vcpu(4));
            assertRefused(() -> vm.vcpu(3), "this VM has 0, 1, 4");
            vm.removeVcpu(1);
            vm.removeVcpu(4);
            assertRefused(() -> vm.removeVcpu(0), "at least one");
            assertEquals(1, vm.vcpus().size());
        }
        assertRefused(() -> new ProcessorTopology(3, 1, 2), "2 possible cores");
        assertRefused(() -> new ProcessorTopology(1, 8, 9), "9 cores");
        assertRefused(
                () -> Vm.builder()
                        .clock(ClockMode.VIRTUAL)
                        .topology(new ProcessorTopology(1, 1, 2))
                        .build(),
                "2 vCPUs");
    }

    @Test
    void Vcpu_thatIsNotThere_isNoServer() {
        try (Vm vm = vm(EngineMode.NATIVE, MmuMode.AUTO)) {
            program(vm, 0x3000, "sc 1\n mr 20, 3" + END);
            Vcpu first = vm.vcpu(0);
            long[] calls = {HcallNumber.H_PROD, HcallNumber.H_IPI, HcallNumber.H_SIGNAL_SYS_RESET, HcallNumber.H_CONFER
            };
            for (int round = 0; round < 2; round++) {
                for (long number : calls) {
                    assertEquals(ReturnCode.H_PARAMETER, call(first, number, 4, 0xff), HcallNumber.name(number));
                }
                assertFalse(vm.xics().isServer(4));
                assertFalse(vm.interrupts().xive().orElseThrow().isServer(4));
                assertFalse(InterruptReport.of(vm.interrupts()).contains("CPU 4"));
                vm.addVcpu(4);
                for (long number : calls) {
                    assertEquals(ReturnCode.H_SUCCESS, call(first, number, 4, 0xff), HcallNumber.name(number));
                }
                assertTrue(InterruptReport.of(vm.interrupts()).contains("CPU 4"));
                vm.removeVcpu(4);
            }
        }
    }

    @Test
    void Interrupt_presentedToAVcpuThatIsRemoved_isPresentedWhereItIsDirectedThen() {
        try (Vm vm = vm(EngineMode.NATIVE, MmuMode.AUTO)) {
            IrqLine line = vm.interrupts().claimMessage(0x1000);
            vm.addVcpu(4);
            assertTrue(vm.xics().setDestination(0x1000, 4, 5));
            vm.xics().setCppr(4, 0xff);
            vm.xics().setCppr(0, 0xff);
            line.pulse();
            assertEquals(0x1000, vm.xics().xirr(4) & 0xff_ffff);
            vm.removeVcpu(4);
            assertEquals(List.of(), vm.xics().violations());
            assertFalse(vm.xics().setDestination(0x1000, 4, 5));
            assertTrue(vm.xics().setDestination(0x1000, 0, 5));
            assertEquals(0x1000, vm.xics().xirr(0) & 0xff_ffff);
            vm.addVcpu(4);
            assertEquals(0, vm.xics().xirr(4), "CPPR and XISR as at power-on");
            vm.interrupts().select(InterruptMode.XIVE);
            vm.removeVcpu(4);
            assertEquals(List.of(), vm.interrupts().xive().orElseThrow().violations(false));
        }
    }

    @ParameterizedTest
    @EnumSource(EngineMode.class)
    void Vcpu_thatComesBack_isAsAfterPowerOn(EngineMode engine) {
        try (Vm vm = vm(engine, MmuMode.AUTO)) {
            program(vm, START, "mfspr 20, 1023\n mfspr 21, 446\n mfdec 22\n" + END);
            program(
                    vm,
                    0x2000,
                    "li 4, 77\n mr 31, 4\n mtlr 4\n mtctr 4\n mtspr 272, 4\n mtxer 4\n li 5, 1000\n mtdec 5\n"
                            + " cmpd 4, 4\n" + END);
            Vcpu fresh = vm.addVcpu(2);
            run(fresh, START);
            Vcpu vcpu = vm.addVcpu(3);
            run(vcpu, 0x2000);
            assertEquals(77, vcpu.gpr(31));
            vm.removeVcpu(3);
            Vcpu back = vm.addVcpu(3);
            assertEquals(0, back.gpr(31));
            run(back, START);
            assertEquals(3, back.gpr(20));
            assertEquals(1, back.gpr(21));
            for (String name : List.of("LR", "CTR", "SPRG0", "XER", "CR", "LPCR", "PVR", "FSCR")) {
                assertEquals(fresh.get(Register.of(name)), back.get(Register.of(name)), name);
            }
            assertTrue(back.areas().vpa().address() == 0);
        }
    }

    /** Real mode goes through the hash page table, which the new vCPU must have. */
    @ParameterizedTest
    @EnumSource(EngineMode.class)
    void Vcpu_ofAHashGuest_translatesAsTheOthers(EngineMode engine) {
        try (Vm vm = vm(engine, MmuMode.HASH)) {
            program(vm, START, "lis 4, 0x100\n ld 20, 0(4)\n" + END);
            vm.memory().putLong(0x100_0000, 0x1234);
            for (int round = 0; round < 2; round++) {
                Vcpu vcpu = vm.addVcpu(5);
                assertEquals(vm.vcpu(0).get(Register.of("LPCR")), vcpu.get(Register.of("LPCR")));
                run(vcpu, START);
                assertEquals(0x1234, vcpu.gpr(20));
                vm.removeVcpu(5);
                // It is not there, and yet must not go by the old one when it comes back.
                vm.allocatePageTable(20 + round);
            }
        }
    }

    @Test
    void Vcpu_ofARadixGuest_hasItsProcessTableAndModes() {
        try (Vm vm = vm(EngineMode.NATIVE, MmuMode.AUTO)) {
            vm.vcpu(0).registerProcessTable(0x40_0004, true, true);
            vm.vcpu(0).setLpcrBits(3L << 23, 3L << 23);
            Vcpu vcpu = vm.addVcpu(2);
            assertTrue(vcpu.isRadix());
            assertEquals(vm.vcpu(0).get(Register.of("LPCR")), vcpu.get(Register.of("LPCR")));
            vm.removeVcpu(2);
            vm.vcpu(0).registerProcessTable(0, false, false);
            assertFalse(vm.addVcpu(2).isRadix());
        }
    }

    /** Code that one vCPU has translated before another was there is watched when the other stores. */
    @ParameterizedTest
    @EnumSource(EngineMode.class)
    void Code_changedByAVcpuThatCameLater_isExecutedAsItIsThen(EngineMode engine) {
        try (Vm vm = vm(engine, MmuMode.AUTO)) {
            program(vm, START, "lis 5, 0\n ori 5, 5, 0x8000\n mtctr 5\n bctrl\n" + END);
            program(vm, SUBROUTINE, "li 20, 1\n blr");
            // Instruction "li 20, n" from n in r21.
            program(
                    vm,
                    0x2000,
                    "lis 5, 0\n ori 5, 5, 0x8000\n lis 6, 0x3a80\n or 6, 6, 21\n stw 6, 0(5)\n dcbst 0, 5\n sync\n"
                            + " icbi 0, 5\n isync\n" + END);
            Vcpu first = vm.vcpu(0);
            for (int round = 1; round <= 3; round++) {
                run(first, START);
                Vcpu added = vm.addVcpu(4);
                added.setGpr(21, 10 * round);
                run(added, 0x2000);
                run(first, START);
                assertEquals(10L * round, first.gpr(20));
                run(added, START);
                assertEquals(10L * round, added.gpr(20));
                vm.removeVcpu(4);
                // And what changes meanwhile is known to it when it is back.
                program(vm, SUBROUTINE, "li 20, " + (10 * round + 1) + "\n blr");
                Vcpu back = vm.addVcpu(4);
                run(back, START);
                assertEquals(10L * round + 1, back.gpr(20));
                vm.removeVcpu(4);
            }
        }
    }

    @Test
    void Vcpus_addedWhileOthersRun_loseNoUpdate() throws Exception {
        try (Vm vm = vm(EngineMode.NATIVE, MmuMode.AUTO)) {
            program(vm, START, """
                     lis 4, 2
                     li 5, 1000
                     mtctr 5
                    again: lwarx 6, 0, 4
                     addi 6, 6, 1
                     stwcx. 6, 0, 4
                     bne again
                     bdnz again""" + END);
            AtomicBoolean isOver = new AtomicBoolean();
            List<CompletableFuture<Long>> always = new ArrayList<>();
            for (Vcpu vcpu : vm.vcpus()) {
                always.add(CompletableFuture.supplyAsync(
                        () -> count(vcpu, isOver),
                        task -> Thread.ofPlatform().daemon().start(task)));
            }
            long others = 0;
            for (int round = 0; round < 50; round++) {
                Vcpu added = vm.addVcpu(2 + round % 4);
                others += CompletableFuture.supplyAsync(
                                () -> count(added, new AtomicBoolean(true)),
                                task -> Thread.ofPlatform().daemon().start(task))
                        .get();
                vm.removeVcpu(added.server());
            }
            isOver.set(true);
            for (CompletableFuture<Long> each : always) {
                others += each.get();
            }
            assertEquals((int) others, vm.memory().getInt(0x2_0000));
        }
    }

    private static long count(Vcpu vcpu, AtomicBoolean isOver) {
        long total = 0;
        do {
            run(vcpu, START);
            total += 1000;
        } while (!isOver.get());
        return total;
    }

    @Test
    void Vcpus_thatHaveGone_leaveNoThreads() throws InterruptedException {
        try (Vm vm = vm(EngineMode.NATIVE, MmuMode.AUTO)) {
            int before = threads();
            for (int round = 0; round < 20; round++) {
                vm.addVcpu(3);
                vm.removeVcpu(3);
                assertEquals(before, threads());
            }
        }
    }

    private static int threads() {
        return (int) Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("wattle-"))
                .count();
    }
}
