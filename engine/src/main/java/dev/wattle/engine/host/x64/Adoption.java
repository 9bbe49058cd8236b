// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import dev.wattle.engine.Processor;
import dev.wattle.engine.host.NewTranslation;
import dev.wattle.engine.host.StoredTranslations;
import dev.wattle.engine.host.TranslationCache;
import dev.wattle.engine.ir.Block;
import dev.wattle.engine.memory.HostMemory;
import dev.wattle.engine.translate.CodeCache;
import dev.wattle.engine.translate.CodePage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Brings host code that was made in an earlier run, by another engine or before it was evicted, into the code memory.
 *
 * <p>What is wanted mostly comes with others that were executed about the same time, which are taken in one piece: all of
 * them are compared with the guest's code, and those that differ, or that are there already, stay as code that is not
 * gone through.
 */
final class Adoption {
    private static final int CODE_ALIGNMENT = 16;
    private static final int[] NO_NOTES = {};
    /** In a mode: it is about a region, found by its header. Modes are less. */
    private static final int REGION = 1 << 16;
    /** The same: that there is no region. */
    private static final int NO_REGION = 1 << 17;

    private final Processor processor;
    private final TranslationCache cache;
    private final Assembler asm;
    private final EmittedCode code;
    private final long codeBase;
    private final Listener listener;
    /** Where the cache may put what it has found. */
    private final MemorySegment scratch = Arena.ofAuto().allocate(TranslationCache.MOST_ENTRY_BYTES, Long.BYTES);

    /** Where the code of a region's members is put together. */
    private final MemorySegment regionCode = Arena.ofAuto().allocate(TranslationCache.MOST_ENTRY_BYTES, Long.BYTES);

    /** Of those that have been found, which are to be used. */
    private boolean[] isUsed = new boolean[64];

    private long ofEarlierRuns;
    private long ofThisRun;
    private long regions;

    /** Is told what has been written. */
    interface Listener {
        /** There is code of a block from one address to another. */
        void adopted(Block block, long start, long end);

        /** So many bytes have been written, up to where the assembler is. */
        void written(int bytes);
    }

    /**
     * @param codeBase what places in the cache are relative to
     */
    Adoption(
            Processor processor,
            TranslationCache cache,
            Assembler asm,
            EmittedCode code,
            long codeBase,
            Listener listener) {
        this.processor = processor;
        this.cache = cache;
        this.asm = asm;
        this.code = code;
        this.codeBase = codeBase;
        this.listener = listener;
    }

    /** Translations of earlier runs that have been brought in. */
    long ofEarlierRuns() {
        return ofEarlierRuns;
    }

    /** Translations of this run that have been brought in again. */
    long ofThisRun() {
        return ofThisRun;
    }

    /** Regions that have been brought in. */
    long regions() {
        return regions;
    }

    /** Keeps the translation that an emitter has just made. */
    void keep(Block block, BlockEmitter emitter) {
        NewTranslation.GuestBlock code = new NewTranslation.GuestBlock(
                block.pageOffset,
                processor.codeCache().decodedCode(),
                block.byteLength,
                block.instructions,
                BlockEmitter.HEADER_BYTES);
        keep(block, block.mode, List.of(code), 0, emitter, NO_NOTES);
    }

    private void keep(
            Block block,
            int mode,
            List<NewTranslation.GuestBlock> blocks,
            int first,
            BlockEmitter emitter,
            int[] notes) {
        long start = emitter.imageStart();
        Relocations relocations = emitter.relocations();
        cache.add(new NewTranslation(
                page(block),
                mode,
                block.pageBytes,
                blocks,
                first,
                asm.writable(start),
                (int) (asm.here() - start),
                (int) (start - codeBase),
                relocations.words(),
                relocations.count(),
                relocations.links(),
                relocations.linkCount(),
                notes));
    }

    private static int page(Block block) {
        return (int) (block.realPage / CodePage.SMALL);
    }

    /** Keeps that no region has been found for a loop, by the first block of that. */
    void keepNoRegion(Block header) {
        int mode = header.mode | NO_REGION;
        long guestCode = processor.codeCache().hostAddress(header);
        if (isKept(header, mode)) {
            return;
        }
        NewTranslation.GuestBlock code =
                new NewTranslation.GuestBlock(header.pageOffset, guestCode, header.byteLength, header.instructions, 0);
        cache.add(new NewTranslation(
                page(header), mode, header.pageBytes, List.of(code), 0, 0, 0, 0, NO_NOTES, 0, NO_NOTES, 0, new int[1]));
    }

    /** Whether no region was found for a loop in an earlier run. */
    boolean isKeptAsNoRegion(Block header) {
        return isKept(header, header.mode | NO_REGION);
    }

    private boolean isKept(Block header, int mode) {
        long guestCode = processor.codeCache().hostAddress(header);
        return cache.find(mode, header.pageOffset, header.pageBytes, guestCode, scratch.address()) != 0;
    }

    /** Keeps a region that an emitter has just written, unless that has gone by what another run would not know. */
    void keep(Region region, BlockEmitter emitter) {
        CodeCache codeCache = processor.codeCache();
        if (isKept(region.header, region.header.mode | REGION)) {
            // Only one is found by its header.
            return;
        }
        List<NewTranslation.GuestBlock> blocks = new ArrayList<>();
        int used = 0;
        for (int m = 0; m < region.members.size(); m++) {
            Block member = region.members.get(m);
            Block source = region.sources.get(m);
            if (member.refusals != 0 || source.smallSlots != 0 || member.jumpTargets.times() > 0) {
                return;
            }
            // It may have been changed by another processor since: what is kept must be what has been translated.
            Block now = codeCache.operations(member);
            if (!Arrays.equals(now.words, source.words) || !Arrays.equals(now.immediates, source.immediates)) {
                return;
            }
            int bytes = Math.min(member.byteLength + Integer.BYTES, member.pageBytes - member.pageOffset);
            if (used + bytes > TranslationCache.MOST_ENTRY_BYTES) {
                return;
            }
            long at = regionCode.address() + used;
            HostMemory.copy(codeCache.decodedCode(), at, bytes);
            blocks.add(new NewTranslation.GuestBlock(member.pageOffset, at, member.byteLength, member.instructions, 0));
            used += bytes;
        }
        Block header = region.header;
        keep(
                header,
                header.mode | REGION,
                blocks,
                region.headerNumber(),
                emitter,
                RegionNotes.of(region, emitter.imageStart(), header.hostCode));
    }

    /**
     * Brings in the region of a loop.
     *
     * <p>There must be room for {@link BlockEmitter#MOST_REGION_BYTES}.
     *
     * @return the region, whose header has its code, or {@link Region#NONE} if there is none
     */
    Region adoptRegion(CodePage page, Block header) {
        CodeCache codeCache = processor.codeCache();
        int mode = processor.mode;
        long guestCode = codeCache.hostAddress(page, header.pageOffset);
        long found = cache.find(mode | REGION, header.pageOffset, page.bytes, guestCode, scratch.address());
        if (found == 0) {
            return Region.NONE;
        }
        int count = StoredTranslations.count(found);
        for (int i = 0; i < count; i++) {
            codeCache.watch(page, StoredTranslations.pageOffset(found, i), StoredTranslations.guestBytes(found, i));
        }
        List<Block> members = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int offset = StoredTranslations.pageOffset(found, i);
            if (!StoredTranslations.isOf(found, i, codeCache.hostAddress(page, offset))) {
                return Region.NONE;
            }
            Block block = page.find(offset, mode);
            if (!block.valid) {
                int instructions = StoredTranslations.instructions(found, i);
                block = codeCache.adopt(page, offset, mode, instructions, StoredTranslations.guestBytes(found, i));
            }
            members.add(block);
        }
        int entry = RegionNotes.entry(found);
        long start = start(entry);
        int bytes = StoredTranslations.imageBytes(found);
        Region region = RegionNotes.region(found, members, start);
        // Blocks that have been added may have made others go.
        if (region.header != header || !members.stream().allMatch(member -> member.valid)) {
            return Region.NONE;
        }
        HostMemory.copy(StoredTranslations.image(found), asm.writable(start), bytes);
        int relocations = StoredTranslations.relocations(found);
        StoredTranslations.relocate(found, 0, relocations, asm.writable(start), (int) (start - codeBase));
        asm.seek(start + bytes);
        header.hostCode = start + entry;
        regions++;
        return region;
    }

    /**
     * Brings in the translation of the code at an offset of a page, and others.
     *
     * <p>There must be room for {@link BlockEmitter#MOST_BYTES}.
     *
     * @return its block, with host code, or {@link Block#NONE} if there is none
     */
    Block adopt(CodePage page, int offset) {
        CodeCache codeCache = processor.codeCache();
        int mode = processor.mode;
        codeCache.watch(page, offset, Integer.BYTES);
        long found;
        int wanted;
        do {
            found = cache.find(mode, offset, page.bytes, codeCache.hostAddress(page, offset), scratch.address());
            if (found == 0) {
                return Block.NONE;
            }
            wanted = StoredTranslations.memberAt(found, offset);
        } while (codeCache.watch(page, offset, StoredTranslations.guestBytes(found, wanted)));
        int count = StoredTranslations.count(found);
        boolean isWhole = count > 1 && select(found, count, page, mode) > count / 2;
        int first = isWhole ? 0 : wanted;
        int end = isWhole ? count : wanted + 1;
        if (!isWhole) {
            isUsed[wanted] = true;
        }
        if (cache.isOfEarlierRun(found)) {
            ofEarlierRuns += end - first;
        } else {
            ofThisRun += end - first;
        }
        return write(found, first, end, wanted, page, mode);
    }

    /** Finds out which translations can be used, and gives their number. */
    private int select(long found, int count, CodePage page, int mode) {
        CodeCache codeCache = processor.codeCache();
        if (count > isUsed.length) {
            isUsed = new boolean[count];
        }
        // The guest's code is looked at behind this.
        for (int i = 0; i < count; i++) {
            codeCache.watch(page, StoredTranslations.pageOffset(found, i), StoredTranslations.guestBytes(found, i));
        }
        int used = 0;
        for (int i = 0; i < count; i++) {
            int offset = StoredTranslations.pageOffset(found, i);
            isUsed[i] = !page.find(offset, mode).valid
                    && StoredTranslations.isOf(found, i, codeCache.hostAddress(page, offset));
            used += isUsed[i] ? 1 : 0;
        }
        return used;
    }

    private Block write(long found, int first, int end, int wanted, CodePage page, int mode) {
        int from = StoredTranslations.imagePlace(found, first);
        int bytes = StoredTranslations.imagePlace(found, end) - from;
        int entry = StoredTranslations.entry(found, first) - from;
        long start = start(entry);
        // Where all of the host code would start.
        long base = start - from;
        HostMemory.copy(StoredTranslations.image(found) + from, asm.writable(start), bytes);
        StoredTranslations.relocate(
                found,
                StoredTranslations.firstRelocation(found, first),
                StoredTranslations.firstRelocation(found, end),
                asm.writable(base),
                (int) (base - codeBase));
        asm.seek(start + bytes);
        Block block = Block.NONE;
        boolean isWhole = end - first > 1;
        for (int i = first; i < end; i++) {
            Block next = block(found, i, page, mode);
            next.hostCode = base + StoredTranslations.entry(found, i);
            listener.adopted(
                    next,
                    base + StoredTranslations.imagePlace(found, i),
                    base + StoredTranslations.imagePlace(found, i + 1));
            if (isUsed[i]) {
                processor.rememberCode(page, next, next.hostCode - BlockEmitter.FAR_BYTES);
            } else {
                code.makeInvalid(next.hostCode);
            }
            if (i == wanted) {
                block = next;
            }
        }
        if (isWhole) {
            code.uniteLast(end - first);
        }
        listener.written(bytes);
        int links = StoredTranslations.firstLink(found, end);
        for (int k = StoredTranslations.firstLink(found, first); k < links; k++) {
            link(found, k, base, isWhole, page, mode);
        }
        return block;
    }

    /** Where to put code that is entered at one of its bytes, so that the entry is aligned. */
    private long start(int entry) {
        return (asm.here() + entry + CODE_ALIGNMENT - 1 & -CODE_ALIGNMENT) - entry;
    }

    /** The block of a translation, which is not found by its offset if that is not used. */
    private Block block(long found, int i, CodePage page, int mode) {
        CodeCache codeCache = processor.codeCache();
        int offset = StoredTranslations.pageOffset(found, i);
        int instructions = StoredTranslations.instructions(found, i);
        int guestBytes = StoredTranslations.guestBytes(found, i);
        return isUsed[i]
                ? codeCache.adopt(page, offset, mode, instructions, guestBytes)
                : codeCache.placeholder(page, offset, mode, instructions, guestBytes);
    }

    /** Has a jump lead to other code of the page that is there. */
    private void link(long found, int k, long base, boolean isWhole, CodePage page, int mode) {
        long displacement = base + StoredTranslations.linkWord(found, k);
        if (StoredTranslations.isLinked(found, k)) {
            if (isWhole) {
                return;
            }
            HostMemory.putIntLe(asm.writable(displacement), StoredTranslations.unlinked(found, k));
        }
        int offset = StoredTranslations.linkOffset(found, k);
        if (offset < 0 || offset >= page.bytes) {
            return;
        }
        Block target = page.find(offset, mode);
        if (target.valid && target.hostCode != 0) {
            code.link(displacement, target);
        }
    }
}
