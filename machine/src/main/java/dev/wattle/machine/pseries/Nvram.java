// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.engine.memory.GuestMemory;
import java.nio.charset.StandardCharsets;

/**
 * Non-volatile memory behind nvram-fetch and nvram-store (PAPR, "NVRAM"). It lives as long as the machine, and begins
 * as one free partition, which is what operating systems look for to make their own.
 */
final class Nvram {
    static final int BYTES = 0x10000;
    /** Unit address of the node under /vdevice. */
    static final int UNIT_ADDRESS = 0x7100_0001;

    private static final int BLOCK_BYTES = 16;
    private static final byte FREE_SIGNATURE = 0x7f;
    private static final String FREE_NAME = "wwwwwwwwwwww";

    private final byte[] content = new byte[BYTES];

    Nvram() {
        // Partition header: signature, checksum, length in blocks, name.
        content[0] = FREE_SIGNATURE;
        content[2] = (byte) (BYTES / BLOCK_BYTES >>> 8);
        content[3] = (byte) (BYTES / BLOCK_BYTES);
        System.arraycopy(FREE_NAME.getBytes(StandardCharsets.US_ASCII), 0, content, 4, FREE_NAME.length());
        content[1] = checksum(content);
    }

    /** Sum of the header's bytes but the checksum's own, each carry added back in. */
    private static byte checksum(byte[] header) {
        int sum = 0;
        for (int i = 0; i < BLOCK_BYTES; i++) {
            sum += i == 1 ? 0 : header[i] & 0xff;
            sum = (sum & 0xff) + (sum >>> 8);
        }
        return (byte) sum;
    }

    void define(Rtas rtas) {
        rtas.define("nvram-fetch", 0x2012, 3, 2, call -> transfer(call, false))
                .define("nvram-store", 0x2013, 3, 2, call -> transfer(call, true));
    }

    /** Arguments: index, real address, length; result: number of bytes moved. */
    private synchronized int transfer(RtasCall call, boolean store) {
        long index = call.address(0);
        long buffer = call.address(1);
        long length = call.address(2);
        GuestMemory memory = call.memory();
        if (index > BYTES || length > BYTES - index || !memory.contains(buffer, length)) {
            return RtasStatus.PARAMETER_ERROR;
        }
        if (store) {
            memory.read(buffer, content, (int) index, (int) length);
        } else {
            memory.write(buffer, content, (int) index, (int) length);
        }
        call.result(1, (int) length);
        return RtasStatus.SUCCESS;
    }
}
