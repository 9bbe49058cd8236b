// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.hypervisor.io.IoDevice;
import dev.wattle.hypervisor.papr.hcall.HcallNumber;
import dev.wattle.hypervisor.papr.hcall.HypercallTable;
import dev.wattle.hypervisor.papr.hcall.ReturnCode;
import dev.wattle.hypervisor.papr.tce.TceTables;
import dev.wattle.hypervisor.papr.xics.Xics;
import dev.wattle.machine.firmware.DeviceTree;
import dev.wattle.machine.pci.Bar;
import dev.wattle.machine.pci.DmaException;
import dev.wattle.machine.pci.Msix;
import dev.wattle.machine.pci.PciFunction;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The PCI host bridge as a guest meets it: RTAS calls, windows, interrupts, DMA and nodes of the device tree. */
class PciRtasTest {
    private static final int BLOCK = 0x1000;
    private static final int BUID_HIGH = 0x0800_0000;
    private static final int BUID_LOW = 0x2000_0000;
    private static final int SLOT = 3;
    private static final int ADDRESS = SLOT << 11;

    private final FakeContext context = new FakeContext();
    private final Xics xics = new Xics(1, 0x1000, 0x1000);
    private final HypercallTable hypercalls = new HypercallTable();
    private final TceTables tables = new TceTables();
    private final PciHostBridge bridge = new PciHostBridge(context.io, context.memory, xics, tables);
    private final Rtas rtas = new Rtas();
    private final DeviceTree.Node tokens = new DeviceTree().root().child("rtas");
    private final Msix msix = new Msix(4, 1, 4096);
    private final List<Long> stores = new ArrayList<>();
    private final PciFunction function = PciFunction.builder(0x1234, 0x5678)
            .classCode(0x01_0000, 2)
            .subsystem(0x1af4, 9)
            .bar(new Bar(0, Bar.Space.IO, 128, device()))
            .bar(new Bar(4, Bar.Space.MEMORY_64, 0x4000, device()))
            .msix(msix)
            .interruptPin()
            .build();
    private int[] results = new int[0];

    PciRtasTest() {
        tables.define(hypercalls);
        bridge.plug(SLOT, function);
        new PciRtas(bridge).define(rtas);
        rtas.describe(tokens);
        xics.setCppr(0, 0xff);
    }

    private IoDevice device() {
        return new IoDevice() {
            @Override
            public long read(long offset, int size) {
                return offset + 0x10;
            }

            @Override
            public void write(long offset, int size, long value) {
                stores.add(value);
            }
        };
    }

    @AfterEach
    void closeMemory() {
        context.close();
    }

    private int call(String name, int resultCount, int... arguments) {
        context.memory.putInt(BLOCK, tokens.cell(name, 0));
        context.memory.putInt(BLOCK + 4, arguments.length);
        context.memory.putInt(BLOCK + 8, resultCount);
        for (int i = 0; i < arguments.length; i++) {
            context.memory.putInt(BLOCK + 12 + 4 * i, arguments[i]);
        }
        assertEquals(ReturnCode.H_SUCCESS, rtas.hypercall(context.with(BLOCK)));
        results = new int[resultCount];
        for (int i = 0; i < resultCount; i++) {
            results[i] = context.memory.getInt(BLOCK + 12 + 4 * (arguments.length + i));
        }
        return results[0];
    }

    private int read(int address, int size) {
        assertEquals(0, call("ibm,read-pci-config", 2, address, BUID_HIGH, BUID_LOW, size));
        return results[1];
    }

    private void write(int offset, int size, int value) {
        assertEquals(0, call("ibm,write-pci-config", 1, ADDRESS | offset, BUID_HIGH, BUID_LOW, size, value));
    }

    private int changeMsi(int kind, int number) {
        return call("ibm,change-msi", 4, ADDRESS, BUID_HIGH, BUID_LOW, kind, number, 1);
    }

    private int messageSource(int index) {
        assertEquals(0, call("ibm,query-interrupt-source-number", 3, ADDRESS, BUID_HIGH, BUID_LOW, index));
        assertEquals(1, results[2]);
        return results[1];
    }

    @Test
    void Config_ofAFunction_isReadAndWrittenInAllSizes() {
        assertEquals(0x5678_1234, read(ADDRESS, 4));
        assertEquals(0x5678, read(ADDRESS | 2, 2));
        assertEquals(0x56, read(ADDRESS | 3, 1));
        write(PciFunction.BASE_ADDRESS, 4, -1);
        assertEquals(0xffff_ff81, read(ADDRESS | PciFunction.BASE_ADDRESS, 4));
        write(PciFunction.INTERRUPT_LINE, 1, 0x42);
        assertEquals(0x0142, read(ADDRESS | PciFunction.INTERRUPT_LINE, 2));
    }

    @Test
    void Config_whereNothingIs_isAHardwareErrorAndReadsAllOnes() {
        int[][] wrong = {
            {ADDRESS + 0x800, BUID_HIGH, BUID_LOW, 4},
            {ADDRESS | 0x100, BUID_HIGH, BUID_LOW, 4},
            {ADDRESS | 0x1_0000, BUID_HIGH, BUID_LOW, 4},
            {ADDRESS, BUID_HIGH, BUID_LOW + 1, 4},
            {ADDRESS, 0, 0, 4},
            {ADDRESS, BUID_HIGH, BUID_LOW, 3},
            {ADDRESS, BUID_HIGH, BUID_LOW, 8},
            {ADDRESS, BUID_HIGH, BUID_LOW, 0},
            {ADDRESS | 2, BUID_HIGH, BUID_LOW, 4},
            {ADDRESS | 1 << 28, BUID_HIGH, BUID_LOW, 4},
        };
        for (int[] w : wrong) {
            assertEquals(-1, call("ibm,read-pci-config", 2, w));
            assertEquals(-1, results[1]);
            assertEquals(-1, call("ibm,write-pci-config", 1, w[0], w[1], w[2], w[3], 0));
        }
        assertEquals(-1, call("read-pci-config", 2, ADDRESS, 4));
        assertEquals(-1, results[1]);
        assertEquals(-1, call("write-pci-config", 1, ADDRESS, 4, 0));
    }

    @Test
    void Windows_registersThatDecode_areOnTheBusWhereTheyShowThem() {
        write(PciFunction.BASE_ADDRESS, 4, 0x1000);
        write(PciFunction.BASE_ADDRESS + 16, 4, 0x0010_0000);
        write(PciFunction.BASE_ADDRESS + 20, 4, 0x2100);
        assertEquals(OptionalLong.empty(), context.io.read(PciHostBridge.IO_BASE + 0x1004, 1));
        write(PciFunction.COMMAND, 2, PciFunction.COMMAND_IO);
        assertEquals(OptionalLong.of(0x14), context.io.read(PciHostBridge.IO_BASE + 0x1004, 1));
        assertEquals(OptionalLong.empty(), context.io.read(PciHostBridge.MEMORY_64_BASE + 0x0010_0008, 1));
        write(PciFunction.COMMAND, 2, PciFunction.COMMAND_MEMORY);
        assertEquals(OptionalLong.empty(), context.io.read(PciHostBridge.IO_BASE + 0x1004, 1));
        assertEquals(OptionalLong.of(0x18), context.io.read(PciHostBridge.MEMORY_64_BASE + 0x0010_0008, 1));
        write(PciFunction.BASE_ADDRESS + 16, 4, 0x9000_0000);
        write(PciFunction.BASE_ADDRESS + 20, 4, 0);
        assertTrue(context.io.write(0x2000_9000_0000L, 4, 7));
        assertEquals(List.of(7L), stores);
        // Below the window, and on its end: the bridge forwards neither.
        write(PciFunction.BASE_ADDRESS + 16, 4, 0x7fff_c000);
        assertFalse(context.io.write(0x2000_7fff_c000L, 4, 7));
        write(PciFunction.BASE_ADDRESS + 20, 4, 0x2200);
        write(PciFunction.BASE_ADDRESS + 16, 4, 0);
        assertFalse(context.io.write(0x2200_0000_0000L, 4, 7));
    }

    @Test
    void Pin_ofAFunction_drivesTheSourceOfItsSlot() {
        int source = 0x1200 + SLOT % 4;
        xics.setDestination(source, 0, 5);
        function.setInterrupt(true);
        assertEquals(source, xics.accept(0) & 0xff_ffff);
        xics.endOfInterrupt(0, 0xff << 24 | source);
        assertEquals(source, xics.accept(0) & 0xff_ffff);
        function.setInterrupt(false);
        xics.endOfInterrupt(0, 0xff << 24 | source);
        assertEquals(0, xics.accept(0) & 0xff_ffff);
    }

    @Test
    void Pin_sharedByTwoFunctions_isHighWhileOneOfThemAsks() {
        PciFunction other = PciFunction.builder(1, 2).interruptPin().build();
        bridge.plug(SLOT + 4, other);
        int source = 0x1200 + SLOT % 4;
        xics.setDestination(source, 0, 5);
        function.setInterrupt(true);
        other.setInterrupt(true);
        function.setInterrupt(false);
        assertEquals(source, xics.accept(0) & 0xff_ffff);
        other.setInterrupt(false);
        xics.endOfInterrupt(0, 0xff << 24 | source);
        assertEquals(0, xics.accept(0) & 0xff_ffff);
    }

    @Test
    void Messages_allocated_areSourcesThatTheFunctionSends() {
        assertEquals(0, changeMsi(4, 3));
        assertEquals(List.of(3, 2, 2), List.of(results[1], results[2], results[3]));
        int source = messageSource(2);
        assertEquals(source, messageSource(0) + 2);
        assertTrue(source >= 0x1300 && source < 0x2000);
        xics.setDestination(source, 0, 5);
        write(function.capabilityOffset(Msix.ID) + 2, 2, 0x8000);
        write(PciFunction.COMMAND, 2, PciFunction.COMMAND_MASTER | PciFunction.COMMAND_MEMORY);
        write(PciFunction.BASE_ADDRESS + 4, 4, 0x8000_0000);
        msix.signal(2);
        assertEquals(0, xics.accept(0) & 0xff_ffff);
        // The vector is masked until the guest clears its control word in the table.
        assertTrue(context.io.write(PciHostBridge.MEMORY_32_BASE + 2 * 16 + 12, 4, 0));
        assertEquals(source, xics.accept(0) & 0xff_ffff);
        xics.endOfInterrupt(0, 0xff << 24 | source);
        msix.signal(2);
        assertEquals(source, xics.accept(0) & 0xff_ffff);
    }

    @Test
    void Messages_moreThanTheFunctionHas_areOfferedButNotAllocated() {
        assertEquals(0, changeMsi(1, 100));
        assertEquals(4, results[1]);
        assertEquals(-1, call("ibm,query-interrupt-source-number", 3, ADDRESS, BUID_HIGH, BUID_LOW, 0));
        assertEquals(0, changeMsi(1, 4));
        int first = messageSource(0);
        assertEquals(0, changeMsi(1, 2));
        assertEquals(first, messageSource(0));
        assertEquals(-1, call("ibm,query-interrupt-source-number", 3, ADDRESS, BUID_HIGH, BUID_LOW, 2));
    }

    @Test
    void Messages_released_areGone() {
        assertEquals(-1, changeMsi(4, 0));
        assertEquals(0, changeMsi(4, 2));
        int source = messageSource(0);
        xics.setDestination(source, 0, 5);
        assertEquals(0, changeMsi(4, 0));
        assertEquals(0, results[1]);
        assertEquals(0xff, xics.destination(source).priority());
        assertEquals(new Msix.Message(0, 0), msix.message(0));
        assertEquals(-1, call("ibm,query-interrupt-source-number", 3, ADDRESS, BUID_HIGH, BUID_LOW, 0));
    }

    @Test
    void Messages_badRequests_areRefused() {
        assertEquals(-3, changeMsi(3, 1));
        assertEquals(-3, changeMsi(0, 1));
        assertEquals(-1, changeMsi(4, -1));
        assertEquals(-3, call("ibm,change-msi", 4, ADDRESS + 0x800, BUID_HIGH, BUID_LOW, 4, 1, 1));
        assertEquals(-3, call("ibm,change-msi", 3, ADDRESS, 0, BUID_LOW, 4, 1, 1));
        assertEquals(-3, call("ibm,query-interrupt-source-number", 3, ADDRESS + 0x800, BUID_HIGH, BUID_LOW, 0));
        assertEquals(-1, call("ibm,query-interrupt-source-number", 3, ADDRESS, BUID_HIGH, BUID_LOW, -1));
        bridge.plug(7, PciFunction.builder(1, 2).build());
        assertEquals(-1, call("ibm,change-msi", 4, 7 << 11, BUID_HIGH, BUID_LOW, 4, 1, 1));
    }

    @Test
    void Message_toAnAddressThatIsNoMessageWindow_isAStoreToMemory() {
        bridge.function(ADDRESS).orElseThrow().message(0x1000, 0x1234);
        assertEquals(
                ReturnCode.H_SUCCESS,
                hypercalls.call(HcallNumber.H_PUT_TCE, context.with(0x8000_0000L, 0x1000, 0x3000 | 3)));
        bridge.function(ADDRESS).orElseThrow().message(0x1004, 0x1234);
        assertEquals(0x3412_0000, context.memory.getInt(0x3004));
        // Sources that nobody has.
        bridge.function(ADDRESS).orElseThrow().message(1L << 42, 0x1300);
        bridge.function(ADDRESS).orElseThrow().message(1L << 42, 0x12ff);
        bridge.function(ADDRESS).orElseThrow().message(1L << 42, -1);
        assertEquals(0, xics.accept(0) & 0xff_ffff);
    }

    @Test
    void Memory_ofAFunction_isRealOrTranslated() throws Exception {
        write(PciFunction.COMMAND, 2, PciFunction.COMMAND_MASTER);
        hypercalls.call(HcallNumber.H_PUT_TCE, context.with(0x8000_0000L, 0x1000, 0x3000 | 3));
        function.busMemory().store(0x1000, 1, 1);
        function.memory().store(0x1000, 1, 2);
        assertEquals(1, context.memory.getByte(0x3000));
        assertEquals(2, context.memory.getByte(0x1000));
        write(PciFunction.COMMAND, 2, 0);
        assertThrows(DmaException.class, () -> function.busMemory().load(0x1000, 1));
    }

    @Test
    void Call_randomBlocks_neverThrows() {
        Random random = new Random(7);
        String[] names = {
            "read-pci-config",
            "write-pci-config",
            "ibm,read-pci-config",
            "ibm,write-pci-config",
            "ibm,query-interrupt-source-number",
            "ibm,change-msi"
        };
        int[] interesting = {
            0, 1, 2, 3, 4, 8, -1, ADDRESS, ADDRESS | 0x10, ADDRESS | 0x20, ADDRESS | 0x40, ADDRESS | 0x42, 0xff, 0x1000
        };
        for (int i = 0; i < 50_000; i++) {
            int[] block = new int[11];
            block[0] = tokens.cell(names[random.nextInt(names.length)], 0);
            block[1] = random.nextInt(8);
            block[2] = random.nextInt(5);
            for (int cell = 3; cell < block.length; cell++) {
                block[cell] = random.nextBoolean() ? random.nextInt() : interesting[random.nextInt(interesting.length)];
            }
            if (random.nextBoolean()) {
                block[4] = BUID_HIGH;
                block[5] = BUID_LOW;
            }
            for (int cell = 0; cell < block.length; cell++) {
                context.memory.putInt(BLOCK + 4L * cell, block[cell]);
            }
            rtas.hypercall(context.with(BLOCK));
        }
        assertEquals(0x5678_1234, read(ADDRESS, 4));
    }

    @Test
    void Slots_takenOrNone_areRefused() {
        assertThrows(IllegalArgumentException.class, () -> bridge.plug(SLOT, function));
        assertThrows(IllegalArgumentException.class, () -> bridge.plug(32, function));
        assertThrows(IllegalArgumentException.class, () -> bridge.plug(-1, function));
        write(PciFunction.COMMAND, 2, PciFunction.COMMAND_MASTER);
        bridge.unplugAll();
        assertEquals(-1, call("ibm,read-pci-config", 2, ADDRESS, BUID_HIGH, BUID_LOW, 4));
        assertThrows(DmaException.class, () -> function.memory().load(0, 1));
    }

    private static List<Integer> cells(DeviceTree.Node node, String property) {
        List<Integer> cells = new ArrayList<>();
        ByteBuffer value = ByteBuffer.wrap(node.property(property).orElseThrow());
        while (value.hasRemaining()) {
            cells.add(value.getInt());
        }
        return cells;
    }

    @Test
    void DeviceTree_nodes_areAsFirmwareReadsThem() {
        DeviceTree tree = new DeviceTree();
        int controller = tree.root().child("interrupt-controller").phandle();
        PciDeviceTree.describe(tree, bridge);
        DeviceTree.Node node = tree.find("/pci@800000020000000").orElseThrow();
        assertEquals(List.of(BUID_HIGH, BUID_LOW, 0, 0), cells(node, "reg"));
        assertEquals(
                List.of(
                        0x0100_0000,
                        0,
                        0,
                        0x2000,
                        0,
                        0,
                        0x1_0000,
                        0x0200_0000,
                        0,
                        0x8000_0000,
                        0x2000,
                        0x8000_0000,
                        0,
                        0x8000_0000,
                        0x0300_0000,
                        0x2100,
                        0,
                        0x2100,
                        0,
                        0x100,
                        0),
                cells(node, "ranges"));
        List<Integer> map = cells(node, "interrupt-map");
        assertEquals(32 * 4 * 7, map.size());
        assertEquals(List.of(0x800, 0, 0, 4, controller, 0x1200, 1), map.subList(7 * 7, 8 * 7));
        DeviceTree.Node child = tree.find("/pci@800000020000000/scsi@3").orElseThrow();
        assertEquals(
                List.of(
                        0x1800,
                        0,
                        0,
                        0,
                        0,
                        0x0100_1810,
                        0,
                        0,
                        0,
                        128,
                        0x0300_1820,
                        0,
                        0,
                        0,
                        0x4000,
                        0x0200_1814,
                        0,
                        0,
                        0,
                        0x1000),
                cells(child, "reg"));
        assertEquals(List.of(0x1_0000), cells(child, "class-code"));
        assertEquals(List.of(1), cells(child, "interrupts"));
        assertEquals(List.of(4), cells(child, "ibm,req#msi-x"));
        assertEquals(List.of(9), cells(child, "subsystem-id"));
    }
}
