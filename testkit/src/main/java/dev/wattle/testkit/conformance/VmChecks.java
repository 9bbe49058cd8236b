// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.conformance;

import static dev.wattle.testkit.conformance.Guest.equal;
import static dev.wattle.testkit.conformance.Guest.expect;
import static dev.wattle.testkit.conformance.Guest.isTrue;
import static dev.wattle.testkit.conformance.Guest.refused;

import dev.wattle.hypervisor.Capability;
import dev.wattle.hypervisor.Exit;
import dev.wattle.hypervisor.ExitCount;
import dev.wattle.hypervisor.ExitKind;
import dev.wattle.hypervisor.MmuMode;
import dev.wattle.hypervisor.Vm;
import dev.wattle.hypervisor.VmKind;
import dev.wattle.hypervisor.io.EventFd;
import dev.wattle.hypervisor.io.IoEvent;
import dev.wattle.hypervisor.irq.IrqEvent;
import dev.wattle.hypervisor.irq.IrqEvents;
import dev.wattle.hypervisor.papr.hcall.HcallNumber;
import dev.wattle.power.model.ProcessorModel;
import dev.wattle.power.processor.Msr;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** Capabilities and their switches, kinds of VMs, IRQ events, eventfds, and counters of exits. */
final class VmChecks {
    private static final long NOTIFY = 0x2000_8000_3000L;
    private static final int SOURCE = 0x1300;

    private VmChecks() {}

    static List<Check> all() {
        return List.of(
                new Check("capabilities are those of the VM", VmChecks::capabilities),
                new Check("capabilities that can be enabled change what the guest gets", VmChecks::enabling),
                new Check("a kind of VM that is not there is refused by name", VmChecks::kinds),
                new Check("exits are counted by kind and cause", VmChecks::counters),
                new Check("a hypercall that nobody knows is an exit, whatever its number", VmChecks::unknownHypercalls),
                new Check("an IRQ event interrupts the guest once for each signal", VmChecks::irqEvent),
                new Check("an IRQ event with resampling is asked again at each end of interrupt", VmChecks::resample),
                new Check("an eventfd carries an I/O event out, and an interrupt in", VmChecks::eventfd));
    }

    private static void capabilities(Supplier<Vm.Builder> vms) {
        try (Vm vm = vms.get().memoryBytes(1 << 20).build()) {
            Set<Integer> numbers = new HashSet<>();
            for (Capability capability : Capability.values()) {
                isTrue(numbers.add(capability.number()), capability + ": number of another");
                isTrue(vm.check(capability) >= 0, capability + ": not negative");
            }
            equal(1, vm.check(Capability.PPC_MMU_RADIX), "radix on POWER9");
            equal(1, vm.check(Capability.PPC_MMU_HASH_V3), "hash on POWER9");
            equal(0, vm.check(Capability.PPC_NESTED_HV), "nested");
        }
        try (Vm vm =
                vms.get().memoryBytes(1 << 20).processor(ProcessorModel.POWER8).build()) {
            equal(0, vm.check(Capability.PPC_MMU_RADIX), "radix on POWER8");
            equal(0, vm.check(Capability.PPC_MMU_HASH_V3), "hash of ISA 3.0 on POWER8");
            equal(1, vm.check(Capability.PPC_HTAB_FD), "stream of the hash page table");
        }
        try (Vm vm = vms.get().memoryBytes(1 << 20).mmu(MmuMode.RADIX).build()) {
            equal(0, vm.check(Capability.PPC_MMU_HASH_V3), "hash where it is not offered");
        }
    }

    private static long setAil3(Guest guest) {
        guest.code("sc 1 \n mr 20, 3");
        guest.vcpu.setGpr(3, HcallNumber.H_SET_MODE);
        guest.vcpu.setGpr(4, 3);
        guest.vcpu.setGpr(5, 3);
        guest.vcpu.setGpr(6, 0);
        guest.vcpu.setGpr(7, 0);
        guest.runToEnd();
        return guest.vcpu.gpr(20);
    }

    private static void enabling(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms)) {
            guest.vm.enable(Capability.PPC_AIL_MODE_3, 0);
            equal(-256L, setAil3(guest), "AIL 3 while it is forbidden");
            guest.vm.enable(Capability.PPC_AIL_MODE_3, 1);
            equal(0L, setAil3(guest), "AIL 3 while it is allowed");
            guest.vm.enable(Capability.PPC_ENABLE_HCALL, HcallNumber.H_SET_MODE, 0);
            guest.code("sc 1");
            guest.vcpu.setGpr(3, HcallNumber.H_SET_MODE);
            equal(
                    HcallNumber.H_SET_MODE,
                    expect(Exit.PaprHcall.class, guest.vcpu.run()).nr(),
                    "exit");
            guest.vm.enable(Capability.PPC_SMT, 1);
            refused(() -> guest.vm.enable(Capability.PPC_SMT, 2), "PPC_SMT", "2 threads");
            refused(() -> guest.vm.enable(Capability.PPC_ENABLE_HCALL, 0x7abc, 1), "PPC_ENABLE_HCALL", "0x7abc");
            refused(() -> guest.vm.enable(Capability.PPC_ENABLE_HCALL, HcallNumber.H_CEDE), "2 arguments");
            refused(() -> guest.vm.enable(Capability.PPC_AIL_MODE_3, 7), "7");
            refused(() -> guest.vm.enable(Capability.PPC_NESTED_HV, 1), "PPC_NESTED_HV");
            refused(() -> guest.vm.enable(Capability.ONE_REG), "ONE_REG");
        }
    }

    private static void kinds(Supplier<Vm.Builder> vms) {
        vms.get().memoryBytes(1 << 20).kind(VmKind.HV).build().close();
        vms.get().memoryBytes(1 << 20).kind(VmKind.DEFAULT).build().close();
        refused(() -> vms.get().kind(VmKind.PR), "PR");
    }

    private static long count(Guest guest, ExitKind kind, String cause) {
        return guest.vcpu.exits().stream()
                .filter(count -> count.kind() == kind && count.cause().equals(cause))
                .mapToLong(ExitCount::count)
                .sum();
    }

    private static void counters(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms)) {
            // H_RANDOM leaves its result in r4.
            guest.code("li 3, 0x300 \n sc 1 \n li 3, 0x300 \n sc 1 \n ld 5, 0(6) \n std 5, 0(6) \n trap");
            guest.code(0x700, Guest.STOP);
            guest.vcpu.setGpr(6, NOTIFY);
            guest.runToMmio();
            guest.runToMmio();
            guest.runToEnd();
            equal(2L, count(guest, ExitKind.HCALL_HANDLED, "H_RANDOM"), "H_RANDOM");
            equal(1L, count(guest, ExitKind.PAPR_HCALL, "0x7abc"), "the guest's end");
            equal(1L, count(guest, ExitKind.MMIO, "load"), "loads");
            equal(1L, count(guest, ExitKind.MMIO, "store"), "stores");
            equal(1L, count(guest, ExitKind.INTERRUPT, "PROGRAM"), "program interrupts");
            equal(guest.vcpu.exits(), guest.vm.exits(), "counts of the only vCPU and the VM");
        }
    }

    private static void unknownHypercalls(Supplier<Vm.Builder> vms) {
        long[] numbers = {2, 0x5fc, 0x600, 0xf123, -1, Long.MIN_VALUE, 1L << 32};
        for (long number : numbers) {
            try (Guest guest = new Guest(vms)) {
                guest.code("sc 1");
                guest.vcpu.setGpr(3, number);
                equal(number, expect(Exit.PaprHcall.class, guest.vcpu.run()).nr(), "number");
            }
        }
    }

    /** A guest that counts external interrupts in r20, ending each, until r20 is r21. */
    private static Guest interrupted(Supplier<Vm.Builder> vms) {
        Guest guest = new Guest(vms).code("""
                li 3, 0x68
                li 4, 0xff
                sc 1
                again:
                cmpd 20, 21
                blt again
                """);
        // H_XIRR, H_EOI.
        guest.code(0x500, """
                li 3, 0x74
                sc 1
                addi 20, 20, 1
                li 3, 0x64
                sc 1
                rfid
                """);
        guest.vcpu.setMsr(Msr.SF | Msr.EE);
        return guest;
    }

    private static void irqEvent(Supplier<Vm.Builder> vms) {
        try (Guest guest = interrupted(vms)) {
            guest.vm.irqEvents().routing().set(Map.of(5, SOURCE));
            refused(() -> guest.vm.irqEvents().assign(6), "interrupt 6");
            IrqEvent event = guest.vm.irqEvents().assign(5);
            refused(() -> guest.vm.irqEvents().assign(5), Integer.toString(SOURCE));
            guest.vm.xics().setDestination(SOURCE, 0, 5);
            equal(SOURCE, event.source(), "source");
            event.signal();
            guest.vcpu.setGpr(21, 1);
            guest.runToEnd();
            equal(1L, count(guest, ExitKind.INTERRUPT, "EXTERNAL"), "interrupts");
            event.close();
            event.signal();
            guest.vm.irqEvents().assign(5).close();
        }
    }

    private static void resample(Supplier<Vm.Builder> vms) {
        try (Guest guest = interrupted(vms)) {
            AtomicInteger asked = new AtomicInteger();
            CompletableFuture<IrqEvent> event = new CompletableFuture<>();
            event.complete(guest.vm.irqEvents().assignWithResample(SOURCE, () -> {
                if (asked.incrementAndGet() < 3) {
                    event.join().signal();
                }
            }));
            guest.vm.xics().setDestination(SOURCE, 0, 5);
            event.join().signal();
            guest.vcpu.setGpr(21, 3);
            guest.runToEnd();
            equal(3, asked.get(), "times that it was asked");
            equal(3L, count(guest, ExitKind.INTERRUPT, "EXTERNAL"), "interrupts");
        }
    }

    private static void eventfd(Supplier<Vm.Builder> vms) throws Exception {
        if (!System.getProperty("os.name").startsWith("Linux")) {
            return;
        }
        try (Guest guest = interrupted(vms);
                EventFd out = EventFd.create();
                EventFd in = EventFd.create()) {
            guest.vm.io().assign(IoEvent.at(NOTIFY, 4), out::signal);
            IrqEvents.listen(in, guest.vm.irqEvents().assign(SOURCE));
            guest.vm.xics().setDestination(SOURCE, 0, 5);
            CompletableFuture<Long> signals = CompletableFuture.supplyAsync(() -> {
                long count = out.await();
                in.signal();
                return count;
            });
            guest.code("""
                    stw 5, 0(6)
                    li 3, 0x68
                    li 4, 0xff
                    sc 1
                    again:
                    cmpd 20, 21
                    blt again
                    """);
            guest.vcpu.setGpr(6, NOTIFY);
            guest.vcpu.setGpr(21, 1);
            guest.runToEnd();
            equal(1L, signals.get(10, TimeUnit.SECONDS), "signals");
            isTrue(out.fd() != in.fd(), "two descriptors");
            out.close();
            equal(0L, out.await(), "a closed one");
            out.signal();
        }
    }
}
