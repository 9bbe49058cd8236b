// SPDX-License-Identifier: Apache-2.0
package dev.wattle.guests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.app.guest.DebianGuests;
import dev.wattle.app.guest.GuestImage;
import dev.wattle.app.guest.GuestUnavailableException;
import dev.wattle.app.guest.Progress;
import dev.wattle.hypervisor.ClockMode;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.MachineStatistics;
import dev.wattle.machine.pseries.Drive;
import dev.wattle.machine.pseries.PseriesMachine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Boots Debian from a disk, through firmware and without. */
@Timeout(900)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DebianDiskTest {
    private static final long IMAGE_BYTES = 256L << 20;

    private Path folder = Path.of("");
    private Path image = Path.of("");
    private Path slof = Path.of("");
    private Optional<GuestImage> withoutFirmware = Optional.empty();

    @BeforeAll
    void makeImage(@TempDir Path directory) throws IOException {
        folder = directory;
        DebianGuests guests = new DebianGuests(DebianGuests.defaultCache(System.getenv()), Progress.SILENT);
        image = folder.resolve("debian.img");
        try {
            slof = guests.firmware();
            guests.writeDisk(image, IMAGE_BYTES);
            withoutFirmware = Optional.of(guests.diskGuest(folder.resolve("initrd.gz")));
        } catch (GuestUnavailableException e) {
            Demo.unavailable(String.valueOf(e.getMessage()));
        }
    }

    private interface Session {
        void at(Shell shell) throws Exception;
    }

    private static MachineStatistics run(PseriesMachine.Builder builder, Session session) throws Exception {
        ScriptedConsole console = new ScriptedConsole();
        try (ExecutorService thread = Executors.newSingleThreadExecutor();
                PseriesMachine machine = builder.console(console).build()) {
            Future<MachineOutcome> end = thread.submit(machine::run);
            try {
                Shell shell = new Shell(console.transcript(), console::type);
                shell.awaitPrompt();
                session.at(shell);
                shell.leave("poweroff");
                MachineOutcome outcome = end.get();
                assertEquals(MachineOutcome.Kind.POWERED_OFF, outcome.kind(), outcome.reason());
                return machine.statistics();
            } finally {
                machine.stop();
            }
        }
    }

    private Path copy(String name) throws IOException {
        return Files.copy(image, folder.resolve(name));
    }

    private PseriesMachine.Builder direct() {
        GuestImage guest = withoutFirmware.orElseThrow();
        return PseriesMachine.builder()
                .kernel(guest.kernel())
                .initrd(guest.initrd())
                .bootArguments(guest.bootArguments());
    }

    private static long count(MachineStatistics statistics, String name) {
        return statistics.engineCounts().getOrDefault("disk 0 " + name, 0L);
    }

    @Test
    void disk_withFirmware_bootsThroughGrubAndKeepsWhatIsWritten() throws Exception {
        Drive drive = new Drive(copy("firmware.img"), false, Optional.of("ABC123"));
        MachineStatistics statistics =
                run(PseriesMachine.builder().firmware(slof).drive(drive), shell -> {
                    String root = shell.run("mount; cat /sys/block/vda/serial; echo");
                    assertTrue(root.contains("/dev/vda2 on / type ext4") && root.contains("ABC123"), root);
                    shell.run("dd if=/dev/urandom of=/root/big bs=64k count=200; md5sum /root/big >/root/sum; sync");
                });
        assertTrue(count(statistics, "read bytes") > 45_000_000, statistics::toString);
        assertTrue(count(statistics, "flushes") > 0, statistics::toString);
        // Each notification ended at the bus.
        assertEquals(0, count(statistics, "failed requests"));
        run(direct().drive(drive), shell -> {
            String check = shell.run("md5sum -c /root/sum");
            assertTrue(check.contains("/root/big: OK"), check);
        });
    }

    @Test
    void disk_readOnly_isMountedButNotWritten() throws Exception {
        Path file = copy("readonly.img");
        byte[] before = Files.readAllBytes(file);
        MachineStatistics statistics = run(
                direct().bootArguments("console=hvc0 root=/dev/vda2 ro").drive(new Drive(file, true, Optional.empty())),
                shell -> {
                    String result = shell.run("ls /boot; touch /new; mount -o remount,rw /; cat /sys/block/vda/ro");
                    assertTrue(result.contains("vmlinux") && result.contains("Read-only"), result);
                });
        assertEquals(0, count(statistics, "written bytes"));
        assertTrue(Arrays.equals(before, Files.readAllBytes(file)));
    }

    @Test
    void disk_underAVirtualClock_isTheSameToTheInstruction() throws Exception {
        long[] completed = new long[2];
        for (int i = 0; i < 2; i++) {
            Path file = copy("virtual" + i + ".img");
            PseriesMachine.Builder builder = direct().clock(ClockMode.VIRTUAL)
                    .bootArguments("console=hvc0 root=/dev/vda2 rw demo=md5sum${IFS}/bin/busybox")
                    .drive(new Drive(file, false, Optional.empty()));
            ScriptedConsole console = new ScriptedConsole();
            try (PseriesMachine machine = builder.console(console).build()) {
                MachineOutcome outcome = machine.run();
                assertEquals(MachineOutcome.Kind.POWERED_OFF, outcome.kind(), outcome.reason());
                completed[i] = machine.statistics().instructionsCompleted();
                assertTrue(count(machine.statistics(), "writes") > 0);
            }
        }
        assertEquals(completed[0], completed[1]);
    }
}
