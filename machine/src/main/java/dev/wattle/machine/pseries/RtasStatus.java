// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

/** Status words of RTAS functions (PAPR, "RTAS Status Word Values"). */
final class RtasStatus {
    static final int SUCCESS = 0;
    /** check-exception and event-scan: there is no event. */
    static final int NO_EVENT = 1;

    static final int HARDWARE_ERROR = -1;
    static final int BUSY = -2;
    static final int PARAMETER_ERROR = -3;
    /** ibm,get-system-parameter: the parameter is not supported here. */
    static final int NOT_SUPPORTED = -3;

    /** set-indicator and get-sensor-state: there is no such indicator or sensor, or it cannot have this value now. */
    static final int NO_SUCH_INDICATOR = -3;
    /** ibm,configure-connector: the connector is in a state in which it cannot be configured. */
    static final int NOT_CONFIGURABLE = -9003;

    static final int NOT_AUTHORIZED = -9002;
    static final int SYSPARM_PARAMETER_ERROR = -9999;

    private RtasStatus() {}
}
