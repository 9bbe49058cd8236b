// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.conformance;

import static dev.wattle.testkit.conformance.Guest.equal;
import static dev.wattle.testkit.conformance.Guest.isTrue;
import static dev.wattle.testkit.conformance.Guest.refused;

import dev.wattle.hypervisor.ClockMode;
import dev.wattle.hypervisor.Exit;
import dev.wattle.hypervisor.Register;
import dev.wattle.hypervisor.RegisterValue;
import dev.wattle.hypervisor.Vm;
import dev.wattle.power.processor.Msr;
import dev.wattle.power.processor.TranslatedAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Registers by name, address translation for debuggers, and kicks. */
final class RegisterChecks {
    private RegisterChecks() {}

    static List<Check> all() {
        return List.of(
                new Check("each register of the list keeps what is written", RegisterChecks::keeps),
                new Check("registers are those that the guest sees", RegisterChecks::guestSees),
                new Check(
                        "a vCPU that goes on with the registers of another ends as that would", RegisterChecks::moved),
                new Check("values that a register cannot have are refused", RegisterChecks::refusals),
                new Check(
                        "registers of a running vCPU are refused, and those of a stopped one are not",
                        RegisterChecks::running),
                new Check("an address is translated without a trace", RegisterChecks::translation),
                new Check("a kick ends the run, or the next one", RegisterChecks::kick));
    }

    /** Those that are worked out from others, or have few possible values. */
    private static final Set<String> SPECIAL = Set.of(
            "PVR",
            "MSR",
            "LPCR",
            "LPCR_64",
            "HIOR",
            "ONLINE",
            "ARCH_COMPAT",
            "ICP_STATE",
            "VPA_ADDR",
            "VPA_SLB",
            "VPA_DTL",
            "PURR",
            "SPURR",
            "DPDES",
            "CTRL",
            "PPR",
            "XER",
            "VSCR",
            "CR",
            "FPSCR");

    private static void keeps(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms)) {
            Set<Long> ids = new HashSet<>();
            long pattern = 0x1234_5678_9abc_def0L;
            for (Register register : Register.all()) {
                equal(register, Register.of(register.name()), register + " by name");
                register.kvmId().ifPresent(id -> isTrue(ids.add(id), register + ": identifier of another"));
                if (SPECIAL.contains(register.name())
                        || !guest.vcpu.registerList().contains(register)) {
                    continue;
                }
                RegisterValue value = switch (register.bits()) {
                    case 32 -> RegisterValue.of(pattern >>> 32);
                    case 64 -> RegisterValue.of(register.name().equals("PID") ? 0x77 : pattern);
                    default -> new RegisterValue(pattern, ~pattern);
                };
                guest.vcpu.set(register, value);
                equal(value, guest.vcpu.value(register), register.name());
            }
            equal(0x1030_0000_0000_00b5L, Register.of("LPCR_64").kvmId().orElseThrow(), "KVM's identifier of LPCR");
            equal(0x1020_0000_0000_000dL, Register.of("DSISR").kvmId().orElseThrow(), "KVM's identifier of DSISR");
            equal(0x1040_0000_0000_0061L, Register.of("VSR1").kvmId().orElseThrow(), "KVM's identifier of VSR 1");
        }
    }

    private static void guestSees(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms)) {
            guest.code(
                    "mfdar 5 \n mfctr 6 \n mfcr 7 \n mfxer 8 \n mfspr 9, 17 \n mfvsrd 10, 33 \n mtlr 5 \n mtspr 274, 5");
            guest.vcpu.setMsr(Msr.SF | Msr.VEC | Msr.VSX | Msr.FP);
            guest.vcpu.set(Register.of("DAR"), 0x1111);
            guest.vcpu.set(Register.of("CTR"), 0x2222);
            guest.vcpu.set(Register.of("CR"), 0x1234_5678);
            guest.vcpu.set(Register.of("XER"), 0xa000_0003L);
            guest.vcpu.set(Register.of("DSCR"), 0x44);
            guest.vcpu.set(Register.of("VR1"), new RegisterValue(0x5555, 0x6666));
            guest.runToEnd();
            equal(0x1111L, guest.vcpu.gpr(5), "DAR");
            equal(0x2222L, guest.vcpu.gpr(6), "CTR");
            equal(0x1234_5678L, guest.vcpu.gpr(7), "CR");
            equal(0xa000_0003L, guest.vcpu.gpr(8), "XER");
            equal(0x44L, guest.vcpu.gpr(9), "DSCR");
            equal(0x5555L, guest.vcpu.gpr(10), "VR 1");
            equal(0x1111L, guest.vcpu.get(Register.of("LR")), "LR");
            equal(0x1111L, guest.vcpu.get(Register.of("SPRG2")), "SPRG 2");
            equal(guest.vcpu.nia(), guest.vcpu.get(Register.of("NIA")), "NIA");
        }
    }

    private static final String PROGRAM = """
            li 5, 1000
            mtctr 5
            li 6, 1
            again:
            mulli 6, 6, 31
            addi 6, 6, 7
            xoris 7, 6, 0x1234
            vspltisb 1, 3
            vaddubm 2, 2, 1
            adde 8, 8, 6
            bdnz again
            """;

    private static void moved(Supplier<Vm.Builder> vms) {
        // Where the first stops is promised under this clock alone.
        Supplier<Vm.Builder> counting = () -> vms.get().clock(ClockMode.VIRTUAL);
        try (Guest whole = new Guest(counting);
                Guest first = new Guest(counting);
                Guest second = new Guest(counting)) {
            for (Guest guest : List.of(whole, first, second)) {
                guest.code(PROGRAM);
                guest.vcpu.setMsr(Msr.SF | Msr.VEC);
            }
            whole.runToEnd();
            Guest.expect(Exit.Interrupted.class, first.vcpu.runUntil(1234));
            for (Register register : whole.vcpu.registerList()) {
                second.vcpu.set(register, first.vcpu.value(register));
            }
            second.runToEnd();
            for (Register register : whole.vcpu.registerList()) {
                if (!Set.of("PURR", "SPURR", "TB_OFFSET", "DEC_EXPIRY").contains(register.name())) {
                    equal(whole.vcpu.value(register), second.vcpu.value(register), register.name());
                }
            }
        }
    }

    private static void refusals(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms)) {
            refused(() -> guest.vcpu.set(Register.of("PVR"), 0x3f_0200), "PVR", "0x3f0200");
            refused(() -> guest.vcpu.set(Register.of("DSISR"), 1L << 32), "DSISR", "32 bits");
            refused(() -> guest.vcpu.set(Register.of("GPR3"), new RegisterValue(1, 0)), "GPR3", "64 bits");
            refused(() -> Register.of("MAS0"), "MAS0");
            long lpcr = guest.vcpu.get(Register.of("LPCR_64"));
            guest.vcpu.set(Register.of("LPCR_64"), -1);
            long changed = lpcr ^ guest.vcpu.get(Register.of("LPCR_64"));
            equal(
                    0L,
                    changed & ~(7L << 52 | 1L << 25 | 1L << 9 | 3L << 23 | 1L << 17),
                    "LPCR bits that are not a monitor's");
        }
    }

    private static void running(Supplier<Vm.Builder> vms) throws InterruptedException {
        try (Guest guest = new Guest(vms)) {
            guest.code("again: ld 5, 0x100(0) \n addi 6, 6, 1 \n std 6, 0x108(0) \n cmpdi 5, 0 \n beq again");
            Thread thread = Thread.ofPlatform().start(guest::runToEnd);
            try {
                awaitStart(guest);
                refused(() -> guest.vcpu.get(Register.of("GPR6")), "GPR6", "running");
                refused(() -> guest.vcpu.set(Register.of("GPR6"), 0), "GPR6", "running");
                guest.vm.whileStopped(
                        () -> guest.vcpu.set(Register.of("GPR7"), guest.vcpu.get(Register.of("GPR5")) + 9));
            } finally {
                guest.vm.memory().putLong(0x100, 1);
                thread.join();
            }
            equal(9L, guest.vcpu.gpr(7), "GPR 7");
        }
    }

    /** Waits until the guest has stored something at 0x108. */
    private static void awaitStart(Guest guest) {
        long end = System.nanoTime() + 10_000_000_000L;
        while (guest.vm.memory().getLong(0x108) == 0) {
            isTrue(System.nanoTime() < end, "the guest does not run");
            Thread.onSpinWait();
        }
    }

    private static void translation(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms)) {
            equal(Optional.of(new TranslatedAddress(0x1234, true, false)), guest.vcpu.translate(0x1234), "real mode");
            guest.vcpu.setMsr(Msr.SF | Msr.IR | Msr.DR | Msr.PR);
            equal(Optional.empty(), guest.vcpu.translate(0x1234), "without a page table");
        }
    }

    private static void kick(Supplier<Vm.Builder> vms) throws InterruptedException {
        try (Guest guest = new Guest(vms)) {
            guest.code("again: std 1, 0x108(0) \n b again");
            guest.vcpu.setGpr(1, 1);
            guest.vcpu.kick();
            Guest.expect(Exit.Interrupted.class, guest.vcpu.run());
            Thread kicker = Thread.ofPlatform().start(() -> {
                awaitStart(guest);
                guest.vcpu.kick();
            });
            Guest.expect(Exit.Interrupted.class, guest.vcpu.run());
            kicker.join();
            equal(Guest.START, guest.vcpu.nia() & -8, "where it goes on");
        }
    }
}
