// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.conformance;

import static dev.wattle.testkit.conformance.Guest.equal;
import static dev.wattle.testkit.conformance.Guest.expect;

import dev.wattle.hypervisor.Exit;
import dev.wattle.hypervisor.Vm;
import dev.wattle.power.processor.GuestDebug;
import dev.wattle.power.processor.GuestDebug.Cause;
import dev.wattle.power.processor.GuestDebug.Watchpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** Guest debug: single step, breakpoints and watchpoints. */
final class DebugChecks {
    private DebugChecks() {}

    static List<Check> all() {
        return List.of(
                new Check(
                        "single step stops after each instruction, system calls and handlers included",
                        DebugChecks::step),
                new Check("a breakpoint stops before its instruction, each time", DebugChecks::breakpoint),
                new Check(
                        "a breakpoint in the code stops, and is an illegal instruction otherwise",
                        DebugChecks::software),
                new Check("a watchpoint stops before the accesses that it is for", DebugChecks::watchpoint));
    }

    private static GuestDebug stepping() {
        return new GuestDebug(true, false, Set.of(), List.of());
    }

    private static Exit.Debug stop(Guest guest) {
        return expect(Exit.Debug.class, guest.vcpu.run());
    }

    private static void step(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms)) {
            guest.code("li 5, 1 \n sc \n li 6, 2 \n b over \n li 6, 3 \n over: ld 7, 0x10(0)");
            guest.code(0xc00, "rfid");
            guest.vcpu.setGuestDebug(stepping());
            List<Long> addresses = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                Exit.Debug stop = stop(guest);
                equal(Cause.SINGLE_STEP, stop.status(), "status");
                equal(stop.address(), guest.vcpu.nia(), "address");
                addresses.add(stop.address());
            }
            equal(List.of(0x1004L, 0xc00L, 0x1008L, 0x100cL, 0x1014L, 0x1018L), addresses, "addresses");
            guest.vcpu.setGuestDebug(GuestDebug.NONE);
            guest.runToEnd();
            equal(2L, guest.vcpu.gpr(6), "GPR 6");
        }
    }

    private static void breakpoint(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms)) {
            guest.code("li 5, 3 \n mtctr 5 \n again: addi 6, 6, 1 \n bdnz again");
            guest.vcpu.setGuestDebug(new GuestDebug(false, false, Set.of(0x1008L), List.of()));
            for (long i = 0; i < 3; i++) {
                Exit.Debug stop = stop(guest);
                equal(Cause.BREAKPOINT, stop.status(), "status");
                equal(0x1008L, stop.address(), "address");
                equal(i, guest.vcpu.gpr(6), "GPR 6 at stop " + i);
            }
            guest.runToEnd();
            equal(3L, guest.vcpu.gpr(6), "GPR 6");
        }
    }

    private static void software(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms)) {
            guest.code("li 5, 1 \n li 6, 2");
            guest.code(0x700, "mfsrr0 7" + Guest.STOP);
            int instruction = guest.vm.memory().getInt(0x1004);
            guest.vm.memory().putInt(0x1004, GuestDebug.SOFTWARE_BREAKPOINT);
            guest.vcpu.setGuestDebug(new GuestDebug(false, true, Set.of(), List.of()));
            equal(new Exit.Debug(Cause.BREAKPOINT, 0x1004), stop(guest), "stop");
            guest.vm.memory().putInt(0x1004, instruction);
            guest.runToEnd();
            equal(2L, guest.vcpu.gpr(6), "GPR 6");
            guest.vcpu.setGuestDebug(GuestDebug.NONE);
            guest.vm.memory().putInt(0x1004, GuestDebug.SOFTWARE_BREAKPOINT);
            guest.vcpu.setNia(Guest.START);
            guest.runToEnd();
            equal(0x1004L, guest.vcpu.gpr(7), "address of the program interrupt");
        }
    }

    private static void watchpoint(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms)) {
            guest.code("""
                    li 5, 7
                    std 5, 0x108(0)
                    stw 5, 0xfc(0)
                    ld 6, 0x100(0)
                    stb 5, 0x103(0)
                    std 5, 0x110(0)
                    """);
            // Warm: what is in the TLB before must not hide an access.
            guest.runToEnd();
            guest.vcpu.setNia(Guest.START);
            guest.vcpu.setGuestDebug(new GuestDebug(
                    false,
                    false,
                    Set.of(),
                    List.of(new Watchpoint(0x100, 4, false, true), new Watchpoint(0x110, 1, true, false))));
            equal(new Exit.Debug(Cause.WATCH_WRITE, 0x103), stop(guest), "stop");
            equal(0x1010L, guest.vcpu.nia(), "address of the instruction");
            guest.runToEnd();
            guest.vcpu.setNia(Guest.START);
            guest.vcpu.setGuestDebug(
                    new GuestDebug(false, false, Set.of(), List.of(new Watchpoint(0x104, 1, true, false))));
            equal(new Exit.Debug(Cause.WATCH_READ, 0x100), stop(guest), "stop");
            guest.runToEnd();
        }
    }
}
