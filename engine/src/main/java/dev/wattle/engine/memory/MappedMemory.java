// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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
        Optional<HostFunction> mmap = HostFunction.find("mmap");
        Optional<HostFunction> munmap = HostFunction.find("munmap");
        if (mmap.isEmpty() || munmap.isEmpty()) {
            return GuestMemory.fromArena(Arena.ofShared(), size, bytes);
        }
        boolean linux = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("linux");
        int anonymous = linux ? 0x20 | 0x4000 /* MAP_NORESERVE */ : 0x1000;
        long address = mmap.get().call(0, size, PROT_READ_WRITE, MAP_PRIVATE | anonymous, -1, 0);
        if (address == -1) {
            throw new OutOfMemoryError("the host cannot reserve " + bytes + " bytes of guest memory");
        }
        Arena arena = Arena.ofShared();
        HostFunction unmap = munmap.get();
        MemorySegment.ofAddress(address)
                .reinterpret(size, arena, segment -> unmap.call(segment.address(), segment.byteSize(), 0));
        return GuestMemory.of(arena, address, bytes);
    }
}
