// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wattle.machine.firmware.DeviceTree;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ConnectorRtasTest {
    private static final int BLOCK = 0x1000;
    private static final int AREA = 0x4000;
    private static final int SIZE = 1 << 20;
    private static final int ISOLATION = 9001;
    private static final int INDICATOR = 9002;
    private static final int ALLOCATION = 9003;
    private static final int SENSE = 9003;
    private static final int CORE_1 = 0x1000_0001;

    private final FakeContext context = new FakeContext();
    private final DeviceTree.Node node = new DeviceTree().root().child("PowerPC,POWER9@2");
    private final List<CoreConnector> connectors =
            IntStream.range(0, 2).mapToObj(this::connector).toList();
    private final Rtas rtas = new Rtas();
    private final DeviceTree.Node tokens = new DeviceTree().root().child("rtas");
    private int[] results = {};

    ConnectorRtasTest() {
        new ConnectorRtas(connectors).define(rtas);
        rtas.describe(tokens);
        node.set("reg", 2).setStrings("status", "okay").setEmpty("64-bit");
        node.child("l2-cache").set("size", 1, 2, 3);
    }

    @AfterEach
    void closeMemory() {
        context.close();
    }

    private CoreConnector connector(int number) {
        return new CoreConnector(number, new CoreConnector.Platform() {
            @Override
            public boolean isStopped(int core) {
                return true;
            }

            @Override
            public DeviceTree.Node node(int core) {
                return node;
            }

            @Override
            public void taken(int core) {
                // The state tells.
            }

            @Override
            public void left(int core) {
                // The state tells.
            }

            @Override
            public void released(int core) {
                // The state tells.
            }

            @Override
            public void refused(int core) {
                // The state tells.
            }
        });
    }

    private int call(String name, int resultCount, int... arguments) {
        context.memory.putInt(BLOCK, tokens.cell(name, 0));
        context.memory.putInt(BLOCK + 4, arguments.length);
        context.memory.putInt(BLOCK + 8, resultCount);
        for (int i = 0; i < arguments.length; i++) {
            context.memory.putInt(BLOCK + 12 + 4 * i, arguments[i]);
        }
        rtas.hypercall(context.with(BLOCK));
        results = new int[resultCount];
        for (int i = 0; i < resultCount; i++) {
            results[i] = context.memory.getInt(BLOCK + 12 + 4 * (arguments.length + i));
        }
        return results[0];
    }

    private int sense(int index) {
        assertEquals(0, call("get-sensor-state", 2, SENSE, index));
        return results[1];
    }

    @Test
    void Tokens_areThoseOfQemu() {
        assertEquals(0x201a, tokens.cell("set-indicator", 0));
        assertEquals(0x201d, tokens.cell("get-sensor-state", 0));
        assertEquals(0x201e, tokens.cell("ibm,configure-connector", 0));
    }

    @Test
    void SetIndicator_thatThereIsNot_isNoSuchIndicator() {
        for (int indicator : new int[] {ISOLATION, ALLOCATION, INDICATOR, 1, 0}) {
            assertEquals(-3, call("set-indicator", 1, indicator, 0x1000_0002, 0));
            assertEquals(-3, call("set-indicator", 1, indicator, 1, 0));
            assertEquals(-3, call("set-indicator", 1, indicator, -1, 0));
        }
        assertEquals(-3, call("set-indicator", 1, INDICATOR, CORE_1, 1));
        assertEquals(-3, call("set-indicator", 1, 9000, CORE_1, 1));
        // Wrong number of arguments.
        assertEquals(-3, call("set-indicator", 1, ISOLATION, CORE_1));
    }

    @Test
    void SetIndicator_toAValueThatThereIsNot_isAParameterError() {
        assertEquals(-3, call("set-indicator", 1, ISOLATION, CORE_1, 2));
        assertEquals(-3, call("set-indicator", 1, ALLOCATION, CORE_1, 2));
        assertEquals(-3, call("set-indicator", 1, ALLOCATION, CORE_1, -1));
    }

    @Test
    void Sensor_followsTheState() {
        assertEquals(2, sense(CORE_1));
        assertEquals(-3, call("get-sensor-state", 2, SENSE, 0x1000_0002));
        assertEquals(-3, call("get-sensor-state", 2, 3, CORE_1));
        assertEquals(-3, call("set-indicator", 1, ALLOCATION, CORE_1, 1));
        connectors.get(1).plug();
        assertEquals(2, sense(CORE_1));
        assertEquals(0, call("set-indicator", 1, ALLOCATION, CORE_1, 1));
        assertEquals(1, sense(CORE_1));
        assertEquals(2, sense(0x1000_0000));
        assertEquals(0, call("set-indicator", 1, ALLOCATION, CORE_1, 0));
        assertEquals(2, sense(CORE_1));
    }

    @Test
    void ConfigureConnector_thatCannotBe_isRefused() {
        context.memory.putInt(AREA, CORE_1);
        assertEquals(-9003, call("ibm,configure-connector", 1, AREA, 0));
        context.memory.putInt(AREA, 0x1000_0002);
        assertEquals(-3, call("ibm,configure-connector", 1, AREA, 0));
        context.memory.putInt(AREA, 0);
        assertEquals(-3, call("ibm,configure-connector", 1, AREA, 0));
        assertEquals(-3, call("ibm,configure-connector", 1, SIZE - 4092, 0));
        assertEquals(-3, call("ibm,configure-connector", 1, -4096, 0));
    }

    @Test
    void ConfigureConnector_ofAnIsolatedCore_isNotConfigurable() {
        connectors.get(1).plug();
        context.memory.putInt(AREA, CORE_1);
        assertEquals(0, call("set-indicator", 1, ALLOCATION, CORE_1, 1));
        assertEquals(-9003, call("ibm,configure-connector", 1, AREA, 0));
    }

    private void unisolate() {
        connectors.get(1).plug();
        assertEquals(0, call("set-indicator", 1, ALLOCATION, CORE_1, 1));
        assertEquals(0, call("set-indicator", 1, ISOLATION, CORE_1, 1));
        context.memory.putInt(AREA, CORE_1);
    }

    /** Builds what a guest builds of the answers. */
    private DeviceTree.Node configured() {
        Deque<DeviceTree.Node> path = new ArrayDeque<>();
        path.push(new DeviceTree().root());
        while (true) {
            int answer = call("ibm,configure-connector", 1, AREA, 0);
            switch (answer) {
                case 0 -> {
                    return path.getLast().children().getFirst();
                }
                case 2 -> path.push(path.element().child(text(AREA + context.memory.getInt(AREA + 8))));
                case 3 -> {
                    byte[] value = new byte[context.memory.getInt(AREA + 12)];
                    context.memory.read(AREA + context.memory.getInt(AREA + 16), value, 0, value.length);
                    path.element().set(text(AREA + context.memory.getInt(AREA + 8)), value);
                }
                case 4 -> path.pop();
                default -> throw new AssertionError("answer " + answer);
            }
        }
    }

    private String text(int address) {
        int end = address;
        while (context.memory.getByte(end) != 0) {
            end++;
        }
        byte[] text = new byte[end - address];
        context.memory.read(address, text, 0, text.length);
        return new String(text, StandardCharsets.US_ASCII);
    }

    private static void assertSame(DeviceTree.Node expected, DeviceTree.Node actual) {
        assertEquals(expected.name(), actual.name());
        assertEquals(expected.propertyNames(), actual.propertyNames());
        for (String name : expected.propertyNames()) {
            assertArrayEquals(
                    expected.property(name).orElseThrow(), actual.property(name).orElseThrow(), name);
        }
        assertEquals(expected.children().size(), actual.children().size());
        for (int i = 0; i < expected.children().size(); i++) {
            assertSame(expected.children().get(i), actual.children().get(i));
        }
    }

    @Test
    void ConfigureConnector_again_givesTheWholeNodeAgain() {
        unisolate();
        assertSame(node, configured());
        assertEquals(CoreConnector.State.CONFIGURED, connectors.get(1).state());
        assertSame(node, configured());
        assertEquals(0, call("set-indicator", 1, ISOLATION, CORE_1, 0));
        assertEquals(0, call("set-indicator", 1, ALLOCATION, CORE_1, 0));
        assertEquals(2, sense(CORE_1));
    }

    @Test
    void ConfigureConnector_abandonedHalfWay_beginsAnewOnceIsolatedAndUnisolated() {
        unisolate();
        configured();
        assertEquals(2, call("ibm,configure-connector", 1, AREA, 0));
        assertEquals(3, call("ibm,configure-connector", 1, AREA, 0));
        assertEquals(0, call("set-indicator", 1, ISOLATION, CORE_1, 0));
        assertEquals(0, call("set-indicator", 1, ISOLATION, CORE_1, 1));
        assertSame(node, configured());
    }

    @Test
    void ConfigureConnector_ofAPropertyThatFitsNoWorkArea_isAHardwareError() {
        node.set("large", new byte[4096]);
        unisolate();
        for (int i = 0; i < 4; i++) {
            call("ibm,configure-connector", 1, AREA, 0);
        }
        assertEquals(-1, call("ibm,configure-connector", 1, AREA, 0));
    }
}
