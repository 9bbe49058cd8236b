// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.guest;

import dev.wattle.app.image.Ext4Writer;
import dev.wattle.app.image.GrubCoreImage;
import dev.wattle.app.image.KernelModules;
import dev.wattle.app.image.MasterBootRecord;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/**
 * A disk that boots as one of a POWER machine does: firmware loads GRUB from a PReP partition, GRUB loads Debian's kernel
 * and an initial RAM disk from an ext4 file system, and that is mounted as root.
 */
final class DebianDisk {
    private static final long MEBIBYTE = 1L << 20;
    /** Firmware loads all of this partition: it is no larger than it must be. */
    private static final long PREP_BYTES = MEBIBYTE;

    private static final long PREP_START = MEBIBYTE;
    private static final long ROOT_START = PREP_START + PREP_BYTES;

    /** What GRUB needs to find its folder and to read the menu there. */
    private static final List<String> GRUB_MODULES = List.of(
            "ext2",
            "part_msdos",
            "part_gpt",
            "search_fs_uuid",
            "search",
            "normal",
            "configfile",
            "linux",
            "boot",
            "echo",
            "test",
            "ls",
            "cat",
            "halt",
            "reboot",
            "terminal");

    /** What the initial RAM disk needs to mount the root file system. */
    private static final List<String> KERNEL_MODULES = List.of("virtio_pci", "virtio_blk", "ext4");

    /** A date for all files, so that the same content gives the same bytes: the first second of 2026, UTC. */
    private static final int DATE = 1_767_225_600;

    private final Path kernel;
    private final Path modules;
    private final Path busybox;
    private final Path grub;
    private final String name;

    /**
     * @param name what is on the disk, for people
     * @param kernel an ELF kernel
     * @param modules a folder with modules of that kernel
     * @param busybox a static busybox for the guest
     * @param grub GRUB's folder for {@code powerpc-ieee1275}
     */
    DebianDisk(String name, Path kernel, Path modules, Path busybox, Path grub) {
        this.name = name;
        this.kernel = kernel;
        this.modules = modules;
        this.busybox = busybox;
        this.grub = grub;
    }

    /**
     * Writes the disk.
     *
     * @param image a file that is not there yet
     * @param bytes its size, a multiple of 1 MiB
     * @throws IOException if something cannot be read, or the image not be written
     */
    void write(Path image, long bytes) throws IOException {
        // The same content gives the same identity, too.
        UUID uuid = UUID.nameUUIDFromBytes((name + " " + bytes).getBytes(StandardCharsets.UTF_8));
        try (FileChannel disk = FileChannel.open(image, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            disk.write(ByteBuffer.allocate(1), bytes - 1);
            new MasterBootRecord((int) uuid.getLeastSignificantBits())
                    .partition(MasterBootRecord.PREP_BOOT, true, PREP_START, PREP_BYTES)
                    .partition(MasterBootRecord.LINUX, false, ROOT_START, bytes - ROOT_START)
                    .write(disk);
            byte[] core = GrubCoreImage.make(
                    grub,
                    GRUB_MODULES,
                    "(,msdos2)/boot/grub",
                    "search.fs_uuid " + uuid + " root\nset prefix=($root)/boot/grub\n");
            if (core.length > PREP_BYTES) {
                throw new IOException("GRUB's core image of " + core.length + " bytes does not fit its partition");
            }
            disk.write(ByteBuffer.wrap(core), PREP_START);
            try (Ext4Writer root = new Ext4Writer(disk, ROOT_START, bytes - ROOT_START, uuid, "wattle", DATE)) {
                writeRoot(root, uuid);
            }
            disk.force(true);
        }
    }

    private void writeRoot(Ext4Writer root, UUID uuid) throws IOException {
        file(root, "boot/vmlinux", 0644, kernel);
        Path initrd = Files.createTempFile("wattle-initrd", ".gz");
        try {
            writeInitrd(initrd);
            file(root, "boot/initrd.img", 0644, initrd);
        } finally {
            Files.deleteIfExists(initrd);
        }
        String menu = new String(resource("grub.cfg"), StandardCharsets.UTF_8)
                .replace("@NAME@", name)
                .replace("@UUID@", uuid.toString());
        root.file("boot/grub/grub.cfg", 0644, menu.getBytes(StandardCharsets.UTF_8));
        try (Stream<Path> files = Files.list(grub)) {
            for (Path file : (Iterable<Path>) files.sorted()::iterator) {
                String path = "boot/grub/powerpc-ieee1275/" + file.getFileName();
                if (path.endsWith(".mod") || path.endsWith(".lst")) {
                    file(root, path, 0644, file);
                }
            }
        }
        for (String directory : new String[] {"dev", "etc", "home", "mnt", "proc", "run", "sys", "var"}) {
            root.directory(directory);
        }
        root.directory("root", 0700);
        root.directory("tmp", 01777);
        // Before a devtmpfs is there.
        root.characterDevice("dev/console", 0600, 5, 1);
        root.characterDevice("dev/null", 0666, 1, 3);
        file(root, "bin/busybox", 0755, busybox);
        root.symbolicLink("bin/sh", "busybox");
        root.file("sbin/init", 0755, resource("disk-root-init.sh"));
        root.file("etc/hostname", 0644, "wattle\n".getBytes(StandardCharsets.UTF_8));
        root.file("etc/passwd", 0644, "root:x:0:0:root:/root:/bin/sh\n".getBytes(StandardCharsets.UTF_8));
        root.file("etc/group", 0644, "root:x:0:\n".getBytes(StandardCharsets.UTF_8));
        root.file(
                "etc/fstab",
                0644,
                "UUID=%s / ext4 defaults 0 1\n".formatted(uuid).getBytes(StandardCharsets.UTF_8));
    }

    /** Modules and what they need, in an order in which they can be loaded. */
    Map<String, byte[]> modules(List<String> names) throws IOException {
        return KernelModules.in(modules).inOrder(names);
    }

    /** Writes the initial RAM disk, which mounts what {@code root=} says. */
    void writeInitrd(Path initrd) throws IOException {
        Map<String, byte[]> needed = modules(KERNEL_MODULES);
        try (OutputStream out = Files.newOutputStream(initrd);
                GZIPOutputStream gzip = new GZIPOutputStream(out, 1 << 16);
                CpioWriter cpio = new CpioWriter(gzip)) {
            for (String directory :
                    new String[] {"bin", "dev", "lib", "lib/modules", "newroot", "proc", "run", "sys"}) {
                cpio.directory(directory, 0755);
            }
            cpio.characterDevice("dev/console", 0600, 5, 1);
            cpio.characterDevice("dev/null", 0666, 1, 3);
            cpio.file("bin/busybox", 0755, Files.readAllBytes(busybox));
            for (Map.Entry<String, byte[]> module : needed.entrySet()) {
                cpio.file("lib/modules/" + module.getKey() + ".ko", 0644, module.getValue());
            }
            String order = String.join("\n", needed.keySet()) + "\n";
            cpio.file("lib/modules/order", 0644, order.getBytes(StandardCharsets.UTF_8));
            cpio.file("init", 0755, resource("disk-init.sh"));
        }
    }

    private static void file(Ext4Writer root, String path, int permissions, Path from) throws IOException {
        try (InputStream in = Files.newInputStream(from)) {
            root.file(path, permissions, Files.size(from), in);
        }
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = DebianDisk.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is missing from the jar");
            }
            return in.readAllBytes();
        }
    }
}
