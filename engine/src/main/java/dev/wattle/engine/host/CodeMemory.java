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

/**
 * Memory for host code: one file in memory, mapped twice, once to be written and once to be executed, so that no page
 * can ever be both. The host gives pages at their first touch.
 */
public final class CodeMemory implements AutoCloseable {
    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int PROT_EXEC = 4;
    private static final int MAP_SHARED = 1;
    private static final int MFD_CLOEXEC = 1;
    private static final long FAILED = -1;

    private final Calls calls;
    private final long writeAddress;
    private final long executeAddress;
    private final long size;

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
        int file = calls.file();
        long write = FAILED;
        try {
            calls.resize(file, size);
            write = calls.map(file, size, PROT_READ | PROT_WRITE, "a mapping for writing code");
            long execute = calls.map(file, size, PROT_READ | PROT_EXEC, "an executable mapping");
            return new CodeMemory(calls, write, execute, size);
        } catch (CodeMemoryException e) {
            if (write != FAILED) {
                calls.unmap(write, size);
            }
            throw e;
        } finally {
            calls.closeFile(file);
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

    /** Gives the memory back. No thread may be executing code in it. */
    @Override
    public void close() {
        calls.unmap(writeAddress, size);
        calls.unmap(executeAddress, size);
    }

    /** Functions of the C library. */
    private static final class Calls {
        private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
        private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

        private final Linker linker = Linker.nativeLinker();
        private final StructLayout callState = Linker.Option.captureStateLayout();
        private final VarHandle errno = callState.varHandle(MemoryLayout.PathElement.groupElement("errno"));
        private final MethodHandle memfdCreate;
        private final MethodHandle ftruncate;
        private final MethodHandle mmap;
        private final MethodHandle munmap;
        private final MethodHandle close;
        private final MethodHandle strerror;

        Calls() throws CodeMemoryException {
            memfdCreate = function("memfd_create", FunctionDescriptor.of(INT, ValueLayout.ADDRESS, INT), true);
            ftruncate = function("ftruncate", FunctionDescriptor.of(INT, INT, LONG), true);
            mmap = function("mmap", FunctionDescriptor.of(LONG, LONG, LONG, INT, INT, INT, LONG), true);
            munmap = function("munmap", FunctionDescriptor.of(INT, LONG, LONG), false);
            close = function("close", FunctionDescriptor.of(INT, INT), false);
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

        int file() throws CodeMemoryException {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment state = arena.allocate(callState);
                int file = (int) memfdCreate.invokeExact(state, arena.allocateFrom("wattle-code"), MFD_CLOEXEC);
                if (file < 0) {
                    throw refused("a file in memory for code", state);
                }
                return file;
            } catch (CodeMemoryException e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException("memfd_create cannot be called", e);
            }
        }

        void resize(int file, long size) throws CodeMemoryException {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment state = arena.allocate(callState);
                if ((int) ftruncate.invokeExact(state, file, size) != 0) {
                    throw refused(size + " bytes of memory for code", state);
                }
            } catch (CodeMemoryException e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException("ftruncate cannot be called", e);
            }
        }

        long map(int file, long size, int protection, String what) throws CodeMemoryException {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment state = arena.allocate(callState);
                long address = (long) mmap.invokeExact(state, 0L, size, protection, MAP_SHARED, file, 0L);
                if (address == FAILED) {
                    throw refused(what, state);
                }
                return address;
            } catch (CodeMemoryException e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException("mmap cannot be called", e);
            }
        }

        void unmap(long address, long size) {
            try {
                int ignored = (int) munmap.invokeExact(address, size);
            } catch (Throwable e) {
                throw new IllegalStateException("munmap cannot be called", e);
            }
        }

        void closeFile(int file) {
            try {
                int ignored = (int) close.invokeExact(file);
            } catch (Throwable e) {
                throw new IllegalStateException("close cannot be called", e);
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
