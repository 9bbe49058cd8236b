// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_PARAMETER;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_SUCCESS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wattle.hypervisor.io.IoDevice;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LogicalMemopTest {
    private static final long COPY = 0;
    private static final long INVERT = 1;
    private static final long DEVICE = 0x10_0000_0000L;

    private final FakeContext context = new FakeContext();

    @AfterEach
    void closeMemory() {
        context.close();
    }

    private long call(long destination, long source, long shift, long count, long operation) {
        return LogicalMemop.call(context.with(destination, source, shift, count, operation));
    }

    private void fill(long address, int... bytes) {
        for (int i = 0; i < bytes.length; i++) {
            context.memory().putByte(address + i, (byte) bytes[i]);
        }
    }

    private byte[] bytes(long address, int length) {
        byte[] bytes = new byte[length];
        context.memory().read(address, bytes, 0, length);
        return bytes;
    }

    @Test
    void Memop_copy_movesElementsAndNothingElse() {
        fill(0x1000, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        assertEquals(H_SUCCESS, call(0x2000, 0x1000, 2, 2, COPY));
        assertArrayEquals(new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 0}, bytes(0x2000, 9));
    }

    @Test
    void Memop_invert_complementsBytes() {
        fill(0x1000, 0, 0xff, 0x0f, 0x55, 1);
        assertEquals(H_SUCCESS, call(0x1000, 0x1000, 0, 4, INVERT));
        assertArrayEquals(new byte[] {-1, 0, (byte) 0xf0, (byte) 0xaa, 1}, bytes(0x1000, 5));
    }

    @Test
    void Memop_overlap_isAsIfAllWereReadFirst() {
        fill(0x1000, 1, 2, 3, 4, 5, 6);
        assertEquals(H_SUCCESS, call(0x1002, 0x1000, 0, 4, COPY));
        assertArrayEquals(new byte[] {1, 2, 1, 2, 3, 4}, bytes(0x1000, 6));
        assertEquals(H_SUCCESS, call(0x1000, 0x1002, 1, 2, COPY));
        assertArrayEquals(new byte[] {1, 2, 3, 4, 3, 4}, bytes(0x1000, 6));
    }

    @Test
    void Memop_overlapLargerThanAChunk_isAsIfAllWereReadFirst() {
        int length = 200_000;
        byte[] before = new byte[length];
        for (int i = 0; i < length; i++) {
            before[i] = (byte) (i * 7 + (i >> 8));
        }
        context.memory().write(0x1_0000, before, 0, length);
        assertEquals(H_SUCCESS, call(0x1_0008, 0x1_0000, 3, length / 8, COPY));
        assertArrayEquals(before, bytes(0x1_0008, length));
        context.memory().write(0x1_0008, before, 0, length);
        assertEquals(H_SUCCESS, call(0x1_0000, 0x1_0008, 3, length / 8, COPY));
        assertArrayEquals(before, bytes(0x1_0000, length));
    }

    @Test
    void Memop_device_isReadAndWrittenElementByElement() throws Exception {
        long[] last = new long[2];
        IoDevice device = new IoDevice() {
            @Override
            public long read(long offset, int size) {
                return 0x1000 * offset + size;
            }

            @Override
            public void write(long offset, int size, long value) {
                last[0] = offset;
                last[1] = value;
            }
        };
        try (var registration = context.io().register(DEVICE, 0x1000, device)) {
            assertEquals(H_SUCCESS, call(0x1000, DEVICE + 4, 2, 2, COPY));
            assertArrayEquals(new byte[] {4, 0x40, 0, 0, 4, (byte) 0x80, 0, 0}, bytes(0x1000, 8));
            fill(0x1000, 1, 2, 3, 4);
            assertEquals(H_SUCCESS, call(DEVICE + 0x20, 0x1000, 1, 2, INVERT));
            assertArrayEquals(new long[] {0x22, 0xfbfc}, last);
            assertEquals(H_PARAMETER, call(DEVICE + 0xff8, 0x1000, 3, 2, COPY));
            assertEquals(H_PARAMETER, call(0x1000, DEVICE + 0xff8, 3, 2, COPY));
        }
    }

    @Test
    void Memop_badArguments_areParameter() {
        assertEquals(H_PARAMETER, call(0x2000, 0x1000, 4, 1, COPY));
        assertEquals(H_PARAMETER, call(0x2000, 0x1000, -1, 1, COPY));
        assertEquals(H_PARAMETER, call(0x2000, 0x1000, 0, 1, 2));
        assertEquals(H_PARAMETER, call(0x2001, 0x1000, 1, 1, COPY));
        assertEquals(H_PARAMETER, call(0x2000, 0x1004, 3, 1, COPY));
        assertEquals(H_PARAMETER, call(0x2000, 0x1000, 0, -1, COPY));
        assertEquals(H_PARAMETER, call(0x2000, 0x1000, 0, 1L << 40, COPY));
        assertEquals(H_PARAMETER, call(-8, 0x1000, 3, 1, COPY));
        assertEquals(H_PARAMETER, call(0x2000, Long.MIN_VALUE, 3, 1, COPY));
        assertEquals(H_SUCCESS, call(0x2000, 0x1000, 0, 0, COPY));
    }
}
