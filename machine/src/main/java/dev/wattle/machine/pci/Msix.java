// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pci;

import dev.wattle.hypervisor.io.IoDevice;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;

/**
 * MSI-X (PCI 3.0, 6.8.2): the capability, the table and the pending bits, which lie in a base address register.
 *
 * <p>Thread-safe. Messages are sent outside of the lock.
 */
public final class Msix implements PciCapability {
    /** Capability ID of MSI-X. */
    public static final int ID = 0x11;
    /** Most vectors that a function can have. */
    public static final int MOST_VECTORS = 2048;

    private static final int LENGTH = 12;
    private static final int CONTROL = 2;
    private static final int TABLE = 4;
    private static final int PENDING = 8;
    private static final int ENABLE = 0x8000;
    private static final int FUNCTION_MASK = 0x4000;

    private static final int ENTRY_BYTES = 16;
    private static final int ENTRY_WORDS = 4;
    private static final int VECTOR_CONTROL = 3;
    private static final int VECTOR_MASKED = 1;

    /** Where messages go. */
    @FunctionalInterface
    interface Sink {
        void message(long address, int data);
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final MaskedBytes registers = new MaskedBytes(LENGTH);
    private final int vectors;
    private final int pendingOffset;
    private final int size;
    private final int bar;
    private final int[] table;
    private final boolean[] pending;
    private volatile Sink sink = (address, data) -> {};

    /**
     * @param vectors how many, 1 to {@link #MOST_VECTORS}
     * @param bar the register that the table and the pending bits lie in: all of it
     * @param size of that register, a power of two; the pending bits lie in its upper half
     */
    public Msix(int vectors, int bar, int size) {
        if (vectors < 1 || vectors > MOST_VECTORS || vectors * ENTRY_BYTES > size / 2) {
            throw new IllegalArgumentException(vectors + " vectors in " + size + " bytes: they do not fit");
        }
        this.vectors = vectors;
        this.bar = bar;
        this.size = size;
        pendingOffset = size / 2;
        table = new int[vectors * ENTRY_WORDS];
        pending = new boolean[vectors];
        registers
                .define(CONTROL, 2, vectors - 1, ENABLE | FUNCTION_MASK)
                .define(TABLE, 4, bar, 0)
                .define(PENDING, 4, pendingOffset | bar, 0);
        maskAll();
    }

    private void maskAll() {
        for (int vector = 0; vector < vectors; vector++) {
            table[vector * ENTRY_WORDS + VECTOR_CONTROL] = VECTOR_MASKED;
        }
    }

    void connect(Sink messages) {
        sink = messages;
    }

    public int vectors() {
        return vectors;
    }

    /** The base address register with the table and the pending bits. */
    public Bar bar() {
        return new Bar(bar, Bar.Space.MEMORY_32, size, new Region());
    }

    /** Whether the guest has turned MSI-X on, so that the interrupt pin is not used. */
    public boolean isEnabled() {
        lock.lock();
        try {
            return (registers.get(CONTROL, 2) & ENABLE) != 0;
        } finally {
            lock.unlock();
        }
    }

    /** What a vector sends. */
    public record Message(long address, int data) {}

    /** What a vector sends when it is not masked. */
    public Message message(int vector) {
        lock.lock();
        try {
            return entry(vector);
        } finally {
            lock.unlock();
        }
    }

    private Message entry(int vector) {
        int word = vector * ENTRY_WORDS;
        return new Message(table[word] & 0xffff_fffcL | (long) table[word + 1] << 32, table[word + 2]);
    }

    /** Sets what a vector sends, as firmware does for a guest (LoPAR, {@code ibm,change-msi}). */
    public void program(int vector, long address, int data) {
        lock.lock();
        try {
            int word = vector * ENTRY_WORDS;
            table[word] = (int) address & ~3;
            table[word + 1] = (int) (address >>> 32);
            table[word + 2] = data;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Sends the message of a vector, or keeps it pending while it is masked. Does nothing while MSI-X is off, or if there
     * is no such vector.
     */
    public void signal(int vector) {
        Message message;
        lock.lock();
        try {
            if (vector < 0 || vector >= vectors || !isEnabled()) {
                return;
            }
            if (isMasked(vector)) {
                pending[vector] = true;
                return;
            }
            message = entry(vector);
        } finally {
            lock.unlock();
        }
        sink.message(message.address, message.data);
    }

    private boolean isMasked(int vector) {
        return (registers.get(CONTROL, 2) & FUNCTION_MASK) != 0
                || (table[vector * ENTRY_WORDS + VECTOR_CONTROL] & VECTOR_MASKED) != 0;
    }

    /** Sends what is pending and not masked any more. */
    private void flush() {
        for (int vector = 0; vector < vectors; vector++) {
            boolean due;
            lock.lock();
            try {
                due = pending[vector] && isEnabled() && !isMasked(vector);
                if (due) {
                    pending[vector] = false;
                }
            } finally {
                lock.unlock();
            }
            if (due) {
                signal(vector);
            }
        }
    }

    @Override
    public int id() {
        return ID;
    }

    @Override
    public int length() {
        return LENGTH;
    }

    @Override
    public int read(int offset, int bytes) {
        lock.lock();
        try {
            return registers.get(offset, bytes);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void write(int offset, int bytes, int value) {
        lock.lock();
        try {
            registers.write(offset, bytes, value);
        } finally {
            lock.unlock();
        }
        flush();
    }

    @Override
    public void reset() {
        lock.lock();
        try {
            registers.reset();
            Arrays.fill(table, 0);
            Arrays.fill(pending, false);
            maskAll();
        } finally {
            lock.unlock();
        }
    }

    /** The base address register: table below, pending bits above. Accesses are of 4 or 8 aligned bytes (6.8.2). */
    private final class Region implements IoDevice {
        @Override
        public long read(long offset, int bytes) {
            if (bytes < Integer.BYTES) {
                long word = word((int) offset & -Integer.BYTES);
                return word >>> 8 * (offset & 3) & (1L << 8 * bytes) - 1;
            }
            int at = (int) offset & -Integer.BYTES;
            long low = word(at);
            return bytes == Integer.BYTES ? low : low | (long) word(at + Integer.BYTES) << 32;
        }

        private long word(int offset) {
            lock.lock();
            try {
                if (offset < vectors * ENTRY_BYTES) {
                    return Integer.toUnsignedLong(table[offset / Integer.BYTES]);
                }
                int first = (offset - pendingOffset) * Byte.SIZE;
                long bits = 0;
                for (int i = 0; first >= 0 && i < Integer.SIZE && first + i < vectors; i++) {
                    bits |= pending[first + i] ? 1L << i : 0;
                }
                return bits;
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void write(long offset, int bytes, long value) {
            // Narrower stores have no meaning by the specification.
            if (bytes < Integer.BYTES || (offset & 3) != 0) {
                return;
            }
            put((int) offset, (int) value);
            if (bytes == Long.BYTES) {
                put((int) offset + Integer.BYTES, (int) (value >>> 32));
            }
            flush();
        }

        private void put(int offset, int value) {
            if (offset >= vectors * ENTRY_BYTES) {
                return;
            }
            lock.lock();
            try {
                table[offset / Integer.BYTES] = value;
            } finally {
                lock.unlock();
            }
        }
    }
}
