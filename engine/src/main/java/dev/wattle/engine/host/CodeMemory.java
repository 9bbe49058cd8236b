// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host;

import dev.wattle.engine.memory.HostFunction;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Memory for host code: shared memory, mapped twice, once to be written and once to be executed, so that no page can
 * ever be both. The host gives pages at their first touch, and is asked to make huge pages of them as they fill up, since
 * much code needs many pages, and a processor remembers few.
 *
 * <p>The memory belongs to no file that has a name of its own: profilers look for the names of code in such memory where
 * {@link PerfMap} writes them, and not for that in files.
 */
public final class CodeMemory implements AutoCloseable {
    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int PROT_EXEC = 4;
    private static final int MAP_SHARED = 1;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_FIXED = 0x10;
    private static final int MAP_NORESERVE = 0x4000;
    private static final int PROT_NONE = 0;
    private static final int MREMAP_MAYMOVE = 1;
    private static final int MREMAP_FIXED = 2;

    private static final long FAILED = -1;

    private final Calls calls;
    private final long writeAddress;
    private final long executeAddress;
    private final long size;
    private final ResidentPages pages = new ResidentPages();
    private final AtomicBoolean isOpen = new AtomicBoolean(true);
    private final HugeCodePages hugePages;

    private CodeMemory(Calls calls, long writeAddress, long executeAddress, long size) {
        this.calls = calls;
        this.writeAddress = writeAddress;
        this.executeAddress = executeAddress;
        this.size = size;
        hugePages = new HugeCodePages(writeAddress, size);
    }

    /**
     * Reserves memory for code.
     *
     * @param size bytes, a positive multiple of 4096
     * @throws CodeMemoryException if the host has no such memory, or does not allow executable mappings
     */
    public static CodeMemory allocate(long size) throws CodeMemoryException {
        if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("linux")) {
            throw new CodeMemoryException("making executable code is supported on Linux only");
        }
        Calls calls = new Calls();
        long write = calls.map(size);
        long execute = FAILED;
        try {
            execute = calls.mapAgain(write, size);
            calls.makeExecutable(execute, size);
            return new CodeMemory(calls, write, execute, size);
        } catch (CodeMemoryException e) {
            calls.unmap(write, size);
            if (execute != FAILED) {
                calls.unmap(execute, size);
            }
            throw e;
        }
    }

    /** Host address at which code is written. */
    public long writeAddress() {
        return writeAddress;
    }

    /** Host address at which the same code is executed. */
    public long executeAddress() {
        return executeAddress;
    }

    public long size() {
        return size;
    }

    /**
     * Tells up to where there is code: so far the host is asked for huge pages. One that cannot make them (Linux before
     * 6.1, or without free memory in such pieces) is not asked again.
     *
     * @param end where the last code ends, in the view to be executed
     */
    public void filled(long end) {
        hugePages.filled(end - executeAddress);
    }

    /** Bytes of it that the host has given in huge pages. */
    public long hugeBytes() {
        return hugePages.madeBytes();
    }

    /** Waits for huge pages that the host has been asked for. */
    void awaitHugePages() {
        hugePages.await();
    }

    /** Unmaps what has been written from the view to be written, until it is next written to: the code is in the other. */
    public void releaseWritten() {
        pages.release(writeAddress, size);
    }

    /** Gives the memory back, once: later the addresses may be somebody else's. No thread may be executing code in it. */
    @Override
    public void close() {
        if (isOpen.getAndSet(false)) {
            hugePages.close();
            calls.unmap(writeAddress, size);
            calls.unmap(executeAddress, size);
        }
    }

    /** Functions of the C library. */
    private static final class Calls {
        private final HostFunction mmap;
        private final HostFunction mremap;
        private final HostFunction mprotect;
        private final HostFunction munmap;
        private final HostFunction strerror;

        Calls() throws CodeMemoryException {
            mmap = function("mmap");
            mremap = function("mremap");
            mprotect = function("mprotect");
            munmap = function("munmap");
            strerror = function("strerror");
        }

        private static HostFunction function(String name) throws CodeMemoryException {
            return HostFunction.find(name).orElseThrow(() -> new CodeMemoryException("the C library has no " + name));
        }

        long map(long size) throws CodeMemoryException {
            long address = reserve(size);
            if (mmap.call(address, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0)
                    == FAILED) {
                CodeMemoryException refusal = refused(size + " bytes of memory for code", mmap);
                unmap(address, size);
                throw refusal;
            }
            return address;
        }

        /** Maps the same memory at another address: an old size of 0 has mremap do that. */
        long mapAgain(long mapped, long size) throws CodeMemoryException {
            long address = reserve(size);
            if (mremap.call(mapped, 0, size, MREMAP_MAYMOVE | MREMAP_FIXED, address, 0) == FAILED) {
                CodeMemoryException refusal = refused("a second mapping of memory for code", mremap);
                unmap(address, size);
                throw refusal;
            }
            return address;
        }

        /** Addresses that nobody else uses, from a multiple of a huge page on. */
        private long reserve(long size) throws CodeMemoryException {
            long all = size + HugeCodePages.BYTES;
            long start = mmap.call(0, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            if (start == FAILED) {
                throw refused(size + " bytes of addresses for code", mmap);
            }
            long address = start + HugeCodePages.BYTES - 1 & -HugeCodePages.BYTES;
            if (address > start) {
                unmap(start, address - start);
            }
            long end = address + size;
            if (start + all > end) {
                unmap(end, start + all - end);
            }
            return address;
        }

        void makeExecutable(long address, long size) throws CodeMemoryException {
            if ((int) mprotect.call(address, size, PROT_READ | PROT_EXEC) != 0) {
                throw refused("an executable mapping", mprotect);
            }
        }

        void unmap(long address, long size) {
            munmap.call(address, size, 0);
        }

        private CodeMemoryException refused(String what, HostFunction by) {
            MemorySegment text = MemorySegment.ofAddress(strerror.call(by.errno(), 0, 0));
            return new CodeMemoryException("the host refused " + what + ": "
                    + text.reinterpret(Long.MAX_VALUE).getString(0));
        }
    }
}
