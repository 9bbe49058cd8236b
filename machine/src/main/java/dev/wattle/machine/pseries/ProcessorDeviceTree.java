// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.hypervisor.ProcessorTopology;
import dev.wattle.machine.firmware.DeviceTree;
import dev.wattle.power.mmu.HashPageTable;
import dev.wattle.power.mmu.PageSizes;
import dev.wattle.power.model.ProcessorModel;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Processors in the device tree: a node for each core, and the connectors of all possible ones (PAPR, appendix "PA Processor
 * Binding", and "Dynamic Reconfiguration (DR) Architecture").
 */
final class ProcessorDeviceTree {
    private static final int TIME_BASE_HZ = 512_000_000;
    private static final int CLOCK_HZ = 1_000_000_000;
    private static final int CACHE_BYTES = 0x8000;
    private static final int CACHE_LINE = 128;
    private static final int SLB_ENTRIES = 32;

    /** Octet of "ibm,pa-features" about translation by radix tree. */
    private static final int PA_RADIX = 40;

    private final ProcessorModel model;
    private final ProcessorTopology topology;
    private final ClientArchitectureSupport architecture;
    private final long memoryBytes;

    ProcessorDeviceTree(
            ProcessorModel model,
            ProcessorTopology topology,
            ClientArchitectureSupport architecture,
            long memoryBytes) {
        this.model = model;
        this.topology = topology;
        this.architecture = architecture;
        this.memoryBytes = memoryBytes;
    }

    /** Fills /cpus: the connectors of all possible cores, and the nodes of those that there are. */
    void describe(DeviceTree.Node cpus, Collection<Integer> cores) {
        int count = topology.possibleCores();
        int[] indexes = IntStream.range(0, count).map(CoreConnector::index).toArray();
        int[] domains = new int[count];
        // No power domain has to be switched on for them.
        Arrays.fill(domains, -1);
        cpus.set("#address-cells", 1)
                .set("#size-cells", 0)
                .set("ibm,drc-indexes", counted(indexes))
                .set("ibm,drc-power-domains", counted(domains))
                .set(
                        "ibm,drc-names",
                        counted(IntStream.range(0, count)
                                .mapToObj(core -> "CPU " + core)
                                .toArray(String[]::new)))
                .set(
                        "ibm,drc-types",
                        counted(IntStream.range(0, count)
                                .mapToObj(core -> "CPU")
                                .toArray(String[]::new)));
        cores.forEach(core -> add(cpus, core));
    }

    private static int[] counted(int[] values) {
        return IntStream.concat(IntStream.of(values.length), IntStream.of(values))
                .toArray();
    }

    /** How many there are, in a cell, and then each with a NUL. */
    private static byte[] counted(String[] values) {
        byte[] text = Arrays.stream(values)
                .map(value -> value + '\0')
                .collect(Collectors.joining())
                .getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(Integer.BYTES + text.length)
                .putInt(values.length)
                .put(text)
                .array();
    }

    private String name(int core) {
        return "PowerPC," + model.name() + "@" + Integer.toHexString(core * topology.threads());
    }

    /**
     * The node of a core, in a tree of its own. It has the property "name" (IEEE 1275, 3.2.2.1.1), which clients that read a
     * whole tree make of the nodes' paths.
     */
    DeviceTree.Node node(int core) {
        DeviceTree.Node root = new DeviceTree().root();
        add(root, core);
        DeviceTree.Node node = root.children().getFirst();
        return node.setStrings("name", node.baseName());
    }

    /** Takes the node of a core from /cpus, if it is there. */
    void remove(DeviceTree.Node cpus, int core) {
        cpus.children().stream()
                .filter(node -> node.name().equals(name(core)))
                .findFirst()
                .ifPresent(cpus::removeChild);
    }

    /** Adds the node of a core below /cpus, or gives the one that is there its properties. */
    void add(DeviceTree.Node cpus, int core) {
        int threads = topology.threads();
        int server = core * threads;
        int[] servers = IntStream.range(server, server + threads).toArray();
        DeviceTree.Node cpu = cpus.child(name(core))
                .setStrings("device_type", "cpu")
                .set("reg", server)
                .setStrings("status", "okay")
                .set("cpu-version", architecture.cpuVersion())
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
                .set("ibm,my-drc-index", CoreConnector.index(core))
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
