// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.lockstep;

import dev.wattle.engine.host.x64.HostFeatures;
import java.util.List;
import java.util.Set;

/**
 * A program and the state it starts from.
 *
 * @param seed what it was made from
 * @param storage what guest real storage holds; the rest is 0
 * @param msr the machine state register
 * @param littleEndianHandlers LPCR[ILE]
 * @param start effective address of the first instruction
 * @param gprs general-purpose registers
 * @param missing what the host's processor has that generated code may not use
 * @param codeBytes memory for generated code
 * @param interval instructions from one comparison to the next
 * @param summary what kind of program it is, for people
 */
record GuestProgram(
        long seed,
        List<Piece> storage,
        long msr,
        boolean littleEndianHandlers,
        long start,
        long[] gprs,
        Set<HostFeatures.Feature> missing,
        long codeBytes,
        int interval,
        String summary) {
    /** The same with another amount of memory for generated code. */
    GuestProgram withCodeBytes(long bytes) {
        return new GuestProgram(
                seed, storage, msr, littleEndianHandlers, start, gprs, missing, bytes, interval, summary);
    }

    /**
     * A part of guest storage.
     *
     * @param address guest real address
     * @param bytes what is there
     */
    record Piece(long address, byte[] bytes) {}
}
