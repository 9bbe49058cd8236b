// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.machine.firmware.DeviceTree;
import dev.wattle.machine.pseries.CoreConnector.State;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CoreConnectorTest {
    private final List<String> told = new ArrayList<>();
    private boolean isStopped = true;

    private final CoreConnector connector = new CoreConnector(3, new CoreConnector.Platform() {
        @Override
        public boolean isStopped(int core) {
            return isStopped;
        }

        @Override
        public DeviceTree.Node node(int core) {
            DeviceTree.Node node = new DeviceTree().root().child("cpu@" + core).set("reg", core);
            node.child("cache").setEmpty("unified").child("deep");
            return node.set("status", new byte[] {'o', 'k', 0});
        }

        @Override
        public void taken(int core) {
            told.add("taken " + core);
        }

        @Override
        public void left(int core) {
            told.add("left " + core);
        }

        @Override
        public void released(int core) {
            told.add("released " + core);
        }

        @Override
        public void refused(int core) {
            told.add("refused " + core);
        }
    });

    private void assertState(State state, int sense) {
        assertEquals(state, connector.state());
        assertEquals(sense, connector.sense());
    }

    private void take() {
        connector.plug();
        assertEquals(0, connector.makeUsable());
        assertEquals(0, connector.unisolate());
        while (connector.configure().response() != 0) {
            assertTrue(connector.isUnisolated());
        }
        assertState(State.CONFIGURED, 1);
    }

    @Test
    void Connector_withoutACore_canOnlyBeLeftAlone() {
        assertState(State.UNUSABLE, 2);
        assertEquals(-3, connector.makeUsable());
        assertEquals(-3, connector.unisolate());
        assertEquals(0, connector.isolate());
        assertEquals(0, connector.makeUnusable());
        assertEquals(-9003, connector.configure().response());
        assertState(State.UNUSABLE, 2);
        assertEquals(List.of(), told);
    }

    @Test
    void Connector_takenStepByStep_goesThroughItsStates() {
        connector.plug();
        assertState(State.UNUSABLE, 2);
        assertEquals(-3, connector.unisolate());
        assertEquals(0, connector.makeUsable());
        assertState(State.AVAILABLE, 1);
        assertEquals(0, connector.makeUsable());
        assertEquals(-9003, connector.configure().response());
        assertEquals(0, connector.isolate());
        assertEquals(0, connector.unisolate());
        assertState(State.UNISOLATED, 1);
        assertEquals(0, connector.unisolate());
        assertEquals(0, connector.makeUsable());
        // Half-way there is no way back.
        assertEquals(-3, connector.isolate());
        assertEquals(-3, connector.makeUnusable());
        assertEquals(List.of(), told);
        while (connector.configure().response() != 0) {
            assertState(State.UNISOLATED, 1);
        }
        assertState(State.CONFIGURED, 1);
        assertEquals(0, connector.unisolate());
        assertEquals(0, connector.makeUsable());
        assertEquals(-3, connector.makeUnusable());
        assertEquals(List.of("taken 3"), told);
    }

    @Test
    void Configure_ofANodeWithChildren_tellsAllOfItInOrderAndThenAgain() {
        connector.plug();
        connector.makeUsable();
        connector.unisolate();
        for (int round = 0; round < 2; round++) {
            List<String> steps = new ArrayList<>();
            CoreConnector.Step step;
            do {
                step = connector.configure();
                steps.add(step.response() + " " + step.name());
                if (step.name().equals("status")) {
                    assertArrayEquals(new byte[] {'o', 'k', 0}, step.value());
                }
            } while (step.response() != 0);
            assertEquals(
                    List.of("2 cpu@3", "3 reg", "3 status", "2 cache", "3 unified", "2 deep", "4 ", "4 ", "0 "), steps);
        }
        assertEquals(List.of("taken 3"), told);
    }

    @Test
    void Unplug_ofATakenCore_waitsForTheGuest() {
        take();
        connector.unplug();
        assertTrue(connector.isRemovalWanted());
        assertState(State.CONFIGURED, 1);
        isStopped = false;
        assertEquals(-1, connector.isolate());
        isStopped = true;
        assertEquals(0, connector.isolate());
        assertState(State.AVAILABLE, 1);
        assertTrue(connector.isPlugged());
        assertEquals(0, connector.makeUnusable());
        assertState(State.UNUSABLE, 2);
        assertFalse(connector.isPlugged());
        assertEquals(-3, connector.makeUsable());
        assertEquals(List.of("taken 3", "released 3"), told);
        take();
    }

    @Test
    void Unplug_thatTheGuestRefuses_isNotWantedAnyMore() {
        take();
        connector.unplug();
        assertEquals(0, connector.unisolate());
        assertFalse(connector.isRemovalWanted());
        assertEquals(List.of("taken 3", "refused 3"), told);
        assertEquals(0, connector.unisolate());
        assertEquals(2, told.size());
    }

    @Test
    void Unplug_ofACoreThatTheGuestHasNot_isDoneAtOnce() {
        connector.plug();
        connector.unplug();
        assertFalse(connector.isPlugged());
        assertEquals(List.of("released 3"), told);
    }

    @Test
    void GuestThatLeavesACore_mayTakeItAgain() {
        take();
        assertEquals(0, connector.isolate());
        assertEquals(0, connector.makeUnusable());
        assertEquals(List.of("taken 3", "left 3"), told);
        assertTrue(connector.isPlugged());
        assertEquals(0, connector.makeUsable());
        connector.unplug();
        // It may go on to give it back, and may not take it anew.
        assertEquals(0, connector.makeUnusable());
        assertEquals(-3, connector.makeUsable());
        assertEquals("released 3", told.getLast());
    }

    @Test
    void Reset_completesWhatIsPending() {
        connector.reset();
        assertState(State.UNUSABLE, 2);
        connector.plug();
        connector.reset();
        assertState(State.CONFIGURED, 1);
        connector.unplug();
        isStopped = false;
        connector.reset();
        assertEquals(List.of("refused 3"), told);
        assertState(State.CONFIGURED, 1);
        isStopped = true;
        connector.unplug();
        connector.reset();
        assertEquals(List.of("refused 3", "released 3"), told);
        assertState(State.UNUSABLE, 2);
    }
}
