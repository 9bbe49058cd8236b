// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.hypervisor.EngineMode;
import dev.wattle.hypervisor.Exit;
import dev.wattle.hypervisor.Vcpu;
import dev.wattle.hypervisor.Vm;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.firmware.DeviceTree;
import dev.wattle.power.isa.Assembler;
import dev.wattle.power.isa.InstructionTable;
import dev.wattle.power.processor.Msr;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Handlers of machine checks and system resets that a guest registers. */
@Timeout(60)
class NonMaskableInterruptsTest {
    private static final long START = 0x1000;
    private static final int REGISTER = 0x2000;
    private static final int INTERLOCK = 0x2100;
    private static final long RTAS = 0x8000;
    private static final long AREA = RTAS + NonMaskableInterrupts.AREAS_OFFSET;
    private static final int RESET_HANDLER = 0x6000;
    private static final int CHECK_HANDLER = 0x6800;
    private static final long NOWHERE = 1L << 39;
    private static final String CALL_RTAS = "li 3, 0 ; ori 3, 3, 0xf000 ; sc 1 ;";
    private static final String END = "li 3, 0x7abc ; sc 1";

    private final Assembler assembler = new Assembler(InstructionTable.load());
    private final List<MachineOutcome> outcomes = new ArrayList<>();
    private OptionalLong rtasBase = OptionalLong.of(RTAS);

    /** A VM whose guest can call RTAS. */
    private final class Guest implements AutoCloseable {
        final Vm vm;
        final Vcpu vcpu;
        private final Rtas rtas = new Rtas();
        private final NonMaskableInterrupts nonMaskable;
        int machineChecks;

        Guest(EngineMode engine) {
            vm = Vm.builder().memoryBytes(1 << 20).engine(engine).build();
            vcpu = vm.vcpu(0);
            nonMaskable = new NonMaskableInterrupts(vm, outcomes::add, () -> rtasBase);
            nonMaskable.define(rtas);
            DeviceTree.Node tokens = new DeviceTree().root().child("rtas");
            rtas.describe(tokens);
            block(REGISTER, tokens.cell("ibm,nmi-register", 0), 2);
            vm.memory().putInt(REGISTER + 12, RESET_HANDLER);
            vm.memory().putInt(REGISTER + 16, CHECK_HANDLER);
            block(INTERLOCK, tokens.cell("ibm,nmi-interlock", 0), 0);
            for (long handler : new long[] {RESET_HANDLER, CHECK_HANDLER}) {
                code(handler, "mr 21, 3 ; mfspr 22, 26 ; mfmsr 23 ;" + END);
            }
            vcpu.setMsr(Msr.SF | Msr.ME | Msr.RI);
            vcpu.setNia(START);
        }

        private void block(int address, int token, int arguments) {
            vm.memory().putInt(address, token);
            vm.memory().putInt(address + 4, arguments);
            vm.memory().putInt(address + 8, 1);
        }

        void code(long address, String text) {
            int[] words = assembler.assemble(address, text);
            for (int i = 0; i < words.length; i++) {
                vm.memory().putInt(address + 4L * i, words[i]);
            }
        }

        /** Runs as the machine does until the guest says that it is done, or the machine has ended. */
        void run() {
            for (int exits = 0; outcomes.isEmpty(); exits++) {
                assertTrue(exits < 100, () -> vcpu.registers());
                switch (vcpu.run()) {
                    case Exit.PaprHcall hcall
                    when hcall.nr() == 0x7abc -> {
                        return;
                    }
                    case Exit.PaprHcall hcall when hcall.nr() == 0xf000 -> vcpu.setGpr(3, rtas.hypercall(vcpu));
                    case Exit.Nmi check -> {
                        assertEquals(3, check.flags());
                        machineChecks++;
                        nonMaskable.machineCheck(vcpu);
                    }
                    case Exit exit -> {
                        if (exit instanceof Exit.Mmio access) {
                            access.reject();
                        } else {
                            throw new AssertionError(exit);
                        }
                    }
                }
            }
        }

        @Override
        public void close() {
            vm.close();
        }
    }

    @ParameterizedTest
    @EnumSource(EngineMode.class)
    void machineCheck_registered_isGivenToTheHandlerWithItsLog(EngineMode engine) {
        try (Guest guest = new Guest(engine)) {
            guest.code(START, "li 4, 0x2000 ;" + CALL_RTAS + "li 3, 0x77 ; li 20, 1 ; sldi 20, 20, 39 ; ld 5, 8(20)");
            guest.run();
            assertEquals(1, guest.machineChecks);
            assertEquals(0, guest.vm.memory().getInt(REGISTER + 20), "status of ibm,nmi-register");
            assertEquals(AREA, guest.vcpu.gpr(21), "r3");
            assertEquals(START + 4 + 12 + 12, guest.vcpu.gpr(22), "SRR0");
            assertEquals(Msr.SF | Msr.ME, guest.vcpu.gpr(23), "MSR");
            assertEquals(0x77, guest.vm.memory().getLong(AREA), "r3 as it was");
            long log = AREA + 8;
            assertEquals(0x0674_1000, guest.vm.memory().getInt(log), "summary");
            assertEquals(56, guest.vm.memory().getInt(log + 4), "bytes of the extended log");
            assertEquals(0x4942_4d00, guest.vm.memory().getInt(log + 20), "IBM");
            assertEquals(0x4d43_0028, guest.vm.memory().getInt(log + 24), "section MC");
            assertEquals((short) 0x0890, guest.vm.memory().getShort(log + 40), "type and kind");
            assertEquals(NOWHERE + 8, guest.vm.memory().getLong(log + 48), "effective address");
            assertEquals(0, guest.vm.interruptCounts().getOrDefault("MACHINE_CHECK", 0L));
        }
    }

    @ParameterizedTest
    @EnumSource(EngineMode.class)
    void machineCheck_byFetch_saysSo(EngineMode engine) {
        try (Guest guest = new Guest(engine)) {
            guest.code(START, "li 4, 0x2000 ;" + CALL_RTAS + "li 20, 1 ; sldi 20, 20, 39 ; mtctr 20 ; bctr");
            guest.run();
            assertEquals(1, guest.machineChecks);
            assertEquals(NOWHERE, guest.vcpu.gpr(22), "SRR0");
            assertEquals((short) 0x0041, guest.vm.memory().getShort(AREA + 48), "type and kind");
            assertEquals(NOWHERE, guest.vm.memory().getLong(AREA + 56), "effective address");
        }
    }

    @ParameterizedTest
    @EnumSource(EngineMode.class)
    void machineCheck_afterInterlock_isHandledAgain_beforeIt_isAPanic(EngineMode engine) {
        try (Guest guest = new Guest(engine)) {
            // Counts, says that it is done, and goes on behind the instruction; the third time it fails itself.
            guest.code(
                    CHECK_HANDLER,
                    "addi 24, 24, 1 ; cmpdi 24, 3 ; bne fine ; ld 5, 0(20) ; fine: li 4, 0x2100 ;" + CALL_RTAS
                            + "mfspr 3, 26 ; addi 3, 3, 4 ; mtspr 26, 3 ; rfid");
            guest.code(
                    START,
                    "li 4, 0x2000 ;" + CALL_RTAS
                            + "li 24, 0 ; li 20, 1 ; sldi 20, 20, 39 ; ld 5, 0(20) ; ld 6, 0(20) ; ld 7, 0(20) ;"
                            + END);
            guest.run();
            assertEquals(4, guest.machineChecks);
            assertEquals(1, outcomes.size());
            assertEquals(MachineOutcome.Kind.GUEST_PANIC, outcomes.getFirst().kind());
            assertTrue(outcomes.getFirst().reason().contains("0x680c"), outcomes::toString);
            assertEquals(0, guest.vm.memory().getInt(INTERLOCK + 12), "status of ibm,nmi-interlock");
        }
    }

    @ParameterizedTest
    @EnumSource(EngineMode.class)
    void systemReset_registered_isGivenToTheHandler(EngineMode engine) {
        try (Guest guest = new Guest(engine)) {
            // H_SIGNAL_SYS_RESET to itself.
            guest.code(START, "li 4, 0x2000 ;" + CALL_RTAS + "li 3, 0x380 ; li 4, 0 ; sc 1 ; li 9, 1 ; b .");
            guest.run();
            assertEquals(AREA, guest.vcpu.gpr(21), "r3");
            assertEquals(0, guest.vm.memory().getLong(AREA), "r3 as it was: the result of the call");
            assertEquals(0, guest.vm.memory().getLong(AREA + 8), "no log");
            assertEquals(Msr.SF | Msr.ME, guest.vcpu.gpr(23), "MSR");
            assertEquals(1, guest.vm.interruptCounts().get("SYSTEM_RESET"));
        }
    }

    @ParameterizedTest
    @EnumSource(EngineMode.class)
    void machineCheck_notRegistered_goesToItsVector(EngineMode engine) {
        try (Guest guest = new Guest(engine)) {
            guest.code(0x200, END);
            guest.code(START, "li 4, 0x2100 ;" + CALL_RTAS + "li 20, 1 ; sldi 20, 20, 39 ; ld 5, 8(20)");
            guest.run();
            assertEquals(0, guest.machineChecks);
            assertEquals(-3, guest.vm.memory().getInt(INTERLOCK + 12), "status of ibm,nmi-interlock");
            assertEquals(1, guest.vm.interruptCounts().get("MACHINE_CHECK"));
        }
    }

    @ParameterizedTest
    @CsvSource({"0x2000000, 0x6800, -3", "0x6000, 0x1fffffc, -3", "0x6000, 0x6800, 0"})
    void register_handlers_mustBeInTheFirstMemory(int reset, int check, int status) {
        try (Guest guest = new Guest(EngineMode.EVALUATOR)) {
            guest.vm.memory().putInt(REGISTER + 12, reset);
            guest.vm.memory().putInt(REGISTER + 16, check);
            guest.code(START, "li 4, 0x2000 ;" + CALL_RTAS + END);
            guest.run();
            assertEquals(status, guest.vm.memory().getInt(REGISTER + 20));
            rtasBase = OptionalLong.empty();
            guest.vcpu.setNia(START);
            guest.run();
            assertEquals(-3, guest.vm.memory().getInt(REGISTER + 20), "RTAS has no memory");
        }
        assertTrue(outcomes.isEmpty());
    }
}
