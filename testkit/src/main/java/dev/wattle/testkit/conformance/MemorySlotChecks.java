// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.conformance;

import static dev.wattle.testkit.conformance.Guest.equal;
import static dev.wattle.testkit.conformance.Guest.isTrue;
import static dev.wattle.testkit.conformance.Guest.refused;

import dev.wattle.engine.memory.HostMemory;
import dev.wattle.engine.memory.MemoryBacking;
import dev.wattle.engine.memory.MemorySlot.Flag;
import dev.wattle.hypervisor.Exit;
import dev.wattle.hypervisor.Vm;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** Memory slots: adding, moving, removing, those that may only be read, and logs of dirty pages. */
final class MemorySlotChecks {
    private static final long HIGH = 0x4_0000_0000L;
    private static final long SIZE = 0x20_0000;

    private MemorySlotChecks() {}

    static List<Check> all() {
        return List.of(
                new Check(
                        "a slot that is added, moved and removed has its storage where it is", MemorySlotChecks::slots),
                new Check(
                        "a slot that overlaps, or is not aligned, is refused and changes nothing",
                        MemorySlotChecks::refusals),
                new Check("stores to a slot that may only be read are the monitor's", MemorySlotChecks::readOnly),
                new Check(
                        "code in a slot that is removed and another added in its place is the new code",
                        MemorySlotChecks::code),
                new Check(
                        "the dirty log has the pages that the guest has written, each once",
                        MemorySlotChecks::dirtyLog),
                new Check("the dirty log has pages that are written for the guest", MemorySlotChecks::dirtyByOthers),
                new Check("taking the dirty log of a running guest loses no page", MemorySlotChecks::dirtyWhileRunning),
                new Check("slots change under a running guest", MemorySlotChecks::changeWhileRunning));
    }

    private static void slots(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms);
                MemoryBacking backing = MemoryBacking.anonymous(SIZE)) {
            guest.code("ld 5, 0(4) \n std 6, 8(4)");
            HostMemory.putLongBe(backing.address(), 77);
            guest.vm.addMemorySlot(3, HIGH, backing, Set.of());
            guest.vcpu.setGpr(4, HIGH);
            guest.vcpu.setGpr(6, 88);
            guest.runToEnd();
            equal(77L, guest.vcpu.gpr(5), "loaded");
            equal(88L, HostMemory.getLongBe(backing.address() + 8), "stored");

            guest.vm.moveMemorySlot(3, 2 * HIGH);
            guest.vcpu.setNia(Guest.START);
            equal(HIGH, guest.runToMmio().physAddr(), "address without storage");
            guest.vcpu.setGpr(4, 2 * HIGH);
            guest.vcpu.setNia(Guest.START);
            guest.runToEnd();
            equal(77L, guest.vcpu.gpr(5), "loaded where it is now");

            guest.vm.removeMemorySlot(3);
            guest.vcpu.setNia(Guest.START);
            equal(2 * HIGH, guest.runToMmio().physAddr(), "address of the removed slot");
            refused(() -> guest.vm.removeMemorySlot(3), "slot 3");
        }
    }

    private static void refusals(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms);
                MemoryBacking backing = MemoryBacking.anonymous(SIZE)) {
            guest.vm.addMemorySlot(1, HIGH, backing, Set.of());
            refused(
                    () -> guest.vm.addMemorySlot(2, HIGH + SIZE - 4096, backing, Set.of()),
                    "slot 2",
                    "overlaps slot 1");
            refused(() -> guest.vm.addMemorySlot(2, HIGH - SIZE + 4096, backing, Set.of()), "overlaps slot 1");
            refused(() -> guest.vm.addMemorySlot(2, 0, backing, Set.of()), "overlaps slot 0");
            refused(() -> guest.vm.addMemorySlot(1, 2 * HIGH, backing, Set.of()), "slot 1");
            refused(() -> guest.vm.addMemorySlot(2, HIGH + SIZE + 1, backing, Set.of()), "multiple of 4096");
            refused(() -> guest.vm.addMemorySlot(2, -4096, backing, Set.of()), "slot 2");
            refused(() -> guest.vm.addMemorySlot(2, Long.MAX_VALUE & -4096, backing, Set.of()), "slot 2");
            refused(() -> guest.vm.moveMemorySlot(1, 0), "overlaps slot 0");
            refused(() -> guest.vm.moveMemorySlot(9, 0), "slot 9");
            equal(2, guest.vm.memory().slots().size(), "slots");
            equal(HIGH, guest.vm.memory().slots().getLast().guestPhysAddr(), "address of slot 1");
        }
    }

    private static void readOnly(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms);
                MemoryBacking backing = MemoryBacking.anonymous(SIZE)) {
            HostMemory.putLongBe(backing.address(), 77);
            guest.vm.addMemorySlot(1, HIGH, backing, Set.of(Flag.READONLY));
            guest.code("ld 5, 0(4) \n stw 6, 4(4) \n ld 7, 0(4)");
            guest.vcpu.setGpr(4, HIGH);
            guest.vcpu.setGpr(6, 0x1234_5678);
            Exit.Mmio store = guest.runToMmio();
            isTrue(store.isWrite(), "it is a store");
            equal(HIGH + 4, store.physAddr(), "address");
            equal(0x1234_5678L, store.value(ByteOrder.BIG_ENDIAN), "value");
            guest.runToEnd();
            equal(77L, guest.vcpu.gpr(7), "contents");
            guest.vm.memory().putLong(HIGH, 1);
            equal(77L, guest.vm.memory().getLong(HIGH), "contents after a write for the guest");
        }
    }

    private static void code(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms);
                MemoryBacking one = MemoryBacking.anonymous(SIZE);
                MemoryBacking two = MemoryBacking.anonymous(SIZE)) {
            guest.code("mtctr 4 \n bctrl");
            guest.vm.addMemorySlot(1, HIGH, one, Set.of());
            guest.code(HIGH, "li 5, 1 \n blr");
            guest.vcpu.setGpr(4, HIGH);
            guest.runToEnd();
            equal(1L, guest.vcpu.gpr(5), "result of the first code");
            guest.vm.removeMemorySlot(1);
            guest.vm.addMemorySlot(1, HIGH, two, Set.of());
            guest.code(HIGH, "li 5, 2 \n blr");
            guest.runToEnd();
            equal(2L, guest.vcpu.gpr(5), "result of the second code");
        }
    }

    private static List<Integer> pages(long[] log) {
        List<Integer> pages = new ArrayList<>();
        for (int i = 0; i < 64 * log.length; i++) {
            if ((log[i / 64] >>> i & 1) != 0) {
                pages.add(i);
            }
        }
        return pages;
    }

    private static void dirtyLog(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms);
                MemoryBacking backing = MemoryBacking.anonymous(SIZE)) {
            guest.vm.addMemorySlot(1, HIGH, backing, Set.of(Flag.LOG_DIRTY_PAGES));
            guest.vcpu.setGpr(4, HIGH);
            // A load, stores to pages 1 and 3, one across pages 19 and 20, and a block of zeros in page 64.
            guest.code("""
                    ld 5, 0(4)
                    lis 6, 1
                    stw 5, 0x1000(4)
                    stw 5, 0x1008(4)
                    stb 5, 0x3fff(4)
                    add 7, 4, 6
                    std 5, 0x3ffc(7)
                    lis 8, 4
                    add 8, 8, 4
                    dcbz 0, 8
                    """);
            guest.runToEnd();
            equal(List.of(1, 3, 19, 20, 64), pages(guest.vm.takeDirtyLog(1)), "dirty pages");
            equal(List.of(), pages(guest.vm.takeDirtyLog(1)), "dirty pages at once again");
            guest.vcpu.setNia(Guest.START);
            guest.runToEnd();
            equal(List.of(1, 3, 19, 20, 64), pages(guest.vm.takeDirtyLog(1)), "dirty pages of the second run");
            guest.vm.logDirtyPages(1, false);
            refused(() -> guest.vm.takeDirtyLog(1), "slot 1");
        }
    }

    private static void dirtyByOthers(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms)) {
            guest.vm.logDirtyPages(0, true);
            guest.vm.memory().putByte(0x5fff, (byte) 1);
            guest.vm.memory().write(0x7ff0, new byte[32], 0, 32);
            equal(List.of(5, 7, 8), pages(guest.vm.takeDirtyLog(0)), "dirty pages");
        }
    }

    private static void dirtyWhileRunning(Supplier<Vm.Builder> vms) throws InterruptedException {
        int rounds = 200;
        try (Guest guest = new Guest(vms);
                MemoryBacking backing = MemoryBacking.anonymous(SIZE)) {
            guest.vm.addMemorySlot(1, HIGH, backing, Set.of(Flag.LOG_DIRTY_PAGES));
            // Writes a counter to 16 pages, round and round, until it is told to stop.
            guest.code("""
                    li 9, 0
                    round:
                    addi 9, 9, 1
                    mr 7, 4
                    li 8, 16
                    mtctr 8
                    page:
                    std 9, 0(7)
                    addi 7, 7, 0x1000
                    bdnz page
                    ld 10, 0x800(4)
                    cmpdi 10, 0
                    beq round
                    """);
            guest.vcpu.setGpr(4, HIGH);
            Thread thread = Thread.ofPlatform().start(guest::runToEnd);
            long[] copy = new long[16];
            for (int i = 0; i < rounds; i++) {
                copyDirty(guest, backing, copy);
            }
            guest.vm.memory().putLong(HIGH + 0x800, 1);
            thread.join();
            copyDirty(guest, backing, copy);
            for (int page = 0; page < 16; page++) {
                equal(HostMemory.getLongBe(backing.address() + 4096L * page), copy[page], "copy of page " + page);
            }
        }
    }

    private static void copyDirty(Guest guest, MemoryBacking backing, long[] copy) {
        for (int page : pages(guest.vm.takeDirtyLog(1))) {
            copy[page] = HostMemory.getLongBe(backing.address() + 4096L * page);
        }
    }

    private static void changeWhileRunning(Supplier<Vm.Builder> vms) throws InterruptedException {
        int rounds = 100;
        try (Guest guest = new Guest(vms);
                MemoryBacking one = MemoryBacking.anonymous(SIZE);
                MemoryBacking two = MemoryBacking.anonymous(SIZE)) {
            HostMemory.putLongBe(one.address(), 1);
            HostMemory.putLongBe(two.address(), 2);
            guest.vm.addMemorySlot(1, HIGH, one, Set.of());
            guest.vm.addMemorySlot(2, 2 * HIGH, two, Set.of());
            guest.code("again: ld 5, 0(4) \n std 5, 0x200(0) \n ld 6, 0x208(0) \n cmpdi 6, 0 \n beq again");
            guest.vcpu.setGpr(4, HIGH);
            Thread thread = Thread.ofPlatform().start(guest::runToEnd);
            for (int i = 1; i <= rounds; i++) {
                int here = 1 + (i + 1) % 2;
                int there = 1 + i % 2;
                swap(guest.vm, here, there);
                long wanted = there;
                long end = System.nanoTime() + 10_000_000_000L;
                while (guest.vm.memory().getLong(0x200) != wanted) {
                    isTrue(System.nanoTime() < end, "the guest never saw slot " + there);
                    Thread.onSpinWait();
                }
            }
            guest.vm.memory().putLong(0x208, 1);
            thread.join();
        }
    }

    /** Has two slots change places, by way of a third; the guest sees them before or after. */
    private static void swap(Vm vm, int here, int there) {
        vm.whileStopped(() -> {
            vm.moveMemorySlot(here, 3 * HIGH);
            vm.moveMemorySlot(there, HIGH);
            vm.moveMemorySlot(here, 2 * HIGH);
        });
    }
}
