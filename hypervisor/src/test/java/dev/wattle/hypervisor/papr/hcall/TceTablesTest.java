// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_PARAMETER;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_SUCCESS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.wattle.hypervisor.papr.tce.TceTable;
import dev.wattle.hypervisor.papr.tce.TceTables;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TceTablesTest {
    private static final long LIOBN = 0x8000_0000L;
    private static final long START = 0x10_0000;
    private static final int PAGES = 600;
    private static final long END = START + PAGES * 4096L;
    private static final long READ = TceTable.READ;
    private static final long WRITE = TceTable.WRITE;

    private final FakeContext context = new FakeContext();
    private final HypercallTable hypercalls = new HypercallTable();
    private final TceTable table = new TceTable(START, 12, PAGES);
    private final TceTables tables = new TceTables();

    TceTablesTest() {
        tables.add(LIOBN, table);
        tables.define(hypercalls);
    }

    @AfterEach
    void closeMemory() {
        context.close();
    }

    private long call(long number, long... arguments) {
        return hypercalls.call(number, context.with(arguments));
    }

    private long get(long ioba) {
        assertEquals(H_SUCCESS, call(HcallNumber.H_GET_TCE, LIOBN, ioba));
        return context.argument(0);
    }

    @Test
    void Put_entry_isReadBackAndTranslates() {
        assertEquals(H_SUCCESS, call(HcallNumber.H_PUT_TCE, LIOBN, START + 0x2000, 0x7000 | READ));
        assertEquals(0x7000 | READ, get(START + 0x2fff));
        assertEquals(0, get(START));
        assertEquals(OptionalLong.of(0x7123), table.translate(START + 0x2123, READ));
        assertEquals(OptionalLong.empty(), table.translate(START + 0x2123, WRITE));
        assertEquals(OptionalLong.empty(), table.translate(START + 0x2123, READ | WRITE));
        assertEquals(OptionalLong.empty(), table.translate(START + 0x1123, READ));
        assertEquals(OptionalLong.empty(), table.translate(START - 1, READ));
        assertEquals(OptionalLong.empty(), table.translate(END, READ));
    }

    @Test
    void PutIndirect_listOfEntries_fillsPagesInOrder() {
        context.memory().putLong(0x3000, 0x5000 | READ);
        context.memory().putLong(0x3008, 0x9000 | WRITE);
        assertEquals(H_SUCCESS, call(HcallNumber.H_PUT_TCE_INDIRECT, LIOBN, START + 0x1000, 0x3000, 2));
        assertEquals(0x5000 | READ, get(START + 0x1000));
        assertEquals(0x9000 | WRITE, get(START + 0x2000));
        assertEquals(0, get(START + 0x3000));
    }

    @Test
    void PutIndirect_badArguments_areParameterAndChangeNothing() {
        context.memory().putLong(0x3000, 0x5000 | READ);
        long put = HcallNumber.H_PUT_TCE_INDIRECT;
        assertEquals(H_PARAMETER, call(put, LIOBN + 1, START, 0x3000, 1));
        assertEquals(H_PARAMETER, call(put, LIOBN, START, 0x3008, 1));
        assertEquals(H_PARAMETER, call(put, LIOBN, START, 0x3000, 0));
        assertEquals(H_PARAMETER, call(put, LIOBN, START, 0x3000, 513));
        assertEquals(H_PARAMETER, call(put, LIOBN, START, 0x3000, -1));
        assertEquals(H_PARAMETER, call(put, LIOBN, START, 0x7fff_ffff_f000L, 1));
        assertEquals(H_PARAMETER, call(put, LIOBN, END - 0x1000, 0x3000, 2));
        assertEquals(0, get(START));
        assertEquals(0, get(END - 0x1000));
        assertEquals(H_SUCCESS, call(put, LIOBN, START, 0x3000, 512));
    }

    @Test
    void Stuff_range_fillsEachPageWithTheSame() {
        assertEquals(H_SUCCESS, call(HcallNumber.H_STUFF_TCE, LIOBN, START, 0x4000 | READ | WRITE, PAGES));
        assertEquals(0x4000 | READ | WRITE, get(START));
        assertEquals(0x4000 | READ | WRITE, get(END - 1));
        assertEquals(H_SUCCESS, call(HcallNumber.H_STUFF_TCE, LIOBN, START + 0x1000, 0, 1));
        assertEquals(0x4000 | READ | WRITE, get(START));
        assertEquals(0, get(START + 0x1000));
    }

    @Test
    void Stuff_badArguments_areParameterAndChangeNothing() {
        assertEquals(H_PARAMETER, call(HcallNumber.H_STUFF_TCE, 7, START, READ, 1));
        assertEquals(H_PARAMETER, call(HcallNumber.H_STUFF_TCE, LIOBN, START, READ, PAGES + 1));
        assertEquals(H_PARAMETER, call(HcallNumber.H_STUFF_TCE, LIOBN, START, READ, Long.MAX_VALUE));
        assertEquals(H_PARAMETER, call(HcallNumber.H_STUFF_TCE, LIOBN, START, READ, -1));
        assertEquals(H_PARAMETER, call(HcallNumber.H_STUFF_TCE, LIOBN, END, READ, 1));
        assertEquals(0, get(START));
    }

    @Test
    void GetAndPut_outsideOfTheWindowOrUnknownWindow_areParameter() {
        for (long ioba : new long[] {0, START - 1, END, -1, Long.MIN_VALUE}) {
            assertEquals(H_PARAMETER, call(HcallNumber.H_GET_TCE, LIOBN, ioba));
            assertEquals(H_PARAMETER, call(HcallNumber.H_PUT_TCE, LIOBN, ioba, READ));
        }
        assertEquals(H_PARAMETER, call(HcallNumber.H_GET_TCE, -1, START));
        assertEquals(H_PARAMETER, call(HcallNumber.H_PUT_TCE, 0, START, READ));
    }

    @Test
    void Tables_windows_comeAndGo() {
        assertThrows(IllegalArgumentException.class, () -> tables.add(LIOBN, table));
        tables.remove(LIOBN);
        assertEquals(H_PARAMETER, call(HcallNumber.H_GET_TCE, LIOBN, START));
        tables.add(LIOBN, table);
        table.put(START, READ);
        table.clear();
        assertEquals(0, get(START));
        assertThrows(IllegalArgumentException.class, () -> new TceTable(0x800, 12, 1));
        assertThrows(IllegalArgumentException.class, () -> new TceTable(0, 11, 1));
        assertThrows(IllegalArgumentException.class, () -> new TceTable(0, 12, 0));
    }
}
