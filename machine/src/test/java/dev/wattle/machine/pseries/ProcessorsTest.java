// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.hypervisor.Exit;
import dev.wattle.hypervisor.ProcessorTopology;
import dev.wattle.hypervisor.Vcpu;
import dev.wattle.hypervisor.Vm;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.firmware.DeviceTree;
import dev.wattle.power.isa.Assembler;
import dev.wattle.power.isa.InstructionTable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ProcessorsTest {
    private static final int BLOCK = 0x8000;
    private static final int ENTRY = 0x4000;

    private final Vm vm = Vm.builder()
            .memoryBytes(1 << 20)
            .topology(new ProcessorTopology(2, 1))
            .build();
    private final List<MachineOutcome> outcomes = Collections.synchronizedList(new ArrayList<>());
    private final Processors processors = new Processors(vm, outcomes::add);
    private final Rtas rtas = new Rtas();
    private final DeviceTree.Node tokens = new DeviceTree().root().child("rtas");

    ProcessorsTest() {
        processors.define(rtas);
        rtas.describe(tokens);
    }

    @AfterEach
    void close() {
        processors.finish();
        processors.join();
        vm.close();
    }

    /** As vCPU 0 calls; it is not running. */
    private int call(String name, int resultCount, int... arguments) {
        return call(vm.vcpu(0), BLOCK, name, resultCount, arguments);
    }

    private int call(Vcpu vcpu, int block, String name, int resultCount, int... arguments) {
        vm.memory().putInt(block, tokens.cell(name, 0));
        vm.memory().putInt(block + 4, arguments.length);
        vm.memory().putInt(block + 8, resultCount);
        for (int i = 0; i < arguments.length; i++) {
            vm.memory().putInt(block + 12 + 4 * i, arguments[i]);
        }
        vcpu.setGpr(4, block);
        rtas.hypercall(vcpu);
        return vm.memory().getInt(block + 12 + 4 * arguments.length);
    }

    private int stopped(int server) {
        assertEquals(0, call("query-cpu-stopped-state", 2, server));
        return vm.memory().getInt(BLOCK + 12 + 4 + 4);
    }

    private void code(String text) {
        int[] words = new Assembler(InstructionTable.load()).assemble(ENTRY, text);
        for (int i = 0; i < words.length; i++) {
            vm.memory().putInt(ENTRY + 4L * i, words[i]);
        }
    }

    @Test
    void Processors_atFirst_areStoppedButTheFirst() {
        assertEquals(2, stopped(0));
        assertEquals(0, stopped(1));
        assertEquals(-3, call("query-cpu-stopped-state", 2, 2));
        assertEquals(-1, call("start-cpu", 1, 0, ENTRY, 0));
        assertEquals(-3, call("start-cpu", 1, 2, ENTRY, 0));
        assertTrue(vm.vcpu(0).isOnline(0));
        assertFalse(vm.vcpu(0).isOnline(1));
    }

    @Test
    void StartCpu_again_beginsWhereItIsToldWithItsArgument() throws InterruptedException {
        // Each time it stops itself; what it has found is in memory.
        code("mfmsr 5\n lis 6, 5\n std 3, 0(6)\n std 5, 8(6)\n li 3, 0x7abc\n sc 1\n b .");
        processors.startThreads(vcpu -> {
            assertEquals(new Exit.PaprHcall(0x7abc, new long[9]).nr(), ((Exit.PaprHcall) vcpu.run()).nr());
            call(vcpu, BLOCK + 0x100, "stop-self", 1);
            return true;
        });
        for (int round = 1; round <= 3; round++) {
            assertEquals(0, call("start-cpu", 1, 1, ENTRY, 0xabc0_0000 + round));
            while (stopped(1) != 0) {
                Thread.sleep(1);
            }
            assertEquals(0xabc0_0000L + round, vm.memory().getLong(0x5_0000));
            assertEquals(0x8000_0000_0000_1000L, vm.memory().getLong(0x5_0008), "MSR: SF and ME");
        }
        assertEquals(List.of(), outcomes);
    }

    @Test
    void StopSelf_ofTheLast_endsTheRun() {
        assertEquals(0, call("stop-self", 1));
        assertEquals(1, outcomes.size());
        assertEquals(MachineOutcome.Kind.POWERED_OFF, outcomes.getFirst().kind());
    }

    @Test
    void Finish_whileOneRuns_endsItsThread() {
        code("b .");
        processors.startThreads(vcpu -> {
            vcpu.run();
            return false;
        });
        assertEquals(0, call("start-cpu", 1, 1, ENTRY, 0));
        processors.finish();
        processors.join();
    }
}
