// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With a stand-in for apt that knows three packages and writes down what it was asked. */
@Timeout(60)
class DebianGuestsTest {
    private static final String KERNEL = "linux-image-6.1.0-50-powerpc64le";
    private static final String INSTALLER = "debian-installer-12-netboot-ppc64el";

    @TempDir
    private Path directory;

    private Path cache;

    @BeforeEach
    void setUp() throws IOException {
        cache = directory.resolve("cache");
        Path pool = Files.createDirectories(directory.resolve("pool"));
        Debs.write(
                pool.resolve(KERNEL + ".deb"),
                "data.tar.xz",
                Map.of("boot/vmlinux-6.1.0-50-powerpc64le", "kernel", "boot/config-6.1.0-50-powerpc64le", "config"));
        Debs.write(pool.resolve("busybox-static.deb"), "data.tar.xz", Map.of("bin/busybox", "busybox"));
        Debs.write(
                pool.resolve("library.deb"),
                "data.tar.xz",
                Map.of("lib/x/library.so", "library", "usr/share/doc/library/copyright", "text"));
        String images = "usr/lib/debian-installer/images/12/ppc64el/text/debian-installer/ppc64el/";
        Debs.write(
                pool.resolve(INSTALLER + ".deb"),
                "data.tar.xz",
                Map.of(images + "vmlinux", "installer kernel", images + "initrd.gz", "installer initrd"));
        script("apt-get", """
                echo "$@" >>%1$s/asked
                case "$*" in
                *--download-only*)
                    to=
                    for word; do
                        case "$word" in
                        Dir::Cache::archives=*) to=${word#*=} ;;
                        esac
                    done
                    cp "%1$s/pool/busybox-static.deb" "%1$s/pool/library.deb" "$to" ;;
                *update*) cat %1$s/update-fails 2>/dev/null && exit 100; touch %1$s/updated; exit 0 ;;
                *download*) for name; do :; done; cp "%1$s/pool/$name.deb" . ;;
                esac
                """);
        script("apt-cache", """
                for name; do :; done
                [ -e %1$s/updated ] || { echo 'E: No packages found'; exit 100; }
                case "$*" in
                *search*) echo "%2$s - images"; echo "debian-installer-9-netboot-ppc64el - older images"; exit 0 ;;
                esac
                echo "Package: $name"
                echo "Version: 1-2"
                case "$name" in
                linux-image-powerpc64le) echo "Depends: %3$s (= 1-2), other" ;;
                *) [ -e "%1$s/pool/$name.deb" ] || { echo 'E: No packages found'; exit 100; } ;;
                esac
                echo "Size: 1000"
                """);
    }

    @Test
    void demo_firstTime_isFetchedUnpackedAndGivenAnInitramfs() throws Exception {
        GuestImage demo = guests().demo();
        assertEquals(KERNEL + " 1-2", demo.name());
        assertEquals("console=hvc0", demo.bootArguments());
        assertEquals("kernel", Files.readString(demo.kernel()));
        Map<String, CpioArchiveEntry> entries = new TreeMap<>();
        Map<String, String> contents = new TreeMap<>();
        try (InputStream gzip = new GZIPInputStream(Files.newInputStream(demo.initrd()));
                CpioArchiveInputStream cpio = new CpioArchiveInputStream(gzip)) {
            for (CpioArchiveEntry entry = cpio.getNextEntry(); entry != null; entry = cpio.getNextEntry()) {
                entries.put(entry.getName(), entry);
                contents.put(entry.getName(), new String(cpio.readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        assertEquals("busybox", contents.get("bin/busybox"));
        assertTrue(contents.get("init").startsWith("#!/bin/busybox sh\n"));
        assertEquals(0100755, entries.get("init").getMode());
        assertTrue(entries.get("dev/console").isCharacterDevice());
        assertEquals(5, entries.get("dev/console").getRemoteDeviceMaj());
        assertEquals(1, entries.get("dev/console").getRemoteDeviceMin());
    }

    @Test
    void packages_withDependencies_areOneArchiveBelowUsr() throws Exception {
        Path archive = guests().packages(List.of("program"));
        Map<String, String> contents = new TreeMap<>();
        try (InputStream gzip = new GZIPInputStream(Files.newInputStream(archive));
                CpioArchiveInputStream cpio = new CpioArchiveInputStream(gzip)) {
            for (CpioArchiveEntry entry = cpio.getNextEntry(); entry != null; entry = cpio.getNextEntry()) {
                contents.put(entry.getName(), new String(cpio.readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        assertEquals("busybox", contents.get("usr/bin/busybox"));
        assertEquals("library", contents.get("usr/lib/x/library.so"));
        assertEquals("usr/lib", contents.get("lib"));
        assertFalse(contents.containsKey("usr/share/doc/library/copyright"));
        assertTrue(Files.readString(directory.resolve("asked")).contains("--download-only"));
        assertEquals(
                archive,
                new DebianGuests(cache, directory + "/nowhere/", Progress.SILENT).packages(List.of("program")));
    }

    @Test
    void demo_secondTime_needsNoApt() throws Exception {
        GuestImage first = guests().demo();
        assertEquals(first, new DebianGuests(cache, directory + "/nowhere/", Progress.SILENT).demo());
    }

    @Test
    void demo_afterwards_leavesNothingUnfinished() throws Exception {
        guests().demo();
        try (Stream<Path> files = Files.list(cache)) {
            assertEquals(
                    List.of("debian-demo", "lock"),
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        }
    }

    @Test
    void demo_withDamagedFileInTheCache_isFetchedAgain() throws Exception {
        GuestImage demo = guests().demo();
        Files.writeString(demo.kernel(), "cut");
        assertEquals("kernel", Files.readString(guests().demo().kernel()));
    }

    @Test
    void demo_withLeftoversOfAKilledFetch_isFetched() throws Exception {
        Files.createDirectories(cache.resolve("unfinished/guest"));
        Files.writeString(cache.resolve("unfinished/guest/kernel"), "half");
        assertEquals("kernel", Files.readString(guests().demo().kernel()));
    }

    @Test
    void demo_wantedByManyAtOnce_isFetchedOnce() throws Exception {
        List<Callable<GuestImage>> users = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            users.add(() -> guests().demo());
        }
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            for (Future<GuestImage> demo : threads.invokeAll(users)) {
                assertEquals("kernel", Files.readString(demo.get().kernel()));
            }
        }
        assertEquals(1, asked().stream().filter(line -> line.endsWith("update")).count());
    }

    @Test
    void demo_withoutApt_saysWhatToDownloadAndHowToPassIt() {
        DebianGuests guests = new DebianGuests(cache, directory + "/nowhere/", Progress.SILENT);
        assertMessage(
                assertThrows(GuestUnavailableException.class, guests::demo), "apt-get", "linux-image-powerpc64le");
    }

    @Test
    void demo_withoutNetwork_quotesAptAndSaysHowToGoOn() throws Exception {
        Files.writeString(directory.resolve("update-fails"), "W: Failed to fetch lists  Could not resolve\nE: more\n");
        assertMessage(assertThrows(GuestUnavailableException.class, guests()::demo), "network", "Could not resolve");
    }

    @Test
    void demo_withSourcesThatLackThePackage_namesIt() throws Exception {
        Files.delete(directory.resolve("pool/busybox-static.deb"));
        assertMessage(assertThrows(GuestUnavailableException.class, guests()::demo), "busybox-static", "sources");
    }

    @Test
    void installer_netbootPackage_givesKernelAndInitrdOfTheNewest() throws Exception {
        GuestImage installer = guests().installer();
        assertEquals(INSTALLER + " 1-2", installer.name());
        assertEquals("installer kernel", Files.readString(installer.kernel()));
        assertEquals("installer initrd", Files.readString(installer.initrd()));
    }

    @Test
    void aptConfiguration_always_keepsTheHostsStateOutOfIt() throws Exception {
        guests().demo();
        assertTrue(asked().stream().allMatch(line -> line.startsWith("-c " + cache)), () -> "asked without -c");
        assertFalse(asked().isEmpty());
    }

    @Test
    void defaultCache_followsXdgBaseDirectories() {
        assertEquals(
                Path.of("/x/wattle"), DebianGuests.defaultCache(Map.of("XDG_CACHE_HOME", "/x", "HOME", "/home/u")));
        assertEquals(Path.of("/home/u/.cache/wattle"), DebianGuests.defaultCache(Map.of("HOME", "/home/u")));
        assertEquals(
                Path.of("/home/u/.cache/wattle"),
                DebianGuests.defaultCache(Map.of("XDG_CACHE_HOME", "relative", "HOME", "/home/u")));
    }

    private DebianGuests guests() {
        return new DebianGuests(cache, directory + "/", Progress.SILENT);
    }

    private List<String> asked() throws IOException {
        return Files.readAllLines(directory.resolve("asked"));
    }

    private void script(String name, String text) throws IOException {
        Path file = directory.resolve(name);
        Files.writeString(file, "#!/bin/sh\n" + text.formatted(directory, INSTALLER, KERNEL));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static void assertMessage(GuestUnavailableException e, String... parts) {
        String message = e.getMessage();
        assertEquals(1, message.lines().count(), message);
        assertTrue(message.contains("--kernel FILE"), message);
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }
}
