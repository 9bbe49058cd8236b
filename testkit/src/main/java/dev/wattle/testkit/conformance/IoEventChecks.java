// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.conformance;

import static dev.wattle.testkit.conformance.Guest.equal;
import static dev.wattle.testkit.conformance.Guest.expect;
import static dev.wattle.testkit.conformance.Guest.isTrue;
import static dev.wattle.testkit.conformance.Guest.refused;

import dev.wattle.hypervisor.Exit;
import dev.wattle.hypervisor.Vm;
import dev.wattle.hypervisor.io.IoBus;
import dev.wattle.hypervisor.io.IoDevice;
import dev.wattle.hypervisor.io.IoEvent;
import dev.wattle.hypervisor.papr.hcall.HcallNumber;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** I/O events, by stores of the guest and by cache-inhibited accesses in its place. */
final class IoEventChecks {
    private static final long NOTIFY = 0x2000_8000_3000L;

    private IoEventChecks() {}

    static List<Check> all() {
        return List.of(
                new Check("an I/O event has its address, length and value", IoEventChecks::matching),
                new Check("two I/O events for the same stores are refused", IoEventChecks::collisions),
                new Check("H_LOGICAL_CI_STORE signals an I/O event's waiter without an exit", IoEventChecks::inside),
                new Check("a cache-inhibited access that nobody claims is one exit", IoEventChecks::unclaimed),
                new Check(
                        "cache-inhibited accesses of 1, 2, 4 and 8 bytes are big-endian; others are refused",
                        IoEventChecks::sizes),
                new Check("with the hypercall turned off each access is an exit again", IoEventChecks::disabled));
    }

    private static void matching(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms)) {
            AtomicInteger any = new AtomicInteger();
            AtomicInteger word = new AtomicInteger();
            AtomicInteger value = new AtomicInteger();
            IoBus io = guest.vm.io();
            io.assign(IoEvent.at(NOTIFY, 0), any::incrementAndGet);
            io.assign(IoEvent.at(NOTIFY + 8, 4), word::incrementAndGet);
            // What a little-endian driver calls 5.
            IoBus.Registration five =
                    io.assign(new IoEvent(NOTIFY + 16, 2, OptionalLong.of(5)), value::incrementAndGet);
            guest.code("""
                    stb 5, 0(4)
                    std 5, 0(4)
                    stw 5, 8(4)
                    sthbrx 5, 6, 4
                    """);
            guest.vcpu.setGpr(4, NOTIFY);
            guest.vcpu.setGpr(5, 5);
            guest.vcpu.setGpr(6, 16);
            guest.runToEnd();
            equal(2, any.get(), "stores of any length");
            equal(1, word.get(), "stores of a word");
            equal(1, value.get(), "stores of the value");
            equal(0L, guest.exits("MMIO"), "exits");

            guest.code("sth 5, 8(4)");
            equal(NOTIFY + 8, guest.runToMmio().physAddr(), "a store of another length");
            guest.runToEnd();
            guest.code("sth 5, 16(4)");
            equal(NOTIFY + 16, guest.runToMmio().physAddr(), "a store of another value");
            guest.runToEnd();
            five.close();
            guest.code("sthbrx 5, 6, 4");
            equal(NOTIFY + 16, guest.runToMmio().physAddr(), "a store after the event is gone");
        }
    }

    private static void collisions(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms)) {
            IoBus io = guest.vm.io();
            io.assign(IoEvent.at(NOTIFY, 4), () -> {});
            refused(() -> io.assign(IoEvent.at(NOTIFY, 4), () -> {}), Long.toHexString(NOTIFY));
            refused(() -> io.assign(IoEvent.at(NOTIFY, 0), () -> {}), Long.toHexString(NOTIFY));
            refused(() -> IoEvent.at(NOTIFY, 3), "3 bytes");
            refused(() -> new IoEvent(NOTIFY, 2, OptionalLong.of(0x1_0000)), "0x10000");
            io.register(NOTIFY, 0x1000, new Register(new AtomicLong()));
            refused(
                    () -> io.register(NOTIFY + 0xfff, 1, new Register(new AtomicLong())),
                    "overlaps",
                    Long.toHexString(NOTIFY));
        }
    }

    /** A device of one big-endian register of 8 bytes. */
    private record Register(AtomicLong value) implements IoDevice {
        @Override
        public long read(long offset, int size) {
            return value.get() >>> 64 - 8 * (offset + size);
        }

        @Override
        public void write(long offset, int size, long written) {
            value.set(written);
        }

        @Override
        public java.nio.ByteOrder byteOrder() {
            return java.nio.ByteOrder.BIG_ENDIAN;
        }
    }

    private static Guest ciStore(Supplier<Vm.Builder> vms) {
        Guest guest = new Guest(vms).code("sc 1 \n mr 20, 3");
        guest.vcpu.setGpr(3, HcallNumber.H_LOGICAL_CI_STORE);
        guest.vcpu.setGpr(4, 2);
        guest.vcpu.setGpr(5, NOTIFY);
        guest.vcpu.setGpr(6, 0x0100);
        return guest;
    }

    private static void inside(Supplier<Vm.Builder> vms) throws InterruptedException {
        try (Guest guest = ciStore(vms)) {
            Semaphore signals = new Semaphore(0);
            Thread thread = Thread.ofPlatform().daemon().start(signals::acquireUninterruptibly);
            guest.vm.io().assign(new IoEvent(NOTIFY, 2, OptionalLong.of(1)), signals::release);
            guest.runToEnd();
            thread.join(TimeUnit.SECONDS.toMillis(10));
            isTrue(!thread.isAlive(), "the waiter was not woken");
            equal(0L, guest.vcpu.gpr(20), "result");
            equal(1L, guest.exits("PAPR_HCALL"), "exits, of which one is the guest's end");
            equal(1L, guest.exits("H_LOGICAL_CI_STORE"), "calls answered inside");
        }
    }

    private static void unclaimed(Supplier<Vm.Builder> vms) {
        try (Guest guest = ciStore(vms)) {
            Exit.PaprHcall exit = expect(Exit.PaprHcall.class, guest.vcpu.run());
            equal(HcallNumber.H_LOGICAL_CI_STORE, exit.nr(), "number");
            equal(List.of(2L, NOTIFY, 0x100L), List.of(exit.args()[0], exit.args()[1], exit.args()[2]), "arguments");
            guest.vcpu.setGpr(3, -4);
            guest.runToEnd();
            equal(-4L, guest.vcpu.gpr(20), "the monitor's result");
            equal(2L, guest.exits("PAPR_HCALL"), "exits, of which one is the guest's end");
        }
    }

    private static void sizes(Supplier<Vm.Builder> vms) {
        AtomicLong value = new AtomicLong(0x0102_0304_0506_0708L);
        Map<Long, Long> wanted = Map.of(1L, 1L, 2L, 0x102L, 4L, 0x0102_0304L, 8L, 0x0102_0304_0506_0708L);
        for (long nr : new long[] {HcallNumber.H_LOGICAL_CI_LOAD, HcallNumber.H_LOGICAL_CACHE_LOAD}) {
            for (long size : new long[] {1, 2, 3, 4, 5, 8, 16, -1, 0}) {
                try (Guest guest = new Guest(vms).code("sc 1 \n mr 20, 3 \n mr 21, 4")) {
                    guest.vm.io().register(NOTIFY, 8, new Register(value));
                    guest.vcpu.setGpr(3, nr);
                    guest.vcpu.setGpr(4, size);
                    guest.vcpu.setGpr(5, NOTIFY);
                    guest.runToEnd();
                    equal(wanted.containsKey(size) ? 0L : -4L, guest.vcpu.gpr(20), "result for size " + size);
                    if (wanted.containsKey(size)) {
                        equal(wanted.get(size), guest.vcpu.gpr(21), "value of size " + size);
                    }
                }
            }
        }
    }

    private static void disabled(Supplier<Vm.Builder> vms) {
        try (Guest guest = ciStore(vms)) {
            AtomicInteger signals = new AtomicInteger();
            guest.vm.io().assign(IoEvent.at(NOTIFY, 2), signals::incrementAndGet);
            guest.vm.hypercalls().enable(HcallNumber.H_LOGICAL_CI_STORE, false);
            equal(
                    HcallNumber.H_LOGICAL_CI_STORE,
                    expect(Exit.PaprHcall.class, guest.vcpu.run()).nr(),
                    "number");
            equal(0, signals.get(), "signals");
            guest.vm.hypercalls().enable(HcallNumber.H_LOGICAL_CI_STORE, true);
            guest.vcpu.setNia(Guest.START);
            guest.vcpu.setGpr(3, HcallNumber.H_LOGICAL_CI_STORE);
            guest.runToEnd();
            equal(1, signals.get(), "signals");
        }
    }
}
