// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
import java.util.Optional;

/**
 * Guest RAM by anonymous {@code mmap}, which the host backs page by page at the first touch. Where the host has no
 * {@code mmap}, the JDK's own allocation serves: it clears the whole range at once.
 */
final class MappedMemory {
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE = 2;

    private MappedMemory() {}

    /** Bytes behind the guest's memory that may be read, so that a load near the end may read more than it keeps. */
    private static final long MARGIN = 4096;

    static GuestMemory map(long bytes) {
        long size = bytes + MARGIN;
        Linker linker = Linker.nativeLinker();
        SymbolLookup libc = linker.defaultLookup();
        Optional<MemorySegment> mmap = libc.find("mmap");
        Optional<MemorySegment> munmap = libc.find("munmap");
        if (mmap.isEmpty() || munmap.isEmpty()) {
            return GuestMemory.fromArena(Arena.ofShared(), size, bytes);
        }
        MethodHandle map = linker.downcallHandle(
                mmap.get(),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_LONG));
        MethodHandle unmap = linker.downcallHandle(
                munmap.get(),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
        boolean linux = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("linux");
        int anonymous = linux ? 0x20 | 0x4000 /* MAP_NORESERVE */ : 0x1000;
        long address;
        try {
            address = (long) map.invokeExact(0L, size, PROT_READ_WRITE, MAP_PRIVATE | anonymous, -1, 0L);
        } catch (Throwable e) {
            throw new IllegalStateException("mmap cannot be called", e);
        }
        if (address == -1) {
            throw new OutOfMemoryError("the host cannot reserve " + bytes + " bytes of guest memory");
        }
        Arena arena = Arena.ofShared();
        MemorySegment.ofAddress(address).reinterpret(size, arena, segment -> {
            try {
                int ignored = (int) unmap.invokeExact(segment.address(), segment.byteSize());
            } catch (Throwable e) {
                throw new IllegalStateException("munmap cannot be called", e);
            }
        });
        return GuestMemory.of(arena, address, bytes);
    }
}
