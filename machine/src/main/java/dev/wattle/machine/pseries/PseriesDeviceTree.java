// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.hypervisor.ProcessorTopology;
import dev.wattle.machine.firmware.DeviceTree;
import dev.wattle.machine.firmware.FirmwareImage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;

/** The device tree of the machine as a client first sees it (PAPR, appendix "PA Processor Binding" and others). */
final class PseriesDeviceTree {
    /** Path of the console. */
    static final String CONSOLE = "/vdevice/vty@" + Integer.toHexString(Terminal.UNIT_ADDRESS);

    /** Interrupt number of power warnings. */
    static final int EPOW_INTERRUPT = 0x1000;
    /** Interrupt number of requests to add or remove processors. */
    static final int HOT_PLUG_INTERRUPT = 0x1001;
    /** Interrupt number of the console. */
    static final int CONSOLE_INTERRUPT = 0x1100;

    /** Message-signalled: a second interrupt cell of 0. */
    private static final int EDGE = 0;

    /**
     * What the platform offers of PAPR's hypercall groups. Each name here promises calls that are implemented; the
     * client uses no others.
     */
    private static final List<String> HYPERTAS_FUNCTIONS = List.of(
            "hcall-term",
            "hcall-interrupt",
            "hcall-vio",
            "hcall-splpar",
            "hcall-join",
            "hcall-set-mode",
            "hcall-sprg0",
            "hcall-copy",
            "hcall-debug",
            "hcall-tce",
            "hcall-multi-tce");

    /** What it offers of them to clients that translate by hash page table, and by radix tree. */
    private static final List<String> HASH_FUNCTIONS = List.of("hcall-pft", "hcall-bulk", "hcall-hpt-resize");

    private static final List<String> RADIX_FUNCTIONS = List.of("hcall-rpt-invalidate");

    private PseriesDeviceTree() {}

    /**
     * Builds the tree.
     *
     * @param memoryBytes guest memory from real address 0
     * @param processors describes processors
     * @param cores numbers of the cores that there are
     * @param seed entropy for the client's random number generator
     */
    static DeviceTree build(
            long memoryBytes,
            ProcessorTopology topology,
            ProcessorDeviceTree processors,
            Collection<Integer> cores,
            String bootArguments,
            UUID uuid,
            byte[] seed,
            ClientArchitectureSupport architecture,
            Rtas rtas) {
        DeviceTree tree = new DeviceTree();
        DeviceTree.Node root = tree.root()
                .setStrings("device_type", "chrp")
                .setStrings("model", "Wattle pSeries")
                .setStrings("compatible", "wattle,pseries")
                .setStrings("vm,uuid", uuid.toString())
                .set("#address-cells", 2)
                .set("#size-cells", 2);
        root.child("chosen")
                .setStrings("bootargs", bootArguments)
                .setStrings("stdout-path", CONSOLE)
                .setStrings("linux,stdout-path", CONSOLE)
                .set("rng-seed", seed)
                // The kernel assigns addresses to PCI functions that have none.
                .set("linux,pci-probe-only", 0)
                .set("ibm,arch-vec-5-platform-support", architecture.platformSupport());
        root.child("memory@0").setStrings("device_type", "memory").set("reg", 0, 0, (int) (memoryBytes >>> 32), (int)
                memoryBytes);
        processors.describe(root.child("cpus"), cores);
        InterruptDeviceTree.addXics(tree, topology.possibleVcpus());
        root.child("event-sources")
                .setEmpty("interrupt-controller")
                .set("#interrupt-cells", 2)
                .set("interrupt-ranges", EPOW_INTERRUPT, 1, HOT_PLUG_INTERRUPT, 1);
        root.child("event-sources").child("epow-events").set("interrupts", EPOW_INTERRUPT, EDGE);
        root.child("event-sources").child("hot-plug-events").set("interrupts", HOT_PLUG_INTERRUPT, EDGE);
        rtas(root.child("rtas"), rtas, architecture, memoryBytes, topology.possibleCores());
        DeviceTree.Node vdevice = root.child("vdevice")
                .setStrings("device_type", "vdevice")
                .setStrings("compatible", "IBM,vdevice")
                .set("#address-cells", 1)
                .set("#size-cells", 0)
                .set("#interrupt-cells", 2)
                .setEmpty("interrupt-controller");
        vdevice.child("vty@" + Integer.toHexString(Terminal.UNIT_ADDRESS))
                .setStrings("device_type", "serial")
                .setStrings("compatible", "hvterm1")
                .set("reg", Terminal.UNIT_ADDRESS)
                .set("interrupts", CONSOLE_INTERRUPT, EDGE);
        vdevice.child("nvram@" + Integer.toHexString(Nvram.UNIT_ADDRESS))
                .setStrings("device_type", "nvram")
                .setStrings("compatible", "qemu,spapr-nvram")
                .set("reg", Nvram.UNIT_ADDRESS)
                .set("#bytes", Nvram.BYTES);
        return tree;
    }

    /** Tells the client of one more function of the hypervisor's, by its name in "ibm,hypertas-functions". */
    static void offer(DeviceTree tree, String function) {
        DeviceTree.Node rtas = tree.find("/rtas").orElseThrow();
        String functions = new String(rtas.property("ibm,hypertas-functions").orElseThrow(), StandardCharsets.US_ASCII);
        rtas.setStrings("ibm,hypertas-functions", (functions + function).split("\0"));
    }

    private static void rtas(
            DeviceTree.Node node,
            Rtas rtas,
            ClientArchitectureSupport architecture,
            long memoryBytes,
            int possibleCores) {
        List<String> functions = new ArrayList<>(HYPERTAS_FUNCTIONS);
        if (architecture.offersHash()) {
            functions.addAll(HASH_FUNCTIONS);
        }
        if (architecture.offersRadix()) {
            functions.addAll(RADIX_FUNCTIONS);
        }
        node.setStrings("ibm,hypertas-functions", functions.toArray(String[]::new))
                .set("rtas-size", FirmwareImage.RTAS_BYTES)
                .set("rtas-error-log-max", 0x800)
                .set("rtas-event-scan-rate", 1)
                // The message of ibm,os-term reaches the platform also when no service processor exists.
                .setEmpty("ibm,extended-os-term")
                .setEmpty("ibm,change-msix-capable")
                .setStrings("qemu,hypertas-functions", "hcall-memop1")
                .set("ibm,lrdr-capacity", (int) (memoryBytes >>> 32), (int) memoryBytes, 0, 0x1000_0000, possibleCores);
        rtas.describe(node);
    }
}
