// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine;

import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.engine.memory.HostMemory;
import dev.wattle.engine.memory.SoftTlb;
import dev.wattle.engine.translate.CodeCache;
import dev.wattle.engine.translate.CodeWatch;
import dev.wattle.engine.translate.FrontEnd;
import java.lang.foreign.Arena;

/** A processor without an instruction set of its own: effective addresses are real addresses. */
public final class FlatProcessor extends Processor {
    public final GuestMemory memory;
    public final SoftTlb tlbs;
    private final int table;
    /** Effective address of the last access that was not allowed. */
    public long faultAddress = -1;
    /** What executes it; set by those who make one. */
    public Engine engine = new Engine() {
        @Override
        public void run() {
            throw new IllegalStateException("no engine");
        }

        @Override
        public void close() {}
    };

    private final CodeCache codeCache;

    public FlatProcessor(Arena arena, GuestMemory memory, FrontEnd frontEnd) {
        super(arena);
        this.memory = memory;
        tlbs = new SoftTlb(arena, state);
        table = tlbs.table(0);
        publishTlb(tlbs.address(table), tlbs.mask(table));
        codeCache =
                new CodeCache(memory, frontEnd, new CodeWatch(), 0, ra -> tlbs.protect(memory.hostAddress(ra), 4096));
        memory.onWrite(codeCache::written);
    }

    @Override
    protected void contextAdopted(int dataContext) {
        throw new IllegalStateException("no context has been remembered");
    }

    @Override
    public long addressMask() {
        return -1;
    }

    private long checked(long ea) {
        if (!memory.contains(ea, 1)) {
            faultAddress = ea;
            throw interrupt;
        }
        return ea;
    }

    @Override
    public long fetchAddress(long ea) {
        return checked(ea);
    }

    @Override
    public long loadMiss(long ea, int bytes) {
        checked(ea);
        checked(ea + bytes - 1);
        enter(ea);
        return memory.hostAddress(ea);
    }

    @Override
    public void storeMiss(long ea, int bytes, long value, boolean bigEndian) {
        checked(ea);
        checked(ea + bytes - 1);
        codeCache.written(ea, bytes);
        for (int i = 0; i < bytes; i++) {
            int shift = 8 * (bigEndian ? bytes - 1 - i : i);
            HostMemory.putByte(memory.hostAddress(ea + i), (byte) (value >>> shift));
        }
        enter(ea);
    }

    @Override
    public boolean prepare(long ea, int bytes, boolean load, boolean store) {
        if (!memory.contains(ea, bytes)) {
            return false;
        }
        enter(ea);
        return SoftTlb.allows(tlbEntry(ea), ea, bytes, store ? SoftTlb.WRITE_LIMIT : SoftTlb.READ_LIMIT);
    }

    private void enter(long ea) {
        long page = ea & -4096L;
        tlbs.put(table, page, 4096, memory.hostAddress(page), true, !codeCache.isWatched(page, 4096));
        publishTlb(tlbs.address(table), tlbs.mask(table));
    }

    /** Any interrupt ends the run. */
    @Override
    public void takeInterrupt() {
        request(1);
    }

    @Override
    public boolean poll() {
        putSlot(Slots.PENDING, 0);
        return false;
    }

    @Override
    public CodeCache codeCache() {
        return codeCache;
    }
}
