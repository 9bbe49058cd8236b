// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.block;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.machine.virtio.IoWorker;
import dev.wattle.machine.virtio.MockBoard;
import dev.wattle.machine.virtio.MockDriver;
import dev.wattle.machine.virtio.MockDriver.Kind;
import dev.wattle.machine.virtio.VirtioFeatures;
import dev.wattle.machine.virtio.VirtioPci;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The block device by its transport, as a driver meets it: modern, and older ones in both byte orders. */
class VirtioBlockTest {
    private static final int SECTORS = 64;
    private static final long HEADER = MockDriver.FREE;
    private static final long STATUS = MockDriver.FREE + 0x100;
    private static final long DATA = MockDriver.FREE + 0x1000;
    private static final int UNANSWERED = 0x77;

    private final MockBoard board = new MockBoard();
    private MemoryBackend backend = new MemoryBackend(SECTORS * 512, false);
    private VirtioBlock device = new VirtioBlock(backend, "none", IoWorker.inline());
    private VirtioPci transport = transport(Kind.MODERN);

    private VirtioPci transport(Kind kind) {
        return new VirtioPci(
                device,
                kind == Kind.MODERN ? VirtioPci.Interface.MODERN : VirtioPci.Interface.TRANSITIONAL,
                VirtioPci.Notification.IO_EVENT,
                () -> kind == Kind.LEGACY_BIG ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    }

    private MockDriver plugged(Kind kind, boolean readOnly, IoWorker.Factory workers) {
        backend = new MemoryBackend(SECTORS * 512, readOnly);
        new Random(1).nextBytes(backend.content);
        device = new VirtioBlock(backend, "serial number 12345678", workers);
        transport = transport(kind);
        board.plug(transport.function());
        return new MockDriver(board, transport.function(), kind);
    }

    private MockDriver started(Kind kind) {
        MockDriver driver = plugged(kind, false, IoWorker.threads());
        driver.start(driver.offered());
        return driver;
    }

    @AfterEach
    void close() {
        transport.close();
        board.close();
    }

    /** Does a request with one data buffer and gives its status. */
    private int request(MockDriver driver, int type, long sector, int bytes, boolean isWritten) {
        driver.put(HEADER, 4, type);
        driver.put(HEADER + 4, 4, 0);
        driver.put(HEADER + 8, 8, sector);
        driver.put(STATUS, 1, UNANSWERED);
        driver.descriptor(0, HEADER, 16, MockDriver.NEXT, bytes == 0 ? 2 : 1);
        driver.descriptor(1, DATA, bytes, MockDriver.NEXT | (isWritten ? MockDriver.WRITE : 0), 2);
        driver.descriptor(2, STATUS, 1, MockDriver.WRITE, 0);
        driver.publish(0);
        driver.kick();
        assertEquals(0, driver.await().id());
        return (int) driver.get(STATUS, 1);
    }

    private byte[] data(int bytes) {
        byte[] data = new byte[bytes];
        board.memory.read(DATA, data, 0, bytes);
        return data;
    }

    @ParameterizedTest
    @EnumSource
    void readsAndWrites(Kind kind) {
        MockDriver driver = started(kind);
        assertEquals(0, request(driver, 0, 3, 1024, true));
        assertArrayEquals(Arrays.copyOfRange(backend.content, 3 * 512, 5 * 512), data(1024));

        byte[] changed = new byte[1536];
        new Random(2).nextBytes(changed);
        board.memory.write(DATA, changed, 0, changed.length);
        assertEquals(0, request(driver, 1, 10, changed.length, false));
        assertArrayEquals(changed, Arrays.copyOfRange(backend.content, 10 * 512, 13 * 512));
        assertTrue(backend.lastThread.startsWith("disk"), backend.lastThread);
    }

    @ParameterizedTest
    @EnumSource
    void tellsItsSizeInTheOrderOfTheDriver(Kind kind) {
        MockDriver driver = started(kind);
        long value = 0;
        for (int i = 0; i < 8; i++) {
            int shift = kind == Kind.LEGACY_BIG ? 56 - 8 * i : 8 * i;
            value |= driver.read(driver.configuration(i), 1) << shift;
        }
        assertEquals(SECTORS, value);
        // A wider access is one of PCI: its result is the number itself.
        assertEquals(512, driver.read(driver.configuration(20), 4));
        driver.enableMsix();
        assertEquals(512, driver.read(driver.configuration(20), 4));
    }

    @ParameterizedTest
    @EnumSource
    void identifiesItself(Kind kind) {
        MockDriver driver = started(kind);
        assertEquals(0, request(driver, 8, 0, 20, true));
        assertEquals("serial number 123456", new String(data(20), StandardCharsets.US_ASCII));
    }

    @ParameterizedTest
    @EnumSource
    void flushesAndLosesNothingThatWasFlushed(Kind kind) {
        MockDriver driver = started(kind);
        byte[] data = new byte[512];
        Arrays.fill(data, (byte) 0x5a);
        board.memory.write(DATA, data, 0, 512);
        assertEquals(0, request(driver, 1, 7, 512, false));
        assertNotEquals(0x5a, backend.afterPowerLoss()[7 * 512]);
        assertEquals(0, request(driver, 4, 0, 0, false));
        assertEquals(0x5a, backend.afterPowerLoss()[7 * 512]);
    }

    @Test
    void writesThroughForDriversThatDoNotFlush() {
        MockDriver driver = plugged(Kind.MODERN, false, IoWorker.threads());
        driver.start(driver.offered() & ~(VirtioBlock.FLUSH | VirtioBlock.CONFIG_WCE));
        board.memory.write(DATA, new byte[] {0x5a}, 0, 1);
        assertEquals(0, request(driver, 1, 7, 512, false));
        assertEquals(0x5a, backend.afterPowerLoss()[7 * 512]);
        assertEquals(0, driver.read(driver.configuration(32), 1));
    }

    @Test
    void writesThroughWhenTheDriverTurnsTheCacheOff() {
        MockDriver driver = started(Kind.MODERN);
        assertEquals(1, driver.read(driver.configuration(32), 1));
        driver.write(driver.configuration(32), 1, 0);
        assertEquals(0, driver.read(driver.configuration(32), 1));
        board.memory.write(DATA, new byte[] {0x5a}, 0, 1);
        assertEquals(0, request(driver, 1, 7, 512, false));
        assertEquals(0x5a, backend.afterPowerLoss()[7 * 512]);
    }

    @Test
    void refusesWhatIsNotOnTheDisk() {
        MockDriver driver = started(Kind.MODERN);
        assertEquals(1, request(driver, 0, SECTORS, 512, true));
        assertEquals(1, request(driver, 0, SECTORS - 1, 1024, true));
        assertEquals(1, request(driver, 1, -1, 512, false));
        assertEquals(1, request(driver, 0, Long.MAX_VALUE, 512, true));
        assertEquals(1, request(driver, 0, 0, 100, true));
        assertEquals(2, request(driver, 99, 0, 512, true));
        assertEquals(2, request(driver, 2, 0, 512, true));
        assertEquals(0, request(driver, 0, SECTORS - 1, 512, true));
        assertEquals(5L, device.statistics().counts().get("failed requests"));
        assertEquals(2L, device.statistics().counts().get("unsupported requests"));
    }

    @Test
    void isNotWrittenIfItIsReadOnly() {
        MockDriver driver = plugged(Kind.MODERN, true, IoWorker.threads());
        assertNotEquals(0, driver.offered() & VirtioBlock.READ_ONLY);
        driver.start(driver.offered());
        byte[] before = backend.content.clone();
        assertEquals(1, request(driver, 1, 0, 512, false));
        assertEquals(1, request(driver, 13, 0, 16, false));
        assertArrayEquals(before, backend.content);
        assertEquals(0, request(driver, 0, 0, 512, true));
    }

    @Test
    void reportsErrorsOfTheHost() {
        MockDriver driver = started(Kind.MODERN);
        backend.failing = true;
        assertEquals(1, request(driver, 0, 0, 512, true));
        assertEquals(1, request(driver, 1, 0, 512, false));
        assertEquals(1, request(driver, 4, 0, 0, false));
        backend.failing = false;
        assertEquals(0, request(driver, 0, 0, 512, true));
    }

    @Test
    void discardsAndZeroes() {
        MockDriver driver = started(Kind.MODERN);
        assertEquals(0, ranges(driver, 11, 4, 2, 0, 16));
        assertEquals((byte) 0xdd, backend.content[4 * 512]);
        assertEquals(0, ranges(driver, 13, 8, 2, 1, 16));
        assertArrayEquals(new byte[1024], Arrays.copyOfRange(backend.content, 8 * 512, 10 * 512));
        assertNotEquals(0, backend.content[10 * 512]);

        assertEquals(2, ranges(driver, 11, 4, 2, 1, 16));
        assertEquals(2, ranges(driver, 13, 4, 2, 2, 16));
        assertEquals(1, ranges(driver, 13, SECTORS - 1, 2, 0, 16));
        assertEquals(1, ranges(driver, 13, 0, -1, 0, 16));
        assertEquals(1, ranges(driver, 11, 0, 1, 0, 15));
        assertEquals(1, ranges(driver, 11, 0, 1, 0, 32));
    }

    private int ranges(MockDriver driver, int type, long sector, long sectors, int flags, int bytes) {
        driver.put(DATA, 8, sector);
        driver.put(DATA + 8, 4, sectors);
        driver.put(DATA + 12, 4, flags);
        return request(driver, type, 0, bytes, false);
    }

    @Test
    void putsTheStatusBehindDataInSeveralBuffers() {
        MockDriver driver = started(Kind.MODERN);
        driver.put(HEADER, 4, 0);
        driver.put(HEADER + 8, 8, 1);
        // Header in two parts, data in three, the last with the status at its end: any layout goes (2.7.4.1).
        driver.descriptor(0, HEADER, 5, MockDriver.NEXT, 1);
        driver.descriptor(1, HEADER + 5, 11, MockDriver.NEXT, 2);
        driver.descriptor(2, DATA, 100, MockDriver.NEXT | MockDriver.WRITE, 3);
        driver.descriptor(3, DATA + 100, 300, MockDriver.NEXT | MockDriver.WRITE, 4);
        driver.descriptor(4, DATA + 400, 113, MockDriver.WRITE, 0);
        board.memory.putByte(DATA + 512, (byte) UNANSWERED);
        driver.publish(0);
        driver.kick();
        assertEquals(513, driver.await().length());
        assertArrayEquals(Arrays.copyOfRange(backend.content, 512, 1024), data(512));
        assertEquals(0, board.memory.getByte(DATA + 512));
    }

    @ParameterizedTest
    @EnumSource
    void takesIndirectDescriptors(Kind kind) {
        MockDriver driver = started(kind);
        long table = MockDriver.FREE + 0x200;
        driver.put(HEADER, 4, 0);
        driver.put(HEADER + 8, 8, 2);
        driver.descriptor(table, 0, HEADER, 16, MockDriver.NEXT, 2);
        driver.descriptor(table, 2, DATA, 512, MockDriver.NEXT | MockDriver.WRITE, 1);
        driver.descriptor(table, 1, STATUS, 1, MockDriver.WRITE, 0);
        driver.descriptor(5, table, 48, MockDriver.INDIRECT, 0);
        driver.publish(5);
        driver.kick();
        assertEquals(new MockDriver.Used(5, 513), driver.await());
        assertArrayEquals(Arrays.copyOfRange(backend.content, 1024, 1536), data(512));
    }

    @Test
    void doesManyRequestsBeforeItIsNotifiedOnce() {
        MockDriver driver = started(Kind.MODERN);
        driver.put(HEADER, 4, 0);
        int requests = 50;
        for (int i = 0; i < requests; i++) {
            driver.descriptor(3 * i, HEADER, 16, MockDriver.NEXT, 3 * i + 1);
            driver.descriptor(3 * i + 1, DATA + 512 * i, 512, MockDriver.NEXT | MockDriver.WRITE, 3 * i + 2);
            driver.descriptor(3 * i + 2, STATUS + i, 1, MockDriver.WRITE, 0);
            driver.publish(3 * i);
        }
        driver.kick();
        for (int i = 0; i < requests; i++) {
            assertEquals(3 * i, driver.await().id());
        }
    }

    @Test
    void doesRequestsOnTheThreadThatNotifiesIfItHasNone() {
        MockDriver driver = plugged(Kind.MODERN, false, IoWorker.inline());
        driver.start(driver.offered());
        driver.put(HEADER, 4, 0);
        driver.descriptor(0, HEADER, 16, MockDriver.NEXT, 1);
        driver.descriptor(1, DATA, 513, MockDriver.WRITE, 0);
        driver.publish(0);
        assertFalse(driver.hasUsed());
        driver.kick();
        assertTrue(driver.hasUsed());
        assertEquals(Thread.currentThread().getName(), backend.lastThread);
    }

    @Test
    void leavesGuestMemoryAloneAfterAReset() {
        MockDriver driver = started(Kind.MODERN);
        assertEquals(0, request(driver, 0, 0, 512, true));
        driver.put(DATA, 8, 0x1122334455667788L);
        driver.setStatus(0);
        driver.publish(0);
        driver.kick();
        assertEquals(0, driver.status());
        transport.close();
        assertEquals(0x1122334455667788L, driver.get(DATA, 8));
        assertTrue(backend.closed);
    }

    @Test
    void endsItsThreadWhenItIsClosed() {
        started(Kind.MODERN);
        assertTrue(isThreadAlive());
        transport.close();
        assertFalse(isThreadAlive());
    }

    private static boolean isThreadAlive() {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().equals("disk serial number 12345678"));
    }

    @Test
    void survivesChainsOfAllKinds() {
        MockDriver driver = plugged(Kind.MODERN, false, IoWorker.threads());
        long common = VirtioFeatures.INDIRECT_DESC | VirtioFeatures.VERSION_1;
        Random random = new Random(42);
        int resets = 0;
        int answers = 0;
        driver.start(driver.offered());
        for (int round = 0; round < 5000; round++) {
            boolean hasIndirect = random.nextInt(4) != 0;
            if ((driver.status() & 64) != 0 || random.nextInt(50) == 0) {
                driver.start(hasIndirect ? driver.offered() & ~VirtioFeatures.EVENT_IDX : common);
            }
            // The disk's own memory is written to by what the chains say: all of it is the test's.
            driver.put(HEADER, 4, pick(random, 0, 1, 4, 8, 11, 13, random.nextInt()));
            driver.put(HEADER + 8, 8, pick(random, 0, 1, SECTORS - 1, random.nextLong()));
            long table = MockDriver.FREE + 0x200;
            driver.descriptor(0, HEADER, 16, MockDriver.NEXT, 1);
            driver.descriptor(1, DATA, 512, MockDriver.NEXT | (random.nextBoolean() ? MockDriver.WRITE : 0), 2);
            driver.descriptor(2, STATUS, 1, MockDriver.WRITE, 0);
            driver.descriptor(3, table, 48, MockDriver.INDIRECT, 0);
            driver.descriptor(table, 0, HEADER, 16, MockDriver.NEXT, 1);
            driver.descriptor(table, 1, DATA, 512, MockDriver.NEXT | MockDriver.WRITE, 2);
            driver.descriptor(table, 2, STATUS, 1, MockDriver.WRITE, 0);
            // A good chain, of which up to two descriptors are something else.
            for (int changes = random.nextInt(3); changes > 0; changes--) {
                randomDescriptor(driver, random, random.nextBoolean() ? table : -1, random.nextInt(4), table);
            }
            driver.publish((int) pick(random, 0, 0, 0, 3, 3, 3, random.nextInt(6), random.nextInt(0x10000)));
            if (random.nextInt(100) == 0) {
                driver.setAvailableIndex(random.nextInt());
            }
            driver.kick();
            driver.awaitAnyAnswer();
            if ((driver.status() & 64) != 0) {
                resets++;
            } else {
                answers++;
                driver.await();
            }
        }
        assertTrue(resets > 500, resets + " resets");
        assertTrue(answers > 500, answers + " answers");
        // And it is still in order.
        driver.start(driver.offered());
        assertEquals(0, request(driver, 0, 0, 512, true));
    }

    private static long pick(Random random, long... values) {
        return values[random.nextInt(values.length)];
    }

    private static void randomDescriptor(MockDriver driver, Random random, long in, int index, long table) {
        long address =
                pick(random, HEADER, HEADER, DATA, DATA, STATUS, table, random.nextLong(), MockBoard.MEMORY_BYTES - 4);
        long length = pick(random, 16, 16, 1, 512, 513, 64, 96, random.nextInt(2000), random.nextInt());
        int flags = (int) pick(random, 1, 1, 1, 0, 2, 2, 3, 3, 4, random.nextInt(8));
        int next = (int) pick(random, index + 1, index + 1, index + 1, random.nextInt(6), random.nextInt(0x10000));
        if (in < 0) {
            driver.descriptor(index, address, length, flags, next);
        } else {
            driver.descriptor(in, index, address, length, flags, next);
        }
    }
}
