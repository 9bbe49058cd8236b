// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.firmware;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.engine.memory.GuestMemory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ClientInterfaceTest {
    private static final int ARRAY = 0x1000;
    private static final int SERVICE = 0x2000;
    private static final int TEXT = 0x3000;
    private static final int BUFFER = 0x4000;
    private static final int SIZE = 1 << 20;

    private final GuestMemory memory = GuestMemory.allocate(SIZE);
    private final DeviceTree tree = new DeviceTree();
    private final MemoryClaims claims = new MemoryClaims(0x8000, SIZE);
    private final StringBuilder console = new StringBuilder();
    private final List<String> events = new ArrayList<>();
    private ClientInterface client;
    private int[] results = new int[0];

    @BeforeEach
    void buildTree() {
        tree.root().setStrings("model", "test");
        tree.root().child("chosen").setStrings("bootargs", "quiet");
        tree.root().child("memory@0").setStrings("device_type", "memory").set("reg", 0, 0, 0, SIZE);
        tree.root().child("vty@0").setStrings("device_type", "serial");
        claims.claim(0, 0x8000);
        client = new ClientInterface(memory, tree, claims, new RecordingHost());
    }

    @AfterEach
    void closeMemory() {
        memory.close();
    }

    /** Calls a service with one result cell; text arguments are addresses that {@link #text} gave. */
    private int call(String service, int... arguments) {
        return callFor(1, service, arguments);
    }

    private int callFor(int resultCount, String service, int... arguments) {
        string(SERVICE, service);
        memory.putInt(ARRAY, SERVICE);
        memory.putInt(ARRAY + 4, arguments.length);
        memory.putInt(ARRAY + 8, resultCount);
        for (int i = 0; i < arguments.length; i++) {
            memory.putInt(ARRAY + 12 + 4 * i, arguments[i]);
        }
        assertEquals(0, client.call(ARRAY), service);
        results = new int[resultCount];
        for (int i = 0; i < resultCount; i++) {
            results[i] = memory.getInt(ARRAY + 12 + 4 * (arguments.length + i));
        }
        return resultCount == 0 ? 0 : results[0];
    }

    private int string(int address, String text) {
        byte[] bytes = (text + '\0').getBytes(StandardCharsets.ISO_8859_1);
        memory.write(address, bytes, 0, bytes.length);
        return address;
    }

    private int text(String text) {
        return string(TEXT, text);
    }

    private String buffer() {
        StringBuilder text = new StringBuilder();
        for (int i = BUFFER; memory.getByte(i) != 0; i++) {
            text.append((char) memory.getByte(i));
        }
        return text.toString();
    }

    @Test
    void Finddevice_paths_giveHandlesOrMinusOne() {
        int chosen = call("finddevice", text("/chosen"));
        assertNotEquals(-1, chosen);
        assertEquals(tree.find("/chosen").orElseThrow().phandle(), chosen);
        assertEquals(-1, call("finddevice", text("/nothing")));
        assertEquals(-1, call("finddevice", SIZE + 1));
    }

    @Test
    void PeerChildParent_walk_visitsEveryNode() {
        int root = call("peer", 0);
        int child = call("child", root);
        List<Integer> seen = new ArrayList<>();
        while (child != 0) {
            seen.add(child);
            assertEquals(root, call("parent", child));
            child = call("peer", child);
        }
        assertEquals(3, seen.size());
        assertEquals(0, call("parent", root));
        assertEquals(0, call("peer", root));
        assertEquals(0, call("child", seen.getFirst()));
        assertEquals(0, call("peer", 0x7777));
    }

    @Test
    void Getprop_buffers_getWhatFitsAndTheLength() {
        int chosen = call("finddevice", text("/chosen"));
        assertEquals(6, call("getproplen", chosen, text("bootargs")));
        assertEquals(6, call("getprop", chosen, text("bootargs"), BUFFER, 64));
        assertEquals("quiet", buffer());
        memory.putInt(BUFFER, -1);
        assertEquals(6, call("getprop", chosen, text("bootargs"), BUFFER, 2));
        assertEquals('q' << 24 | 'u' << 16 | 0xffff, memory.getInt(BUFFER));
        assertEquals(-1, call("getprop", chosen, text("absent"), BUFFER, 64));
        assertEquals(-1, call("getprop", chosen, text("bootargs"), SIZE - 1, 64));
        assertEquals(-1, call("getproplen", 0x7777, text("bootargs")));
    }

    @Test
    void Getprop_name_isTheNodeNameWithoutUnit() {
        int memoryNode = call("finddevice", text("/memory"));
        assertEquals(7, call("getprop", memoryNode, text("name"), BUFFER, 64));
        assertEquals("memory", buffer());
    }

    @Test
    void Nextprop_fromTheEmptyName_visitsAllProperties() {
        int node = call("finddevice", text("/memory@0"));
        List<String> names = new ArrayList<>();
        text("");
        while (call("nextprop", node, TEXT, BUFFER) == 1) {
            names.add(buffer());
            text(buffer());
        }
        assertEquals(List.of("device_type", "reg", "phandle", "available"), names);
        assertEquals(-1, call("nextprop", node, text("absent"), BUFFER));
        assertEquals(1, call("nextprop", node, 0, BUFFER));
        assertEquals("device_type", buffer());
    }

    @Test
    void Setprop_newAndOld_changesTheTree() {
        int chosen = call("finddevice", text("/chosen"));
        memory.putInt(BUFFER, 0x1234);
        assertEquals(4, call("setprop", chosen, text("linux,x"), BUFFER, 4));
        assertEquals(0x1234, tree.find("/chosen").orElseThrow().cell("linux,x", 0));
        assertEquals(0, call("setprop", chosen, text("linux,empty"), 0, 0));
        assertEquals(-1, call("setprop", chosen, text("phandle"), BUFFER, 4));
        assertEquals(-1, call("setprop", chosen, text("big"), 0, 1 << 30));
        assertEquals(-1, call("setprop", chosen, text("negative"), BUFFER, -1));
    }

    @Test
    void Setprop_withoutEnd_isRefusedBeforeMemoryRunsOut() {
        int chosen = call("finddevice", text("/chosen"));
        int accepted = 0;
        for (int i = 0; i < 64; i++) {
            accepted += call("setprop", chosen, text("p" + i), 0, 1 << 16) > 0 ? 1 : 0;
        }
        assertTrue(accepted < 17, accepted + " properties of 64 KiB");
    }

    @Test
    void Instances_openAndClose_translateToPackagesAndPaths() {
        int instance = call("open", text("/vty"));
        assertNotEquals(0, instance);
        assertEquals(call("finddevice", text("/vty")), call("instance-to-package", instance));
        assertEquals(6, call("instance-to-path", instance, BUFFER, 64));
        assertEquals("/vty@0", buffer());
        callFor(0, "close", instance);
        assertEquals(-1, call("instance-to-package", instance));
        assertEquals(0, call("open", text("/nothing")));
        assertEquals(6, call("package-to-path", call("finddevice", text("/vty")), BUFFER, 3));
        assertEquals(6, call("canon", text("/vty"), BUFFER, 64));
    }

    @Test
    void Write_console_reachesTheHost() {
        int instance = call("open", text("/vty"));
        assertEquals(5, call("write", instance, text("hello"), 5));
        assertEquals("hello", console.toString());
        assertEquals(-1, call("write", call("open", text("/chosen")), TEXT, 5));
        assertEquals(-1, call("write", instance, SIZE - 2, 5));
        assertEquals(-1, call("write", instance, TEXT, -1));
        assertEquals(-2, call("read", instance, BUFFER, 5));
    }

    @Test
    void Claim_exactAndAligned_keepsAvailableInStep() {
        assertEquals(0x20000, call("claim", 0x20000, 0x1000, 0));
        assertEquals(-1, call("claim", 0x20000, 0x1000, 0));
        assertEquals(0x10000, call("claim", 0, 0x1000, 0x10000));
        assertEquals(-1, call("claim", 0, SIZE, 0x1000));
        assertEquals(-1, call("claim", 0, 0, 0x1000));
        callFor(0, "release", 0x20000, 0x1000);
        assertEquals(0x20000, call("claim", 0x20000, 0x1000, 0));
        byte[] available =
                tree.find("/memory@0").orElseThrow().property("available").orElseThrow();
        assertEquals(3 * 16, available.length);
    }

    @Test
    void CallMethod_definedMethod_passesArgumentsAndResults() {
        client.method("/chosen", "sum", (arguments, out) -> {
            out[0] = arguments[0] + arguments[1];
            return 0;
        });
        int instance = call("open", text("/chosen"));
        assertEquals(0, callFor(2, "call-method", text("sum"), instance, 3, 4));
        assertEquals(7, results[1]);
        assertEquals(-1, callFor(2, "call-method", text("absent"), instance));
        assertEquals(-1, callFor(2, "call-method", text("sum"), 0x7777));
        assertEquals(0, call("test-method", call("finddevice", text("/chosen")), text("sum")));
    }

    @Test
    void Test_services_answersZeroForKnownOnes() {
        assertEquals(0, call("test", text("claim")));
        assertEquals(-1, call("test", text("fly")));
        assertEquals(-1, call("interpret", text("1 2 +")));
    }

    @Test
    void Control_services_reachTheHost() {
        callFor(0, "quiesce");
        callFor(0, "exit");
        callFor(0, "boot", text("disk"));
        assertEquals(123, call("milliseconds"));
        assertEquals(-1, call("start-cpu", 1, 2, 3));
        assertEquals(List.of("quiesce", "exit", "boot disk", "start 1 2 3"), events);
    }

    @Test
    void Call_malformedArrays_answerMinusOne() {
        assertEquals(-1, client.call(SIZE - 8));
        assertEquals(-1, client.call(-1));
        string(SERVICE, "no-such-service");
        memory.putInt(ARRAY, SERVICE);
        memory.putInt(ARRAY + 4, 0);
        memory.putInt(ARRAY + 8, 0);
        assertEquals(-1, client.call(ARRAY));
        string(SERVICE, "getprop");
        memory.putInt(ARRAY + 4, 3);
        assertEquals(-1, client.call(ARRAY), "too few arguments");
        memory.putInt(ARRAY + 4, 0x7fffffff);
        assertEquals(-1, client.call(ARRAY), "too many arguments");
        memory.putInt(ARRAY + 4, 4);
        memory.putInt(ARRAY + 8, -1);
        assertEquals(-1, client.call(ARRAY), "negative results");
        memory.putInt(ARRAY, -1);
        assertEquals(-1, client.call(ARRAY), "service name outside of memory");
    }

    @Test
    void Call_randomCells_neverThrows() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        String[] services = {
            "getprop",
            "nextprop",
            "setprop",
            "claim",
            "release",
            "call-method",
            "open",
            "close",
            "write",
            "read",
            "instance-to-path",
            "package-to-path",
            "canon",
            "peer",
            "child",
            "parent",
            "getproplen",
            "boot"
        };
        client.method("/chosen", "m", (arguments, out) -> arguments.length);
        for (int i = 0; i < 20_000; i++) {
            string(SERVICE, services[random.nextInt(services.length)]);
            memory.putInt(ARRAY, SERVICE);
            memory.putInt(ARRAY + 4, random.nextInt(8));
            memory.putInt(ARRAY + 8, random.nextInt(4));
            for (int j = 0; j < 12; j++) {
                int cell = switch (random.nextInt(4)) {
                    case 0 -> random.nextInt();
                    case 1 -> random.nextInt(8);
                    case 2 -> TEXT;
                    default -> SIZE - random.nextInt(64);
                };
                memory.putInt(ARRAY + 12 + 4 * j, cell);
            }
            text(random.nextBoolean() ? "/chosen" : "bootargs");
            try {
                client.call(ARRAY);
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + " call " + i, e);
            }
        }
    }

    private final class RecordingHost implements FirmwareHost {
        @Override
        public void write(byte[] data, int offset, int length) {
            console.append(new String(data, offset, length, StandardCharsets.ISO_8859_1));
        }

        @Override
        public int read(byte[] buffer, int offset, int length) {
            return 0;
        }

        @Override
        public long milliseconds() {
            return 123;
        }

        @Override
        public void quiesce() {
            events.add("quiesce");
        }

        @Override
        public void exit() {
            events.add("exit");
        }

        @Override
        public void boot(String arguments) {
            events.add("boot " + arguments);
        }

        @Override
        public boolean startCpu(int cpu, int entry, int argument) {
            events.add("start " + cpu + " " + entry + " " + argument);
            return false;
        }
    }
}
