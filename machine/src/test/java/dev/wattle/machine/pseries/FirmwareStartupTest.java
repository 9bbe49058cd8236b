// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_HARDWARE;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_PARAMETER;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_SUCCESS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.hypervisor.MmuMode;
import dev.wattle.hypervisor.irq.PartitionInterrupts;
import dev.wattle.hypervisor.papr.hcall.HcallNumber;
import dev.wattle.hypervisor.papr.hcall.HypercallTable;
import dev.wattle.hypervisor.papr.xics.Xics;
import dev.wattle.machine.ConfigurationException;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.firmware.DeviceTree;
import dev.wattle.machine.firmware.FlattenedDeviceTree;
import dev.wattle.power.model.ProcessorModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FirmwareStartupTest {
    private static final int VECTORS = 0x1000;
    private static final int BUFFER = 0x2000;
    private static final int SIZE = 1 << 20;

    @TempDir
    private Path directory = Path.of("");

    private final FakeContext context = new FakeContext();
    private final HypercallTable hypercalls = new HypercallTable();
    private final DeviceTree tree = new DeviceTree();
    private final List<MachineOutcome> outcomes = new ArrayList<>();
    private Path rom = Path.of("");

    FirmwareStartupTest() {
        tree.root().child("chosen").setStrings("bootargs", "quiet").setStrings("stdout-path", "/vdevice");
        InterruptDeviceTree.addXics(tree, 1);
        tree.root().child("cpus").child("PowerPC,POWER9@0").set("cpu-version", 0x4e_1202);
    }

    @BeforeEach
    void writeRom() throws Exception {
        rom = rom(directory);
    }

    /** A firmware that does nothing: at 0x100 there are only zeros. */
    static Path rom(Path directory) throws IOException {
        ByteBuffer image = ByteBuffer.allocate(0x200);
        image.put(0x20, "header\0\0magic123".getBytes(StandardCharsets.US_ASCII))
                .putLong(0x30, 0x200);
        return Files.write(directory.resolve("rom.bin"), image.array());
    }

    @AfterEach
    void closeMemory() {
        context.close();
    }

    private FirmwareStartup load(GuestMemory memory, Optional<Path> kernel, Optional<Path> initrd)
            throws ConfigurationException {
        FirmwareStartup startup = FirmwareStartup.load(
                memory,
                rom,
                kernel,
                initrd,
                tree,
                new ClientArchitectureSupport(
                        ProcessorModel.POWER9,
                        MmuMode.AUTO,
                        InterruptChoice.XICS,
                        PartitionInterrupts.of(new Xics(1, 0x1000, 0x1000))),
                outcomes::add);
        startup.define(hypercalls);
        return startup;
    }

    private FirmwareStartup load() throws ConfigurationException {
        try (GuestMemory memory = GuestMemory.allocate(FirmwareStartup.LEAST_MEMORY)) {
            return load(memory, Optional.empty(), Optional.empty());
        }
    }

    /** The vectors of a client for ISA 3.0 by radix, in memory. */
    private void client(int interruptMode) {
        byte[] vector5 = new byte[26];
        vector5[22] = (byte) interruptMode;
        vector5[23] = 0x40;
        vector5[25] = 0x40;
        ByteBuffer structure = ByteBuffer.allocate(64);
        structure.putInt(-1).putInt(0x0f00_0005).putInt(0).putInt(-1).put((byte) 4);
        structure.put(new byte[8]).put((byte) 25).put(vector5);
        context.memory.write(VECTORS, structure.array(), 0, structure.capacity());
    }

    private long call(long number, long... arguments) {
        return hypercalls.call(number, context.with(arguments));
    }

    @Test
    void Load_rom_isAtZeroAndTheTreeNearTheTop() throws Exception {
        try (GuestMemory memory = GuestMemory.allocate(FirmwareStartup.LEAST_MEMORY)) {
            load(memory, Optional.empty(), Optional.empty());
            assertEquals(0x200, memory.getLong(0x30));
            long address = FirmwareStartup.LEAST_MEMORY - FirmwareStartup.TREE_BYTES;
            assertEquals(0xd00d_feed, memory.getInt(address));
            byte[] blob = new byte[memory.getInt(address + 4)];
            memory.read(address, blob, 0, blob.length);
            DeviceTree loaded = FlattenedDeviceTree.parse(blob).tree();
            assertArrayEquals(
                    "quiet\0".getBytes(StandardCharsets.US_ASCII),
                    loaded.find("/chosen").orElseThrow().property("bootargs").orElseThrow());
            assertTrue(loaded.find("/chosen")
                    .orElseThrow()
                    .property("qemu,boot-kernel")
                    .isEmpty());
        }
    }

    @Test
    void Load_whatDoesNotGoTogether_isRefused() throws Exception {
        Path initrd = Files.write(directory.resolve("initrd"), new byte[10]);
        try (GuestMemory memory = GuestMemory.allocate(FirmwareStartup.LEAST_MEMORY)) {
            String message = assertThrows(
                            ConfigurationException.class, () -> load(memory, Optional.empty(), Optional.of(initrd)))
                    .getMessage();
            assertTrue(message.startsWith("initrd " + initrd + ": given without a kernel"), message);
        }
        try (GuestMemory memory = GuestMemory.allocate(FirmwareStartup.LEAST_MEMORY - (1 << 20))) {
            String message = assertThrows(
                            ConfigurationException.class, () -> load(memory, Optional.empty(), Optional.empty()))
                    .getMessage();
            assertTrue(message.startsWith("memory 127 MiB: the firmware " + rom + " needs 128 MiB"), message);
        }
    }

    @Test
    void Cas_agreed_answersTheTreeWithoutWhatTheClientHasChosen() throws Exception {
        load();
        client(0);
        assertEquals(H_SUCCESS, call(HcallNumber.KVMPPC_H_CAS, VECTORS, BUFFER, 0x1_0000));
        assertEquals(1, context.memory.getInt(BUFFER));
        byte[] blob = new byte[context.memory.getInt(BUFFER + 8)];
        context.memory.read(BUFFER + 4, blob, 0, blob.length);
        DeviceTree answer = FlattenedDeviceTree.parse(blob).tree();
        DeviceTree.Node chosen = answer.find("/chosen").orElseThrow();
        assertEquals(List.of("ibm,architecture-vec-5"), chosen.propertyNames());
        assertEquals(0x40, chosen.property("ibm,architecture-vec-5").orElseThrow()[24]);
        assertEquals(
                0x0f00_0005, answer.find("/cpus/PowerPC,POWER9@0").orElseThrow().cell("cpu-version", 0));
        assertEquals(List.of(), outcomes);
        // The same again, as a client does that another one has started.
        assertEquals(H_SUCCESS, call(HcallNumber.KVMPPC_H_CAS, VECTORS, BUFFER, 0x1_0000));
    }

    @Test
    void Cas_bufferThatIsNoMemoryOrTooSmall_isParameter() throws Exception {
        load();
        client(0);
        assertEquals(H_PARAMETER, call(HcallNumber.KVMPPC_H_CAS, VECTORS, BUFFER, 3));
        assertEquals(H_PARAMETER, call(HcallNumber.KVMPPC_H_CAS, VECTORS, BUFFER, 64));
        assertEquals(H_PARAMETER, call(HcallNumber.KVMPPC_H_CAS, VECTORS, BUFFER, -1));
        assertEquals(H_PARAMETER, call(HcallNumber.KVMPPC_H_CAS, VECTORS, SIZE - 8, 0x1000));
        assertEquals(H_PARAMETER, call(HcallNumber.KVMPPC_H_CAS, VECTORS, -8, 0x1000));
        assertEquals(0, context.memory.getInt(BUFFER));
        assertEquals(List.of(), outcomes);
    }

    @Test
    void Cas_clientThatCannotRunHere_endsTheRunWithTheReason() throws Exception {
        load();
        client(0x40);
        assertEquals(H_HARDWARE, call(HcallNumber.KVMPPC_H_CAS, VECTORS, BUFFER, 0x1_0000));
        assertEquals(H_HARDWARE, call(HcallNumber.KVMPPC_H_CAS, SIZE - 4, BUFFER, 0x1_0000));
        assertEquals(2, outcomes.size());
        assertTrue(outcomes.getFirst().reason().contains("XIVE"), outcomes::toString);
    }

    @Test
    void UpdateTree_wellFormed_isKept() throws Exception {
        FirmwareStartup startup = load();
        assertEquals(tree, startup.completed());
        DeviceTree handed = new DeviceTree();
        handed.root().child("options").setStrings("auto-boot?", "true");
        byte[] blob = FlattenedDeviceTree.write(handed, List.of(), 0);
        context.memory.write(BUFFER, blob, 0, blob.length);
        assertEquals(H_SUCCESS, call(HcallNumber.KVMPPC_H_UPDATE_DT, BUFFER));
        assertTrue(startup.completed().find("/options").isPresent());
    }

    @Test
    void UpdateTree_malformed_isParameterAndNotKept() throws Exception {
        FirmwareStartup startup = load();
        byte[] blob = FlattenedDeviceTree.write(tree, List.of(), 0);
        context.memory.write(BUFFER, blob, 0, blob.length);
        assertEquals(H_PARAMETER, call(HcallNumber.KVMPPC_H_UPDATE_DT, SIZE - 8));
        assertEquals(H_PARAMETER, call(HcallNumber.KVMPPC_H_UPDATE_DT, -1));
        assertEquals(H_PARAMETER, call(HcallNumber.KVMPPC_H_UPDATE_DT, 0x8000));
        for (int size : new int[] {-1, 0, 39, 2 * blob.length + 1, SIZE, blob.length - 40}) {
            context.memory.putInt(BUFFER + 4, size);
            assertEquals(H_PARAMETER, call(HcallNumber.KVMPPC_H_UPDATE_DT, BUFFER), "size " + size);
        }
        context.memory.putInt(BUFFER + 4, blob.length);
        context.memory.putInt(BUFFER + 8, 0x7fff_ffff);
        assertEquals(H_PARAMETER, call(HcallNumber.KVMPPC_H_UPDATE_DT, BUFFER));
        assertEquals(tree, startup.completed());
    }
}
