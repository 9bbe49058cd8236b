// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.engine.host.x64.HostFeatures;
import dev.wattle.engine.memory.HostMemory;
import dev.wattle.engine.memory.SoftTlb;
import dev.wattle.power.model.ProcessorModel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Faults in generated code, planted by entries of the TLB that lead to nobody's memory. */
class FaultReportTest {
    private static final String COPY = """
            ld r5,8(r4)
            addi r5,r5,1
            std r5,16(r4)
            sc 1
            """;

    @Test
    void Fault_inOneMachine_isReportedWithGuestCodeAndAnotherMachineGoesOn() throws Exception {
        Assumptions.assumeTrue(HostFeatures.isHostSupported(), "this host has no back-end");
        try (GuestMachine sound = new GuestMachine(ProcessorModel.POWER9, TestEngine::nativeEngine);
                GuestMachine broken = new GuestMachine(ProcessorModel.POWER9, TestEngine::nativeEngine)) {
            sound.p.setGpr(4, GuestMachine.DATA);
            sound.run(COPY);
            broken.p.setGpr(4, GuestMachine.DATA);
            broken.run(COPY);
            broken.p.setGpr(7, 0x1234_5678_9abc_def0L);
            HostMemory.putLong(broken.p.tlbEntry(GuestMachine.DATA) + SoftTlb.ADDEND, 0x10);

            IllegalStateException fault =
                    assertThrows(IllegalStateException.class, () -> broken.runFrom(GuestMachine.CODE));
            String message = String.valueOf(fault.getMessage());
            assertTrue(message.matches("signal 11 in generated code at .*, accessing .*; see .*"), message);
            Path file = Path.of(message.substring(message.indexOf("; see ") + 6));
            String report = Files.readString(file);
            Files.delete(file);
            assertTrue(report.contains("e8a40008  ld r5,8(r4)\n"), report);
            assertTrue(report.contains("LD64_BE d=GPR5 a=GPR4 imm=8\n"), report);
            assertTrue(report.contains("GPR7         123456789abcdef0\n"), report);
            assertTrue(report.contains("    exit +000.0 for a group of accesses\n"), report);

            for (int i = 1; i < 100; i++) {
                sound.runFrom(GuestMachine.CODE);
            }
            sound.memory.putLong(GuestMachine.DATA + 8, 41);
            sound.runFrom(GuestMachine.CODE);
            assertEquals(42, sound.memory.getLong(GuestMachine.DATA + 16));
        }
    }
}
