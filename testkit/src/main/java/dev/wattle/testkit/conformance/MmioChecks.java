// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.conformance;

import static dev.wattle.testkit.conformance.Guest.equal;
import static dev.wattle.testkit.conformance.Guest.expect;
import static dev.wattle.testkit.conformance.Guest.isTrue;

import dev.wattle.hypervisor.Exit;
import dev.wattle.hypervisor.Vm;
import dev.wattle.hypervisor.io.IoDevice;
import dev.wattle.power.processor.Msr;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/** Loads and stores of guest real addresses without storage: exits, devices on the bus, and their completion. */
final class MmioChecks {
    private static final long DEVICE = 0x2000_8000_0000L;

    private MmioChecks() {}

    static List<Check> all() {
        return List.of(
                new Check("a load of each size and byte order gets what the monitor fills in", MmioChecks::loads),
                new Check("a store of each size and byte order shows the monitor its bytes", MmioChecks::stores),
                new Check(
                        "forms with update, multiple, string and vector forms are completed piece by piece",
                        MmioChecks::forms),
                new Check("an access across a page is completed in pieces that do not", MmioChecks::crossing),
                new Check("a device on the bus answers without an exit", MmioChecks::devices),
                new Check(
                        "an interrupt waits until an instruction that the monitor answers is complete",
                        MmioChecks::interrupts),
                new Check("an access that is rejected ends in a machine check", MmioChecks::rejected),
                new Check("a monitor that goes elsewhere leaves nothing behind", MmioChecks::elsewhere),
                new Check("a monitor that does not fill in a load gives zeros", MmioChecks::unfilled));
    }

    private record Form(String text, int size, long result) {}

    private static void loads(Supplier<Vm.Builder> vms) {
        // The device's bytes are 81 82 83 84 85 86 87 88 by address.
        List<Form> forms = List.of(
                new Form("lbz 5, 0(4)", 1, 0x81),
                new Form("lhz 5, 0(4)", 2, 0x8182),
                new Form("lha 5, 0(4)", 2, 0xffff_ffff_ffff_8182L),
                new Form("lwz 5, 0(4)", 4, 0x8182_8384L),
                new Form("lwa 5, 0(4)", 4, 0xffff_ffff_8182_8384L),
                new Form("ld 5, 0(4)", 8, 0x8182_8384_8586_8788L),
                new Form("lhbrx 5, 0, 4", 2, 0x8281),
                new Form("lwbrx 5, 0, 4", 4, 0x8483_8281L),
                new Form("ldbrx 5, 0, 4", 8, 0x8887_8685_8483_8281L));
        for (Form form : forms) {
            try (Guest guest = new Guest(vms)) {
                guest.code(form.text);
                guest.vcpu.setGpr(4, DEVICE);
                Exit.Mmio load = guest.runToMmio();
                isTrue(!load.isWrite(), form.text + ": it is a load");
                equal(DEVICE, load.physAddr(), form.text + ": address");
                equal(form.size, load.len(), form.text + ": size");
                for (int i = 0; i < load.len(); i++) {
                    load.data()[i] = (byte) (0x81 + i);
                }
                guest.runToEnd();
                equal(form.result, guest.vcpu.gpr(5), form.text);
                equal(1L, guest.exits("MMIO"), form.text + ": exits");
            }
        }
    }

    private static void stores(Supplier<Vm.Builder> vms) {
        Map<String, byte[]> forms = new TreeMap<>();
        forms.put("stb 5, 0(4)", new byte[] {8});
        forms.put("sth 5, 0(4)", new byte[] {7, 8});
        forms.put("stw 5, 0(4)", new byte[] {5, 6, 7, 8});
        forms.put("std 5, 0(4)", new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
        forms.put("sthbrx 5, 0, 4", new byte[] {8, 7});
        forms.put("stwbrx 5, 0, 4", new byte[] {8, 7, 6, 5});
        forms.put("stdbrx 5, 0, 4", new byte[] {8, 7, 6, 5, 4, 3, 2, 1});
        forms.forEach((text, bytes) -> {
            try (Guest guest = new Guest(vms)) {
                guest.code(text);
                guest.vcpu.setGpr(4, DEVICE + 8);
                guest.vcpu.setGpr(5, 0x0102_0304_0506_0708L);
                Exit.Mmio store = guest.runToMmio();
                isTrue(store.isWrite(), text + ": it is a store");
                equal(DEVICE + 8, store.physAddr(), text + ": address");
                equal(HexFormat.of().formatHex(bytes), HexFormat.of().formatHex(store.data()), text + ": bytes");
                guest.runToEnd();
            }
        });
    }

    /** A device that answers with its offsets, and remembers what it is asked. */
    private static final class Echo implements IoDevice {
        final List<String> accesses = new ArrayList<>();

        @Override
        public long read(long offset, int size) {
            accesses.add("r" + size + "@" + Long.toHexString(offset));
            long value = 0;
            for (int i = size - 1; i >= 0; i--) {
                value = value << 8 | offset + i + 1 & 0xff;
            }
            return value;
        }

        @Override
        public void write(long offset, int size, long value) {
            accesses.add("w" + size + "@" + Long.toHexString(offset) + "=" + Long.toHexString(value));
        }
    }

    /** Has the monitor do for each exit what the device would do. */
    private static Guest complete(Guest guest, IoDevice device) {
        while (true) {
            Exit exit = guest.vcpu.run();
            if (exit instanceof Exit.PaprHcall) {
                return guest;
            }
            Exit.Mmio access = expect(Exit.Mmio.class, exit);
            long offset = access.physAddr() - DEVICE;
            if (access.isWrite()) {
                device.write(offset, access.len(), access.value(ByteOrder.LITTLE_ENDIAN));
            } else {
                access.complete(device.read(offset, access.len()), ByteOrder.LITTLE_ENDIAN);
            }
        }
    }

    private static final String FORMS = """
            addi 20, 4, -8
            ldu 5, 8(20)
            addi 21, 4, 0x20
            li 6, 0x10
            stwux 5, 21, 6
            lmw 28, 0x40(4)
            stmw 28, 0x80(4)
            lvx 1, 0, 4
            addi 22, 4, 0x100
            stvx 1, 0, 22
            lxvd2x 33, 0, 4
            addi 22, 4, 0x120
            stxvw4x 33, 0, 22
            lfd 2, 0x28(4)
            stfd 2, 0x140(4)
            lfs 3, 0x30(4)
            stfs 3, 0x148(4)
            """;

    private static final long FP = Msr.SF | Msr.FP | Msr.VEC | Msr.VSX;

    private static void forms(Supplier<Vm.Builder> vms) {
        Echo exits = new Echo();
        Echo bus = new Echo();
        long[] byExit = new long[32];
        try (Guest guest = new Guest(vms)) {
            guest.code(FORMS);
            guest.vcpu.setMsr(FP);
            guest.vcpu.setGpr(4, DEVICE);
            complete(guest, exits);
            for (int i = 5; i < 32; i++) {
                byExit[i] = guest.vcpu.gpr(i);
            }
            equal(0x0102_0304_0506_0708L, guest.vcpu.gpr(5), "ldu");
            equal(DEVICE, guest.vcpu.gpr(20), "base after ldu");
            equal(DEVICE + 0x30, guest.vcpu.gpr(21), "base after stwux");
            equal(0x4142_4344L, guest.vcpu.gpr(28), "lmw's first");
            equal(0x4d4e_4f50L, guest.vcpu.gpr(31), "lmw's last");
        }
        try (Guest guest = new Guest(vms)) {
            guest.vm.io().register(DEVICE, 0x1000, bus);
            guest.code(FORMS);
            guest.vcpu.setMsr(FP);
            guest.vcpu.setGpr(4, DEVICE);
            guest.runToEnd();
            for (int i = 5; i < 32; i++) {
                equal(byExit[i], guest.vcpu.gpr(i), "GPR " + i);
            }
        }
        equal(bus.accesses, exits.accesses, "accesses by exits as on the bus");
        isTrue(exits.accesses.contains("w4@30=8070605"), "stwux stores once: " + exits.accesses);
    }

    private static void crossing(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms)) {
            Echo echo = new Echo();
            guest.code("lwz 5, 0xffe(4) \n stw 5, 0xffe(4) \n lwz 6, 0x1ffd(4) \n stw 6, 0x1ffd(4)");
            guest.vcpu.setGpr(4, DEVICE);
            complete(guest, echo);
            equal(0xff00_0102L, guest.vcpu.gpr(5), "loaded in halves");
            equal(0xfeff_0001L, guest.vcpu.gpr(6), "loaded as three bytes and one");
            equal(
                    List.of("r2@ffe", "r2@1000", "w2@ffe=ff", "w2@1000=201"),
                    echo.accesses.subList(0, 4),
                    "accesses in halves");
            equal(
                    List.of("r1@1ffd", "r1@1ffe", "r1@1fff", "r1@2000"),
                    echo.accesses.subList(4, 8),
                    "loads of three bytes and one");
            equal(
                    List.of("w1@1ffd=fe", "w1@1ffe=ff", "w1@1fff=0", "w1@2000=1"),
                    echo.accesses.subList(8, 12),
                    "stores of three bytes and one");
        }
    }

    private static void devices(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms)) {
            Echo echo = new Echo();
            guest.vm.io().register(DEVICE, 0x1000, echo);
            guest.code("lwz 5, 0x10(4) \n lwbrx 6, 0, 4 \n stw 5, 0x20(4)");
            guest.vcpu.setGpr(4, DEVICE);
            guest.runToEnd();
            equal(0x1112_1314L, guest.vcpu.gpr(5), "lwz");
            equal(0x0403_0201L, guest.vcpu.gpr(6), "lwbrx");
            equal(List.of("r4@10", "r4@0", "w4@20=14131211"), echo.accesses, "accesses");
            equal(0L, guest.exits("MMIO"), "exits");
            equal(3L, guest.exits("MMIO_HANDLED"), "accesses counted");
        }
    }

    private static void interrupts(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms)) {
            guest.code("lwz 5, 0(4) \n again: li 6, 1 \n b again");
            // The handler keeps what the interrupted program had.
            guest.code(0x500, "mfsrr0 7 \n mr 8, 5" + Guest.STOP);
            guest.vcpu.setMsr(Msr.SF | Msr.EE);
            guest.vcpu.setGpr(4, DEVICE);
            guest.vcpu.setGpr(5, 1);
            Exit.Mmio load = guest.runToMmio();
            equal(Guest.START, guest.vcpu.nia(), "address of the next instruction");
            guest.vcpu.external(true);
            load.complete(0x1234, ByteOrder.BIG_ENDIAN);
            guest.runToEnd();
            equal(0x1234L, guest.vcpu.gpr(8), "loaded before the interrupt");
            equal(Guest.START + 4, guest.vcpu.gpr(7), "where it interrupts");
        }
    }

    private static void rejected(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms)) {
            guest.code("lwz 5, 0(4)");
            guest.code(0x200, "mfsrr0 7 \n mfdar 8" + Guest.STOP);
            guest.vcpu.setMsr(Msr.SF | Msr.ME);
            guest.vcpu.setGpr(4, DEVICE);
            guest.vcpu.setGpr(5, 9);
            guest.runToMmio().reject();
            guest.runToEnd();
            equal(Guest.START, guest.vcpu.gpr(7), "SRR0");
            equal(DEVICE, guest.vcpu.gpr(8), "DAR");
            equal(9L, guest.vcpu.gpr(5), "the register that was to be loaded");
        }
    }

    private static void elsewhere(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms)) {
            guest.code("lwz 5, 0(4) \n lwz 6, 0(4)");
            guest.vcpu.setGpr(4, DEVICE);
            guest.runToMmio().complete(1, ByteOrder.BIG_ENDIAN);
            guest.vcpu.setNia(Guest.START + 4);
            guest.runToMmio().complete(2, ByteOrder.BIG_ENDIAN);
            guest.runToEnd();
            equal(2L, guest.vcpu.gpr(6), "loaded by the second");
        }
    }

    private static void unfilled(Supplier<Vm.Builder> vms) {
        try (Guest guest = new Guest(vms)) {
            guest.code("ld 5, 0(4)");
            guest.vcpu.setGpr(4, DEVICE);
            guest.vcpu.setGpr(5, -1);
            guest.runToMmio();
            guest.runToEnd();
            equal(0L, guest.vcpu.gpr(5), "loaded");
        }
    }
}
