// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

/** Return codes of hypercalls in r3 (PAPR, "Hypervisor Call Return Codes"). */
public final class ReturnCode {
    public static final long H_SUCCESS = 0;
    /** The hypervisor is busy; call again. */
    public static final long H_BUSY = 1;
    /** What the call would act on is not there, or no longer. */
    public static final long H_CLOSED = 2;
    /** The partition does not have what the call is about. */
    public static final long H_NOT_AVAILABLE = 3;
    /** H_JOIN: this was the last active processor. */
    public static final long H_CONTINUE = 18;

    public static final long H_HARDWARE = -1;
    /** The function is not supported. */
    public static final long H_FUNCTION = -2;
    /** The caller is not in a privileged state. */
    public static final long H_PRIVILEGE = -3;
    /** A parameter is out of range or names nothing. */
    public static final long H_PARAMETER = -4;

    public static final long H_BAD_MODE = -5;
    /** All entries of the page table entry group are in use. */
    public static final long H_PTEG_FULL = -6;

    public static final long H_NOT_FOUND = -7;
    public static final long H_NO_MEM = -9;
    public static final long H_RESOURCE = -16;
    /** The second parameter is not valid. */
    public static final long H_P2 = -55;

    public static final long H_P3 = -56;
    public static final long H_P4 = -57;
    public static final long H_P5 = -58;
    public static final long H_UNSUPPORTED = -67;
    /** Call again in about a millisecond; the codes above it are for ten times as long each, up to 100 seconds. */
    public static final long H_LONG_BUSY_1_MSEC = 9900;
    /** There was nothing to do. */
    public static final long H_NOOP = -63;
    /** Never seen by a guest: the hypervisor does not answer this call, the monitor does. */
    public static final long H_TOO_HARD = 9999;

    /** A flag in the first argument is not supported. */
    public static final long H_UNSUPPORTED_FLAG = -256;

    private ReturnCode() {}
}
