// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_CLOSED;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_FUNCTION;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_NOT_AVAILABLE;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_NOT_FOUND;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P2;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P3;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P4;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P5;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_PARAMETER;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_PTEG_FULL;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_RESOURCE;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_SUCCESS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.hypervisor.irq.PartitionInterrupts;
import dev.wattle.hypervisor.papr.hash.PartitionPageTable;
import dev.wattle.hypervisor.papr.xics.Xics;
import dev.wattle.power.mmu.HashPageTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Calls about the hash page table of a partition with 1 MiB of memory, whose table has 256 KiB. */
class HashHypercallsTest {
    private static final long EXACT = 1L << 39;
    private static final long AVPN = 1L << 31;
    private static final long ANDCOND = 1L << 30;
    private static final long READ_4 = 1L << 37;
    private static final long ENTRIES = 1 << 14;
    /** A page of 4 KiB: AVPN and V, and its memory. */
    private static final long V = 0x1234_5680L << 8 | 1;

    private static final long R = 0x5000 | 0x190 | 2;
    private static final long INDEX = 0x100;

    private final FakeContext context = new FakeContext();
    private final List<String> forgotten = new ArrayList<>();
    private final PartitionPageTable pageTable =
            new PartitionPageTable(context.memory, PartitionPageTable.Use.ALWAYS, new Recorder(), Runnable::run);
    private final HypercallTable calls =
            PaprHypercalls.forPartition(PartitionInterrupts.of(new Xics(1, 0x1000, 0x1000)), pageTable);

    private final class Recorder implements PartitionPageTable.Processors {
        @Override
        public void hashPageTable(Optional<HashPageTable> table, int vrmaBase) {
            forgotten.add("all");
        }

        @Override
        public void forgetPage(long index, long v, long r) {
            forgotten.add("%x".formatted(index));
        }
    }

    HashHypercallsTest() {
        pageTable.start();
        forgotten.clear();
    }

    @AfterEach
    void close() {
        pageTable.close();
        context.close();
    }

    private HashPageTable table() {
        return pageTable.current().orElseThrow();
    }

    private long call(long number, long... arguments) {
        return calls.call(number, context.with(arguments));
    }

    private long enter(long flags, long index, long v, long r) {
        return call(HcallNumber.H_ENTER, flags, index, v, r);
    }

    @Test
    void enter_anySlot_takesTheFirstFreeOfItsGroup() {
        for (int i = 0; i < 8; i++) {
            assertEquals(H_SUCCESS, enter(0, INDEX + 5, V + (i << 7), R));
            assertEquals(INDEX + i, context.registers[0]);
        }
        assertEquals(H_PTEG_FULL, enter(0, INDEX, V, R));
        assertEquals(V, table().v(INDEX));
        assertEquals(R, table().r(INDEX));
        assertEquals(List.of(), forgotten, "nothing can have been translated by an invalid entry");
    }

    @Test
    void enter_exact_takesThatOne() {
        assertEquals(H_SUCCESS, enter(EXACT, INDEX + 5, V, R));
        assertEquals(INDEX + 5, context.registers[0]);
        assertEquals(H_PTEG_FULL, enter(EXACT, INDEX + 5, V, R));
    }

    @Test
    void enter_hypervisorBits_areNotTheGuests() {
        assertEquals(H_SUCCESS, enter(EXACT, INDEX, V & ~1 | 0x78, R));
        assertEquals(V | 0x18, table().v(INDEX));
    }

    /** WIMG and address of an entry, from the right: G 8, M 10, I 20, W 40. */
    @ParameterizedTest
    @CsvSource({
        "0x5000, 0x10, true",
        "0x5000, 0x00, false",
        "0x5000, 0x18, false",
        "0x5000, 0x30, false",
        "0x5000, 0x70, false",
        "0x5000, 0x28, false",
        "0xff000, 0x10, true",
        // Behind memory.
        "0x100000, 0x10, false",
        "0x100000, 0x20, true",
        "0x100000, 0x28, true",
        "0x100000, 0x30, true",
        "0x100000, 0x38, true",
        "0x100000, 0x68, false",
        "0x100000, 0x08, false",
        "0x60302031a0000, 0x28, true",
        // No real addresses.
        "0x8000000000000, 0x28, false",
        "0xffffffffff000, 0x28, false"
    })
    void enter_storageControl_fitsTheAddress(String address, String wimg, boolean allowed) {
        long r = Long.decode(address) | Long.decode(wimg) | 2;
        assertEquals(allowed ? H_SUCCESS : H_PARAMETER, enter(0, INDEX, V, r));
    }

    @Test
    void enter_largePages_mustBeWhollyMemoryOrWhollyNot() {
        // 64 KiB in a segment of 64 KiB pages.
        assertEquals(H_SUCCESS, enter(0, INDEX, V | 4, 0xf_0000 | 0x1000 | 0x10));
        // 16 MiB: the memory is a part of it.
        assertEquals(H_PARAMETER, enter(0, INDEX, V | 4, 0x10));
        assertEquals(H_PARAMETER, enter(0, INDEX, V | 4, 0x28));
        assertEquals(H_SUCCESS, enter(0, INDEX, V | 4, 0x100_0000 | 0x28));
        assertEquals(H_SUCCESS, enter(0, INDEX, V | 4, 0x100_0000 | 0x3_8000 | 0x28));
    }

    @Test
    void enter_badArguments_areRefused() {
        assertEquals(H_PARAMETER, enter(0, ENTRIES, V, R));
        assertEquals(H_PARAMETER, enter(0, -8, V, R));
        assertEquals(H_PARAMETER, enter(0, INDEX, V | 4, 0x5000 | 0x10), "no such encoding of a page size");
        assertEquals(H_PARAMETER, enter(0, INDEX, V | 1L << 63, R), "no such segment size");
    }

    @Test
    void enter_zeroPage_isCleared() {
        context.memory.putLong(0x5ff8, 1);
        assertEquals(H_SUCCESS, enter(1 << 15, INDEX, V, R));
        assertEquals(0, context.memory.getLong(0x5ff8));
    }

    @Test
    void remove_conditions_choose() {
        enter(EXACT, INDEX, V | 0x10, R | 0x180);
        assertEquals(H_NOT_FOUND, call(HcallNumber.H_REMOVE, AVPN, INDEX, V & ~0x7f ^ 0x80));
        assertEquals(H_NOT_FOUND, call(HcallNumber.H_REMOVE, ANDCOND, INDEX, 0x10));
        assertEquals(H_NOT_FOUND, call(HcallNumber.H_REMOVE, 0, INDEX + 1, 0));
        assertEquals(H_PARAMETER, call(HcallNumber.H_REMOVE, 0, ENTRIES, 0));
        assertEquals(List.of(), forgotten);
        assertEquals(H_SUCCESS, call(HcallNumber.H_REMOVE, AVPN, INDEX, V & ~0x7f));
        assertEquals(V | 0x10, context.registers[0]);
        assertEquals(R | 0x180, context.registers[1]);
        assertEquals(0, table().v(INDEX) | table().r(INDEX));
        assertEquals(List.of("100"), forgotten);
        enter(EXACT, INDEX, V, R);
        assertEquals(H_SUCCESS, call(HcallNumber.H_REMOVE, ANDCOND, INDEX, 0x10));
    }

    @Test
    void bulkRemove_eachRequest_isAnswered() {
        enter(EXACT, INDEX, V, R | 0x180);
        enter(EXACT, INDEX + 1, V | 0x10, R & ~0x180);
        enter(EXACT, INDEX + 2, V, R & ~0x180 | 0x100);
        long request = 1L << 62;
        assertEquals(
                H_SUCCESS,
                call(
                        HcallNumber.H_BULK_REMOVE,
                        request | 2L << 56 | INDEX,
                        V & ~0x7f,
                        request | 1L << 56 | INDEX + 1,
                        0x10,
                        request | INDEX + 2,
                        0,
                        3L << 62,
                        0));
        assertEquals(2L << 62 | 2L << 56 | 3L << 58 | INDEX, context.registers[0]);
        assertEquals(2L << 62 | 1L << 56 | 1L << 60 | INDEX + 1, context.registers[2]);
        assertEquals(2L << 62 | 2L << 58 | INDEX + 2, context.registers[4]);
        assertEquals(3L << 62, context.registers[6]);
        assertEquals(List.of("100", "102"), forgotten);
    }

    @Test
    void bulkRemove_badRequests_endIt() {
        enter(EXACT, INDEX, V, R);
        long request = 1L << 62;
        for (long bad : new long[] {0, 2L << 62, request | 3L << 56 | INDEX, request | ENTRIES}) {
            assertEquals(H_PARAMETER, call(HcallNumber.H_BULK_REMOVE, bad, 0, request | INDEX, 0));
            assertEquals(2L << 60, context.registers[0] & 3L << 60);
            assertEquals(request | INDEX, context.registers[2], "not looked at");
        }
        assertEquals(V, table().v(INDEX));
    }

    @Test
    void read_oneOrFour_areReturned() {
        enter(EXACT, INDEX + 1, V, R);
        assertEquals(H_SUCCESS, call(HcallNumber.H_READ, 0, INDEX + 1));
        assertEquals(V, context.registers[0]);
        assertEquals(R, context.registers[1]);
        assertEquals(H_SUCCESS, call(HcallNumber.H_READ, READ_4, INDEX + 3));
        assertEquals(0, context.registers[0]);
        assertEquals(V, context.registers[2]);
        assertEquals(R, context.registers[3]);
        assertEquals(H_PARAMETER, call(HcallNumber.H_READ, 0, ENTRIES));
    }

    @Test
    void protect_flags_replaceTheProtection() {
        enter(EXACT, INDEX, V, R);
        // PP0, key 0b11010, N, PP 0b01.
        long flags = 1 << 8 | 3 << 12 | 2 << 9 | 4 | 1;
        assertEquals(H_NOT_FOUND, call(HcallNumber.H_PROTECT, flags | AVPN, INDEX, 0x80));
        assertEquals(H_NOT_FOUND, call(HcallNumber.H_PROTECT, flags, INDEX + 1, 0));
        assertEquals(H_PARAMETER, call(HcallNumber.H_PROTECT, flags, ENTRIES, 0));
        assertEquals(H_SUCCESS, call(HcallNumber.H_PROTECT, flags | AVPN, INDEX, V & ~0x7f));
        assertEquals(1L << 63 | 3L << 60 | 0x5000 | 0x400 | 0x190 | 4 | 1, table().r(INDEX));
        assertEquals(V, table().v(INDEX));
        assertEquals(List.of("100"), forgotten);
    }

    @Test
    void clear_marks_areReturnedAndForgotten() {
        enter(EXACT, INDEX, V, R);
        assertEquals(H_SUCCESS, call(HcallNumber.H_CLEAR_MOD, 0, INDEX));
        assertEquals(R, context.registers[0]);
        assertEquals(R & ~0x80, table().r(INDEX));
        assertEquals(H_SUCCESS, call(HcallNumber.H_CLEAR_REF, 0, INDEX));
        assertEquals(R & ~0x80, context.registers[0]);
        assertEquals(R & ~0x180, table().r(INDEX));
        assertEquals(List.of("100", "100"), forgotten);
        assertEquals(H_NOT_FOUND, call(HcallNumber.H_CLEAR_MOD, 0, INDEX + 1));
        assertEquals(H_PARAMETER, call(HcallNumber.H_CLEAR_REF, 0, ENTRIES));
    }

    @Test
    void resize_boltedEntries_moveToTheNewTable() {
        // 4 KiB pages of a 256 MiB segment; bits 16 and up of the offset are in the entry, the others in its place.
        long segment = 0x123;
        long offset = 0x7_c000;
        long hash = segment ^ offset >>> 12;
        long bolted = segment << 12 | 0x11;
        enter(EXACT, (hash & 0x7ff) * 8 + 3, bolted, R);
        enter(EXACT, (hash & 0x7ff) * 8 + 4, bolted & ~0x10, R);
        enter(EXACT, (~hash & 0x7ff) * 8 + 2, bolted | 2, R);
        assertEquals(9900, call(HcallNumber.H_RESIZE_HPT_PREPARE, 0, 19));
        assertEquals(H_SUCCESS, call(HcallNumber.H_RESIZE_HPT_PREPARE, 0, 19));
        assertEquals(H_CLOSED, call(HcallNumber.H_RESIZE_HPT_COMMIT, 0, 18));
        assertEquals(H_SUCCESS, call(HcallNumber.H_RESIZE_HPT_COMMIT, 0, 19));
        assertEquals(19, table().shift());
        assertEquals(List.of("all"), forgotten);
        assertEquals(bolted, table().v((hash & 0xfff) * 8 + 3));
        assertEquals(R, table().r((hash & 0xfff) * 8 + 3));
        assertEquals(0, table().v((hash & 0xfff) * 8 + 4));
        assertEquals(bolted | 2, table().v((~hash & 0xfff) * 8 + 2));
        assertEquals(H_CLOSED, call(HcallNumber.H_RESIZE_HPT_COMMIT, 0, 19));
        // The virtual real mode area, of 64 KiB pages: 16 entries.
        long bolts = 0;
        for (long i = 0; i < table().entries(); i++) {
            bolts += table().v(i) >>> 4 & 1;
        }
        assertEquals(16 + 2, bolts);
    }

    @Test
    void resize_badArguments_areRefused() {
        assertEquals(H_PARAMETER, call(HcallNumber.H_RESIZE_HPT_PREPARE, 1, 18));
        assertEquals(H_PARAMETER, call(HcallNumber.H_RESIZE_HPT_PREPARE, 0, 17));
        assertEquals(H_PARAMETER, call(HcallNumber.H_RESIZE_HPT_PREPARE, 0, 47));
        assertEquals(H_PARAMETER, call(HcallNumber.H_RESIZE_HPT_PREPARE, 0, -1));
        assertEquals(H_RESOURCE, call(HcallNumber.H_RESIZE_HPT_PREPARE, 0, 20));
        assertEquals(H_CLOSED, call(HcallNumber.H_RESIZE_HPT_COMMIT, 0, 18));
        assertEquals(H_PARAMETER, call(HcallNumber.H_RESIZE_HPT_COMMIT, 1, 18));
        call(HcallNumber.H_RESIZE_HPT_PREPARE, 0, 19);
        assertEquals(H_SUCCESS, call(HcallNumber.H_RESIZE_HPT_PREPARE, 0, 0), "gives up");
        assertEquals(H_CLOSED, call(HcallNumber.H_RESIZE_HPT_COMMIT, 0, 19));
    }

    @Test
    void resize_collisionOfBolted_keepsTheOldTable() {
        assertEquals(9900, call(HcallNumber.H_RESIZE_HPT_PREPARE, 0, 19));
        assertEquals(H_SUCCESS, call(HcallNumber.H_RESIZE_HPT_COMMIT, 0, 19));
        long segment = 0x123;
        for (long offset : new long[] {0, 0x80_0000}) {
            long hash = segment ^ offset >>> 12;
            long v = segment << 12 | offset >>> 16 & -0x80 | 0x11;
            assertEquals(H_SUCCESS, enter(EXACT, (hash & 0xfff) * 8, v, R));
        }
        assertEquals(9900, call(HcallNumber.H_RESIZE_HPT_PREPARE, 0, 18));
        assertEquals(H_PTEG_FULL, call(HcallNumber.H_RESIZE_HPT_COMMIT, 0, 18));
        assertEquals(19, table().shift());
    }

    @Test
    void calls_ofRadixGuest_areNotAvailable() {
        context.radix = true;
        for (long number : new long[] {
            HcallNumber.H_ENTER,
            HcallNumber.H_REMOVE,
            HcallNumber.H_BULK_REMOVE,
            HcallNumber.H_READ,
            HcallNumber.H_PROTECT,
            HcallNumber.H_CLEAR_MOD,
            HcallNumber.H_CLEAR_REF
        }) {
            assertEquals(H_FUNCTION, call(number, 0, INDEX, V, R));
        }
        assertEquals(H_NOT_AVAILABLE, call(HcallNumber.H_RESIZE_HPT_PREPARE, 0, 18));
        assertEquals(H_NOT_AVAILABLE, call(HcallNumber.H_RESIZE_HPT_COMMIT, 0, 18));
    }

    // Radix

    @Test
    void registerProcessTable_hashForms() {
        assertEquals(H_SUCCESS, call(HcallNumber.H_REGISTER_PROC_TBL, 0, 0, 0, 0), "as it is");
        assertEquals(H_PARAMETER, call(HcallNumber.H_REGISTER_PROC_TBL, 4, 0, 0, 0), "it is not radix");
        assertEquals(H_SUCCESS, call(HcallNumber.H_REGISTER_PROC_TBL, 0x18, 0, 5, 4));
        assertEquals(H_P2, call(HcallNumber.H_REGISTER_PROC_TBL, 0x18, 1L << 38, 0, 4));
        assertEquals(H_P3, call(HcallNumber.H_REGISTER_PROC_TBL, 0x18, 0, 8, 4));
        assertEquals(H_P4, call(HcallNumber.H_REGISTER_PROC_TBL, 0x18, 0, 0, 25));
        assertEquals(H_PARAMETER, call(HcallNumber.H_REGISTER_PROC_TBL, 0x1a, 0, 0, 4), "segment tables");
        assertEquals(H_SUCCESS, call(HcallNumber.H_REGISTER_PROC_TBL, 0x14, 0, 0, 0), "no table, whatever the flags");
        assertEquals(List.of("table 0 radix=false gtse=false", "table 0 radix=false gtse=false"), context.events);
        assertTrue(pageTable.current().isPresent());
    }

    @Test
    void registerProcessTable_radix_releasesTheHashTable() {
        assertEquals(H_SUCCESS, call(HcallNumber.H_REGISTER_PROC_TBL, 0x1c, 0x10000, 0, 4));
        assertTrue(pageTable.current().isEmpty());
        assertEquals(List.of("table 10004 radix=true gtse=false"), context.events);
    }

    @Test
    void rptInvalidate_pagesOrProcess_areForgotten() {
        context.radix = true;
        assertEquals(H_SUCCESS, call(HcallNumber.H_RPT_INVALIDATE, 5, 1, 2, 1, 0x1800, 0x3001));
        assertEquals(List.of("forget 5 1000 1000", "forget 5 2000 1000", "forget 5 3000 1000"), context.events);
        context.events.clear();
        assertEquals(H_SUCCESS, call(HcallNumber.H_RPT_INVALIDATE, 5, 2, 6, 1, 0, 0x1000));
        assertEquals(H_SUCCESS, call(HcallNumber.H_RPT_INVALIDATE, 5, 1, 2, -1, 0, 0x1000));
        assertEquals(H_SUCCESS, call(HcallNumber.H_RPT_INVALIDATE, 0, 1, 2, 1, 0, -1));
        assertEquals(List.of("forget process 5", "forget process 5", "forget process 0"), context.events);
        assertEquals(H_PARAMETER, call(HcallNumber.H_RPT_INVALIDATE, 1L << 32, 1, 2, 1, 0, 1));
        assertEquals(H_P2, call(HcallNumber.H_RPT_INVALIDATE, 5, 8, 2, 1, 0, 1));
        assertEquals(H_P3, call(HcallNumber.H_RPT_INVALIDATE, 5, 1, 1, 1, 0, 1));
        assertEquals(H_P4, call(HcallNumber.H_RPT_INVALIDATE, 5, 1, 2, 0x10, 0, 1));
        assertEquals(H_P5, call(HcallNumber.H_RPT_INVALIDATE, 5, 1, 2, 1, 2, 1));
        context.radix = false;
        assertEquals(ReturnCode.H_UNSUPPORTED, call(HcallNumber.H_RPT_INVALIDATE, 5, 1, 2, 1, 0, 1));
    }
}
