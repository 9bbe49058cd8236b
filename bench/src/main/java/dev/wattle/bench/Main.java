// SPDX-License-Identifier: Apache-2.0
package dev.wattle.bench;

import dev.wattle.app.guest.DebianGuests;
import dev.wattle.app.guest.GuestUnavailableException;
import dev.wattle.app.guest.Progress;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs the same guest on Wattle and on QEMU in turn, and compares the time that they take. */
@Command(
        name = "bench/run",
        description = {"Runs benchmarks on Wattle and on qemu-system-ppc64 in turn.", ""},
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true)
public final class Main implements Callable<Integer> {
    private static final String KERNEL_MEMORY = "1G";
    private static final List<String> DISK_MODULES = List.of("virtio_pci", "virtio_blk");
    /** As much as {@code disk.c} reads from. */
    private static final int DISK_BYTES = 4 << 20;

    private static final int RUNS_FOR_CLASS_CACHE = 3;
    private static final int SECONDS_FOR_CLASS_CACHE = 60;
    private static final int SECONDS_TO_BOOT = 100;

    /** Programs that run in one guest. */
    private record Boot(List<Program> programs, Round.GuestFiles files) {}

    @Option(
            names = "--only",
            paramLabel = "NAMES",
            description = "Programs or classes, separated by commas. Default: all but packages.")
    private String only = "";

    @Option(names = "--repeats", paramLabel = "N", description = "Rounds. Default: ${DEFAULT-VALUE}.")
    private int repeats = 3;

    @Option(
            names = "--scale",
            paramLabel = "X",
            description = "How much of its usual work each program does. Default: ${DEFAULT-VALUE}.")
    private double scale = 1;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "For each program, until its guest is ended. Default: ${DEFAULT-VALUE}.")
    private int timeout = 300;

    @Option(
            names = "--wattle-args",
            paramLabel = "ARGS",
            description = "More arguments for wattle run, separated by blanks.")
    private String wattleArguments = "";

    @Option(
            names = "--qemu",
            paramLabel = "PROGRAM",
            description = "The QEMU to compare with. Default: ${DEFAULT-VALUE}.")
    private String qemu = "qemu-system-ppc64";

    @Option(
            names = "--page",
            paramLabel = "FILE",
            description = "Write the figures as a page of Markdown, with the chart of --svg if that is beside it.")
    private @Nullable Path page;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the report as JSON.")
    private @Nullable Path json;

    @Option(names = "--svg", paramLabel = "FILE", description = "Write a chart of the ratios.")
    private @Nullable Path svg;

    private Main() {}

    /** Runs the command line; exits with 0 if all programs ended well and alike, 1 if not, 2 for a bad command line. */
    public static void main(String[] arguments) {
        CommandLine command = new CommandLine(new Main());
        command.setExecutionExceptionHandler((e, line, result) -> {
            System.err.println("bench: " + e.getMessage());
            return e instanceof BenchFailure failure ? failure.status() : BenchFailure.FAILED;
        });
        command.setParameterExceptionHandler((e, unused) -> {
            System.err.println("bench: " + e.getMessage() + " (see: bench/run --help)");
            return BenchFailure.USAGE;
        });
        System.exit(command.execute(arguments));
    }

    @Override
    public Integer call() throws BenchFailure, IOException, InterruptedException {
        List<Program> programs = Catalog.select(only);
        if (repeats < 1 || !(scale > 0) || timeout < 1) {
            throw new BenchFailure(
                    BenchFailure.USAGE,
                    "--repeats, --scale and --timeout: each must be more than 0; give such a number");
        }
        // Before minutes of work whose figures would have no place to go.
        checkFolder("--json", json);
        checkFolder("--svg", svg);
        checkFolder("--page", page);
        String qemuVersion = version(qemu);
        Path root = Path.of(System.getProperty("wattle.root", ".")).toAbsolutePath();
        Path cache = DebianGuests.defaultCache(System.getenv());
        DebianGuests guests = new DebianGuests(cache, Progress.SILENT);
        Suite suite = new Suite(root.resolve("bench/src/main/guest"), cache);
        Predicate<Program> isPackaged = program -> program.workload().isPackaged();
        List<Program> own = programs.stream().filter(isPackaged.negate()).toList();
        List<Boot> boots = new ArrayList<>();
        try {
            Path kernel = guests.demo().kernel();
            Predicate<Program> hasDisk = program -> program.workload() == Workload.DEVICES;
            for (List<Program> together :
                    byProcessors(own.stream().filter(hasDisk.negate()).toList())) {
                Path initrd = suite.initialRamDisk(guests, Map.of());
                boots.add(new Boot(together, files(together, kernel, initrd, KERNEL_MEMORY, Optional.empty(), root)));
            }
            List<Program> withDisk = own.stream().filter(hasDisk).toList();
            if (!withDisk.isEmpty()) {
                DebianGuests.KernelWithModules modular = guests.kernelWithModules(DISK_MODULES);
                Path initrd = suite.initialRamDisk(guests, modular.modules());
                Optional<Path> disk = Optional.of(suite.disk(DISK_BYTES));
                boots.add(new Boot(withDisk, files(withDisk, modular.kernel(), initrd, KERNEL_MEMORY, disk, root)));
            }
            PackageSuite packages = new PackageSuite(root.resolve("bench/src/main/packages"), suite, cache);
            for (PackageSuite.Disk disk : PackageSuite.Disk.values()) {
                List<Program> together = programs.stream()
                        .filter(isPackaged.and(program -> PackageSuite.Disk.of(program.workload()) == disk))
                        .toList();
                if (!together.isEmpty()) {
                    Path initrd = packages.initialRamDisk(disk, guests);
                    boots.add(new Boot(together, files(together, kernel, initrd, disk.memory, Optional.empty(), root)));
                }
            }
        } catch (GuestUnavailableException e) {
            throw new BenchFailure(BenchFailure.FAILED, String.valueOf(e.getMessage()), e);
        }
        List<String> extra = wattleArguments.isBlank()
                ? List.of()
                : List.of(wattleArguments.strip().split("\\s+"));
        List<Monitor> monitors =
                List.of(Monitor.wattle(root.resolve("wattle").toString(), extra), Monitor.qemu(qemu, List.of()));
        makeClassCache(root.resolve("app/target"), monitors.getFirst(), boots.getFirst());
        List<Sample> samples = new ArrayList<>();
        for (int repeat = 0; repeat < repeats; repeat++) {
            for (Monitor monitor : monitors) {
                System.err.printf("round %d of %d: %s%n", repeat + 1, repeats, monitor.name());
                for (Boot boot : boots) {
                    Round round = new Round(monitor, boot.files(), scale, timeout, repeat, sample -> {});
                    samples.addAll(round.run(boot.programs()));
                }
            }
        }
        Report report = Report.of(programs, samples, own.isEmpty() ? Map.of() : onHost(suite, programs));
        System.out.print(report.text());
        if (json != null) {
            Files.writeString(
                    json, Jsonb.builder().build().type(Report.class).toJsonPretty(report) + System.lineSeparator());
        }
        if (svg != null) {
            Files.writeString(svg, report.svg());
        }
        if (page != null) {
            Files.writeString(page, new ReportPage(report, repeats, scale, qemuVersion).text(svg));
        }
        return report.failures().isEmpty() ? 0 : BenchFailure.FAILED;
    }

    /** Programs whose guests have the same number of processors, in the order of the catalog. */
    private static Collection<List<Program>> byProcessors(List<Program> programs) {
        return programs.stream()
                .collect(Collectors.groupingBy(
                        program -> program.workload().processors(), TreeMap::new, Collectors.toList()))
                .values();
    }

    private static Round.GuestFiles files(
            List<Program> programs, Path kernel, Path initrd, String memory, Optional<Path> disk, Path directory) {
        return new Round.GuestFiles(
                kernel, initrd, memory, programs.getFirst().workload().processors(), disk, directory);
    }

    /** Has the launcher make the class cache of a build that has none yet: its first runs do that, and are slower. */
    private static void makeClassCache(Path target, Monitor wattle, Boot boot)
            throws IOException, InterruptedException {
        if ("off".equals(System.getenv("WATTLE_AOT"))) {
            return;
        }
        for (int run = 0; run < RUNS_FOR_CLASS_CACHE && !hasClassCache(target); run++) {
            System.err.println("Wattle makes its class cache");
            new Round(wattle, boot.files(), 1, SECONDS_TO_BOOT, 0, sample -> {}).run(List.of(Catalog.BOOT));
        }
        // The last step goes on behind the run. Without a cache, as where the folder is read-only, the figures say so.
        for (int second = 0; second < SECONDS_FOR_CLASS_CACHE && !hasClassCache(target); second++) {
            Thread.sleep(1000);
        }
    }

    /** Whether the launcher's copy of the last build has one. */
    private static boolean hasClassCache(Path target) throws IOException {
        Path stamp = target.resolve("build.stamp");
        return Files.exists(stamp)
                && Files.exists(target.resolve("launch")
                        .resolve(Files.readString(stamp).strip())
                        .resolve("classes.aot"));
    }

    private static void checkFolder(String option, @Nullable Path file) throws BenchFailure {
        if (file != null
                && !Files.isDirectory(
                        Objects.requireNonNullElse(file.toAbsolutePath().getParent(), file))) {
            throw new BenchFailure(
                    BenchFailure.USAGE,
                    "%s %s: there is no such folder; name a file in a folder that exists".formatted(option, file));
        }
    }

    /** What a program says of its version. */
    private static String version(String program) throws BenchFailure, IOException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder(program, "--version")
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            throw new BenchFailure(
                    BenchFailure.USAGE,
                    "--qemu %s: it cannot be started; install qemu-system-ppc or name another QEMU".formatted(program),
                    e);
        }
        String output = new String(process.getInputStream().readAllBytes(), "UTF-8");
        process.waitFor();
        return output.lines().findFirst().orElse(program);
    }

    /** Nanoseconds for each operation on the host, of those programs that are not for POWER alone. */
    private Map<String, Double> onHost(Suite suite, List<Program> programs) throws IOException, InterruptedException {
        Map<String, Double> nanoseconds = new HashMap<>();
        Path executable;
        try {
            executable = suite.forHost();
        } catch (BenchFailure e) {
            System.err.println("bench: without the host's own times: " + e.getMessage());
            return nanoseconds;
        }
        for (Program program : programs) {
            if (program.portability() == Program.Portability.GUEST_ONLY) {
                continue;
            }
            Process process = new ProcessBuilder(
                            executable.toString(), program.name(), String.valueOf(program.iterations(scale)))
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), "UTF-8");
            if (process.waitFor() == 0) {
                output.lines()
                        .forEach(line -> Marker.in(line).ifPresent(marker -> {
                            if (marker instanceof Marker.Result result) {
                                nanoseconds.put(program.name(), result.nanosecondsPerOperation());
                            }
                        }));
            }
        }
        return nanoseconds;
    }
}
