// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host;

import dev.wattle.engine.memory.HostFunction;
import java.util.Locale;
import java.util.Optional;

/**
 * Lets the host take back pages of a shared mapping or of one of a file: what is in them stays, and they are mapped again
 * when they are next touched. So a process that is through with them does not seem to need them.
 */
final class ResidentPages {
    private static final int MADV_DONTNEED = 4;

    private final Optional<HostFunction> madvise;

    ResidentPages() {
        boolean isLinux = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("linux");
        madvise = isLinux ? HostFunction.find("madvise") : Optional.empty();
    }

    /**
     * Lets pages be taken back, if the host can do that.
     *
     * @param address where the mapping starts
     * @param bytes its size
     */
    void release(long address, long bytes) {
        // If it is refused, the pages stay.
        madvise.ifPresent(function -> function.call(address, bytes, MADV_DONTNEED));
    }
}
