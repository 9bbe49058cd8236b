// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.hypervisor.MmuMode;
import dev.wattle.hypervisor.io.IoBus;
import dev.wattle.hypervisor.irq.InterruptMode;
import dev.wattle.hypervisor.irq.PartitionInterrupts;
import dev.wattle.hypervisor.papr.xics.Xics;
import dev.wattle.hypervisor.papr.xive.Xive;
import dev.wattle.machine.firmware.DeviceTree;
import dev.wattle.power.model.ProcessorModel;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ClientArchitectureSupportTest {
    private static final int ADDRESS = 0x1000;
    private static final int[] TERMINATOR = {0xffff_fffe, 0x0f00_0001};

    private final GuestMemory memory = GuestMemory.allocate(1 << 20);

    @AfterEach
    void closeMemory() {
        memory.close();
    }

    /** A structure with the PVR pairs, four empty vectors, and a vector 5 of 26 bytes with three options. */
    private ByteBuffer structure(int interrupts, int mmu, int radix, int... pvrs) {
        ByteBuffer buffer = ByteBuffer.allocate(256);
        for (int pvr : pvrs) {
            buffer.putInt(pvr);
        }
        buffer.putInt(TERMINATOR[0]).putInt(TERMINATOR[1]);
        buffer.put((byte) 4);
        for (int i = 0; i < 4; i++) {
            buffer.put((byte) 0).put((byte) 0);
        }
        byte[] vector5 = new byte[26];
        vector5[22] = (byte) interrupts;
        vector5[23] = (byte) mmu;
        vector5[25] = (byte) radix;
        return buffer.put((byte) 25).put(vector5);
    }

    private ClientArchitectureSupport.Agreement negotiate(ProcessorModel model, ByteBuffer structure) {
        return negotiate(model, MmuMode.AUTO, structure);
    }

    private ClientArchitectureSupport.Agreement negotiate(ProcessorModel model, MmuMode mmu, ByteBuffer structure) {
        memory.write(ADDRESS, structure.array(), 0, structure.capacity());
        return new ClientArchitectureSupport(
                        model, mmu, InterruptChoice.XICS, PartitionInterrupts.of(new Xics(1, 0x1000, 0x1000)))
                .negotiate(memory, ADDRESS);
    }

    @Test
    void Negotiate_hashGuest_agreesOnHash() {
        ByteBuffer power9 = structure(0, 0, 0, -1, 0x0f00_0005);
        for (MmuMode mmu : new MmuMode[] {MmuMode.AUTO, MmuMode.HASH}) {
            ClientArchitectureSupport.Agreement agreement = negotiate(ProcessorModel.POWER9, mmu, power9);
            assertEquals(0x0f00_0005, agreement.cpuVersion());
            assertEquals(0, agreement.vector5()[24]);
            assertEquals(0, agreement.vector5()[26]);
        }
        ClientArchitectureSupport.Agreement power8 =
                negotiate(ProcessorModel.POWER8, structure(0, 0x40, 0, -1, 0x0f00_0004));
        assertEquals(0x0f00_0004, power8.cpuVersion(), "what POWER8 cannot choose is not heeded");
        assertEquals(0, power8.vector5()[24]);
    }

    @Test
    void Negotiate_hotPlugEvents_areAgreedIfTheGuestHasThem() {
        ByteBuffer without = structure(0, 0x40, 0x40, -1, 0x0f00_0005);
        assertFalse(negotiate(ProcessorModel.POWER9, without).hasHotPlug());
        // Byte 6 of vector 5, whose first is behind two PVR pairs, a count, four vectors of two bytes, and a length.
        int sixth = 2 * 8 + 1 + 4 * 2 + 1 + 5;
        for (int mmu : new int[] {0, 0x40}) {
            ByteBuffer with = structure(0, mmu, 0x40, -1, 0x0f00_0005).put(sixth, (byte) 0xff);
            ClientArchitectureSupport.Agreement agreement = negotiate(ProcessorModel.POWER9, with);
            assertTrue(agreement.hasHotPlug());
            assertEquals(mmu == 0 ? 0x05 : 0x04, agreement.vector5()[6], "with the change of the hash table's size");
        }
    }

    private ClientArchitectureSupport interrupts(InterruptChoice choice, PartitionInterrupts controllers) {
        return new ClientArchitectureSupport(ProcessorModel.POWER9, MmuMode.AUTO, choice, controllers);
    }

    @Test
    void Negotiate_interruptControllers_agreesOnWhatBothHave() {
        PartitionInterrupts controllers = new PartitionInterrupts(
                new Xics(2, 0x1000, 0x1000), Optional.of(new Xive(2, 0x2000, memory, true)), new IoBus());
        ByteBuffer xive = structure(0x40, 0x40, 0x40, -1, 0x0f00_0005);
        ByteBuffer xics = structure(0, 0x40, 0x40, -1, 0x0f00_0005);
        assertEquals(0x00, interrupts(InterruptChoice.XICS, controllers).platformSupport()[1]);
        assertEquals(0x40, interrupts(InterruptChoice.XIVE, controllers).platformSupport()[1]);
        assertEquals((byte) 0x80, interrupts(InterruptChoice.DUAL, controllers).platformSupport()[1]);
        DeviceTree tree = new DeviceTree();
        tree.root().child("chosen");
        tree.root().child("cpus").child("PowerPC,POWER9@0").set("ibm,ppc-interrupt-server#s", 0, 1);
        InterruptDeviceTree.addXics(tree, 2);
        int phandle = tree.find("/interrupt-controller").orElseThrow().phandle();
        ClientArchitectureSupport dual = interrupts(InterruptChoice.DUAL, controllers);
        for (int round = 0; round < 2; round++) {
            memory.write(ADDRESS, xive.array(), 0, xive.capacity());
            ClientArchitectureSupport.Agreement agreement = dual.negotiate(memory, ADDRESS);
            assertEquals(0x40, agreement.vector5()[23]);
            dual.conclude(agreement, tree);
            assertEquals(InterruptMode.XIVE, controllers.mode());
            DeviceTree.Node node =
                    tree.find("/interrupt-controller@60302031b0000").orElseThrow();
            assertEquals(phandle, node.phandle());
            assertEquals(node, tree.byPhandle(phandle).orElseThrow());
            assertArrayEquals(
                    new byte[] {0, 0, 0, 0, 0, 0, 0, 2},
                    node.property("ibm,xive-lisn-ranges").orElseThrow());
            assertTrue(tree.root().property("ibm,plat-res-int-priorities").isPresent());
            memory.write(ADDRESS, xics.array(), 0, xics.capacity());
            dual.conclude(dual.negotiate(memory, ADDRESS), tree);
            assertEquals(InterruptMode.XICS, controllers.mode());
            assertEquals(
                    "interrupt-controller",
                    tree.byPhandle(phandle).orElseThrow().name());
            assertFalse(tree.root().property("ibm,plat-res-int-priorities").isPresent());
        }
        assertTrue(interrupts(InterruptChoice.XIVE, controllers)
                .negotiate(memory, ADDRESS)
                .refusal()
                .contains("XICS interrupt controller only"));
    }

    @Test
    void Negotiate_radixGuestOnPower9_agreesOnIsa30RadixXics() {
        ClientArchitectureSupport.Agreement agreement = negotiate(
                ProcessorModel.POWER9,
                structure(0, 0x40, 0x40, 0xffff_0000, 0x004e_0000, -1, 0x0f00_0006, -1, 0x0f00_0005, -1, 0x0f00_0004));
        assertTrue(agreement.agreed());
        assertEquals(0x0f00_0005, agreement.cpuVersion());
        assertEquals(25, agreement.vector5()[0]);
        assertEquals(0, agreement.vector5()[23]);
        assertEquals(0x40, agreement.vector5()[24]);
        assertEquals(0x40, agreement.vector5()[26]);
    }

    @Test
    void Negotiate_onlyTheRealPvr_runsRaw() {
        ClientArchitectureSupport.Agreement agreement =
                negotiate(ProcessorModel.POWER9, structure(0, 0x40, 0, 0xffff_0000, 0x004e_0000));
        assertEquals(ProcessorModel.POWER9.pvr(), agreement.cpuVersion());
        assertEquals(0, agreement.vector5()[26]);
    }

    @Test
    void Negotiate_impossibleGuests_areRefusedWithAReason() {
        assertEquals(
                "the guest does not run on a POWER9 processor",
                negotiate(ProcessorModel.POWER9, structure(0, 0x40, 0, -1, 0x0f00_0006))
                        .refusal());
        assertTrue(negotiate(ProcessorModel.POWER9, MmuMode.RADIX, structure(0, 0, 0, -1, 0x0f00_0005))
                .refusal()
                .contains("hash page table only"));
        assertTrue(negotiate(ProcessorModel.POWER9, MmuMode.HASH, structure(0, 0x40, 0, -1, 0x0f00_0005))
                .refusal()
                .contains("radix tree only"));
        assertTrue(negotiate(ProcessorModel.POWER9, structure(0, 0x80, 0, -1, 0x0f00_0005))
                .refusal()
                .contains("two kinds"));
        assertTrue(negotiate(ProcessorModel.POWER9, structure(0x40, 0x40, 0, -1, 0x0f00_0005))
                .refusal()
                .contains("--interrupts dual"));
    }

    @Test
    void Negotiate_structureOutsideMemory_isRefused() {
        ClientArchitectureSupport power9 = new ClientArchitectureSupport(
                ProcessorModel.POWER9,
                MmuMode.AUTO,
                InterruptChoice.XICS,
                PartitionInterrupts.of(new Xics(1, 0x1000, 0x1000)));
        assertFalse(power9.negotiate(memory, (1 << 20) - 4).agreed());
        assertFalse(power9.negotiate(memory, 0xffff_ffffL).agreed());
        // Zeroes: a list of processors without an end.
        assertFalse(power9.negotiate(memory, 0x8000).agreed());
    }

    @Test
    void PlatformSupport_followsProcessorAndOption() {
        assertEquals(0x1700_18c0_1900_1a40L, support(ProcessorModel.POWER9, MmuMode.AUTO));
        assertEquals(0x1700_1840_1900_1a40L, support(ProcessorModel.POWER9, MmuMode.RADIX));
        assertEquals(0x1700_1800_1900_1a00L, support(ProcessorModel.POWER9, MmuMode.HASH));
        assertEquals(0x1700_1800_1900_1a00L, support(ProcessorModel.POWER8, MmuMode.AUTO));
    }

    private static long support(ProcessorModel model, MmuMode mmu) {
        return ByteBuffer.wrap(new ClientArchitectureSupport(
                                model, mmu, InterruptChoice.XICS, PartitionInterrupts.of(new Xics(1, 0x1000, 0x1000)))
                        .platformSupport())
                .getLong();
    }
}
