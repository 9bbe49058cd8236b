// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.machine.ConfigurationException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Non-volatile memory behind nvram-fetch and nvram-store (PAPR, "NVRAM"). It lives as long as this object: give it to the
 * next machine, and a reboot keeps it.
 *
 * <p>It begins as two partitions: the one of firmware's variables, and free space, which is what operating systems look
 * for to make their own. Thread-safe.
 */
public final class Nvram {
    static final int BYTES = 0x10000;
    /** Unit address of the node under /vdevice. */
    static final int UNIT_ADDRESS = 0x7100_0001;

    private static final int BLOCK_BYTES = 16;
    private static final int NAME_BYTES = 12;
    private static final int CHECKSUM_AT = 1;

    private static final int VARIABLES_SIGNATURE = 0x70;
    private static final String VARIABLES_NAME = "common";
    private static final int VARIABLES_BYTES = 0x1000;
    private static final int FREE_SIGNATURE = 0x7f;
    private static final String FREE_NAME = "wwwwwwwwwwww";

    private final byte[] content;

    private Nvram(byte[] content) {
        this.content = content;
    }

    /** Non-volatile memory in which no variable is set. */
    public static Nvram empty() {
        return new Nvram(formatted(new byte[0]));
    }

    /**
     * Non-volatile memory in which variables of the firmware are set, such as {@code auto-boot?} to {@code false}.
     *
     * @throws ConfigurationException if a name or a value cannot be a variable's, or they are too many
     */
    public static Nvram with(Map<String, String> variables) throws ConfigurationException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        for (Map.Entry<String, String> variable : variables.entrySet()) {
            String name = variable.getKey();
            if (name.isEmpty() || name.indexOf('=') >= 0 || !isText(name) || !isText(variable.getValue())) {
                throw new ConfigurationException("firmware variable '" + name
                        + "': names and values are printable ASCII, names without =; write NAME=VALUE");
            }
            text.writeBytes((name + '=' + variable.getValue() + '\0').getBytes(StandardCharsets.US_ASCII));
        }
        int room = VARIABLES_BYTES - BLOCK_BYTES - 1;
        if (text.size() > room) {
            throw new ConfigurationException("firmware variables: they take " + text.size() + " bytes of " + room
                    + "; set fewer or shorter ones");
        }
        return new Nvram(formatted(text.toByteArray()));
    }

    private static boolean isText(String text) {
        return text.chars().allMatch(c -> c >= ' ' && c <= '~');
    }

    private static byte[] formatted(byte[] variables) {
        byte[] content = new byte[BYTES];
        header(content, 0, VARIABLES_SIGNATURE, VARIABLES_NAME, VARIABLES_BYTES);
        System.arraycopy(variables, 0, content, BLOCK_BYTES, variables.length);
        header(content, VARIABLES_BYTES, FREE_SIGNATURE, FREE_NAME, BYTES - VARIABLES_BYTES);
        return content;
    }

    /** Partition header: signature, checksum, length in blocks, name. */
    private static void header(byte[] content, int at, int signature, String name, int bytes) {
        byte[] header = new byte[BLOCK_BYTES];
        header[0] = (byte) signature;
        header[2] = (byte) (bytes / BLOCK_BYTES >>> 8);
        header[3] = (byte) (bytes / BLOCK_BYTES);
        byte[] text = name.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, header, BLOCK_BYTES - NAME_BYTES, text.length);
        header[CHECKSUM_AT] = checksum(header);
        System.arraycopy(header, 0, content, at, BLOCK_BYTES);
    }

    /** Sum of the header's bytes but the checksum's own, each carry added back in. */
    private static byte checksum(byte[] header) {
        int sum = 0;
        for (int i = 0; i < BLOCK_BYTES; i++) {
            sum += i == CHECKSUM_AT ? 0 : header[i] & 0xff;
            sum = (sum & 0xff) + (sum >>> 8);
        }
        return (byte) sum;
    }

    /** Another one with the same content. */
    synchronized Nvram copy() {
        return new Nvram(content.clone());
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
