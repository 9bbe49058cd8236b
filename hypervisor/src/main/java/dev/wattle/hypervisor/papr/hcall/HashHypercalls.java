// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_BUSY;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_CLOSED;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_FUNCTION;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_LONG_BUSY_1_MSEC;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_NOT_AVAILABLE;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_NOT_FOUND;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_NO_MEM;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_PARAMETER;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_PTEG_FULL;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_RESOURCE;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_SUCCESS;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.hypervisor.papr.hash.PartitionPageTable;
import dev.wattle.hypervisor.papr.hash.PartitionPageTable.Progress;
import dev.wattle.power.mmu.HashPageTable;
import dev.wattle.power.mmu.PageSizes;
import java.util.Optional;

/**
 * Calls by which a guest maintains its hash page table (PAPR, "Page Frame Table Access" and "HPT resizing"). A guest
 * that translates by radix tree has no such table: H_FUNCTION, or H_NOT_AVAILABLE for a change of its size.
 */
final class HashHypercalls {
    private static final long EXACT = 1L << 63 - 24;
    private static final long READ_4 = 1L << 63 - 26;
    private static final long AVPN = 1L << 63 - 32;
    private static final long ANDCOND = 1L << 63 - 33;
    private static final long ZERO_PAGE = 1L << 63 - 48;
    /** Bits of a first doubleword that are the hypervisor's own. */
    private static final long V_HYPERVISOR = 0x60;

    private static final long V_FLAGS = 0x7f;
    private static final long WIMG = HashPageTable.R_W | HashPageTable.R_I | HashPageTable.R_M | HashPageTable.R_G;
    /** Real addresses have fewer bits than a page table entry has room for. */
    private static final long REAL_ADDRESS_LIMIT = 1L << 51;

    /** H_PROTECT: where the bits of its flags go. */
    private static final int PP0_SHIFT = 55;

    private static final int KEY_HIGH_SHIFT = 48;
    private static final long PROTECTION = HashPageTable.R_PP0
            | HashPageTable.R_KEY_HIGH
            | HashPageTable.R_KEY_LOW
            | HashPageTable.R_N
            | HashPageTable.R_PP;
    private static final long PROTECTION_IN_PLACE = HashPageTable.R_KEY_LOW | HashPageTable.R_N | HashPageTable.R_PP;

    private static final int BULK_REQUESTS = 4;
    private static final int BULK_TYPE_SHIFT = 62;
    private static final int BULK_REQUEST = 1;
    private static final int BULK_END = 3;
    private static final long BULK_FLAGS = 3L << 56;
    private static final long BULK_ANDCOND = 1L << 56;
    private static final long BULK_AVPN = 2L << 56;
    private static final long BULK_INDEX = 0x00ff_ffff_ffff_ffffL;
    private static final long BULK_RESPONSE = 2L << BULK_TYPE_SHIFT;
    private static final long BULK_NOT_FOUND = 1L << 60;
    private static final long BULK_PARAMETER = 2L << 60;
    /** From R and C of an entry to where a response has them. */
    private static final int BULK_RC_SHIFT = 51;

    /** A host clears at least so many bytes in a millisecond, as a logarithm. */
    private static final int PREPARED_PER_MSEC_SHIFT = 20;

    private final PartitionPageTable pageTable;

    HashHypercalls(PartitionPageTable pageTable) {
        this.pageTable = pageTable;
    }

    /** Acts on the table. */
    @FunctionalInterface
    private interface TableCall {
        long call(HypercallContext context, HashPageTable table);
    }

    void define(HypercallTable table) {
        table.define(HcallNumber.H_ENTER, onTable(this::enter))
                .define(HcallNumber.H_REMOVE, onTable(this::remove))
                .define(HcallNumber.H_BULK_REMOVE, onTable(this::bulkRemove))
                .define(HcallNumber.H_READ, onTable(HashHypercalls::read))
                .define(HcallNumber.H_PROTECT, onTable(this::protect))
                .define(HcallNumber.H_CLEAR_REF, onTable((c, t) -> clear(c, t, HashPageTable.R_R)))
                .define(HcallNumber.H_CLEAR_MOD, onTable((c, t) -> clear(c, t, HashPageTable.R_C)))
                .define(HcallNumber.H_RESIZE_HPT_PREPARE, c -> c.exclusively(() -> resizePrepare(c)))
                .define(HcallNumber.H_RESIZE_HPT_COMMIT, c -> c.exclusively(() -> resizeCommit(c)));
    }

    private Hypercall onTable(TableCall call) {
        return c -> {
            if (c.isRadix()) {
                return H_FUNCTION;
            }
            while (true) {
                Optional<HashPageTable> current = pageTable.current();
                Optional<HashPageTable> table = current.isPresent() ? current : c.exclusively(pageTable::demand);
                if (table.isEmpty()) {
                    return H_FUNCTION;
                }
                table.get().lock().lock();
                try {
                    // Another vCPU may have put another in its place.
                    if (!table.get().isClosed()) {
                        return call.call(c, table.get());
                    }
                } finally {
                    table.get().lock().unlock();
                }
            }
        };
    }

    /** r4 = flags, r5 = index, r6 and r7 = entry; result r4 = where it has been put. */
    private long enter(HypercallContext c, HashPageTable t) {
        long flags = c.argument(0);
        long index = c.argument(1);
        long v = c.argument(2) & ~V_HYPERVISOR | HashPageTable.V_VALID;
        long r = c.argument(3);
        int base = PageSizes.baseOf(v, r);
        if (base == 0 || (v & HashPageTable.V_B & ~HashPageTable.V_1T) != 0 || !t.contains(index)) {
            return H_PARAMETER;
        }
        long bytes = 1L << PageSizes.actualIn(base, v, r);
        long address = r & HashPageTable.R_RPN & -bytes;
        if (!isCachedProperly(c.memory(), address, bytes, r)) {
            return H_PARAMETER;
        }
        long place = index;
        if ((flags & EXACT) == 0) {
            place = index & -HashPageTable.GROUP;
            long end = place + HashPageTable.GROUP;
            while (place < end && isValid(t, place)) {
                place++;
            }
            if (place == end) {
                return H_PTEG_FULL;
            }
        } else if (isValid(t, place)) {
            return H_PTEG_FULL;
        }
        if ((flags & ZERO_PAGE) != 0 && c.memory().contains(address, bytes)) {
            c.memory().fill(address, bytes, (byte) 0);
        }
        t.set(place, v, r);
        c.result(0, place);
        return H_SUCCESS;
    }

    /** Memory is cached, and coherent; the addresses of devices are not cached; a page is one or the other. */
    private static boolean isCachedProperly(GuestMemory memory, long address, long bytes, long r) {
        if (memory.contains(address, bytes)) {
            return (r & WIMG) == HashPageTable.R_M;
        }
        boolean isMixed = memory.contains(address, 1);
        boolean isAddress = address + bytes <= REAL_ADDRESS_LIMIT;
        return !isMixed && isAddress && (r & (HashPageTable.R_W | HashPageTable.R_I)) == HashPageTable.R_I;
    }

    private static boolean isValid(HashPageTable t, long index) {
        return (t.v(index) & HashPageTable.V_VALID) != 0;
    }

    /** Whether an entry is there, and is the one that is meant. */
    private static boolean isMeant(HashPageTable t, long index, boolean byAvpn, boolean byAbsence, long operand) {
        long v = t.v(index);
        return (v & HashPageTable.V_VALID) != 0
                && (!byAvpn || (v & ~V_FLAGS) == operand)
                && (!byAbsence || (v & operand) == 0);
    }

    /** Removes an entry; answers its second doubleword. */
    private long removeEntry(HashPageTable t, long index) {
        long v = t.v(index);
        t.set(index, v & ~HashPageTable.V_VALID, t.r(index));
        pageTable.forgetPage(index, v, t.r(index));
        // Its R and C bits are final now.
        long r = t.r(index);
        t.set(index, 0, 0);
        return r;
    }

    /** r4 = flags, r5 = index, r6 = AVPN or mask; results r4 and r5 = the entry as it was. */
    private long remove(HypercallContext c, HashPageTable t) {
        long flags = c.argument(0);
        long index = c.argument(1);
        if (!t.contains(index)) {
            return H_PARAMETER;
        }
        if (!isMeant(t, index, (flags & AVPN) != 0, (flags & ANDCOND) != 0, c.argument(2))) {
            return H_NOT_FOUND;
        }
        c.result(0, t.v(index));
        c.result(1, removeEntry(t, index));
        return H_SUCCESS;
    }

    /** r4 to r11 = four pairs: what to remove, and AVPN or mask; each first word becomes an answer. */
    private long bulkRemove(HypercallContext c, HashPageTable t) {
        for (int i = 0; i < BULK_REQUESTS; i++) {
            long request = c.argument(2 * i);
            long operand = c.argument(2 * i + 1);
            int type = (int) (request >>> BULK_TYPE_SHIFT);
            if (type == BULK_END) {
                break;
            }
            long flags = request & BULK_FLAGS;
            long index = request & BULK_INDEX;
            long answer = BULK_RESPONSE | flags | index;
            if (type != BULK_REQUEST || flags == BULK_FLAGS || !t.contains(index)) {
                c.result(2 * i, answer | BULK_PARAMETER);
                return H_PARAMETER;
            }
            if (isMeant(t, index, flags == BULK_AVPN, flags == BULK_ANDCOND, operand)) {
                long r = removeEntry(t, index);
                c.result(2 * i, answer | (r & (HashPageTable.R_R | HashPageTable.R_C)) << BULK_RC_SHIFT);
            } else {
                c.result(2 * i, answer | BULK_NOT_FOUND);
            }
        }
        return H_SUCCESS;
    }

    /** r4 = flags, r5 = index; results r4 and r5, or up to r11 for four entries. */
    private static long read(HypercallContext c, HashPageTable t) {
        long index = c.argument(1);
        if (!t.contains(index)) {
            return H_PARAMETER;
        }
        int count = 1;
        if ((c.argument(0) & READ_4) != 0) {
            count = 4;
            index &= -4;
        }
        for (int i = 0; i < count; i++) {
            c.result(2 * i, t.v(index + i));
            c.result(2 * i + 1, t.r(index + i));
        }
        return H_SUCCESS;
    }

    /** r4 = flags with the new protection, r5 = index, r6 = AVPN. */
    private long protect(HypercallContext c, HashPageTable t) {
        long flags = c.argument(0);
        long index = c.argument(1);
        if (!t.contains(index)) {
            return H_PARAMETER;
        }
        if (!isMeant(t, index, (flags & AVPN) != 0, false, c.argument(2))) {
            return H_NOT_FOUND;
        }
        long v = t.v(index);
        t.set(index, v & ~HashPageTable.V_VALID, t.r(index));
        pageTable.forgetPage(index, v, t.r(index));
        long r = t.r(index) & ~PROTECTION
                | flags << PP0_SHIFT & HashPageTable.R_PP0
                | flags << KEY_HIGH_SHIFT & HashPageTable.R_KEY_HIGH
                | flags & PROTECTION_IN_PLACE;
        t.set(index, v, r);
        return H_SUCCESS;
    }

    /** r4 = flags, r5 = index; result r4 = the second doubleword as it was. */
    private long clear(HypercallContext c, HashPageTable t, long bit) {
        long index = c.argument(1);
        if (!t.contains(index)) {
            return H_PARAMETER;
        }
        long v = t.v(index);
        if ((v & HashPageTable.V_VALID) == 0) {
            return H_NOT_FOUND;
        }
        long r = t.clear(index, bit);
        pageTable.forgetPage(index, v, r);
        c.result(0, r);
        return H_SUCCESS;
    }

    /** r4 = flags, r5 = logarithm of the new size, or 0 to give up. */
    private long resizePrepare(HypercallContext c) {
        if (c.isRadix() || pageTable.demand().isEmpty()) {
            return H_NOT_AVAILABLE;
        }
        long shift = c.argument(1);
        if (c.argument(0) != 0
                || shift != 0 && (shift < HashPageTable.MINIMUM_SHIFT || shift > HashPageTable.MAXIMUM_SHIFT)) {
            return H_PARAMETER;
        }
        if (shift > HashPageTable.shiftForMemory(c.memory().size()) + 1) {
            return H_RESOURCE;
        }
        if (shift == 0) {
            pageTable.cancel();
            return H_SUCCESS;
        }
        if (pageTable.pendingShift().orElse(0) == shift) {
            return switch (pageTable.progress()) {
                case READY -> H_SUCCESS;
                case NO_MEMORY -> H_NO_MEM;
                default -> timeToPrepare((int) shift);
            };
        }
        pageTable.prepare((int) shift);
        return timeToPrepare((int) shift);
    }

    /** The long busy code of the time that is left, which is none on a slow host only. */
    private static long timeToPrepare(int shift) {
        long code = H_LONG_BUSY_1_MSEC;
        for (long milliseconds = 1L << shift - Math.min(shift, PREPARED_PER_MSEC_SHIFT);
                milliseconds > 1 && code < H_LONG_BUSY_1_MSEC + 5;
                milliseconds /= 10) {
            code++;
        }
        return code;
    }

    /** r4 = flags, r5 = logarithm of the new size. */
    private long resizeCommit(HypercallContext c) {
        if (c.isRadix() || pageTable.demand().isEmpty()) {
            return H_NOT_AVAILABLE;
        }
        if (c.argument(0) != 0) {
            return H_PARAMETER;
        }
        if (pageTable.pendingShift().isEmpty() || pageTable.pendingShift().getAsInt() != c.argument(1)) {
            return H_CLOSED;
        }
        Progress progress = pageTable.progress();
        if (progress != Progress.READY) {
            return progress == Progress.BUSY ? H_BUSY : H_NO_MEM;
        }
        return pageTable.commit() == Progress.READY ? H_SUCCESS : H_PTEG_FULL;
    }
}
