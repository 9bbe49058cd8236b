// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import dev.wattle.engine.HostCodeListener;
import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.engine.memory.MemoryBacking;
import dev.wattle.engine.memory.MemorySlot;
import dev.wattle.hypervisor.io.IoBus;
import dev.wattle.hypervisor.irq.IrqEvents;
import dev.wattle.hypervisor.irq.PartitionInterrupts;
import dev.wattle.hypervisor.papr.hash.PageTableExport;
import dev.wattle.hypervisor.papr.hash.PartitionPageTable;
import dev.wattle.hypervisor.papr.hcall.HypercallTable;
import dev.wattle.hypervisor.papr.hcall.PaprHypercalls;
import dev.wattle.hypervisor.papr.xics.Xics;
import dev.wattle.hypervisor.papr.xive.Xive;
import dev.wattle.power.mmu.HashPageTable;
import dev.wattle.power.model.ProcessorModel;
import dev.wattle.power.processor.Interrupt;
import dev.wattle.power.processor.ProcessorGroup;
import dev.wattle.power.processor.TimeBase;
import dev.wattle.power.translate.PowerFrontEnd;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A partition: guest memory, vCPUs, an interrupt controller, and the hypercalls answered for it.
 *
 * <p>Each vCPU is run by a thread of its own. What all of them must heed is done while they are stopped, or told to each of them.
 */
public final class Vm implements AutoCloseable {
    /** First interrupt source number that is not an inter-processor interrupt, and how many there are. */
    private static final int SOURCE_BASE = 0x1000;

    private static final int SOURCES = 0x1000;

    /** Bytes of host code that a VM may have unless it is told otherwise. */
    public static final long DEFAULT_CODE_CACHE = 128L << 20;
    /** Fewer bytes of host code than this are too few. */
    public static final long MINIMUM_CODE_CACHE = 1L << 20;
    /** More bytes of host code than this cannot jump to each other. */
    public static final long MAXIMUM_CODE_CACHE = 1L << 30;

    private final ProcessorModel processor;
    private final ClockMode clock;
    private final GuestMemory memory;
    private final Arena arena = Arena.ofShared();
    private final ProcessorTopology topology;
    private final ProcessorGroup group;
    private final IoBus io = new IoBus();
    private final PartitionInterrupts interrupts;
    private final IrqEvents irqEvents;
    private final MmuMode mmu;
    private final PartitionPageTable pageTable;
    private final HypercallTable hypercalls;
    private final SecureRandom random = new SecureRandom();
    /** Random numbers that repeat, for runs that must. */
    private final SplittableRandom sequence = new SplittableRandom(0);

    private final Capabilities capabilities;
    private volatile boolean ail3 = true;
    private volatile boolean machineChecksLeave;
    private volatile ToLongFunction<Vcpu> systemResetEntry = vcpu -> Interrupt.SYSTEM_RESET.vector();
    private final Trace trace;
    private final Engines engines;
    /** Those that have ever been there, in the order in which they were made. Grows while all of them are stopped. */
    private final List<Vcpu> vcpus = new CopyOnWriteArrayList<>();
    /** Those that are there, by number. */
    private final AtomicReferenceArray<Optional<Vcpu>> present;

    private final TimeBase time;
    private final AtomicInteger awake = new AtomicInteger();
    private final Rendezvous rendezvous = new Rendezvous(vcpus);
    private final TimerThread timers = new TimerThread();

    private Vm(Builder builder) {
        processor = builder.processor;
        clock = builder.clock;
        trace = builder.trace;
        mmu = builder.mmu();
        topology = builder.topology;
        memory = builder.memory.get();
        group = new ProcessorGroup(memory);
        pageTable = new PartitionPageTable(memory, use(mmu, processor), new TableUsers(), preparation(clock));
        Xics xics = new Xics(topology.possibleVcpus(), SOURCE_BASE, SOURCES);
        Optional<Xive> xive = processor.isa() >= 300
                ? Optional.of(new Xive(topology.possibleVcpus(), SOURCE_BASE + SOURCES, memory, true))
                : Optional.empty();
        interrupts = new PartitionInterrupts(xics, xive, io);
        irqEvents = new IrqEvents(interrupts);
        hypercalls = PaprHypercalls.forPartition(interrupts, pageTable);
        capabilities = new Capabilities(
                mmu != MmuMode.HASH && processor.radix(),
                mmu != MmuMode.RADIX,
                processor.isa() >= 300,
                topology,
                hypercalls,
                allowed -> ail3 = allowed,
                () -> machineChecksLeave = true);
        engines = new Engines(
                builder.engine,
                builder.codeCacheBytes,
                clock == ClockMode.VIRTUAL,
                topology.possibleVcpus() > 1,
                builder.translations,
                builder.codeListener);
        time = clock == ClockMode.VIRTUAL ? new VirtualTimeBase() : new HostTimeBase();
        present = new AtomicReferenceArray<>(topology.possibleVcpus());
        for (int number = 0; number < topology.possibleVcpus(); number++) {
            present.setPlain(number, Optional.empty());
            if (number < topology.vcpus()) {
                makePresent(make(number));
            } else {
                interrupts.disconnect(number);
            }
        }
        if (clock == ClockMode.HOST) {
            timers.start();
        }
        pageTable.start();
    }

    private Vcpu make(int number) {
        Vcpu vcpu = new Vcpu(this, number, arena, group, new PowerFrontEnd(processor), time, engines);
        vcpus.add(vcpu);
        return vcpu;
    }

    private void makePresent(Vcpu vcpu) {
        present.set(vcpu.server(), Optional.of(vcpu));
        interrupts.connect(vcpu.server(), vcpu::external);
    }

    private static PartitionPageTable.Use use(MmuMode mmu, ProcessorModel processor) {
        return switch (mmu) {
            case RADIX -> PartitionPageTable.Use.NEVER;
            case HASH -> PartitionPageTable.Use.ALWAYS;
            case AUTO -> processor.radix() ? PartitionPageTable.Use.ON_DEMAND : PartitionPageTable.Use.ALWAYS;
        };
    }

    /** What takes long is done elsewhere, unless runs must repeat. */
    private static Executor preparation(ClockMode clock) {
        return clock == ClockMode.VIRTUAL
                ? Runnable::run
                : task -> Thread.ofPlatform().daemon().name("hash page table").start(task);
    }

    private final class TableUsers implements PartitionPageTable.Processors {
        @Override
        public void hashPageTable(Optional<HashPageTable> table, int vrmaBase) {
            whileStopped(() -> vcpus.forEach(vcpu -> vcpu.hashPageTable(table, vrmaBase)));
        }

        @Override
        public void forgetPage(long index, long v, long r) {
            group.tellAll(processor -> processor.forgetPage(index, v, r));
        }
    }

    /** Starts the description of a VM. */
    public static Builder builder() {
        return new Builder();
    }

    public ProcessorModel processor() {
        return processor;
    }

    /** Its cores and threads. */
    public ProcessorTopology topology() {
        return topology;
    }

    /** Which kinds of address translation the guest may use. */
    public MmuMode mmu() {
        return mmu;
    }

    // Hash page table (KVM_PPC_ALLOCATE_HTAB, KVM_PPC_GET_HTAB_FD)

    /** The hash page table. It is changed by the vCPU, or by others in {@link #whileStopped}. */
    public PartitionPageTable pageTable() {
        return pageTable;
    }

    /**
     * Gives the guest an empty hash page table, but for the entries for real mode, in place of the one that it may have.
     *
     * @param shift logarithm of its size in bytes
     * @throws IllegalArgumentException if that is not from 18 to 46
     * @throws IllegalStateException if the guest may only translate by radix tree
     * @throws OutOfMemoryError if the host cannot give that much memory
     */
    public void allocatePageTable(int shift) {
        whileStopped(() -> pageTable.allocate(shift));
    }

    /**
     * Begins to export the hash page table, while the guest may go on.
     *
     * @param boltedOnly whether entries that are not bolted are left out
     * @throws IllegalStateException if the guest has none
     */
    public PageTableExport exportPageTable(boolean boltedOnly) {
        return pageTable.export(boltedOnly);
    }

    /**
     * Reads whole records of an export into the hash page table, which has the same size. The table of a guest that has
     * never run is empty but for the entries for real mode, which a complete export has too.
     *
     * @throws IllegalArgumentException if a record cannot be of such a table; it says why
     * @throws IllegalStateException if the guest has no table
     */
    public void importPageTable(ByteBuffer records) {
        whileStopped(() -> pageTable.load(records));
    }

    public ClockMode clock() {
        return clock;
    }

    public GuestMemory memory() {
        return memory;
    }

    /**
     * Does something while no vCPU executes guest code: each that runs stays between two instructions meanwhile. Any thread,
     * also that of a vCPU in the middle of an exit or a hypercall. What is done may change memory slots and registers.
     *
     * @throws RuntimeException what the action throws
     */
    public void whileStopped(Runnable action) {
        rendezvous.whileStopped(action);
    }

    /** As {@link Rendezvous#tryWhileStopped}. */
    <T> Optional<T> tryWhileStopped(Supplier<T> action) {
        return rendezvous.tryWhileStopped(action);
    }

    TimerThread timers() {
        return timers;
    }

    /** How many vCPUs execute, or look for work. */
    AtomicInteger awake() {
        return awake;
    }

    /** Whether the calling thread is in the middle of {@link #whileStopped}. */
    boolean isStoppedHere() {
        return rendezvous.isStoppedHere();
    }

    /** Does something in turn with others that do so, which may wait for all vCPUs to stop. */
    <T> T exclusively(Supplier<T> action) {
        return rendezvous.exclusively(action);
    }

    /** Has something done for each vCPU between two of its instructions; returns when it is done. */
    void everywhere(Consumer<Vcpu> action) {
        vcpus.forEach(vcpu -> vcpu.perform(() -> action.accept(vcpu)));
    }

    /** On a thread that waits for others: does what they may be waiting for. */
    void attend() {
        rendezvous.attend();
    }

    // Memory slots (KVM_SET_USER_MEMORY_REGION, KVM_GET_DIRTY_LOG). A change stops all vCPUs for a moment.

    /**
     * Adds a memory slot.
     *
     * @param slot its number, which is not that of another slot
     * @param guestPhysAddr its first guest real address, a multiple of 4096
     * @param backing what it shows; it stays the caller's, to be closed after this VM or after the slot's removal
     * @throws IllegalArgumentException if the number or an address is taken, or the range is not one of guest real
     *     addresses; nothing has changed then
     */
    public void addMemorySlot(int slot, long guestPhysAddr, MemoryBacking backing, Set<MemorySlot.Flag> flags) {
        whileStopped(() -> memory.add(slot, guestPhysAddr, backing, flags));
    }

    /**
     * Moves a memory slot, with what it shows, to another guest real address.
     *
     * @throws IllegalArgumentException as for {@link #addMemorySlot}, or if there is no such slot
     */
    public void moveMemorySlot(int slot, long guestPhysAddr) {
        whileStopped(() -> {
            memory.slot(slot).ifPresent(changed -> vcpus.forEach(vcpu -> vcpu.storageChanges(changed)));
            memory.move(slot, guestPhysAddr);
        });
    }

    /**
     * Removes a memory slot: its addresses have no storage from now on.
     *
     * @throws IllegalArgumentException if there is no such slot
     */
    public void removeMemorySlot(int slot) {
        whileStopped(() -> {
            memory.slot(slot).ifPresent(changed -> vcpus.forEach(vcpu -> vcpu.storageChanges(changed)));
            memory.remove(slot);
        });
    }

    /**
     * Begins or ends logging of the pages of a memory slot that are written; at the beginning none is dirty.
     *
     * @throws IllegalArgumentException if there is no such slot
     */
    public void logDirtyPages(int slot, boolean wanted) {
        whileStopped(() -> {
            memory.logDirtyPages(slot, wanted);
            memory.slot(slot).ifPresent(logged -> vcpus.forEach(vcpu -> vcpu.watchStores(logged)));
        });
    }

    /**
     * Takes the pages of a memory slot that have been written, by the guest or for it, since the last time.
     *
     * @return a bit for each 4 KiB page of the slot, the first the least significant of the first word
     * @throws IllegalArgumentException if there is no such slot, or it does not log dirty pages
     */
    public long[] takeDirtyLog(int slot) {
        List<long[]> taken = new ArrayList<>();
        whileStopped(() -> {
            taken.add(memory.takeDirtyLog(slot));
            memory.slot(slot).ifPresent(logged -> vcpus.forEach(vcpu -> vcpu.watchStores(logged)));
        });
        return taken.getFirst();
    }

    /** The XICS interrupt controller, which a guest begins with. */
    public Xics xics() {
        return interrupts.xics();
    }

    /** The interrupt controllers, of which one is active. */
    public PartitionInterrupts interrupts() {
        return interrupts;
    }

    /** Interrupts that others than the VM's own devices raise. */
    public IrqEvents irqEvents() {
        return irqEvents;
    }

    /** The devices of this VM that are accessed by guest real address, and the I/O events. */
    public IoBus io() {
        return io;
    }

    /** The hypercalls answered without an exit. */
    public HypercallTable hypercalls() {
        return hypercalls;
    }

    /**
     * The vCPU of a number.
     *
     * @throws IllegalArgumentException if there is none
     */
    public Vcpu vcpu(int number) {
        return find(number).orElseThrow(() -> {
            List<Vcpu> all = vcpus();
            boolean isGapless = all.getLast().server() == all.size() - 1;
            return new IllegalArgumentException("no vCPU " + number + ": this VM has "
                    + (isGapless
                            ? all.size() + ", numbered from 0"
                            : all.stream()
                                    .map(vcpu -> String.valueOf(vcpu.server()))
                                    .collect(Collectors.joining(", "))));
        });
    }

    /** The vCPU of a number, if there is one. */
    Optional<Vcpu> find(long number) {
        return number >= 0 && number < present.length() ? present.get((int) number) : Optional.empty();
    }

    /** All vCPUs that there are, by number. */
    public List<Vcpu> vcpus() {
        return IntStream.range(0, present.length())
                .mapToObj(present::get)
                .flatMap(Optional::stream)
                .toList();
    }

    /**
     * Adds a vCPU to those that there are (KVM_CREATE_VCPU), while others may run. Its registers are as after power-on, and it
     * translates as the others do.
     *
     * @param number one that the topology has room for
     * @throws IllegalArgumentException if it has not, or there is a vCPU of that number
     */
    public Vcpu addVcpu(int number) {
        List<Vcpu> added = new ArrayList<>();
        whileStopped(() -> {
            if (number < 0 || number >= present.length() || find(number).isPresent()) {
                throw new IllegalArgumentException("vCPU " + number + ": "
                        + (number < 0 || number >= present.length()
                                ? "the topology has room for " + present.length() + ", numbered from 0"
                                : "it is there already"));
            }
            Vcpu like = vcpus.getFirst();
            Optional<Vcpu> retired =
                    vcpus.stream().filter(vcpu -> vcpu.server() == number).findFirst();
            Vcpu vcpu = retired.orElseGet(() -> make(number));
            if (retired.isPresent()) {
                vcpu.comeBack();
            }
            vcpu.translateAs(like);
            if (pageTable.current().isPresent()) {
                pageTable.forgetAll();
            }
            makePresent(vcpu);
            added.add(vcpu);
        });
        return added.getFirst();
    }

    /**
     * Takes a vCPU away, which nobody runs any more. The guest cannot name it from now on. The host memory of its translations
     * is kept for when it is added again.
     *
     * @throws IllegalArgumentException if there is no such vCPU, or it is the only one
     */
    public void removeVcpu(int number) {
        Vcpu vcpu = vcpu(number);
        whileStopped(() -> {
            if (vcpus().equals(List.of(vcpu))) {
                throw new IllegalArgumentException("vCPU " + number + ": a VM has at least one");
            }
            present.set(number, Optional.empty());
            interrupts.disconnect(number);
        });
        vcpu.retire();
    }

    /** What runs guest code: the evaluator also where the native engine was asked for and is not to be had. */
    public EngineMode engine() {
        return engines.used();
    }

    /** Why guest code is run by the evaluator though native code was asked for; empty if it is not. */
    public Optional<String> engineRemark() {
        return engines.remark();
    }

    long random() {
        return clock == ClockMode.VIRTUAL ? sequence.nextLong() : random.nextLong();
    }

    Trace trace() {
        return trace;
    }

    boolean allowsAil3() {
        return ail3;
    }

    boolean machineChecksLeave() {
        return machineChecksLeave;
    }

    long systemResetEntry(Vcpu vcpu) {
        return systemResetEntry.applyAsLong(vcpu);
    }

    /**
     * Has system resets of the guest go elsewhere than to their vector.
     *
     * @param entry called on the thread of the vCPU when it takes one, with SRR0 and SRR1 set; it gives the address of the
     *     handler, and may change the general registers
     */
    public void onSystemReset(ToLongFunction<Vcpu> entry) {
        systemResetEntry = entry;
    }

    /**
     * How much of a capability this VM has (KVM_CHECK_EXTENSION): 0 for nothing, 1 for what is either there or not, or a
     * number or bit mask as the capability says.
     */
    public int check(Capability capability) {
        return capabilities.check(capability);
    }

    /**
     * Turns on or off something that a VM may have or not (KVM_ENABLE_CAP). To be called before the guest runs.
     *
     * @param arguments as the capability says
     * @throws IllegalArgumentException if it cannot be enabled, or not with these arguments; nothing has changed then
     */
    public void enable(Capability capability, long... arguments) {
        capabilities.enable(capability, arguments);
    }

    /** What has led out of guest code, by kind and cause, and how often, for all vCPUs. Any thread. */
    public List<ExitCount> exits() {
        Map<ExitKind, Map<String, Long>> sums = new EnumMap<>(ExitKind.class);
        for (Vcpu vcpu : vcpus) {
            for (ExitCount exit : vcpu.exits()) {
                sums.computeIfAbsent(exit.kind(), kind -> new LinkedHashMap<>())
                        .merge(exit.cause(), exit.count(), Long::sum);
            }
        }
        List<ExitCount> all = new ArrayList<>();
        sums.forEach((kind, causes) -> causes.forEach((cause, n) -> all.add(new ExitCount(kind, cause, n))));
        return all;
    }

    /** Ways out of guest code by kind, and hypercalls answered inside by name. */
    public Map<String, Long> exitCounts() {
        Map<String, Long> counts = new TreeMap<>(hypercalls.counts());
        vcpus.forEach(vcpu -> vcpu.addExitCounts(counts));
        return counts;
    }

    /** Interrupts taken, by vector name. */
    public Map<String, Long> interruptCounts() {
        Map<String, Long> counts = new TreeMap<>();
        for (Vcpu vcpu : vcpus) {
            vcpu.interruptCounts().forEach((interrupt, n) -> counts.merge(interrupt.name(), n, Long::sum));
        }
        return counts;
    }

    /** Of all vCPUs together. */
    public long instructionsCompleted() {
        return sum(Vcpu::instructionsCompleted);
    }

    /** Blocks translated. */
    public long translations() {
        return sum(Vcpu::translations);
    }

    /** What the engines and the TLBs have counted, by names for people. */
    public Map<String, Long> engineCounts() {
        Map<String, Long> counts = new TreeMap<>();
        for (Vcpu vcpu : vcpus) {
            vcpu.engineCounts()
                    .forEach((name, n) -> counts.merge(name, n, name.contains("longest") ? Math::max : Long::sum));
        }
        return counts;
    }

    /** Bytes of host code in use. */
    public long codeBytes() {
        return sum(Vcpu::codeBytes);
    }

    private long sum(ToLongFunction<Vcpu> of) {
        return vcpus.stream().mapToLong(of).sum();
    }

    /** CPU time of the whole process, in seconds; 0 where the host does not tell. */
    public double cpuSeconds() {
        return ProcessHandle.current()
                        .info()
                        .totalCpuDuration()
                        .orElse(Duration.ZERO)
                        .toNanos()
                / 1e9;
    }

    /** Gives all host memory back. No vCPU may be running. */
    @Override
    public void close() {
        timers.close();
        vcpus.forEach(Vcpu::close);
        engines.close();
        pageTable.close();
        arena.close();
        memory.close();
    }

    /** Describes a VM. */
    public static final class Builder {
        private Supplier<GuestMemory> memory = () -> GuestMemory.allocate(1L << 30);
        private ProcessorModel processor = ProcessorModel.POWER9;
        private MmuMode mmu = MmuMode.AUTO;
        private ClockMode clock = ClockMode.HOST;
        private ProcessorTopology topology = ProcessorTopology.SINGLE;
        private EngineMode engine = EngineMode.NATIVE;
        private long codeCacheBytes = DEFAULT_CODE_CACHE;
        private Optional<Engines.TranslationDirectory> translations = Optional.empty();
        private Optional<HostCodeListener> codeListener = Optional.empty();
        private Trace trace = Trace.NONE;

        private Builder() {}

        /**
         * Guest memory in bytes, a multiple of 4096: memory slot 0, at address 0. 1 GiB by default; 0 for none, so that
         * all slots are added later.
         */
        public Builder memoryBytes(long bytes) {
            memory = () -> bytes == 0 ? GuestMemory.empty() : GuestMemory.allocate(bytes);
            return this;
        }

        /** Memory slot 0, at address 0, shows this memory, which the VM closes with itself. */
        public Builder memory(MemoryBacking backing) {
            memory = () -> GuestMemory.of(backing);
            return this;
        }

        /**
         * How the guest's supervisor state is run; {@link VmKind#HV} by default.
         *
         * @throws IllegalArgumentException for {@link VmKind#PR}, which this version does not have
         */
        public Builder kind(VmKind kind) {
            if (kind == VmKind.PR) {
                throw new IllegalArgumentException(
                        "VM kind PR: this version runs guests in hypervisor mode only; use HV or DEFAULT");
            }
            return this;
        }

        /** The processor; POWER9 by default. */
        public Builder processor(ProcessorModel model) {
            processor = model;
            return this;
        }

        /** The vCPUs; by default there is one. */
        public Builder topology(ProcessorTopology cores) {
            topology = cores;
            return this;
        }

        /** Which kinds of address translation the guest may use; by default all that the processor has. */
        public Builder mmu(MmuMode mode) {
            mmu = mode;
            return this;
        }

        private MmuMode mmu() {
            if (mmu == MmuMode.RADIX && !processor.radix()) {
                throw new IllegalArgumentException(processor + " has no translation by radix tree");
            }
            return mmu;
        }

        /** Where time comes from; the host by default. */
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
         * How much memory host code of each vCPU may take; {@link #DEFAULT_CODE_CACHE} by default. It is used as needed.
         *
         * @throws IllegalArgumentException if it is less than {@link #MINIMUM_CODE_CACHE} or more than {@link #MAXIMUM_CODE_CACHE}
         */
        public Builder codeCacheBytes(long bytes) {
            if (bytes < MINIMUM_CODE_CACHE || bytes > MAXIMUM_CODE_CACHE) {
                throw new IllegalArgumentException("a code cache of " + bytes + " bytes: give from "
                        + MINIMUM_CODE_CACHE + " to " + MAXIMUM_CODE_CACHE);
            }
            codeCacheBytes = bytes & -4096;
            return this;
        }

        /**
         * Where host code is kept from one run to the next; nowhere by default. It is used only for guest code that is the
         * same as that it was made from, by the same version of Wattle, on a processor with the same extensions.
         *
         * @param problems told in one line, once, if the folder cannot be used; the VM does without then
         */
        public Builder translationCache(Path directory, Consumer<String> problems) {
            translations = Optional.of(new Engines.TranslationDirectory(directory, problems));
            return this;
        }

        /** Who is told of exits, hypercalls and interrupts as they happen; nobody by default. */
        public Builder trace(Trace listener) {
            trace = listener;
            return this;
        }

        /** Who is told of host code that is made, such as a profiler's map; nobody by default. */
        public Builder hostCodeListener(HostCodeListener listener) {
            codeListener = Optional.of(listener);
            return this;
        }

        /**
         * Makes the VM.
         *
         * @throws OutOfMemoryError if the host cannot reserve the memory
         * @throws IllegalArgumentException if the processor cannot translate as asked, or several vCPUs shall have a virtual
         *     clock: how far each gets would depend on the host
         */
        public Vm build() {
            if (clock == ClockMode.VIRTUAL && topology.possibleVcpus() > 1) {
                throw new IllegalArgumentException(
                        topology.possibleVcpus() + " vCPUs with a virtual clock: it counts the instructions"
                                + " of one; use one vCPU, or the host's clock");
            }
            return new Vm(this);
        }
    }
}
