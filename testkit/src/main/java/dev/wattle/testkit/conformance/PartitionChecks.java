// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.conformance;

import static dev.wattle.testkit.conformance.Guest.equal;
import static dev.wattle.testkit.conformance.Guest.isTrue;
import static dev.wattle.testkit.conformance.Guest.refused;

import dev.wattle.hypervisor.ClockMode;
import dev.wattle.hypervisor.MmuMode;
import dev.wattle.hypervisor.Register;
import dev.wattle.hypervisor.RegisterValue;
import dev.wattle.hypervisor.SegmentEntry;
import dev.wattle.hypervisor.Vm;
import dev.wattle.hypervisor.irq.InterruptMode;
import dev.wattle.hypervisor.papr.hash.PageTableExport;
import dev.wattle.hypervisor.papr.xive.Xive;
import dev.wattle.power.processor.Interrupt;
import dev.wattle.power.processor.Msr;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** State of a vCPU that a partition has given it: areas, interrupts that are presented, segments. */
final class PartitionChecks {
    private PartitionChecks() {}

    static List<Check> all() {
        return List.of(
                new Check("areas of a processor are registers", PartitionChecks::areas),
                new Check("each dispatch is counted and logged, elsewhere too", PartitionChecks::dispatches),
                new Check("a guest that waits has its dispatch logged with the reason", PartitionChecks::cede),
                new Check("an interrupt that is presented moves with its vCPU", PartitionChecks::presentation),
                new Check("a thread context moves with its vCPU", PartitionChecks::threadContext),
                new Check(
                        "an interrupt that is taken back before it is taken is not taken", PartitionChecks::takenBack),
                new Check("a guest goes on with the segments of another", PartitionChecks::segments),
                new Check("segments that a processor cannot have are refused", PartitionChecks::badSegments));
    }

    private static final Register VPA = Register.of("VPA_ADDR");
    private static final Register SLB_SHADOW = Register.of("VPA_SLB");
    private static final Register LOG = Register.of("VPA_DTL");
    private static final Register PRESENTATION = Register.of("ICP_STATE");
    private static final Register THREAD_CONTEXT = Register.of("VP_STATE");

    private static final long AREA = 0x4000;
    private static final long LOG_AREA = 0x5000;
    private static final long COUNT = AREA + 0x100;
    private static final long LOG_MASK = AREA + 0xb8;
    private static final long LOG_INDEX = AREA + 0x218;

    private static void areas(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms)) {
            RegisterValue none = new RegisterValue(0, 0);
            refused(() -> guest.vcpu.set(SLB_SHADOW, new RegisterValue(0x3000, 64)), "VPA_SLB", "VPA_ADDR");
            refused(() -> guest.vcpu.set(LOG, new RegisterValue(LOG_AREA, 64)), "VPA_DTL", "VPA_ADDR");
            refused(() -> guest.vcpu.set(VPA, 1L << 40), "VPA_ADDR", "memory");
            guest.vcpu.set(VPA, AREA);
            guest.vcpu.set(SLB_SHADOW, new RegisterValue(0x3000, 64));
            guest.vcpu.set(LOG, new RegisterValue(LOG_AREA, 100));
            refused(() -> guest.vcpu.set(LOG, new RegisterValue(LOG_AREA, 47)), "VPA_DTL", "48");
            equal(AREA, guest.vcpu.get(VPA), "VPA");
            equal(new RegisterValue(0x3000, 64), guest.vcpu.value(SLB_SHADOW), "SLB shadow buffer");
            equal(new RegisterValue(LOG_AREA, 96), guest.vcpu.value(LOG), "log, in whole entries");
            equal((byte) 2, guest.vm.memory().getByte(AREA + 9), "a shared processor");
            refused(() -> guest.vcpu.set(VPA, 0), "VPA_ADDR", "VPA_SLB");
            guest.vcpu.set(LOG, none);
            guest.vcpu.set(SLB_SHADOW, none);
            guest.vcpu.set(VPA, 0);
            // Those that a guest registers itself are the same.
            guest.vm.memory().putShort(AREA + 4, (short) 640);
            guest.code("li 3, 0xdc \n lis 4, 0x2000 \n sldi 4, 4, 16 \n li 5, 0 \n li 6, 0x4000 \n sc 1 \n mr 9, 3");
            guest.runToEnd();
            equal(0L, guest.vcpu.gpr(9), "H_REGISTER_VPA");
            equal(AREA, guest.vcpu.get(VPA), "VPA of the guest");
        }
    }

    private static void log(Guest guest) {
        guest.vm.memory().putByte(LOG_MASK, (byte) 3);
        guest.vcpu.set(VPA, AREA);
        guest.vcpu.set(LOG, new RegisterValue(LOG_AREA, 96));
    }

    private static void dispatches(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms);
                Guest other = new Guest(vms)) {
            guest.code("again: lwz 5, 0x4100(0) \n li 3, 0x7abc \n sc 1 \n b again");
            log(guest);
            equal(1, guest.vm.memory().getInt(COUNT), "count of a processor that has never run");
            guest.runToEnd();
            equal(2L, guest.vcpu.gpr(5), "count that the guest sees");
            equal(3, guest.vm.memory().getInt(COUNT), "count after the run");
            equal(0L, guest.vm.memory().getLong(LOG_INDEX), "the first run follows no preemption");
            guest.runToEnd();
            equal(4L, guest.vcpu.gpr(5), "count that the guest sees");
            equal(1L, guest.vm.memory().getLong(LOG_INDEX), "entries");
            guest.runToEnd().runToEnd();
            equal(3L, guest.vm.memory().getLong(LOG_INDEX), "entries");
            long first = guest.vm.memory().getLong(LOG_AREA + 16);
            long second = guest.vm.memory().getLong(LOG_AREA + 48 + 16);
            isTrue(first > second && second > 0, "the third entry is the first of the log again");
            equal((short) 0x0101, guest.vm.memory().getShort(LOG_AREA), "reasons");
            isTrue(guest.vm.memory().getInt(LOG_AREA + 4) > 0, "time outside of the guest");
            equal(0, guest.vm.memory().getInt(LOG_AREA + 12), "time that it waited");
            equal(Guest.START + 12, guest.vm.memory().getLong(LOG_AREA + 32), "where the guest went on");
            equal(guest.vcpu.msr(), guest.vm.memory().getLong(LOG_AREA + 40), "its MSR");
            isTrue(guest.vm.memory().getLong(AREA + 0x158) > 0, "all time outside of the guest");

            byte[] memory = new byte[0x8000];
            guest.vm.memory().read(0, memory, 0, memory.length);
            other.vm.memory().write(0, memory, 0, memory.length);
            for (Register register : guest.vcpu.registerList()) {
                other.vcpu.set(register, guest.vcpu.value(register));
            }
            other.runToEnd().runToEnd();
            equal(4L, other.vm.memory().getLong(LOG_INDEX), "entries of the guest elsewhere");
            isTrue(other.vm.memory().getLong(LOG_AREA + 48 + 16) != second, "the fourth entry is behind the third");
            equal(first, other.vm.memory().getLong(LOG_AREA + 16), "the third entry");

            other.vm.memory().putByte(LOG_MASK, (byte) 1);
            other.runToEnd();
            equal(4L, other.vm.memory().getLong(LOG_INDEX), "entries of a kind that is not asked for");
        }
    }

    private static void cede(Supplier<Vm.Builder> vms) {
        // What it waits then is known.
        try (Guest guest = new Guest(() -> vms.get().clock(ClockMode.VIRTUAL))) {
            guest.code(0x900, "lwz 6, 0x4100(0)" + Guest.STOP);
            guest.code("li 5, 30000 \n mtdec 5 \n li 3, 0xe0 \n sc 1");
            log(guest);
            guest.runToEnd();
            equal(4L, guest.vcpu.gpr(6), "count that the guest sees");
            equal(1L, guest.vm.memory().getLong(LOG_INDEX), "entries");
            equal((short) 0x0302, guest.vm.memory().getShort(LOG_AREA), "decrementer and H_CEDE");
            int waited = guest.vm.memory().getInt(LOG_AREA + 12);
            isTrue(waited > 29_000 && waited <= 30_000, "time that it waited: " + waited);
            equal(0, guest.vm.memory().getInt(LOG_AREA + 4), "time until it could run");
            equal((long) waited, guest.vm.memory().getLong(AREA + 0x168), "all time that it waited");
        }
    }

    private static void presentation(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms);
                Guest other = new Guest(vms)) {
            for (Guest each : List.of(guest, other)) {
                each.vm.xics().claimMessage(0x1234);
            }
            guest.vm.xics().setCppr(0, 0xff);
            guest.vm.xics().setMfrr(0, 9);
            equal(0xff00_0002_0909_0000L, guest.vcpu.get(PRESENTATION), "an inter-processor interrupt");
            long device = 0xff00_1234_0905_0000L;
            guest.vcpu.set(PRESENTATION, device);
            equal(device, guest.vcpu.get(PRESENTATION), "an interrupt of a device");
            other.code(
                    0x500,
                    "li 3, 0x74 \n sc 1 \n mr 9, 4 \n li 3, 0x64 \n mr 4, 9 \n sc 1 \n li 3, 0x74 \n sc 1"
                            + "\n mr 10, 4" + Guest.STOP);
            other.code("b .");
            other.vcpu.setMsr(Msr.SF | Msr.EE);
            other.vcpu.set(PRESENTATION, guest.vcpu.get(PRESENTATION));
            other.runToEnd();
            equal(0xff00_1234L, other.vcpu.gpr(9), "what H_XIRR gives");
            equal(0xff00_0002L, other.vcpu.gpr(10), "what it gives next");
            refused(() -> guest.vcpu.set(PRESENTATION, 0xff00_1235_0905_0000L), "XISR 4661");
            refused(() -> guest.vcpu.set(PRESENTATION, 0x0500_1234_0905_0000L), "CPPR 5");
            refused(() -> guest.vcpu.set(PRESENTATION, 0xff00_0000_0905_0000L), "XISR 0");
            equal(device, guest.vcpu.get(PRESENTATION), "what it was before");
        }
    }

    private static void threadContext(Supplier<Vm.Builder> vms) {
        RegisterValue pending = new RegisterValue(0x80ff_40ff_ff00_ff01L, 0);
        try (Guest guest = new Guest(vms);
                Guest other = new Guest(vms)) {
            refused(() -> guest.vcpu.value(THREAD_CONTEXT), "VP_STATE", "XICS");
            refused(() -> guest.vcpu.set(THREAD_CONTEXT, pending), "VP_STATE", "XICS");
            isTrue(guest.vcpu.registerList().contains(PRESENTATION), "ICP_STATE is no register with XICS");
            for (Guest each : List.of(guest, other)) {
                each.vm.interrupts().select(InterruptMode.XIVE);
            }
            List<Register> expected = new ArrayList<>(Register.all());
            expected.remove(PRESENTATION);
            equal(expected, guest.vcpu.registerList(), "registers with XIVE");
            refused(() -> guest.vcpu.value(PRESENTATION), "ICP_STATE", "XIVE");
            // NSR and PIPR follow from CPPR and IPB, and the second doubleword is nothing.
            equal(new RegisterValue(0xff_ff00_ffffL, 0), guest.vcpu.value(THREAD_CONTEXT), "at first");
            guest.vcpu.set(THREAD_CONTEXT, new RegisterValue(0x00ff_4000_0000_0000L, -1));
            equal(pending, guest.vcpu.value(THREAD_CONTEXT), "priority 1 pending and presented");
            // The handler accepts by the OS page of the TIMA.
            other.code(0x500, "lhz 9, 0x810(20)" + Guest.STOP);
            other.code("b .");
            for (Register register : guest.vcpu.registerList()) {
                if (!register.name().equals("NIA")) {
                    other.vcpu.set(register, guest.vcpu.value(register));
                }
            }
            other.vcpu.setGpr(20, Xive.timaPage(false));
            other.vcpu.setMsr(Msr.SF | Msr.EE);
            other.runToEnd();
            equal(0x8001L, other.vcpu.gpr(9), "NSR and CPPR as it accepts");
            equal(new RegisterValue(0x0001_00ff_ff00_ffffL, 0), other.vcpu.value(THREAD_CONTEXT), "afterwards");
            equal(pending, guest.vcpu.value(THREAD_CONTEXT), "that of the other vCPU");
        }
    }

    private static void takenBack(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms)) {
            guest.vm.interrupts().select(InterruptMode.XIVE);
            guest.code(0x500, "lhz 9, 0x810(20)" + Guest.STOP);
            // With MSR[EE] = 0 the CPPR takes back what is presented; with MSR[EE] = 1 it admits it again.
            guest.code("stb 21, 0x11(20) \n mtmsrd 22, 1 \n li 8, 1 \n li 8, 2 \n stb 23, 0x11(20) \n b .");
            guest.vcpu.setGpr(20, Xive.timaPage(false));
            guest.vcpu.setGpr(21, 0);
            guest.vcpu.setGpr(22, Msr.EE);
            guest.vcpu.setGpr(23, 0xff);
            guest.vcpu.set(THREAD_CONTEXT, new RegisterValue(0x00ff_4000_0000_0000L, 0));
            guest.runToEnd();
            equal(2L, guest.vcpu.gpr(8), "how far it has come before the interrupt");
            equal(0x8001L, guest.vcpu.gpr(9), "NSR and CPPR as it accepts");
            equal(1L, guest.vm.interruptCounts().getOrDefault(Interrupt.EXTERNAL.name(), 0L), "external interrupts");
        }
    }

    private static final long SEGMENT = 0x55;
    private static final long EA = 0x1000_0000;

    private static Guest hashGuest(Supplier<Vm.Builder> vms) {
        return new Guest(vms.get().mmu(MmuMode.HASH).memoryBytes(32 << 20).build());
    }

    private static void segments(Supplier<Vm.Builder> vms) {
        try (Guest guest = hashGuest(vms);
                Guest other = hashGuest(vms)) {
            // The guest maps a page of its memory, and reads it by both addresses.
            guest.code("slbmte 20, 21 \n li 3, 8 \n li 4, 0 \n mr 5, 11 \n mr 6, 12 \n mr 7, 13 \n sc 1 \n mtmsrd 22"
                    + " \n std 23, 0(23) \n li 3, 0x7abc \n sc 1 \n ld 16, 0(23) \n std 16, 8(23)");
            guest.vcpu.setGpr(11, SEGMENT * 8);
            guest.vcpu.setGpr(12, SEGMENT << 12 | 1);
            guest.vcpu.setGpr(13, 0x20_0000 | 0x10 | 2);
            guest.vcpu.setGpr(20, SEGMENT << 12);
            guest.vcpu.setGpr(21, EA | 1 << 27 | 3);
            guest.vcpu.setGpr(22, Msr.SF | Msr.ME | Msr.DR);
            guest.vcpu.setGpr(23, EA);
            guest.runToEnd();
            List<SegmentEntry> segments = guest.vcpu.segments();
            equal(List.of(new SegmentEntry(EA | 1 << 27 | 3, SEGMENT << 12)), segments, "segments");

            byte[] memory = new byte[4 << 20];
            guest.vm.memory().read(0, memory, 0, memory.length);
            other.vm.memory().write(0, memory, 0, memory.length);
            ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
            try (PageTableExport export = guest.vm.exportPageTable(false)) {
                while (!export.isComplete()) {
                    export.read(buffer.clear());
                    other.vm.importPageTable(buffer.flip());
                }
            }
            other.vcpu.setSegments(List.of(new SegmentEntry(EA | 1 << 27 | 9, 0x77L << 12)));
            for (Register register : guest.vcpu.registerList()) {
                other.vcpu.set(register, guest.vcpu.value(register));
            }
            other.vcpu.setSegments(segments);
            equal(segments, other.vcpu.segments(), "segments of the other");
            guest.runToEnd();
            other.runToEnd();
            for (Guest each : List.of(guest, other)) {
                equal(EA, each.vcpu.gpr(16), "what it has loaded");
                equal(EA, each.vm.memory().getLong(0x20_0008), "what it has stored");
            }
        }
    }

    private static void badSegments(Supplier<Vm.Builder> vms) {
        try (Guest guest = hashGuest(vms)) {
            SegmentEntry good = new SegmentEntry(EA | 1 << 27, SEGMENT << 12);
            guest.vcpu.setSegments(List.of(good));
            for (SegmentEntry bad : new SegmentEntry[] {
                new SegmentEntry(EA | 1 << 27 | 32, SEGMENT << 12),
                new SegmentEntry(EA, SEGMENT << 12),
                new SegmentEntry(EA | 1 << 27 | 1, SEGMENT << 12 | 1),
                new SegmentEntry(EA | 1 << 27 | 1, SEGMENT << 12 | 1L << 63),
                good
            }) {
                refused(() -> guest.vcpu.setSegments(List.of(good, bad)), "segment lookaside buffer");
                equal(List.of(good), guest.vcpu.segments(), "segments after " + bad);
            }
        }
    }
}
