// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.hypervisor.ProcessorTopology;
import dev.wattle.machine.firmware.DeviceTree;
import dev.wattle.machine.firmware.FirmwareImage;
import dev.wattle.power.mmu.HashPageTable;
import dev.wattle.power.mmu.PageSizes;
import dev.wattle.power.model.ProcessorModel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;

/** The device tree of the machine as a client first sees it (PAPR, appendix "PA Processor Binding" and others). */
final class PseriesDeviceTree {
    /** Path of the console. */
    static final String CONSOLE = "/vdevice/vty@" + Integer.toHexString(Terminal.UNIT_ADDRESS);

    /** Interrupt number of power warnings. */
    static final int EPOW_INTERRUPT = 0x1000;
    /** Interrupt number of the console. */
    static final int CONSOLE_INTERRUPT = 0x1100;

    private static final int TIME_BASE_HZ = 512_000_000;
    private static final int CLOCK_HZ = 1_000_000_000;
    private static final int CACHE_BYTES = 0x8000;
    private static final int CACHE_LINE = 128;
    private static final int SLB_ENTRIES = 32;
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

    /** Octet of "ibm,pa-features" about translation by radix tree. */
    private static final int PA_RADIX = 40;

    private PseriesDeviceTree() {}

    /**
     * Builds the tree.
     *
     * @param memoryBytes guest memory from real address 0
     * @param topology virtual processors
     * @param seed entropy for the client's random number generator
     */
    static DeviceTree build(
            ProcessorModel model,
            long memoryBytes,
            ProcessorTopology topology,
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
        DeviceTree.Node cpus = root.child("cpus").set("#address-cells", 1).set("#size-cells", 0);
        for (int core = 0; core < topology.cores(); core++) {
            cpu(cpus, model, core * topology.threads(), topology.threads(), architecture, memoryBytes);
        }
        root.child("interrupt-controller")
                .setStrings("device_type", "PowerPC-External-Interrupt-Presentation")
                .setStrings("compatible", "IBM,ppc-xicp")
                .setEmpty("interrupt-controller")
                .set("ibm,interrupt-server-ranges", 0, topology.vcpus())
                .set("#interrupt-cells", 2);
        root.child("event-sources")
                .setEmpty("interrupt-controller")
                .set("#interrupt-cells", 2)
                .set("interrupt-ranges", EPOW_INTERRUPT, 1)
                .child("epow-events")
                .set("interrupts", EPOW_INTERRUPT, EDGE);
        rtas(root.child("rtas"), rtas, architecture, memoryBytes, topology.vcpus());
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
            int serverCount) {
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
                .set("ibm,lrdr-capacity", (int) (memoryBytes >>> 32), (int) memoryBytes, 0, 0x1000_0000, serverCount);
        rtas.describe(node);
    }

    private static void cpu(
            DeviceTree.Node cpus,
            ProcessorModel model,
            int server,
            int threads,
            ClientArchitectureSupport architecture,
            long memoryBytes) {
        int[] servers = IntStream.range(server, server + threads).toArray();
        DeviceTree.Node cpu = cpus.child("PowerPC," + model.name() + "@" + Integer.toHexString(server))
                .setStrings("device_type", "cpu")
                .set("reg", server)
                .setStrings("status", "okay")
                .set("cpu-version", architecture.logicalPvr())
                .set("timebase-frequency", TIME_BASE_HZ)
                .set("clock-frequency", CLOCK_HZ)
                .set("d-cache-block-size", CACHE_LINE)
                .set("d-cache-line-size", CACHE_LINE)
                .set("i-cache-block-size", CACHE_LINE)
                .set("i-cache-line-size", CACHE_LINE)
                .set("d-cache-size", CACHE_BYTES)
                .set("i-cache-size", CACHE_BYTES)
                .set("slb-size", SLB_ENTRIES)
                .set("ibm,slb-size", SLB_ENTRIES)
                .setEmpty("64-bit")
                .set("ibm,processor-segment-sizes", 28, 40, -1, -1)
                .set("ibm,segment-page-sizes", segmentPageSizes())
                .set("ibm,vmx", 2)
                .set("ibm,dfp", 1)
                .set("ibm,purr", 1)
                .set("ibm,spurr", 1)
                .set("ibm,chip-id", 0)
                .set("ibm,ppc-interrupt-server#s", servers)
                // Each is the only one of its global queue.
                .set(
                        "ibm,ppc-interrupt-gserver#s",
                        Arrays.stream(servers)
                                .flatMap(each -> IntStream.of(each, 0))
                                .toArray())
                .set("ibm,pa-features", paFeatures(model, architecture.offersRadix()));
        if (architecture.offersHash()) {
            cpu.set("ibm,pft-size", 0, HashPageTable.shiftForMemory(memoryBytes));
        }
        if (model.isa() >= 300) {
            cpu.set("ibm,dec-bits", model.decrementerBits());
        }
        if (architecture.offersRadix()) {
            // AP encoding in the top three bits, log2 of the page size below: 4 KiB, 64 KiB, 2 MiB, 1 GiB.
            cpu.set("ibm,processor-radix-AP-encodings", 0x0000_000c, 0xa000_0010, 0x2000_0015, 0x4000_001e);
        }
    }

    /** For each base page size {shift, SLB encoding, count}, and for each actual size of its pages {shift, LP}. */
    private static int[] segmentPageSizes() {
        int[] sizes = {PageSizes.SHIFT_4K, PageSizes.SHIFT_64K, PageSizes.SHIFT_16M};
        IntStream.Builder cells = IntStream.builder();
        for (int i = 0; i < sizes.length; i++) {
            cells.add(sizes[i]).add((int) PageSizes.slbEncoding(sizes[i])).add(sizes.length - i);
            for (int j = i; j < sizes.length; j++) {
                cells.add(sizes[j]).add(PageSizes.lp(sizes[i], sizes[j]));
            }
        }
        return cells.build().toArray();
    }

    /**
     * "ibm,pa-features": length, attribute type 0, then one bit for each optional feature (PAPR, "ibm,pa-features").
     * Transactional memory is not offered: every transaction would fail.
     */
    private static byte[] paFeatures(ProcessorModel model, boolean radix) {
        byte[] features = new byte[2 + (model.isa() >= 300 ? 66 : 24)];
        features[0] = (byte) (features.length - 2);
        byte[] base = {(byte) 0xf6, 0x3f, (byte) 0xc7, (byte) 0xc0, (byte) 0x80, (byte) 0xf0, (byte) 0x80};
        System.arraycopy(base, 0, features, 2, base.length);
        if (model.isa() < 300) {
            // Vector, VSX.
            for (int octet : new int[] {16, 18, 20}) {
                features[2 + octet] = (byte) 0x80;
            }
            return features;
        }
        // 16 vector, 18 VSX, and from 24 on the features of ISA 3.0, one in every second byte; 40 is the radix MMU.
        for (int octet = 16; octet < 64; octet += 2) {
            boolean absent = octet == 22 || octet == PA_RADIX && !radix;
            features[2 + octet] = (byte) (absent ? 0 : 0x80);
        }
        features[2 + 34] = (byte) 0xc0;
        return features;
    }
}
