// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine;

import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.memory.HostMemory;
import dev.wattle.engine.translate.CodeCache;
import dev.wattle.engine.translate.CodePage;
import dev.wattle.engine.translate.Contexts;
import dev.wattle.engine.translate.JumpTables;
import java.lang.foreign.Arena;
import java.util.Arrays;

/**
 * What the engine needs of a guest processor: its state block, its data address translation, and what to do at the
 * edges of generated code.
 *
 * <p>The state block is off-heap memory of {@link Slots#COUNT} longs in host byte order, addressed by the same offsets
 * from Java and from generated code. A processor is used by one thread at a time; only {@link #request} may be called
 * from others.
 */
public abstract class Processor {
    /** Host address of the state block. */
    public final long state;
    /** Host address of the data TLB table of the current context, as {@link Slots#TLB}. */
    private long tlb;
    /** As {@link Slots#TLB_MASK}. */
    private long tlbMask;
    /** Mode bits that select translations; change with the processor's mode. */
    public int mode;
    /** Distinguishes instruction fetch contexts; below {@link #FETCH_CONTEXTS}. */
    public int fetchContext;
    /** Thrown, by the processor's own methods only, to leave the instruction being executed. */
    public final GuestInterrupt interrupt = new GuestInterrupt();
    /** Where the running instruction is: {@link dev.wattle.engine.ir.BlockBuilder} says how it is packed. */
    public int where;
    /** Effective address at which execution goes on after a routine that ends a block. */
    public long successor;

    private final JumpTables jumpTables;
    private final Contexts contexts;
    private boolean hasJumpTables;
    /** The number of the current context, as {@link Slots#CONTEXT} had it when Java last looked. */
    private long context;

    private Runnable settlement = () -> {};

    /** For {@link #fetchAddress} to set: size of the code page that the address lies in, all of which is RAM. */
    public int fetchedPageBytes = CodePage.SMALL;

    /** Fetch contexts are numbered below this. */
    public static final int FETCH_CONTEXTS = 32;

    private static final int FETCH_ENTRIES = 2048;
    /** Bits that tell for each fetch context which 64 KiB granules code has come from, modulo their number. */
    private static final int FILTER_WORDS = 64;

    private static final int GRANULE_SHIFT = 16;
    private static final long NO_TAG = -1;

    private final long[] fetchTags = new long[FETCH_ENTRIES];
    private final CodePage[] fetchPages = new CodePage[FETCH_ENTRIES];
    private final long[] fetchFilters = new long[FETCH_CONTEXTS * FILTER_WORDS];
    private final boolean[] fetched = new boolean[FETCH_CONTEXTS];
    private long fetchesEntered;

    protected Processor(Arena arena) {
        jumpTables = new JumpTables(arena, FETCH_CONTEXTS);
        contexts = new Contexts(arena, FETCH_CONTEXTS);
        Arrays.fill(fetchTags, NO_TAG);
        state = arena.allocate(Slots.COUNT * 8L, 64).address();
        putSlot(Slots.DEADLINE, Long.MAX_VALUE);
        putSlot(Slots.ONE, 1);
    }

    /** Makes a table the one that data accesses look into. */
    public final void publishTlb(long address, long mask) {
        tlb = address;
        tlbMask = mask;
        putSlot(Slots.TLB, address);
        putSlot(Slots.TLB_MASK, mask);
    }

    /** Host address of the {@link dev.wattle.engine.memory.SoftTlb} entry for an effective address. */
    public final long tlbEntry(long ea) {
        return tlb + (ea >>> 11 & tlbMask);
    }

    /** Tells indirect jumps where the code of an effective address is, which is on a page. */
    public final void rememberJump(long ea, CodePage page, long hostCode) {
        jumpTables.put(ea, page, hostCode);
    }

    /** Tells indirect jumps to a page where the code at an offset of it is. */
    public final void rememberCode(CodePage page, Block block, long hostCode) {
        jumpTables.put(page, block.pageOffset, block.mode, hostCode);
    }

    /** Has the host code of a block no longer found by {@link #rememberJump}, but by what is still to be forgotten. */
    public final void forgetCode(Block block, long hostCode) {
        jumpTables.forget(block.realPage + block.pageOffset, block.pageBytes, block.mode, hostCode);
    }

    /** Has all jumps look again where code is: what has been told to {@link #forgetCode} is no more. */
    public final void forgetJumps() {
        jumpTables.forgetJumps();
    }

    /** Names who works out the status of floating-point operations that the host has done. */
    public final void onSettle(Runnable action) {
        settlement = action;
    }

    /** Brings the floating-point status register up to date. Whoever reads or writes it calls this first. */
    public final void settle() {
        if ((slot(Slots.FLOAT_LAST) | slot(Slots.FLOAT_LATER)) != 0) {
            settlement.run();
        }
    }

    /** Has {@link Slots#JUMP_TABLE} kept up to date for an engine that uses it. */
    public final void useJumpTables() {
        putSlot(Slots.CODE_TABLE, jumpTables.enable());
        hasJumpTables = true;
        contexts.clear();
        fetchModeChanged();
    }

    /** To be called whenever {@link #mode} or {@link #fetchContext} has changed. */
    public final void fetchModeChanged() {
        putSlot(Slots.JUMP_TABLE, jumpTables.table(mode, fetchContext));
    }

    // Contexts that generated code may enter by itself

    /** Makes a table the one that generated code looks for contexts in; its number is below {@link #FETCH_CONTEXTS}. */
    public final void selectContexts(int table) {
        putSlot(Slots.CONTEXTS, contexts.address(table));
    }

    /**
     * Numbers the current context, after {@link #fetchModeChanged} and {@link #publishTlb}.
     *
     * @param dataContext what {@link #contextAdopted} is to be told
     */
    public final void publishContext(int dataContext) {
        context = (long) dataContext << 32 | (long) fetchContext << 16 | mode;
        putSlot(Slots.CONTEXT, context);
    }

    /**
     * Lets generated code enter the current context.
     *
     * @param table where that may be looked for, as in {@link #selectContexts}
     * @param key by which
     * @param word what the word that holds the guest's mode becomes
     */
    public final void rememberContext(int table, long key, long word) {
        if (hasJumpTables) {
            contexts.put(table, key, word, tlb, tlbMask, slot(Slots.JUMP_TABLE), context, addressMask());
        }
    }

    /** Has Java asked again for each context before generated code enters it: something that it depends on has changed. */
    public final void forgetContexts() {
        contexts.clear();
    }

    /** The same for one table. */
    public final void forgetContexts(int table) {
        contexts.clear(table);
    }

    /** Takes note of the context that generated code has entered. Whoever has run generated code calls this first. */
    public final void adoptContext() {
        long entered = slot(Slots.CONTEXT);
        if (entered != context) {
            context = entered;
            mode = (int) entered & 0xffff;
            fetchContext = (int) (entered >>> 16) & 0xffff;
            tlb = slot(Slots.TLB);
            tlbMask = slot(Slots.TLB_MASK);
            fetchModeChanged();
            contextAdopted((int) (entered >>> 32));
        }
    }

    /** Told that generated code has entered a context, by its number of {@link #publishContext}. */
    protected abstract void contextAdopted(int dataContext);

    /**
     * The code page that instructions at an effective address come from: a small direct-mapped fetch TLB over {@link
     * #fetchAddress}.
     */
    public final CodePage fetchPage(long ea) {
        int index = (int) (ea >>> 12) & FETCH_ENTRIES - 1;
        long tag = ea & -CodePage.SMALL | fetchContext;
        if (fetchTags[index] == tag) {
            return fetchPages[index];
        }
        CodePage page = codeCache().page(fetchAddress(ea), fetchedPageBytes);
        fetchesEntered++;
        fetchTags[index] = tag;
        fetchPages[index] = page;
        long granule = ea >>> GRANULE_SHIFT;
        fetchFilters[filterWord(fetchContext, granule)] |= 1L << granule;
        fetched[fetchContext] = true;
        return page;
    }

    /** How many instruction address translations have been entered. */
    public final long fetchesEntered() {
        return fetchesEntered;
    }

    private static int filterWord(int context, long granule) {
        return context * FILTER_WORDS + ((int) (granule >>> 6) & FILTER_WORDS - 1);
    }

    /** Forgets all instruction address translations. */
    public final void flushFetch() {
        for (int context = 0; context < FETCH_CONTEXTS; context++) {
            flushFetch(context);
        }
    }

    /**
     * Forgets the instruction address translations of a fetch context.
     *
     * @return whether there may have been any
     */
    public final boolean flushFetch(int context) {
        if (!fetched[context]) {
            return false;
        }
        fetched[context] = false;
        for (int i = 0; i < FETCH_ENTRIES; i++) {
            if ((fetchTags[i] & CodePage.SMALL - 1) == context) {
                fetchTags[i] = NO_TAG;
            }
        }
        Arrays.fill(fetchFilters, context * FILTER_WORDS, (context + 1) * FILTER_WORDS, 0);
        jumpTables.clear(context);
        return true;
    }

    /**
     * Forgets the instruction address translations of a fetch context for {@code [ea, ea + bytes)}, and may forget more.
     * Data pages cost nothing here: only if code has come from there, something is forgotten.
     *
     * @return whether there may have been any
     */
    public final boolean flushFetchRange(int context, long ea, long bytes) {
        if (!fetched[context]) {
            return false;
        }
        long first = ea >>> GRANULE_SHIFT;
        long last = ea + bytes - 1 >>> GRANULE_SHIFT;
        if (last - first < 0 || last - first >= 64L * FILTER_WORDS) {
            return flushFetch(context);
        }
        for (long granule = first; granule <= last; granule++) {
            if ((fetchFilters[filterWord(context, granule)] >>> granule & 1) != 0) {
                return flushFetch(context);
            }
        }
        return false;
    }

    public final long slot(int slot) {
        return HostMemory.getLong(state + slot * 8L);
    }

    public final void putSlot(int slot, long value) {
        HostMemory.putLong(state + slot * 8L, value);
    }

    /** Effective address of the running instruction. */
    public final long cia() {
        return slot(Slots.NIA) + (where & 0xffff) & addressMask();
    }

    /** Guest instructions completed before the running one. */
    public final long completed() {
        return slot(Slots.COMPLETED) + (where >>> 16);
    }

    /** Asks the run loop to look at pending work at the next block end. Any thread may call this. */
    public final void request(long bits) {
        HostMemory.getAndOrLong(state + Slots.PENDING * 8L, bits);
    }

    /** Bits of an effective address that count at the moment. */
    public abstract long addressMask();

    /**
     * Translates an instruction address, and sets {@link #fetchedPageBytes}.
     *
     * @return the guest real address
     * @throws GuestInterrupt if the guest may not fetch there
     */
    public abstract long fetchAddress(long ea);

    /**
     * A load that misses the TLB: enters the translation, or reads piecewise.
     *
     * @return a host address from which the bytes can be read in guest order
     * @throws GuestInterrupt if the access is not allowed
     */
    public abstract long loadMiss(long ea, int bytes);

    /**
     * A store that misses the TLB.
     *
     * @param value the bytes to store, in the low end; the first byte in storage is the most significant if {@code
     *     bigEndian}
     * @throws GuestInterrupt if the access is not allowed; nothing has been stored then
     */
    public abstract void storeMiss(long ea, int bytes, long value, boolean bigEndian);

    /**
     * Enters a translation, if that changes nothing that the guest could see but a reference bit.
     *
     * @return whether the TLB allows what is wanted of loads and stores of a range of bytes now
     */
    public abstract boolean prepare(long ea, int bytes, boolean load, boolean store);

    /** Takes the interrupt that was recorded when {@link #interrupt} was thrown, at {@link #cia}; sets NIA. */
    public abstract void takeInterrupt();

    /**
     * Looks at pending work between two blocks: may take an asynchronous interrupt.
     *
     * @return false to leave the run loop
     */
    public abstract boolean poll();

    /** The translations this processor executes. */
    public abstract CodeCache codeCache();
}
