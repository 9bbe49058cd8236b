// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.engine.HostCodeListener;
import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.engine.memory.MemoryBacking;
import dev.wattle.engine.memory.MemoryBackingException;
import dev.wattle.hypervisor.ClockMode;
import dev.wattle.hypervisor.EngineMode;
import dev.wattle.hypervisor.Exit;
import dev.wattle.hypervisor.ExitCount;
import dev.wattle.hypervisor.ExitKind;
import dev.wattle.hypervisor.MmuMode;
import dev.wattle.hypervisor.ProcessorTopology;
import dev.wattle.hypervisor.Trace;
import dev.wattle.hypervisor.Vcpu;
import dev.wattle.hypervisor.Vm;
import dev.wattle.hypervisor.irq.InterruptReport;
import dev.wattle.hypervisor.irq.PartitionInterrupts;
import dev.wattle.hypervisor.papr.hcall.HcallNumber;
import dev.wattle.hypervisor.papr.hcall.HypercallContext;
import dev.wattle.hypervisor.papr.hcall.HypercallTable;
import dev.wattle.hypervisor.papr.hcall.LogicalAccess;
import dev.wattle.hypervisor.papr.hcall.ReturnCode;
import dev.wattle.hypervisor.papr.tce.TceTables;
import dev.wattle.machine.ConfigurationException;
import dev.wattle.machine.ConsoleBackend;
import dev.wattle.machine.Core;
import dev.wattle.machine.GuestMemorySource;
import dev.wattle.machine.HotPlugAnswer;
import dev.wattle.machine.HotPlugException;
import dev.wattle.machine.Machine;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.MachineStatistics;
import dev.wattle.machine.block.RawImage;
import dev.wattle.machine.block.VirtioBlock;
import dev.wattle.machine.firmware.DeviceTree;
import dev.wattle.machine.firmware.ElfKernel;
import dev.wattle.machine.firmware.FirmwareRom;
import dev.wattle.machine.pci.PciFunction;
import dev.wattle.machine.virtio.IoWorker;
import dev.wattle.machine.virtio.VirtioPci;
import dev.wattle.power.model.ProcessorModel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * A pseries machine: a PAPR partition with Open Firmware's client interface, RTAS, an interrupt controller and a
 * console. Built by {@link #builder()}, run once by {@link #run}.
 */
public final class PseriesMachine implements Machine {
    /** Where a virtual clock starts. */
    private static final Instant VIRTUAL_EPOCH = Instant.parse("2026-01-01T00:00:00Z");

    private static final long TIME_BASE_HZ = 512_000_000L;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private final Vm vm;
    private final Vcpu vcpu;
    private final Processors processors;
    /** Held while the machine answers for one of its vCPUs: devices and firmware are used by one at a time. */
    private final ReentrantLock answering = new ReentrantLock();

    private final Rtas rtas = new Rtas();
    private final HypercallTable hypercalls = new HypercallTable();
    private final PlatformEvents events;
    private final CoreHotPlug hotPlug;
    private final PciHostBridge bridge;
    private final Optional<Watchdogs> watchdogs;
    private final List<Disk> disks;
    private final Startup startup;
    private final NonMaskableInterrupts nonMaskable;
    private final CompletableFuture<MachineOutcome> outcome = new CompletableFuture<>();
    private volatile long startedNanos;

    /** A disk, by its name in statistics. */
    private record Disk(String name, VirtioBlock device, VirtioPci transport) {}

    private PseriesMachine(Vm vm, List<Disk> disks, Builder builder) throws ConfigurationException {
        this.vm = vm;
        this.disks = disks;
        vcpu = vm.vcpu(0);
        Collection<Integer> cores = builder.cores();
        processors = new Processors(vm, this::finish);
        cores.stream().filter(core -> core >= vm.topology().cores()).forEach(processors::add);
        processors.define(rtas);
        GuestMemory memory = vm.memory();
        PartitionInterrupts interrupts = vm.interrupts();
        interrupts.select(builder.interrupts.with(builder.processor).first());
        boolean isVirtual = builder.clock == ClockMode.VIRTUAL;
        Supplier<Instant> clock = isVirtual ? this::virtualNow : Instant::now;

        Terminal terminal = new Terminal(builder.console, interrupts.claimMessage(PseriesDeviceTree.CONSOLE_INTERRUPT));
        events = new PlatformEvents(
                interrupts.claimMessage(PseriesDeviceTree.EPOW_INTERRUPT),
                interrupts.claimMessage(PseriesDeviceTree.HOT_PLUG_INTERRUPT),
                clock);
        ClientArchitectureSupport architecture =
                new ClientArchitectureSupport(builder.processor, vm.mmu(), builder.interrupts, interrupts);
        ProcessorDeviceTree nodes =
                new ProcessorDeviceTree(builder.processor, vm.topology(), architecture, memory.size());
        hotPlug = new CoreHotPlug(vm.topology(), cores, processors, events, nodes);
        hotPlug.define(rtas);
        architecture.onConclusion(hotPlug::concluded);
        // A virtual clock promises the same run for the same inputs: then these are inputs too.
        Random random = isVirtual ? new Random(0) : new Random();
        UUID uuid =
                isVirtual ? UUID.nameUUIDFromBytes("wattle".getBytes(StandardCharsets.US_ASCII)) : UUID.randomUUID();
        byte[] seed = new byte[32];
        random.nextBytes(seed);

        new PlatformRtas(
                        terminal,
                        this::finish,
                        events,
                        vm.vcpus().size(),
                        vm.topology().possibleVcpus(),
                        memory.size(),
                        uuid)
                .define(rtas, new TimeOfDay(clock));
        new InterruptRtas(interrupts).define(rtas);
        builder.nvram.define(rtas);
        TceTables tables = new TceTables();
        tables.define(vm.hypercalls());
        bridge = new PciHostBridge(vm.io(), memory, interrupts, tables);
        for (int slot = 0; slot < builder.functions.size(); slot++) {
            bridge.plug(slot, builder.functions.get(slot));
        }
        IoWorker.Factory workers = isVirtual ? IoWorker.inline() : IoWorker.threads();
        for (int i = 0; i < builder.drives.size(); i++) {
            Drive drive = builder.drives.get(i);
            VirtioBlock disk = new VirtioBlock(
                    RawImage.open(drive.image(), drive.readOnly()),
                    drive.serial().orElse("drive" + i),
                    workers);
            VirtioPci transport = new VirtioPci(
                    disk, VirtioPci.Interface.TRANSITIONAL, VirtioPci.Notification.IO_EVENT, vcpu::interruptByteOrder);
            disks.add(new Disk("disk " + i, disk, transport));
            bridge.plug(builder.functions.size() + i, transport.function());
        }
        new PciRtas(bridge).define(rtas);
        nonMaskable = new NonMaskableInterrupts(vm, this::finish, this::rtasBase);
        nonMaskable.define(rtas);
        // The host's timers would make runs differ that must not.
        watchdogs = isVirtual
                ? Optional.empty()
                : Optional.of(new Watchdogs(this::finish, () -> vcpu.systemReset(vcpu.server())));
        watchdogs.ifPresent(timers -> timers.define(hypercalls));
        DeviceTree tree = PseriesDeviceTree.build(
                memory.size(), vm.topology(), nodes, cores, builder.bootArguments, uuid, seed, architecture, rtas);
        PciDeviceTree.describe(tree, bridge);
        InterruptDeviceTree.describe(tree, interrupts.mode());
        if (watchdogs.isPresent()) {
            PseriesDeviceTree.offer(tree, "hcall-watchdog");
        }
        if (!builder.bootOrder.isEmpty()) {
            tree.find("/chosen").orElseThrow().setStrings("qemu,boot-device", builder.bootOrder);
        }
        startup = builder.firmware.isPresent()
                ? FirmwareStartup.load(
                        memory,
                        builder.firmware.get(),
                        builder.kernel,
                        builder.initrd,
                        tree,
                        architecture,
                        this::finish)
                : KernelStartup.load(
                        memory,
                        builder.requiredKernel(),
                        builder.initrd,
                        new FirmwareServices(memory, tree, terminal, this::finish, architecture, processors, clock),
                        this::finish);
        startup.define(hypercalls);
        for (String name : builder.disabledHypercalls) {
            OptionalLong number = HcallNumber.byName(name);
            if (number.isEmpty() || !vm.hypercalls().enable(number.getAsLong(), false)) {
                throw new ConfigurationException("hypercall " + name
                        + ": the hypervisor answers none of this name; the statistics of a run name those it answers");
            }
        }
        terminal.define(hypercalls);
        hypercalls
                .define(HcallNumber.KVMPPC_H_RTAS, rtas::hypercall)
                .define(HcallNumber.H_LOGICAL_CI_LOAD, c -> anywhere(LogicalAccess.load(c)))
                .define(HcallNumber.H_LOGICAL_CI_STORE, c -> anywhere(LogicalAccess.store(c)))
                .define(HcallNumber.H_LOGICAL_CACHE_LOAD, c -> anywhere(LogicalAccess.load(c)))
                .define(HcallNumber.H_LOGICAL_CACHE_STORE, c -> anywhere(LogicalAccess.store(c)))
                .define(HcallNumber.H_VIO_SIGNAL, PseriesMachine::vioSignal)
                .define(HcallNumber.H_REG_CRQ, c -> ReturnCode.H_PARAMETER)
                .define(HcallNumber.H_FREE_CRQ, c -> ReturnCode.H_PARAMETER)
                .define(HcallNumber.H_SEND_CRQ, c -> ReturnCode.H_PARAMETER)
                .define(HcallNumber.H_ENABLE_CRQ, c -> ReturnCode.H_PARAMETER);

        startup.begin(vcpu);
    }

    /** Starts the description of a machine. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public MachineOutcome run() {
        startedNanos = System.nanoTime();
        processors.startThreads(this::runUntilStopped);
        processors.runFirst(this::runUntilStopped);
        processors.join();
        return outcome.join();
    }

    /** Runs a processor until it stops itself; false if the run is over. */
    private boolean runUntilStopped(Vcpu processor) {
        while (!outcome.isDone()) {
            answer(processor, processor.run());
            if (processors.isStopped(processor)) {
                return true;
            }
        }
        return false;
    }

    /** How the run has ended; waits for that. */
    MachineOutcome outcome() {
        return outcome.join();
    }

    Vcpu vcpu() {
        return vcpu;
    }

    GuestMemory memory() {
        return vm.memory();
    }

    /**
     * Runs the guest up to a number of completed instructions.
     *
     * @return whether it has ended
     */
    boolean runUntil(long completed) {
        if (startedNanos == 0) {
            startedNanos = System.nanoTime();
        }
        while (!outcome.isDone()) {
            Exit exit = vcpu.runUntil(completed);
            answer(vcpu, exit);
            if (exit instanceof Exit.Interrupted) {
                // The number is reached, or whoever kicked has set the outcome.
                return outcome.isDone();
            }
        }
        return true;
    }

    private void answer(Vcpu processor, Exit exit) {
        switch (exit) {
            case Exit.PaprHcall hcall -> {
                answering.lock();
                try {
                    processor.setGpr(3, hypercalls.call(hcall.nr(), processor));
                } finally {
                    answering.unlock();
                }
            }
            // Every device is on the bus.
            case Exit.Mmio access -> access.reject();
            case Exit.Nmi machineCheck -> nonMaskable.machineCheck(processor);
            case Exit.FailEntry failure ->
                finish(new MachineOutcome(MachineOutcome.Kind.INTERNAL_ERROR, failure.hardwareEntryFailureReason()));
            case Exit.InternalError error ->
                finish(new MachineOutcome(MachineOutcome.Kind.INTERNAL_ERROR, error.reason()));
            case Exit.Debug debug -> {
                // Nobody has asked for it.
            }
            case Exit.Interrupted interrupted -> {
                // Somebody only wanted the vCPU to look.
            }
        }
    }

    @Override
    public void stop() {
        finish(new MachineOutcome(MachineOutcome.Kind.STOPPED, "the machine was stopped"));
    }

    /** Asks the guest to shut down, as the power button does. Callable from any thread. */
    public void requestShutdown() {
        events.requestShutdown();
    }

    /** Why guest code is run by the evaluator though native code was asked for; empty if it is not. */
    public Optional<String> engineRemark() {
        return vm.engineRemark();
    }

    @Override
    public MachineStatistics statistics() {
        Map<String, Long> exits = new TreeMap<>(vm.exitCounts());
        hypercalls.counts().forEach((name, count) -> exits.merge(name, count, Long::sum));
        rtas.counts().forEach((name, count) -> exits.merge("rtas " + name, count, Long::sum));
        for (ExitCount exit : vm.exits()) {
            if (exit.kind() == ExitKind.PAPR_HCALL) {
                exits.put(exit.kind() + " " + exit.cause(), exit.count());
            }
        }
        Map<String, Long> devices = new TreeMap<>(vm.engineCounts());
        for (Disk disk : disks) {
            disk.device.statistics().counts().forEach((name, count) -> devices.put(disk.name + " " + name, count));
        }
        vm.memory()
                .ownBacking()
                .flatMap(MemoryBacking::hugePageBytes)
                .ifPresent(bytes -> devices.put("bytes of guest memory in huge pages", bytes));
        double wall = startedNanos == 0 ? 0 : (System.nanoTime() - startedNanos) / (double) NANOS_PER_SECOND;
        return new MachineStatistics(
                vm.instructionsCompleted(),
                exits,
                vm.interruptCounts(),
                vm.translations(),
                vm.codeBytes(),
                devices,
                wall,
                vm.cpuSeconds());
    }

    @Override
    public List<ExitCount> exits() {
        return vm.exits();
    }

    @Override
    public String interrupts() {
        return InterruptReport.of(vm.interrupts());
    }

    @Override
    public List<Core> cores() {
        answering.lock();
        try {
            return hotPlug.cores();
        } finally {
            answering.unlock();
        }
    }

    @Override
    public CompletableFuture<HotPlugAnswer> plugCore(int core) throws HotPlugException {
        answering.lock();
        try {
            return hotPlug.plug(core);
        } finally {
            answering.unlock();
        }
    }

    @Override
    public CompletableFuture<HotPlugAnswer> unplugCore(int core) throws HotPlugException {
        answering.lock();
        try {
            return hotPlug.unplug(core);
        } finally {
            answering.unlock();
        }
    }

    @Override
    public Collection<Integer> coresAfterReset() {
        answering.lock();
        try {
            return hotPlug.coresAfterReset();
        } finally {
            answering.unlock();
        }
    }

    @Override
    public void close() {
        watchdogs.ifPresent(Watchdogs::close);
        bridge.unplugAll();
        closeDisks(disks);
        vm.close();
    }

    private static void closeDisks(List<Disk> disks) {
        disks.forEach(disk -> disk.transport.close());
    }

    private void finish(MachineOutcome result) {
        if (outcome.complete(result)) {
            hotPlug.end(result.kind());
            processors.finish();
        }
    }

    private OptionalLong rtasBase() {
        return startup.rtasBase();
    }

    private Instant virtualNow() {
        long ticks = vcpu.timeBase();
        return VIRTUAL_EPOCH
                .plusSeconds(ticks / TIME_BASE_HZ)
                .plusNanos(ticks % TIME_BASE_HZ * NANOS_PER_SECOND / TIME_BASE_HZ);
    }

    /** Nothing is where neither memory nor a device is. */
    private static long anywhere(long result) {
        return result == ReturnCode.H_TOO_HARD ? ReturnCode.H_PARAMETER : result;
    }

    /** r4 = unit address, r5 = whether to deliver its interrupt. */
    private static long vioSignal(HypercallContext c) {
        boolean known = c.argument(0) == Terminal.UNIT_ADDRESS && (c.argument(1) & ~1L) == 0;
        return known ? ReturnCode.H_SUCCESS : ReturnCode.H_PARAMETER;
    }

    /** Describes a machine. Only the console must be given, and a kernel or a firmware. */
    public static final class Builder {
        private static final long MEBIBYTE = 1L << 20;
        private static final long MINIMUM_MEMORY = 16 * MEBIBYTE;
        /** 4 TiB: more than any host here has, and far below the addresses of devices. */
        private static final long MAXIMUM_MEMORY = 4L << 40;

        /** Linux keeps 2048 bytes with the final NUL; a longer line would be cut in silence. */
        private static final int BOOT_ARGUMENTS_LIMIT = 2047;

        private Optional<Path> firmware = Optional.empty();
        private Optional<Path> kernel = Optional.empty();
        private Optional<Path> initrd = Optional.empty();
        private String bootArguments = "";
        private long memoryBytes = 1024 * MEBIBYTE;
        private GuestMemorySource memorySource = MemoryBacking::anonymous;
        private ProcessorModel processor = ProcessorModel.POWER9;
        private ProcessorTopology topology = ProcessorTopology.SINGLE;
        private Optional<Collection<Integer>> cores = Optional.empty();
        private MmuMode mmu = MmuMode.AUTO;
        private InterruptChoice interrupts = InterruptChoice.DUAL;
        private ClockMode clock = ClockMode.HOST;
        private EngineMode engine = EngineMode.NATIVE;
        private final Vm.Builder vmBuilder = Vm.builder();
        private ConsoleBackend console = new SilentConsole();

        private final List<PciFunction> functions = new ArrayList<>();
        private final List<Drive> drives = new ArrayList<>();

        private Nvram nvram = Nvram.empty();
        private String bootOrder = "";
        private final List<String> disabledHypercalls = new ArrayList<>();

        private Builder() {}

        /**
         * The firmware that the guest starts with, as slof.bin: it boots the kernel if there is one, or else looks for
         * something to boot on disks. Without, the machine answers for Open Firmware itself.
         */
        public Builder firmware(Path file) {
            firmware = Optional.of(file);
            return this;
        }

        /** Non-volatile memory, with the firmware's variables; one of its own, with none set, by default. */
        public Builder nvram(Nvram memory) {
            nvram = memory;
            return this;
        }

        /** The non-volatile memory that machines built of this description have. */
        Nvram nvram() {
            return nvram;
        }

        /**
         * What the firmware tries to boot from, in order: {@code c} for disks, {@code d} for CD-ROMs, {@code n} for networks.
         * By default, the firmware's own variables say.
         */
        public Builder bootOrder(String letters) {
            bootOrder = letters;
            return this;
        }

        /**
         * Has calls of a hypercall leave the hypervisor: the machine answers them if it can, others with H_FUNCTION.
         *
         * @param name its PAPR name, such as {@code H_LOGICAL_CI_STORE}
         */
        public Builder disableHypercall(String name) {
            disabledHypercalls.add(name);
            return this;
        }

        /** The kernel: an ELF64 vmlinux for ppc64, big- or little-endian. */
        public Builder kernel(Path file) {
            kernel = Optional.of(file);
            return this;
        }

        /** An initial RAM disk. */
        public Builder initrd(Path file) {
            initrd = Optional.of(file);
            return this;
        }

        /**
         * Plugs a function into the next slot of the PCI bus. The machine resets it, and takes it out when it is closed: then
         * another machine may have it.
         *
         * @throws IllegalArgumentException if all 32 slots are taken
         */
        public Builder pci(PciFunction function) {
            if (functions.size() + drives.size() == PciHostBridge.SLOTS) {
                throw new IllegalArgumentException("PCI: all " + PciHostBridge.SLOTS + " slots are taken");
            }
            functions.add(function);
            return this;
        }

        /** Adds a disk: a virtio block device behind the PCI host bridge, in the slot behind the functions. */
        public Builder drive(Drive drive) {
            drives.add(drive);
            return this;
        }

        /** The kernel's command line. */
        public Builder bootArguments(String arguments) {
            bootArguments = arguments;
            return this;
        }

        /** Guest memory in bytes, a multiple of 1 MiB; 1 GiB by default. */
        public Builder memoryBytes(long bytes) {
            memoryBytes = bytes;
            return this;
        }

        /** Where guest memory comes from; anonymous memory of the host by default. */
        public Builder memorySource(GuestMemorySource source) {
            memorySource = source;
            return this;
        }

        /** The processor; POWER9 by default. */
        public Builder processor(ProcessorModel model) {
            processor = model;
            return this;
        }

        /** The vCPUs; by default there is one. */
        public Builder topology(ProcessorTopology vcpus) {
            topology = vcpus;
            return this;
        }

        /**
         * Which of the topology's possible cores there are from the start, in place of the first ones: those that an earlier
         * machine had.
         *
         * @param numbers with 0, which the guest starts on
         */
        public Builder cores(Collection<Integer> numbers) {
            cores = Optional.of(new TreeSet<>(numbers));
            return this;
        }

        private Collection<Integer> cores() {
            return cores.orElseGet(
                    () -> IntStream.range(0, topology.cores()).boxed().toList());
        }

        /** The topology of which the first cores, and no others, are those that there are. */
        private ProcessorTopology gapless() {
            Collection<Integer> there = cores();
            int first = 0;
            while (there.contains(first)) {
                first++;
            }
            return new ProcessorTopology(first, topology.threads(), topology.possibleCores());
        }

        /** Which kinds of address translation the guest may use; by default all that the processor has. */
        public Builder mmu(MmuMode mode) {
            mmu = mode;
            return this;
        }

        /** Which interrupt controllers the guest is offered; both by default, of which it chooses one. */
        public Builder interrupts(InterruptChoice choice) {
            interrupts = choice;
            return this;
        }

        /** Where time comes from; the host's clock by default. */
        public Builder clock(ClockMode mode) {
            clock = mode;
            return this;
        }

        /** How guest code is executed; as host code by default. */
        public Builder engine(EngineMode mode) {
            engine = mode;
            return this;
        }

        /**
         * How much memory host code may take; {@link Vm#DEFAULT_CODE_CACHE} by default.
         *
         * @throws IllegalArgumentException if it is too little or too much, see {@link Vm.Builder#codeCacheBytes}
         */
        public Builder codeCacheBytes(long bytes) {
            vmBuilder.codeCacheBytes(bytes);
            return this;
        }

        /**
         * Where host code is kept from one run to the next; nowhere by default.
         *
         * @param problems told in one line, once, if the folder cannot be used; the machine does without then
         */
        public Builder translationCache(Path directory, Consumer<String> problems) {
            vmBuilder.translationCache(directory, problems);
            return this;
        }

        /** Who is told of host code that is made, such as a profiler's map; nobody by default. */
        public Builder hostCodeListener(HostCodeListener listener) {
            vmBuilder.hostCodeListener(listener);
            return this;
        }

        /** Who is told of exits, hypercalls and interrupts as they happen; nobody by default. */
        public Builder trace(Trace listener) {
            vmBuilder.trace(listener);
            return this;
        }

        /** The other end of the console; by default output is dropped. */
        public Builder console(ConsoleBackend backend) {
            console = backend;
            return this;
        }

        /**
         * Builds the machine: reserves its memory and loads kernel and initrd.
         *
         * @throws ConfigurationException if something asked for is not possible; the message says what to do
         */
        public PseriesMachine build() throws ConfigurationException {
            checkMemory();
            checkBootArguments();
            if (functions.size() + drives.size() > PciHostBridge.SLOTS) {
                throw new ConfigurationException("%d PCI devices: the machine has %d slots; give fewer drives"
                        .formatted(functions.size() + drives.size(), PciHostBridge.SLOTS));
            }
            checkBootOrder();
            checkTopology();
            if (mmu == MmuMode.RADIX && !processor.radix()) {
                throw new ConfigurationException("mmu radix: processor "
                        + processor.name().toLowerCase(Locale.ROOT)
                        + " translates by hash page table only; use mmu hash or auto, or processor power9");
            }
            if (interrupts == InterruptChoice.XIVE && processor.isa() < 300) {
                throw new ConfigurationException("interrupts xive: processor "
                        + processor.name().toLowerCase(Locale.ROOT)
                        + " has no XIVE; use interrupts xics or dual, or processor power9");
            }
            if (firmware.isPresent()) {
                FirmwareRom.open(firmware.get());
            }
            if (kernel.isPresent() || firmware.isEmpty()) {
                ElfKernel.open(requiredKernel());
            }
            Vm vm;
            try {
                vm = vmBuilder
                        .memory(memorySource.open(memoryBytes))
                        .processor(processor)
                        .topology(gapless())
                        .mmu(mmu)
                        .clock(clock)
                        .engine(engine)
                        .build();
            } catch (MemoryBackingException e) {
                throw new ConfigurationException(String.valueOf(e.getMessage()), e);
            } catch (OutOfMemoryError e) {
                throw new ConfigurationException(
                        "memory " + (memoryBytes / MEBIBYTE) + " MiB: the host cannot give that much; ask for less", e);
            }
            List<Disk> disks = new ArrayList<>();
            try {
                return new PseriesMachine(vm, disks, this);
            } catch (ConfigurationException | RuntimeException e) {
                closeDisks(disks);
                vm.close();
                throw e;
            }
        }

        private Path requiredKernel() throws ConfigurationException {
            return kernel.orElseThrow(() -> new ConfigurationException("kernel: none given; name a vmlinux for ppc64"));
        }

        private void checkMemory() throws ConfigurationException {
            if (memoryBytes < MINIMUM_MEMORY || memoryBytes % MEBIBYTE != 0) {
                throw new ConfigurationException("memory " + memoryBytes
                        + " bytes: not a multiple of 1 MiB from 16 MiB up; Debian needs 512 MiB or more");
            }
            if (memoryBytes > MAXIMUM_MEMORY) {
                throw new ConfigurationException("memory " + memoryBytes / MEBIBYTE + " MiB: this machine has room for "
                        + MAXIMUM_MEMORY / MEBIBYTE + " MiB; ask for less");
            }
        }

        private void checkTopology() throws ConfigurationException {
            for (int core : cores()) {
                if (core < 0 || core >= topology.possibleCores()) {
                    throw new ConfigurationException("cores: there is no core " + core + " among the "
                            + topology.possibleCores() + " possible ones; name others");
                }
            }
            if (!cores().contains(0)) {
                throw new ConfigurationException("cores: without core 0, on which a guest starts; add it");
            }
            if (clock == ClockMode.VIRTUAL && topology.possibleVcpus() > 1) {
                throw new ConfigurationException(
                        "smp: " + topology.possibleVcpus()
                                + " vCPUs with a virtual clock: it counts the instructions of one; use one vCPU, or clock host");
            }
        }

        private void checkBootOrder() throws ConfigurationException {
            if (!bootOrder.matches("[cdn]*")) {
                throw new ConfigurationException("boot order '" + bootOrder
                        + "': give letters, c for disks, d for CD-ROMs, n for networks, as in cd");
            }
            if (!bootOrder.isEmpty() && firmware.isEmpty()) {
                throw new ConfigurationException("boot order '" + bootOrder
                        + "': only a firmware looks for something to boot; name one, or leave the order out");
            }
        }

        private void checkBootArguments() throws ConfigurationException {
            if (bootArguments.length() > BOOT_ARGUMENTS_LIMIT) {
                throw new ConfigurationException("boot arguments: " + bootArguments.length()
                        + " characters, but a kernel takes at most " + BOOT_ARGUMENTS_LIMIT + "; shorten them");
            }
            for (int i = 0; i < bootArguments.length(); i++) {
                if (bootArguments.charAt(i) < ' ' || bootArguments.charAt(i) > '~') {
                    throw new ConfigurationException(
                            "boot arguments: character " + (i + 1) + " is not printable ASCII; remove it");
                }
            }
        }
    }

    private static final class SilentConsole implements ConsoleBackend {
        @Override
        public void write(byte[] data, int offset, int length) {
            // Nobody listens.
        }

        @Override
        public int read(byte[] buffer, int offset, int length) {
            return 0;
        }

        @Override
        public void onInput(Runnable wake) {
            // Never any input.
        }
    }
}
