// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.wattle.hypervisor.MmuMode;
import dev.wattle.hypervisor.ProcessorTopology;
import dev.wattle.hypervisor.irq.PartitionInterrupts;
import dev.wattle.hypervisor.papr.xics.Xics;
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
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessorDeviceTreeTest {
    private static final List<String> CONNECTOR_PROPERTIES =
            List.of("ibm,drc-indexes", "ibm,drc-power-domains", "ibm,drc-names", "ibm,drc-types");

    private static final long MEMORY = 512L << 20;

    private static ClientArchitectureSupport architecture() {
        return new ClientArchitectureSupport(
                ProcessorModel.POWER9,
                MmuMode.AUTO,
                InterruptChoice.XICS,
                PartitionInterrupts.of(new Xics(1, 0x1000, 0x1000)));
    }

    private static ProcessorDeviceTree nodes(ProcessorTopology topology) {
        return new ProcessorDeviceTree(ProcessorModel.POWER9, topology, architecture(), MEMORY);
    }

    private static DeviceTree tree(ProcessorTopology topology, Set<Integer> cores) {
        return PseriesDeviceTree.build(
                MEMORY, topology, nodes(topology), cores, "", new UUID(0, 0), new byte[32], architecture(), new Rtas());
    }

    private static int[] cells(DeviceTree tree, String path, String property) {
        ByteBuffer value =
                ByteBuffer.wrap(tree.find(path).orElseThrow().property(property).orElseThrow());
        int[] cells = new int[value.remaining() / Integer.BYTES];
        value.asIntBuffer().get(cells);
        return cells;
    }

    private static List<String> strings(DeviceTree tree, String property) {
        byte[] value = tree.find("/cpus").orElseThrow().property(property).orElseThrow();
        String text = new String(value, Integer.BYTES, value.length - Integer.BYTES, StandardCharsets.US_ASCII);
        return List.of(text.split("\0"));
    }

    /** Connectors by index, as name, type and power domain: their order says nothing. */
    private static Map<Integer, List<Object>> connectors(DeviceTree tree) {
        for (String property : CONNECTOR_PROPERTIES) {
            assertEquals(cells(tree, "/cpus", "ibm,drc-indexes")[0], cells(tree, "/cpus", property)[0], property);
        }
        Map<Integer, List<Object>> all = new TreeMap<>();
        int[] indexes = cells(tree, "/cpus", "ibm,drc-indexes");
        for (int i = 1; i < indexes.length; i++) {
            List<Object> connector = new ArrayList<>();
            connector.add(strings(tree, "ibm,drc-names").get(i - 1));
            connector.add(strings(tree, "ibm,drc-types").get(i - 1));
            connector.add(cells(tree, "/cpus", "ibm,drc-power-domains")[i]);
            all.put(indexes[i], connector);
        }
        return all;
    }

    @Test
    void Tree_hasConnectorsOfAllCoresAndNodesOfThoseThatThereAre() {
        DeviceTree tree = tree(new ProcessorTopology(1, 4, 3), Set.of(0, 2));
        assertArrayEquals(
                new int[] {3, 0x1000_0000, 0x1000_0001, 0x1000_0002}, cells(tree, "/cpus", "ibm,drc-indexes"));
        assertArrayEquals(new int[] {3, -1, -1, -1}, cells(tree, "/cpus", "ibm,drc-power-domains"));
        assertEquals(List.of("CPU 0", "CPU 1", "CPU 2"), strings(tree, "ibm,drc-names"));
        assertEquals(List.of("CPU", "CPU", "CPU"), strings(tree, "ibm,drc-types"));
        assertEquals(
                Set.of("PowerPC,POWER9@0", "PowerPC,POWER9@8"),
                new TreeSet<>(tree.find("/cpus").orElseThrow().children().stream()
                        .map(DeviceTree.Node::name)
                        .toList()));
        String third = "/cpus/PowerPC,POWER9@8";
        assertArrayEquals(new int[] {0x1000_0002}, cells(tree, third, "ibm,my-drc-index"));
        assertArrayEquals(new int[] {8, 9, 10, 11}, cells(tree, third, "ibm,ppc-interrupt-server#s"));
        assertArrayEquals(new int[] {0, 12}, cells(tree, "/interrupt-controller", "ibm,interrupt-server-ranges"));
        assertEquals(
                3, cells(tree, "/rtas", "ibm,lrdr-capacity")[4], "cores, which the guest multiplies by their threads");
    }

    @Test
    void Node_onItsOwn_isThatOfTheTreeWithAName() {
        ProcessorTopology topology = new ProcessorTopology(1, 4, 3);
        DeviceTree.Node own = nodes(topology).node(2);
        DeviceTree.Node there =
                tree(topology, Set.of(0, 2)).find("/cpus/PowerPC,POWER9@8").orElseThrow();
        assertEquals(there.name(), own.name());
        for (String name : there.propertyNames()) {
            assertArrayEquals(
                    there.property(name).orElseThrow(), own.property(name).orElseThrow(), name);
        }
        assertEquals(there.propertyNames().size() + 1, own.propertyNames().size());
        assertArrayEquals(
                "PowerPC,POWER9\0".getBytes(StandardCharsets.US_ASCII),
                own.property("name").orElseThrow());
    }

    @Test
    void Tree_ofOneCoreOfFour_isThatOfQemu(@TempDir Path folder) throws Exception {
        DeviceTree qemu = qemu(folder, "1,maxcpus=4,cores=4,threads=1,sockets=1");
        DeviceTree wattle = tree(new ProcessorTopology(1, 1, 4), Set.of(0));
        assertEquals(connectors(qemu), connectors(wattle));
        for (String path : List.of("/event-sources", "/event-sources/epow-events", "/event-sources/hot-plug-events")) {
            DeviceTree.Node theirs = qemu.find(path).orElseThrow();
            DeviceTree.Node ours = wattle.find(path).orElseThrow();
            assertEquals(new TreeSet<>(theirs.propertyNames()), new TreeSet<>(ours.propertyNames()), path);
            for (String name : theirs.propertyNames()) {
                assertArrayEquals(
                        theirs.property(name).orElseThrow(), ours.property(name).orElseThrow(), path + " " + name);
            }
        }
        String core = "/cpus/PowerPC,POWER9@0";
        for (String name :
                List.of("ibm,my-drc-index", "ibm,ppc-interrupt-server#s", "ibm,ppc-interrupt-gserver#s", "reg")) {
            assertArrayEquals(cells(qemu, core, name), cells(wattle, core, name), name);
        }
        assertEquals(cells(qemu, "/rtas", "ibm,lrdr-capacity")[4], cells(wattle, "/rtas", "ibm,lrdr-capacity")[4]);
        // What a core's node has is the same for those that are told by ibm,configure-connector.
        Set<String> theirs = new TreeSet<>(qemu.find(core).orElseThrow().propertyNames());
        theirs.removeAll(wattle.find(core).orElseThrow().propertyNames());
        assertEquals(Set.of(), theirs);
    }

    private static DeviceTree qemu(Path folder, String smp) throws IOException, InterruptedException {
        Path blob = folder.resolve("qemu.dtb");
        Process qemu;
        try {
            qemu = new ProcessBuilder(
                            "qemu-system-ppc64",
                            "-machine",
                            "pseries,dumpdtb=" + blob,
                            "-cpu",
                            "power9",
                            "-smp",
                            smp,
                            "-display",
                            "none",
                            "-nodefaults")
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("qemu.log").toFile())
                    .start();
        } catch (IOException e) {
            String reason = "qemu-system-ppc64 is not there";
            return "true".equals(System.getenv("CI")) ? fail(reason) : abort(reason);
        }
        assertTrue(qemu.waitFor(60, TimeUnit.SECONDS), "QEMU does not end");
        return FlattenedDeviceTree.parse(Files.readAllBytes(blob)).tree();
    }
}
