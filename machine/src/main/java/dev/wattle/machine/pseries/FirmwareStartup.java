// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_HARDWARE;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_PARAMETER;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_SUCCESS;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.hypervisor.Vcpu;
import dev.wattle.hypervisor.papr.hcall.HcallNumber;
import dev.wattle.hypervisor.papr.hcall.HypercallContext;
import dev.wattle.hypervisor.papr.hcall.HypercallTable;
import dev.wattle.machine.ConfigurationException;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.firmware.DeviceTree;
import dev.wattle.machine.firmware.ElfKernel;
import dev.wattle.machine.firmware.FirmwareRom;
import dev.wattle.machine.firmware.FlattenedDeviceTree;
import dev.wattle.machine.firmware.InitialRamDisk;
import dev.wattle.power.processor.Msr;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Starts a firmware that runs in the guest: its image at real address 0, the flattened device tree near the top of
 * memory, and private hypercalls by which it has the machine negotiate with an operating system, and hands back the
 * device tree as it has completed it.
 */
final class FirmwareStartup implements Startup {
    /** The firmware takes the first 128 MiB for granted. */
    static final long LEAST_MEMORY = 128L << 20;

    /** Room for the device tree. */
    static final int TREE_BYTES = 2 << 20;
    /** The firmware addresses what it was given with 31 bits. */
    private static final long ADDRESS_LIMIT = 1L << 31;
    /** The version of the answer of {@link HcallNumber#KVMPPC_H_CAS}, in a cell before the device tree. */
    private static final int UPDATE_VERSION = 1;

    private static final int TREE_HEADER_BYTES = 40;

    private final DeviceTree tree;
    private final ClientArchitectureSupport architecture;
    private final MachineControl control;
    private final long treeAddress;
    /** Bytes of the device tree that the firmware got last; it may hand back twice as much. */
    private volatile int givenBytes;

    private volatile DeviceTree completed;

    private FirmwareStartup(
            DeviceTree tree,
            ClientArchitectureSupport architecture,
            MachineControl control,
            long treeAddress,
            int treeBytes) {
        this.tree = tree;
        this.architecture = architecture;
        this.control = control;
        this.treeAddress = treeAddress;
        givenBytes = treeBytes;
        completed = tree;
    }

    /**
     * Puts the firmware, its device tree, and a kernel that it is to boot into memory.
     *
     * @param kernelFile the kernel; the firmware looks for one on disks if there is none
     * @throws ConfigurationException if a file cannot be read or does not fit
     */
    static FirmwareStartup load(
            GuestMemory memory,
            Path romFile,
            Optional<Path> kernelFile,
            Optional<Path> initrdFile,
            DeviceTree tree,
            ClientArchitectureSupport architecture,
            MachineControl control)
            throws ConfigurationException {
        FirmwareRom rom = FirmwareRom.open(romFile);
        if (memory.size() < LEAST_MEMORY) {
            throw new ConfigurationException("memory " + (memory.size() >> 20) + " MiB: the firmware " + romFile
                    + " needs " + (LEAST_MEMORY >> 20) + " MiB or more; give it more memory");
        }
        rom.load(memory);
        long treeAddress = Math.min(memory.size(), ADDRESS_LIMIT) - TREE_BYTES;
        List<FlattenedDeviceTree.Reservation> reservations = new ArrayList<>();
        if (kernelFile.isPresent()) {
            loadKernel(memory, kernelFile.get(), initrdFile, tree, reservations);
        } else if (initrdFile.isPresent()) {
            throw new ConfigurationException("initrd " + initrdFile.get()
                    + ": given without a kernel, but what the firmware finds on a disk brings its own; leave it out");
        }
        byte[] blob = FlattenedDeviceTree.write(tree, reservations, 0);
        if (blob.length > TREE_BYTES) {
            throw new IllegalStateException("device tree of " + blob.length + " bytes");
        }
        memory.write(treeAddress, blob, 0, blob.length);
        return new FirmwareStartup(tree, architecture, control, treeAddress, blob.length);
    }

    private static void loadKernel(
            GuestMemory memory,
            Path kernelFile,
            Optional<Path> initrdFile,
            DeviceTree tree,
            List<FlattenedDeviceTree.Reservation> reservations)
            throws ConfigurationException {
        DeviceTree.Node chosen = tree.find("/chosen").orElseThrow();
        ElfKernel kernel = ElfKernel.open(kernelFile);
        kernel.load(memory);
        reservations.add(new FlattenedDeviceTree.Reservation(kernel.start(), kernel.end() - kernel.start()));
        // The firmware enters where this property points to.
        chosen.set(
                "qemu,boot-kernel",
                ByteBuffer.allocate(2 * Long.BYTES)
                        .putLong(kernel.entry())
                        .putLong(kernel.end() - kernel.entry())
                        .array());
        if (kernel.littleEndian()) {
            chosen.setEmpty("qemu,boot-kernel-le");
        }
        if (initrdFile.isPresent()) {
            InitialRamDisk initrd = InitialRamDisk.load(initrdFile.get(), memory, kernel.end());
            reservations.add(new FlattenedDeviceTree.Reservation(initrd.start(), initrd.size()));
            long end = initrd.start() + initrd.size();
            if (end > ADDRESS_LIMIT) {
                throw new ConfigurationException("initrd " + initrdFile.get() + ": ends above " + (ADDRESS_LIMIT >> 20)
                        + " MiB, where the firmware cannot reach; use a smaller one");
            }
            chosen.set("linux,initrd-start", (int) initrd.start()).set("linux,initrd-end", (int) end);
        }
    }

    @Override
    public void define(HypercallTable hypercalls) {
        hypercalls
                .define(HcallNumber.KVMPPC_H_CAS, this::clientArchitectureSupport)
                .define(HcallNumber.KVMPPC_H_UPDATE_DT, this::updateDeviceTree);
    }

    @Override
    public void begin(Vcpu vcpu) {
        vcpu.setMsr(Msr.SF | Msr.ME);
        vcpu.setNia(FirmwareRom.ENTRY);
        vcpu.setGpr(3, treeAddress);
    }

    /** The client has left it in the device tree, as Linux does. */
    @Override
    public OptionalLong rtasBase() {
        return completed
                .find("/rtas")
                .filter(rtas -> rtas.property("linux,rtas-base").isPresent())
                .map(rtas -> OptionalLong.of(Integer.toUnsignedLong(rtas.cell("linux,rtas-base", 0))))
                .orElse(OptionalLong.empty());
    }

    /** The device tree as the firmware has handed it over to the operating system, or the machine's own until then. */
    DeviceTree completed() {
        return completed;
    }

    /**
     * r4 = real address of the client's structure, r5 and r6 = real address and bytes of a buffer. The buffer gets a cell
     * with the version of the answer, and a flattened device tree that the firmware merges into its own.
     */
    private long clientArchitectureSupport(HypercallContext c) {
        GuestMemory memory = c.memory();
        long buffer = c.argument(1);
        long size = c.argument(2);
        if (size < Integer.BYTES || !memory.contains(buffer, size)) {
            return H_PARAMETER;
        }
        ClientArchitectureSupport.Agreement agreement = architecture.negotiate(memory, c.argument(0));
        if (!agreement.agreed()) {
            control.finish(MachineOutcome.Kind.INTERNAL_ERROR, agreement.refusal());
            return H_HARDWARE;
        }
        architecture.conclude(agreement, tree);
        // The rest of /chosen is the client's by now: a boot loader has written what it boots there.
        DeviceTree.Node chosen = tree.find("/chosen").orElseThrow();
        for (String name : chosen.propertyNames()) {
            if (!name.equals(ClientArchitectureSupport.VECTOR_5)) {
                chosen.remove(name);
            }
        }
        byte[] blob = FlattenedDeviceTree.write(tree, List.of(), 0);
        if (blob.length > size - Integer.BYTES) {
            return H_PARAMETER;
        }
        givenBytes = blob.length;
        memory.putInt(buffer, UPDATE_VERSION);
        memory.write(buffer + Integer.BYTES, blob, 0, blob.length);
        return H_SUCCESS;
    }

    /** r4 = real address of the flattened device tree that the firmware leaves to the operating system. */
    private long updateDeviceTree(HypercallContext c) {
        GuestMemory memory = c.memory();
        long address = c.argument(0);
        if (!memory.contains(address, TREE_HEADER_BYTES)) {
            return H_PARAMETER;
        }
        int size = memory.getInt(address + Integer.BYTES);
        if (size < TREE_HEADER_BYTES || size > 2 * givenBytes || !memory.contains(address, size)) {
            return H_PARAMETER;
        }
        byte[] blob = new byte[size];
        memory.read(address, blob, 0, size);
        try {
            completed = FlattenedDeviceTree.parse(blob).tree();
        } catch (IllegalArgumentException e) {
            return H_PARAMETER;
        }
        return H_SUCCESS;
    }
}
