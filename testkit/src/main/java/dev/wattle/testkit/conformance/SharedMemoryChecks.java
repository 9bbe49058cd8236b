// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.conformance;

import static dev.wattle.testkit.conformance.Guest.equal;
import static dev.wattle.testkit.conformance.Guest.isTrue;
import static dev.wattle.testkit.conformance.Guest.refused;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.hypervisor.Capability;
import dev.wattle.hypervisor.ClockMode;
import dev.wattle.hypervisor.EngineMode;
import dev.wattle.hypervisor.ProcessorTopology;
import dev.wattle.hypervisor.Vcpu;
import dev.wattle.hypervisor.Vm;
import dev.wattle.hypervisor.papr.hcall.HcallNumber;
import dev.wattle.power.processor.Msr;
import java.util.List;
import java.util.function.Supplier;

/** Several vCPUs of one VM: what each sees of the others. */
final class SharedMemoryChecks {
    private static final long CODE = 0x1000;
    private static final long OTHER_CODE = 0x2000;

    private static final long COUNTER = 0x4_1000;
    private static final long FLAGS = 0x4_2000;
    /** An instruction that one vCPU changes and another executes. */
    private static final long CHANGING = 0x5_0000;

    // A radix tree; its leaves are pages of 4 KiB.
    private static final long PROCESS_TABLE = 0x10_0000;
    private static final long ROOT = 0x11_0000;
    private static final long LEVEL_1 = 0x12_0000;
    private static final long LEVEL_2 = 0x12_1000;
    private static final long LEVEL_3 = 0x12_2000;
    private static final long PAGE_A = 0x13_0000;
    private static final long PAGE_B = 0x13_1000;
    /** The effective address that is the one or the other. */
    private static final long MOVING = 0x1f_f000;

    private static final long VALID = 1L << 63;
    private static final long LEAF = 1L << 62;
    /** Referenced, changed, privileged, readable, writable, executable. */
    private static final long ALL = 0x18f;

    private static final int STOPS = 200;

    private SharedMemoryChecks() {}

    static List<Check> all() {
        return List.of(
                new Check("a VM has the vCPUs that it was described with", SharedMemoryChecks::numbers),
                new Check("a counter of several vCPUs loses nothing", SharedMemoryChecks::counter),
                new Check("a quadword of several vCPUs is one", SharedMemoryChecks::quadword),
                new Check("an operation on two elements is atomic", SharedMemoryChecks::twoElements),
                new Check("a lock keeps several vCPUs apart", SharedMemoryChecks::lock),
                new Check("a translation that one vCPU invalidates is used by none", SharedMemoryChecks::invalidation),
                new Check("code that one vCPU changes is executed by another as it is then", SharedMemoryChecks::code),
                new Check("a vCPU wakes another by H_PROD, and the last that joins goes on", SharedMemoryChecks::prod),
                new Check("a doorbell interrupts the thread of the core that it names", SharedMemoryChecks::doorbell),
                new Check("no vCPU runs while all are stopped", SharedMemoryChecks::stopped));
    }

    private static void numbers(Supplier<Vm.Builder> vms) throws Exception {
        try (SharedGuest guest = new SharedGuest(vms, 2, 4)) {
            guest.code(CODE, " mfspr 20, 1023 \n mfspr 21, 446").start().join();
            equal(8, guest.vm.vcpus().size(), "vCPUs");
            equal(6, guest.vm.vcpu(6).server(), "interrupt server");
            equal(6L, guest.vm.vcpu(6).gpr(20), "PIR");
            equal(2L, guest.vm.vcpu(6).gpr(21), "TIR");
            refused(() -> guest.vm.vcpu(8), "vCPU 8", "has 8");
            equal(4, guest.vm.check(Capability.PPC_SMT), "PPC_SMT");
            equal(15, guest.vm.check(Capability.PPC_SMT_POSSIBLE), "PPC_SMT_POSSIBLE");
        }
        refused(() -> new ProcessorTopology(1, 3), "threads 3");
        refused(() -> new ProcessorTopology(0, 1), "cores 0");
        refused(() -> new ProcessorTopology(9, 8), "9 cores", "at most 8");
        refused(
                () -> vms.get()
                        .clock(ClockMode.VIRTUAL)
                        .topology(new ProcessorTopology(2, 1))
                        .build(),
                "2 vCPUs",
                "virtual clock");
    }

    /** Code by which vCPUs wait for each other, and then set CTR and GPR 5 to a number. Changes GPRs 12 and 13. */
    private static String start(int vcpus, int rounds) {
        return """
                 lis 12, 4
                 ori 12, 12, 0x3000
                meet: lwarx 13, 0, 12
                 addi 13, 13, 1
                 stwcx. 13, 0, 12
                 bne meet
                wait: lwz 13, 0(12)
                 cmpwi 13, %d
                 blt wait
                 lis 5, %d
                 ori 5, 5, %d
                 mtctr 5
                """.formatted(vcpus, rounds >>> 16, rounds & 0xffff);
    }

    private static void counter(Supplier<Vm.Builder> vms) throws Exception {
        int rounds = SharedGuest.rounds(20_000, 4);
        try (SharedGuest guest = new SharedGuest(vms, 4, 1)) {
            guest.code(CODE, """
                     lis 4, 4
                     ori 4, 4, 0x1000
                     addi 7, 4, 0x80
                     addi 8, 4, 0x100
                     addi 9, 4, 0x180
                     addi 10, 9, 1
                     add 10, 10, 31
                    """ + start(4, rounds) + """
                    again: lwarx 6, 0, 4
                     addi 6, 6, 1
                     stwcx. 6, 0, 4
                     bne again
                    again8: ldarx 6, 0, 7
                     addi 6, 6, 1
                     stdcx. 6, 0, 7
                     bne again8
                    again2: lharx 6, 0, 8
                     addi 6, 6, 1
                     sthcx. 6, 0, 8
                     bne again2
                    again1: lbarx 6, 0, 9
                     addi 6, 6, 1
                     stbcx. 6, 0, 9
                     bne again1
                     lbz 6, 0(10)
                     addi 6, 6, 1
                     stb 6, 0(10)
                     bdnz again""");
            guest.start().join();
            GuestMemory memory = guest.vm.memory();
            equal(4 * rounds, memory.getInt(COUNTER), "counter of 4 bytes");
            equal(4L * rounds, memory.getLong(COUNTER + 0x80), "counter of 8 bytes");
            equal(4 * rounds & 0xffff, memory.getShort(COUNTER + 0x100) & 0xffff, "counter of 2 bytes");
            equal(4 * rounds & 0xff, memory.getByte(COUNTER + 0x180) & 0xff, "counter of 1 byte");
            for (int n = 0; n < 4; n++) {
                equal(
                        rounds & 0xff,
                        memory.getByte(COUNTER + 0x181 + n) & 0xff,
                        "plain counter beside it of vCPU " + n);
            }
        }
    }

    /** Two vCPUs change quadwords, one a half of one of them, and one looks for quadwords whose halves do not belong together. */
    private static void quadword(Supplier<Vm.Builder> vms) throws Exception {
        try (SharedGuest guest = new SharedGuest(vms, 4, 1)) {
            // The evaluator has all stop for each access.
            int rounds = guest.vm.engine() == EngineMode.NATIVE ? SharedGuest.rounds(100_000, 2) : 2_000;
            // Both halves of the first count, those of the second are stored at once, and of the third one counts for
            // each
            // of two ways to store it.
            String addresses = """
                     lis 4, 4
                     ori 4, 4, 0x1000
                     addi 16, 4, 0x100
                     addi 17, 4, 0x200
                     addi 18, 17, 8
                    """ + start(4, rounds);
            for (int n = 0; n < 2; n++) {
                guest.code(n, CODE + 0x100 * n, addresses + """
                        again: lqarx 6, 0, 4
                         addi 6, 6, 1
                         addi 7, 7, 1
                         stqcx. 6, 0, 4
                         bne again
                         mr 8, 6
                         mr 9, 6
                         stq 8, 0(16)
                        half: lqarx 10, 0, 17
                         addi 10, 10, 1
                         stqcx. 10, 0, 17
                         bne half
                         bdnz again""");
            }
            guest.code(2, OTHER_CODE, addresses + """
                    half: ldarx 6, 0, 18
                     addi 6, 6, 1
                     stdcx. 6, 0, 18
                     bne half
                     bdnz half""");
            guest.code(3, OTHER_CODE + 0x100, addresses + """
                     add 5, 5, 5
                    look: lq 6, 0(4)
                     cmpd 6, 7
                     bne torn
                     lq 8, 0(16)
                     cmpd 8, 9
                     bne torn
                     lqarx 10, 0, 4
                     cmpd 10, 11
                     bne torn
                     cmpd 6, 5
                     blt look
                     cmpd 11, 5
                     blt look
                     b end
                    torn: li 20, 1
                    end: nop""");
            guest.start().join();
            GuestMemory memory = guest.vm.memory();
            equal(2L * rounds, memory.getLong(COUNTER), "first half of the first quadword");
            equal(2L * rounds, memory.getLong(COUNTER + 8), "second half of the first quadword");
            equal(memory.getLong(COUNTER + 0x100), memory.getLong(COUNTER + 0x108), "halves that are stored at once");
            equal(2L * rounds, memory.getLong(COUNTER + 0x200), "half that is counted with the other one");
            equal((long) rounds, memory.getLong(COUNTER + 0x208), "half that is counted alone");
            equal(0L, guest.vm.vcpu(3).gpr(20), "halves of different numbers seen");
        }
    }

    /** Fetch and increment bounded, and store twin, which only pairs of equal numbers are stored by. */
    private static void twoElements(Supplier<Vm.Builder> vms) throws Exception {
        int rounds = 1_000;
        int bound = 3_000;
        try (SharedGuest guest = new SharedGuest(vms, 4, 1)) {
            guest.vm.memory().putLong(COUNTER + 8, bound);
            String addresses = """
                     lis 4, 4
                     ori 4, 4, 0x1000
                     addi 16, 4, 0x100
                    """ + start(4, rounds);
            guest.code(CODE, addresses + """
                     li 20, 0
                    more: ldat 6, 4, 24
                     cmpdi 6, 0
                     blt end
                     addi 20, 20, 1
                     b more
                    end: sldi 7, 31, 32
                    twin: addi 7, 7, 1
                     stdat 7, 16, 24
                     bdnz twin""");
            guest.code(3, OTHER_CODE, addresses + """
                    look: lq 8, 0(16)
                     cmpd 8, 9
                     bne torn
                     bdnz look
                     b end
                    torn: li 21, 1
                    end: li 20, 0""");
            guest.start().join();
            GuestMemory memory = guest.vm.memory();
            equal((long) bound, memory.getLong(COUNTER), "counter with a bound");
            long counted = 0;
            for (Vcpu vcpu : guest.vm.vcpus()) {
                counted += vcpu.gpr(20);
            }
            equal((long) bound, counted, "times that it was counted up");
            equal(memory.getLong(COUNTER + 0x100), memory.getLong(COUNTER + 0x108), "twins");
            isTrue((memory.getLong(COUNTER + 0x100) & 0xffff_ffffL) == rounds, "the last twin was not stored");
            equal(0L, guest.vm.vcpu(3).gpr(21), "twins that differ seen");
        }
    }

    /** The lock of Power ISA 3.0B, Book II, B.2.1.1 and B.2.2.1. */
    private static void lock(Supplier<Vm.Builder> vms) throws Exception {
        int rounds = SharedGuest.rounds(10_000, 3);
        try (SharedGuest guest = new SharedGuest(vms, 3, 1)) {
            guest.code(CODE, """
                     lis 4, 4
                     ori 7, 4, 0x1000
                    """ + start(3, rounds) + """
                     li 8, 1
                    enter: lwarx 6, 0, 4
                     cmpwi 6, 0
                     bne enter
                     stwcx. 8, 0, 4
                     bne enter
                     isync
                     ld 9, 0(7)
                     addi 9, 9, 1
                     std 9, 0(7)
                     ld 10, 8(7)
                     add 10, 10, 9
                     std 10, 8(7)
                     lwsync
                     li 11, 0
                     stw 11, 0(4)
                     bdnz enter""");
            guest.start().join();
            long all = 3L * rounds;
            equal(all, guest.vm.memory().getLong(COUNTER), "counter");
            equal(all * (all + 1) / 2, guest.vm.memory().getLong(COUNTER + 8), "sum of its values");
        }
    }

    private static void invalidation(Supplier<Vm.Builder> vms) throws Exception {
        int rounds = 500;
        try (SharedGuest guest = new SharedGuest(vms, 3, 1)) {
            GuestMemory memory = guest.vm.memory();
            // 52 bits, resolved by 13, 9, 9 and 9.
            memory.putLong(PROCESS_TABLE, 2L << 61 | ROOT | 5 << 5 | 13);
            memory.putLong(ROOT, VALID | LEVEL_1 | 9);
            memory.putLong(LEVEL_1, VALID | LEVEL_2 | 9);
            memory.putLong(LEVEL_2, VALID | LEVEL_3 | 9);
            for (int page = 0; page < 512; page++) {
                memory.putLong(LEVEL_3 + 8L * page, VALID | LEAF | (long) page << 12 | ALL);
            }
            memory.putLong(LEVEL_3 + 8 * (MOVING >>> 12), VALID | LEAF | PAGE_A | ALL);
            guest.vm.vcpu(0).registerProcessTable(PROCESS_TABLE, true, true);
            // r4: sequence, r6: the moving page, r8: its entry, r9 and r10: the two pages and what the entry is for
            // them.
            String addresses = """
                     lis 4, 4
                     lis 6, 0x1f
                     ori 6, 6, 0xf000
                    """;
            guest.code(0, CODE, addresses + """
                     lis 8, 0x12
                     ori 8, 8, 0x2ff8
                     lis 9, 0x13
                     ori 10, 9, 0x1000
                     ld 11, 0(8)
                     ori 12, 11, 0x1000
                     li 14, 1
                     li 15, 0
                     li 5, %d
                     mtctr 5
                    next: std 14, 0(10)
                     lwsync
                     std 12, 0(8)
                     ptesync
                     tlbie 6, 15, 0, 1, 1
                     eieio
                     tlbsync
                     ptesync
                     std 14, 0(4)
                     mr 16, 9
                     mr 9, 10
                     mr 10, 16
                     mr 16, 11
                     mr 11, 12
                     mr 12, 16
                     addi 14, 14, 1
                     bdnz next""".formatted(rounds));
            for (int reader = 1; reader < 3; reader++) {
                guest.code(reader, OTHER_CODE, addresses + """
                         li 7, 0
                        look: ld 14, 0(4)
                         lwsync
                         ld 15, 0(6)
                         cmpd 15, 14
                         bge good
                         addi 7, 7, 1
                        good: cmpdi 14, %d
                         blt look""".formatted(rounds));
            }
            for (Vcpu vcpu : guest.vm.vcpus()) {
                vcpu.setMsr(Msr.SF | Msr.ME | Msr.IR | Msr.DR);
            }
            guest.start().join();
            for (int reader = 1; reader < 3; reader++) {
                equal(0L, guest.vm.vcpu(reader).gpr(7), "loads by an old translation on vCPU " + reader);
            }
        }
    }

    private static void code(Supplier<Vm.Builder> vms) throws Exception {
        int rounds = 2000;
        try (SharedGuest guest = new SharedGuest(vms, 2, 1)) {
            // li 15, 0; blr
            guest.vm.memory().putInt(CHANGING, 0x39e0_0000);
            guest.vm.memory().putInt(CHANGING + 4, 0x4e80_0020);
            guest.code(0, CODE, """
                     lis 4, 4
                     lis 6, 5
                     lwz 7, 0(6)
                     li 14, 1
                     li 5, %d
                     mtctr 5
                    next: add 8, 7, 14
                     stw 8, 0(6)
                     dcbst 0, 6
                     sync
                     icbi 0, 6
                     sync
                     isync
                     std 14, 0(4)
                     addi 14, 14, 1
                     bdnz next""".formatted(rounds));
            guest.code(1, OTHER_CODE, """
                     lis 4, 4
                     lis 6, 5
                     mtctr 6
                     li 7, 0
                     li 17, 0
                    look: ld 14, 0(4)
                     cmpd 14, 17
                     isync
                     bctrl
                     cmpd 15, 14
                     bge good
                     addi 7, 7, 1
                    good: mr 17, 14
                     cmpdi 14, %d
                     blt look""".formatted(rounds));
            guest.start().join();
            equal(0L, guest.vm.vcpu(1).gpr(7), "times that old code was executed");
        }
    }

    private static void prod(Supplier<Vm.Builder> vms) throws Exception {
        try (SharedGuest guest = new SharedGuest(vms, 2, 1)) {
            guest.code(0, CODE, """
                     li 3, %1$d
                     sc 1
                     mr 20, 3
                     li 3, %2$d
                     sc 1
                     mr 21, 3""".formatted(HcallNumber.H_CEDE, HcallNumber.H_JOIN));
            guest.code(1, OTHER_CODE, """
                     li 3, %d
                     li 4, 0
                     sc 1""".formatted(HcallNumber.H_PROD));
            // H_CEDE sets MSR[EE], with which H_JOIN is refused.
            guest.start().join();
            equal(0L, guest.vm.vcpu(0).gpr(20), "H_CEDE");
            equal(-5L, guest.vm.vcpu(0).gpr(21), "H_JOIN with MSR[EE]");
        }
        try (SharedGuest guest = new SharedGuest(vms, 2, 1)) {
            guest.code(CODE, """
                     li 3, %1$d
                     sc 1
                     mr 21, 3
                     xori 4, 31, 1
                     li 3, %2$d
                     sc 1""".formatted(HcallNumber.H_JOIN, HcallNumber.H_PROD));
            guest.start().join();
            long first = guest.vm.vcpu(0).gpr(21);
            long second = guest.vm.vcpu(1).gpr(21);
            isTrue(first == 0 && second == 18 || first == 18 && second == 0, "H_JOIN: " + first + " and " + second);
        }
    }

    private static void doorbell(Supplier<Vm.Builder> vms) throws Exception {
        int rounds = 200;
        try (SharedGuest guest = new SharedGuest(vms, 1, 2)) {
            // The handler counts, and returns.
            guest.code(0, 0xa00, """
                     mfspr 20, 446
                     addi 21, 21, 1
                     lis 22, 4
                     std 21, 0(22)
                     rfid""");
            guest.code(0, CODE, """
                     lis 4, 4
                     li 5, %d
                     mtctr 5
                     li 14, 1
                     lis 6, 0x2800
                     ori 6, 6, 1
                    next: msgsndp 6
                    wait: ld 7, 0(4)
                     cmpd 7, 14
                     bne wait
                     addi 14, 14, 1
                     bdnz next""".formatted(rounds));
            guest.code(1, OTHER_CODE, """
                    wait: cmpdi 21, %d
                     blt wait""".formatted(rounds));
            guest.vm.vcpu(1).setMsr(Msr.SF | Msr.ME | Msr.EE);
            guest.start().join();
            equal((long) rounds, guest.vm.vcpu(1).gpr(21), "doorbells");
            equal(1L, guest.vm.vcpu(1).gpr(20), "TIR");
            equal(0L, guest.vm.vcpu(0).gpr(21), "doorbells of the sender");
        }
    }

    private static void stopped(Supplier<Vm.Builder> vms) throws Exception {
        try (SharedGuest guest = new SharedGuest(vms, 3, 1)) {
            // Each counts in a doubleword of its own, until the flag is set.
            guest.code(CODE, """
                     lis 4, 4
                     ori 5, 4, 0x2000
                     ori 4, 4, 0x1000
                     sldi 6, 31, 7
                     add 4, 4, 6
                    next: ld 7, 0(4)
                     addi 7, 7, 1
                     std 7, 0(4)
                     ld 8, 0(5)
                     cmpdi 8, 0
                     beq next""");
            guest.start();
            Vm vm = guest.vm;
            for (int i = 0; i < STOPS; i++) {
                vm.whileStopped(() -> {
                    long[] before = counts(vm);
                    Thread.onSpinWait();
                    for (int spin = 0; spin < 20_000; spin++) {
                        Thread.onSpinWait();
                    }
                    long[] after = counts(vm);
                    for (int n = 0; n < before.length; n++) {
                        equal(before[n], after[n], "counter of vCPU " + n + ", which is stopped");
                    }
                });
            }
            vm.memory().putLong(FLAGS, 1);
            guest.join();
            for (long count : counts(vm)) {
                isTrue(count > 0, "a vCPU has never run");
            }
        }
    }

    private static long[] counts(Vm vm) {
        long[] counts = new long[vm.vcpus().size()];
        for (int n = 0; n < counts.length; n++) {
            counts[n] = vm.memory().getLong(COUNTER + 128L * n);
        }
        return counts;
    }
}
