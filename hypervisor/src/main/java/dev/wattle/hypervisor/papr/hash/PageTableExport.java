// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hash;

import dev.wattle.power.mmu.HashPageTable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A hash page table as a stream (KVM_PPC_GET_HTAB_FD): first all valid entries, and then, as often as it is read, what
 * has changed since. The guest may run meanwhile.
 *
 * <p>The stream consists of records, everything big-endian: 32 bits, the number of the first entry; 16 bits, how many valid
 * entries follow; 16 bits, how many entries behind them are invalid; then the valid entries, of 16 bytes each. Entries of
 * which no record speaks are as they were; at first they are invalid.
 *
 * <p>To be read by one thread at a time.
 */
public final class PageTableExport implements AutoCloseable {
    /** Bytes of a record without entries. */
    public static final int HEADER_BYTES = 8;

    /** Bytes of an entry. */
    public static final int ENTRY_BYTES = 16;

    private static final int MOST = 0xffff;
    private static final long WORD_BITS = 64;

    private final HashPageTable table;
    private final boolean boltedOnly;
    private final AtomicLongArray changed;
    private final HashPageTable.Changes listener = this::changed;
    private long next;
    private boolean isFirstPass = true;

    /**
     * Begins an export.
     *
     * @param boltedOnly whether entries that are not bolted are taken for invalid
     */
    PageTableExport(HashPageTable table, boolean boltedOnly) {
        this.table = table;
        this.boltedOnly = boltedOnly;
        changed = new AtomicLongArray(Math.toIntExact(table.entries() / WORD_BITS));
        table.onChange(listener);
    }

    /** Logarithm of the size of the table, in bytes. */
    public int shift() {
        return table.shift();
    }

    /** Whether all entries have been written once, so that what is read from now on are changes. */
    public boolean isComplete() {
        return !isFirstPass;
    }

    private void changed(long index) {
        int word = (int) (index / WORD_BITS);
        long bit = 1L << index % WORD_BITS;
        if ((changed.get(word) & bit) == 0) {
            changed.getAndAccumulate(word, bit, (old, b) -> old | b);
        }
    }

    /** Whether an entry has changed since it was written last; and takes note that it is being written. */
    private boolean take(long index) {
        int word = (int) (index / WORD_BITS);
        long bit = 1L << index % WORD_BITS;
        return (changed.get(word) & bit) != 0 && (changed.getAndAccumulate(word, bit, (old, b) -> old & ~b) & bit) != 0;
    }

    private boolean isWanted(long index) {
        return isFirstPass || (changed.get((int) (index / WORD_BITS)) >>> index % WORD_BITS & 1) != 0;
    }

    private boolean isValid(long index) {
        long wanted = HashPageTable.V_VALID | (boltedOnly ? HashPageTable.V_BOLTED : 0);
        return (table.v(index) & wanted) == wanted;
    }

    /**
     * Writes whole records. At the end of the first pass, and of each later one over the table, it returns even if there is
     * room left.
     *
     * @param out where to; at least {@link #HEADER_BYTES} and {@link #ENTRY_BYTES} must remain in it
     * @return how many bytes: 0 if nothing has changed since the last time
     * @throws IllegalStateException if the guest has changed the size of its table: the export has to be begun again
     * @throws IllegalArgumentException if there is no room for a record
     */
    public int read(ByteBuffer out) {
        if (out.remaining() < HEADER_BYTES + ENTRY_BYTES) {
            throw new IllegalArgumentException(
                    "room for " + out.remaining() + " bytes: a record may need " + (HEADER_BYTES + ENTRY_BYTES));
        }
        ByteOrder order = out.order();
        int start = out.position();
        out.order(ByteOrder.BIG_ENDIAN);
        table.lock().lock();
        try {
            if (table.isClosed()) {
                throw new IllegalStateException(
                        "the guest's hash page table is another one now: begin the export again");
            }
            boolean wasFirst = isFirstPass;
            pass(out);
            if (out.position() == start && wasFirst) {
                // The first pass ended with nothing more to say: then what has changed meanwhile.
                pass(out);
            }
        } finally {
            table.lock().unlock();
            out.order(order);
        }
        return out.position() - start;
    }

    private void pass(ByteBuffer out) {
        long entries = table.entries();
        while (out.remaining() >= HEADER_BYTES + ENTRY_BYTES) {
            skip();
            if (next == entries) {
                next = 0;
                isFirstPass = false;
                return;
            }
            record(out);
        }
    }

    /** Goes on to the next entry of which there is something to be said. */
    private void skip() {
        long entries = table.entries();
        while (next < entries) {
            if (!isFirstPass && next % WORD_BITS == 0 && changed.get((int) (next / WORD_BITS)) == 0) {
                next += WORD_BITS;
            } else if (isWanted(next) && (!isFirstPass || isValid(next))) {
                return;
            } else {
                // Before it is seen by the first pass, it does not matter what it was.
                next++;
            }
        }
    }

    private void record(ByteBuffer out) {
        int header = out.position();
        out.putInt((int) next).putInt(0);
        int valid = 0;
        int invalid = 0;
        long entries = table.entries();
        while (next < entries && valid < MOST && out.remaining() >= ENTRY_BYTES && isWanted(next) && isValid(next)) {
            take(next);
            out.putLong(table.v(next)).putLong(table.r(next));
            valid++;
            next++;
        }
        while (!isFirstPass && next < entries && invalid < MOST && isWanted(next) && !isValid(next)) {
            take(next);
            invalid++;
            next++;
        }
        out.putShort(header + 4, (short) valid).putShort(header + 6, (short) invalid);
    }

    /** Ends the export. */
    @Override
    public void close() {
        table.forget(listener);
    }
}
