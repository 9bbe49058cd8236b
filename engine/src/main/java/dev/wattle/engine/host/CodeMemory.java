// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Memory for host code: shared memory, mapped twice, once to be written and once to be executed, so that no page can
 * ever be both. The host gives pages at their first touch.
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
    private static final int MREMAP_MAYMOVE = 1;
    private static final long FAILED = -1;

    private final Calls calls;
    private final long writeAddress;
    private final long executeAddress;
    private final long size;
    private final ResidentPages pages = new ResidentPages();
    private final AtomicBoolean isOpen = new AtomicBoolean(true);

    private CodeMemory(Calls calls, long writeAddress, long executeAddress, long size) {
        this.calls = calls;
        this.writeAddress = writeAddress;
        this.executeAddress = executeAddress;
        this.size = size;
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

    /** Unmaps what has been written from the view to be written, until it is next written to: the code is in the other. */
    public void releaseWritten() {
        pages.release(writeAddress, size);
    }

    /** Gives the memory back, once: later the addresses may be somebody else's. No thread may be executing code in it. */
    @Override
    public void close() {
        if (isOpen.getAndSet(false)) {
            calls.unmap(writeAddress, size);
            calls.unmap(executeAddress, size);
        }
    }

    /** Functions of the C library. */
    private static final class Calls {
        private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
        private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

        private final Linker linker = Linker.nativeLinker();
        private final StructLayout callState = Linker.Option.captureStateLayout();
        private final VarHandle errno = callState.varHandle(MemoryLayout.PathElement.groupElement("errno"));
        private final MethodHandle mmap;
        private final MethodHandle mremap;
        private final MethodHandle mprotect;
        private final MethodHandle munmap;
        private final MethodHandle strerror;

        Calls() throws CodeMemoryException {
            mmap = function("mmap", FunctionDescriptor.of(LONG, LONG, LONG, INT, INT, INT, LONG), true);
            mremap = function("mremap", FunctionDescriptor.of(LONG, LONG, LONG, LONG, INT), true);
            mprotect = function("mprotect", FunctionDescriptor.of(INT, LONG, LONG, INT), true);
            munmap = function("munmap", FunctionDescriptor.of(INT, LONG, LONG), false);
            strerror = function("strerror", FunctionDescriptor.of(ValueLayout.ADDRESS, INT), false);
        }

        private MethodHandle function(String name, FunctionDescriptor type, boolean capturesErrno)
                throws CodeMemoryException {
            MemorySegment address = linker.defaultLookup()
                    .find(name)
                    .orElseThrow(() -> new CodeMemoryException("the C library has no " + name));
            return capturesErrno
                    ? linker.downcallHandle(address, type, Linker.Option.captureCallState("errno"))
                    : linker.downcallHandle(address, type);
        }

        long map(long size) throws CodeMemoryException {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment state = arena.allocate(callState);
                long address = (long)
                        mmap.invokeExact(state, 0L, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0L);
                if (address == FAILED) {
                    throw refused(size + " bytes of memory for code", state);
                }
                return address;
            } catch (CodeMemoryException e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException("mmap cannot be called", e);
            }
        }

        /** Maps the same memory at another address: an old size of 0 has mremap do that. */
        long mapAgain(long mapped, long size) throws CodeMemoryException {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment state = arena.allocate(callState);
                long address = (long) mremap.invokeExact(state, mapped, 0L, size, MREMAP_MAYMOVE);
                if (address == FAILED) {
                    throw refused("a second mapping of memory for code", state);
                }
                return address;
            } catch (CodeMemoryException e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException("mremap cannot be called", e);
            }
        }

        void makeExecutable(long address, long size) throws CodeMemoryException {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment state = arena.allocate(callState);
                if ((int) mprotect.invokeExact(state, address, size, PROT_READ | PROT_EXEC) != 0) {
                    throw refused("an executable mapping", state);
                }
            } catch (CodeMemoryException e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException("mprotect cannot be called", e);
            }
        }

        void unmap(long address, long size) {
            try {
                int ignored = (int) munmap.invokeExact(address, size);
            } catch (Throwable e) {
                throw new IllegalStateException("munmap cannot be called", e);
            }
        }

        private CodeMemoryException refused(String what, MemorySegment state) throws Throwable {
            int number = (int) errno.get(state, 0L);
            MemorySegment text = (MemorySegment) strerror.invokeExact(number);
            return new CodeMemoryException("the host refused " + what + ": "
                    + text.reinterpret(Long.MAX_VALUE).getString(0));
        }
    }
}
