// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.hypervisor.papr.hcall.ReturnCode;
import dev.wattle.machine.ConfigurationException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NvramTest {
    private static final int BLOCK = 0x1000;
    private static final int BUFFER = 0x1_0000;

    private final FakeContext context = new FakeContext();

    @AfterEach
    void closeMemory() {
        context.close();
    }

    private void transfer(Nvram nvram, int token, int index, int length) {
        Rtas rtas = new Rtas();
        nvram.define(rtas);
        int[] block = {token, 3, 2, index, BUFFER, length, -1, -1};
        for (int i = 0; i < block.length; i++) {
            context.memory.putInt(BLOCK + 4L * i, block[i]);
        }
        assertEquals(ReturnCode.H_SUCCESS, rtas.hypercall(context.with(BLOCK)));
        assertEquals(0, context.memory.getInt(BLOCK + 24));
        assertEquals(length, context.memory.getInt(BLOCK + 28));
    }

    private byte[] content(Nvram nvram) {
        transfer(nvram, 0x2012, 0, Nvram.BYTES);
        byte[] content = new byte[Nvram.BYTES];
        context.memory.read(BUFFER, content, 0, content.length);
        return content;
    }

    private static String text(byte[] content, int from, int length) {
        return new String(content, from, length, StandardCharsets.US_ASCII);
    }

    /** The checksum of a partition header as PAPR has it: a sum of bytes with end-around carry. */
    private static int checksum(byte[] content, int at) {
        int sum = content[at] & 0xff;
        for (int i = 2; i < 16; i++) {
            sum += content[at + i] & 0xff;
        }
        while (sum > 0xff) {
            sum = (sum & 0xff) + (sum >> 8);
        }
        return sum;
    }

    @Test
    void Partitions_ofNewMemory_areVariablesAndFreeSpace() throws Exception {
        Map<String, String> variables = new LinkedHashMap<>();
        variables.put("auto-boot?", "false");
        variables.put("boot-args", "a=b c");
        byte[] content = content(Nvram.with(variables));
        assertEquals(0x70, content[0]);
        assertEquals(checksum(content, 0), content[1] & 0xff);
        assertEquals(0x0100, content[2] << 8 | content[3]);
        assertEquals("common\0", text(content, 4, 7));
        assertEquals("auto-boot?=false\0boot-args=a=b c\0\0", text(content, 16, 34));
        assertEquals(0x7f, content[0x1000]);
        assertEquals(checksum(content, 0x1000), content[0x1001] & 0xff);
        assertEquals(0x0f00, content[0x1002] << 8 | content[0x1003]);
        assertEquals("wwwwwwwwwwww", text(content, 0x1004, 12));
    }

    @Test
    void Copy_ofMemory_changesForItself() {
        Nvram first = Nvram.empty();
        context.memory.putLong(BUFFER, 0x1122_3344_5566_7788L);
        transfer(first, 0x2013, 0x8000, 8);
        Nvram second = first.copy();
        context.memory.putLong(BUFFER, -1);
        transfer(first, 0x2013, 0x8000, 8);
        transfer(second, 0x2012, 0x8000, 8);
        assertEquals(0x1122_3344_5566_7788L, context.memory.getLong(BUFFER));
    }

    @Test
    void Variables_thatCannotBe_areRefused() {
        for (String name : new String[] {"", "a=b", "caf\u00e9", "a\n"}) {
            String message = assertThrows(ConfigurationException.class, () -> Nvram.with(Map.of(name, "x")))
                    .getMessage();
            assertTrue(message.startsWith("firmware variable '"), message);
        }
        assertThrows(ConfigurationException.class, () -> Nvram.with(Map.of("a", "\0")));
        String message = assertThrows(ConfigurationException.class, () -> Nvram.with(Map.of("a", "x".repeat(4096))))
                .getMessage();
        assertTrue(message.startsWith("firmware variables: they take 4099 bytes of 4079"), message);
    }
}
