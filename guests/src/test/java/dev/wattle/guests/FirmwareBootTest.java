// SPDX-License-Identifier: Apache-2.0
package dev.wattle.guests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.app.guest.DebianGuests;
import dev.wattle.app.guest.GuestUnavailableException;
import dev.wattle.app.guest.Progress;
import dev.wattle.hypervisor.EngineMode;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.MachineStatistics;
import dev.wattle.machine.pseries.Nvram;
import dev.wattle.machine.pseries.PseriesMachine;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Starts SLOF, unmodified, works at its prompt, and has it boot Linux. */
@Timeout(900)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FirmwareBootTest {
    private static final String PROMPT = "\n0 > ";

    private Path slof = Path.of("");

    @BeforeAll
    void findFirmware() {
        try {
            slof = new DebianGuests(DebianGuests.defaultCache(System.getenv()), Progress.SILENT).firmware();
        } catch (GuestUnavailableException e) {
            Demo.unavailable(String.valueOf(e.getMessage()));
        }
    }

    /** A person at the firmware's prompt. */
    private interface Session {
        void at(ScriptedConsole console, PseriesMachine machine) throws Exception;
    }

    private static MachineStatistics run(PseriesMachine.Builder builder, MachineOutcome.Kind expected, Session session)
            throws Exception {
        ScriptedConsole console = new ScriptedConsole();
        try (ExecutorService thread = Executors.newSingleThreadExecutor();
                PseriesMachine machine = builder.console(console).build()) {
            Future<MachineOutcome> end = thread.submit(machine::run);
            try {
                session.at(console, machine);
                MachineOutcome outcome = end.get();
                assertEquals(expected, outcome.kind(), outcome.reason());
                return machine.statistics();
            } finally {
                machine.stop();
            }
        }
    }

    private static String enter(ScriptedConsole console, String line) throws InterruptedException {
        console.type(line + "\r");
        return console.transcript().readUntil(PROMPT);
    }

    @Test
    void slof_withAutoBootOff_worksAtItsPromptAndKeepsVariablesOverAReset() throws Exception {
        Nvram nvram = Nvram.with(Map.of("auto-boot?", "false"));
        PseriesMachine.Builder builder =
                PseriesMachine.builder().firmware(slof).nvram(nvram).bootOrder("c");
        MachineStatistics statistics = run(builder, MachineOutcome.Kind.REBOOT, (console, machine) -> {
            console.transcript().readUntil(PROMPT);
            String sum = enter(console, "decimal d# 1234 d# 4321 + . hex");
            assertTrue(sum.contains("5555"), sum);
            String tree = enter(console, "dev / ls");
            for (String node : new String[] {"/cpus", "/memory@0", "/vdevice", "/pci@800000020000000", "/rtas"}) {
                assertTrue(tree.contains(node.substring(1)), () -> node + " is missing in: " + tree);
            }
            enter(console, "setenv boot-file kept");
            console.type("reset-all\r");
        });
        assertTrue(statistics.exitsByKind().getOrDefault("rtas nvram-store", 0L) > 0, statistics::toString);
        run(builder, MachineOutcome.Kind.POWERED_OFF, (console, machine) -> {
            console.transcript().readUntil(PROMPT);
            String value = enter(console, "printenv boot-file");
            assertTrue(value.contains("kept"), value);
            String boot = enter(console, "boot");
            assertTrue(boot.contains("Trying to load: kept from: disk"), boot);
            assertTrue(!boot.contains("from: net"), boot);
            console.type("power-off\r");
        });
    }

    @Test
    void slof_onTheEvaluator_startsItsForthEngine() throws Exception {
        run(
                PseriesMachine.builder().firmware(slof).engine(EngineMode.EVALUATOR),
                MachineOutcome.Kind.STOPPED,
                (console, machine) -> {
                    // Names of checkpoints, the first ones; all of them take the evaluator a minute.
                    console.transcript().readUntil("C0100");
                    machine.stop();
                });
    }

    @Test
    void slof_givenAKernel_bootsItToAShell() throws Exception {
        var demo = Demo.image();
        MachineStatistics statistics = run(
                PseriesMachine.builder()
                        .firmware(slof)
                        .kernel(demo.kernel())
                        .initrd(demo.initrd())
                        .bootArguments(demo.bootArguments()),
                MachineOutcome.Kind.POWERED_OFF,
                (console, machine) -> {
                    Shell shell = new Shell(console.transcript(), console::type);
                    String boot = console.transcript().readUntil("Booting Linux via");
                    assertTrue(boot.contains("Booting from memory..."), boot);
                    assertTrue(boot.contains("Calling ibm,client-architecture-support... done"), boot);
                    assertTrue(!boot.contains("HV-UPDATE-DT error"), boot);
                    shell.awaitPrompt();
                    String bus = shell.run("cat /proc/device-tree/openprom/model; ls /sys/class/pci_bus");
                    assertTrue(bus.contains("SLOF,HEAD") && bus.contains("0000:00"), bus);
                    shell.leave("poweroff -f");
                });
        assertEquals(1, statistics.exitsByKind().get("KVMPPC_H_CAS"));
        assertEquals(1, statistics.exitsByKind().get("KVMPPC_H_UPDATE_DT"));
    }
}
