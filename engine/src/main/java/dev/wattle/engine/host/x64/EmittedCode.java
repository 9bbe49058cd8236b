// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import dev.wattle.engine.ir.Block;
import dev.wattle.engine.memory.HostMemory;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * The code memory as a ring: new code takes the place of the oldest, some at a time.
 *
 * <p>Code has a position, which is its offset in an endless memory of which the ring shows the last part: so a position
 * also tells whether what was there still is. For each entry it is known what has been made to lead to it, and that is
 * undone when the entry goes: jumps of other code, and other entries that go on there.
 */
final class EmittedCode {
    /** So much goes at a time. */
    private static final int STEP_BYTES = 1 << 16;

    /** The near jump (Intel SDM, volume 2, JMP): its opcode, and its bytes with the displacement. */
    private static final byte JUMP = (byte) 0xe9;

    private static final int JUMP_BYTES = 5;
    private static final int NO_LINK = -1;
    /** In place of where a jump led before: what leads to the entry is another entry. */
    private static final int ENTRY = Integer.MIN_VALUE;

    private final Assembler asm;
    private final long start;
    private final long end;
    private final long size;
    private final Eviction eviction;
    private final long invalid;

    /** Position of the ring's start for what is being written. */
    private long lap;
    /** What is before this position is no more. */
    private long oldest;

    // Entries in the order of their positions; numbers of entries count on, their places are those modulo the size.
    private int first;
    private int next;
    private long[] positions = new long[1024];
    private Block[] blocks = new Block[1024];
    /** For entries of regions, those. */
    private Region[] regions = new Region[1024];

    private int[] links = new int[1024];
    /** So many bytes go with the entry: others of one piece of code jump to it, or it to them. */
    private int[] unitBytes = new int[1024];

    // What leads to an entry: lists in arrays.
    private long[] linkPosition = new long[1024];
    private int[] linkBefore = new int[1024];
    private int[] linkNext = new int[1024];
    private int freeLink = NO_LINK;
    private int linksMade;

    private final Map<Block, Detour> detours = new IdentityHashMap<>();

    /**
     * A block's code of which a copy is executed.
     *
     * @param position of its entry, where there is a jump to the copy
     * @param first the bytes of which that has taken the place
     * @param last the fifth of them
     */
    private record Detour(long position, long copy, int first, byte last) {}

    /** Is told what is no more. */
    @FunctionalInterface
    interface Eviction {
        /**
         * @param block whose entry it was
         * @param region the region if it was one's, or {@link Region#NONE}
         * @param entry the entry, which nothing leads to any more
         */
        void evicted(Block block, Region region, long entry);
    }

    /**
     * @param invalid what an entry calls that must not be gone through
     * @param start where code may be written, a multiple of 16
     * @param end behind the last byte
     */
    EmittedCode(Assembler asm, long invalid, long start, long end, Eviction eviction) {
        this.asm = asm;
        this.invalid = invalid;
        this.eviction = eviction;
        this.start = start;
        this.end = end & -16;
        size = this.end - start;
        // A block must find room while there is one that it is entered from.
        if (size < 2L * BlockEmitter.MOST_BYTES) {
            throw new IllegalArgumentException(
                    "memory for code: %d bytes are too few for blocks of %d".formatted(size, BlockEmitter.MOST_BYTES));
        }
        Arrays.fill(regions, Region.NONE);
        Arrays.fill(blocks, Block.NONE);
        asm.seek(start);
    }

    /** Bytes of code that are there. */
    long bytes() {
        return lap + asm.here() - start - oldest;
    }

    /** Whether {@link #makeRoom} can do that and leave as much again. */
    boolean mayHaveRoom(int bytes) {
        return size >= 2L * bytes;
    }

    /** Whether there are not so many bytes free behind the assembler. */
    boolean isRoomWanted(int bytes) {
        return end - asm.here() < bytes || lap + asm.here() - start + bytes - size > oldest;
    }

    /** Has so many bytes free behind the assembler, which may be sent elsewhere for that. */
    void makeRoom(int bytes) {
        if (end - asm.here() < bytes) {
            asm.seek(start);
            lap += size;
        }
        long wanted = lap + asm.here() - start + bytes - size;
        if (wanted > oldest) {
            evict(wanted);
        }
    }

    /** Has the oldest code go, whether its room is wanted or not. */
    void evictOldest() {
        evict(oldest);
    }

    private void evict(long wanted) {
        oldest = Math.min(wanted + Math.min(STEP_BYTES, size / 16), lap + asm.here() - start);
        while (first != next) {
            int i = first & positions.length - 1;
            if (positions[i] - BlockEmitter.HEADER_BYTES >= oldest) {
                break;
            }
            long entry = address(positions[i]);
            undo(links[i]);
            Block block = blocks[i];
            long goneAt = positions[i];
            detours.computeIfPresent(block, (key, detour) -> detour.position == goneAt ? null : detour);
            Region region = regions[i];
            blocks[i] = Block.NONE;
            regions[i] = Region.NONE;
            oldest = Math.max(oldest, positions[i] + unitBytes[i]);
            first++;
            eviction.evicted(block, region, entry);
        }
    }

    /** The position of an address, at which there is code now. */
    long position(long address) {
        return address < asm.here() ? lap + address - start : lap - size + address - start;
    }

    /** Where code of a position is. */
    private long address(long position) {
        return start + Math.floorMod(position, size);
    }

    /** Whether what was at a position still is there. */
    boolean isThere(long position) {
        return position >= oldest;
    }

    /** Adds the entry of a block, or of the region that it is the header of, to code that has been written behind all other. */
    void add(Block block, Region region) {
        if (next - first == positions.length) {
            grow();
        }
        block.hostEntry = next;
        int i = next++ & positions.length - 1;
        positions[i] = position(block.hostCode);
        blocks[i] = block;
        regions[i] = region;
        links[i] = NO_LINK;
        unitBytes[i] = 0;
    }

    /** Has the last entries go together, since their code goes from one to the other. */
    void uniteLast(int count) {
        long end = position(asm.here() - 1) + 1;
        for (int n = next - count; n != next; n++) {
            int i = n & positions.length - 1;
            unitBytes[i] = (int) (end - positions[i]);
        }
    }

    private void grow() {
        int length = positions.length;
        long[] newPositions = new long[length * 2];
        Block[] newBlocks = new Block[length * 2];
        Region[] newRegions = new Region[length * 2];
        int[] newLinks = new int[length * 2];
        int[] newUnitBytes = new int[length * 2];
        Arrays.fill(newBlocks, Block.NONE);
        Arrays.fill(newRegions, Region.NONE);
        for (int n = first; n != next; n++) {
            int to = n & length * 2 - 1;
            int from = n & length - 1;
            newPositions[to] = positions[from];
            newBlocks[to] = blocks[from];
            newRegions[to] = regions[from];
            newLinks[to] = links[from];
            newUnitBytes[to] = unitBytes[from];
        }
        positions = newPositions;
        blocks = newBlocks;
        regions = newRegions;
        links = newLinks;
        unitBytes = newUnitBytes;
    }

    /** The block whose code is at an address, or {@link Block#NONE}. */
    Block block(long code) {
        int i = entryUpTo(code);
        return i >= 0 ? blocks[i] : Block.NONE;
    }

    /** The region whose code is at an address, if it is a region's. */
    Region region(long code) {
        int i = entryUpTo(code);
        return i >= 0 ? regions[i] : Region.NONE;
    }

    /** The place of the last entry up to an address, or -1. */
    private int entryUpTo(long code) {
        long position = position(code);
        int low = 0;
        int high = next - first;
        while (low < high) {
            int middle = low + high >>> 1;
            if (positions[first + middle & positions.length - 1] <= position) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low == 0 ? -1 : first + low - 1 & positions.length - 1;
    }

    /** Lets the jump whose displacement is at an address lead to the entry of a block, until the entry goes. */
    void link(long displacement, Block target) {
        int i = entryOf(target);
        links[i] = listed(position(displacement), HostMemory.getIntLe(asm.writable(displacement)), links[i]);
        asm.patch(displacement, target.hostCode);
    }

    /** Has all who come to an entry go to that of a block, until that goes. */
    void redirect(long old, Block target) {
        int i = entryOf(target);
        links[i] = listed(position(old), ENTRY, links[i]);
        jump(old, target.hostCode);
    }

    /** Has those who come to a block's entry go to a copy of its code for the time being, which was written later. */
    void detour(Block block, long copy) {
        long displaced = asm.writable(block.hostCode);
        detours.put(
                block,
                new Detour(
                        position(block.hostCode),
                        copy,
                        HostMemory.getIntLe(displaced),
                        HostMemory.getByte(displaced + Integer.BYTES)));
        jump(block.hostCode, copy);
    }

    boolean hasDetour(Block block) {
        return detours.containsKey(block);
    }

    /** Has a block's own code executed again, unless something else has taken its place meanwhile. */
    void endDetour(Block block) {
        Detour detour = detours.remove(block);
        if (detour == null || block.hostCode == 0 || position(block.hostCode) != detour.position) {
            return;
        }
        long at = asm.writable(block.hostCode);
        int toCopy = (int) (detour.copy - block.hostCode - JUMP_BYTES);
        if (HostMemory.getByte(at) == JUMP && HostMemory.getIntLe(at + 1) == toCopy) {
            HostMemory.putIntLe(at, detour.first);
            HostMemory.putByte(at + Integer.BYTES, detour.last);
        }
    }

    private void jump(long entry, long target) {
        long here = asm.here();
        asm.seek(entry);
        asm.jmp(target);
        asm.seek(here);
    }

    /** Has nobody go through an entry any more. */
    void makeInvalid(long entry) {
        long here = asm.here();
        asm.seek(entry);
        asm.call(invalid);
        asm.seek(here);
    }

    /** The place of a block's entry. */
    private int entryOf(Block block) {
        int i = block.hostEntry & positions.length - 1;
        if (positions[i] != position(block.hostCode)) {
            throw new IllegalStateException("no code is entered at %x".formatted(block.hostCode));
        }
        return i;
    }

    /** Puts something before a list. */
    private int listed(long position, int before, int list) {
        int link = freeLink;
        if (link != NO_LINK) {
            freeLink = linkNext[link];
        } else {
            if (linksMade == linkNext.length) {
                linkPosition = Arrays.copyOf(linkPosition, linksMade * 2);
                linkBefore = Arrays.copyOf(linkBefore, linksMade * 2);
                linkNext = Arrays.copyOf(linkNext, linksMade * 2);
            }
            link = linksMade++;
        }
        linkPosition[link] = position;
        linkBefore[link] = before;
        linkNext[link] = list;
        return link;
    }

    /** Has the first of a list be used again, and gives the rest. */
    private int freed(int link) {
        int following = linkNext[link];
        linkNext[link] = freeLink;
        freeLink = link;
        return following;
    }

    /** Has those who have been led to an entry go where they went before, as far as they are there themselves. */
    private void undo(int list) {
        for (int link = list; link != NO_LINK; link = freed(link)) {
            long position = linkPosition[link];
            if (position >= oldest && linkBefore[link] == ENTRY) {
                makeInvalid(address(position));
            } else if (position >= oldest) {
                HostMemory.putIntLe(asm.writable(address(position)), linkBefore[link]);
            }
        }
    }
}
