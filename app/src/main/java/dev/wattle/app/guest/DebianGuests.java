// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.guest;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * Debian guests for POWER, fetched once through the host's apt and kept in a cache directory.
 *
 * <p>Several processes may share the directory: what is in it is complete, since files are renamed into place and a
 * description is written last; and only one process at a time fetches.
 */
public final class DebianGuests {
    /** What a user can do when nothing can be fetched; ends several messages. */
    static final String OWN_KERNEL = "or pass a kernel and initrd of your own with --kernel FILE --initrd FILE";

    private static final Pattern VERSIONED_KERNEL = Pattern.compile("(linux-image-(?:unsigned-)?[0-9][^ ,|(]*)");
    private static final Pattern KERNEL_MODULE =
            Pattern.compile("(usr/)?lib/modules/.*/(virtio[^/]*|ext4|jbd2|mbcache|[^/]*crc[^/]*)\\.ko(\\.xz)?");
    private static final Pattern GRUB_FILE =
            Pattern.compile("usr/lib/grub/powerpc-ieee1275/([^/]*\\.(mod|lst)|kernel\\.img)");
    private static final String MODULES_ARCHIVE = "modules.zip";
    private static final String GRUB_ARCHIVE = "grub.zip";
    private static final Path INSTALLED_FIRMWARE = Path.of("/usr/share/qemu/slof.bin");
    private static final int LOCK_POLL_MILLISECONDS = 200;

    private final Path cache;
    private final String aptPrefix;
    private final Progress progress;

    /**
     * @param cache the directory to keep guests in; it is created when first needed
     * @param progress is told what is being fetched or unpacked
     */
    public DebianGuests(Path cache, Progress progress) {
        this(cache, "", progress);
    }

    DebianGuests(Path cache, String aptPrefix, Progress progress) {
        this.cache = cache.toAbsolutePath();
        this.aptPrefix = aptPrefix;
        this.progress = progress;
    }

    /**
     * Where guests are kept by default: {@code wattle} in the user's cache directory, as the XDG Base Directory
     * Specification finds it.
     *
     * @param environment the environment variables
     * @return the directory, which need not exist
     */
    public static Path defaultCache(Map<String, String> environment) {
        String configured = environment.getOrDefault("XDG_CACHE_HOME", "");
        // The specification has relative paths ignored.
        if (!configured.isEmpty() && Path.of(configured).isAbsolute()) {
            return Path.of(configured, "wattle");
        }
        String home = environment.getOrDefault("HOME", "");
        return Path.of(home.isEmpty() ? System.getProperty("user.home") : home, ".cache", "wattle");
    }

    /**
     * Debian's kernel with a busybox shell on its console.
     *
     * @return the guest, from the cache if it is there
     * @throws GuestUnavailableException if it cannot be fetched
     */
    public GuestImage demo() throws GuestUnavailableException {
        DemoInitramfs initramfs = new DemoInitramfs();
        String initrdName = "initrd-" + initramfs.version() + ".gz";
        Function<Entry, GuestImage> image = entry ->
                new GuestImage(entry.name, entry.file("kernel"), entry.folder.resolve(initrdName), "console=hvc0");

        Entry entry = fetched("debian-demo", List.of("kernel", "busybox"), this::fetchDemo);
        if (!Files.exists(entry.folder.resolve(initrdName))) {
            exclusively(() -> {
                progress.stage("Building the initramfs");
                Path unfinished = Files.createTempFile(entry.folder, "initrd", ".tmp");
                initramfs.write(entry.file("busybox"), unfinished);
                return Files.move(unfinished, entry.folder.resolve(initrdName), StandardCopyOption.ATOMIC_MOVE);
            });
        }
        progress.done();
        return image.apply(entry);
    }

    /**
     * The static busybox of the demo, for initial RAM disks of one's own.
     *
     * @return an executable of the guest, from the cache if it is there
     * @throws GuestUnavailableException if it cannot be fetched
     */
    public Path busybox() throws GuestUnavailableException {
        Entry entry = fetched("debian-demo", List.of("kernel", "busybox"), this::fetchDemo);
        progress.done();
        return entry.file("busybox");
    }

    /**
     * The kernel and the initial RAM disk of Debian's installer.
     *
     * @return the guest, from the cache if it is there
     * @throws GuestUnavailableException if it cannot be fetched
     */
    public GuestImage installer() throws GuestUnavailableException {
        Entry entry = fetched("debian-installer", List.of("kernel", "initrd"), this::fetchInstaller);
        progress.done();
        return new GuestImage(entry.name, entry.file("kernel"), entry.file("initrd"), "console=hvc0");
    }

    /**
     * Debian packages with all that they depend on, as a part of an initial RAM disk: a gzip-compressed cpio archive that
     * another one can be joined to. Nothing is configured, and documentation and translations are left out.
     *
     * @param packages names of packages
     * @return the archive, from the cache if it is there
     * @throws GuestUnavailableException if they cannot be fetched
     */
    public Path packages(List<String> packages) throws GuestUnavailableException {
        CRC32 crc = new CRC32();
        crc.update(String.join(" ", packages).getBytes(StandardCharsets.UTF_8));
        String name = "packages-" + HexFormat.of().toHexDigits((int) crc.getValue());
        Entry entry = fetched(name, List.of("packages.cpio.gz"), (apt, work, folder) -> {
            apt.update();
            List<Path> debs = apt.downloadWithDependencies(packages, work.resolve("packages"));
            progress.stage("Packing " + debs.size() + " packages");
            PackageArchive.write(debs, folder.resolve("packages.cpio.gz"));
            return String.join(" ", packages);
        });
        progress.done();
        return entry.file("packages.cpio.gz");
    }

    /**
     * Writes a disk image that boots Debian's kernel through firmware and GRUB, with a busybox shell on its root file
     * system.
     *
     * @param image a file that is not there yet
     * @param bytes its size, a multiple of 1 MiB
     * @throws GuestUnavailableException if the pieces cannot be fetched
     * @throws IOException if the image cannot be written
     */
    public void writeDisk(Path image, long bytes) throws GuestUnavailableException, IOException {
        withDisk(disk -> {
            progress.stage("Writing " + image);
            disk.write(image, bytes);
        });
    }

    /**
     * Debian's kernel with the initial RAM disk of the disks that {@link #writeDisk} makes: to boot from such a disk
     * without firmware.
     *
     * @param initrd where to write the initial RAM disk
     * @return the guest; its root is on {@code /dev/vda2}
     * @throws GuestUnavailableException if the pieces cannot be fetched
     * @throws IOException if it cannot be written
     */
    public GuestImage diskGuest(Path initrd) throws GuestUnavailableException, IOException {
        Entry entry = withDisk(disk -> disk.writeInitrd(initrd));
        return new GuestImage(entry.name, entry.file("kernel"), initrd, "console=hvc0 root=/dev/vda2 rw");
    }

    /**
     * A kernel and modules of it.
     *
     * @param kernel an ELF kernel
     * @param modules their files, uncompressed, by their names in an order in which they can be loaded
     */
    public record KernelWithModules(Path kernel, Map<String, byte[]> modules) {}

    /**
     * Debian's kernel with modules of it.
     *
     * @param names which, of those for disks; what they need comes with them
     * @throws GuestUnavailableException if it cannot be fetched
     * @throws IOException if it cannot be read
     */
    public KernelWithModules kernelWithModules(List<String> names) throws GuestUnavailableException, IOException {
        Map<String, byte[]> modules = new LinkedHashMap<>();
        Entry entry = withDisk(disk -> modules.putAll(disk.modules(names)));
        return new KernelWithModules(entry.file("kernel"), modules);
    }

    @FunctionalInterface
    private interface DiskUse {
        void with(DebianDisk disk) throws IOException;
    }

    private Entry withDisk(DiskUse use) throws GuestUnavailableException, IOException {
        Entry entry =
                fetched("debian-disk", List.of("kernel", "busybox", MODULES_ARCHIVE, GRUB_ARCHIVE), this::fetchDisk);
        Path work = Files.createTempDirectory("wattle-image");
        try {
            Path modules = unzip(entry.file(MODULES_ARCHIVE), work.resolve("modules"));
            Path grub = unzip(entry.file(GRUB_ARCHIVE), work.resolve("grub"));
            use.with(new DebianDisk(entry.name, entry.file("kernel"), modules, entry.file("busybox"), grub));
        } finally {
            delete(work);
            progress.done();
        }
        return entry;
    }

    private String fetchDisk(Apt apt, Path work, Path folder) throws IOException, GuestUnavailableException {
        Optional<String> complaint = apt.update();
        Map<String, String> kernel = newestKernel(apt).orElseThrow(() -> notFound("a Linux kernel", complaint));
        Map<String, String> busybox =
                apt.show("busybox-static").orElseThrow(() -> notFound("the package busybox-static", complaint));
        Map<String, String> grub =
                apt.show("grub-ieee1275-bin").orElseThrow(() -> notFound("the package grub-ieee1275-bin", complaint));
        Path kernelPackage = apt.download(kernel, Files.createDirectories(work.resolve("kernel")));
        progress.stage("Unpacking " + kernel.get("Package"));
        unpack(kernelPackage, kernel, Map.of("kernel", Pattern.compile("boot/vmlinu[xz]-.*")), folder);
        zip(kernelPackage, KERNEL_MODULE, folder.resolve(MODULES_ARCHIVE));
        unpack(apt, busybox, work, Map.of("busybox", Pattern.compile("(usr/)?bin/busybox")), folder);
        Path grubPackage = apt.download(grub, Files.createDirectories(work.resolve("grub")));
        zip(grubPackage, GRUB_FILE, folder.resolve(GRUB_ARCHIVE));
        return kernel.get("Package") + " " + kernel.get("Version");
    }

    /** Puts files of a package into an archive, without their folders. */
    private static void zip(Path deb, Pattern wanted, Path archive) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive))) {
            new DebArchive(deb).forEach((path, entry, content) -> {
                if (entry.isFile() && wanted.matcher(path).matches()) {
                    zip.putNextEntry(new ZipEntry(path.substring(path.lastIndexOf('/') + 1)));
                    content.transferTo(zip);
                    zip.closeEntry();
                }
            });
        }
    }

    private static Path unzip(Path archive, Path folder) throws IOException {
        Files.createDirectories(folder);
        try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(archive))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                Path name = Path.of(entry.getName()).getFileName();
                Files.copy(zip, folder.resolve(name));
            }
        }
        return folder;
    }

    /**
     * The firmware SLOF: that of the QEMU on this machine if there is one, or else Debian's.
     *
     * @return the image, from the cache if it is there
     * @throws GuestUnavailableException if it cannot be fetched
     */
    public Path firmware() throws GuestUnavailableException {
        if (Files.isReadable(INSTALLED_FIRMWARE)) {
            return INSTALLED_FIRMWARE;
        }
        Entry entry = fetched("slof", List.of("slof.bin"), this::fetchFirmware);
        progress.done();
        return entry.file("slof.bin");
    }

    private String fetchFirmware(Apt apt, Path work, Path folder) throws IOException, GuestUnavailableException {
        Optional<String> complaint = apt.update();
        Map<String, String> data =
                apt.show("qemu-system-data").orElseThrow(() -> notFound("the package qemu-system-data", complaint));
        unpack(apt, data, work, Map.of("slof.bin", Pattern.compile("usr/share/qemu/slof\\.bin")), folder);
        return data.get("Package") + " " + data.get("Version");
    }

    private String fetchDemo(Apt apt, Path work, Path folder) throws IOException, GuestUnavailableException {
        Optional<String> complaint = apt.update();
        Map<String, String> kernel = newestKernel(apt).orElseThrow(() -> notFound("a Linux kernel", complaint));
        Map<String, String> busybox =
                apt.show("busybox-static").orElseThrow(() -> notFound("the package busybox-static", complaint));
        unpack(apt, kernel, work, Map.of("kernel", Pattern.compile("boot/vmlinu[xz]-.*")), folder);
        unpack(apt, busybox, work, Map.of("busybox", Pattern.compile("(usr/)?bin/busybox")), folder);
        return kernel.get("Package") + " " + kernel.get("Version");
    }

    private String fetchInstaller(Apt apt, Path work, Path folder) throws IOException, GuestUnavailableException {
        Optional<String> complaint = apt.update();
        String name = apt.search("^debian-installer-[0-9]+-netboot-ppc64el$").stream()
                .max(Comparator.comparingInt(
                        candidate -> Integer.parseInt(candidate.split("-")[2])))
                .orElseThrow(() -> notFound("the package debian-installer-*-netboot-ppc64el", complaint));
        Map<String, String> installer = apt.show(name).orElseThrow(() -> notFound("the package " + name, complaint));
        unpack(
                apt,
                installer,
                work,
                Map.of(
                        "kernel", Pattern.compile(".*/debian-installer/ppc64el/vmlinux"),
                        "initrd", Pattern.compile(".*/debian-installer/ppc64el/initrd\\.gz")),
                folder);
        return name + " " + installer.get("Version");
    }

    /** The package that Debian's (or a derivative's) newest kernel package depends on for the kernel itself. */
    private static Optional<Map<String, String>> newestKernel(Apt apt) throws IOException {
        for (String name : new String[] {"linux-image-powerpc64le", "linux-image-generic"}) {
            Optional<Map<String, String>> meta = apt.show(name);
            if (meta.isPresent()) {
                var versioned = VERSIONED_KERNEL.matcher(meta.get().getOrDefault("Depends", ""));
                if (versioned.find()) {
                    return apt.show(versioned.group(1));
                }
            }
        }
        return Optional.empty();
    }

    private static GuestUnavailableException notFound(String what, Optional<String> complaint) {
        return new GuestUnavailableException(complaint
                .map(text -> "the package lists could not be fetched (%s); connect to the network once, %s"
                        .formatted(text, OWN_KERNEL))
                .orElse("apt's sources on this machine do not offer %s for ppc64el; add a source that does, %s"
                        .formatted(what, OWN_KERNEL)));
    }

    private void unpack(Apt apt, Map<String, String> fields, Path work, Map<String, Pattern> wanted, Path folder)
            throws IOException, GuestUnavailableException {
        String name = fields.getOrDefault("Package", "");
        Path downloads = Files.createDirectories(work.resolve(name));
        Path deb = apt.download(fields, downloads);
        progress.stage("Unpacking " + name);
        unpack(deb, fields, wanted, folder);
    }

    private static void unpack(Path deb, Map<String, String> fields, Map<String, Pattern> wanted, Path folder)
            throws IOException, GuestUnavailableException {
        String name = fields.getOrDefault("Package", "");
        List<Path> files = new DebArchive(deb)
                .extract(path -> wanted.entrySet().stream()
                        .filter(entry -> entry.getValue().matcher(path).matches())
                        .map(entry -> folder.resolve(entry.getKey()))
                        .filter(destination -> !Files.exists(destination))
                        .findFirst());
        if (files.size() != wanted.size()) {
            throw new GuestUnavailableException("the package %s has no file like %s; %s"
                    .formatted(name, wanted.values(), OWN_KERNEL.replaceFirst("or ", "")));
        }
    }

    /** Finds a fetched guest in the cache, or fetches it. */
    private Entry fetched(String name, List<String> files, Fetch fetch) throws GuestUnavailableException {
        Optional<Entry> cached = Entry.read(cache.resolve(name), files);
        if (cached.isPresent()) {
            return cached.get();
        }
        return exclusively(() -> {
            // Another process may have fetched it while this one waited.
            Optional<Entry> meanwhile = Entry.read(cache.resolve(name), files);
            return meanwhile.isPresent() ? meanwhile.get() : fetch(name, files, fetch);
        });
    }

    private Entry fetch(String name, List<String> files, Fetch fetch) throws IOException, GuestUnavailableException {
        Path work = cache.resolve("unfinished");
        // Left behind by a process that was killed: whoever holds the lock owns this folder.
        delete(work);
        Path folder = Files.createDirectories(work.resolve("guest"));
        String description = fetch.into(new Apt(work.resolve("apt"), aptPrefix, progress), work, folder);
        Entry.describe(folder, description, files);
        Path destination = cache.resolve(name);
        delete(destination);
        Files.move(folder, destination, StandardCopyOption.ATOMIC_MOVE);
        delete(work);
        return Entry.read(destination, files)
                .orElseThrow(() -> new GuestUnavailableException(
                        "the files under " + destination + " changed while they were written"));
    }

    /** Runs something that changes the cache while no other process does. */
    private <T> T exclusively(Callable<T> action) throws GuestUnavailableException {
        try {
            Files.createDirectories(cache);
            try (FileChannel channel = FileChannel.open(
                            cache.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = lock(channel)) {
                return action.call();
            }
        } catch (GuestUnavailableException e) {
            throw e;
        } catch (Apt.NoAptException e) {
            throw new GuestUnavailableException(
                    "apt-get is not on this machine, so the demo guest cannot be fetched; download a ppc64el kernel "
                            + "(such as Debian's package linux-image-powerpc64le) and an initrd, and pass them with "
                            + "--kernel FILE --initrd FILE",
                    e);
        } catch (IOException e) {
            throw new GuestUnavailableException(
                    "the guest could not be put into %s (%s); make room or set XDG_CACHE_HOME to a directory that can be written"
                            .formatted(cache, reason(e)),
                    e);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        } finally {
            progress.done();
        }
    }

    private FileLock lock(FileChannel channel) throws IOException {
        boolean told = false;
        while (true) {
            try {
                FileLock lock = channel.tryLock();
                if (lock != null) {
                    return lock;
                }
            } catch (OverlappingFileLockException e) {
                // Held by another thread of this process: wait for it like for another process.
            }
            if (!told) {
                progress.stage("Waiting for another Wattle that is fetching a guest");
                told = true;
            }
            try {
                Thread.sleep(LOCK_POLL_MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while waiting for " + cache.resolve("lock"), e);
            }
        }
    }

    private static String reason(IOException e) {
        String message = e.getMessage();
        return e.getClass().getSimpleName() + (message == null ? "" : ": " + message);
    }

    private static void delete(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(tree)) {
            Path[] deepestFirst = paths.sorted(Comparator.reverseOrder()).toArray(Path[]::new);
            for (Path path : Arrays.asList(deepestFirst)) {
                Files.delete(path);
            }
        }
    }

    @FunctionalInterface
    private interface Fetch {
        /** Fetches the files into {@code folder} and says what they are. */
        String into(Apt apt, Path work, Path folder) throws IOException, GuestUnavailableException;
    }

    /** A guest's folder in the cache: its files, and {@code guest.properties} with their sizes. */
    private record Entry(String name, Path folder) {
        private static final String DESCRIPTION = "guest.properties";

        Path file(String name) {
            return folder.resolve(name);
        }

        static void describe(Path folder, String name, List<String> files) throws IOException {
            Properties properties = new Properties();
            properties.setProperty("name", name);
            for (String file : files) {
                properties.setProperty(file + ".size", Long.toString(Files.size(folder.resolve(file))));
            }
            try (var writer = Files.newBufferedWriter(folder.resolve(DESCRIPTION))) {
                properties.store(writer, null);
            }
        }

        /** Nothing if the guest is not there, or not whole. */
        static Optional<Entry> read(Path folder, List<String> files) {
            Properties properties = new Properties();
            try (var reader = Files.newBufferedReader(folder.resolve(DESCRIPTION))) {
                properties.load(reader);
                for (String file : files) {
                    String size = properties.getProperty(file + ".size", "");
                    if (!size.equals(Long.toString(Files.size(folder.resolve(file))))) {
                        return Optional.empty();
                    }
                }
            } catch (IOException e) {
                return Optional.empty();
            }
            return Optional.of(new Entry(properties.getProperty("name", ""), folder));
        }
    }
}
