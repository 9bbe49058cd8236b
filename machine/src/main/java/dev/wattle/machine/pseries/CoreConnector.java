// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.machine.firmware.DeviceTree;
import java.util.ArrayList;
import java.util.List;

/**
 * The dynamic reconfiguration connector of one core (PAPR, "Dynamic Reconfiguration (DR) Architecture", logical resources): where
 * it stands between the platform and the guest.
 *
 * <p>The guest takes a core by making it usable, unisolating it, and reading its part of the device tree by
 * ibm,configure-connector; it gives it back by isolating it and making it unusable.
 *
 * <p>Not thread-safe: the machine answers one at a time.
 */
final class CoreConnector {
    /** Where it stands. */
    enum State {
        /** There is no core, or the guest has not taken it. */
        UNUSABLE,
        /** Usable, isolated. */
        AVAILABLE,
        /** Unisolated; the guest has not read the whole of its device tree. */
        UNISOLATED,
        /** The guest has it. */
        CONFIGURED
    }

    /** Who has the cores. */
    interface Platform {
        /** Whether no thread of a core executes anything. */
        boolean isStopped(int core);

        /** The node of a core in the device tree, on its own. */
        DeviceTree.Node node(int core);

        /** The guest has taken a core. */
        void taken(int core);

        /** The guest has made a core unusable, and there is no request to give it back. */
        void left(int core);

        /** The guest has given a core back, as it was asked to: it is no longer there. */
        void released(int core);

        /** The guest has said that it does not give a core back. */
        void refused(int core);
    }

    /** What ibm,configure-connector answers, other than a status of RTAS. */
    static final int CONFIGURATION_COMPLETE = 0;

    static final int NEXT_CHILD = 2;
    static final int NEXT_PROPERTY = 3;
    static final int PREVIOUS_PARENT = 4;

    private static final int TYPE_CPU = 1 << 28;

    /** Values of the sensor. */
    private static final int SENSE_PRESENT = 1;

    private static final int SENSE_UNUSABLE = 2;

    /**
     * One answer of ibm,configure-connector.
     *
     * @param response the status word
     * @param name of the node or property, empty where there is neither
     * @param value of the property
     */
    record Step(int response, String name, byte[] value) {}

    private static final byte[] NO_VALUE = {};

    private final int core;
    private final Platform platform;
    private State state = State.UNUSABLE;
    private boolean isPlugged;
    private boolean isRemovalWanted;
    /** The device tree of the core as the guest is being told it. */
    private List<Step> steps = List.of();

    private int nextStep;

    CoreConnector(int core, Platform platform) {
        this.core = core;
        this.platform = platform;
    }

    /** The index by which the guest names the connector of a core. */
    static int index(int core) {
        return TYPE_CPU | core;
    }

    State state() {
        return state;
    }

    /** Whether the guest has the core, or is about to. Only then may it start threads of it. */
    boolean isUnisolated() {
        return state == State.UNISOLATED || state == State.CONFIGURED;
    }

    /** Whether there is a core, taken by the guest or not. */
    boolean isPlugged() {
        return isPlugged;
    }

    /** Whether the guest has been asked to give the core back. */
    boolean isRemovalWanted() {
        return isRemovalWanted;
    }

    // What the platform does

    /** There is a core now, which the guest has not taken. */
    void plug() {
        isPlugged = true;
        isRemovalWanted = false;
    }

    /** Wants the core back. It is released at once if the guest has not taken it. */
    void unplug() {
        isRemovalWanted = true;
        if (state == State.UNUSABLE) {
            release();
        }
    }

    /** The guest begins anew: it has all cores, but for those that it was to give back, if it does not run on them. */
    void reset() {
        if (isRemovalWanted && platform.isStopped(core)) {
            release();
        } else if (isRemovalWanted) {
            refuse();
        }
        state = isPlugged ? State.CONFIGURED : State.UNUSABLE;
        steps = List.of();
        nextStep = 0;
    }

    private void release() {
        state = State.UNUSABLE;
        isPlugged = false;
        isRemovalWanted = false;
        steps = List.of();
        platform.released(core);
    }

    // What the guest does; the results are statuses of set-indicator

    /** Sets the isolation state to "isolate". */
    int isolate() {
        switch (state) {
            case UNUSABLE, AVAILABLE -> {
                return RtasStatus.SUCCESS;
            }
            case UNISOLATED -> {
                return RtasStatus.PARAMETER_ERROR;
            }
            default -> {
                if (!platform.isStopped(core)) {
                    return RtasStatus.HARDWARE_ERROR;
                }
                state = State.AVAILABLE;
                return RtasStatus.SUCCESS;
            }
        }
    }

    /** Sets the isolation state to "unisolate". For a core that is to be given back this says that it is not. */
    int unisolate() {
        switch (state) {
            case UNUSABLE -> {
                return RtasStatus.NO_SUCH_INDICATOR;
            }
            case AVAILABLE -> {
                state = State.UNISOLATED;
                steps = List.of();
                return RtasStatus.SUCCESS;
            }
            default -> {
                if (isRemovalWanted) {
                    refuse();
                }
                return RtasStatus.SUCCESS;
            }
        }
    }

    private void refuse() {
        isRemovalWanted = false;
        platform.refused(core);
    }

    /** Sets the allocation state to "usable". */
    int makeUsable() {
        if (state != State.UNUSABLE) {
            return RtasStatus.SUCCESS;
        }
        if (!isPlugged || isRemovalWanted) {
            return RtasStatus.NO_SUCH_INDICATOR;
        }
        state = State.AVAILABLE;
        return RtasStatus.SUCCESS;
    }

    /** Sets the allocation state to "unusable". */
    int makeUnusable() {
        switch (state) {
            case UNUSABLE -> {
                return RtasStatus.SUCCESS;
            }
            case AVAILABLE -> {
                state = State.UNUSABLE;
                if (isRemovalWanted) {
                    release();
                } else {
                    platform.left(core);
                }
                return RtasStatus.SUCCESS;
            }
            default -> {
                return RtasStatus.NO_SUCH_INDICATOR;
            }
        }
    }

    /** Value of the sensor dr-entity-sense. */
    int sense() {
        return state == State.UNUSABLE ? SENSE_UNUSABLE : SENSE_PRESENT;
    }

    /** The next answer of ibm,configure-connector: the nodes and properties of the core in order, then again from the start. */
    Step configure() {
        if (!isUnisolated()) {
            return new Step(RtasStatus.NOT_CONFIGURABLE, "", NO_VALUE);
        }
        if (steps.isEmpty()) {
            List<Step> all = new ArrayList<>();
            describe(platform.node(core), all);
            all.set(all.size() - 1, new Step(CONFIGURATION_COMPLETE, "", NO_VALUE));
            steps = all;
            nextStep = 0;
        }
        Step step = steps.get(nextStep++);
        if (nextStep == steps.size()) {
            steps = List.of();
            if (state == State.UNISOLATED) {
                state = State.CONFIGURED;
                platform.taken(core);
            }
        }
        return step;
    }

    private static void describe(DeviceTree.Node node, List<Step> all) {
        all.add(new Step(NEXT_CHILD, node.name(), NO_VALUE));
        for (String name : node.propertyNames()) {
            all.add(new Step(NEXT_PROPERTY, name, node.property(name).orElse(NO_VALUE)));
        }
        node.children().forEach(child -> describe(child, all));
        all.add(new Step(PREVIOUS_PARENT, "", NO_VALUE));
    }
}
