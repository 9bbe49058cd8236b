// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import dev.wattle.engine.Engine;
import dev.wattle.engine.GuestInterrupt;
import dev.wattle.engine.HostCodeListener;
import dev.wattle.engine.Processor;
import dev.wattle.engine.Routine;
import dev.wattle.engine.evaluator.Evaluator;
import dev.wattle.engine.host.CodeMemory;
import dev.wattle.engine.host.CodeMemoryException;
import dev.wattle.engine.host.TranslationCache;
import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.memory.HostMemory;
import dev.wattle.engine.translate.BlockListing;
import dev.wattle.engine.translate.CodePage;
import dev.wattle.engine.translate.FrontEnd;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The engine for x86-64 hosts: turns blocks into machine code and runs that.
 *
 * <p>Everything that generated code cannot do itself it leaves to Java by returning, and is entered again behind or at
 * the same instruction; it never calls into Java.
 *
 * @param <P> the guest architecture's processor
 */
public final class NativeEngine<P extends Processor> implements Engine {
    private static final long SHARED_BYTES = 4096;
    private static final long HASH_FACTOR = 0x9e37_79b9_7f4a_7c15L;
    private static final int ENTRY_PATCH_BYTES = 5;
    /** After so much code the view that it is written by is released. */
    private static final int RESIDENT_BYTES = 2 << 20;
    /** Code that has changed so often is not translated again while it goes on changing. */
    private static final int MANY_CHANGES = 4;
    /** Nor until it has come back the same so often. */
    private static final int STEADY_RUNS = 4;
    /** So often must a loop have been found hot to get code of its own kind. */
    private static final int HEAT_OF_LOOP = 2;
    /**
     * So often, and four times as often each time, must there have been as many jumps back to a region as make a loop hot
     * for its jumps by tables to be looked at again.
     */
    private static final int MANY_RETURNS = 2;

    private static final int MOST_TIMES_SAMPLED = 10;
    /** The heat of a loop whose code of its own kind was no good: it may get some again, but not soon. */
    private static final int MUCH_LATER = -64;
    /** A refused group of accesses that comes no more often than once in so many instructions does not matter. */
    private static final int INSTRUCTIONS_FOR_REFUSAL = 1 << 16;

    private final P processor;
    private final Routine<P>[] routines;
    private final FrontEnd frontEnd;
    private final long state;
    private final CodeMemory memory;
    private final FaultGuard.Registration guard;
    private final Optional<Adoption> adoption;

    private final Assembler asm;
    private final Gateway gateway;
    private final BlockEmitter emitter;
    private final Layout layout;
    private final HostCodeLister lister;
    private final Evaluator<P> evaluator;
    private final EmittedCode code;

    private final long[] exits = new long[Exits.NAMES.size()];
    private final long[] routineRuns;
    private int bytesWritten;
    private long evictions;
    private long evictedBlocks;
    private long evictionNanos;
    private long longestEvictionNanos;
    private long changingRuns;
    private long translationNanos;

    private HostCodeListener codeListener = (address, bytes, name) -> {};
    private boolean isListening;

    private final Map<Block, List<Region>> regionsOf = new IdentityHashMap<>();
    /** So many jumps back, twice, make a loop hot. */
    private int heatJumps = 1000;

    private final RegionFinder finder;
    /** The headers of loops with jumps by tables that are being sampled. */
    private final Set<Block> isSampling = Collections.newSetFromMap(new IdentityHashMap<>());

    private long regionCount;
    private long regionsDropped;

    /**
     * Makes an engine for one processor.
     *
     * @param routines what CALL operations run, by number
     * @param frontEnd the translator of guest code, for what it says of the guest's registers
     * @param codeBytes how much memory host code may take
     * @param features what the host's processor has, or a part of that
     * @param exactDeadline whether the guest must stop at the first block end behind its deadline
     * @param translations code of earlier runs and of other engines
     * @throws CodeMemoryException if the host does not let this process make code
     */
    public NativeEngine(
            P processor,
            Routine<P>[] routines,
            FrontEnd frontEnd,
            long codeBytes,
            HostFeatures features,
            boolean exactDeadline,
            Optional<TranslationCache> translations)
            throws CodeMemoryException {
        this.processor = processor;
        this.routines = routines;
        this.frontEnd = frontEnd;
        routineRuns = new long[routines.length];
        state = processor.state;
        evaluator = new Evaluator<>(processor, routines);
        finder = new RegionFinder(this::source, this::hasRegion, frontEnd.returnSlot());
        memory = CodeMemory.allocate(codeBytes);
        VectorEmitter.setUp(state);
        LoopHeat.reset(state, heatJumps);
        asm = new Assembler(memory.writeAddress(), memory.executeAddress());
        layout = new Layout(frontEnd.hotSlots(), frontEnd.baseSlots());
        gateway = new Gateway(asm, layout);
        emitter = new BlockEmitter(
                asm, layout, gateway, features, memory.executeAddress(), state, exactDeadline, frontEnd.watchedModes());
        lister = new HostCodeLister(frontEnd, layout, gateway, features, memory.executeAddress(), exactDeadline);
        long codeStart = memory.executeAddress() + SHARED_BYTES;
        long codeEnd = memory.executeAddress() + memory.size();
        code = new EmittedCode(asm, gateway.invalid, codeStart, codeEnd, this::evicted);
        adoption = translations.map(
                cache -> new Adoption(processor, cache, asm, code, memory.executeAddress(), new Adopted()));
        FaultGuard faults = FaultGuard.install();
        guard = faults.register(codeStart, codeEnd, gateway.recovery, state + HostSlots.FAULT_RAX * 8L);
        processor.codeCache().onDrop(this::dropped);
        processor.codeCache().onFull(() -> evict(code::evictOldest));
        processor.onSettle(new FloatStatus<>(processor, routines, memory.executeAddress())::settle);
        processor.useJumpTables();
    }

    @Override
    public long codeBytes() {
        return code.bytes();
    }

    @Override
    public Map<String, Long> counts() {
        Map<String, Long> counts = new TreeMap<>();
        for (int kind = 1; kind < exits.length; kind++) {
            counts.put("exits " + Exits.NAMES.get(kind), exits[kind]);
        }
        for (int routine = 0; routine < routineRuns.length; routine++) {
            if (routineRuns[routine] != 0) {
                counts.merge("runs of " + frontEnd.routineName(routine), routineRuns[routine], Long::sum);
            }
        }
        counts.put("bytes of code in huge pages", memory.hugeBytes());
        counts.put("code evictions", evictions);
        counts.put("blocks evicted", evictedBlocks);
        counts.put("microseconds of evictions", evictionNanos / 1000);
        counts.put("microseconds of the longest eviction", longestEvictionNanos / 1000);
        counts.put("runs of changing code", changingRuns);
        counts.put("regions", regionCount);
        counts.put("regions dropped", regionsDropped);
        adoption.ifPresent(adopted -> {
            counts.put("translations of earlier runs", adopted.ofEarlierRuns());
            counts.put("translations found in this run", adopted.ofThisRun());
            counts.put("regions of earlier translations", adopted.regions());
        });
        counts.put("microseconds in the translator", translationNanos / 1000);
        return counts;
    }

    @Override
    public Optional<BlockListing> list(long address) {
        CodePage page = processor.fetchPage(address);
        Block block = translated(page, page.offset(address));
        if (code.region(block.hostCode) != Region.NONE) {
            return Optional.of(lister.list(source(block), processor.codeCache().guestCode(block), address));
        }
        return Optional.of(
                lister.listEmitted(source(block), processor.codeCache().guestCode(block), address));
    }

    /**
     * Sets how often a jump back is executed before its loop gets code of its own kind.
     *
     * @param jumps at least 1
     */
    public void hotAfter(int jumps) {
        heatJumps = jumps;
        LoopHeat.reset(state, jumps);
    }

    @Override
    public void onHostCode(HostCodeListener listener) {
        codeListener = listener;
        isListening = true;
        listener.emitted(memory.executeAddress(), SHARED_BYTES, "wattle:gateway");
    }

    @Override
    public void close() {
        guard.close();
        memory.close();
    }

    @Override
    public void run() {
        P p = processor;
        while (true) {
            if (isWorkPending()) {
                p.where = 0;
                if (!p.poll()) {
                    return;
                }
            }
            try {
                long target = entry(slot(Slots.NIA));
                do {
                    target = answer(gateway.enter(state, target));
                } while (target != 0);
            } catch (GuestInterrupt e) {
                putSlot(Slots.COMPLETED, slot(Slots.COMPLETED) + (p.where >>> 16));
                p.where = 0;
                p.takeInterrupt();
            }
        }
    }

    private boolean isWorkPending() {
        return slot(Slots.PENDING) != 0 || slot(Slots.COMPLETED) >= slot(Slots.DEADLINE);
    }

    private long slot(int slot) {
        return HostMemory.getLong(state + slot * 8L);
    }

    private void putSlot(int slot, long value) {
        HostMemory.putLong(state + slot * 8L, value);
    }

    /** Acts on an exit; returns where to enter again, or 0 if that is to be found by NIA. */
    private long answer(long exit) {
        int kind = HostMemory.getByte(exit + Exits.KIND);
        exits[kind]++;
        processor.adoptContext();
        switch (kind) {
            case Exits.LOAD -> {
                return load(exit);
            }
            case Exits.STORE -> {
                return store(exit);
            }
            case Exits.CALL -> {
                at(exit);
                long imm = HostMemory.getLongLe(exit + Exits.IMMEDIATE);
                run(imm);
                return resume(exit);
            }
            case Exits.CALL_END -> {
                callEnd(exit);
                return 0;
            }
            case Exits.INDIRECT -> {
                long nia = slot(HostSlots.EXIT_ADDRESS);
                putSlot(Slots.NIA, nia);
                return isWorkPending() ? 0 : entry(nia);
            }
            case Exits.LINK -> {
                return link(exit);
            }
            case Exits.POLL -> {
                putSlot(Slots.NIA, target(exit));
                return 0;
            }
            case Exits.INVALID -> {
                return replace();
            }
            case Exits.GROUP -> {
                return group(exit);
            }
            case Exits.HOT -> {
                return hot(exit);
            }
            case Exits.REST -> {
                at(exit);
                Block block = code.block(exit);
                Region region = code.region(exit);
                finish(region == Region.NONE ? source(block) : member(region, exit), exit);
                return 0;
            }
            case Exits.SAMPLE -> {
                return sampled(code.block(exit));
            }
            case Exits.FAULT -> throw fault();
            default -> throw new IllegalStateException("generated code has an exit of no kind");
        }
    }

    private void run(long imm) {
        int routine = (int) (imm >>> 32);
        routineRuns[routine]++;
        routines[routine].run(processor, (int) imm);
    }

    /** Tells the processor which instruction an exit belongs to. */
    private void at(long exit) {
        putSlot(Slots.NIA, slot(HostSlots.PAGE_BASE) + HostMemory.getIntLe(exit + Exits.OFFSET));
        processor.where = HostMemory.getIntLe(exit + Exits.WHERE);
    }

    private static long resume(long exit) {
        return exit + HostMemory.getIntLe(exit + Exits.RESUME);
    }

    private long target(long exit) {
        return slot(HostSlots.PAGE_BASE) + HostMemory.getIntLe(exit + Exits.OFFSET) & processor.addressMask();
    }

    private long load(long exit) {
        at(exit);
        int op = HostMemory.getByte(exit + Exits.OP) & 0xff;
        int bytes = 1 << Op.log2Bytes(op);
        long host = processor.loadMiss(slot(HostSlots.EXIT_ADDRESS), bytes);
        int unused = 64 - 8 * bytes;
        long value = HostMemory.getLongLe(host);
        value = Op.isBigEndian(op) ? Long.reverseBytes(value) : value << unused;
        value = Op.isSigned(op) ? value >> unused : value >>> unused;
        putSlot(HostMemory.getShortLe(exit + Exits.SLOT) & 0xffff, value);
        return resume(exit);
    }

    private long store(long exit) {
        at(exit);
        int op = HostMemory.getByte(exit + Exits.OP) & 0xff;
        long value = slot(HostMemory.getShortLe(exit + Exits.SLOT) & 0xffff);
        processor.storeMiss(slot(HostSlots.EXIT_ADDRESS), 1 << Op.log2Bytes(op), value, Op.isBigEndian(op));
        return resume(exit);
    }

    /** Makes the TLB serve a group of accesses; if it cannot, the evaluator does the rest of the block. */
    private long group(long exit) {
        at(exit);
        long imm = HostMemory.getLongLe(exit + Exits.IMMEDIATE);
        int bytes = (int) imm >>> 16;
        boolean loads = (imm & BlockEmitter.GROUP_LOADS) != 0;
        boolean stores = (imm & BlockEmitter.GROUP_STORES) != 0;
        int indexTimes = (int) (imm >>> BlockEmitter.GROUP_INDEX_TIMES);
        long indices = slot(HostSlots.GROUP_INDICES);
        boolean isNear = indexTimes == 0 || Long.compareUnsigned(indices, AccessGroups.INDEX_LIMIT) < 0;
        if (isNear && indexTimes != 0) {
            bytes += indexTimes * (int) indices;
        }
        if (isNear && processor.prepare(slot(HostSlots.EXIT_ADDRESS), bytes, loads, stores)) {
            return resume(exit);
        }
        Block block = code.block(exit);
        Region region = code.region(exit);
        Block operations;
        if (region != Region.NONE) {
            operations = member(region, exit);
            block = region.members.get(region.memberAt(operations.pageOffset));
            if (countRefusal(block)) {
                // What is refused there is refused in its own code, too.
                block.refusals--;
                drop(region);
                region.header.heat = MUCH_LATER;
            }
        } else {
            boolean isTooOften = countRefusal(block);
            operations = source(block);
            if (isTooOften && block.valid) {
                long old = block.hostCode;
                long position = code.position(old);
                makeRoom(BlockEmitter.MOST_BYTES);
                if (block.valid) {
                    emit(block, operations);
                    if (code.isThere(position)) {
                        redirect(old, block);
                    }
                }
            }
        }
        finish(operations, exit);
        return 0;
    }

    private Block member(Region region, long exit) {
        return source(region.members.get(region.memberAt(HostMemory.getIntLe(exit + Exits.OFFSET))));
    }

    /** Has the evaluator do the rest of a block. */
    private void finish(Block operations, long exit) {
        evaluator.finish(operations, (int) HostMemory.getLongLe(exit + Exits.IMMEDIATE) & 0xffff);
        processor.where = 0;
    }

    /** Counts a refusal, less those that time has made up for; says whether there are too many now. */
    private boolean countRefusal(Block block) {
        long now = slot(Slots.COMPLETED);
        long forgiven = (now - block.refusedAt) / INSTRUCTIONS_FOR_REFUSAL;
        block.refusedAt = now;
        block.refusals = (int) Math.max(0, block.refusals - forgiven) + 1;
        return block.refusals == BlockEmitter.MOST_REFUSALS;
    }

    /** Has all who come to an entry go to that of a block. */
    private void redirect(long old, Block target) {
        code.redirect(old, target);
        leaveLoop(old);
    }

    /** Has a block that jumps to its own start go there by its entry. */
    private void leaveLoop(long entry) {
        int loop = HostMemory.getIntLe(entry - BlockEmitter.HEADER_BYTES);
        if (loop != 0) {
            long here = asm.here();
            asm.seek(entry + loop);
            asm.jmp(entry + HostMemory.getIntLe(entry - BlockEmitter.HEADER_BYTES + 4));
            asm.seek(here);
        }
    }

    /** A jump back has been done many times: perhaps there is a loop that deserves better code. */
    private long hot(long exit) {
        long nia = target(exit);
        putSlot(Slots.NIA, nia);
        LoopHeat.reset(state, HostMemory.getIntLe(exit + Exits.OFFSET), heatJumps);
        if (isWorkPending()) {
            return 0;
        }
        boolean mayBeRegion = code.mayHaveRoom(BlockEmitter.MOST_REGION_BYTES + BlockEmitter.MOST_BYTES);
        if (mayBeRegion) {
            // Before anybody looks at code that may go for it.
            makeRoom(BlockEmitter.MOST_REGION_BYTES + BlockEmitter.MOST_BYTES);
        }
        long entry = entry(nia);
        P p = processor;
        CodePage page = p.fetchPage(nia);
        Block header = page.find(page.offset(nia), p.mode);
        header.heat++;
        Region present = code.region(header.hostCode);
        if (present != Region.NONE) {
            if (isLeft(present)) {
                // It starts again.
                drop(present);
                return block(page, nia).hostCode;
            }
            return entry;
        }
        if (mayBeRegion && header.heat == 1 && adoptRegion(page, header)) {
            return header.hostCode;
        }
        Region region = mayBeRegion ? loop(page, header) : Region.NONE;
        if (region == Region.NONE) {
            return header.hostCode;
        }
        long start = System.nanoTime();
        entry = emit(region);
        translationNanos += System.nanoTime() - start;
        return entry;
    }

    /** Whether jumps by tables have led elsewhere than within their region for long. */
    private static boolean isLeft(Region region) {
        int times = 0;
        for (Block source : region.sources) {
            times = Math.max(times, source.jumpTargets.times());
        }
        if (times == 0 || ++region.returns != MANY_RETURNS << 2 * Math.min(times, MOST_TIMES_SAMPLED)) {
            return false;
        }
        for (Block member : region.members) {
            if (member.jumpTargets.times() > 0) {
                member.jumpTargets = member.jumpTargets.again();
            }
        }
        return true;
    }

    /** The loop of a header if it is time for that to get code of its own kind. */
    private Region loop(CodePage page, Block header) {
        if (isSampling.remove(header)) {
            return finder.findByTables(page, header);
        }
        if (!isTimeForRegion(header.heat)) {
            return Region.NONE;
        }
        if (header.heat == HEAT_OF_LOOP
                && adoption.isPresent()
                && adoption.get().isKeptAsNoRegion(header)) {
            return Region.NONE;
        }
        Region region = finder.find(page, header);
        if (region != Region.NONE) {
            return region;
        }
        List<Block> jumps = source(header).loops() ? List.of() : finder.tables(page, header);
        if (jumps.isEmpty()) {
            adoption.ifPresent(kept -> kept.keepNoRegion(header));
            return Region.NONE;
        }
        if (header.heat > HEAT_OF_LOOP) {
            jumps.forEach(jump -> jump.jumpTargets = jump.jumpTargets.again());
        }
        if (sampleJumps(jumps)) {
            isSampling.add(header);
            return Region.NONE;
        }
        return finder.findByTables(page, header);
    }

    private boolean hasRegion(Block block) {
        return code.region(block.hostCode) != Region.NONE;
    }

    /** Twice, since some offsets share a counter; later again, since blocks may have been missing for a loop. */
    private static boolean isTimeForRegion(int heat) {
        return heat == HEAT_OF_LOOP || heat >= 16 && Integer.bitCount(heat) == 1;
    }

    /**
     * Has it found out until the next time where the jumps by tables lead that a loop has, as far as it is not known: what
     * comes back from there belongs to the loop.
     *
     * @return whether there is anything to be found out
     */
    private boolean sampleJumps(List<Block> jumps) {
        boolean isAny = false;
        for (Block jump : jumps) {
            jump.jumpTargets = jump.jumpTargets.known();
            if (!jump.jumpTargets.isEnough() && !hasRegion(jump)) {
                makeRoom(BlockEmitter.MOST_BYTES);
                if (jump.valid && jump.hostCode != 0) {
                    sample(jump);
                    isAny = true;
                }
            }
        }
        return isAny;
    }

    /** Has a block left each time at its end, by a copy of its code for the time being. */
    private void sample(Block jump) {
        if (code.hasDetour(jump)) {
            return;
        }
        long start = System.nanoTime();
        long entry = jump.hostCode;
        int number = jump.hostEntry;
        long copy = emitter.emitSampled(source(jump));
        jump.hostCode = copy;
        remember(jump, Region.NONE, emitter.imageStart());
        jump.hostCode = entry;
        jump.hostEntry = number;
        code.detour(jump, copy);
        translationNanos += System.nanoTime() - start;
    }

    /** A jump at the end of a block is left at to see where it leads. */
    private long sampled(Block block) {
        long nia = slot(HostSlots.EXIT_ADDRESS);
        putSlot(Slots.NIA, nia);
        long offset = nia - slot(HostSlots.PAGE_BASE);
        boolean isWithin = Long.compareUnsigned(offset, block.pageBytes) < 0;
        if (block.jumpTargets.add(isWithin ? (int) offset : -1)) {
            code.endDetour(block);
        }
        return isWorkPending() ? 0 : entry(nia);
    }

    /** Brings in the region of an earlier run, if there was one. */
    private boolean adoptRegion(CodePage page, Block header) {
        if (adoption.isEmpty()) {
            return false;
        }
        long old = header.hostCode;
        long start = System.nanoTime();
        Region region = adoption.get().adoptRegion(page, header);
        if (region != Region.NONE) {
            enter(region, old, header.hostCode - BlockEmitter.HEADER_BYTES);
        }
        translationNanos += System.nanoTime() - start;
        return region != Region.NONE;
    }

    private long emit(Region region) {
        long old = region.header.hostCode;
        long entry = emitter.emit(region);
        region.header.hostCode = entry;
        adoption.ifPresent(a -> a.keep(region, emitter));
        enter(region, old, emitter.imageStart());
        return entry;
    }

    /** Has a region whose code has just been written entered in place of its header. */
    private void enter(Region region, long old, long start) {
        regionCount++;
        remember(region.header, region, start);
        for (Block member : region.members) {
            regionsOf.computeIfAbsent(member, key -> new ArrayList<>()).add(region);
            member.regions++;
        }
        redirect(old, region.header);
    }

    /** Has a region left at the next end of a member, and not entered any more. Its code may run to there. */
    private void drop(Region region) {
        if (region.isDropped) {
            return;
        }
        region.isDropped = true;
        regionsDropped++;
        long here = asm.here();
        for (int m = 0; m < region.labels.length; m++) {
            asm.seek(region.labels[m]);
            asm.jmp(region.exits[m]);
            if (region.loops[m] != 0) {
                asm.seek(region.loops[m]);
                asm.jmp(region.loopExits[m]);
            }
        }
        if (region.returnLabel != 0) {
            asm.seek(region.returnLabel);
            asm.jmp(region.returnExit);
        }
        for (Region.Loss loss : region.losses) {
            if (loss.isNop()) {
                asm.seek(loss.place());
                asm.jmp(loss.exit());
            } else {
                asm.patch(loss.place(), loss.exit());
            }
        }
        asm.seek(here);
        // The header gets code of its own when it is next wanted.
        if (region.header.hostCode != 0) {
            code.makeInvalid(region.header.hostCode);
        }
        region.header.hostCode = 0;
        region.header.heat = 0;
        forget(region);
    }

    /** Has its members no longer know a region. */
    private void forget(Region region) {
        region.isDropped = true;
        for (Block member : region.members) {
            List<Region> others = regionsOf.getOrDefault(member, List.of());
            others.remove(region);
            member.regions--;
            if (others.isEmpty()) {
                regionsOf.remove(member);
            }
        }
    }

    private void callEnd(long exit) {
        P p = processor;
        at(exit);
        int where = p.where;
        long imm = HostMemory.getLongLe(exit + Exits.IMMEDIATE);
        p.successor = slot(HostSlots.PAGE_BASE) + HostMemory.getIntLe(exit + Exits.RESUME) & p.addressMask();
        run(imm);
        putSlot(Slots.NIA, p.successor);
        putSlot(Slots.COMPLETED, slot(Slots.COMPLETED) + (where >>> 16) + 1);
        p.where = 0;
    }

    private long link(long exit) {
        long nia = target(exit);
        putSlot(Slots.NIA, nia);
        long position = code.position(exit);
        long page = slot(HostSlots.PAGE_BASE);
        Block target = block(page(nia), nia);
        // The code with the jump may have made room for its target's.
        if (code.isThere(position) && slot(HostSlots.PAGE_BASE) == page) {
            code.link(exit + HostMemory.getIntLe(exit + Exits.RESUME), target);
        }
        return target.hostCode;
    }

    /** The code that takes the place of an invalid block's. */
    private long replace() {
        long old = slot(HostSlots.EXIT_ADDRESS) - ENTRY_PATCH_BYTES;
        long page = slot(HostSlots.PAGE_BASE);
        long nia = page + HostMemory.getIntLe(old - BlockEmitter.HEADER_BYTES + BlockEmitter.HEADER_OFFSET)
                & processor.addressMask();
        putSlot(Slots.NIA, nia);
        Block changed = code.region(old) == Region.NONE ? code.block(old) : Block.NONE;
        if (changed.changes >= MANY_CHANGES && evaluateChanging(changed, nia)) {
            return 0;
        }
        long position = code.position(old);
        Block target = block(page(nia), nia);
        if (code.isThere(position) && slot(HostSlots.PAGE_BASE) == page) {
            redirect(old, target);
            if (!changed.valid) {
                target.changes = changed.changes + 1;
            }
        }
        return target.hostCode;
    }

    /**
     * Executes code that changes all the time without a translation, which would not be executed again. The code is not
     * watched then, either, so that it can be changed freely.
     *
     * @param block what has been there before; it remembers how the code goes on
     * @return whether that has been done: steady code is to be translated
     */
    private boolean evaluateChanging(Block block, long nia) {
        P p = processor;
        p.where = 0;
        CodePage page = p.fetchPage(nia);
        int offset = page.offset(nia);
        if (page.find(offset, p.mode).valid) {
            return false;
        }
        Block now = p.codeCache().operations(page, offset, p.mode);
        long hash = now.byteLength;
        long host = p.codeCache().decodedCode();
        for (int i = 0; i < now.byteLength; i += 4) {
            hash = hash * HASH_FACTOR + HostMemory.getIntLe(host + i);
        }
        if (hash != block.laterCode) {
            block.laterCode = hash;
            block.laterRuns = 0;
        } else if (++block.laterRuns == STEADY_RUNS) {
            block.changes = 0;
            return false;
        }
        changingRuns++;
        evaluator.finish(now, 0);
        p.where = 0;
        return true;
    }

    private void dropped(Block block) {
        if (block.hostCode != 0 || block.regions != 0) {
            // The guest is about to change it, but may be in the middle of it.
            source(block);
        }
        if (block.regions != 0) {
            for (Region region : List.copyOf(regionsOf.getOrDefault(block, List.of()))) {
                drop(region);
            }
        }
        long entry = block.hostCode;
        if (entry != 0) {
            code.makeInvalid(entry);
            leaveLoop(entry);
        }
    }

    /** The entry of the code at an effective address, to which jump tables lead then. */
    private long entry(long nia) {
        CodePage page = page(nia);
        Block block = block(page, nia);
        processor.rememberJump(nia, page, block.hostCode - BlockEmitter.FAR_BYTES);
        return block.hostCode;
    }

    /** The page of the next block. */
    private CodePage page(long nia) {
        processor.where = 0;
        return processor.fetchPage(nia);
    }

    /** The block at an effective address on a page, which is translated if need be. */
    private Block block(CodePage page, long nia) {
        Block block = translated(page, page.offset(nia));
        putSlot(HostSlots.PAGE_BASE, page.base(nia));
        return block;
    }

    /** The block at an offset, with host code. */
    private Block translated(CodePage page, int offset) {
        Block block = page.find(offset, processor.mode);
        if (!block.valid || block.hostCode == 0) {
            long start = System.nanoTime();
            makeRoom(BlockEmitter.MOST_BYTES);
            // It may have been what made room.
            block = page.find(offset, processor.mode);
            if (!block.valid) {
                block = adoption.isPresent() ? adoption.get().adopt(page, offset) : Block.NONE;
            }
            if (!block.valid) {
                Block operations;
                processor.codeCache().watch(page, offset, Integer.BYTES);
                do {
                    operations = processor.codeCache().operations(page, offset, processor.mode);
                } while (processor.codeCache().watch(page, offset, operations.byteLength));
                block = processor.codeCache().translated(page, operations);
                emitNew(block, operations);
            } else if (block.hostCode == 0) {
                emit(block, source(block));
            }
            translationNanos += System.nanoTime() - start;
        }
        return block;
    }

    private void makeRoom(int bytes) {
        if (code.isRoomWanted(bytes)) {
            evict(() -> code.makeRoom(bytes));
        }
    }

    /** Has the oldest code make room; the guest is between two blocks, or will not go on in code that is there now. */
    private void evict(Runnable action) {
        long start = System.nanoTime();
        // What is to be settled is described in code.
        processor.settle();
        action.run();
        processor.forgetJumps();
        evictions++;
        long nanos = System.nanoTime() - start;
        evictionNanos += nanos;
        longestEvictionNanos = Math.max(longestEvictionNanos, nanos);
    }

    /** Forgets a block whose entry is no more, unless it has another or belongs to a region. */
    private void evicted(Block block, Region region, long entry) {
        processor.forgetCode(block, entry - BlockEmitter.FAR_BYTES);
        isSampling.remove(block);
        if (block.hostCode == entry) {
            block.hostCode = 0;
            block.heat = 0;
        }
        if (region == Region.NONE) {
            evictedBlocks++;
            forgetIfUnused(block);
        } else if (!region.isDropped) {
            forget(region);
            region.members.forEach(this::forgetIfUnused);
        }
    }

    /** A region must be told when the code of its members changes; all others are found again when they are wanted. */
    private void forgetIfUnused(Block block) {
        if (block.valid && block.hostCode == 0 && block.regions == 0) {
            processor.codeCache().forget(block);
        }
    }

    /** A block with its operations, which are decoded again when they are first asked for: few ever are. */
    private Block source(Block block) {
        if (block.hasOperations()) {
            return block;
        }
        if (!block.decoded.hasOperations()) {
            block.decoded = processor.codeCache().operations(block);
        }
        block.decoded.refusals = block.refusals;
        block.decoded.jumpTargets = block.jumpTargets;
        block.decoded.hostCode = block.hostCode;
        return block.decoded;
    }

    private void emit(Block block, Block operations) {
        block.hostCode = emitter.emit(operations);
        remember(block, Region.NONE, emitter.imageStart());
    }

    /** The same for a block that has been decoded right before, so that its translation may be kept. */
    private void emitNew(Block block, Block operations) {
        block.hostCode = emitter.emit(operations);
        boolean mayKeep = adoption.isPresent()
                && block.refusals == 0
                && operations.smallSlots == 0
                && processor.codeCache().mayKeep(block);
        if (mayKeep) {
            adoption.get().keep(block, emitter);
        }
        remember(block, Region.NONE, emitter.imageStart());
    }

    private void remember(Block block, Region region, long start) {
        remember(block, region, start, asm.here());
        written((int) (asm.here() - start));
    }

    private void remember(Block block, Region region, long start, long end) {
        if (isListening) {
            codeListener.emitted(
                    start, end - start, "guest:%x+%x,mode=%x".formatted(block.realPage, block.pageOffset, block.mode));
        }
        code.add(block, region);
    }

    private void written(int bytes) {
        memory.filled(asm.here());
        bytesWritten += bytes;
        if (bytesWritten > RESIDENT_BYTES) {
            bytesWritten = 0;
            memory.releaseWritten();
        }
    }

    /** Does for code that has been copied what is done for all. */
    private final class Adopted implements Adoption.Listener {
        @Override
        public void adopted(Block block, long start, long end) {
            remember(block, Region.NONE, start, end);
        }

        @Override
        public void written(int bytes) {
            NativeEngine.this.written(bytes);
        }
    }

    private IllegalStateException fault() {
        long at = slot(HostSlots.FAULT_CODE);
        Block block = code.block(at);
        Region region = code.region(at);
        if (region != Region.NONE) {
            block = region.memberNear(at);
        }
        putSlot(Slots.NIA, slot(HostSlots.PAGE_BASE) + block.pageOffset);
        String report = new FaultReport(frontEnd, layout, lister, state)
                .write(source(block), processor.codeCache().guestCode(block), slot(Slots.NIA), region);
        return new IllegalStateException("signal %d in generated code at %x, accessing %x%s"
                .formatted(slot(HostSlots.FAULT_SIGNAL), at, slot(HostSlots.FAULT_ADDRESS), report));
    }
}
