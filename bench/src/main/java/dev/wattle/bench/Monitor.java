// SPDX-License-Identifier: Apache-2.0
package dev.wattle.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A machine monitor to measure.
 *
 * @param name {@code wattle} or {@code qemu}
 * @param before the program and its own options
 * @param kernelOption how it takes a kernel
 * @param initrdOption how it takes an initial RAM disk
 * @param appendOption how it takes the kernel command line
 * @param memoryOption how it takes the guest's memory
 * @param processorsOption how it takes the number of the guest's processors
 */
record Monitor(
        String name,
        List<String> before,
        String kernelOption,
        String initrdOption,
        String appendOption,
        String memoryOption,
        String processorsOption) {
    static final String WATTLE = "wattle";
    static final String QEMU = "qemu";

    static Monitor wattle(String launcher, List<String> extra) {
        List<String> words = new ArrayList<>(List.of(launcher, "run", "--no-reboot"));
        words.addAll(extra);
        return new Monitor(WATTLE, List.copyOf(words), "--kernel", "--initrd", "--append", "--memory", "--smp");
    }

    static Monitor qemu(String program, List<String> extra) {
        List<String> words = new ArrayList<>(List.of(
                program,
                "-M",
                "pseries,x-vof=on",
                "-cpu",
                "power9",
                "-accel",
                "tcg,thread=multi",
                "-nographic",
                "-vga",
                "none",
                "-nic",
                "none",
                "-no-reboot"));
        words.addAll(extra);
        return new Monitor(QEMU, List.copyOf(words), "-kernel", "-initrd", "-append", "-m", "-smp");
    }

    /** How it takes a disk, for a guest that finds it as a virtio block device. */
    private List<String> driveOptions(Path disk) {
        return name.equals(WATTLE)
                ? List.of("--drive", disk.toString())
                : List.of(
                        "-drive",
                        "file=" + disk + ",if=none,format=raw,id=disk",
                        "-device",
                        "virtio-blk-pci,drive=disk");
    }

    List<String> command(Path kernel, Path initrd, String append, String memory, int processors, Optional<Path> disk) {
        List<String> words = new ArrayList<>(before);
        disk.ifPresent(file -> words.addAll(driveOptions(file)));
        words.addAll(List.of(
                kernelOption,
                kernel.toString(),
                initrdOption,
                initrd.toString(),
                appendOption,
                append,
                memoryOption,
                memory,
                processorsOption,
                String.valueOf(processors)));
        return words;
    }
}
