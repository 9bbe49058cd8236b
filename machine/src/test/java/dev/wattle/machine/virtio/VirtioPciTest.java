// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.machine.pci.PciFunction;
import dev.wattle.machine.virtio.MockDriver.Kind;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The transport: negotiation, interrupts, notification, and what guests do that they must not. */
class VirtioPciTest {
    private static final long BUFFER = MockDriver.FREE;

    /** Gives everything back at once when it is notified. */
    private static final class EchoDevice implements VirtioDevice {
        int notifications;
        int resets;
        Optional<VirtioSession> session = Optional.empty();

        @Override
        public int type() {
            return 2;
        }

        @Override
        public int classCode() {
            return 0x010000;
        }

        @Override
        public long features() {
            return 1L << 5 | VirtioFeatures.EVENT_IDX | VirtioFeatures.INDIRECT_DESC;
        }

        @Override
        public int queues() {
            return 1;
        }

        @Override
        public int queueSize() {
            return 8;
        }

        @Override
        public byte[] configuration(ByteOrder order) {
            return order == ByteOrder.BIG_ENDIAN ? new byte[] {0, 0, 0, 7} : new byte[] {7, 0, 0, 0};
        }

        @Override
        public void writeConfiguration(int offset, int size, long value) {
            // It has nothing to write.
        }

        @Override
        public void negotiated(long features) {
            // All the same.
        }

        @Override
        public void activate(VirtioSession ready) {
            session = Optional.of(ready);
        }

        @Override
        public void reset() {
            session = Optional.empty();
            resets++;
        }

        @Override
        public void notified(int queue) {
            notifications++;
            session.ifPresent(this::work);
        }

        private void work(VirtioSession ready) {
            Virtqueue queue = ready.queues().getFirst();
            try {
                for (var chain = queue.take(); chain.isPresent(); chain = queue.take()) {
                    queue.give(chain.get(), chain.get().writableBytes());
                }
                queue.enableNotifications();
                if (queue.wantsInterrupt()) {
                    ready.events().used(0);
                }
            } catch (VirtqueueException e) {
                ready.events().needsReset();
            }
        }

        @Override
        public void close() {
            // It has no thread.
        }
    }

    private final MockBoard board = new MockBoard();
    private final EchoDevice device = new EchoDevice();

    private MockDriver plugged(Kind kind, VirtioPci.Notification notification) {
        VirtioPci transport = new VirtioPci(
                device,
                VirtioPci.Interface.TRANSITIONAL,
                notification,
                () -> kind == Kind.LEGACY_BIG ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        board.plug(transport.function());
        function = Optional.of(transport.function());
        return new MockDriver(board, transport.function(), kind);
    }

    private Optional<PciFunction> function = Optional.empty();

    @AfterEach
    void close() {
        board.close();
    }

    private static void submit(MockDriver driver) {
        driver.descriptor(0, BUFFER, 4, MockDriver.WRITE, 0);
        driver.publish(0);
        driver.kick();
    }

    @ParameterizedTest
    @EnumSource
    void isOneDeviceForBothKindsOfDrivers(Kind kind) {
        MockDriver driver = plugged(kind, VirtioPci.Notification.IO_EVENT);
        PciFunction pci = function.orElseThrow();
        assertEquals(0x1af4, pci.vendorId());
        assertEquals(0x1001, pci.deviceId());
        assertEquals(0, pci.readConfig(PciFunction.REVISION_ID, 1));
        assertEquals(2, pci.readConfig(PciFunction.SUBSYSTEM_ID, 2));
        driver.start(driver.offered());
        submit(driver);
        assertEquals(new MockDriver.Used(0, 4), driver.await());
        assertEquals(
                kind == Kind.LEGACY_BIG ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN,
                device.session.orElseThrow().order());
    }

    @Test
    void offersVersion1ToModernDriversOnly() {
        assertEquals(
                device.features() | VirtioFeatures.VERSION_1,
                plugged(Kind.MODERN, VirtioPci.Notification.IO_EVENT).offered());
        MockDriver legacy = new MockDriver(board, function.orElseThrow(), Kind.LEGACY_LITTLE);
        assertEquals(device.features() | VirtioFeatures.ANY_LAYOUT, legacy.offered());
    }

    @ParameterizedTest
    @EnumSource
    void interruptsByPinUntilTheStatusIsRead(Kind kind) {
        MockDriver driver = plugged(kind, VirtioPci.Notification.IO_EVENT);
        driver.start(driver.offered() & ~VirtioFeatures.EVENT_IDX);
        submit(driver);
        assertTrue(board.pin());
        int status = function.orElseThrow().readConfig(PciFunction.STATUS, 2);
        assertEquals(PciFunction.STATUS_INTERRUPT, status & PciFunction.STATUS_INTERRUPT);
        assertEquals(1, driver.takeIsr());
        assertFalse(board.pin());
        assertEquals(0, driver.takeIsr());

        driver.setFlags(1);
        submit(driver);
        assertFalse(board.pin());
    }

    @Test
    void keepsThePinLowWhileItIsDisabled() {
        MockDriver driver = plugged(Kind.MODERN, VirtioPci.Notification.IO_EVENT);
        PciFunction pci = function.orElseThrow();
        driver.start(driver.offered() & ~VirtioFeatures.EVENT_IDX);
        int command = pci.readConfig(PciFunction.COMMAND, 2);
        pci.writeConfig(PciFunction.COMMAND, 2, command | PciFunction.COMMAND_INTX_DISABLE);
        submit(driver);
        assertFalse(board.pin());
        pci.writeConfig(PciFunction.COMMAND, 2, command);
        assertTrue(board.pin());
    }

    @ParameterizedTest
    @EnumSource
    void interruptsByMessageIfTheDriverHasIt(Kind kind) {
        MockDriver driver = plugged(kind, VirtioPci.Notification.IO_EVENT);
        driver.enableMsix();
        driver.start(driver.offered() & ~VirtioFeatures.EVENT_IDX);
        // A reset takes the vectors away.
        submit(driver);
        assertEquals(0, board.messages.size());
        driver.enableMsix();
        submit(driver);
        assertEquals(1, board.messages.getFirst());
        assertFalse(board.pin());
    }

    @Test
    void interruptsWhenTheUsedIndexPassesTheEvent() {
        MockDriver driver = plugged(Kind.MODERN, VirtioPci.Notification.IO_EVENT);
        driver.start(driver.offered());
        driver.setUsedEvent(2);
        submit(driver);
        submit(driver);
        assertFalse(board.pin());
        submit(driver);
        assertTrue(board.pin());
        driver.takeIsr();
        submit(driver);
        assertFalse(board.pin());
        // Round the end of the index.
        driver.setUsedEvent(0xffff);
        for (int i = 4; i < 0x10000; i++) {
            assertFalse(board.pin());
            submit(driver);
        }
        assertTrue(board.pin());
    }

    @ParameterizedTest
    @EnumSource
    void notifiesTheDeviceWithAndWithoutEvents(VirtioPci.Notification notification) {
        for (Kind kind : Kind.values()) {
            try (MockBoard other = new MockBoard()) {
                VirtioPci transport = new VirtioPci(
                        device,
                        VirtioPci.Interface.TRANSITIONAL,
                        notification,
                        () -> kind == Kind.LEGACY_BIG ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
                other.plug(transport.function());
                MockDriver driver = new MockDriver(other, transport.function(), kind);
                driver.start(driver.offered());
                int before = device.notifications;
                submit(driver);
                assertEquals(before + 1, device.notifications);
                assertTrue(driver.hasUsed());
            }
        }
    }

    @Test
    void refusesFeaturesThatItHasNot() {
        MockDriver driver = plugged(Kind.MODERN, VirtioPci.Notification.IO_EVENT);
        for (long wanted : new long[] {VirtioFeatures.VERSION_1 | 1L << 40, 1L << 5, 0}) {
            driver.setStatus(0);
            driver.setStatus(3);
            driver.accept(wanted);
            driver.setStatus(11);
            assertEquals(3, driver.status(), Long.toHexString(wanted));
            driver.setStatus(7);
            assertTrue(device.session.isEmpty());
        }
    }

    @Test
    void asksForAResetIfARingIsNotInMemory() {
        MockDriver driver = plugged(Kind.LEGACY_LITTLE, VirtioPci.Notification.IO_EVENT);
        driver.setStatus(3);
        driver.accept(0);
        long legacy = MockBoard.IO_BASE + MockBoard.FIRST_IO;
        driver.write(legacy + 14, 2, 0);
        driver.write(legacy + 8, 4, 0xffff_ffffL);
        driver.setStatus(7);
        assertEquals(DeviceStatus.NEEDS_RESET | 7, driver.status());
        assertTrue(device.session.isEmpty());
        driver.kick();
        driver.setStatus(0);
        assertEquals(0, driver.status());
    }

    @Test
    void leavesMemoryAloneWhileItIsNoBusMaster() {
        MockDriver driver = plugged(Kind.MODERN, VirtioPci.Notification.IO_EVENT);
        PciFunction pci = function.orElseThrow();
        driver.start(driver.offered());
        int command = pci.readConfig(PciFunction.COMMAND, 2);
        pci.writeConfig(PciFunction.COMMAND, 2, command & ~PciFunction.COMMAND_MASTER);
        submit(driver);
        assertFalse(driver.hasUsed());
        pci.writeConfig(PciFunction.COMMAND, 2, command);
        driver.start(driver.offered());
        submit(driver);
        assertTrue(driver.hasUsed());
    }

    @Test
    void readsItsStructuresThroughConfigurationSpace() {
        plugged(Kind.MODERN, VirtioPci.Notification.IO_EVENT);
        PciFunction pci = function.orElseThrow();
        int at = pci.readConfig(PciFunction.CAPABILITIES, 1);
        while (pci.readConfig(at, 1) != 9 || pci.readConfig(at + 3, 1) != 5) {
            at = pci.readConfig(at + 1, 1);
        }
        pci.writeConfig(at + 4, 1, 4);
        pci.writeConfig(at + 8, 4, 0x2000);
        pci.writeConfig(at + 12, 4, 4);
        assertEquals(7, pci.readConfig(at + 16, 4));
        // The status, written and read.
        pci.writeConfig(at + 8, 4, 20);
        pci.writeConfig(at + 12, 4, 1);
        pci.writeConfig(at + 16, 1, 3);
        assertEquals(3, pci.readConfig(at + 16, 1));
        // Where nothing is.
        pci.writeConfig(at + 4, 1, 5);
        assertEquals(0xff, pci.readConfig(at + 16, 1));
        pci.writeConfig(at + 8, 4, -1);
        pci.writeConfig(at + 4, 1, 4);
        assertEquals(0xff, pci.readConfig(at + 16, 1));
    }

    @Test
    void survivesAccessesOfAllKinds() {
        MockDriver driver = plugged(Kind.MODERN, VirtioPci.Notification.DEVICE);
        PciFunction pci = function.orElseThrow();
        Random random = new Random(7);
        int[] sizes = {1, 2, 4, 8};
        for (int i = 0; i < 20_000; i++) {
            int size = sizes[random.nextInt(4)];
            long offset = random.nextInt(random.nextBoolean() ? 64 : 0x4000 - 8);
            long io = random.nextInt(32 - 8);
            long value = random.nextInt(3) == 0 ? random.nextLong() : random.nextInt(16);
            switch (random.nextInt(6)) {
                case 0 -> board.bus.write(MockBoard.FIRST_64_BIT + offset, size, value);
                case 1 -> board.bus.read(MockBoard.FIRST_64_BIT + offset, size);
                case 2 -> board.bus.write(MockBoard.IO_BASE + MockBoard.FIRST_IO + io, size, value);
                case 3 -> board.bus.read(MockBoard.IO_BASE + MockBoard.FIRST_IO + io, size);
                case 4 -> board.bus.write(MockBoard.FIRST_32_BIT + random.nextInt(4096 - 8), size, value);
                default -> {
                    int register = 64 + random.nextInt(192);
                    pci.writeConfig(register, size == 8 ? 1 : size, (int) value);
                    pci.readConfig(register, size == 8 ? 1 : size);
                }
            }
        }
        pci.reset();
        board.plug(pci);
        driver.start(driver.offered());
        submit(driver);
        assertEquals(new MockDriver.Used(0, 4), driver.await());
    }
}
