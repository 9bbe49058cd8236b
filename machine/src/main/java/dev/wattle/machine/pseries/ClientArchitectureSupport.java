// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.hypervisor.MmuMode;
import dev.wattle.hypervisor.irq.InterruptMode;
import dev.wattle.hypervisor.irq.PartitionInterrupts;
import dev.wattle.machine.firmware.DeviceTree;
import dev.wattle.power.model.ProcessorModel;

/**
 * {@code ibm,client-architecture-support} (PAPR, "Root Node Methods"): the client lists the processors that it runs on
 * and its options; the platform picks.
 *
 * <p>The client's structure, in bytes: pairs of 32-bit {mask, PVR} up to one whose PVR has bits outside of its mask;
 * the number of option vectors less 1; for each vector its length less 1, then its bytes.
 */
final class ClientArchitectureSupport {
    /** Logical PVR of a processor of Power ISA 2.07. */
    static final int PVR_ISA_2_07 = 0x0f00_0004;
    /** Logical PVR of a processor of Power ISA 3.0. */
    static final int PVR_ISA_3_0 = 0x0f00_0005;

    /** The property of /chosen that tells the client what was agreed. */
    static final String VECTOR_5 = "ibm,architecture-vec-5";

    /** Byte of option vector 5, counted with its length byte: interrupt controller. */
    static final int OV5_INTERRUPT_MODE = 23;
    /** MMU type. */
    static final int OV5_MMU = 24;
    /** Hash table extensions. */
    static final int OV5_HASH_EXTENSIONS = 25;
    /** Radix extensions. */
    static final int OV5_RADIX_EXTENSIONS = 26;

    static final int OV5_MODE_MASK = 0xc0;
    static final int OV5_XICS = 0x00;
    static final int OV5_XIVE = 0x40;
    /** What the platform supports: either interrupt controller. */
    static final int OV5_XICS_OR_XIVE = 0x80;

    static final int OV5_HASH = 0x00;
    static final int OV5_RADIX = 0x40;
    /** Either, and the client may change from one to the other when it starts anew. */
    static final int OV5_EITHER = 0xc0;

    static final int OV5_GTSE = 0x40;
    /** Byte and bit of the change of the hash page table's size. */
    static final int OV5_HPT_RESIZE_BYTE = 6;

    static final int OV5_HPT_RESIZE = 0x01;

    /** Byte and bit of hot-plug events, by an interrupt of their own. */
    static final int OV5_HOT_PLUG_BYTE = 6;

    static final int OV5_HOT_PLUG = 0x04;

    private static final int PVR_LIST_LIMIT = 512;
    private static final int VECTOR_LIMIT = 256;

    /**
     * What was agreed.
     *
     * @param cpuVersion the PVR, logical or real, for "cpu-version"
     * @param vector5 the value of "ibm,architecture-vec-5"
     * @param interrupts the interrupt controller that the client uses from now on
     * @param refusal empty, or why nothing could be agreed
     */
    record Agreement(int cpuVersion, byte[] vector5, InterruptMode interrupts, String refusal) {
        boolean agreed() {
            return refusal.isEmpty();
        }

        /** Whether the client takes and gives back cores while it runs. */
        boolean hasHotPlug() {
            return (vector5[OV5_HOT_PLUG_BYTE] & OV5_HOT_PLUG) != 0;
        }

        private void describe(DeviceTree tree) {
            tree.find("/chosen").orElseThrow().set(VECTOR_5, vector5);
            InterruptDeviceTree.describe(tree, interrupts);
            for (DeviceTree.Node node : tree.find("/cpus").orElseThrow().children()) {
                node.set("cpu-version", cpuVersion);
            }
        }
    }

    private final ProcessorModel model;
    private final boolean offersHash;
    private final boolean offersRadix;
    private final InterruptChoice interrupts;
    private final PartitionInterrupts controllers;
    private Listener listener = (agreement, tree) -> {};
    private int cpuVersion;

    /** Who completes a device tree by what was agreed. */
    @FunctionalInterface
    interface Listener {
        void concluded(Agreement agreement, DeviceTree tree);
    }

    /**
     * Makes the platform's side of the negotiation.
     *
     * @param mmu which kinds of translation the platform offers, as far as the processor has them
     * @param interrupts which interrupt controllers it offers, as far as the processor has them
     * @param controllers where what was agreed is selected
     */
    ClientArchitectureSupport(
            ProcessorModel model, MmuMode mmu, InterruptChoice interrupts, PartitionInterrupts controllers) {
        this.controllers = controllers;
        this.model = model;
        this.interrupts = interrupts.with(model);
        cpuVersion = logicalPvr();
        offersHash = mmu != MmuMode.RADIX;
        offersRadix = mmu != MmuMode.HASH && model.radix();
    }

    /** Whether a client may translate by hash page table. */
    boolean offersHash() {
        return offersHash;
    }

    /** Whether a client may translate by radix tree. */
    boolean offersRadix() {
        return offersRadix;
    }

    /** The value of "ibm,arch-vec-5-platform-support": pairs of {byte of vector 5, what the platform can do}. */
    byte[] platformSupport() {
        return new byte[] {
            OV5_INTERRUPT_MODE,
            (byte)
                    switch (interrupts) {
                        case XICS -> OV5_XICS;
                        case XIVE -> OV5_XIVE;
                        case DUAL -> OV5_XICS_OR_XIVE;
                    },
            OV5_MMU,
            (byte) (offersRadix ? offersHash ? OV5_EITHER : OV5_RADIX : OV5_HASH),
            OV5_HASH_EXTENSIONS,
            0,
            OV5_RADIX_EXTENSIONS,
            (byte) (offersRadix ? OV5_GTSE : 0)
        };
    }

    /** The most capable logical PVR of this processor. */
    int logicalPvr() {
        return model.isa() >= 300 ? PVR_ISA_3_0 : PVR_ISA_2_07;
    }

    /** The value of "cpu-version": what was agreed last, or the most capable. */
    int cpuVersion() {
        return cpuVersion;
    }

    /** Names who is told of each agreement, before anything of it is in the device tree. */
    void onConclusion(Listener told) {
        listener = told;
    }

    /**
     * Negotiates.
     *
     * @param memory the client's memory
     * @param address real address of the client's structure
     */
    Agreement negotiate(GuestMemory memory, long address) {
        try {
            return negotiate(new Cursor(memory, address));
        } catch (IndexOutOfBoundsException e) {
            return refuse("the client-architecture-support structure is not in memory");
        }
    }

    private Agreement negotiate(Cursor cursor) {
        boolean raw = false;
        int best = 0;
        boolean terminated = false;
        for (int i = 0; i < PVR_LIST_LIMIT && !terminated; i++) {
            int mask = cursor.cell();
            int pvr = cursor.cell();
            terminated = (pvr & ~mask) != 0;
            if (terminated) {
                break;
            }
            raw |= (model.pvr() & mask) == pvr;
            for (int logical : new int[] {PVR_ISA_2_07, PVR_ISA_3_0}) {
                boolean offered = (logical & mask) == pvr;
                if (offered && Integer.compareUnsigned(logical, logicalPvr()) <= 0) {
                    best = Math.max(best, logical);
                }
            }
        }
        if (!terminated) {
            return refuse("the list of processors in client-architecture-support has no end");
        }
        if (best == 0 && !raw) {
            return refuse("the guest does not run on a " + model + " processor");
        }
        int vectors = cursor.octet() + 1;
        byte[] vector5 = new byte[0];
        for (int i = 1; i <= vectors; i++) {
            int length = cursor.octet() + 1;
            byte[] vector = new byte[Math.min(length, VECTOR_LIMIT)];
            for (int j = 0; j < length; j++) {
                int octet = cursor.octet();
                if (j < vector.length) {
                    vector[j] = (byte) octet;
                }
            }
            if (i == 5) {
                vector5 = vector;
            }
        }
        boolean wantsXive = (option(vector5, OV5_INTERRUPT_MODE) & OV5_MODE_MASK) == OV5_XIVE;
        if (wantsXive && interrupts == InterruptChoice.XICS) {
            return refuse("the guest insists on the XIVE interrupt controller, which this machine does not offer"
                    + (model.isa() >= 300 ? "; use --interrupts dual" : "; use --cpu power9"));
        }
        if (!wantsXive && interrupts == InterruptChoice.XIVE) {
            return refuse("the guest uses the XICS interrupt controller only, which this machine does not offer with"
                    + " --interrupts xive; use --interrupts dual");
        }
        byte[] answer = new byte[OV5_RADIX_EXTENSIONS + 1];
        answer[0] = (byte) (answer.length - 2);
        // Before POWER9 there is nothing to choose.
        switch (model.radix() ? option(vector5, OV5_MMU) & OV5_MODE_MASK : OV5_HASH) {
            case OV5_HASH -> {
                if (!offersHash) {
                    return refuse("the guest translates addresses by hash page table only, which this machine does not"
                            + " offer with --mmu radix; use --mmu auto");
                }
                answer[OV5_HPT_RESIZE_BYTE] = (byte) (option(vector5, OV5_HPT_RESIZE_BYTE) & OV5_HPT_RESIZE);
            }
            case OV5_RADIX -> {
                if (!offersRadix) {
                    return refuse("the guest translates addresses by radix tree only, which this machine does not"
                            + " offer with --mmu hash; use --mmu auto");
                }
                answer[OV5_MMU] = OV5_RADIX;
                answer[OV5_RADIX_EXTENSIONS] = (byte) (option(vector5, OV5_RADIX_EXTENSIONS) & OV5_GTSE);
            }
            default -> {
                return refuse("the guest asks for two kinds of address translation at once, of which it has to"
                        + " choose one");
            }
        }
        answer[OV5_HOT_PLUG_BYTE] |= (byte) (option(vector5, OV5_HOT_PLUG_BYTE) & OV5_HOT_PLUG);
        answer[OV5_INTERRUPT_MODE] = (byte) (wantsXive ? OV5_XIVE : OV5_XICS);
        InterruptMode mode = wantsXive ? InterruptMode.XIVE : InterruptMode.XICS;
        return new Agreement(best == 0 ? model.pvr() : best, answer, mode, "");
    }

    /** Does what was agreed, and puts it into a device tree. */
    void conclude(Agreement agreement, DeviceTree tree) {
        cpuVersion = agreement.cpuVersion();
        listener.concluded(agreement, tree);
        agreement.describe(tree);
        if (controllers.mode() != agreement.interrupts()) {
            controllers.select(agreement.interrupts());
        }
    }

    /** Byte of an option vector counted as PAPR counts it, from 1 after the length byte; 0 beyond its end. */
    private static int option(byte[] vector, int index) {
        return index - 1 < vector.length ? vector[index - 1] & 0xff : 0;
    }

    private static Agreement refuse(String reason) {
        return new Agreement(0, new byte[0], InterruptMode.XICS, reason);
    }

    /** The bytes of the client's structure in order; throws {@link IndexOutOfBoundsException} past memory. */
    private static final class Cursor {
        private final GuestMemory memory;
        private long address;

        private Cursor(GuestMemory memory, long address) {
            this.memory = memory;
            this.address = address;
        }

        private int octet() {
            return memory.getByte(address++) & 0xff;
        }

        private int cell() {
            int value = memory.getInt(address);
            address += Integer.BYTES;
            return value;
        }
    }
}
