// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.firmware;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceTreeTest {
    private static DeviceTree sample() {
        DeviceTree tree = new DeviceTree();
        tree.root()
                .setStrings("compatible", "a,b", "c")
                .set("#address-cells", 2)
                .set("#size-cells", 1);
        DeviceTree.Node bus =
                tree.root().child("bus@f00").set("#address-cells", 1).set("#size-cells", 0);
        bus.child("uart@1").set("reg", 1).setEmpty("flag").set("odd", new byte[] {1, 2, 3});
        bus.child("uart@2a").set("reg", 0x2a);
        tree.root().child("aliases").setStrings("console", "/bus@f00/uart@2a");
        tree.assignPhandles();
        return tree;
    }

    private static String text(DeviceTree tree) {
        StringBuilder text = new StringBuilder();
        tree.forEach(node -> {
            text.append(node.path()).append('\n');
            for (String name : node.propertyNames()) {
                text.append(name)
                        .append('=')
                        .append(java.util.HexFormat.of()
                                .formatHex(node.property(name).orElseThrow()))
                        .append('\n');
            }
        });
        return text.toString();
    }

    @Test
    void Find_paths_followOpenFirmwareRules() {
        DeviceTree tree = sample();
        assertEquals("/", tree.find("/").orElseThrow().path());
        assertEquals("/bus@f00/uart@1", tree.find("/bus/uart").orElseThrow().path());
        assertEquals(
                "/bus@f00/uart@2a",
                tree.find("/bus@F00/uart@2A:115200").orElseThrow().path());
        assertEquals("/bus@f00/uart@2a", tree.find("console").orElseThrow().path());
        assertEquals("/bus@f00/uart@2a", tree.find("console:x").orElseThrow().path());
        assertTrue(tree.find("/bus@f01").isEmpty());
        assertTrue(tree.find("nothing").isEmpty());
        assertTrue(tree.find("").isEmpty());
    }

    @Test
    void Phandle_assigned_findsItsNode() {
        DeviceTree tree = sample();
        DeviceTree.Node node = tree.find("/bus").orElseThrow();
        assertEquals(node, tree.byPhandle(node.phandle()).orElseThrow());
        assertTrue(tree.byPhandle(0).isEmpty());
        assertTrue(tree.byPhandle(-1).isEmpty());
    }

    @Test
    void Flatten_parse_givesTheSameTree() {
        List<FlattenedDeviceTree.Reservation> reserved = List.of(new FlattenedDeviceTree.Reservation(0x1000, 0x2000));
        FlattenedDeviceTree.Parsed parsed = FlattenedDeviceTree.parse(FlattenedDeviceTree.write(sample(), reserved, 3));
        assertEquals(text(sample()), text(parsed.tree()));
        assertEquals(reserved, parsed.reservations());
        assertEquals(3, parsed.bootCpu());
    }

    @Test
    void Flatten_dtc_readsAndWritesTheSameTree(@TempDir Path directory) throws IOException, InterruptedException {
        Path in = directory.resolve("in.dtb");
        Path out = directory.resolve("out.dtb");
        Files.write(in, FlattenedDeviceTree.write(sample(), List.of(), 0));
        Process dtc;
        try {
            dtc = new ProcessBuilder("dtc", "-q", "-I", "dtb", "-O", "dtb", "-o", out.toString(), in.toString())
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            assumeTrue(false, "no dtc on this host");
            return;
        }
        assertTrue(dtc.waitFor(30, TimeUnit.SECONDS));
        assertEquals(0, dtc.exitValue());
        assertEquals(
                text(sample()),
                text(FlattenedDeviceTree.parse(Files.readAllBytes(out)).tree()));
    }

    @Test
    void Parse_damagedBlobs_areRefusedWithAMessage() {
        byte[] good = FlattenedDeviceTree.write(sample(), List.of(), 0);
        assertThrows(IllegalArgumentException.class, () -> FlattenedDeviceTree.parse(new byte[0]));
        assertThrows(IllegalArgumentException.class, () -> FlattenedDeviceTree.parse(new byte[64]));
        byte[] shortened = java.util.Arrays.copyOf(good, good.length - 1);
        assertThrows(IllegalArgumentException.class, () -> FlattenedDeviceTree.parse(shortened));
    }

    @Test
    void Parse_randomDamage_neverFailsOtherwise() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        byte[] good = FlattenedDeviceTree.write(sample(), List.of(), 0);
        for (int i = 0; i < 5_000; i++) {
            byte[] bad = good.clone();
            for (int j = random.nextInt(4); j >= 0; j--) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt();
            }
            try {
                FlattenedDeviceTree.parse(bad);
            } catch (IllegalArgumentException e) {
                assertTrue(e.getMessage().startsWith("device tree blob"), "seed " + seed + ": " + e.getMessage());
            }
        }
    }

    @Test
    void Property_value_isACopy() {
        DeviceTree tree = sample();
        DeviceTree.Node node = tree.find("/bus/uart").orElseThrow();
        node.property("odd").orElseThrow()[0] = 9;
        assertArrayEquals(new byte[] {1, 2, 3}, node.property("odd").orElseThrow());
    }
}
