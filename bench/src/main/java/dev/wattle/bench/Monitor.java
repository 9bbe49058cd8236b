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

    List<String> command(Path kernel, Path initrd, String append, String memory, int processors) {
        List<String> words = new ArrayList<>(before);
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
