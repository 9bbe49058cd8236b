// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import dev.wattle.app.guest.DebianGuests;
import dev.wattle.app.guest.GuestImage;
import dev.wattle.app.guest.GuestUnavailableException;
import dev.wattle.app.guest.Progress;
import dev.wattle.engine.host.PerfMap;
import dev.wattle.hypervisor.ClockMode;
import dev.wattle.hypervisor.EngineMode;
import dev.wattle.hypervisor.MmuMode;
import dev.wattle.hypervisor.ProcessorTopology;
import dev.wattle.machine.ConfigurationException;
import dev.wattle.machine.pseries.Drive;
import dev.wattle.machine.pseries.InterruptChoice;
import dev.wattle.machine.pseries.Lockstep;
import dev.wattle.machine.pseries.Nvram;
import dev.wattle.machine.pseries.PseriesMachine;
import dev.wattle.power.model.ProcessorModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.jline.terminal.spi.SystemStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code wattle run}: boots a guest and gives its console to the user. */
@Command(
        name = "run",
        description = {
            "Boots a guest, with its console on this terminal.",
            "",
            "Without --kernel the guest is Debian's kernel for ppc64el with a busybox shell. It is fetched once, with"
                    + " the host's apt.",
            ""
        },
        mixinStandardHelpOptions = true,
        abbreviateSynopsis = true,
        sortOptions = false,
        usageHelpAutoWidth = true,
        footer = {
            "",
            "On a terminal: Ctrl-a x quits, Ctrl-a h lists the other keys.",
            "",
            "Exit status: 0 the guest switched its power off, or Ctrl-a x; 1 the run failed; 2 the command line cannot"
                    + " be used."
        })
final class RunCommand implements Callable<Integer> {
    private static final String SLOF = "slof";

    @Option(
            names = {"--firmware", "-bios"},
            paramLabel = "FILE",
            description =
                    "Start with this firmware image, or with SLOF if it is slof (fetched once, with the host's apt, if"
                            + " QEMU is not there). It boots from a disk, or what --kernel says.")
    private @Nullable String firmware;

    @Option(
            names = {"--boot", "-boot"},
            paramLabel = "ORDER",
            description = "What the firmware tries, as letters: c (disks), d (CD-ROMs), n (networks).")
    private String bootOrder = "";

    @Option(
            names = {"--firmware-variable", "-prom-env"},
            paramLabel = "NAME=VALUE",
            description = "Set a variable of the firmware, such as auto-boot?=false. May be repeated.")
    private Map<String, String> firmwareVariables = new LinkedHashMap<>();

    @Option(
            names = {"--kernel", "-kernel"},
            paramLabel = "FILE",
            description = "An ELF kernel for ppc64 or ppc64le.")
    private @Nullable Path kernel;

    @Option(
            names = {"--initrd", "-initrd"},
            paramLabel = "FILE",
            description = "The initial RAM disk.")
    private @Nullable Path initrd;

    @Option(
            names = {"--drive", "-drive"},
            paramLabel = "FILE[,readonly]",
            converter = DriveConverter.class,
            description = "A disk: a raw image, which the guest sees as a virtio block device. With ,readonly it is not"
                    + " written to; ,serial=S sets its serial number. May be repeated.")
    private List<Drive> drives = List.of();

    @Option(
            names = {"--append", "-append"},
            paramLabel = "ARGS",
            description = "The kernel command line; without --kernel, added to the demo's console=hvc0.")
    private String append = "";

    @Option(
            names = {"--memory", "-m"},
            paramLabel = "SIZE",
            defaultValue = "1G",
            converter = MemorySize.Converter.class,
            description = "Guest memory, with K, M, G or T; a bare number is MiB. Default: ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // Set by picocli, which knows the default.
    private MemorySize memory;

    @Option(
            names = "--memory-backing",
            paramLabel = "KIND",
            defaultValue = "anonymous",
            converter = MemoryBackingOption.class,
            description =
                    "What guest memory is on the host: anonymous (in huge pages where the host gives them), hugetlb"
                            + " or hugetlb:SIZE (huge pages set aside), or file:PATH. Default: ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // Set by picocli, which knows the default.
    private MemoryBackingOption.Choice memoryBacking;

    @Option(
            names = {"--cpu", "-cpu"},
            paramLabel = "MODEL",
            defaultValue = "power9",
            converter = ModelConverter.class,
            description = "The processor model, such as power9. Default: ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // Set by picocli, which knows the default.
    private ProcessorModel processor;

    @Option(
            names = "--smp",
            paramLabel = "CORES",
            defaultValue = "1",
            converter = TopologyConverter.class,
            description =
                    "The guest's processors: a number of cores, or cores=C,threads=T with T threads of each core (1, 2, 4"
                            + " or 8), at most 64 together. With ,maxcpus=N there is room for N processors, to be"
                            + " added while the guest runs (wattle help cpu). Default: ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // Set by picocli, which knows the default.
    private ProcessorTopology topology;

    @Option(
            names = "--mmu",
            paramLabel = "KIND",
            defaultValue = "auto",
            converter = MmuConverter.class,
            description =
                    "Which kinds of address translation the guest is offered: hash (page table), radix (tree), or auto"
                            + " (what the processor has; the guest chooses). Default: ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // Set by picocli, which knows the default.
    private MmuMode mmu;

    @Option(
            names = "--interrupts",
            paramLabel = "KIND",
            defaultValue = "dual",
            converter = InterruptsConverter.class,
            description =
                    "Which interrupt controllers the guest is offered: xics, xive (POWER9 and later), or dual (both;"
                            + " the guest chooses). Default: ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // Set by picocli, which knows the default.
    private InterruptChoice interrupts;

    @Option(
            names = "--clock",
            paramLabel = "CLOCK",
            defaultValue = "host",
            converter = ClockConverter.class,
            description =
                    "What guest time follows: host (real time) or virtual (the number of instructions completed, so"
                            + " that a run repeats exactly). Default: ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // Set by picocli, which knows the default.
    private ClockMode clock;

    @Option(
            names = "--engine",
            paramLabel = "ENGINE",
            defaultValue = "native",
            converter = EngineConverter.class,
            description = "How guest code is executed: native (as host machine code), evaluator (slower, runs on any"
                    + " host), or lockstep (by both, with a virtual clock, comparing all registers). Default:"
                    + " ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // Set by picocli, which knows the default.
    private EngineChoice engine;

    @Option(
            names = "--lockstep-interval",
            paramLabel = "N",
            defaultValue = "1",
            description = "With --engine lockstep: instructions from one comparison to the next; 1 compares at each"
                    + " block end. Default: ${DEFAULT-VALUE}.")
    private long lockstepInterval;

    @Option(
            names = "--code-cache",
            paramLabel = "SIZE",
            defaultValue = "128M",
            converter = MemorySize.CodeCacheConverter.class,
            description = "How much memory host code may take. Default: ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // Set by picocli, which knows the default.
    private MemorySize codeCache;

    @Option(
            names = "--translation-cache",
            paramLabel = "DIR",
            description = "Where host code is kept for the next run, or off. Default: a folder in the user's cache.")
    private @Nullable String translationCache;

    @Option(
            names = {"--no-reboot", "-no-reboot"},
            description = "End the run when the guest asks for a reboot.")
    private boolean noReboot;

    @Option(
            names = "--stats",
            paramLabel = "FILE",
            description = "At the end, write what the run did as JSON to a file, or to standard output if it is -.")
    private @Nullable String stats;

    private static final String TRACE_FILE = "wattle-trace.txt";

    @Option(
            names = "--trace",
            paramLabel = "TOPICS",
            description = "Write a line for each of exits, hcalls, interrupts (names separated by commas), and an event"
                    + " for the JDK's Flight Recorder.")
    private @Nullable String trace;

    @Option(
            names = "--trace-file",
            paramLabel = "FILE",
            description = "Where --trace writes its lines. Default: " + TRACE_FILE + ".")
    private @Nullable Path traceFile;

    @Option(
            names = "--disable-hcall",
            paramLabel = "NAME",
            description = "Do not answer this hypercall inside the hypervisor, so that each call is an exit, such as"
                    + " H_LOGICAL_CI_STORE. May be repeated.")
    private List<String> disabledHypercalls = new ArrayList<>();

    @Option(
            names = "--perf-map",
            description = "Write names of generated code to /tmp/perf-PID.map, where Linux's perf looks for them.")
    private boolean perfMap;

    private Optional<TextTrace> lines() throws CommandFailure {
        if (trace != null) {
            return Optional.of(TextTrace.open(trace, traceFile == null ? Path.of(TRACE_FILE) : traceFile));
        }
        if (traceFile != null) {
            throw new CommandFailure(
                    CommandFailure.USAGE,
                    "--trace-file %s: nothing is traced; add --trace exits,hcalls,interrupts or one of them"
                            .formatted(traceFile));
        }
        return Optional.empty();
    }

    /**
     * Boots the guest.
     *
     * @return the exit status
     * @throws CommandFailure with one line for the user, if the guest cannot be booted or its run fails
     */
    @Override
    public Integer call() throws CommandFailure {
        Optional<ReportFile> report = stats == null ? Optional.empty() : Optional.of(ReportFile.at(stats));
        checkReadable("--kernel", kernel);
        checkReadable("--initrd", initrd);
        if (lockstepInterval < 1) {
            throw new CommandFailure(
                    CommandFailure.USAGE,
                    "--lockstep-interval %d: it is a number of instructions; give 1 or more"
                            .formatted(lockstepInterval));
        }
        Nvram nvram = nvram();
        if (engine == EngineChoice.LOCKSTEP && !drives.isEmpty()) {
            throw new CommandFailure(
                    CommandFailure.USAGE,
                    "--engine lockstep runs two machines, which cannot share %s; run without --drive, or on one engine"
                            .formatted(drives.getFirst().image()));
        }
        if (engine == EngineChoice.LOCKSTEP && memoryBacking.isOfOneMachine()) {
            throw new CommandFailure(
                    CommandFailure.USAGE,
                    "--memory-backing file: two machines run in lockstep, and would share it; use anonymous");
        }
        Optional<PerfMap> names = perfMap ? Optional.of(perfMapFile()) : Optional.empty();
        Optional<TextTrace> lines = lines();
        HostTerminal terminal = new HostTerminal();
        Progress progress = terminal.is(SystemStream.Error) ? new TerminalProgress(System.err) : Progress.SILENT;
        Optional<Path> rom = firmware(progress);
        Guest guest = guest(rom, progress);
        AtomicBoolean told = new AtomicBoolean();
        Optional<Path> translations = translations();
        AtomicBoolean problemTold = new AtomicBoolean();
        GuestRun run = new GuestRun(terminal, progress, report, lines, noReboot);
        return run.untilTheEnd(guest.name, (console, before) -> {
            PseriesMachine.Builder builder = PseriesMachine.builder()
                    .bootArguments(guest.bootArguments)
                    .memoryBytes(memory.bytes())
                    .memorySource(memoryBacking.source())
                    .processor(processor)
                    .topology(topology)
                    .mmu(mmu)
                    .interrupts(interrupts)
                    .clock(clock)
                    .console(console);
            // A guest that starts anew has the cores that it has been given meanwhile.
            before.ifPresent(machine -> builder.cores(machine.coresAfterReset()));
            rom.ifPresent(builder::firmware);
            builder.nvram(nvram).bootOrder(bootOrder);
            drives.forEach(builder::drive);
            disabledHypercalls.forEach(builder::disableHypercall);
            guest.kernel.ifPresent(builder::kernel);
            guest.initrd.ifPresent(builder::initrd);
            builder.codeCacheBytes(codeCache.bytes());
            translations.ifPresent(folder -> builder.translationCache(folder, problem -> {
                if (!problemTold.getAndSet(true)) {
                    System.err.println("wattle: " + problem);
                }
            }));
            names.ifPresent(builder::hostCodeListener);
            lines.ifPresent(text -> builder.trace(text.withEvents()));
            if (engine == EngineChoice.LOCKSTEP) {
                return new Lockstep(builder, console, lockstepInterval);
            }
            builder.engine(engine == EngineChoice.NATIVE ? EngineMode.NATIVE : EngineMode.EVALUATOR);
            PseriesMachine machine = builder.build();
            if (!told.getAndSet(true)) {
                machine.engineRemark().ifPresent(why -> System.err.println("wattle: running on the evaluator: " + why));
            }
            return machine;
        });
    }

    private Nvram nvram() throws CommandFailure {
        try {
            return Nvram.with(firmwareVariables);
        } catch (ConfigurationException e) {
            throw new CommandFailure(CommandFailure.USAGE, String.valueOf(e.getMessage()), e);
        }
    }

    /** Where host code is kept, if anywhere. */
    private Optional<Path> translations() throws CommandFailure {
        if (translationCache == null) {
            return Optional.of(DebianGuests.defaultCache(System.getenv()).resolve("translations"));
        }
        if (translationCache.isEmpty()) {
            throw new CommandFailure(CommandFailure.USAGE, "--translation-cache: it is empty; name a folder, or off");
        }
        return translationCache.equals("off") ? Optional.empty() : Optional.of(Path.of(translationCache));
    }

    /** Stays open to the end of the process: code is made, and needs names, until then. */
    private static PerfMap perfMapFile() throws CommandFailure {
        try {
            return PerfMap.ofThisProcess(problem -> System.err.println("wattle: " + problem));
        } catch (IOException e) {
            throw new CommandFailure(
                    CommandFailure.USAGE,
                    "--perf-map: its file cannot be written (%s); remove it, or run without".formatted(e),
                    e);
        }
    }

    private Optional<Path> firmware(Progress progress) throws CommandFailure {
        if (firmware == null) {
            return Optional.empty();
        }
        if (!firmware.equals(SLOF)) {
            Path file = Path.of(firmware);
            checkReadable("--firmware", file);
            return Optional.of(file);
        }
        try {
            return Optional.of(new DebianGuests(DebianGuests.defaultCache(System.getenv()), progress).firmware());
        } catch (GuestUnavailableException e) {
            throw new CommandFailure(CommandFailure.FAILED, String.valueOf(e.getMessage()), e);
        }
    }

    private Guest guest(Optional<Path> rom, Progress progress) throws CommandFailure {
        if (kernel != null) {
            return new Guest(
                    String.valueOf(kernel.getFileName()), Optional.of(kernel), Optional.ofNullable(initrd), append);
        }
        if (rom.isPresent()) {
            return new Guest(
                    String.valueOf(rom.get().getFileName()), Optional.empty(), Optional.ofNullable(initrd), append);
        }
        try {
            GuestImage demo = new DebianGuests(DebianGuests.defaultCache(System.getenv()), progress).demo();
            String arguments = append.isEmpty() ? demo.bootArguments() : demo.bootArguments() + " " + append;
            return new Guest(
                    demo.name(),
                    Optional.of(demo.kernel()),
                    Optional.of(initrd == null ? demo.initrd() : initrd),
                    arguments);
        } catch (GuestUnavailableException e) {
            throw new CommandFailure(CommandFailure.FAILED, String.valueOf(e.getMessage()), e);
        }
    }

    private static void checkReadable(String option, @Nullable Path file) throws CommandFailure {
        if (file == null) {
            return;
        }
        String wrong = !Files.exists(file)
                ? "there is no such file"
                : Files.isDirectory(file) ? "it is a directory" : !Files.isReadable(file) ? "it cannot be read" : "";
        if (!wrong.isEmpty()) {
            throw new CommandFailure(
                    CommandFailure.USAGE, "%s %s: %s; name a file to boot".formatted(option, file, wrong));
        }
    }

    /** What {@code --engine} may say. */
    private enum EngineChoice {
        NATIVE,
        EVALUATOR,
        LOCKSTEP
    }

    /** What to boot. */
    private record Guest(String name, Optional<Path> kernel, Optional<Path> initrd, String bootArguments) {}

    private static String names(Enum<?>[] values) {
        return Arrays.stream(values)
                .map(value -> value.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(", "));
    }

    private static <E extends Enum<E>> E named(E[] values, String what, String text) {
        for (E value : values) {
            if (value.name().equalsIgnoreCase(text)) {
                return value;
            }
        }
        throw new TypeConversionException(
                "'%s' is no %s known here; choose from: %s".formatted(text, what, names(values)));
    }

    /** Reads {@code --cpu}. */
    static final class ModelConverter implements ITypeConverter<ProcessorModel> {
        @Override
        public ProcessorModel convert(String text) {
            return named(ProcessorModel.values(), "processor model", text);
        }
    }

    /** Reads {@code --mmu}. */
    static final class MmuConverter implements ITypeConverter<MmuMode> {
        @Override
        public MmuMode convert(String text) {
            return named(MmuMode.values(), "kind of address translation", text);
        }
    }

    /** Reads {@code --interrupts}. */
    static final class InterruptsConverter implements ITypeConverter<InterruptChoice> {
        @Override
        public InterruptChoice convert(String text) {
            return named(InterruptChoice.values(), "choice of interrupt controllers", text);
        }
    }

    /** Reads {@code --engine}. */
    static final class EngineConverter implements ITypeConverter<EngineChoice> {
        @Override
        public EngineChoice convert(String text) {
            return named(EngineChoice.values(), "engine", text);
        }
    }

    /** Reads {@code --clock}. */
    static final class ClockConverter implements ITypeConverter<ClockMode> {
        @Override
        public ClockMode convert(String text) {
            return named(ClockMode.values(), "clock", text);
        }
    }
}
