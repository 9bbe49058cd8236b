// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_FUNCTION;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P2;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P3;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P4;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_PARAMETER;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_RESOURCE;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_SUCCESS;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_UNSUPPORTED_FLAG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.wattle.hypervisor.irq.PartitionInterrupts;
import dev.wattle.hypervisor.papr.hash.PartitionPageTable;
import dev.wattle.hypervisor.papr.xics.IrqLine;
import dev.wattle.hypervisor.papr.xics.Xics;
import dev.wattle.power.mmu.HashPageTable;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PaprHypercallsTest {
    private static final long VPA = 0x2000;
    private static final long REGISTER_VPA = 1L << 45;
    private static final long REGISTER_DTL = 2L << 45;
    private static final long REGISTER_SLB_SHADOW = 3L << 45;
    private static final long DEREGISTER_VPA = 5L << 45;
    private static final long DEREGISTER_DTL = 6L << 45;

    private final Xics xics = new Xics(1, 0x1000, 0x1000);
    private final FakeContext context = new FakeContext();
    private final PartitionPageTable pageTable =
            new PartitionPageTable(context.memory, PartitionPageTable.Use.ON_DEMAND, new NoProcessors(), Runnable::run);
    private final HypercallTable table = PaprHypercalls.forPartition(PartitionInterrupts.of(xics), pageTable);

    private static final class NoProcessors implements PartitionPageTable.Processors {
        @Override
        public void hashPageTable(Optional<HashPageTable> table, int vrmaBase) {}

        @Override
        public void forgetPage(long index, long v, long r) {}
    }

    @AfterEach
    void closeMemory() {
        pageTable.close();
        context.close();
    }

    private long call(long number, long... arguments) {
        return table.call(number, context.with(arguments));
    }

    @Test
    void Table_unknownNumber_answersFunctionAndCounts() {
        assertFalse(table.answers(0x7777));
        assertEquals(H_FUNCTION, call(0x7777));
        assertEquals(1, table.counts().get("0x7777 (unknown)"));
    }

    @Test
    void Table_hashTableCallOfRadixGuest_answersFunction() {
        context.radix = true;
        assertEquals(H_FUNCTION, call(HcallNumber.H_ENTER));
    }

    @Test
    void Table_knownNumber_countsUnderItsName() {
        call(HcallNumber.H_CEDE);
        assertEquals(1, table.counts().get("H_CEDE"));
    }

    @Test
    void Cede_always_idlesTheCaller() {
        assertEquals(H_SUCCESS, call(HcallNumber.H_CEDE));
        assertEquals(List.of("cede"), context.events);
    }

    @Test
    void Prod_unknownServer_answersParameter() {
        assertEquals(H_PARAMETER, call(HcallNumber.H_PROD, 1));
        assertEquals(H_PARAMETER, call(HcallNumber.H_PROD, -1));
        assertEquals(H_SUCCESS, call(HcallNumber.H_PROD, 0));
    }

    @Test
    void Join_lastProcessor_answersContinue() {
        assertEquals(ReturnCode.H_CONTINUE, call(HcallNumber.H_JOIN));
    }

    @Test
    void RegisterVpa_wellFormedArea_marksTheProcessorShared() {
        context.memory.putShort(VPA + 4, (short) 640);
        assertEquals(H_SUCCESS, call(HcallNumber.H_REGISTER_VPA, REGISTER_VPA, 0, VPA));
        assertEquals(2, context.memory.getByte(VPA + 9));
    }

    @Test
    void RegisterVpa_malformedArea_answersParameter() {
        context.memory.putShort(VPA + 4, (short) 639);
        assertEquals(H_PARAMETER, call(HcallNumber.H_REGISTER_VPA, REGISTER_VPA, 0, VPA), "too small");
        context.memory.putShort(VPA + 4, (short) 4097);
        assertEquals(H_PARAMETER, call(HcallNumber.H_REGISTER_VPA, REGISTER_VPA, 0, VPA), "crosses a page");
        assertEquals(H_PARAMETER, call(HcallNumber.H_REGISTER_VPA, REGISTER_VPA, 0, VPA + 8), "unaligned");
        assertEquals(H_PARAMETER, call(HcallNumber.H_REGISTER_VPA, REGISTER_VPA, 0, 1L << 40), "not memory");
        assertEquals(H_PARAMETER, call(HcallNumber.H_REGISTER_VPA, REGISTER_VPA, 1, VPA), "no such processor");
        assertEquals(H_PARAMETER, call(HcallNumber.H_REGISTER_VPA, 0, 0, VPA), "no such function");
    }

    @Test
    void RegisterVpa_dependentAreas_needTheVpaFirst() {
        context.memory.putInt(0x3004, 4096);
        assertEquals(H_RESOURCE, call(HcallNumber.H_REGISTER_VPA, REGISTER_DTL, 0, 0x3000));
        assertEquals(H_RESOURCE, call(HcallNumber.H_REGISTER_VPA, REGISTER_SLB_SHADOW, 0, 0x3000));
        context.memory.putShort(VPA + 4, (short) 1024);
        assertEquals(H_SUCCESS, call(HcallNumber.H_REGISTER_VPA, REGISTER_VPA, 0, VPA));
        assertEquals(H_SUCCESS, call(HcallNumber.H_REGISTER_VPA, REGISTER_DTL, 0, 0x3000));
        assertEquals(H_RESOURCE, call(HcallNumber.H_REGISTER_VPA, DEREGISTER_VPA, 0, 0));
        assertEquals(H_SUCCESS, call(HcallNumber.H_REGISTER_VPA, DEREGISTER_DTL, 0, 0));
        assertEquals(H_SUCCESS, call(HcallNumber.H_REGISTER_VPA, DEREGISTER_VPA, 0, 0));
    }

    @Test
    void SetMode_littleEndian_setsIle() {
        assertEquals(H_SUCCESS, call(HcallNumber.H_SET_MODE, 1, 4, 0, 0));
        assertEquals(List.of("lpcr 2000000=2000000"), context.events);
    }

    @Test
    void SetMode_ail3_setsAil() {
        assertEquals(H_SUCCESS, call(HcallNumber.H_SET_MODE, 3, 3, 0, 0));
        assertEquals(List.of("lpcr 1800000=1800000"), context.events);
    }

    @Test
    void SetMode_badArguments_answerTheArgumentAtFault() {
        assertEquals(H_UNSUPPORTED_FLAG, call(HcallNumber.H_SET_MODE, 1, 3, 0, 0));
        assertEquals(H_UNSUPPORTED_FLAG, call(HcallNumber.H_SET_MODE, 2, 4, 0, 0));
        assertEquals(H_P2, call(HcallNumber.H_SET_MODE, 0, 9, 0, 0));
        assertEquals(H_P3, call(HcallNumber.H_SET_MODE, 3, 3, 1, 0));
        assertEquals(H_P4, call(HcallNumber.H_SET_MODE, 3, 3, 0, 1));
        assertEquals(H_P3, call(HcallNumber.H_SET_MODE, 0, 1, 3, 0));
        assertEquals(H_P4, call(HcallNumber.H_SET_MODE, 0, 2, 0x1000, 4));
        assertEquals(List.of(), context.events);
    }

    @Test
    void RegisterProcessTable_radix_installsTable() {
        assertEquals(H_SUCCESS, call(HcallNumber.H_REGISTER_PROC_TBL, 0x1d, 0x10000, 0, 4));
        assertEquals(List.of("table 10004 radix=true gtse=true"), context.events);
    }

    @Test
    void RegisterProcessTable_badArguments_answerTheArgumentAtFault() {
        assertEquals(H_PARAMETER, call(HcallNumber.H_REGISTER_PROC_TBL, 0x3d, 0x10000, 0, 4));
        assertEquals(H_P2, call(HcallNumber.H_REGISTER_PROC_TBL, 0x1d, 0x10800, 0, 4));
        assertEquals(H_P2, call(HcallNumber.H_REGISTER_PROC_TBL, 0x1d, 0x1000, 0, 4));
        assertEquals(H_P2, call(HcallNumber.H_REGISTER_PROC_TBL, 0x1d, 0x1000_0000, 0, 0));
        assertEquals(H_P3, call(HcallNumber.H_REGISTER_PROC_TBL, 0x1d, 0x10000, 12, 4));
        assertEquals(H_P4, call(HcallNumber.H_REGISTER_PROC_TBL, 0x1d, 0, 0, 25));
    }

    @Test
    void PageInit_copyAndZero_changeThePage() {
        context.memory.putLong(0x5ff8, 0x1122);
        assertEquals(H_SUCCESS, call(HcallNumber.H_PAGE_INIT, 1L << 14, 0x6000, 0x5000));
        assertEquals(0x1122, context.memory.getLong(0x6ff8));
        assertEquals(H_SUCCESS, call(HcallNumber.H_PAGE_INIT, 1L << 15, 0x6000, 0));
        assertEquals(0, context.memory.getLong(0x6ff8));
        assertEquals(H_PARAMETER, call(HcallNumber.H_PAGE_INIT, 1L << 15, 0x6010, 0));
        assertEquals(H_PARAMETER, call(HcallNumber.H_PAGE_INIT, 1L << 14, 0x6000, 1L << 50));
    }

    @Test
    void LogicalLoadAndStore_memory_areBigEndian() {
        assertEquals(H_SUCCESS, call(HcallNumber.H_LOGICAL_CI_STORE, 4, 0x7000, 0xffff_ffff_8000_0001L));
        assertEquals(0x8000_0001, context.memory.getInt(0x7000));
        assertEquals(H_SUCCESS, call(HcallNumber.H_LOGICAL_CACHE_LOAD, 2, 0x7000));
        assertEquals(0x8000, context.registers[0]);
    }

    @Test
    void LogicalLoad_badSizeAlignmentOrAddress_answersParameter() {
        assertEquals(H_PARAMETER, call(HcallNumber.H_LOGICAL_CI_LOAD, 3, 0x7000));
        assertEquals(H_PARAMETER, call(HcallNumber.H_LOGICAL_CI_LOAD, 16, 0x7000));
        assertEquals(H_PARAMETER, call(HcallNumber.H_LOGICAL_CI_LOAD, 4, 0x7002));
        assertEquals(ReturnCode.H_TOO_HARD, call(HcallNumber.H_LOGICAL_CI_LOAD, 8, 1L << 50));
        assertEquals(ReturnCode.H_TOO_HARD, call(HcallNumber.H_LOGICAL_CI_LOAD, 8, -8));
    }

    @Test
    void Xirr_presentedInterrupt_returnsCpprAndSource() {
        IrqLine line = xics.claimMessage(0x1100);
        xics.setDestination(0x1100, 0, 5);
        assertEquals(H_SUCCESS, call(HcallNumber.H_CPPR, 0xff));
        line.pulse();
        assertEquals(H_SUCCESS, call(HcallNumber.H_IPOLL, 0));
        assertEquals(0xff00_1100L, context.registers[0]);
        assertEquals(H_SUCCESS, call(HcallNumber.H_XIRR_X));
        assertEquals(0xff00_1100L, context.registers[0]);
        assertEquals(42, context.registers[1]);
        assertEquals(H_SUCCESS, call(HcallNumber.H_EOI, 0xff00_1100L));
        assertEquals(H_SUCCESS, call(HcallNumber.H_XIRR));
        assertEquals(0xff00_0000L, context.registers[0]);
    }

    @Test
    void Ipi_unknownServer_answersParameter() {
        assertEquals(H_PARAMETER, call(HcallNumber.H_IPI, 1, 4));
        assertEquals(H_PARAMETER, call(HcallNumber.H_IPOLL, 1L << 32));
    }

    @Test
    void HomeNodeAssociativity_processor_isInDomainZero() {
        assertEquals(H_SUCCESS, call(HcallNumber.H_HOME_NODE_ASSOCIATIVITY, 1, 0));
        assertEquals(0x8000_8000_ffff_ffffL, context.registers[0]);
        assertEquals(H_P2, call(HcallNumber.H_HOME_NODE_ASSOCIATIVITY, 1, 9));
        assertEquals(H_FUNCTION, call(HcallNumber.H_HOME_NODE_ASSOCIATIVITY, 2, 0));
    }

    @Test
    void SignalSystemReset_allOthersOfOne_resetsNobody() {
        assertEquals(H_SUCCESS, call(HcallNumber.H_SIGNAL_SYS_RESET, -2));
        assertEquals(List.of(), context.events);
        assertEquals(H_SUCCESS, call(HcallNumber.H_SIGNAL_SYS_RESET, -1));
        assertEquals(List.of("reset 0"), context.events);
        assertEquals(H_PARAMETER, call(HcallNumber.H_SIGNAL_SYS_RESET, 5));
    }
}
