// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.hypervisor.irq.InterruptMode;
import dev.wattle.hypervisor.papr.xive.Xive;
import dev.wattle.machine.firmware.DeviceTree;
import java.nio.ByteBuffer;

/**
 * The interrupt controller in the device tree: the node of the one that the guest uses, in place of that of the other, with
 * the same phandle (PAPR, "Interrupt Controller Nodes").
 */
final class InterruptDeviceTree {
    private static final String RESERVED_PRIORITIES = "ibm,plat-res-int-priorities";
    private static final String SERVER_RANGES = "ibm,interrupt-server-ranges";
    private static final String LISN_RANGES = "ibm,xive-lisn-ranges";
    private static final String XICS_NODE = "interrupt-controller";
    private static final String XIVE_NODE = "interrupt-controller@" + Long.toHexString(Xive.timaPage(true));
    private static final int PRIORITIES = 0x100;

    private InterruptDeviceTree() {}

    /**
     * Adds the node of XICS to a tree that has none yet.
     *
     * @param servers how many there may be
     */
    static void addXics(DeviceTree tree, int servers) {
        DeviceTree.Node node = tree.root().child(XICS_NODE);
        describeXics(node, servers);
    }

    private static void describeXics(DeviceTree.Node node, int servers) {
        node.setStrings("device_type", "PowerPC-External-Interrupt-Presentation")
                .setStrings("compatible", "IBM,ppc-xicp")
                .setEmpty("interrupt-controller")
                .set(SERVER_RANGES, 0, servers)
                .set("#interrupt-cells", 2);
    }

    private static void describeXive(DeviceTree.Node node, int servers) {
        long user = Xive.timaPage(true);
        long os = Xive.timaPage(false);
        node.setStrings("device_type", "power-ivpe")
                .setStrings("compatible", "ibm,power-ivpe")
                .set(
                        "reg",
                        high(user),
                        (int) user,
                        0,
                        1 << Xive.PAGE_SHIFT,
                        high(os),
                        (int) os,
                        0,
                        1 << Xive.PAGE_SHIFT)
                .set("ibm,xive-eq-sizes", Xive.queueShifts())
                // The sources for interrupts between processors.
                .set(LISN_RANGES, 0, servers)
                .setEmpty("interrupt-controller")
                .set("#interrupt-cells", 2);
    }

    private static int high(long address) {
        return (int) (address >>> Integer.SIZE);
    }

    /** Has the tree describe a controller, whichever it describes now. */
    static void describe(DeviceTree tree, InterruptMode mode) {
        boolean isXive = mode == InterruptMode.XIVE;
        DeviceTree.Node old = tree.find("/" + XICS_NODE).orElseThrow();
        if (old.name().equals(isXive ? XIVE_NODE : XICS_NODE)) {
            return;
        }
        int servers = ByteBuffer.wrap(
                        old.property(isXive ? SERVER_RANGES : LISN_RANGES).orElseThrow())
                .getInt(Integer.BYTES);
        int phandle = old.phandle();
        tree.root().removeChild(old);
        DeviceTree.Node node = tree.root().child(isXive ? XIVE_NODE : XICS_NODE);
        if (isXive) {
            describeXive(node, servers);
            tree.root().set(RESERVED_PRIORITIES, Xive.RESERVED_PRIORITY, PRIORITIES - Xive.RESERVED_PRIORITY - 1);
        } else {
            describeXics(node, servers);
            tree.root().remove(RESERVED_PRIORITIES);
        }
        node.set("phandle", phandle);
    }
}
