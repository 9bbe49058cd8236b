// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.engine.memory.MemoryBacking;
import dev.wattle.engine.memory.MemorySlot;
import dev.wattle.hypervisor.io.IoDevice;
import dev.wattle.hypervisor.io.IoEvent;
import dev.wattle.hypervisor.irq.IrqEvent;
import dev.wattle.hypervisor.papr.hcall.HcallNumber;
import dev.wattle.hypervisor.papr.hcall.ReturnCode;
import dev.wattle.power.isa.Assembler;
import dev.wattle.power.isa.InstructionTable;
import dev.wattle.power.processor.GuestDebug;
import dev.wattle.power.processor.Msr;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The snippets of the package's documentation, which is a tutorial; each region is shown there. */
class TutorialTest {
    private static void write(Vm vm, long address, String program) {
        // @start region="write"
        int[] words = new Assembler(InstructionTable.load()).assemble(address, program);
        for (int i = 0; i < words.length; i++) {
            vm.memory().putInt(address + 4L * i, words[i]);
        }
        // @end
    }

    @Test
    void Tutorial_firstGuest() {
        // @start region="first"
        try (Vm vm = Vm.builder().memoryBytes(1 << 20).build()) {
            write(vm, 0x1000, """
                    add  5, 5, 6
                    li   3, 0x7abc
                    sc   1
                    """);
            Vcpu vcpu = vm.vcpu(0);
            vcpu.setNia(0x1000);
            vcpu.setGpr(5, 40);
            vcpu.setGpr(6, 2);
            Exit exit = vcpu.run();
            assertTrue(exit instanceof Exit.PaprHcall hcall && hcall.nr() == 0x7abc);
            assertEquals(42, vcpu.gpr(5));
        }
        // @end
    }

    /** The loop that every monitor has. */
    // @start region="loop"
    private static int runUntilPowerOff(Vcpu vcpu, StringBuilder console) {
        while (true) {
            switch (vcpu.run()) {
                case Exit.PaprHcall hcall
                when hcall.nr() == HcallNumber.H_PUT_TERM_CHAR -> {
                    // Arguments: terminal, length, and up to 16 characters in two registers.
                    for (int i = 0; i < hcall.args()[1]; i++) {
                        console.append((char) (hcall.args()[2 + i / 8] >>> 56 - 8 * (i % 8) & 0xff));
                    }
                    vcpu.setGpr(3, ReturnCode.H_SUCCESS);
                }
                case Exit.PaprHcall hcall
                when hcall.nr() == 0x7abc -> {
                    return (int) hcall.args()[0];
                }
                case Exit.PaprHcall hcall -> vcpu.setGpr(3, ReturnCode.H_FUNCTION);
                case Exit.Mmio access -> access.reject();
                case Exit.Interrupted kicked -> {
                    return -1;
                }
                case Exit.Debug stop -> {
                    // Nobody asked for it here.
                }
                case Exit.Nmi machineCheck -> throw new IllegalStateException("a machine check of the guest");
                case Exit.FailEntry failure -> throw new IllegalStateException(failure.hardwareEntryFailureReason());
                case Exit.InternalError error -> throw new IllegalStateException(error.reason());
            }
        }
    }
    // @end

    @Test
    void Tutorial_exits() {
        try (Vm vm = Vm.builder().memoryBytes(1 << 20).build()) {
            write(vm, 0x1000, """
                    li   3, 0x58
                    li   4, 0
                    li   5, 2
                    lis  6, 0x4869
                    sldi 6, 6, 32
                    sc   1
                    li   3, 0x7abc
                    li   4, 7
                    sc   1
                    """);
            vm.vcpu(0).setNia(0x1000);
            StringBuilder console = new StringBuilder();
            assertEquals(7, runUntilPowerOff(vm.vcpu(0), console));
            assertEquals("Hi", console.toString());
        }
    }

    @Test
    void Tutorial_devices() {
        try (Vm vm = Vm.builder().memoryBytes(1 << 20).build()) {
            // @start region="device"
            // A device that adds up what is stored into it, at an address without memory.
            long[] sum = new long[1];
            vm.io().register(0x2000_8000_0000L, 0x1000, new IoDevice() {
                @Override
                public long read(long offset, int size) {
                    return sum[0];
                }

                @Override
                public void write(long offset, int size, long value) {
                    sum[0] += value;
                }
            });
            // @end
            write(vm, 0x1000, """
                    li     5, 20
                    stwbrx 5, 0, 4
                    li     5, 22
                    stwbrx 5, 0, 4
                    lwbrx  6, 0, 4
                    ld     7, 0(8)
                    li     3, 0x7abc
                    sc     1
                    """);
            Vcpu vcpu = vm.vcpu(0);
            vcpu.setNia(0x1000);
            vcpu.setGpr(4, 0x2000_8000_0000L);
            vcpu.setGpr(8, 0x2000_9000_0000L);
            // @start region="mmio"
            // Nobody is at the address of the last load: it ends the run, and the next completes it.
            Exit.Mmio load = (Exit.Mmio) vcpu.run();
            load.complete(99, ByteOrder.BIG_ENDIAN);
            // @end
            vcpu.run();
            assertEquals(42, vcpu.gpr(6));
            assertEquals(99, vcpu.gpr(7));
        }
    }

    @Test
    void Tutorial_memory() {
        // @start region="slots"
        try (MemoryBacking ram = MemoryBacking.anonymous(2 << 20);
                Vm vm = Vm.builder().memoryBytes(1 << 20).build()) {
            vm.addMemorySlot(1, 0x1_0000_0000L, ram, Set.of(MemorySlot.Flag.LOG_DIRTY_PAGES));
            // ... the guest runs ...
            vm.memory().putLong(0x1_0000_3000L, 1);
            long[] dirty = vm.takeDirtyLog(1);
            assertEquals(1 << 3, dirty[0]);
            vm.moveMemorySlot(1, 0x2_0000_0000L);
            vm.removeMemorySlot(1);
        }
        // @end
    }

    @Test
    void Tutorial_events() throws InterruptedException {
        try (Vm vm = Vm.builder().memoryBytes(1 << 20).build()) {
            // @start region="events"
            // The store of a queue's number wakes the thread that serves the queue; the guest goes on meanwhile.
            Semaphore work = new Semaphore(0);
            vm.io().assign(IoEvent.at(0x2000_8000_3000L, 2), work::release);

            // And the thread raises interrupt source 0x1300 when it is done.
            IrqEvent done = vm.irqEvents().assign(0x1300);
            // @end
            write(vm, 0x1000, "sth 5, 0(4) \n li 3, 0x7abc \n sc 1");
            vm.vcpu(0).setNia(0x1000);
            vm.vcpu(0).setGpr(4, 0x2000_8000_3000L);
            vm.vcpu(0).run();
            work.acquire();
            done.signal();
            assertEquals(
                    1,
                    vm.exits().stream().filter(count -> count.kind().isExit()).count());
        }
    }

    @Test
    void Tutorial_inspection() {
        List<String> hypercalls = new ArrayList<>();
        // @start region="trace"
        Trace trace = new Trace() {
            @Override
            public void hypercall(int vcpu, long nia, long number, long[] arguments, long ret) {
                hypercalls.add(HcallNumber.name(number));
            }
        };
        try (Vm vm = Vm.builder().memoryBytes(1 << 20).trace(trace).build()) {
            // @end
            write(vm, 0x1000, "li 3, 0x300 \n sc 1 \n ld 5, 0x100(0) \n li 3, 0x7abc \n sc 1");
            Vcpu vcpu = vm.vcpu(0);
            // @start region="registers"
            vcpu.set(Register.of("NIA"), 0x1000);
            vcpu.set(Register.of("MSR"), Msr.SF | Msr.ME);
            List<String> state = vcpu.registerList().stream()
                    .map(register -> register.name() + " = " + vcpu.value(register))
                    .toList();
            // @end
            assertTrue(state.contains("NIA = 0x1000"));
            // @start region="debug"
            vcpu.setGuestDebug(
                    new GuestDebug(false, false, Set.of(), List.of(new GuestDebug.Watchpoint(0x100, 8, true, false))));
            Exit.Debug stop = (Exit.Debug) vcpu.run();
            assertEquals(GuestDebug.Cause.WATCH_READ, stop.status());
            assertEquals(0x1008, vcpu.nia());
            // @end
            // @start region="counters"
            for (ExitCount count : vm.exits()) {
                System.out.printf("%s %s %d%n", count.kind(), count.cause(), count.count());
            }
            // @end
            assertEquals(List.of("H_RANDOM"), hypercalls);
        }
    }

    @Test
    void Tutorial_capabilities() {
        try (Vm vm = Vm.builder().memoryBytes(1 << 20).build()) {
            // @start region="capabilities"
            if (vm.check(Capability.PPC_MMU_RADIX) == 1) {
                // Each H_LOGICAL_CI_STORE is to come to the monitor.
                vm.enable(Capability.PPC_ENABLE_HCALL, HcallNumber.H_LOGICAL_CI_STORE, 0);
            }
            // @end
        }
    }

    /** What the documentation shows is what is tested here. */
    @Test
    void Documentation_showsEachRegion() throws Exception {
        String book = Files.readString(Path.of("src/main/java/dev/wattle/hypervisor/package-info.java"));
        String tests = Files.readString(Path.of("src/test/java/dev/wattle/hypervisor/TutorialTest.java"));
        Matcher regions = Pattern.compile("@start region=\"(\\w+)\"").matcher(tests);
        int count = 0;
        while (regions.find()) {
            count++;
            assertTrue(book.contains("region=\"" + regions.group(1) + "\""), regions.group(1));
        }
        assertEquals(count, Pattern.compile("@snippet").matcher(book).results().count(), "snippets");
    }
}
