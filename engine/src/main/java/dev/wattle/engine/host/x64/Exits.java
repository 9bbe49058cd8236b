// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import java.util.List;

/**
 * How generated code says why it was left: it returns the address of a descriptor that stands in the code.
 *
 * <p>A descriptor has a kind (byte 0), an operation (byte 1), a slot (bytes 2 and 3), the guest instruction as {@link
 * dev.wattle.engine.ir.BlockBuilder} packs it (4 to 7), the offset of the block in its page, or of a jump's target (8
 * to 11), where to resume, or a jump to be linked, relative to the descriptor (12 to 15; for a routine that ends the
 * block, the offset in the page of the instruction behind it), and for routines an immediate (16 to 23), for
 * groups the number of the first operation, the bytes (from bit 16), whether there are stores (bit 32) and loads (bit
 * 33), and how often the bytes of indices come to that (from bit 34), for the rest of a block the number of its first
 * operation.
 */
final class Exits {
    /** A jump within a page whose target is not linked yet. */
    static final int LINK = 1;
    /** There is pending work before the jump to an offset. */
    static final int POLL = 2;
    /** A jump to {@link HostSlots#EXIT_ADDRESS} that is in neither table, or with pending work before it. */
    static final int INDIRECT = 3;

    static final int LOAD = 4;
    static final int STORE = 5;
    static final int CALL = 6;
    static final int CALL_END = 7;
    /** The block whose entry is 5 bytes before {@link HostSlots#EXIT_ADDRESS} is no longer valid. */
    static final int INVALID = 8;
    /** The TLB does not serve a group of accesses, of which the lowest is at {@link HostSlots#EXIT_ADDRESS}. */
    static final int GROUP = 10;
    /** The host's processor refused an instruction of generated code. */
    static final int FAULT = 9;

    /** There have been many jumps back to an offset. */
    static final int HOT = 11;
    /** The code goes by what a routine has not done: the block is to be finished from an operation on without it. */
    static final int REST = 12;
    /** A jump to {@link HostSlots#EXIT_ADDRESS} of which it is to be known where it leads. */
    static final int SAMPLE = 13;

    /** What the kinds are called in statistics. */
    static final List<String> NAMES = List.of(
            "",
            "to link a jump",
            "for pending work",
            "for a jump",
            "for a load",
            "for a store",
            "to a routine",
            "to a routine that ends a block",
            "from changed code",
            "by a fault",
            "for a group of accesses",
            "for a hot loop",
            "for the rest of a block",
            "to look where a jump leads");

    static final int KIND = 0;
    static final int OP = 1;
    static final int SLOT = 2;
    static final int WHERE = 4;
    static final int OFFSET = 8;
    static final int RESUME = 12;
    static final int IMMEDIATE = 16;

    private Exits() {}
}
