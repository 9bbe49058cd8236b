// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_PARAMETER;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_SUCCESS;

import dev.wattle.hypervisor.papr.hcall.HcallNumber;
import dev.wattle.hypervisor.papr.hcall.HypercallContext;
import dev.wattle.hypervisor.papr.hcall.HypercallTable;
import dev.wattle.hypervisor.papr.xics.IrqLine;
import dev.wattle.machine.ConsoleBackend;

/**
 * The virtual terminal {@code hvterm1} (PAPR, "Vterm Option"): H_PUT_TERM_CHAR and H_GET_TERM_CHAR move up to 16 bytes,
 * packed big-endian into two registers; one interrupt message tells the guest that input has arrived.
 */
final class Terminal {
    /** Largest number of bytes in one call. */
    static final int CALL_BYTES = 2 * Long.BYTES;

    /** Unit address of the first terminal; 0 in a call means the first one too. */
    static final int UNIT_ADDRESS = 0x7100_0000;

    private final ConsoleBackend backend;

    Terminal(ConsoleBackend backend, IrqLine interrupt) {
        this.backend = backend;
        backend.onInput(interrupt::pulse);
    }

    void define(HypercallTable table) {
        table.define(HcallNumber.H_PUT_TERM_CHAR, this::put).define(HcallNumber.H_GET_TERM_CHAR, this::get);
    }

    void write(byte[] data, int offset, int length) {
        backend.write(data, offset, length);
    }

    int read(byte[] buffer, int offset, int length) {
        return backend.read(buffer, offset, length);
    }

    /** r4 = terminal, r5 = number of bytes, r6 and r7 = the bytes. */
    private long put(HypercallContext c) {
        long length = c.argument(1);
        if (!isThis(c.argument(0)) || length < 0 || length > CALL_BYTES) {
            return H_PARAMETER;
        }
        byte[] data = new byte[(int) length];
        for (int i = 0; i < length; i++) {
            data[i] = (byte) (c.argument(2 + i / Long.BYTES) >>> (56 - 8 * (i % Long.BYTES)));
        }
        backend.write(data, 0, data.length);
        return H_SUCCESS;
    }

    /** r4 = terminal; results r4 = number of bytes, r5 and r6 = the bytes. */
    private long get(HypercallContext c) {
        if (!isThis(c.argument(0))) {
            return H_PARAMETER;
        }
        byte[] data = new byte[CALL_BYTES];
        int length = backend.read(data, 0, data.length);
        long[] packed = new long[2];
        for (int i = 0; i < length; i++) {
            packed[i / Long.BYTES] |= (data[i] & 0xffL) << (56 - 8 * (i % Long.BYTES));
        }
        c.result(0, length);
        c.result(1, packed[0]);
        c.result(2, packed[1]);
        return H_SUCCESS;
    }

    private static boolean isThis(long terminal) {
        return terminal == 0 || terminal == UNIT_ADDRESS;
    }
}
