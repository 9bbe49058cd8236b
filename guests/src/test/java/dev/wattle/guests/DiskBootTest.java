// SPDX-License-Identifier: Apache-2.0
package dev.wattle.guests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.app.guest.DebianGuests;
import dev.wattle.app.guest.GuestUnavailableException;
import dev.wattle.app.guest.Progress;
import dev.wattle.hypervisor.ExitKind;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.pseries.Drive;
import dev.wattle.machine.pseries.InterruptChoice;
import dev.wattle.machine.pseries.PseriesMachine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Boots a disk as a machine does: SLOF loads GRUB, GRUB the kernel, and that finds its root file system. */
@Timeout(900)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DiskBootTest {
    private static final String[] LOGICAL_ACCESSES = {"H_LOGICAL_CI_LOAD", "H_LOGICAL_CI_STORE"};

    private Path slof = Path.of("");
    private Path image = Path.of("");

    @BeforeAll
    void fetchPieces(@TempDir Path directory) throws IOException {
        try {
            DebianGuests guests = new DebianGuests(DebianGuests.defaultCache(System.getenv()), Progress.SILENT);
            slof = guests.firmware();
            image = directory.resolve("disk.img");
            guests.writeDisk(image, 256 << 20);
        } catch (GuestUnavailableException e) {
            Demo.unavailable(String.valueOf(e.getMessage()));
        }
    }

    private PseriesMachine.Builder machine(ScriptedConsole console) {
        return PseriesMachine.builder()
                .firmware(slof)
                .drive(new Drive(image, false, Optional.empty()))
                .console(console);
    }

    private static long count(PseriesMachine machine, ExitKind kind, String cause) {
        return machine.exits().stream()
                .filter(exit -> exit.kind() == kind && exit.cause().equals(cause))
                .mapToLong(exit -> exit.count())
                .sum();
    }

    @ParameterizedTest
    @CsvSource({"DUAL, XIVE-IRQ", "XIVE, XIVE-IRQ", "XICS, XICS"})
    void disk_bootedByFirmware_givesAShellWithoutAnExitForItsDevices(InterruptChoice interrupts, String chip)
            throws Exception {
        ScriptedConsole console = new ScriptedConsole();
        Shell shell = new Shell(console.transcript(), console::type);
        try (ExecutorService thread = Executors.newSingleThreadExecutor();
                PseriesMachine machine = machine(console).interrupts(interrupts).build()) {
            Future<MachineOutcome> end = thread.submit(machine::run);
            try {
                console.transcript().readUntil("Welcome to GRUB!");
                // Do not wait for its menu to do it by itself.
                console.type("\r");
                console.transcript().readUntil("Linux version");
                // The firmware and GRUB access the disk through these alone.
                for (String call : LOGICAL_ACCESSES) {
                    assertEquals(0, count(machine, ExitKind.PAPR_HCALL, call), call);
                    assertTrue(count(machine, ExitKind.HCALL_HANDLED, call) > 1000, call);
                }
                shell.awaitPrompt();
                String mounts = shell.run("mount; cat /proc/interrupts");
                assertTrue(mounts.contains("/dev/vda2 on / type ext4 (rw"), mounts);
                // How many there were, and who has delivered them.
                assertTrue(mounts.matches("(?s).* [1-9]\\d* +" + chip + " [^\n]*hvc_console.*"), mounts);
                assertTrue(mounts.matches("(?s).* [1-9]\\d* +pSeries-PCI-MSI [^\n]*virtio0-req.*"), mounts);
                shell.run("seq 100000 >/seq; sync; echo 3 >/proc/sys/vm/drop_caches");
                String sum = shell.run("md5sum /seq");
                assertTrue(sum.contains("dea9193b768319cbb4ff1a137ac03113"), sum);
                shell.leave("poweroff -f");
                assertEquals(
                        MachineOutcome.Kind.POWERED_OFF,
                        end.get().kind(),
                        end.get().reason());
            } finally {
                machine.stop();
            }
        }
    }

    @Test
    void disk_bootedWithoutHandlingInside_leavesForEachAccess() throws Exception {
        ScriptedConsole console = new ScriptedConsole();
        PseriesMachine.Builder builder = machine(console);
        for (String call : LOGICAL_ACCESSES) {
            builder.disableHypercall(call);
        }
        try (ExecutorService thread = Executors.newSingleThreadExecutor();
                PseriesMachine machine = builder.build()) {
            Future<MachineOutcome> end = thread.submit(machine::run);
            try {
                console.transcript().readUntil("Welcome to GRUB!");
                console.type("\r");
                console.transcript().readUntil("Linux version");
                for (String call : LOGICAL_ACCESSES) {
                    assertTrue(count(machine, ExitKind.PAPR_HCALL, call) > 1000, call);
                    assertEquals(0, count(machine, ExitKind.HCALL_HANDLED, call), call);
                }
            } finally {
                machine.stop();
            }
            assertEquals(
                    MachineOutcome.Kind.STOPPED, end.get().kind(), end.get().reason());
        }
    }
}
