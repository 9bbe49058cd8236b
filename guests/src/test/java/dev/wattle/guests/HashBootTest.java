// SPDX-License-Identifier: Apache-2.0
package dev.wattle.guests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.app.guest.GuestImage;
import dev.wattle.hypervisor.MmuMode;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.pseries.PseriesMachine;
import dev.wattle.power.model.ProcessorModel;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Boots Debian's unmodified kernel with translation by hash page table, which must make no difference to its programs. */
@Timeout(900)
class HashBootTest {
    /** Pages of files and of anonymous memory, many processes, and pages that are copied at a store. */
    private static final String WORK = "i=0; while [ $i -lt 40 ]; do i=$((i+1));"
            + " (x=$(cat /bin/busybox | head -c ${i}0000 | sha256sum); echo $i $x) | cut -c1-40; done | sha256sum;"
            + " awk 'BEGIN { for (i = 0; i < 20000; i++) a[i % 977] = a[i % 977] i; print length(a[5]) }'";

    private record Result(String mmu, String output, Map<String, Long> exits) {}

    @Test
    void boot_byHashPageTable_computesTheSame() throws Exception {
        Result radix = boot(ProcessorModel.POWER9, MmuMode.AUTO, "");
        assertEquals("Radix", radix.mmu);
        assertEquals(0, radix.exits.getOrDefault("H_ENTER", 0L));
        Result power9 = boot(ProcessorModel.POWER9, MmuMode.AUTO, " disable_radix");
        Result power8 = boot(ProcessorModel.POWER8, MmuMode.AUTO, "");
        for (Result hash : new Result[] {power9, power8}) {
            assertEquals("Hash", hash.mmu);
            assertEquals(radix.output, hash.output);
            assertTrue(hash.exits.get("H_ENTER") > 1000, hash.exits::toString);
            assertTrue(hash.exits.get("H_PROTECT") > 0, hash.exits::toString);
        }
    }

    private static Result boot(ProcessorModel processor, MmuMode mmu, String argument) throws Exception {
        GuestImage demo = Demo.image();
        ScriptedConsole console = new ScriptedConsole();
        Shell shell = new Shell(console.transcript(), console::type);
        try (ExecutorService thread = Executors.newSingleThreadExecutor();
                PseriesMachine machine = PseriesMachine.builder()
                        .kernel(demo.kernel())
                        .initrd(demo.initrd())
                        .bootArguments(demo.bootArguments() + argument)
                        .memoryBytes(512L << 20)
                        .processor(processor)
                        .mmu(mmu)
                        .console(console)
                        .build()) {
            Future<MachineOutcome> end = thread.submit(machine::run);
            try {
                shell.awaitPrompt();
                String cpu = shell.run("cat /proc/cpuinfo");
                assertTrue(cpu.contains(processor.name()), cpu);
                String type = cpu.contains("MMU\t\t: Hash") ? "Hash" : cpu.contains("MMU\t\t: Radix") ? "Radix" : cpu;
                String output = shell.run(WORK);
                shell.leave("poweroff -f");
                assertEquals(MachineOutcome.Kind.POWERED_OFF, end.get().kind());
                return new Result(type, output, machine.statistics().exitsByKind());
            } finally {
                machine.stop();
            }
        }
    }
}
