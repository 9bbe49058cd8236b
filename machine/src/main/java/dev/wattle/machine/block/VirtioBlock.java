// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.block;

import dev.wattle.machine.virtio.DescriptorChain;
import dev.wattle.machine.virtio.IoWorker;
import dev.wattle.machine.virtio.VirtioDevice;
import dev.wattle.machine.virtio.VirtioFeatures;
import dev.wattle.machine.virtio.VirtioSession;
import dev.wattle.machine.virtio.Virtqueue;
import dev.wattle.machine.virtio.VirtqueueException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A block device (5.2) with one queue. Its requests are done one after another, by its worker.
 *
 * <p>Writes are kept in the host's cache until the driver flushes; if it cannot flush, or asks for it, each write is
 * flushed before it is given back (5.2.5.2).
 */
public final class VirtioBlock implements VirtioDevice {
    /** Device ID of block devices. */
    public static final int TYPE = 2;
    /** Most bytes of a serial number. */
    public static final int SERIAL_BYTES = 20;

    /** PCI class: mass storage, SCSI, as QEMU says of its block devices. */
    private static final int CLASS_CODE = 0x010000;

    private static final int QUEUE_SIZE = 256;
    /** Header and status need a descriptor each. */
    private static final int MOST_SEGMENTS = QUEUE_SIZE - 2;

    static final long SEG_MAX = 1L << 2;
    static final long READ_ONLY = 1L << 5;
    static final long BLOCK_SIZE = 1L << 6;
    static final long FLUSH = 1L << 9;
    static final long TOPOLOGY = 1L << 10;
    static final long CONFIG_WCE = 1L << 11;
    static final long DISCARD = 1L << 13;
    static final long WRITE_ZEROES = 1L << 14;

    private static final int IN = 0;
    private static final int OUT = 1;
    private static final int FLUSH_REQUEST = 4;
    private static final int GET_ID = 8;
    private static final int DISCARD_REQUEST = 11;
    private static final int WRITE_ZEROES_REQUEST = 13;

    /** Set by firmware to this day: no request overtakes another here anyway. */
    private static final int BARRIER = 1 << 31;

    private static final int OK = 0;
    private static final int IO_ERROR = 1;
    private static final int UNSUPPORTED = 2;

    private static final int HEADER_BYTES = 16;
    private static final int RANGE_BYTES = 16;
    private static final int UNMAP = 1;
    private static final int MOST_RANGES = 1;
    /** 1 GiB. */
    private static final int MOST_DISCARDED_SECTORS = 1 << 21;
    /** 16 MiB: zeros are written, and the device does nothing else meanwhile. */
    private static final int MOST_ZEROED_SECTORS = 1 << 15;

    private static final int CONFIGURATION_BYTES = 60;
    private static final int WRITEBACK = 32;
    private static final int COPIED_AT_ONCE = 1 << 17;
    private static final int SECTOR = BlockBackend.SECTOR;

    /** What the device is at. */
    private sealed interface State {
        /** There is no driver, or it has failed. */
        record Idle() implements State {}

        /** A driver has requests done. */
        record Active(VirtioSession session, Virtqueue queue) implements State {}
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final BlockBackend backend;
    private final byte[] serial;
    private final IoWorker worker;
    private final BlockStatistics statistics = new BlockStatistics();
    /** Used under the lock. */
    private final byte[] buffer = new byte[COPIED_AT_ONCE];

    private State state = new State.Idle();
    private boolean writeback = true;
    private boolean canFlush;

    /**
     * @param backend what it shows; closed with it
     * @param serial its serial number, of which {@link #SERIAL_BYTES} bytes count
     * @param workers makes its worker
     */
    public VirtioBlock(BlockBackend backend, String serial, IoWorker.Factory workers) {
        this.backend = backend;
        this.serial = Arrays.copyOf(serial.getBytes(StandardCharsets.US_ASCII), SERIAL_BYTES);
        worker = workers.start("disk " + serial, this::work);
    }

    /** What it has done. */
    public BlockStatistics statistics() {
        return statistics;
    }

    @Override
    public int type() {
        return TYPE;
    }

    @Override
    public int classCode() {
        return CLASS_CODE;
    }

    @Override
    public long features() {
        return SEG_MAX
                | BLOCK_SIZE
                | FLUSH
                | TOPOLOGY
                | (backend.isReadOnly() ? READ_ONLY : CONFIG_WCE | DISCARD | WRITE_ZEROES)
                | VirtioFeatures.INDIRECT_DESC
                | VirtioFeatures.EVENT_IDX;
    }

    @Override
    public int queues() {
        return 1;
    }

    @Override
    public int queueSize() {
        return QUEUE_SIZE;
    }

    /** Layout in 5.2.4. */
    @Override
    public byte[] configuration(ByteOrder order) {
        ByteBuffer b = ByteBuffer.allocate(CONFIGURATION_BYTES).order(order);
        b.putLong(0, backend.bytes() / SECTOR);
        b.putInt(12, MOST_SEGMENTS);
        b.putInt(20, SECTOR);
        // Topology: blocks are as large as sectors, and nothing larger is faster.
        b.putShort(26, (short) 1);
        lock.lock();
        try {
            b.put(WRITEBACK, (byte) (writeback ? 1 : 0));
        } finally {
            lock.unlock();
        }
        b.putShort(34, (short) queues());
        if (!backend.isReadOnly()) {
            b.putInt(36, MOST_DISCARDED_SECTORS).putInt(40, MOST_RANGES).putInt(44, 1);
            b.putInt(48, MOST_ZEROED_SECTORS).putInt(52, MOST_RANGES).put(56, (byte) 1);
        }
        return b.array();
    }

    @Override
    public void writeConfiguration(int offset, int size, long value) {
        if (offset == WRITEBACK && size == 1) {
            lock.lock();
            try {
                writeback = (value & 1) != 0;
            } finally {
                lock.unlock();
            }
        }
    }

    @Override
    public void negotiated(long features) {
        lock.lock();
        try {
            canFlush = (features & FLUSH) != 0;
            // A driver that does not know the field gets what it can cope with (5.2.5).
            if ((features & CONFIG_WCE) == 0) {
                writeback = canFlush;
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void activate(VirtioSession session) {
        lock.lock();
        try {
            state = new State.Active(session, session.queues().getFirst());
        } finally {
            lock.unlock();
        }
        worker.signal();
    }

    @Override
    public void reset() {
        lock.lock();
        try {
            state = new State.Idle();
            writeback = true;
            canFlush = false;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void notified(int queue) {
        statistics.notifications.increment();
        worker.signal();
    }

    @Override
    public void close() {
        reset();
        worker.close();
        try {
            backend.flush();
            backend.close();
        } catch (IOException e) {
            // The guest has been told of what it flushed; nobody is left to tell more to.
        }
    }

    private void work() {
        boolean more = true;
        while (more) {
            // Given up between requests, for a driver that resets the device.
            lock.lock();
            try {
                more = state instanceof State.Active active && step(active);
            } finally {
                lock.unlock();
            }
        }
    }

    /** Does one request; says whether there may be more. */
    private boolean step(State.Active active) {
        try {
            Virtqueue queue = active.queue;
            Optional<DescriptorChain> chain = queue.take();
            if (chain.isEmpty()) {
                return queue.enableNotifications();
            }
            queue.disableNotifications();
            queue.give(chain.get(), answer(chain.get(), active.session));
            if (queue.wantsInterrupt()) {
                statistics.interrupts.increment();
                active.session.events().used(0);
            }
            return true;
        } catch (VirtqueueException e) {
            state = new State.Idle();
            active.session.events().needsReset();
            return false;
        }
    }

    /** Does a request and writes its status; gives how many bytes are written from the start of the writable part. */
    private long answer(DescriptorChain chain, VirtioSession session) throws VirtqueueException {
        if (chain.readableBytes() < HEADER_BYTES || chain.writableBytes() < 1) {
            throw new VirtqueueException("a request without header or status");
        }
        chain.read(0, buffer, 0, HEADER_BYTES);
        ByteBuffer header = ByteBuffer.wrap(buffer).order(session.order());
        int type = header.getInt(0) & ~BARRIER;
        long sector = header.getLong(8);
        long room = chain.writableBytes() - 1;
        int status;
        try {
            status = switch (type) {
                case IN -> read(chain, sector, room);
                case OUT -> write(chain, sector);
                case FLUSH_REQUEST -> flush();
                case GET_ID -> identify(chain, room);
                case DISCARD_REQUEST, WRITE_ZEROES_REQUEST ->
                    ranges(chain, session, type == DISCARD_REQUEST ? DISCARD : WRITE_ZEROES);
                default -> UNSUPPORTED;
            };
        } catch (IOException e) {
            status = IO_ERROR;
        }
        if (status != OK) {
            (status == IO_ERROR ? statistics.failures : statistics.unsupported).increment();
        }
        chain.write(room, new byte[] {(byte) status}, 0, 1);
        if (status == OK && type == GET_ID) {
            return room > SERIAL_BYTES ? SERIAL_BYTES : room + 1;
        }
        return status == OK && type == IN || room == 0 ? room + 1 : 0;
    }

    /** Whether a range is whole sectors of the disk. */
    private boolean isOnDisk(long sector, long bytes) {
        long sectors = backend.bytes() / SECTOR;
        return bytes % SECTOR == 0 && sector >= 0 && bytes / SECTOR <= sectors && sector <= sectors - bytes / SECTOR;
    }

    private int read(DescriptorChain chain, long sector, long bytes) throws IOException, VirtqueueException {
        if (!isOnDisk(sector, bytes)) {
            return IO_ERROR;
        }
        for (long done = 0; done < bytes; done += buffer.length) {
            int part = (int) Math.min(buffer.length, bytes - done);
            backend.read(sector * SECTOR + done, buffer, 0, part);
            chain.write(done, buffer, 0, part);
        }
        statistics.reads.increment();
        statistics.readBytes.add(bytes);
        return OK;
    }

    private int write(DescriptorChain chain, long sector) throws IOException, VirtqueueException {
        long bytes = chain.readableBytes() - HEADER_BYTES;
        if (backend.isReadOnly() || !isOnDisk(sector, bytes)) {
            return IO_ERROR;
        }
        for (long done = 0; done < bytes; done += buffer.length) {
            int part = (int) Math.min(buffer.length, bytes - done);
            chain.read(HEADER_BYTES + done, buffer, 0, part);
            backend.write(sector * SECTOR + done, buffer, 0, part);
        }
        statistics.writes.increment();
        statistics.writtenBytes.add(bytes);
        return settle();
    }

    /** Flushes what was written, for a driver that does not. */
    private int settle() throws IOException {
        return writeback && canFlush ? OK : flush();
    }

    private int flush() throws IOException {
        backend.flush();
        statistics.flushes.increment();
        return OK;
    }

    private int identify(DescriptorChain chain, long room) throws VirtqueueException {
        chain.write(0, serial, 0, (int) Math.min(room, SERIAL_BYTES));
        return OK;
    }

    /** Discards or zeroes a list of ranges: sector, sectors, flags for each (5.2.6). */
    private int ranges(DescriptorChain chain, VirtioSession session, long feature)
            throws IOException, VirtqueueException {
        boolean isDiscard = feature == DISCARD;
        if (backend.isReadOnly()) {
            return IO_ERROR;
        }
        if (!session.has(feature)) {
            return UNSUPPORTED;
        }
        long bytes = chain.readableBytes() - HEADER_BYTES;
        if (bytes == 0 || bytes % RANGE_BYTES != 0 || bytes / RANGE_BYTES > MOST_RANGES) {
            return IO_ERROR;
        }
        chain.read(HEADER_BYTES, buffer, 0, RANGE_BYTES);
        ByteBuffer range = ByteBuffer.wrap(buffer).order(session.order());
        long sector = range.getLong(0);
        long sectors = Integer.toUnsignedLong(range.getInt(8));
        int flags = range.getInt(12);
        if ((flags & ~UNMAP) != 0 || isDiscard && flags != 0) {
            return UNSUPPORTED;
        }
        if (sectors > (isDiscard ? MOST_DISCARDED_SECTORS : MOST_ZEROED_SECTORS)
                || !isOnDisk(sector, sectors * SECTOR)) {
            return IO_ERROR;
        }
        if (isDiscard) {
            backend.discard(sector * SECTOR, sectors * SECTOR);
            statistics.discards.increment();
            return OK;
        }
        backend.writeZeroes(sector * SECTOR, sectors * SECTOR, (flags & UNMAP) != 0);
        statistics.zeroes.increment();
        return settle();
    }
}
