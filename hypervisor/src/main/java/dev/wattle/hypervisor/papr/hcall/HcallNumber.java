// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

import java.util.OptionalLong;
import java.util.stream.LongStream;

/**
 * Hypercall numbers (r3 at {@code sc 1}), by their PAPR names.
 *
 * <p>Numbers from 0xF000 are private between firmware and virtual machine monitor; these values are the ones that
 * existing guests' firmware uses on emulated pseries machines.
 */
public final class HcallNumber {
    public static final long H_REMOVE = 0x04;
    public static final long H_ENTER = 0x08;
    public static final long H_READ = 0x0c;
    public static final long H_CLEAR_MOD = 0x10;
    public static final long H_CLEAR_REF = 0x14;
    public static final long H_PROTECT = 0x18;
    public static final long H_GET_TCE = 0x1c;
    public static final long H_PUT_TCE = 0x20;
    public static final long H_SET_SPRG0 = 0x24;
    public static final long H_SET_DABR = 0x28;
    public static final long H_PAGE_INIT = 0x2c;
    public static final long H_LOGICAL_CI_LOAD = 0x3c;
    public static final long H_LOGICAL_CI_STORE = 0x40;
    public static final long H_LOGICAL_CACHE_LOAD = 0x44;
    public static final long H_LOGICAL_CACHE_STORE = 0x48;
    public static final long H_LOGICAL_ICBI = 0x4c;
    public static final long H_LOGICAL_DCBF = 0x50;
    public static final long H_GET_TERM_CHAR = 0x54;
    public static final long H_PUT_TERM_CHAR = 0x58;
    public static final long H_EOI = 0x64;
    public static final long H_CPPR = 0x68;
    public static final long H_IPI = 0x6c;
    public static final long H_IPOLL = 0x70;
    public static final long H_XIRR = 0x74;
    public static final long H_REGISTER_VPA = 0xdc;
    public static final long H_CEDE = 0xe0;
    public static final long H_CONFER = 0xe4;
    public static final long H_PROD = 0xe8;
    public static final long H_REG_CRQ = 0xfc;
    public static final long H_FREE_CRQ = 0x100;
    public static final long H_VIO_SIGNAL = 0x104;
    public static final long H_SEND_CRQ = 0x108;
    public static final long H_BULK_REMOVE = 0x124;
    public static final long H_SET_XDABR = 0x134;
    public static final long H_STUFF_TCE = 0x138;
    public static final long H_PUT_TCE_INDIRECT = 0x13c;
    public static final long H_GET_CPU_CHARACTERISTICS = 0x1c8;
    public static final long H_JOIN = 0x298;
    public static final long H_ENABLE_CRQ = 0x2b0;
    public static final long H_HOME_NODE_ASSOCIATIVITY = 0x2ec;
    public static final long H_XIRR_X = 0x2fc;
    public static final long H_RANDOM = 0x300;
    public static final long H_SET_MODE = 0x31c;
    public static final long H_RESIZE_HPT_PREPARE = 0x36c;
    public static final long H_RESIZE_HPT_COMMIT = 0x370;
    public static final long H_CLEAN_SLB = 0x374;
    public static final long H_INVALIDATE_PID = 0x378;
    public static final long H_REGISTER_PROC_TBL = 0x37c;
    public static final long H_SIGNAL_SYS_RESET = 0x380;
    public static final long H_RPT_INVALIDATE = 0x448;
    public static final long H_WATCHDOG = 0x45c;
    /** Private: run an RTAS function; r4 = real address of its argument block. */
    public static final long KVMPPC_H_RTAS = 0xf000;
    /** Private: copy or invert storage of any kind; see {@link LogicalMemop}. */
    public static final long KVMPPC_H_LOGICAL_MEMOP = 0xf001;
    /** Private: negotiate with a client of the firmware; r4 = its structure, r5 and r6 = buffer for the answer. */
    public static final long KVMPPC_H_CAS = 0xf002;
    /** Private: hand a flattened device tree to the machine; r4 = its real address. */
    public static final long KVMPPC_H_UPDATE_DT = 0xf003;
    /** Private: call the Open Firmware client interface; r4 = real address of the argument array. */
    public static final long KVMPPC_H_VOF_CLIENT = 0xf005;

    /** PAPR's numbers are multiples of 4 below this. */
    public static final int PAPR_LIMIT = 0x500;

    private static final long LAST_PRIVATE = 0xf00f;

    private HcallNumber() {}

    /** Whether a number is one that PAPR may give a meaning, and not a private or an impossible one. */
    public static boolean isPapr(long number) {
        return number >= 0 && number < PAPR_LIMIT && (number & 3) == 0;
    }

    /** The number with a PAPR name, such as {@code H_CEDE}; empty if no number has it here. */
    public static OptionalLong byName(String name) {
        return LongStream.concat(LongStream.range(0, PAPR_LIMIT), LongStream.rangeClosed(KVMPPC_H_RTAS, LAST_PRIVATE))
                .filter(number -> name(number).equals(name))
                .findFirst();
    }

    /** The PAPR name of a number, or the number in hexadecimal if it has none here. */
    public static String name(long number) {
        if (number != (int) number) {
            return "0x" + Long.toHexString(number);
        }
        return switch ((int) number) {
            case (int) H_REMOVE -> "H_REMOVE";
            case (int) H_ENTER -> "H_ENTER";
            case (int) H_READ -> "H_READ";
            case (int) H_CLEAR_MOD -> "H_CLEAR_MOD";
            case (int) H_CLEAR_REF -> "H_CLEAR_REF";
            case (int) H_PROTECT -> "H_PROTECT";
            case (int) H_GET_TCE -> "H_GET_TCE";
            case (int) H_PUT_TCE -> "H_PUT_TCE";
            case (int) H_SET_SPRG0 -> "H_SET_SPRG0";
            case (int) H_SET_DABR -> "H_SET_DABR";
            case (int) H_PAGE_INIT -> "H_PAGE_INIT";
            case (int) H_LOGICAL_CI_LOAD -> "H_LOGICAL_CI_LOAD";
            case (int) H_LOGICAL_CI_STORE -> "H_LOGICAL_CI_STORE";
            case (int) H_LOGICAL_CACHE_LOAD -> "H_LOGICAL_CACHE_LOAD";
            case (int) H_LOGICAL_CACHE_STORE -> "H_LOGICAL_CACHE_STORE";
            case (int) H_LOGICAL_ICBI -> "H_LOGICAL_ICBI";
            case (int) H_LOGICAL_DCBF -> "H_LOGICAL_DCBF";
            case (int) H_GET_TERM_CHAR -> "H_GET_TERM_CHAR";
            case (int) H_PUT_TERM_CHAR -> "H_PUT_TERM_CHAR";
            case (int) H_EOI -> "H_EOI";
            case (int) H_CPPR -> "H_CPPR";
            case (int) H_IPI -> "H_IPI";
            case (int) H_IPOLL -> "H_IPOLL";
            case (int) H_XIRR -> "H_XIRR";
            case (int) H_REGISTER_VPA -> "H_REGISTER_VPA";
            case (int) H_CEDE -> "H_CEDE";
            case (int) H_CONFER -> "H_CONFER";
            case (int) H_PROD -> "H_PROD";
            case (int) H_REG_CRQ -> "H_REG_CRQ";
            case (int) H_FREE_CRQ -> "H_FREE_CRQ";
            case (int) H_VIO_SIGNAL -> "H_VIO_SIGNAL";
            case (int) H_SEND_CRQ -> "H_SEND_CRQ";
            case (int) H_BULK_REMOVE -> "H_BULK_REMOVE";
            case (int) H_SET_XDABR -> "H_SET_XDABR";
            case (int) H_STUFF_TCE -> "H_STUFF_TCE";
            case (int) H_PUT_TCE_INDIRECT -> "H_PUT_TCE_INDIRECT";
            case (int) H_GET_CPU_CHARACTERISTICS -> "H_GET_CPU_CHARACTERISTICS";
            case (int) H_JOIN -> "H_JOIN";
            case (int) H_ENABLE_CRQ -> "H_ENABLE_CRQ";
            case (int) H_HOME_NODE_ASSOCIATIVITY -> "H_HOME_NODE_ASSOCIATIVITY";
            case (int) H_XIRR_X -> "H_XIRR_X";
            case (int) H_RANDOM -> "H_RANDOM";
            case (int) H_SET_MODE -> "H_SET_MODE";
            case (int) H_RESIZE_HPT_PREPARE -> "H_RESIZE_HPT_PREPARE";
            case (int) H_RESIZE_HPT_COMMIT -> "H_RESIZE_HPT_COMMIT";
            case (int) H_CLEAN_SLB -> "H_CLEAN_SLB";
            case (int) H_INVALIDATE_PID -> "H_INVALIDATE_PID";
            case (int) H_REGISTER_PROC_TBL -> "H_REGISTER_PROC_TBL";
            case (int) H_SIGNAL_SYS_RESET -> "H_SIGNAL_SYS_RESET";
            case (int) H_RPT_INVALIDATE -> "H_RPT_INVALIDATE";
            case (int) H_WATCHDOG -> "H_WATCHDOG";
            case (int) KVMPPC_H_RTAS -> "KVMPPC_H_RTAS";
            case (int) KVMPPC_H_LOGICAL_MEMOP -> "KVMPPC_H_LOGICAL_MEMOP";
            case (int) KVMPPC_H_CAS -> "KVMPPC_H_CAS";
            case (int) KVMPPC_H_UPDATE_DT -> "KVMPPC_H_UPDATE_DT";
            case (int) KVMPPC_H_VOF_CLIENT -> "KVMPPC_H_VOF_CLIENT";
            default -> "0x" + Long.toHexString(number);
        };
    }
}
