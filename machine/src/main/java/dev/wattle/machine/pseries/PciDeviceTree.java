// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import static dev.wattle.machine.pci.PciFunction.CACHE_LINE_SIZE;
import static dev.wattle.machine.pci.PciFunction.MAX_LAT;
import static dev.wattle.machine.pci.PciFunction.MIN_GNT;
import static dev.wattle.machine.pci.PciFunction.REVISION_ID;
import static dev.wattle.machine.pci.PciFunction.STATUS;
import static dev.wattle.machine.pci.PciFunction.SUBSYSTEM_ID;
import static dev.wattle.machine.pci.PciFunction.SUBSYSTEM_VENDOR_ID;

import dev.wattle.machine.firmware.DeviceTree;
import dev.wattle.machine.pci.Bar;
import dev.wattle.machine.pci.PciFunction;
import java.nio.ByteBuffer;

/**
 * The nodes of the PCI host bridge and its functions (PCI Bus Binding to IEEE 1275, LoPAR). Firmware finds the functions
 * here instead of probing the bus; it assigns addresses to them.
 */
final class PciDeviceTree {
    private static final int SPACE_IO = 1 << 24;
    private static final int SPACE_32 = 2 << 24;
    private static final int SPACE_64 = 3 << 24;
    /** The source is level-sensitive. */
    private static final int LEVEL = 1;

    private static final int DEVICE_SHIFT = 11;
    private static final int DEVICE_MASK = 0xf800;
    private static final int DEVSEL_SHIFT = 9;

    private PciDeviceTree() {}

    /** Adds the bridge to the tree, which has its interrupt controller already. */
    static void describe(DeviceTree tree, PciHostBridge bridge) {
        int controller = tree.find("/interrupt-controller").orElseThrow().phandle();
        DeviceTree.Node node = tree.root()
                .child("pci@" + Long.toHexString(PciHostBridge.BUID))
                .setStrings("device_type", "pci")
                .setStrings("compatible", "IBM,Logical_PHB")
                .set("#address-cells", 3)
                .set("#size-cells", 2)
                .set("#interrupt-cells", 1)
                .setEmpty("used-by-rtas")
                .set("bus-range", 0, 0xff)
                .set("reg", high(PciHostBridge.BUID), (int) PciHostBridge.BUID, 0, 0)
                .set("ranges", ranges())
                .set("ibm,pci-config-space-type", 1)
                .set("ibm,pe-total-#msi", PciHostBridge.MESSAGE_SOURCES)
                .set("interrupt-map-mask", DEVICE_MASK, 0, 0, -1)
                .set("interrupt-map", interruptMap(controller))
                .set("ibm,#dma-address-cells", 2)
                .set("ibm,#dma-size-cells", 2)
                .set("ibm,dma-window", PciHostBridge.DMA_LIOBN, 0, 0, 0, PciHostBridge.DMA_BYTES)
                // The nodes of the functions are here: firmware does not probe for them.
                .set("qemu,phb-enumerated", 1);
        for (PciHostBridge.Slot slot : bridge.functions()) {
            function(node, slot.number(), slot.function());
        }
    }

    private static int high(long value) {
        return (int) (value >>> Integer.SIZE);
    }

    /** {space, PCI address (2), guest real address (2), bytes (2)} for each window. */
    private static int[] ranges() {
        return new int[] {
            SPACE_IO,
            0,
            0,
            high(PciHostBridge.IO_BASE),
            (int) PciHostBridge.IO_BASE,
            0,
            (int) PciHostBridge.IO_BYTES,
            SPACE_32,
            0,
            (int) PciHostBridge.MEMORY_32_START,
            high(PciHostBridge.MEMORY_32_BASE),
            (int) PciHostBridge.MEMORY_32_BASE,
            0,
            (int) PciHostBridge.MEMORY_32_BYTES,
            SPACE_64,
            high(PciHostBridge.MEMORY_64_BASE),
            (int) PciHostBridge.MEMORY_64_BASE,
            high(PciHostBridge.MEMORY_64_BASE),
            (int) PciHostBridge.MEMORY_64_BASE,
            high(PciHostBridge.MEMORY_64_BYTES),
            (int) PciHostBridge.MEMORY_64_BYTES
        };
    }

    /** {slot, 0, 0, pin, controller, source, level} for each pin of each slot. */
    private static byte[] interruptMap(int controller) {
        ByteBuffer map = ByteBuffer.allocate(PciHostBridge.SLOTS * PciHostBridge.PIN_SOURCES * 7 * Integer.BYTES);
        for (int slot = 0; slot < PciHostBridge.SLOTS; slot++) {
            for (int pin = 1; pin <= PciHostBridge.PIN_SOURCES; pin++) {
                map.putInt(slot << DEVICE_SHIFT).putInt(0).putInt(0).putInt(pin);
                map.putInt(controller)
                        .putInt(PciHostBridge.PIN_SOURCE + PciHostBridge.pin(slot, pin))
                        .putInt(LEVEL);
            }
        }
        return map.array();
    }

    private static void function(DeviceTree.Node bridge, int slot, PciFunction function) {
        int classCode = function.readConfig(REVISION_ID, 4) >>> 8;
        DeviceTree.Node node = bridge.child(name(classCode) + "@" + Integer.toHexString(slot))
                .set("vendor-id", function.vendorId())
                .set("device-id", function.deviceId())
                .set("revision-id", function.readConfig(REVISION_ID, 1))
                .set("class-code", classCode)
                .set("cache-line-size", function.readConfig(CACHE_LINE_SIZE, 1))
                .set("min-grant", function.readConfig(MIN_GNT, 1))
                .set("max-latency", function.readConfig(MAX_LAT, 1))
                .set("devsel-speed", function.readConfig(STATUS, 2) >>> DEVSEL_SHIFT & 3)
                .setStrings("ibm,loc-code", "wattle:0000:00:" + String.format("%02x.0", slot))
                .set("reg", registers(slot, function));
        if (function.interruptPin() != 0) {
            node.set("interrupts", function.interruptPin());
        }
        setUnlessZero(node, "subsystem-id", function.readConfig(SUBSYSTEM_ID, 2));
        setUnlessZero(node, "subsystem-vendor-id", function.readConfig(SUBSYSTEM_VENDOR_ID, 2));
        function.msix().ifPresent(msix -> node.set("ibm,req#msi-x", msix.vectors()));
    }

    private static void setUnlessZero(DeviceTree.Node node, String property, int value) {
        if (value != 0) {
            node.set(property, value);
        }
    }

    /** {address, 0, 0, bytes (2)} for configuration space, and for each base address register. */
    private static int[] registers(int slot, PciFunction function) {
        int[] cells = new int[5 * (1 + function.bars().size())];
        int at = 0;
        cells[at] = slot << DEVICE_SHIFT;
        for (Bar bar : function.bars()) {
            at += 5;
            int space = bar.space() == Bar.Space.IO ? SPACE_IO : bar.space().isWide() ? SPACE_64 : SPACE_32;
            cells[at] = space | slot << DEVICE_SHIFT | PciFunction.BASE_ADDRESS + Integer.BYTES * bar.index();
            cells[at + 3] = high(bar.size());
            cells[at + 4] = (int) bar.size();
        }
        return cells;
    }

    /** The generic name of a class of devices (IEEE 1275, recommended practice "Generic Names"; firmware uses the same). */
    private static String name(int classCode) {
        return switch (classCode >>> 8) {
            case 0x0100 -> "scsi";
            case 0x0101 -> "ide";
            case 0x0104 -> "raid";
            case 0x0106 -> "sata";
            case 0x0200 -> "ethernet";
            case 0x0300 -> "vga";
            case 0x0401 -> "sound";
            case 0x0500 -> "memory";
            case 0x0700 -> "serial";
            case 0x0001 -> "display";
            default -> nameOfBaseClass(classCode >>> 16);
        };
    }

    private static String nameOfBaseClass(int base) {
        return switch (base) {
            case 0x00 -> "legacy-device";
            case 0x01 -> "mass-storage";
            case 0x02 -> "network";
            case 0x03 -> "display";
            case 0x04 -> "multimedia-device";
            case 0x05 -> "memory-controller";
            case 0x07 -> "communication-controller";
            case 0x08 -> "system-peripheral";
            case 0x09 -> "input-controller";
            case 0x0c -> "serial-bus";
            default -> "unknown";
        };
    }
}
