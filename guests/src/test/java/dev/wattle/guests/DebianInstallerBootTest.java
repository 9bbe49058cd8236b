// SPDX-License-Identifier: Apache-2.0
package dev.wattle.guests;

import dev.wattle.app.guest.DebianGuests;
import dev.wattle.app.guest.GuestImage;
import dev.wattle.app.guest.GuestUnavailableException;
import dev.wattle.app.guest.Progress;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.pseries.PseriesMachine;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Boots Debian's installer, a user space of a few hundred shared libraries and programs, up to its first dialog. */
@Timeout(900)
class DebianInstallerBootTest {
    @Test
    void installer_booted_asksForTheLanguage() throws Exception {
        GuestImage installer = image();
        ScriptedConsole console = new ScriptedConsole();
        try (ExecutorService thread = Executors.newSingleThreadExecutor();
                PseriesMachine machine = PseriesMachine.builder()
                        .kernel(installer.kernel())
                        .initrd(installer.initrd())
                        .bootArguments(installer.bootArguments())
                        .memoryBytes(1L << 30)
                        .console(console)
                        .build()) {
            Future<MachineOutcome> end = thread.submit(machine::run);
            try {
                console.transcript().readUntil("Select a language");
                console.transcript().readUntil("English");
            } finally {
                machine.stop();
            }
            Assertions.assertEquals(MachineOutcome.Kind.STOPPED, end.get().kind());
        }
    }

    private static GuestImage image() {
        try {
            return new DebianGuests(DebianGuests.defaultCache(System.getenv()), Progress.SILENT).installer();
        } catch (GuestUnavailableException e) {
            return Demo.unavailable(String.valueOf(e.getMessage()));
        }
    }
}
