// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
import java.util.Optional;

/**
 * Lets the host take back pages of a shared mapping or of one of a file: what is in them stays, and they are mapped again
 * when they are next touched. So a process that is through with them does not seem to need them.
 */
final class ResidentPages {
    private static final int MADV_DONTNEED = 4;

    private final Optional<MethodHandle> madvise;

    ResidentPages() {
        boolean isLinux = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("linux");
        Linker linker = Linker.nativeLinker();
        madvise = (isLinux ? linker.defaultLookup().find("madvise") : Optional.<MemorySegment>empty())
                .map(address -> linker.downcallHandle(
                        address,
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_INT)));
    }

    /**
     * Lets pages be taken back, if the host can do that.
     *
     * @param address where the mapping starts
     * @param bytes its size
     */
    void release(long address, long bytes) {
        if (madvise.isEmpty()) {
            return;
        }
        try {
            // If it is refused, the pages stay.
            int ignored = (int) madvise.get().invokeExact(address, bytes, MADV_DONTNEED);
        } catch (Throwable e) {
            throw new IllegalStateException("madvise cannot be called", e);
        }
    }
}
