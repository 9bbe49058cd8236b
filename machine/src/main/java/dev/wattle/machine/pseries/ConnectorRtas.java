// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.engine.memory.GuestMemory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * The RTAS functions of dynamic reconfiguration (PAPR, "set-indicator", "get-sensor-state" and "ibm,configure-connector RTAS
 * Call"), for the connectors of cores. There are no other indicators and sensors.
 */
final class ConnectorRtas {
    private static final int INDICATOR_ISOLATION_STATE = 9001;
    private static final int INDICATOR_ALLOCATION_STATE = 9003;
    private static final int SENSOR_ENTITY_SENSE = 9003;

    private static final int WORK_AREA_BYTES = 4096;
    /** Offsets in the work area. */
    private static final int NAME_OFFSET = 8;

    private static final int LENGTH = 12;
    private static final int VALUE_OFFSET = 16;
    private static final int DATA = 20;

    private final List<CoreConnector> connectors;

    /** @param connectors those of all possible cores, by number */
    ConnectorRtas(List<CoreConnector> connectors) {
        this.connectors = connectors;
    }

    void define(Rtas rtas) {
        rtas.define("set-indicator", 0x201a, 3, 1, this::setIndicator)
                .define("get-sensor-state", 0x201d, 2, 2, this::getSensorState)
                .define("ibm,configure-connector", 0x201e, 2, 1, this::configure);
    }

    private Optional<CoreConnector> connector(int index) {
        int core = index - CoreConnector.index(0);
        return core >= 0 && core < connectors.size() ? Optional.of(connectors.get(core)) : Optional.empty();
    }

    /** Arguments: indicator, index of the connector, value. */
    private int setIndicator(RtasCall call) {
        Optional<CoreConnector> connector = connector(call.argument(1));
        if (connector.isEmpty()) {
            return RtasStatus.NO_SUCH_INDICATOR;
        }
        CoreConnector core = connector.get();
        int value = call.argument(2);
        return switch (call.argument(0)) {
            case INDICATOR_ISOLATION_STATE -> set(value, core::isolate, core::unisolate);
            case INDICATOR_ALLOCATION_STATE -> set(value, core::makeUnusable, core::makeUsable);
            // The DR indicator, 9002, is the lamp of a physical connector.
            default -> RtasStatus.NO_SUCH_INDICATOR;
        };
    }

    private interface Setting {
        int apply();
    }

    private static int set(int value, Setting zero, Setting one) {
        return switch (value) {
            case 0 -> zero.apply();
            case 1 -> one.apply();
            default -> RtasStatus.PARAMETER_ERROR;
        };
    }

    /** Arguments: sensor, index of the connector; result: value. */
    private int getSensorState(RtasCall call) {
        Optional<CoreConnector> connector = connector(call.argument(1));
        if (call.argument(0) != SENSOR_ENTITY_SENSE || connector.isEmpty()) {
            return RtasStatus.NO_SUCH_INDICATOR;
        }
        call.result(1, connector.get().sense());
        return RtasStatus.SUCCESS;
    }

    /**
     * Arguments: real address of the work area of 4096 bytes, and of more of it, which nothing here needs. The area's first cell
     * is the index of the connector. It gets, as the answer says, the offset of the name of a node or property, and length and
     * offset of the property's value.
     */
    private int configure(RtasCall call) {
        GuestMemory memory = call.memory();
        long area = call.address(0);
        if (!memory.contains(area, WORK_AREA_BYTES)) {
            return RtasStatus.PARAMETER_ERROR;
        }
        Optional<CoreConnector> connector = connector(memory.getInt(area));
        if (connector.isEmpty()) {
            return RtasStatus.PARAMETER_ERROR;
        }
        CoreConnector.Step step = connector.get().configure();
        byte[] name = (step.name() + '\0').getBytes(StandardCharsets.US_ASCII);
        byte[] value = step.value();
        if (DATA + name.length + value.length > WORK_AREA_BYTES) {
            return RtasStatus.HARDWARE_ERROR;
        }
        if (step.response() == CoreConnector.NEXT_CHILD || step.response() == CoreConnector.NEXT_PROPERTY) {
            memory.putInt(area + NAME_OFFSET, DATA);
            memory.write(area + DATA, name, 0, name.length);
        }
        if (step.response() == CoreConnector.NEXT_PROPERTY) {
            memory.putInt(area + LENGTH, value.length);
            memory.putInt(area + VALUE_OFFSET, DATA + name.length);
            memory.write(area + DATA + name.length, value, 0, value.length);
        }
        return step.response();
    }
}
