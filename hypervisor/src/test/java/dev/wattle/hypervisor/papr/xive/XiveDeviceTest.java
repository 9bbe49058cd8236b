// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** The attributes of KVM's device: their layouts, and a controller that goes on in another one. */
class XiveDeviceTest {
    private static final int MSI = 0x1300;
    private static final int LSI = 0x1200;
    private static final int SET_PQ_10 = 0xe00;

    @Test
    void Layouts_areThoseOfKvm() {
        try (XiveBoard board = new XiveBoard(2)) {
            XiveDevice device = new XiveDevice(board.xive);
            board.xive.claimMessage(MSI);
            board.xive.claimLevel(LSI).set(true);
            assertEquals(0, device.sourceState(MSI));
            assertEquals(3, device.sourceState(LSI));
            board.xive.setSource(MSI, false, 1, 5, 0x89);
            assertEquals(0x89L << 33 | 1 << 3 | 5, device.sourceConfiguration(MSI));
            device.setSourceConfiguration(MSI, 0x8aL << 33 | 1L << 32 | 6);
            assertEquals(
                    new XiveRouter.Assignment(true, 6, 0x8a),
                    board.xive.router().assignment(MSI));
            board.queue(1, 5);
            board.direct(MSI, 1, 5, 1);
            board.trigger(MSI);
            ByteBuffer queue =
                    ByteBuffer.wrap(device.queueConfiguration(1 << 3 | 5)).order(ByteOrder.nativeOrder());
            assertEquals(1, queue.getInt());
            assertEquals(12, queue.getInt());
            assertEquals(XiveBoard.QUEUE + 0x8000 + 0x5000, queue.getLong());
            assertEquals(1, queue.getInt());
            assertEquals(1, queue.getInt());
            assertEquals(40, queue.remaining());
            board.cppr(1, 0xff);
            assertEquals(0x80ff_04ff_ff00_ff05L, device.virtualProcessor(1));
            assertEquals(2, device.servers());
        }
    }

    @Test
    void Attributes_thatCannotBe_areRefusedAndChangeNothing() {
        try (XiveBoard board = new XiveBoard(1)) {
            XiveDevice device = new XiveDevice(board.xive);
            board.xive.claimMessage(MSI);
            assertThrows(IllegalArgumentException.class, () -> device.setSource(MSI, 1));
            assertThrows(IllegalArgumentException.class, () -> device.setSource(MSI + 1, 0));
            assertThrows(IllegalArgumentException.class, () -> device.setSourceConfiguration(MSI, 7));
            assertThrows(IllegalArgumentException.class, () -> device.setSourceConfiguration(MSI, 1 << 3));
            assertThrows(IllegalArgumentException.class, () -> device.queueConfiguration(7));
            assertThrows(IllegalArgumentException.class, () -> device.queueConfiguration(8));
            assertThrows(IllegalArgumentException.class, () -> device.setQueueConfiguration(6, new byte[63]));
            for (int[] wrong : new int[][] {
                {2, 12, 0x1000, 0, 0},
                {1, 13, 0x1000, 0, 0},
                {1, 12, 0x800, 0, 0},
                {1, 12, 0x10_0000, 0, 0},
                {1, 12, 0x1000, 2, 0},
                {1, 12, 0x1000, 1, 1024},
                {1, 12, 0x1000, 1, -1}
            }) {
                byte[] bytes = ByteBuffer.allocate(64)
                        .order(ByteOrder.nativeOrder())
                        .putInt(wrong[0])
                        .putInt(wrong[1])
                        .putLong(wrong[2])
                        .putInt(wrong[3])
                        .putInt(wrong[4])
                        .array();
                assertThrows(IllegalArgumentException.class, () -> device.setQueueConfiguration(6, bytes));
            }
            assertEquals(0, board.xive.queue(0, 6).configuration().entries());
            assertThrows(IllegalArgumentException.class, () -> device.virtualProcessor(1));
        }
    }

    /** Saved in KVM's order while a device goes on triggering, restored, and nothing is lost. */
    @Test
    void Save_whileADeviceTriggers_goesOnInAFreshController() throws Exception {
        try (XiveBoard from = new XiveBoard(2);
                XiveBoard to = new XiveBoard(2)) {
            for (XiveBoard board : List.of(from, to)) {
                board.xive.claimMessage(MSI);
                board.xive.claimLevel(LSI);
            }
            from.queue(0, 6);
            from.queue(1, 4);
            from.direct(MSI, 1, 4, 0x21);
            from.direct(LSI, 0, 6, 0x22);
            from.cppr(0, 0xff);
            from.cppr(1, 0xff);
            from.xive.source(LSI).orElseThrow().set(true);
            for (int i = 0; i < 1500; i++) {
                from.trigger(MSI);
                from.esb(MSI, 0);
            }
            AtomicBoolean stop = new AtomicBoolean();
            Thread device = new Thread(() -> {
                while (!stop.get()) {
                    from.xive.source(MSI).orElseThrow().trigger();
                }
            });
            device.start();

            XiveDevice source = new XiveDevice(from.xive);
            XiveDevice target = new XiveDevice(to.xive);
            List<XiveSource> all = from.xive.sources();
            List<Long> states = new ArrayList<>();
            for (XiveSource one : all) {
                long pq = source.esb(one.number(), 0x800);
                states.add(pq == Pq.OFF ? pq : source.esb(one.number(), SET_PQ_10));
            }
            stop.set(true);
            device.join();
            from.memory.logDirtyPages(0, true);
            source.syncQueues();
            assertTrue(from.memory.isDirty(from.xive.queue(1, 4).configuration().address(), 4096));
            byte[] contents = new byte[1 << 20];
            from.memory.read(0, contents, 0, contents.length);
            to.memory.write(0, contents, 0, contents.length);
            for (XiveSource one : all) {
                target.setSource(one.number(), source.sourceState(one.number()));
            }
            for (int queue = 0; queue < 2 * 8; queue++) {
                if (queue % 8 != 7) {
                    target.setQueueConfiguration(queue, source.queueConfiguration(queue));
                }
            }
            for (XiveSource one : all) {
                target.setSourceConfiguration(one.number(), source.sourceConfiguration(one.number()));
            }
            for (int server = 0; server < 2; server++) {
                target.setVirtualProcessor(server, source.virtualProcessor(server));
            }
            for (int i = 0; i < all.size(); i++) {
                int number = all.get(i).number();
                target.esb(number, 0xc00 | states.get(i).intValue() << 8);
                boolean cameMeanwhile = states.get(i) == Pq.RESET && source.esb(number, 0x800) == Pq.QUEUED;
                if (cameMeanwhile) {
                    target.trigger(number);
                }
            }

            for (int server = 0; server < 2; server++) {
                assertEquals(source.virtualProcessor(server), target.virtualProcessor(server));
                assertTrue(to.lines[server]);
            }
            EventQueue.Configuration queue = to.xive.queue(1, 4).configuration();
            assertTrue(queue.index() > 1500 % 1024 - 1);
            assertEquals(0, queue.generation(), "it has wrapped once");
            assertEquals(0x8004, to.accept(1));
            // All that has been triggered since comes out by ends of interrupt.
            while (to.esb(MSI, 0) != 0) {
                // One event more.
            }
            assertEquals(1, to.esb(LSI, 0), "the level is there");
            to.assertSound();
        }
    }
}
