// SPDX-License-Identifier: Apache-2.0
package dev.wattle.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A machine monitor to measure.
 *
 * @param name {@code wattle} or {@code qemu}
 * @param before the program and its own options
 * @param kernelOption how it takes a kernel
 * @param initrdOption how it takes an initial RAM disk
 * @param appendOption how it takes the kernel command line
 * @param memoryOption how it takes the guest's memory
 */
record Monitor(
        String name,
        List<String> before,
        String kernelOption,
        String initrdOption,
        String appendOption,
        String memoryOption) {
    static final String WATTLE = "wattle";
    static final String QEMU = "qemu";

    static Monitor wattle(String launcher, List<String> extra) {
        List<String> words = new ArrayList<>(List.of(launcher, "run", "--no-reboot"));
        words.addAll(extra);
        return new Monitor(WATTLE, List.copyOf(words), "--kernel", "--initrd", "--append", "--memory");
    }

    static Monitor qemu(String program, List<String> extra) {
        List<String> words = new ArrayList<>(List.of(
                program,
                "-M",
                "pseries,x-vof=on",
                "-cpu",
                "power9",
                "-smp",
                "1",
                "-nographic",
                "-vga",
                "none",
                "-nic",
                "none",
                "-no-reboot"));
        words.addAll(extra);
        return new Monitor(QEMU, List.copyOf(words), "-kernel", "-initrd", "-append", "-m");
    }

    List<String> command(Path kernel, Path initrd, String append, String memory) {
        List<String> words = new ArrayList<>(before);
        words.addAll(List.of(
                kernelOption,
                kernel.toString(),
                initrdOption,
                initrd.toString(),
                appendOption,
                append,
                memoryOption,
                memory));
        return words;
    }
}
