// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hash;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.power.mmu.HashPageTable;
import dev.wattle.power.mmu.PageSizes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Executor;

/**
 * The hash page table of a partition, which exists once a guest may translate by it, and who has to know when it
 * changes.
 *
 * <p>A new table has bolted entries for the virtual real mode area, through which software accesses real memory from
 * address 0 with translation off (Power ISA 2.07B, Book III-S, 5.7.3.4).
 *
 * <p>Not thread-safe, but for {@link #current} and {@link #forgetPage}: others are called by one thread at a time.
 */
public final class PartitionPageTable implements AutoCloseable {
    /** Which kinds of translation a partition may use. */
    public enum Use {
        /** None: there is never a table. */
        NEVER,
        /** It may turn out to be used: there is a table once it is asked for. */
        ON_DEMAND,
        /** There is a table from the start. */
        ALWAYS
    }

    /** The processors that translate by the table. */
    public interface Processors {
        /**
         * Has them translate by a table from now on.
         *
         * @param table empty for none, which turns the translation of real mode off too
         * @param vrmaBase logarithm of the base page size of the virtual real mode area
         */
        void hashPageTable(Optional<HashPageTable> table, int vrmaBase);

        /**
         * Has them forget what an entry has translated.
         *
         * @param index where it stands
         * @param v its doublewords as they were before the change
         */
        void forgetPage(long index, long v, long r);
    }

    private static final long VRMA_LIMIT = 1L << 40;
    private static final int LAST_SLOT = HashPageTable.GROUP - 1;

    private final GuestMemory memory;
    private final Use use;
    private final Processors processors;
    private final Executor preparation;
    private volatile Optional<HashPageTable> table = Optional.empty();
    private Optional<PendingTable> pending = Optional.empty();

    /**
     * Makes the page table of a partition; {@link Use#ALWAYS} makes it with {@link #start} only.
     *
     * @param memory the partition's memory
     * @param processors its processors
     * @param preparation runs what may take long
     */
    public PartitionPageTable(GuestMemory memory, Use use, Processors processors, Executor preparation) {
        this.memory = memory;
        this.use = use;
        this.processors = processors;
        this.preparation = preparation;
    }

    /** Makes the table if there is to be one from the start. */
    public void start() {
        if (use == Use.ALWAYS) {
            demand();
        }
    }

    /** The table, if there is one now. */
    public Optional<HashPageTable> current() {
        return table;
    }

    /**
     * The table, made now if there is none yet: of a 128th of the memory's size.
     *
     * @return empty if this partition never has one, or the host has no memory for it
     */
    public Optional<HashPageTable> demand() {
        if (table.isEmpty() && use != Use.NEVER) {
            try {
                install(new HashPageTable(HashPageTable.shiftForMemory(memory.size())), true);
            } catch (OutOfMemoryError e) {
                return Optional.empty();
            }
        }
        return table;
    }

    /**
     * Gives the partition an empty table, but for its virtual real mode area, in place of the one that it has
     * (KVM_PPC_ALLOCATE_HTAB). No vCPU may be running.
     *
     * @param shift logarithm of its size in bytes
     * @throws OutOfMemoryError if the host cannot give that much memory
     * @throws IllegalArgumentException if the size is not from 2^18 to 2^46
     */
    public void allocate(int shift) {
        if (use == Use.NEVER) {
            throw new IllegalStateException("this partition translates by radix tree: it has no hash page table");
        }
        install(new HashPageTable(shift), true);
    }

    /** Takes the table away: the partition translates by radix tree now. */
    public void release() {
        cancel();
        Optional<HashPageTable> old = table;
        table = Optional.empty();
        if (old.isPresent()) {
            processors.hashPageTable(table, vrmaBase());
            old.get().close();
        }
    }

    /** Has processors forget what an entry has translated, as it was before it was changed. */
    public void forgetPage(long index, long v, long r) {
        processors.forgetPage(index, v, r);
    }

    /** Has processors forget everything. */
    public void forgetAll() {
        processors.hashPageTable(table, vrmaBase());
    }

    private void install(HashPageTable next, boolean withVrma) {
        Optional<HashPageTable> old = table;
        if (withVrma) {
            mapVrma(next);
        }
        table = Optional.of(next);
        processors.hashPageTable(table, vrmaBase());
        old.ifPresent(HashPageTable::close);
    }

    /** Logarithm of the size of the pages of the virtual real mode area. */
    private int vrmaBase() {
        return memory.size() % (1L << PageSizes.SHIFT_16M) == 0 ? PageSizes.SHIFT_16M : PageSizes.SHIFT_64K;
    }

    private void mapVrma(HashPageTable t) {
        int shift = vrmaBase();
        long segment = HashPageTable.VRMA_SEGMENT;
        long end = Math.min(memory.size(), VRMA_LIMIT);
        long pages = Math.min(end >>> shift, t.entries() / HashPageTable.GROUP);
        for (long page = 0; page < pages; page++) {
            long address = page << shift;
            long group = t.group(HashPageTable.hash(true, segment, address, shift));
            long v = HashPageTable.V_1T
                    | segment << 24
                    | address >>> 16 & HashPageTable.V_AVPN
                    | HashPageTable.V_BOLTED
                    | PageSizes.large(shift)
                    | HashPageTable.V_VALID;
            long r = address
                    | PageSizes.encoding(shift, shift)
                    | HashPageTable.R_R
                    | HashPageTable.R_C
                    | HashPageTable.R_M;
            int slot = LAST_SLOT;
            while (slot > 0 && (t.v(group + slot) & HashPageTable.V_VALID) != 0) {
                slot--;
            }
            t.set(group + slot, v, r);
        }
    }

    // Transfer

    /**
     * Begins to export the table.
     *
     * @param boltedOnly whether entries that are not bolted are taken for invalid
     * @throws IllegalStateException if there is no table
     */
    public PageTableExport export(boolean boltedOnly) {
        return new PageTableExport(existing(), boltedOnly);
    }

    private HashPageTable existing() {
        return table.orElseThrow(() -> new IllegalStateException("this partition has no hash page table"));
    }

    /**
     * Reads whole records of an export into the table, which has the same size. No vCPU may be running.
     *
     * @param in from where; what follows the last whole record stays in it
     * @throws IllegalArgumentException if a record cannot be of a table of this size, or an entry is none; the records
     *     before it have been read
     * @throws IllegalStateException if there is no table
     */
    public void load(ByteBuffer in) {
        HashPageTable t = existing();
        ByteBuffer records = in.slice().order(ByteOrder.BIG_ENDIAN);
        int consumed = 0;
        t.lock().lock();
        try {
            while (records.remaining() >= PageTableExport.HEADER_BYTES) {
                long index = records.getInt() & 0xffff_ffffL;
                int valid = records.getShort() & 0xffff;
                int invalid = records.getShort() & 0xffff;
                if (records.remaining() < valid * PageTableExport.ENTRY_BYTES) {
                    break;
                }
                loadRecord(t, records, index, valid, invalid);
                consumed = records.position();
            }
        } finally {
            t.lock().unlock();
            in.position(in.position() + consumed);
            forgetAll();
        }
    }

    private static void loadRecord(HashPageTable t, ByteBuffer records, long index, int valid, int invalid) {
        String name = "record of " + valid + " and " + invalid + " entries from " + index;
        if (index + valid + invalid > t.entries()) {
            throw new IllegalArgumentException(name + ": the table has " + t.entries());
        }
        for (int i = 0; i < valid; i++) {
            long v = records.getLong();
            long r = records.getLong();
            if ((v & HashPageTable.V_VALID) == 0 || PageSizes.baseOf(v, r) == 0) {
                throw new IllegalArgumentException(name + ": entry " + (index + i) + " is " + Long.toHexString(v) + " "
                        + Long.toHexString(r) + ", which is no valid one");
            }
            t.set(index + i, v, r);
        }
        for (int i = 0; i < invalid; i++) {
            t.set(index + valid + i, 0, 0);
        }
    }

    // Change of size

    /** What has come of a wish for another size. */
    public enum Progress {
        /** There is nothing, or nothing of that size. */
        NONE,
        /** It is being prepared. */
        BUSY,
        READY,
        /** The host has no memory for it. */
        NO_MEMORY,
        /** Bolted entries do not fit in the new table. */
        COLLISION
    }

    private static final class PendingTable {
        private final int shift;
        private Optional<HashPageTable> table = Optional.empty();
        private boolean isDone;
        private boolean isCancelled;

        PendingTable(int shift) {
            this.shift = shift;
        }

        void prepare() {
            Optional<HashPageTable> made;
            try {
                made = Optional.of(new HashPageTable(shift));
            } catch (OutOfMemoryError e) {
                made = Optional.empty();
            }
            synchronized (this) {
                isDone = true;
                table = made;
                if (isCancelled) {
                    made.ifPresent(HashPageTable::close);
                }
            }
        }

        synchronized void cancel() {
            isCancelled = true;
            table.ifPresent(HashPageTable::close);
        }

        synchronized Progress progress() {
            return !isDone ? Progress.BUSY : table.isPresent() ? Progress.READY : Progress.NO_MEMORY;
        }
    }

    /** Gives up a new table that has been prepared, or is being prepared. */
    public void cancel() {
        pending.ifPresent(PendingTable::cancel);
        pending = Optional.empty();
    }

    /** What is being prepared, as the logarithm of its size. */
    public OptionalInt pendingShift() {
        return pending.isPresent() ? OptionalInt.of(pending.get().shift) : OptionalInt.empty();
    }

    /** How far the table that is being prepared is. */
    public Progress progress() {
        return pending.isPresent() ? pending.get().progress() : Progress.NONE;
    }

    /** Starts to prepare a table of another size; one that was being prepared is given up. */
    public void prepare(int shift) {
        cancel();
        PendingTable next = new PendingTable(shift);
        pending = Optional.of(next);
        preparation.execute(next::prepare);
    }

    /**
     * Puts the prepared table, which is {@link Progress#READY}, in place of the one in use, with its bolted entries.
     *
     * @return READY, or COLLISION: then the old table stays
     */
    public Progress commit() {
        PendingTable next = pending.orElseThrow();
        HashPageTable old = table.orElseThrow();
        HashPageTable fresh = next.table.orElseThrow();
        pending = Optional.empty();
        if (!copyBolted(old, fresh)) {
            fresh.close();
            return Progress.COLLISION;
        }
        install(fresh, false);
        return Progress.READY;
    }

    private static boolean copyBolted(HashPageTable old, HashPageTable fresh) {
        for (long index = 0; index < old.entries(); index++) {
            long v = old.v(index);
            long wanted = HashPageTable.V_VALID | HashPageTable.V_BOLTED;
            if ((v & wanted) != wanted) {
                continue;
            }
            long r = old.r(index);
            int base = PageSizes.baseOf(v, r);
            boolean isTerabyte = HashPageTable.isTerabyte(v);
            long segment = HashPageTable.segment(v);
            // Of a small page the place in the old table tells as many bits of the offset as that has.
            long hash = HashPageTable.hash(isTerabyte, segment, old.offset(index, v, base), base);
            long group = fresh.group((v & HashPageTable.V_SECONDARY) != 0 ? ~hash : hash);
            long place = group + index % HashPageTable.GROUP;
            if ((fresh.v(place) & HashPageTable.V_VALID) != 0) {
                return false;
            }
            fresh.set(place, v, r);
        }
        return true;
    }

    @Override
    public void close() {
        cancel();
        table.ifPresent(HashPageTable::close);
        table = Optional.empty();
    }
}
