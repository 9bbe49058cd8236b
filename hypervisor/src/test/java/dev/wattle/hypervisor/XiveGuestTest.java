// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.wattle.hypervisor.irq.InterruptMode;
import dev.wattle.hypervisor.papr.xics.IrqLine;
import dev.wattle.hypervisor.papr.xive.EsbBacking;
import dev.wattle.hypervisor.papr.xive.SoftwareBacking;
import dev.wattle.hypervisor.papr.xive.Xive;
import dev.wattle.hypervisor.papr.xive.XiveSource;
import dev.wattle.power.isa.Assembler;
import dev.wattle.power.isa.InstructionTable;
import dev.wattle.power.processor.Msr;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Guests that use XIVE as an operating system does: hypercalls, pages, interrupts. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class XiveGuestTest {
    private static final long START = 0x1000;
    private static final long DONE = 0x7abc;
    private static final long QUEUE = 0x1_0000;
    private static final int MSI = 0x1300;
    private static final int LSI = 0x1200;

    /** r20 counts events; r24 queue, r25 index, r26 generation, r28 entries; r22 TIMA, r23 management page. */
    private static final String HANDLER = """
            mfcr 2
            lhz 3, 0x810(22)
            next:
            slwi 4, 25, 2
            lwzx 5, 24, 4
            srwi 6, 5, 31
            cmpw 6, 26
            bne done
            addi 20, 20, 1
            addi 25, 25, 1
            cmpw 25, 28
            blt same
            li 25, 0
            xori 26, 26, 1
            same:
            ld 7, 0(23)
            b next
            done:
            li 7, 0xff
            stb 7, 0x11(22)
            mtcrf 255, 2
            rfid
            """;

    /** Sets queue 6 of the server in r18 up, and the source in r19. */
    private static final String SET_UP = """
            li 3, 0x3b8
            li 4, 1
            mr 5, 18
            li 6, 6
            mr 7, 24
            li 8, 12
            sc 1
            mr 14, 3
            li 3, 0x3ac
            li 4, 2
            mr 5, 19
            mr 6, 18
            li 7, 6
            li 8, 0x99
            sc 1
            mr 15, 3
            li 3, 0x3a8
            li 4, 0
            mr 5, 19
            sc 1
            mr 16, 3
            mr 10, 4
            mr 11, 5
            mr 12, 6
            mr 13, 7
            li 7, 0xff
            stb 7, 0x11(22)
            """;

    private final Assembler assembler = new Assembler(InstructionTable.load());

    private void program(Vm vm, long address, String text) {
        int[] words = assembler.assemble(address, text);
        for (int i = 0; i < words.length; i++) {
            vm.memory().putInt(address + 4L * i, words[i]);
        }
    }

    private Vm vm(EngineMode engine, int source, String text) {
        Vm vm = Vm.builder().memoryBytes(1 << 20).engine(engine).build();
        vm.interrupts().select(InterruptMode.XIVE);
        program(vm, 0x500, HANDLER);
        program(vm, START, SET_UP + text + "\n li 3, 0x7abc \n sc 1 \n b .");
        Vcpu vcpu = vm.vcpu(0);
        vcpu.setNia(START);
        vcpu.setMsr(Msr.SF | Msr.EE);
        vcpu.setGpr(19, source);
        vcpu.setGpr(22, Xive.timaPage(false));
        vcpu.setGpr(24, QUEUE);
        vcpu.setGpr(26, 1);
        vcpu.setGpr(28, 1024);
        long trigger = vm.interrupts().xive().orElseThrow().triggerPage(source);
        vcpu.setGpr(29, trigger);
        vcpu.setGpr(23, trigger + (1L << Xive.PAGE_SHIFT));
        return vm;
    }

    private static void runToDone(Vm vm) {
        Exit exit = vm.vcpu(0).run();
        assertEquals(
                DONE,
                assertInstanceOf(Exit.PaprHcall.class, exit, exit.toString()).nr());
    }

    /** Interrupts itself often enough that the queue wraps several times, while what is behind the pages changes. */
    @ParameterizedTest
    @EnumSource(EngineMode.class)
    void guest_triggersItself_getsEachEventOnceWhileTheBackingIsSwitched(EngineMode engine) throws Exception {
        int events = 5000;
        try (Vm vm = vm(engine, MSI, """
                ld 7, 0xc00(23)
                again:
                addi 30, 30, 1
                std 5, 0(29)
                wait:
                cmpd 20, 30
                blt wait
                cmpd 20, 21
                blt again
                """)) {
            vm.interrupts().claimMessage(MSI);
            Vcpu vcpu = vm.vcpu(0);
            vcpu.setGpr(21, events);
            XiveSource source = vm.interrupts().xive().orElseThrow().source(MSI).orElseThrow();
            Thread switcher = Thread.ofPlatform().start(() -> {
                EsbBacking other = new SoftwareBacking();
                while (!Thread.currentThread().isInterrupted()) {
                    other = source.switchTo(other);
                    Thread.onSpinWait();
                }
            });
            try {
                runToDone(vm);
            } finally {
                switcher.interrupt();
                switcher.join();
            }
            assertEquals(0, vcpu.gpr(14), "H_INT_SET_QUEUE_CONFIG");
            assertEquals(0, vcpu.gpr(15), "H_INT_SET_SOURCE_CONFIG");
            assertEquals(0, vcpu.gpr(16), "H_INT_GET_SOURCE_INFO");
            assertEquals(1, vcpu.gpr(10), "store EOI");
            assertEquals(vcpu.gpr(23), vcpu.gpr(11));
            assertEquals(vcpu.gpr(29), vcpu.gpr(12));
            assertEquals(16, vcpu.gpr(13));
            assertEquals(events, vcpu.gpr(20));
            assertEquals(events, source.counters().forwarded());
            assertEquals(events, source.counters().ends());
            assertEquals(List.of(), vm.interrupts().xive().orElseThrow().violations(true));
            assertEquals(0, vm.exitCounts().getOrDefault("MMIO", 0L), "answered inside");
        }
    }

    /** A level that stays until the third end of interrupt. */
    @ParameterizedTest
    @EnumSource(EngineMode.class)
    void guest_withLevelThatStays_isInterruptedAtEachEndOfInterrupt(EngineMode engine) {
        try (Vm vm = vm(engine, LSI, """
                ld 7, 0xc00(23)
                ld 7, 0(23)
                again:
                cmpd 20, 21
                blt again
                """)) {
            IrqLine line = vm.interrupts().claimLevel(LSI);
            int[] ends = {0};
            vm.interrupts().onEndOfInterrupt(LSI, () -> {
                ends[0]++;
                if (ends[0] == 4) {
                    line.set(false);
                }
            });
            line.set(true);
            Vcpu vcpu = vm.vcpu(0);
            vcpu.setGpr(21, 3);
            runToDone(vm);
            assertEquals(0xd, vcpu.gpr(10), "level-sensitive, by hypercall");
            assertEquals(-1, vcpu.gpr(11));
            assertEquals(-1, vcpu.gpr(12));
            assertEquals(3, vcpu.gpr(20));
            assertEquals(4, ends[0]);
        }
    }

    /** Two vCPUs interrupt each other in turn, by the sources that are for that. */
    @ParameterizedTest
    @EnumSource(EngineMode.class)
    void guest_withTwoProcessors_playsPingPongAndLosesNoBall(EngineMode engine) throws Exception {
        int rounds = 2000;
        try (Vm vm = Vm.builder()
                .memoryBytes(1 << 20)
                .engine(engine)
                .topology(new ProcessorTopology(2, 1))
                .build()) {
            vm.interrupts().select(InterruptMode.XIVE);
            Xive xive = vm.interrupts().xive().orElseThrow();
            program(vm, 0x500, HANDLER);
            String ready = """
                    ld 7, 0xc00(23)
                    li 9, 1
                    std 9, 0(27)
                    other:
                    ld 9, 0(17)
                    cmpdi 9, 0
                    beq other
                    """;
            program(vm, START, SET_UP + ready + """
                    again:
                    addi 30, 30, 1
                    std 5, 0(29)
                    wait:
                    cmpd 20, 30
                    blt wait
                    cmpd 20, 21
                    blt again
                    li 3, 0x7abc
                    sc 1
                    """);
            program(vm, 2 * START, SET_UP + ready + """
                    wait:
                    cmpd 20, 30
                    beq wait
                    addi 30, 30, 1
                    std 5, 0(29)
                    cmpd 30, 21
                    blt wait
                    li 3, 0x7abc
                    sc 1
                    """);
            for (int server = 0; server < 2; server++) {
                Vcpu vcpu = vm.vcpu(server);
                vcpu.setNia((server + 1) * START);
                vcpu.setMsr(Msr.SF | Msr.EE);
                vcpu.setGpr(17, 0x8000 + 8 * (1 - server));
                vcpu.setGpr(27, 0x8000 + 8 * server);
                vcpu.setGpr(18, server);
                vcpu.setGpr(19, server);
                vcpu.setGpr(21, rounds);
                vcpu.setGpr(22, Xive.timaPage(false));
                vcpu.setGpr(23, xive.triggerPage(server) + (1L << Xive.PAGE_SHIFT));
                vcpu.setGpr(24, QUEUE + server * 0x1000);
                vcpu.setGpr(26, 1);
                vcpu.setGpr(28, 1024);
                vcpu.setGpr(29, xive.triggerPage(1 - server));
            }
            Thread second = Thread.ofPlatform().start(() -> vm.vcpu(1).run());
            runToDone(vm);
            second.join();
            for (int server = 0; server < 2; server++) {
                assertEquals(rounds, vm.vcpu(server).gpr(20), "events of server " + server);
                assertEquals(rounds, xive.queue(server, 6).written());
            }
            assertEquals(List.of(), xive.violations(true));
        }
    }

    /** The calls of the controller that is not active are none, and its pages are not there. */
    @ParameterizedTest
    @EnumSource(EngineMode.class)
    void guest_inXicsMode_hasNoXive(EngineMode engine) {
        try (Vm vm = vm(engine, MSI, "")) {
            vm.interrupts().select(InterruptMode.XICS);
            Exit.Mmio store = assertInstanceOf(Exit.Mmio.class, vm.vcpu(0).run());
            assertEquals(Xive.timaPage(false) + 0x11, store.physAddr());
            assertEquals(-2, vm.vcpu(0).gpr(14));
            assertEquals(-2, vm.vcpu(0).gpr(15));
            assertEquals(-2, vm.vcpu(0).gpr(16));
        }
    }
}
