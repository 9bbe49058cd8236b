// SPDX-License-Identifier: Apache-2.0
package dev.wattle.bench;

import static dev.wattle.bench.Program.Measure.CPU;
import static dev.wattle.bench.Program.Measure.GUEST_CLOCK;
import static dev.wattle.bench.Program.Measure.WALL;
import static dev.wattle.bench.Program.Portability.COMPARED;
import static dev.wattle.bench.Program.Portability.GUEST_ONLY;
import static dev.wattle.bench.Program.Portability.TIMED;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The programs that there are, and the choice of some. Iterations are for one to four seconds of QEMU. */
final class Catalog {
    /** What comes of any boot. */
    static final Program BOOT = new Program("boot", Workload.BOOT, 1, CPU, GUEST_ONLY);

    private static final List<Program> PROGRAMS = List.of(
            BOOT,
            integer("sha256", 2000),
            integer("quicksort", 200),
            integer("interpreter", 100_000),
            integer("fib", 2500),
            integer("strings", 8000),
            integer("sieve", 50),
            integer("lz", 300),
            integer("bignum", 400_000),
            integer("queens", 8000),
            floating("nbody", 250_000, TIMED),
            floating("matmul", 70, TIMED),
            floating("mandelbrot", 2000, TIMED),
            floating("fft", 150, TIMED),
            floating("fma", 50_000, TIMED),
            floating("vector-fma", 40_000, GUEST_ONLY),
            floating("divsqrt", 20_000, TIMED),
            floating("conversion", 13_000, TIMED),
            vector("vector-integer", 80_000, GUEST_ONLY),
            vector("permute", 60_000, GUEST_ONLY),
            vector("aes", 10_000, GUEST_ONLY),
            vector("sha256-vector", 3000, GUEST_ONLY),
            vector("polynomial", 4000, GUEST_ONLY),
            vector("memcpy", 80_000, COMPARED),
            vector("strlen", 1_000_000, COMPARED),
            system("chase", 4000, COMPARED),
            system("tlb-scan", 2000, COMPARED),
            system("syscall", 7000, COMPARED),
            system("pipe", 5000, COMPARED),
            system("fork-exec", 150, COMPARED),
            system("page-fault", 600, COMPARED),
            system("mprotect", 20_000, COMPARED),
            system("signal", 60_000, COMPARED),
            system("patch", 200_000, GUEST_ONLY),
            system("call", 150_000, COMPARED),
            system("indirect", 60_000, COMPARED),
            processors("ipi", 200_000),
            processors("wake", 20_000),
            processors("pair", 3000),
            new Program("disk", Workload.DEVICES, 6000, WALL, GUEST_ONLY),
            packaged("xz", Workload.DATA, 2),
            packaged("xz-decode", Workload.DATA, 5),
            packaged("7zz", Workload.DATA, 4),
            packaged("zstd", Workload.DATA, 12),
            packaged("bzip2", Workload.DATA, 12),
            packaged("sqlite", Workload.DATA, 60_000),
            packaged("python", Workload.INTERPRETERS, 10),
            packaged("perl", Workload.INTERPRETERS, 20),
            packaged("lua", Workload.INTERPRETERS, 30),
            packaged("mawk", Workload.INTERPRETERS, 20),
            packaged("cc1", Workload.BIG_CODE, 6),
            packaged("python-start", Workload.BIG_CODE, 10),
            packaged("openssl-aes-gcm", Workload.CRYPTO, 3),
            packaged("openssl-sha256", Workload.CRYPTO, 6),
            packaged("java", Workload.JITS, 10),
            packaged("node", Workload.JITS, 10),
            packaged("make", Workload.BUILD, 32));

    private Catalog() {}

    /** All programs, in the order in which they run. */
    static List<Program> programs() {
        return PROGRAMS;
    }

    /**
     * @param choice names of programs and classes, separated by commas; empty for all but packages
     * @return those programs, in the order of the catalog
     * @throws BenchFailure if one of the names is none
     */
    static List<Program> select(String choice) throws BenchFailure {
        if (choice.isBlank()) {
            return PROGRAMS.stream()
                    .filter(program -> !program.workload().isPackaged())
                    .toList();
        }
        Set<Program> chosen = new LinkedHashSet<>();
        for (String name : choice.split(",")) {
            String wanted = name.strip();
            List<Program> found = PROGRAMS.stream()
                    .filter(program -> program.name().equals(wanted)
                            || program.workload().label().equals(wanted)
                            || program.workload().isPackaged() && wanted.equals(Workload.PACKAGES))
                    .toList();
            if (found.isEmpty()) {
                throw new BenchFailure(
                        BenchFailure.USAGE,
                        "--only: there is no program or class '%s'; choose from: %s".formatted(wanted, choices()));
            }
            chosen.addAll(found);
        }
        List<Program> ordered = new ArrayList<>(PROGRAMS);
        ordered.retainAll(chosen);
        return ordered;
    }

    private static String choices() {
        return Stream.of(
                        Arrays.stream(Workload.values()).map(Workload::label),
                        Stream.of(Workload.PACKAGES),
                        PROGRAMS.stream().map(Program::name))
                .flatMap(names -> names)
                .distinct()
                .collect(Collectors.joining(", "));
    }

    private static Program integer(String name, long iterations) {
        return new Program(name, Workload.INTEGER, iterations, CPU, COMPARED);
    }

    private static Program floating(String name, long iterations, Program.Portability portability) {
        return new Program(name, Workload.FLOATING, iterations, CPU, portability);
    }

    private static Program vector(String name, long iterations, Program.Portability portability) {
        return new Program(name, Workload.VECTOR, iterations, CPU, portability);
    }

    private static Program system(String name, long iterations, Program.Portability portability) {
        return new Program(name, Workload.SYSTEM, iterations, CPU, portability);
    }

    private static Program processors(String name, long iterations) {
        return new Program(name, Workload.PROCESSORS, iterations, WALL, COMPARED);
    }

    private static Program packaged(String name, Workload workload, long iterations) {
        return new Program(name, workload, iterations, GUEST_CLOCK, GUEST_ONLY);
    }
}
