// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.engine.host.PerfMap;
import dev.wattle.engine.host.x64.HostFeatures;
import dev.wattle.engine.memory.HostMemory;
import dev.wattle.engine.memory.SoftTlb;
import dev.wattle.power.isa.Assembler;
import dev.wattle.power.isa.InstructionTable;
import dev.wattle.power.processor.Msr;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Guest code in real mode, big-endian, at 0x1000; interrupt handlers where the tests put them. */
class VcpuTest {
    private static final long START = 0x1000;
    private static final long H_CEDE = 0xe0;
    private static final long H_MACHINE = 0xf123;
    private static final long H_PRIVILEGE = -3;

    private final Assembler assembler = new Assembler(InstructionTable.load());

    private Vm vm(ClockMode clock) {
        return Vm.builder().memoryBytes(1 << 20).clock(clock).build();
    }

    private void program(Vm vm, long address, String text) {
        int[] words = assembler.assemble(address, text);
        for (int i = 0; i < words.length; i++) {
            vm.memory().putInt(address + 4L * i, words[i]);
        }
        vm.vcpu(0).setNia(START);
    }

    @Test
    void Hypercall_thatNobodyAnswersInside_exitsWithItsNumberAndGoesOnBehind() {
        try (Vm vm = vm(ClockMode.HOST)) {
            program(vm, START, """
                    sc 1
                    addi 5, 3, 1
                    li 3, 0x7abc
                    sc 1
                    """);
            Vcpu vcpu = vm.vcpu(0);
            vcpu.setGpr(3, H_MACHINE);
            assertHypercall(H_MACHINE, vcpu.run());
            assertEquals(START + 4, vcpu.nia());
            vcpu.setGpr(3, 41);
            assertHypercall(0x7abc, vcpu.run());
            assertEquals(42, vcpu.gpr(5));
            assertEquals(2, vm.exitCounts().get("PAPR_HCALL"));
        }
    }

    @Test
    void Hypercall_fromProblemState_answersPrivilegeWithoutAnExit() {
        try (Vm vm = vm(ClockMode.HOST)) {
            program(vm, START, """
                    sc 1
                    sc
                    """);
            // The system call handler, in privileged state again.
            program(vm, 0xc00, "mr 5, 3 \n li 3, 0x7abc \n sc 1");
            Vcpu vcpu = vm.vcpu(0);
            vcpu.setMsr(Msr.SF | Msr.PR);
            vcpu.setGpr(3, H_MACHINE);
            assertHypercall(0x7abc, vcpu.run());
            assertEquals(H_PRIVILEGE, vcpu.gpr(5));
            assertEquals(1, vm.exitCounts().get("PAPR_HCALL"));
        }
    }

    @Test
    void Cede_sleepsUntilTheDecrementerInterrupts() {
        try (Vm vm = vm(ClockMode.HOST)) {
            // 20 ms at 512 MHz.
            program(vm, START, """
                    lis 6, 0x9c
                    mftb 7
                    mtdec 6
                    sc 1
                    b .
                    """);
            program(vm, 0x900, "mftb 8 \n li 3, 0x7abc \n sc 1");
            Vcpu vcpu = vm.vcpu(0);
            vcpu.setGpr(3, H_CEDE);
            assertHypercall(0x7abc, vcpu.run());
            long ticks = vcpu.gpr(8) - vcpu.gpr(7);
            assertTrue(ticks >= 0x9c0000 - 512, "woke after " + ticks + " ticks");
            assertEquals(1, vm.interruptCounts().get("DECREMENTER"));
            assertTrue(vcpu.instructionsCompleted() < 1000, "the vCPU did not sleep");
        }
    }

    @Test
    void Decrementer_setToVeryShortTimesAgainAndAgain_losesNoInterrupt() {
        try (Vm vm = vm(ClockMode.HOST)) {
            program(vm, START, """
                    li 9, 2000
                    mtctr 9
                    again: li 6, 60
                    mtdec 6
                    li 3, 0xe0
                    sc 1
                    bdnz again
                    li 3, 0x7abc
                    sc 1
                    """);
            // The handler puts the decrementer off and returns; EE is off in what it returns to, as H_CEDE expects.
            program(vm, 0x900, """
                    lis 10, 0x7fff
                    mtdec 10
                    mfsrr1 11
                    rldicl 11, 11, 48, 1
                    rotldi 11, 11, 16
                    mtsrr1 11
                    rfid
                    """);
            assertHypercall(0x7abc, vm.vcpu(0).run());
            assertEquals(2000, vm.interruptCounts().get("DECREMENTER"));
        }
    }

    @Test
    void VirtualClock_sameProgram_completesTheSameInstructionsAndReadsTheSameTimes() {
        long[] first = virtualRun();
        long[] second = virtualRun();
        assertEquals(first[0], second[0]);
        assertEquals(first[1], second[1]);
    }

    private long[] virtualRun() {
        try (Vm vm = vm(ClockMode.VIRTUAL)) {
            program(vm, START, """
                    li 6, 5000
                    mtdec 6
                    li 3, 0xe0
                    sc 1
                    b .
                    """);
            program(vm, 0x900, "mftb 8 \n li 3, 0x7abc \n sc 1");
            assertHypercall(0x7abc, vm.vcpu(0).run());
            return new long[] {vm.instructionsCompleted(), vm.vcpu(0).gpr(8)};
        }
    }

    @Test
    void VirtualClock_busyLoop_isInterruptedAfterExactlyThatManyInstructions() {
        try (Vm vm = vm(ClockMode.VIRTUAL)) {
            program(vm, START, """
                    ori 7, 7, 0x8000
                    mtmsrd 7, 1
                    li 6, 1000
                    mtdec 6
                    loop: addi 9, 9, 1
                    b loop
                    """);
            program(vm, 0x900, "li 3, 0x7abc \n sc 1");
            Vcpu vcpu = vm.vcpu(0);
            assertHypercall(0x7abc, vcpu.run());
            assertEquals(500, vcpu.gpr(9), 1);
        }
    }

    @Test
    void Kick_fromAnotherThread_endsABusyLoop() throws InterruptedException {
        try (Vm vm = vm(ClockMode.HOST)) {
            program(vm, START, "b .");
            Vcpu vcpu = vm.vcpu(0);
            CountDownLatch started = new CountDownLatch(1);
            Thread kicker = Thread.ofPlatform().start(() -> {
                try {
                    started.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                vcpu.kick();
            });
            started.countDown();
            assertInstanceOf(Exit.Interrupted.class, vcpu.run());
            kicker.join();
        }
    }

    @Test
    void Kick_beforeRun_isNotLost() {
        try (Vm vm = vm(ClockMode.HOST)) {
            program(vm, START, "b .");
            vm.vcpu(0).kick();
            assertInstanceOf(Exit.Interrupted.class, vm.vcpu(0).run());
        }
    }

    @Test
    void ExternalInput_raisedWhileCeded_wakesAndInterrupts() {
        try (Vm vm = vm(ClockMode.HOST)) {
            program(vm, START, "sc 1 \n b .");
            program(vm, 0x500, "li 3, 0x7abc \n sc 1");
            Vcpu vcpu = vm.vcpu(0);
            vcpu.setGpr(3, H_CEDE);
            Thread device = Thread.ofPlatform().start(() -> vcpu.external(true));
            assertHypercall(0x7abc, vcpu.run());
            assertEquals(1, vm.interruptCounts().get("EXTERNAL"));
            try {
                device.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Test
    void ManyVms_builtAndClosed_leaveNoThreadBehind() {
        int before = threads();
        for (int i = 0; i < 50; i++) {
            try (Vm vm = vm(ClockMode.HOST)) {
                vm.vcpu(0).kick();
                vm.vcpu(0).run();
            }
        }
        assertEquals(before, threads());
    }

    private static int threads() {
        return (int) Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("wattle"))
                .count();
    }

    @Test
    void PerfMap_ofARun_namesEachBlockInTheFormatOfPerf() throws Exception {
        Assumptions.assumeTrue(HostFeatures.isHostSupported(), "this host has no back-end");
        PerfMap map = PerfMap.ofThisProcess(problem -> {
            throw new AssertionError(problem);
        });
        try (Vm vm = Vm.builder()
                .memoryBytes(1 << 20)
                .clock(ClockMode.HOST)
                .hostCodeListener(map)
                .build()) {
            program(vm, START, """
                    li 5, 10
                    mtctr 5
                    loop: addi 3, 3, 1
                    bdnz loop
                    sc 1
                    """);
            vm.vcpu(0).run();
            List<String> lines = Files.readAllLines(map.file());
            assertTrue(lines.get(0).endsWith(" wattle:gateway"), lines::toString);
            assertTrue(lines.stream().anyMatch(line -> line.endsWith(" guest:0+1000,mode=1")), lines::toString);
            assertTrue(lines.stream().anyMatch(line -> line.endsWith(" guest:0+1008,mode=1")), lines::toString);
            long end = 0;
            for (String line : lines) {
                assertTrue(line.matches("[0-9a-f]+ [0-9a-f]+ \\S+"), line);
                String[] fields = line.split(" ");
                long start = Long.parseLong(fields[0], 16);
                assertTrue(start >= end, line);
                end = start + Long.parseLong(fields[1], 16);
            }
        } finally {
            map.close();
            Files.delete(map.file());
        }
    }

    @Test
    void Fault_inGeneratedCode_isAnExitThatNamesAReportAndAnotherVmGoesOn() throws Exception {
        Assumptions.assumeTrue(HostFeatures.isHostSupported(), "this host has no back-end");
        // Far from code, which stores may have to be looked at for.
        long data = 0x4_0000;
        String program = "ld 5, 0x10(4) \n addi 5, 5, 1 \n std 5, 0x18(4) \n sc 1";
        try (Vm broken = vm(ClockMode.HOST);
                Vm sound = vm(ClockMode.HOST)) {
            for (Vm vm : List.of(broken, sound)) {
                program(vm, START, program);
                vm.vcpu(0).setGpr(3, H_MACHINE);
                vm.vcpu(0).setGpr(4, data);
                assertHypercall(H_MACHINE, vm.vcpu(0).run());
            }
            // A host address that is nobody's, where only the TLB can lead.
            HostMemory.putLong(broken.vcpu(0).processor.tlbEntry(data) + SoftTlb.ADDEND, 0x10);
            broken.vcpu(0).setNia(START);
            String reason = assertInstanceOf(
                            Exit.InternalError.class, broken.vcpu(0).run())
                    .reason();
            Matcher file = Pattern.compile("signal 11 in generated code .*; see (\\S+)")
                    .matcher(reason);
            assertTrue(file.find(), reason);
            Path report = Path.of(file.group(1));
            String text = Files.readString(report);
            Files.delete(report);
            assertTrue(text.contains("ld r5,16(r4)\n"), text);
            assertTrue(text.contains("GPR4         0000000000040000\n"), text);

            for (int i = 0; i < 100; i++) {
                sound.memory().putLong(data + 0x10, i);
                sound.vcpu(0).setNia(START);
                assertHypercall(H_MACHINE, sound.vcpu(0).run());
                assertEquals(i + 1, sound.memory().getLong(data + 0x18));
            }
        }
    }

    private static void assertHypercall(long number, Exit exit) {
        assertEquals(number, assertInstanceOf(Exit.PaprHcall.class, exit).nr());
    }
}
