// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.irq;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.hypervisor.io.IoBus;
import dev.wattle.hypervisor.papr.xics.Xics;
import dev.wattle.hypervisor.papr.xive.Xive;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class InterruptReportTest {
    @Test
    void Report_ofEither_hasSourcesQueuesAndCounts() {
        try (GuestMemory memory = GuestMemory.allocate(1 << 20)) {
            Xive xive = new Xive(1, 0x2000, memory, true);
            PartitionInterrupts interrupts =
                    new PartitionInterrupts(new Xics(1, 0x1000, 0x1000), Optional.of(xive), new IoBus());
            interrupts.claimMessage(0x1300);
            interrupts.claimLevel(0x1200).set(true);
            interrupts.xics().setDestination(0x1300, 0, 5);
            String xics = InterruptReport.of(interrupts);
            assertTrue(xics.contains("CPU 0 XIRR=00000000 PP=ff MFRR=ff\n"), xics);
            assertTrue(xics.contains("  00001300 MSI ---     0/05\n"), xics);
            assertTrue(xics.contains("  00001200 LSI P-- M   0/ff\n"), xics);
            interrupts.select(InterruptMode.XIVE);
            xive.setQueue(0, 6, true, 0x1_0000, 12);
            xive.setSource(0x1300, false, 0, 6, 0x99);
            xive.accessEsb(0x1300, 0xc00, false);
            xive.accessEsb(0x1300, 0, true);
            xive.accessEsb(0x1300, 0, true);
            String report = InterruptReport.of(interrupts);
            assertTrue(report.contains("CPU[0000]:   OS    00  00  02    ff   ff  00  ff   06\n"), report);
            assertTrue(
                    report.contains("  00001300 MSI PQ    00000099   0/6      1/ 1024 @10000 ^1"
                            + " [ 00000000 00000000 00000000 00000000 80000099 ^00000000 ]\n"),
                    report);
            assertTrue(report.contains("  00001200 LSI -QA M 00000000 \n"), report);
            assertTrue(report.matches("(?s).*\n  00001300 +2 +1 +0 +0 +0 +0 +1\n.*"), report);
        }
    }
}
