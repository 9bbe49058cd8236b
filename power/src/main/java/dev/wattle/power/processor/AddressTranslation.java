// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

import dev.wattle.engine.GuestInterrupt;
import dev.wattle.engine.Processor;
import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.engine.memory.HostMemory;
import dev.wattle.engine.memory.SoftTlb;
import dev.wattle.engine.translate.CodePage;
import dev.wattle.power.mmu.Access;
import dev.wattle.power.mmu.RadixMmu;
import dev.wattle.power.mmu.Translation;
import java.lang.foreign.Arena;
import java.util.Map;
import java.util.Optional;

/**
 * Address translation of one processor: which context it is in, what the software TLBs and the fetch contexts hold for
 * it, and when they must forget.
 */
final class AddressTranslation {
    /** Kinds of data access contexts; the PID stands above them in the key of a TLB. */
    private static final int CONTEXT_REAL = 0;

    private static final int CONTEXT_PROBLEM = 1;
    /** Plus bits 0 and 1 of the AMR, which govern privileged access to pages of problem state. */
    private static final int CONTEXT_PRIVILEGED = 4;

    private static final int CONTEXT_PID_SHIFT = 8;

    private static final int FETCH_REAL = 0;
    private static final int FETCH_PRIVILEGED = 1;
    /** First of the fetch contexts of problem states, of which each belongs to one PID. */
    private static final int FETCH_PROBLEM = 2;

    private static final long UPPER_QUADRANT = 3L << 62;

    private static final long NOT_ALLOWED = -1;
    /** The answer for an address at which there is no storage: it is the platform's. */
    static final long NO_MEMORY = -2;
    /** Effective address bits that real mode uses. */
    private static final long REAL_MODE_ADDRESS = 0x0fff_ffff_ffff_ffffL;

    private final PowerProcessor p;
    private final GuestMemory memory;
    private final RadixMmu radix;
    private final SoftTlb tlbs;
    private final Translation translation = new Translation();
    private final DataAddressWatchpoint watchpoint = new DataAddressWatchpoint();

    /** The real address at which the last data access without storage was. */
    private long ioAddress;
    /** The real address of the last data access that missed the TLB and has storage. */
    private long dataReal;

    private long currentPid = -1;
    private int problemFetch;
    private final long[] fetchPid = new long[Processor.FETCH_CONTEXTS];
    private final long[] fetchWanted = new long[Processor.FETCH_CONTEXTS];
    private long fetchClock;
    /** Whether privileged code has been fetched from the lower half of the address space, which is a process's. */
    private boolean lowPrivilegedFetch;

    private final SystemPages systemPages = new SystemPages();
    private long dataKey = -1;
    private long knownFscr;
    private long knownSo;
    private long knownCiabr;
    private long knownTableChanges;
    private int dataContext;

    /** Makes the translation of a processor whose state block is there. */
    AddressTranslation(PowerProcessor p, Arena arena, GuestMemory memory) {
        this.p = p;
        this.memory = memory;
        radix = new RadixMmu(memory);
        tlbs = new SoftTlb(arena, p.state);
    }

    RadixMmu radix() {
        return radix;
    }

    /** The real address at which the last data access without storage was. */
    long ioAddress() {
        return ioAddress;
    }

    /** The real address of the last data access that missed the TLB and has storage. */
    long dataReal() {
        return dataReal;
    }

    /** Whether the last data access that missed the TLB was to caching-inhibited storage. */
    boolean isCachingInhibited() {
        return translation.cachingInhibited;
    }

    /** Has stores to a small code page looked at one by one. */
    void protect(long ra) {
        tlbs.protect(memory.hostAddress(ra), CodePage.SMALL);
    }

    /** Has stores to some storage noticed again, whose pages are no longer taken for dirty. */
    void watchStores(long ra, long bytes) {
        tlbs.protect(memory.hostAddress(ra), bytes);
    }

    // Contexts

    /** Works out again what depends on MSR, XER[SO], PIDR, AMR, CIABR and facility registers. */
    void contextChanged() {
        long msr = p.msr();
        long pid = p.spr(Spr.PIDR);
        long fscr = p.spr(Spr.FSCR);
        long ciabr = p.spr(Spr.CIABR);
        long so = p.slot(State.SO);
        if (fscr != knownFscr || ciabr != knownCiabr || so != knownSo) {
            knownSo = so;
            knownFscr = fscr;
            knownCiabr = ciabr;
            p.forgetContexts();
        }
        p.mode = Mode.of(msr, fscr, so);
        boolean problem = (msr & Msr.PR) != 0;
        if (p.interrupts().isInstructionWatched(problem) || p.debugging().traces()) {
            p.mode |= Mode.TRACE;
        }
        if (pid != currentPid) {
            changeProcess(pid);
        }
        p.fetchContext = (msr & Msr.IR) == 0 ? FETCH_REAL : problem ? problemFetch : FETCH_PRIVILEGED;
        p.fetchModeChanged();
        long key = CONTEXT_REAL;
        if ((msr & Msr.DR) != 0) {
            key = (problem ? CONTEXT_PROBLEM : CONTEXT_PRIVILEGED + (p.spr(Spr.AMR) >>> 62)) | pid << CONTEXT_PID_SHIFT;
        }
        if (key != dataKey || tlbs.key(dataContext) != key) {
            dataKey = key;
            dataContext = tlbs.table(key);
            tlbs.forgetRecent();
            forgetContextsIfTablesChanged();
            p.publishTlb(tlbs.address(dataContext), tlbs.mask(dataContext));
        }
        p.publishContext(dataContext);
        p.putSlot(State.AMR_KEY, p.spr(Spr.AMR) >>> 62 << PowerProcessor.KEY_AMR_SHIFT);
        p.interrupts().entriesChanged();
    }

    private void forgetContextsIfTablesChanged() {
        if (tlbs.changes() != knownTableChanges) {
            knownTableChanges = tlbs.changes();
            p.forgetContexts();
        }
    }

    /**
     * Lets generated code enter the current context by itself, for a key that consists of the MSR that software asked for
     * and {@link State#AMR_KEY}. To be called only where nothing but the MSR changes, and what follows from it.
     */
    void rememberContext(long key) {
        p.rememberContext(problemFetch, key, p.msr());
    }

    void contextAdopted(int newDataContext) {
        dataContext = newDataContext;
        dataKey = tlbs.key(newDataContext);
    }

    /** Finds the fetch context of a process. Those of 30 processes are kept. */
    private void changeProcess(long pid) {
        currentPid = pid;
        for (int i = 0; i < tlbs.tables(); i++) {
            if (belongsTo(i, pid)) {
                tlbs.keep(i);
            }
        }
        if (lowPrivilegedFetch) {
            lowPrivilegedFetch = false;
            p.flushFetch(FETCH_PRIVILEGED);
        }
        int oldest = FETCH_PROBLEM;
        for (int i = FETCH_PROBLEM; i < Processor.FETCH_CONTEXTS; i++) {
            if (fetchPid[i] == pid && fetchWanted[i] != 0) {
                fetchWanted[i] = ++fetchClock;
                problemFetch = i;
                p.selectContexts(i);
                return;
            }
            if (fetchWanted[i] < fetchWanted[oldest]) {
                oldest = i;
            }
        }
        p.flushFetch(oldest);
        p.forgetContexts(oldest);
        p.selectContexts(oldest);
        fetchPid[oldest] = pid;
        fetchWanted[oldest] = ++fetchClock;
        problemFetch = oldest;
    }

    /** Heeds registers that only a hypervisor writes, and may have written: CIABR, DAWR0 and DAWRX0. */
    void debugRegistersChanged() {
        contextChanged();
        if (watchpoint.set(p.spr(Spr.DAWR0), p.spr(Spr.DAWRX0)) && watchpoint.bytes() != 0) {
            for (int i = 0; i < tlbs.tables(); i++) {
                tlbs.flushRange(i, watchpoint.first(), watchpoint.bytes());
            }
        }
    }

    // Invalidation

    /** Counts of the data TLBs: entries made, tables that have grown, tables taken for another context. */
    public Map<String, Long> tlbCounts() {
        return Map.of("tlb entries", tlbs.filled(), "tlb growths", tlbs.grown(), "tlb reuses", tlbs.reused());
    }

    /** Forgets all translations. */
    void invalidateTranslations() {
        systemPages.clear();
        tlbs.flush();
        forgetFetches();
    }

    /** Forgets the translations of a process; those of process 0 in the upper quadrant are everybody's. */
    void invalidateProcess(long pid) {
        if (pid == 0) {
            if (!systemPages.review(radix, translation, (ea, bytes) -> invalidatePage(0, ea, bytes))) {
                invalidateTranslations();
            }
            return;
        }
        for (int i = 0; i < tlbs.tables(); i++) {
            if (belongsTo(i, pid)) {
                tlbs.flush(i);
            }
        }
        boolean forgotten = currentPid == pid && lowPrivilegedFetch && p.flushFetch(FETCH_PRIVILEGED);
        for (int i = FETCH_PROBLEM; i < Processor.FETCH_CONTEXTS; i++) {
            if (fetchPid[i] == pid) {
                forgotten |= p.flushFetch(i);
            }
        }
        leaveLinks(forgotten);
    }

    /**
     * Forgets the translations of one page.
     *
     * @param pid whose page it is; those of process 0 in the upper quadrant are everybody's
     * @param ea first effective address; the quadrant does not matter
     * @param bytes page size, a power of two
     */
    void invalidatePage(long pid, long ea, long bytes) {
        long lower = ea & ~UPPER_QUADRANT;
        long upper = ea | UPPER_QUADRANT;
        for (int i = 0; i < tlbs.tables(); i++) {
            if (belongsTo(i, pid)) {
                tlbs.flushRange(i, lower, bytes);
            }
            if (pid == 0 && tlbs.key(i) != CONTEXT_REAL) {
                tlbs.flushRange(i, upper, bytes);
            }
        }
        boolean forgotten = currentPid == pid && lowPrivilegedFetch && p.flushFetch(FETCH_PRIVILEGED);
        for (int i = FETCH_PROBLEM; i < Processor.FETCH_CONTEXTS; i++) {
            if (fetchPid[i] == pid) {
                forgotten |= p.flushFetchRange(i, lower, bytes);
            }
            if (pid == 0) {
                forgotten |= p.flushFetchRange(i, upper, bytes);
            }
        }
        if (pid == 0) {
            forgotten |= p.flushFetchRange(FETCH_PRIVILEGED, upper, bytes);
        }
        leaveLinks(forgotten);
    }

    private boolean belongsTo(int table, long pid) {
        long key = tlbs.key(table);
        return key != CONTEXT_REAL && key >>> CONTEXT_PID_SHIFT == pid;
    }

    /** Heeds a new PIDR. */
    void processChanged() {
        contextChanged();
    }

    /** Forgets where instructions come from, for the page being executed as well. */
    void forgetFetches() {
        p.flushFetch();
        leaveLinks(true);
    }

    private void leaveLinks(boolean forgotten) {
        if (forgotten) {
            // Linked blocks of one page follow each other without a look at its translation, until there is work to do.
            p.request(PowerProcessor.PENDING_KICK);
        }
    }

    // Translation

    long fetchAddress(long ea) {
        long ra;
        p.fetchedPageBytes = CodePage.LARGE;
        if ((p.msr() & Msr.IR) == 0) {
            ra = ea & REAL_MODE_ADDRESS;
        } else {
            if (!translate(ea, Access.FETCH)) {
                throw p.interrupts().fetchFault(ea, translation.fault);
            }
            if (translation.pageBytes < CodePage.LARGE) {
                p.fetchedPageBytes = CodePage.SMALL;
            }
            lowPrivilegedFetch |= ea >= 0 && (p.msr() & Msr.PR) == 0;
            ra = translation.realAddress | ea & translation.pageBytes - 1;
        }
        if (!memory.contains(ra & -4, 4)) {
            throw p.interrupts().machineCheckFetch(ea, false);
        }
        if (!memory.contains(ra & -CodePage.LARGE, CodePage.LARGE)) {
            p.fetchedPageBytes = CodePage.SMALL;
        }
        return ra;
    }

    private boolean translate(long ea, Access access) {
        long pid = p.spr(Spr.PIDR);
        boolean allowed =
                radix.translate(ea, access, (p.msr() & Msr.PR) != 0, pid, p.spr(Spr.AMR), p.spr(Spr.IAMR), translation);
        if (allowed && (ea < 0 || pid == 0)) {
            systemPages.translated(ea, translation);
        }
        return allowed;
    }

    /**
     * The real address of an instruction, as far as it can be told without an interrupt.
     *
     * @return -1 if it may not be fetched
     */
    long fetchableAt(long ea) {
        if ((p.msr() & Msr.IR) == 0) {
            return ea & REAL_MODE_ADDRESS;
        }
        return translate(ea, Access.FETCH) ? translation.realAddress | ea & translation.pageBytes - 1 : -1;
    }

    /** Where a load would go now, if it would be allowed, without a change of anything. */
    Optional<TranslatedAddress> lookUp(long ea) {
        boolean problem = (p.msr() & Msr.PR) != 0;
        if ((p.msr() & Msr.DR) == 0) {
            return Optional.of(new TranslatedAddress(ea & REAL_MODE_ADDRESS, true, problem));
        }
        if (!radix.lookUp(ea, problem, p.spr(Spr.PIDR), p.spr(Spr.AMR), translation) || !translation.readable) {
            return Optional.empty();
        }
        long ra = translation.realAddress | ea & translation.pageBytes - 1;
        return Optional.of(new TranslatedAddress(ra, translation.writable, problem));
    }

    /**
     * Translates a data address and enters it in the TLB.
     *
     * @param bytes of the access, which does not cross a 4 KiB page
     * @return the host address
     * @throws GuestInterrupt if the access is not allowed
     */
    long translateData(long ea, int bytes, boolean store) {
        long host = dataAddress(ea, bytes, store);
        if (host == NO_MEMORY) {
            throw p.interrupts().machineCheckData(ea, false);
        }
        return host;
    }

    /** As {@link #translateData}, but answers {@link #NO_MEMORY} for what is the platform's, at {@link #ioAddress}. */
    long dataAddress(long ea, int bytes, boolean store) {
        long ra = enterData(ea, store ? Access.STORE : Access.LOAD);
        if (ra == NOT_ALLOWED) {
            throw p.interrupts().dataFault(ea, store, translation.fault);
        }
        if (watchpoint.matches(ea, bytes, store, p.msr())) {
            throw p.interrupts().dataStorage(ea, Interrupts.DSISR_DAWR | (store ? Interrupts.DSISR_STORE : 0));
        }
        p.debugging().accesses(ea, bytes, store);
        return ra == NO_MEMORY ? NO_MEMORY : memory.hostAddress(ra);
    }

    boolean prepare(long ea, int bytes, boolean load, boolean store) {
        // As a load: a store sets the change bit of the page, and one that never comes must not.
        if (load && !hits(ea, 1, SoftTlb.READ_LIMIT) || store && !hits(ea, 1, SoftTlb.WRITE_LIMIT)) {
            enterData(ea, Access.LOAD);
        }
        return (!load || hits(ea, bytes, SoftTlb.READ_LIMIT)) && (!store || hits(ea, bytes, SoftTlb.WRITE_LIMIT));
    }

    /**
     * Translates a data address and enters it in the TLB, where accesses need not be looked at one by one.
     *
     * @return the real address, {@link #NOT_ALLOWED} or {@link #NO_MEMORY}
     */
    private long enterData(long ea, Access access) {
        long pageEa = ea & -SoftTlb.GRANULE;
        long pageReal = pageEa & REAL_MODE_ADDRESS;
        long pageBytes = SoftTlb.GRANULE;
        boolean readable = true;
        boolean writable = true;
        translation.cachingInhibited = false;
        if ((p.msr() & Msr.DR) != 0) {
            if (!translate(ea, access)) {
                return NOT_ALLOWED;
            }
            pageBytes = Math.min(translation.pageBytes, SoftTlb.GRANULE);
            pageEa = ea & -pageBytes;
            pageReal = translation.realAddress | pageEa & translation.pageBytes - 1;
            readable = translation.readable;
            writable = translation.writable;
        }
        long ra = pageReal + (ea - pageEa);
        if (!memory.contains(ra, 1) || access == Access.STORE && !memory.isWritable(ra)) {
            ioAddress = ra;
            return NO_MEMORY;
        }
        writable &= memory.isWritable(ra);
        if (access == Access.STORE) {
            memory.markDirty(ra & -CodePage.SMALL, CodePage.SMALL);
        }
        if (!memory.contains(pageReal, pageBytes)) {
            // The last granule of memory: fall back to a 4 KiB piece.
            pageEa = ea & -4096L;
            pageReal = ra & -4096L;
            pageBytes = 4096;
        }
        dataReal = ra;
        if (writable && !memory.isDirty(pageReal, pageBytes)) {
            if (access == Access.STORE) {
                // The rest of a large page is not dirty yet.
                pageEa = ea & -CodePage.SMALL;
                pageReal = ra & -CodePage.SMALL;
                pageBytes = CodePage.SMALL;
            } else {
                writable = false;
            }
        }
        boolean isCode = writable && p.codeCache().isWatched(pageReal, pageBytes);
        if (isCode && access == Access.STORE && !p.codeCache().isWatched(ra & -CodePage.SMALL, CodePage.SMALL)) {
            // Data beside code in a large page: it can be written freely.
            pageEa = ea & -CodePage.SMALL;
            pageReal = ra & -CodePage.SMALL;
            pageBytes = CodePage.SMALL;
            isCode = false;
        }
        // Without an entry every access comes here: to be compared, or because some instructions may not access
        // storage of that kind.
        if (!translation.cachingInhibited
                && !watchpoint.covers(pageEa, pageBytes)
                && !p.debugging().covers(pageEa, pageBytes)) {
            tlbs.put(dataContext, pageEa, pageBytes, memory.hostAddress(pageReal), readable, writable && !isCode);
            forgetContextsIfTablesChanged();
            p.publishTlb(tlbs.address(dataContext), tlbs.mask(dataContext));
        }
        return ra;
    }

    boolean hits(long ea, int bytes, int limitOffset) {
        return SoftTlb.allows(p.tlbEntry(ea), ea, bytes, limitOffset);
    }

    /** Host address of a data address that hits. */
    long hitHost(long ea) {
        return ea + HostMemory.getLong(p.tlbEntry(ea) + SoftTlb.ADDEND);
    }
}
