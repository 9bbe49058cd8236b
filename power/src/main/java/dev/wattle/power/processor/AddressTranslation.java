// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

import dev.wattle.engine.GuestInterrupt;
import dev.wattle.engine.Processor;
import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.engine.memory.HostMemory;
import dev.wattle.engine.memory.SoftTlb;
import dev.wattle.engine.translate.CodePage;
import dev.wattle.power.mmu.Access;
import dev.wattle.power.mmu.HashMmu;
import dev.wattle.power.mmu.HashPageTable;
import dev.wattle.power.mmu.PageSizes;
import dev.wattle.power.mmu.RadixMmu;
import dev.wattle.power.mmu.Slb;
import dev.wattle.power.mmu.Translation;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * Address translation of one processor: which context it is in, what the software TLBs and the fetch contexts hold for
 * it, and when they must forget.
 */
final class AddressTranslation {
    /**
     * Kinds of data access contexts; above them in the key of a TLB stands the PID, or with hash translation the number of
     * the address space for problem state, and then the number of the AMR.
     */
    private static final int CONTEXT_REAL = 0;

    private static final int CONTEXT_PROBLEM = 1;
    /** Plus bits 0 and 1 of the AMR, which govern privileged access to pages of problem state. */
    private static final int CONTEXT_PRIVILEGED = 4;

    private static final long CONTEXT_KIND = 0xff;
    private static final int CONTEXT_PID_SHIFT = 8;
    private static final long CONTEXT_PID = 0xffff_ffff_ffffL;
    private static final int CONTEXT_AMR_SHIFT = 56;
    /** How many different AMRs are told apart with hash translation. */
    private static final int MOST_AMRS = 64;

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
    private final HashMmu hash = new HashMmu();
    private final AddressSpaces spaces = new AddressSpaces();
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

    /** Whether the segment lookaside buffer has changed since the address space was numbered, and by new entries alone. */
    private boolean spaceChanged = true;

    private boolean spaceGrown;
    /** The segment lookaside buffer entries by which privileged software has accessed data, and fetched instructions. */
    private int privilegedData;

    private int privilegedFetch;
    private final long[] amrs = new long[MOST_AMRS];
    private int amrCount;
    private long knownAmr;
    private long amrNumber;

    // The page that was forgotten last, the process at that time, and how much had been entered up to then: software
    // asks three times in a row for the sake of some processors (POWER9's errata).
    private long forgottenPid = -1;
    private long forgottenEa;
    private long forgottenBytes;
    private long forgottenIn;
    private long forgottenAfter;

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

    HashMmu hash() {
        return hash;
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

    /** Has stores to a small code page looked at one by one; says whether there may have been some that were not. */
    boolean protect(long ra) {
        return tlbs.protect(memory.hostAddress(ra), CodePage.SMALL);
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
        boolean hashing = !radix.isActive();
        if (hashing) {
            if (hash.table().isPresent()) {
                p.mode |= Mode.HASH;
            }
            pid = addressSpace(problem);
        }
        if (pid != currentPid) {
            changeProcess(pid);
        }
        p.fetchContext = (msr & Msr.IR) == 0 ? FETCH_REAL : problem ? problemFetch : FETCH_PRIVILEGED;
        p.fetchModeChanged();
        long key = CONTEXT_REAL;
        if ((msr & Msr.DR) != 0) {
            if (hashing) {
                key = problem ? CONTEXT_PROBLEM | pid << CONTEXT_PID_SHIFT : CONTEXT_PRIVILEGED;
                key |= accessRights() << CONTEXT_AMR_SHIFT;
            } else {
                key = (problem ? CONTEXT_PROBLEM : CONTEXT_PRIVILEGED + (p.spr(Spr.AMR) >>> 62))
                        | pid << CONTEXT_PID_SHIFT;
            }
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

    /** The number of the address space, which matters once problem state is entered. */
    private long addressSpace(boolean problem) {
        if (!problem || !spaceChanged) {
            return Math.max(currentPid, 0);
        }
        long number = spaces.identify(hash.slb(), spaceGrown);
        spaceChanged = false;
        spaceGrown = true;
        p.selectContexts(problemFetch);
        return number;
    }

    /** Numbers the AMR. */
    private long accessRights() {
        long amr = p.spr(Spr.AMR);
        if (amr == knownAmr && amrCount > 0) {
            return amrNumber;
        }
        knownAmr = amr;
        // Their keys have no more than two bits of it.
        p.forgetContexts();
        for (int i = 0; i < amrCount; i++) {
            if (amrs[i] == amr) {
                amrNumber = i;
                return i;
            }
        }
        if (amrCount == MOST_AMRS) {
            amrCount = 0;
            tlbs.flush();
        }
        amrs[amrCount] = amr;
        amrNumber = amrCount++;
        return amrNumber;
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
        if (radix.isActive() || !spaceChanged) {
            p.rememberContext(problemFetch, key, p.msr());
        }
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
        if (p.spr(Spr.CIABR) != knownCiabr) {
            contextChanged();
        }
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
        if (isForgotten(pid, ea, bytes)) {
            return;
        }
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

    /** Whether nothing has been entered since the same was forgotten; if not, it is now. */
    private boolean isForgotten(long pid, long ea, long bytes) {
        long entered = tlbs.filled() + p.fetchesEntered();
        boolean isSame = pid == forgottenPid
                && ea == forgottenEa
                && bytes == forgottenBytes
                && currentPid == forgottenIn
                && entered == forgottenAfter;
        forgottenPid = pid;
        forgottenEa = ea;
        forgottenBytes = bytes;
        forgottenIn = currentPid;
        forgottenAfter = entered;
        return isSame;
    }

    private boolean belongsTo(int table, long pid) {
        long key = tlbs.key(table);
        return key != CONTEXT_REAL && (key >>> CONTEXT_PID_SHIFT & CONTEXT_PID) == pid;
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

    // Segments and pages of hash translation

    /**
     * Sets an entry of the segment lookaside buffer.
     *
     * @param first ESID and V
     * @param second virtual segment doubleword
     */
    void setSegment(int entry, long first, long second) {
        Slb slb = hash.slb();
        if (slb.esid(entry) == first && slb.vsid(entry) == second) {
            return;
        }
        leaveSegment(entry);
        slb.set(entry, first, second);
        changeSpace();
    }

    /** Makes an entry of the segment lookaside buffer invalid. */
    void invalidateSegment(int entry) {
        if (hash.slb().isValid(entry)) {
            leaveSegment(entry);
            hash.slb().invalidate(entry);
            changeSpace();
        }
    }

    private void changeSpace() {
        if (!spaceChanged && !radix.isActive()) {
            // Generated code would enter contexts of the old address space: one without any for it.
            p.selectContexts(FETCH_REAL);
        }
        spaceChanged = true;
    }

    /** Forgets what privileged software has translated by an entry. Problem state has another address space from now on. */
    private void leaveSegment(int entry) {
        Slb slb = hash.slb();
        if (!slb.isValid(entry)) {
            return;
        }
        spaceGrown = false;
        long start = slb.start(entry);
        int bit = 1 << entry;
        if ((privilegedData & bit) != 0) {
            privilegedData &= ~bit;
            flushPrivileged(start, slb.bytes(entry));
        }
        if ((privilegedFetch & bit) != 0) {
            privilegedFetch &= ~bit;
            leaveLinks(p.flushFetchRange(FETCH_PRIVILEGED, start, slb.bytes(entry)));
        }
    }

    private void flushPrivileged(long ea, long bytes) {
        for (int i = 0; i < tlbs.tables(); i++) {
            if ((tlbs.key(i) & CONTEXT_KIND) == CONTEXT_PRIVILEGED) {
                tlbs.flushRange(i, ea, bytes);
            }
        }
    }

    /** Sets the hash page table, or takes it away. */
    void hashPageTable(Optional<HashPageTable> table, int vrmaBase) {
        hash.table(table, vrmaBase);
        translationChanged();
    }

    /** Forgets everything, since the way of translation has changed. */
    void translationChanged() {
        spaces.clear();
        spaceChanged = true;
        spaceGrown = false;
        currentPid = -1;
        Arrays.fill(fetchWanted, 0);
        invalidateTranslations();
        p.forgetContexts();
        contextChanged();
    }

    /**
     * Forgets the translations that an entry of the hash page table has given.
     *
     * @param index where the entry stands
     * @param v its doublewords, as they were
     */
    void forgetPage(long index, long v, long r) {
        int base = PageSizes.baseOf(v, r);
        if ((v & HashPageTable.V_VALID) == 0 || base == 0 || hash.table().isEmpty()) {
            return;
        }
        long bytes = 1L << PageSizes.actualIn(base, v, r);
        boolean isTerabyte = HashPageTable.isTerabyte(v);
        long segment = HashPageTable.segment(v);
        long offset = hash.table().get().offset(index, v, base) & -bytes;
        boolean forgotten = false;
        if (isTerabyte && segment == HashPageTable.VRMA_SEGMENT) {
            for (int i = 0; i < tlbs.tables(); i++) {
                if (tlbs.key(i) == CONTEXT_REAL) {
                    tlbs.flush(i);
                }
            }
            forgotten = p.flushFetch(FETCH_REAL);
        }
        Slb slb = hash.slb();
        for (int i = 0; i < Slb.ENTRIES; i++) {
            if (slb.isValid(i) && isSegment(slb.vsid(i), isTerabyte, segment)) {
                if ((privilegedData >>> i & 1) != 0) {
                    flushPrivileged(slb.start(i) + offset, bytes);
                }
                if ((privilegedFetch >>> i & 1) != 0) {
                    forgotten |= p.flushFetchRange(FETCH_PRIVILEGED, slb.start(i) + offset, bytes);
                }
            }
        }
        forgotten |= forgetInSpaces(isTerabyte, segment, offset, bytes);
        leaveLinks(forgotten);
    }

    private static boolean isSegment(long vsid, boolean isTerabyte, long segment) {
        return (vsid & Slb.B) != 0 == isTerabyte && Slb.segment(vsid) == segment;
    }

    private boolean forgetInSpaces(boolean isTerabyte, long segment, long offset, long bytes) {
        boolean[] forgotten = {false};
        spaces.withSegment(isTerabyte, segment, (space, start) -> {
            for (int i = 0; i < tlbs.tables(); i++) {
                if ((tlbs.key(i) & CONTEXT_KIND) == CONTEXT_PROBLEM && belongsTo(i, space)) {
                    tlbs.flushRange(i, start + offset, bytes);
                }
            }
            for (int i = FETCH_PROBLEM; i < Processor.FETCH_CONTEXTS; i++) {
                if (fetchPid[i] == space && fetchWanted[i] != 0) {
                    forgotten[0] |= p.flushFetchRange(i, start + offset, bytes);
                }
            }
        });
        return forgotten[0];
    }

    // Translation

    long fetchAddress(long ea) {
        long ra;
        p.fetchedPageBytes = CodePage.LARGE;
        if ((p.msr() & Msr.IR) == 0 && !isRealTranslated()) {
            ra = ea & REAL_MODE_ADDRESS;
        } else {
            if (!translateFetch(ea)) {
                throw p.interrupts().fetchFault(ea, translation.fault);
            }
            if (translation.pageBytes < CodePage.LARGE) {
                p.fetchedPageBytes = CodePage.SMALL;
            }
            lowPrivilegedFetch |= ea >= 0 && (p.msr() & Msr.PR) == 0 && radix.isActive();
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

    /** Whether accesses with translation off go through the virtual real mode area. */
    private boolean isRealTranslated() {
        return !radix.isActive() && hash.table().isPresent();
    }

    private boolean translateFetch(long ea) {
        return (p.msr() & Msr.IR) != 0
                ? translate(ea, Access.FETCH)
                : hash.translateReal(ea, Access.FETCH, translation);
    }

    private boolean translate(long ea, Access access) {
        if (!radix.isActive()) {
            return translateBySegment(ea, access);
        }
        long pid = p.spr(Spr.PIDR);
        boolean allowed =
                radix.translate(ea, access, (p.msr() & Msr.PR) != 0, pid, p.spr(Spr.AMR), p.spr(Spr.IAMR), translation);
        if (allowed && (ea < 0 || pid == 0)) {
            systemPages.translated(ea, translation);
        }
        return allowed;
    }

    private boolean translateBySegment(long ea, Access access) {
        Slb slb = hash.slb();
        int entry = slb.find(ea);
        if (entry == Slb.NONE) {
            translation.fault = Translation.Fault.SEGMENT;
            return false;
        }
        boolean problem = (p.msr() & Msr.PR) != 0;
        if (!hash.translate(ea, slb.vsid(entry), access, problem, p.spr(Spr.AMR), p.spr(Spr.IAMR), translation)) {
            return false;
        }
        if (!problem) {
            if (access == Access.FETCH) {
                privilegedFetch |= 1 << entry;
            } else {
                privilegedData |= 1 << entry;
            }
        }
        return true;
    }

    /**
     * The real address of an instruction, as far as it can be told without an interrupt.
     *
     * @return -1 if it may not be fetched
     */
    long fetchableAt(long ea) {
        if ((p.msr() & Msr.IR) == 0 && !isRealTranslated()) {
            return ea & REAL_MODE_ADDRESS;
        }
        return translateFetch(ea) ? translation.realAddress | ea & translation.pageBytes - 1 : -1;
    }

    /** Where a load would go now, if it would be allowed, without a change of anything. */
    Optional<TranslatedAddress> lookUp(long ea) {
        boolean problem = (p.msr() & Msr.PR) != 0;
        boolean real = (p.msr() & Msr.DR) == 0;
        if (real && !isRealTranslated()) {
            return Optional.of(new TranslatedAddress(ea & REAL_MODE_ADDRESS, true, problem));
        }
        boolean found;
        if (radix.isActive()) {
            found = radix.lookUp(ea, problem, p.spr(Spr.PIDR), p.spr(Spr.AMR), translation);
        } else if (real) {
            found = hash.lookUpReal(ea, translation);
        } else {
            int entry = hash.slb().find(ea);
            found = entry != Slb.NONE && hash.lookUp(ea, hash.slb().vsid(entry), problem, p.spr(Spr.AMR), translation);
        }
        if (!found || !translation.readable) {
            return Optional.empty();
        }
        long ra = translation.realAddress | ea & translation.pageBytes - 1;
        return Optional.of(new TranslatedAddress(ra, translation.writable, problem));
    }

    private boolean mayStore(long ea) {
        Optional<TranslatedAddress> found = lookUp(ea);
        return found.isPresent() && found.get().isWritable();
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
        if (load && !hits(ea, 1, SoftTlb.READ_LIMIT) || store && !hits(ea, 1, SoftTlb.WRITE_LIMIT)) {
            // The reference bit must not be set by an access that the guest does not come to make.
            boolean isWithin = (ea & -SoftTlb.GRANULE) == (ea + bytes - 1 & -SoftTlb.GRANULE);
            if (!isWithin || store && !mayStore(ea)) {
                return false;
            }
            // As a load: a store sets the change bit of the page, and one that never comes must not.
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
        boolean real = (p.msr() & Msr.DR) == 0;
        if (!real || isRealTranslated()) {
            if (!(real ? hash.translateReal(ea, access, translation) : translate(ea, access))) {
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
