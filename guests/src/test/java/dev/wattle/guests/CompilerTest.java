// SPDX-License-Identifier: Apache-2.0
package dev.wattle.guests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.app.guest.CpioWriter;
import dev.wattle.app.guest.DebianGuests;
import dev.wattle.app.guest.GuestImage;
import dev.wattle.app.guest.GuestUnavailableException;
import dev.wattle.app.guest.Progress;
import dev.wattle.hypervisor.MmuMode;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.pseries.PseriesMachine;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Builds a C program with Debian's gcc inside of the guest, translated by radix tree and by hash page table. */
@Timeout(600)
class CompilerTest {
    /** What a compiler, a linker and their output need of the packages; the rest would only take time to unpack. */
    private static final Pattern NEEDED = Pattern.compile(
            "usr/include/.*|usr/lib64/.*|usr/bin/(.*-)?(gcc|gcc-[0-9]+|as|ld|ld\\.bfd)"
                    + "|usr/lib/gcc/.*/(cc1|collect2|crt[^/]*|libgcc[^/]*|liblto_plugin[^/]*|include/.*)"
                    + "|usr/lib/[^/]*/(crt[^/]*|Scrt1\\.o|libc\\.so.*|libc_nonshared\\.a|ld64.*"
                    + "|lib(gcc_s|m|isl|mpc|mpfr|gmp|z|zstd|bfd|opcodes|ctf|jansson|sframe)[-.].*so.*|lib[^/]*\\.so\\.[0-9]+)");

    private static final Pattern LARGE =
            Pattern.compile(".*/lib(asan|tsan|lsan|ubsan|crypto|stdc\\+\\+|krb5|ssl)[^/]*");

    private static final String SOURCE = """
            #include <math.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>

            struct node { struct node *next; unsigned key; double weight; char name[12]; };

            static unsigned state = 12345;
            static unsigned random32(void) { return state = state * 1664525u + 1013904223u; }
            static int compare(const void *a, const void *b) {
                const struct node *x = *(struct node *const *)a, *y = *(struct node *const *)b;
                return x->key < y->key ? -1 : x->key > y->key;
            }

            int main(void) {
                enum { COUNT = 20000 };
                struct node **all = malloc(COUNT * sizeof *all), *list = NULL;
                for (int i = 0; i < COUNT; i++) {
                    struct node *n = calloc(1, sizeof *n);
                    n->key = random32() >> 4;
                    n->weight = (double)n->key / 7;
                    snprintf(n->name, sizeof n->name, "n%u", n->key % 100000);
                    n->next = list;
                    all[i] = list = n;
                }
                qsort(all, COUNT, sizeof *all, compare);
                unsigned hash = 2166136261u;
                double sum = 0;
                for (int i = 0; i < COUNT; i++) {
                    for (const char *c = all[i]->name; *c; c++) hash = (hash ^ (unsigned char)*c) * 16777619u;
                    sum = fma(sum, 0.999, all[i]->weight);
                }
                printf("%08x %.17g %s\\n", hash, sum, all[COUNT / 2]->name);
                return 0;
            }
            """;

    @Test
    void compiler_byRadixTreeAndByHashPageTable_makesTheSameProgram(@TempDir Path folder) throws Exception {
        DebianGuests guests = new DebianGuests(DebianGuests.defaultCache(System.getenv()), Progress.SILENT);
        GuestImage demo = Demo.image();
        Path initrd = folder.resolve("initrd");
        try {
            writeInitrd(guests.packages(List.of("gcc", "libc6-dev")), demo.initrd(), initrd);
        } catch (GuestUnavailableException e) {
            Demo.unavailable(String.valueOf(e.getMessage()));
        }
        String radix = build(demo, initrd, MmuMode.RADIX);
        String hash = build(demo, initrd, MmuMode.HASH);
        assertTrue(radix.contains("MMU\t\t: Radix"), radix);
        assertTrue(hash.contains("MMU\t\t: Hash"), hash);
        String[] lines = result(radix);
        // An object file, a program, and what it printed: known from the same source built for the host.
        assertTrue(lines[0].endsWith("  sort.o") && lines[1].endsWith("  sort"), radix);
        assertEquals("d5e0c720 36357830302.487427 n83118", lines[2], radix);
        assertEquals(String.join("\n", lines), String.join("\n", result(hash)));
    }

    private static String[] result(String output) {
        return output.substring(output.indexOf("built:") + 6).strip().split("\\s*\n");
    }

    private static String build(GuestImage demo, Path initrd, MmuMode mmu) throws Exception {
        ScriptedConsole console = new ScriptedConsole();
        Shell shell = new Shell(console.transcript(), console::type);
        try (ExecutorService thread = Executors.newSingleThreadExecutor();
                PseriesMachine machine = PseriesMachine.builder()
                        .kernel(demo.kernel())
                        .initrd(initrd)
                        .bootArguments(demo.bootArguments())
                        .memoryBytes(512L << 20)
                        .mmu(mmu)
                        .console(console)
                        .build()) {
            Future<MachineOutcome> end = thread.submit(machine::run);
            try {
                shell.awaitPrompt();
                shell.run("cd /tmp");
                String output = shell.run("gcc -O1 -c /root/sort.c && gcc -o sort sort.o -lm && grep MMU /proc/cpuinfo"
                        + " && echo \"built\": && md5sum sort.o sort && ./sort");
                shell.leave("poweroff -f");
                assertEquals(MachineOutcome.Kind.POWERED_OFF, end.get().kind());
                return output;
            } finally {
                machine.stop();
            }
        }
    }

    /** The demo's initial RAM disk behind one with the compiler and the source, uncompressed: that saves the guest time. */
    private static void writeInitrd(Path packages, Path demo, Path initrd) throws IOException {
        try (OutputStream out = Files.newOutputStream(initrd)) {
            try (CpioArchiveInputStream in = new CpioArchiveInputStream(
                            new BufferedInputStream(new GZIPInputStream(Files.newInputStream(packages), 1 << 16)));
                    CpioWriter cpio = new CpioWriter(out)) {
                for (CpioArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                    String name = entry.getName();
                    if (entry.isDirectory()) {
                        cpio.directory(name, 0755);
                    } else if (name.equals("lib") || name.equals("lib64")) {
                        cpio.symbolicLink(name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
                    } else if (NEEDED.matcher(name).matches()
                            && !LARGE.matcher(name).matches()) {
                        byte[] content = in.readAllBytes();
                        if (entry.isSymbolicLink()) {
                            cpio.symbolicLink(name, new String(content, StandardCharsets.UTF_8));
                        } else {
                            cpio.file(name, (int) entry.getMode() & 0777, content);
                        }
                    }
                }
                cpio.directory("root", 0755);
                cpio.file("root/sort.c", 0644, SOURCE.getBytes(StandardCharsets.UTF_8));
            }
        }
        Files.write(initrd, Files.readAllBytes(demo), StandardOpenOption.APPEND);
    }
}
