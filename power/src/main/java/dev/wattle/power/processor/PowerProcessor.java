// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

import dev.wattle.engine.GuestInterrupt;
import dev.wattle.engine.Processor;
import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.engine.memory.HostMemory;
import dev.wattle.engine.memory.SoftTlb;
import dev.wattle.engine.translate.CodeCache;
import dev.wattle.engine.translate.CodePage;
import dev.wattle.engine.translate.FrontEnd;
import dev.wattle.power.isa.Disassembler;
import dev.wattle.power.isa.InstructionTable;
import dev.wattle.power.mmu.HashMmu;
import dev.wattle.power.mmu.HashPageTable;
import dev.wattle.power.mmu.RadixMmu;
import dev.wattle.power.mmu.Slb;
import dev.wattle.power.model.ProcessorModel;
import java.lang.foreign.Arena;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A Power processor thread as a guest operating system sees it: MSR[HV] = 0 under a hypervisor.
 *
 * <p>Registers live in the state block ({@link State}); this class gives them names, and translates, loads, stores and
 * interrupts on their behalf. Routines get an instance and use it from the vCPU's thread only.
 */
public final class PowerProcessor extends Processor {
    /** Pending-work bits, see {@link #request}. */
    public static final long PENDING_LEAVE = 1;

    public static final long PENDING_EXTERNAL = 2;
    public static final long PENDING_DECREMENTER = 4;
    public static final long PENDING_KICK = 8;
    public static final long PENDING_DOORBELL = 16;
    public static final long PENDING_SYSTEM_RESET = 32;
    public static final long PENDING_MACHINE_CHECK = 64;
    /** The platform has something to do on the vCPU's thread. */
    public static final long PENDING_TASK = 128;

    private static final long FPSCR_XX = 0x0200_0000L;
    /** XX, VE, OE, UE, ZE, XE and RN: all 0 but XX, so that only the class of a result and its rounding are new. */
    private static final long FPSCR_OF_HOST_ARITHMETIC = FPSCR_XX | 0xfb;
    /** Position, in a context's key, of bits 0 and 1 of the AMR; all other bits are those of the MSR. */
    public static final int KEY_AMR_SHIFT = 26;

    /** The bits of a key that are those of the AMR. */
    public static final long KEY_AMR = 3L << KEY_AMR_SHIFT;

    private static final boolean HOST_BIG_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN;

    /** What the floating-point instruction being executed works with. */
    public final FloatingPointScratch floatingPoint = new FloatingPointScratch();

    private final ProcessorModel model;
    private final GuestMemory memory;
    private final AddressTranslation translation;
    private final CodeCache codeCache;
    private final ProcessorGroup group;
    private final Inbox inbox = new Inbox();
    private final int number;
    private volatile Thread thread = Thread.currentThread();
    /** Where stores have been done of which other processors with translations there have not been told: pairs of start and end. */
    private long[] unreported = new long[8];

    private int unreportedLength;
    /** Pages of the last stores that missed the TLB. */
    private long lastStore = -1;

    private long storeBefore = -1;
    private boolean othersTold;
    private final SprTable sprTable;
    private final long scratch;
    /** Where bytes that the platform has loaded are put for the processor to read. */
    private final long ioScratch;

    private final TimeBase time;
    private final Interrupts interrupts = new Interrupts(this);
    private final Debugging debugging = new Debugging(this);
    private final PlatformCalls platform;

    /**
     * Makes a processor in its reset state.
     *
     * @param arena owns the state block and the TLBs
     * @param frontEnd translates guest code
     * @param time the time base, shared by all processors of a machine
     * @param platform what the hypervisor under this processor does
     */
    public PowerProcessor(
            Arena arena,
            ProcessorModel model,
            GuestMemory memory,
            FrontEnd frontEnd,
            TimeBase time,
            PlatformCalls platform) {
        this(arena, model, memory, new ProcessorGroup(memory), frontEnd, time, platform);
    }

    /** Makes a processor that shares its memory with those of a group. */
    public PowerProcessor(
            Arena arena,
            ProcessorModel model,
            GuestMemory memory,
            ProcessorGroup group,
            FrontEnd frontEnd,
            TimeBase time,
            PlatformCalls platform) {
        super(arena);
        this.group = group;
        number = group.join(this);
        this.model = model;
        this.memory = memory;
        this.time = time;
        this.platform = platform;
        this.sprTable = new SprTable(model);
        this.translation = new AddressTranslation(this, arena, memory);
        this.codeCache = new CodeCache(memory, frontEnd, group.codeWatch(), number, this::watch);
        this.scratch = arena.allocate(64, 64).address();
        this.ioScratch = scratch + 32;
        putSlot(State.RESERVATION, -1);
        setMsr(Msr.SF | Msr.ME);
    }

    /**
     * Back to the reset state, in which it has no translations of data either. While nothing is executed; who has set registers
     * after {@linkplain #PowerProcessor construction} sets them again.
     */
    public void reset() {
        settle();
        for (int slot = Slots.GUEST; slot < State.END; slot++) {
            putSlot(slot, 0);
        }
        putSlot(State.RESERVATION, -1);
        setFpscr(0);
        setNia(0);
        interrupts.withdraw(-1);
        for (int entry = 0; entry < Slb.ENTRIES; entry++) {
            hash().slb().invalidate(entry);
        }
        putSlot(State.MSR, Msr.SF | Msr.ME);
        translationChanged();
        translation.debugRegistersChanged();
    }

    public ProcessorModel model() {
        return model;
    }

    public GuestMemory memory() {
        return memory;
    }

    public RadixMmu radix() {
        return translation.radix();
    }

    /** Translation by hash page table; what is in force is seen by {@link RadixMmu#isActive}. */
    public HashMmu hash() {
        return translation.hash();
    }

    /** The special purpose registers that the model has, and who may access them. */
    public SprTable sprTable() {
        return sprTable;
    }

    public TimeBase time() {
        return time;
    }

    public Interrupts interrupts() {
        return interrupts;
    }

    public PlatformCalls platform() {
        return platform;
    }

    @Override
    public CodeCache codeCache() {
        return codeCache;
    }

    /** What stops this processor for a debugger outside of the guest. */
    public Debugging debugging() {
        return debugging;
    }

    // Registers

    public long gpr(int n) {
        return slot(State.GPR + n);
    }

    public void setGpr(int n, long value) {
        putSlot(State.GPR + n, value);
    }

    /** GPR n, or 0 for n = 0, as (RA|0). */
    public long gprOrZero(int n) {
        return n == 0 ? 0 : slot(State.GPR + n);
    }

    public long spr(int n) {
        return slot(State.SPR + n);
    }

    public void setSpr(int n, long value) {
        putSlot(State.SPR + n, value);
    }

    /** Field n of the CR as a nibble: LT 8, GT 4, EQ 2, SO 1. */
    public int cr(int field) {
        return (int) slot(State.CR + field);
    }

    public void setCr(int field, int nibble) {
        putSlot(State.CR + field, nibble & 15);
    }

    /** The whole CR, field 0 in the most significant nibble. */
    public int crWord() {
        int word = 0;
        for (int i = 0; i < 8; i++) {
            word = word << 4 | cr(i);
        }
        return word;
    }

    public void setCrWord(int word) {
        for (int i = 0; i < 8; i++) {
            setCr(i, word >>> 28 - 4 * i);
        }
    }

    /** Bit n of the CR, 0 to 31. */
    public int crBit(int n) {
        return cr(n >> 2) >> 3 - (n & 3) & 1;
    }

    /** Sets CR field 0 from a result as record forms do, in the current computation mode. */
    public void recordCr0(long result) {
        long value = (msr() & Msr.SF) != 0 ? result : (int) result;
        setCr(0, (value < 0 ? 8 : value > 0 ? 4 : 2) | (int) slot(State.SO));
    }

    public long xer() {
        return slot(State.SO) << 31
                | slot(State.OV) << 30
                | slot(State.CA) << 29
                | slot(State.OV32) << 19
                | slot(State.CA32) << 18
                | slot(State.XER_REST);
    }

    public void setXer(long value) {
        putSlot(State.SO, value >>> 31 & 1);
        putSlot(State.OV, value >>> 30 & 1);
        putSlot(State.CA, value >>> 29 & 1);
        boolean isa3 = model.isa() >= 300;
        putSlot(State.OV32, isa3 ? value >>> 19 & 1 : 0);
        putSlot(State.CA32, isa3 ? value >>> 18 & 1 : 0);
        putSlot(State.XER_REST, value & 0x7f);
        summaryOverflowChanged();
    }

    /** Sets OV, OV32 (where it exists) and, if either overflow of 64 bits, the summary SO. */
    public void setOverflow(boolean overflow, boolean overflow32) {
        putSlot(State.OV, overflow ? 1 : 0);
        if (model.isa() >= 300) {
            putSlot(State.OV32, overflow32 ? 1 : 0);
        }
        if (overflow) {
            putSlot(State.SO, 1);
            summaryOverflowChanged();
        }
    }

    public long fpr(int n) {
        return slot(State.fpr(n));
    }

    /** Sets FPR n. Doubleword 1 of the VSR, which the book leaves undefined, becomes 0 as on real processors. */
    public void setFpr(int n, long value) {
        putSlot(State.fpr(n), value);
        putSlot(State.fpr(n) - 1, 0);
    }

    /** Doubleword 0 (left) of VSR n, 0 to 63. */
    public long vsrHigh(int n) {
        return slot(State.VSR + 2 * n + 1);
    }

    /** Doubleword 1 (right) of VSR n. */
    public long vsrLow(int n) {
        return slot(State.VSR + 2 * n);
    }

    public void setVsr(int n, long high, long low) {
        putSlot(State.VSR + 2 * n + 1, high);
        putSlot(State.VSR + 2 * n, low);
    }

    /** Doubleword 0 (left) of VR n, 0 to 31, which is VSR 32 + n. */
    public long vrHigh(int n) {
        return vsrHigh(32 + n);
    }

    public long vrLow(int n) {
        return vsrLow(32 + n);
    }

    public void setVr(int n, long high, long low) {
        setVsr(32 + n, high, low);
    }

    public long fpscr() {
        settle();
        return slot(State.FPSCR);
    }

    public void setFpscr(long value) {
        settle();
        putSlot(State.FPSCR, value);
        putSlot(Slots.FLOAT_ALLOWED, (value & FPSCR_OF_HOST_ARITHMETIC) == FPSCR_XX ? 1 : 0);
    }

    /** CR field 1 from FPSCR[FX FEX VX OX], as floating-point record forms do. */
    public void recordCr1() {
        setCr(1, (int) (fpscr() >>> 28) & 15);
    }

    /** VSCR: NJ is bit value 0x10000, SAT is 1. */
    public int vscr() {
        return (int) slot(State.VSCR);
    }

    public void setVscr(int value) {
        putSlot(State.VSCR, value & 0x10001);
    }

    public long msr() {
        return slot(State.MSR);
    }

    /** To be called when XER[SO] may have changed. */
    public void summaryOverflowChanged() {
        if ((mode & Mode.SO) != 0 != (slot(State.SO) != 0)) {
            contextChanged();
        }
    }

    /** Sets the MSR and all that follows from it: translation mode, TLB context, fetch context. */
    public void setMsr(long value) {
        putSlot(State.MSR, value);
        contextChanged();
        if ((value & Msr.EE) != 0 && interrupts.anyRequested()) {
            request(PENDING_KICK);
        }
    }

    /** Works out again what depends on MSR, XER[SO], PIDR, AMR, CIABR and facility registers. */
    public void contextChanged() {
        translation.contextChanged();
    }

    /**
     * Lets generated code enter the current context by itself, for a key that consists of the MSR that software asked for
     * and {@link State#AMR_KEY}. To be called only where nothing but the MSR changes, and what follows from it.
     */
    public void rememberContext(long key) {
        translation.rememberContext(key);
    }

    @Override
    protected void contextAdopted(int dataContext) {
        translation.contextAdopted(dataContext);
    }

    /** Heeds registers that only a hypervisor writes, and may have written: CIABR, DAWR0 and DAWRX0. */
    public void debugRegistersChanged() {
        translation.debugRegistersChanged();
    }

    private long decrementerDeadline = Long.MAX_VALUE;
    private long stop = Long.MAX_VALUE;

    @Override
    public long addressMask() {
        return (msr() & Msr.SF) != 0 ? -1L : 0xffff_ffffL;
    }

    /** An effective address as the computation mode has it. */
    public long ea(long sum) {
        return sum & addressMask();
    }

    public boolean littleEndian() {
        return (msr() & Msr.LE) != 0;
    }

    // Address translation

    /** Counts of the data TLBs: entries made, tables that have grown, tables taken for another context. */
    public Map<String, Long> tlbCounts() {
        return translation.tlbCounts();
    }

    /** Where a load from an effective address would go now, if it would be allowed; nothing is changed by this. */
    public Optional<TranslatedAddress> lookUp(long ea) {
        return translation.lookUp(ea);
    }

    /** Forgets all translations. */
    public void invalidateTranslations() {
        translation.invalidateTranslations();
    }

    /** Heeds that other storage, or none, will be at some guest real addresses; what is there can still be read. */
    public void storageChanges(long ra, long bytes) {
        codeCache.written(ra, bytes);
        invalidateTranslations();
    }

    /** Has stores to some storage noticed again, whose pages are no longer taken for dirty. */
    public void watchStores(long ra, long bytes) {
        translation.watchStores(ra, bytes);
    }

    /** Forgets the translations of a process; those of process 0 in the upper quadrant are everybody's. */
    public void invalidateProcess(long pid) {
        translation.invalidateProcess(pid);
    }

    /**
     * Forgets the translations of one page.
     *
     * @param pid whose page it is; those of process 0 in the upper quadrant are everybody's
     * @param ea first effective address; the quadrant does not matter
     * @param bytes page size, a power of two
     */
    public void invalidatePage(long pid, long ea, long bytes) {
        translation.invalidatePage(pid, ea, bytes);
    }

    /**
     * Sets an entry of the segment lookaside buffer.
     *
     * @param first ESID and V, as {@link Slb} has them
     * @param second virtual segment doubleword
     */
    public void setSegment(int entry, long first, long second) {
        translation.setSegment(entry, first, second);
    }

    /** Makes an entry of the segment lookaside buffer invalid. */
    public void invalidateSegment(int entry) {
        translation.invalidateSegment(entry);
    }

    /**
     * Sets the hash page table, and with it whether real mode is translated.
     *
     * @param table empty for none
     * @param vrmaBase logarithm of the base page size of the virtual real mode area
     */
    public void hashPageTable(Optional<HashPageTable> table, int vrmaBase) {
        translation.hashPageTable(table, vrmaBase);
    }

    /**
     * Forgets what an entry of the hash page table has translated, which has been changed.
     *
     * @param index where it stands
     * @param v its doublewords as they were before
     */
    public void forgetPage(long index, long v, long r) {
        translation.forgetPage(index, v, r);
    }

    /** Heeds that translation is by another kind of table: {@link RadixMmu#isActive} answers otherwise than before. */
    public void translationChanged() {
        translation.translationChanged();
    }

    /** Heeds a new PIDR. */
    public void processChanged() {
        translation.processChanged();
    }

    /** Forgets where instructions come from, for the page being executed as well. */
    public void forgetFetches() {
        translation.forgetFetches();
    }

    @Override
    public long fetchAddress(long ea) {
        return translation.fetchAddress(ea);
    }

    @Override
    public boolean prepare(long ea, int bytes, boolean load, boolean store) {
        return translation.prepare(ea, bytes, load, store);
    }

    private boolean hits(long ea, int bytes, int limitOffset) {
        return translation.hits(ea, bytes, limitOffset);
    }

    private long hitHost(long ea) {
        return translation.hitHost(ea);
    }

    /** Host address at which the bytes of a load that does not cross a page can be read, now. */
    private long hostForLoad(long ea, int bytes) {
        if (hits(ea, bytes, SoftTlb.READ_LIMIT)) {
            return hitHost(ea);
        }
        long host = translation.dataAddress(ea, bytes, false);
        if (host != AddressTranslation.NO_MEMORY) {
            return host;
        }
        long ra = translation.ioAddress();
        if (Integer.bitCount(bytes) == 1) {
            HostMemory.putLongLe(ioScratch, platform.ioLoad(this, ea, ra, bytes));
        } else {
            // A piece of an access that crosses pages.
            for (int i = 0; i < bytes; i++) {
                HostMemory.putByte(ioScratch + i, (byte) platform.ioLoad(this, ea + i, ra + i, 1));
            }
        }
        return ioScratch;
    }

    /** Has the platform store some of the bytes of a value, as {@link #putBytes}. */
    private void putIo(long ea, long ra, int from, int count, int bytes, long value, boolean bigEndian) {
        long all = bigEndian ? Long.reverseBytes(value) >>> 64 - 8 * bytes : value;
        long data = count == 8 ? all : all >>> 8 * from & (1L << 8 * count) - 1;
        if (Integer.bitCount(count) == 1) {
            platform.ioStore(this, ea, ra, count, data);
            return;
        }
        for (int i = 0; i < count; i++) {
            platform.ioStore(this, ea + i, ra + i, 1, data >>> 8 * i & 0xff);
        }
    }

    /**
     * Host address of a data address for a store of bytes that do not cross a 4 KiB page; translations of code there
     * are dropped.
     *
     * @throws GuestInterrupt if the store is not allowed
     */
    public long hostForStore(long ea, int bytes) {
        if (hits(ea, bytes, SoftTlb.WRITE_LIMIT)) {
            return hitHost(ea);
        }
        long host = storeAddress(ea, bytes);
        if (host == AddressTranslation.NO_MEMORY) {
            throw interrupts.machineCheckData(ea, false);
        }
        return host;
    }

    /** As {@link #hostForStore}, but answers {@link AddressTranslation#NO_MEMORY} for what is the platform's, at {@link AddressTranslation#ioAddress}. */
    private long storeAddress(long ea, int bytes) {
        if (hits(ea, bytes, SoftTlb.WRITE_LIMIT)) {
            return hitHost(ea);
        }
        long host = translation.dataAddress(ea, bytes, true);
        if (host != AddressTranslation.NO_MEMORY) {
            storesTo(translation.dataReal(), bytes);
        }
        return host;
    }

    /**
     * Host address of a data address for an aligned load, as for atomic accesses.
     *
     * @throws GuestInterrupt if the load is not allowed, in caching-inhibited storage in particular
     */
    public long hostForAlignedLoad(long ea, int bytes) {
        if (hits(ea, bytes, SoftTlb.READ_LIMIT)) {
            return hitHost(ea);
        }
        long host = translation.translateData(ea, bytes, false);
        if (translation.isCachingInhibited()) {
            throw interrupts.dataStorage(ea, Interrupts.DSISR_INVALID_ATTRIBUTE);
        }
        return host;
    }

    /**
     * Host address of an aligned quadword; empty for what is the platform's.
     *
     * @throws GuestInterrupt if the access is not allowed
     */
    public OptionalLong hostForQuadword(long ea, boolean isStore) {
        long host;
        if (isStore) {
            host = storeAddress(ea, 16);
        } else {
            host = hits(ea, 16, SoftTlb.READ_LIMIT) ? hitHost(ea) : translation.dataAddress(ea, 16, false);
        }
        return host == AddressTranslation.NO_MEMORY ? OptionalLong.empty() : OptionalLong.of(host);
    }

    /**
     * Does something while no other processor of the group executes anything. Called before the running instruction has
     * changed anything, since it may be begun again for that.
     *
     * @throws GuestInterrupt what the action throws, or to begin the instruction again
     */
    public <T> T alone(Supplier<T> action) {
        if (!group.isShared()) {
            return action.get();
        }
        return platform.alone(this, action).orElseThrow(interrupts::leave);
    }

    /**
     * Host address of a cache block to be set to zero.
     *
     * @param ea aligned to {@code bytes}
     * @throws GuestInterrupt if the store is not allowed; in caching-inhibited storage the alignment interrupt
     */
    public long hostForBlock(long ea, int bytes) {
        if (hits(ea, bytes, SoftTlb.WRITE_LIMIT)) {
            return hitHost(ea);
        }
        long host = hostForStore(ea, bytes);
        if (translation.isCachingInhibited()) {
            throw interrupts.alignment(ea);
        }
        return host;
    }

    @Override
    public long loadMiss(long ea, int bytes) {
        if ((ea & 0xfff) + bytes <= 0x1000) {
            return hostForLoad(ea, bytes);
        }
        int first = (int) (0x1000 - (ea & 0xfff));
        long next = ea + first & addressMask();
        long low = hostForLoad(ea, first);
        HostMemory.copy(low, scratch, first);
        HostMemory.copy(hostForLoad(next, bytes - first), scratch + first, bytes - first);
        return scratch;
    }

    @Override
    public void storeMiss(long ea, int bytes, long value, boolean bigEndian) {
        if ((ea & 0xfff) + bytes <= 0x1000) {
            put(ea, storeAddress(ea, bytes), translation.ioAddress(), 0, bytes, bytes, value, bigEndian);
            return;
        }
        int first = (int) (0x1000 - (ea & 0xfff));
        long next = ea + first & addressMask();
        // Both pages must allow the store before anything is stored; the second look-up may evict the first entry
        // from the TLB, but not the host address from our hands.
        long high = storeAddress(next, bytes - first);
        long highIo = translation.ioAddress();
        long low = storeAddress(ea, first);
        if (high == AddressTranslation.NO_MEMORY) {
            platform.ioProbe(this, next);
        }
        if (low == AddressTranslation.NO_MEMORY) {
            platform.ioProbe(this, ea);
        }
        put(ea, low, translation.ioAddress(), 0, first, bytes, value, bigEndian);
        put(next, high, highIo, first, bytes - first, bytes, value, bigEndian);
    }

    private void put(
            long ea, long host, long ioAddress, int from, int count, int bytes, long value, boolean bigEndian) {
        if (host == AddressTranslation.NO_MEMORY) {
            putIo(ea, ioAddress, from, count, bytes, value, bigEndian);
        } else if (count == bytes && Integer.bitCount(bytes) == 1) {
            // One access, as others see it.
            putWhole(host, bytes, bigEndian ? Long.reverseBytes(value) >>> 64 - 8 * bytes : value);
        } else {
            putBytes(host, from, count, bytes, value, bigEndian);
        }
    }

    private static void putWhole(long host, int bytes, long value) {
        switch (bytes) {
            case 1 -> HostMemory.putByte(host, (byte) value);
            case 2 -> HostMemory.putShortLe(host, (short) value);
            case 4 -> HostMemory.putIntLe(host, (int) value);
            default -> HostMemory.putLongLe(host, value);
        }
    }

    private static void putBytes(long host, int from, int count, int bytes, long value, boolean bigEndian) {
        for (int i = 0; i < count; i++) {
            int index = from + i;
            int shift = 8 * (bigEndian ? bytes - 1 - index : index);
            HostMemory.putByte(host + i, (byte) (value >>> shift));
        }
    }

    // Other processors

    /** The processors that share this one's memory. */
    public ProcessorGroup group() {
        return group;
    }

    Inbox inbox() {
        return inbox;
    }

    /** Whether a thread is the one that runs this processor, or has run it last. */
    boolean isOn(Thread other) {
        return thread == other;
    }

    /** The calling thread runs the processor from now on. What it has been told meanwhile is heeded. */
    public void resume() {
        thread = Thread.currentThread();
        inbox.resume();
        if (inbox.isOverrun()) {
            forgetEverything();
        }
        inbox.heed();
    }

    /** No guest code is executed until {@link #resume}. */
    public void pause() {
        report();
        inbox.pause();
    }

    /**
     * Heeds what others have told this processor, and tells them of its stores to their code. On the processor's thread,
     * between two instructions.
     */
    public void heed() {
        report();
        if (inbox.isOverrun()) {
            // It may have stored to what was to be protected.
            forgetEverything();
            group.tellOthers(this, other -> other.codeCache.dropAll());
        }
        inbox.heed();
    }

    private void forgetEverything() {
        codeCache.dropAll();
        invalidateTranslations();
    }

    /**
     * Has something done by this processor now, and by all others when they next look at pending work; {@link #awaitOthers}
     * waits for that.
     */
    public void everywhere(Consumer<PowerProcessor> action) {
        action.accept(this);
        if (group.isShared()) {
            othersTold = true;
            group.tellOthers(this, action);
        }
    }

    /** Waits until all other processors have done what they have been told by this one, or execute nothing. */
    public void awaitOthers() {
        if (othersTold) {
            othersTold = false;
            group.await(this);
        }
    }

    /** A 4 KiB page has translations of this processor from now on. */
    private void watch(long ra) {
        translation.protect(ra);
        if (group.isShared()) {
            group.tellOthers(this, other -> other.protectFor(ra, this));
        }
    }

    /** Has stores to a page noticed, which another processor translates; those that were not may have changed it. */
    private void protectFor(long ra, PowerProcessor watcher) {
        if (translation.protect(ra) || ra == lastStore || ra == storeBefore) {
            group.tell(watcher, p -> p.codeCache.written(ra, CodePage.SMALL));
        }
    }

    /** The guest is about to store within a 4 KiB page, where that is looked at. */
    private void storesTo(long ra, int bytes) {
        storeBefore = lastStore;
        lastStore = ra & -CodePage.SMALL;
        long watchers = codeCache.watchers(ra, 1);
        if (watchers == 0) {
            return;
        }
        if ((watchers >>> number & 1) != 0) {
            codeCache.written(ra, bytes);
        }
        if ((watchers & ~(1L << number)) != 0) {
            noteUnreported(ra, ra + bytes);
        }
    }

    /** Others are told once the store is done. */
    private void noteUnreported(long start, long end) {
        request(PENDING_KICK);
        if (unreportedLength != 0 && unreported[unreportedLength - 2] / CodePage.SMALL == start / CodePage.SMALL) {
            unreported[unreportedLength - 2] = Math.min(unreported[unreportedLength - 2], start);
            unreported[unreportedLength - 1] = Math.max(unreported[unreportedLength - 1], end);
            return;
        }
        if (unreportedLength == unreported.length) {
            unreported = Arrays.copyOf(unreported, 2 * unreportedLength);
        }
        unreported[unreportedLength++] = start;
        unreported[unreportedLength++] = end;
    }

    private void report() {
        for (int i = 0; i < unreportedLength; i += 2) {
            group.written(unreported[i], unreported[i + 1] - unreported[i], ~(1L << number));
        }
        unreportedLength = 0;
    }

    // Storage access for routines: effective addresses, in the byte order of MSR[LE]

    /** Checks that {@code bytes} from {@code ea} may be accessed, so that a later access cannot interrupt half-way. */
    public void probe(long ea, int bytes, boolean store) {
        int done = 0;
        while (done < bytes) {
            long at = ea(ea + done);
            int piece = (int) Math.min(bytes - done, 4096 - (at & 0xfff));
            long host = store
                    ? storeAddress(at, piece)
                    : hits(at, piece, SoftTlb.READ_LIMIT) ? 0 : translation.dataAddress(at, piece, false);
            if (host == AddressTranslation.NO_MEMORY) {
                platform.ioProbe(this, at);
            }
            done += piece;
        }
    }

    private long loadHost(long ea, int bytes) {
        return hits(ea, bytes, SoftTlb.READ_LIMIT) ? hitHost(ea) : loadMiss(ea, bytes);
    }

    public int load8(long ea) {
        return HostMemory.getByte(loadHost(ea, 1)) & 0xff;
    }

    /** Zero-extended halfword. */
    public int load16(long ea) {
        long host = loadHost(ea, 2);
        return (littleEndian() ? HostMemory.getShortLe(host) : HostMemory.getShortBe(host)) & 0xffff;
    }

    public int load32(long ea) {
        long host = loadHost(ea, 4);
        return littleEndian() ? HostMemory.getIntLe(host) : HostMemory.getIntBe(host);
    }

    public long load64(long ea) {
        long host = loadHost(ea, 8);
        return littleEndian() ? HostMemory.getLongLe(host) : HostMemory.getLongBe(host);
    }

    public void store8(long ea, int value) {
        if (hits(ea, 1, SoftTlb.WRITE_LIMIT)) {
            HostMemory.putByte(hitHost(ea), (byte) value);
        } else {
            storeMiss(ea, 1, value, false);
        }
    }

    public void store16(long ea, int value) {
        store(ea, 2, value);
    }

    public void store32(long ea, int value) {
        store(ea, 4, value);
    }

    public void store64(long ea, long value) {
        store(ea, 8, value);
    }

    private void store(long ea, int bytes, long value) {
        boolean big = !littleEndian();
        if (!hits(ea, bytes, SoftTlb.WRITE_LIMIT)) {
            storeMiss(ea, bytes, value, big);
            return;
        }
        long host = hitHost(ea);
        switch (bytes) {
            case 2 -> {
                if (big) {
                    HostMemory.putShortBe(host, (short) value);
                } else {
                    HostMemory.putShortLe(host, (short) value);
                }
            }
            case 4 -> {
                if (big) {
                    HostMemory.putIntBe(host, (int) value);
                } else {
                    HostMemory.putIntLe(host, (int) value);
                }
            }
            default -> {
                if (big) {
                    HostMemory.putLongBe(host, value);
                } else {
                    HostMemory.putLongLe(host, value);
                }
            }
        }
    }

    /** Whether the host stores the most significant byte first; {@link State#RESERVED_VALUE} is in host order. */
    public static boolean hostBigEndian() {
        return HOST_BIG_ENDIAN;
    }

    // Comparison

    /**
     * Compares architected state with that of another processor.
     *
     * @return the first register that differs, with both values, or an empty string
     */
    public String difference(PowerProcessor other) {
        settle();
        other.settle();
        if (nia() != other.nia() || slot(Slots.COMPLETED) != other.slot(Slots.COMPLETED)) {
            return "NIA %x after %d instructions, or %x after %d"
                    .formatted(nia(), slot(Slots.COMPLETED), other.nia(), other.slot(Slots.COMPLETED));
        }
        for (int slot = Slots.GUEST; slot < State.END; slot++) {
            if (slot(slot) != other.slot(slot)) {
                return "%s %x or %x".formatted(State.name(slot), slot(slot), other.slot(slot));
            }
        }
        return hash().slb().difference(other.hash().slb());
    }

    /** The guest code from the next instruction on, disassembled, as far as it can be fetched without an interrupt. */
    public String code(int instructions) {
        StringBuilder text = new StringBuilder();
        Disassembler disassembler = new Disassembler(InstructionTable.load());
        for (int i = 0; i < instructions; i++) {
            long ea = nia() + 4L * i & addressMask();
            long ra = translation.fetchableAt(ea);
            if (!memory.contains(ra, 4)) {
                break;
            }
            int word = memory.getInt(ra);
            word = littleEndian() ? Integer.reverseBytes(word) : word;
            text.append("%016x: %08x  %s%n".formatted(ea, word, disassembler.disassemble(word, ea)));
        }
        return text.toString();
    }

    // The edges of execution

    /**
     * Has the decrementer interrupt requested at the first block end at which so many instructions have completed;
     * Long.MAX_VALUE for never. For clocks that count instructions.
     */
    public void setDecrementerDeadline(long completed) {
        decrementerDeadline = completed;
        putSlot(Slots.DEADLINE, Math.min(completed, stop));
    }

    public long decrementerDeadline() {
        return decrementerDeadline;
    }

    /** Makes the run loop return at the first block end at which so many instructions have completed, once. */
    public void stopAt(long completed) {
        stop = completed;
        putSlot(Slots.DEADLINE, Math.min(decrementerDeadline, completed));
    }

    /** At a block end behind the deadline: whether it is that of {@link #stopAt}; otherwise it is the decrementer's. */
    boolean stops() {
        if (completed() < stop) {
            return false;
        }
        stopAt(Long.MAX_VALUE);
        return true;
    }

    @Override
    public void takeInterrupt() {
        interrupts.takePending();
    }

    @Override
    public boolean poll() {
        return interrupts.poll();
    }

    /** Makes the run loop return after the running instruction. */
    public void leave() {
        request(PENDING_LEAVE);
    }

    /** Continues at an effective address after a routine that ends a block. */
    public void continueAt(long ea) {
        successor = ea & addressMask();
    }

    /** Sets the address of the next instruction while the processor does not run. */
    public void setNia(long ea) {
        putSlot(Slots.NIA, ea);
        where = 0;
    }

    public long nia() {
        return slot(Slots.NIA);
    }
}
