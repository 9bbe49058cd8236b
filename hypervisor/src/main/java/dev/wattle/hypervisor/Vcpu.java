// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import dev.wattle.engine.Engine;
import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.engine.memory.MemorySlot;
import dev.wattle.hypervisor.io.IoBus;
import dev.wattle.hypervisor.irq.InterruptMode;
import dev.wattle.hypervisor.papr.area.ProcessorAreas;
import dev.wattle.hypervisor.papr.hcall.HypercallContext;
import dev.wattle.hypervisor.papr.hcall.ReturnCode;
import dev.wattle.hypervisor.papr.xive.ThreadContext;
import dev.wattle.power.mmu.HashPageTable;
import dev.wattle.power.mmu.PageSizes;
import dev.wattle.power.processor.GuestDebug;
import dev.wattle.power.processor.Interrupt;
import dev.wattle.power.processor.Interrupts;
import dev.wattle.power.processor.Msr;
import dev.wattle.power.processor.PlatformCalls;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.ProcessorGroup;
import dev.wattle.power.processor.Spr;
import dev.wattle.power.processor.State;
import dev.wattle.power.processor.TimeBase;
import dev.wattle.power.processor.TranslatedAddress;
import dev.wattle.power.translate.PowerFrontEnd;
import java.lang.foreign.Arena;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * A virtual processor: runs guest code on the thread that calls {@link #run}, until something needs the machine.
 *
 * <p>Registers may be read and written between two runs, by the thread that runs it. {@link #kick} and the interrupt
 * inputs are for any thread.
 */
public final class Vcpu implements HypercallContext, AutoCloseable {
    private static final long LPCR_ILE = 1L << (63 - 38);
    private static final long[] NO_ARGUMENTS = {};
    private static final long LPCR_VPM0 = 1L << 63;
    private static final int LPCR_VRMASD_SHIFT = 47;
    private static final long LPCR_VRMASD = 0x1fL << LPCR_VRMASD_SHIFT;
    private static final long LPCR_UPRT = 1L << 22;
    private static final long LPCR_HR = 1L << 20;
    private static final long LPCR_GTSE = 1L << 10;

    private static final long DEADLINE_NONE = Long.MAX_VALUE;

    private final Vm vm;
    private final int number;
    /** For this package's tests, too. */
    final PowerProcessor processor;

    private final Engine engine;
    private final TimeBase time;
    private final boolean virtual;
    private final DecrementerTimer timer;
    private final AtomicBoolean kicked = new AtomicBoolean();
    private final AtomicBoolean prodded = new AtomicBoolean();
    private final ExitCounters counters = new ExitCounters();
    private final Runnable withdrawDecrementer;
    private volatile Thread thread = Thread.currentThread();
    /** Held by the thread that runs guest code, or acts in its place. */
    private final ReentrantLock running = new ReentrantLock();

    private final VcpuTasks tasks = new VcpuTasks();
    private final HaltPolling polling;
    private final boolean isTraced;
    private boolean hypercallPending;
    private boolean machineCheckPending;
    private volatile boolean online = true;
    private final MmioAccesses mmio = new MmioAccesses();
    private final ProcessorAreas areas;
    private final CoreDoorbells doorbells;
    private final LongSupplier now = this::timeBase;
    /** KVM_REG_PPC_ARCH_COMPAT: for whoever reads it. */
    long compatibility;

    Vcpu(Vm vm, int number, Arena arena, ProcessorGroup group, PowerFrontEnd frontEnd, TimeBase time, Engines engines) {
        this.vm = vm;
        this.number = number;
        polling = new HaltPolling(vm.awake(), Runtime.getRuntime().availableProcessors());
        this.time = time;
        virtual = vm.clock() == ClockMode.VIRTUAL;
        isTraced = vm.trace() != Trace.NONE;
        areas = new ProcessorAreas(vm.memory());
        doorbells = new CoreDoorbells(vm, number);
        processor = new PowerProcessor(arena, vm.processor(), vm.memory(), group, frontEnd, time, new Platform());
        engine = engines.engine(processor, frontEnd);
        withdrawDecrementer = () -> processor.interrupts().withdraw(PowerProcessor.PENDING_DECREMENTER);
        timer = vm.timers().timer(() -> raise(PowerProcessor.PENDING_DECREMENTER));
        powerOn();
    }

    private void powerOn() {
        processor.setSpr(Spr.PVR, vm.processor().pvr());
        processor.setSpr(Spr.LPCR, vm.processor().guestLpcr());
        processor.setSpr(Spr.FSCR, vm.processor().guestFscr());
        processor.setSpr(Spr.CTRL, 1);
        processor.setSpr(Spr.PIR, number);
        processor.setSpr(Spr.TIR, number % vm.topology().threads());
        if (vm.mmu() == MmuMode.RADIX) {
            translateBy(0, true, true);
        }
        processor.contextChanged();
    }

    /** Not to be run any more, until {@link #comeBack}: nothing is due, and no areas are there. */
    void retire() {
        timer.clear();
        areas.clear();
        online = false;
    }

    /** After {@link #retire}: as after power-on. */
    void comeBack() {
        kicked.set(false);
        prodded.set(false);
        hypercallPending = false;
        machineCheckPending = false;
        mmio.clear();
        online = true;
        compatibility = 0;
        processor.reset();
        powerOn();
    }

    /** Has the same in force of what all vCPUs of a partition share: LPCR and process table. */
    void translateAs(Vcpu other) {
        setOwnLpcrBits(-1, other.processor.spr(Spr.LPCR));
        processor.radix().adopt(other.processor.radix());
        processor.translationChanged();
    }

    /**
     * Runs the guest.
     *
     * @return why it stopped; run again to go on
     */
    public Exit run() {
        return runUntil(Long.MAX_VALUE);
    }

    /**
     * Runs the guest, but not much beyond a number of instructions: to the end of the block in which they complete. That is
     * promised under {@link ClockMode#VIRTUAL} alone: with the host's clock, host code looks at the number only now and then,
     * and may reach an exit before.
     *
     * @param completed how many instructions are to be completed, counted from the start of the vCPU
     * @return why it stopped: {@link Exit.Interrupted} if the number is reached
     */
    public Exit runUntil(long completed) {
        running.lock();
        try {
            polling.begin();
            processor.resume();
            return runLocked(completed);
        } finally {
            processor.pause();
            polling.end();
            tasks.perform();
            running.unlock();
        }
    }

    /**
     * Has something done between two instructions of this vCPU: by its thread if it runs, by the calling one otherwise.
     * Returns when it is done. Any thread.
     */
    void perform(Runnable action) {
        FutureTask<Boolean> task = tasks.add(action);
        processor.request(PowerProcessor.PENDING_TASK);
        LockSupport.unpark(thread);
        boolean interrupted = false;
        try {
            while (!task.isDone()) {
                if (running.tryLock()) {
                    try {
                        tasks.perform();
                    } finally {
                        running.unlock();
                    }
                } else {
                    vm.attend();
                    // Short: it may be leaving guest mode, and have looked for tasks before there was this one.
                    interrupted |= !VcpuTasks.await(task);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        VcpuTasks.rethrow(task);
    }

    /** Heeds that a memory slot will not be where it is, but still is now. Not while guest code is executed. */
    void storageChanges(MemorySlot slot) {
        processor.storageChanges(slot.guestPhysAddr(), slot.memorySize());
    }

    /** Has the next store to each page of a slot noticed. Not while guest code is executed. */
    void watchStores(MemorySlot slot) {
        processor.watchStores(slot.guestPhysAddr(), slot.memorySize());
    }

    /** If the calling thread is in the middle of running this vCPU: does what others wait for. */
    void attend() {
        if (running.isHeldByCurrentThread()) {
            processor.heed();
            tasks.perform();
        }
    }

    private Optional<Halt> halt = Optional.empty();

    /**
     * Brings the vCPU to a stop until {@link #release}. One thread at a time.
     *
     * @param meanwhile done again and again by the calling thread until it stands
     */
    void halt(Runnable meanwhile) {
        if (running.tryLock()) {
            return;
        }
        Halt stay = new Halt();
        tasks.add(stay::stay);
        processor.request(PowerProcessor.PENDING_TASK);
        LockSupport.unpark(thread);
        while (!stay.hasBegun()) {
            meanwhile.run();
            if (running.tryLock()) {
                if (stay.cancel()) {
                    return;
                }
                // It has come to stand, or is about to: it is not this thread that may hold the lock then.
                running.unlock();
            }
        }
        halt = Optional.of(stay);
    }

    /** Lets the vCPU go on, on the thread that has called {@link #halt}. */
    void release() {
        if (halt.isPresent()) {
            Halt stay = halt.get();
            halt = Optional.empty();
            stay.end();
        } else {
            running.unlock();
        }
    }

    private Exit runLocked(long completed) {
        Optional<GuestDebug.Event> earlier = processor.debugging().take();
        if (earlier.isPresent()) {
            return debug(earlier.get());
        }
        thread = Thread.currentThread();
        if ((processor.msr() & ~processor.model().msrMask()) != 0) {
            return count(
                    ExitKind.FAIL_ENTRY,
                    new Exit.FailEntry("MSR 0x" + Long.toHexString(processor.msr())
                            + ": it has bits that this processor does not have"));
        }
        if (kicked.getAndSet(false)) {
            return count(ExitKind.INTERRUPTED, new Exit.Interrupted());
        }
        areas.dispatch(now, ProcessorAreas.Dispatch.FIRMWARE, processor.nia(), processor.msr());
        Exit exit = runDispatched(completed);
        // Runs that must repeat may be interrupted at any time without the guest's knowledge.
        if (!virtual || !(exit instanceof Exit.Interrupted)) {
            areas.yield(now, ProcessorAreas.Preemption.FIRMWARE);
        }
        return exit;
    }

    private Exit runDispatched(long completed) {
        while (true) {
            processor.stopAt(completed);
            try {
                engine.run();
            } catch (RuntimeException | LinkageError | StackOverflowError e) {
                return count(ExitKind.INTERNAL_ERROR, new Exit.InternalError(describe(e)));
            }
            if (hypercallPending) {
                hypercallPending = false;
                counters.hypercall(processor.gpr(3), false);
                return exit(new Exit.PaprHcall(processor.gpr(3), arguments()));
            }
            if (machineCheckPending) {
                machineCheckPending = false;
                return count(ExitKind.NMI, new Exit.Nmi(Exit.Nmi.NOT_RECOVERED));
            }
            Optional<Exit.Mmio> access = mmio.take();
            if (access.isPresent()) {
                counters.count(ExitKind.MMIO, access.get().isWrite() ? ExitCounters.STORE : ExitCounters.LOAD);
                return exit(access.get());
            }
            Optional<GuestDebug.Event> stop = processor.debugging().take();
            if (stop.isPresent()) {
                return debug(stop.get());
            }
            if (kicked.getAndSet(false)) {
                return count(ExitKind.INTERRUPTED, new Exit.Interrupted());
            }
            if (instructionsCompleted() >= completed) {
                return new Exit.Interrupted();
            }
        }
    }

    /**
     * Compares architected state with that of another vCPU.
     *
     * @return the first register that differs, with both values, or an empty string
     */
    public String difference(Vcpu other) {
        return processor.difference(other.processor);
    }

    /** The guest code from the address of the next instruction on, as text, if it can be fetched. */
    public String code(int instructions) {
        return processor.code(instructions);
    }

    private Exit debug(GuestDebug.Event stop) {
        counters.count(ExitKind.DEBUG, stop.cause().ordinal());
        return exit(new Exit.Debug(stop.cause(), stop.address()));
    }

    private long[] arguments() {
        long[] arguments = new long[9];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = processor.gpr(4 + i);
        }
        return arguments;
    }

    private Exit count(ExitKind kind, Exit exit) {
        counters.count(kind);
        return exit(exit);
    }

    private Exit exit(Exit exit) {
        if (isTraced) {
            vm.trace().exit(server(), processor.nia(), exit);
        }
        return exit;
    }

    private String describe(Throwable e) {
        return "internal error at guest address " + Long.toHexString(processor.cia()) + ": " + e + " at "
                + (e.getStackTrace().length > 0 ? e.getStackTrace()[0] : "?") + System.lineSeparator()
                + registers();
    }

    /** The registers as text, for reports about a guest that went wrong. */
    public String registers() {
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                "NIA %016x MSR %016x LR %016x CTR %016x XER %08x CR %08x%n",
                processor.nia(),
                processor.msr(),
                processor.slot(State.LR),
                processor.slot(State.CTR),
                processor.xer(),
                processor.crWord()));
        for (int i = 0; i < 32; i++) {
            text.append(String.format("GPR%02d %016x%s", i, processor.gpr(i), i % 4 == 3 ? "\n" : " "));
        }
        text.append(String.format(
                "SRR0 %016x SRR1 %016x DAR %016x DSISR %08x",
                processor.spr(Spr.SRR0), processor.spr(Spr.SRR1), processor.spr(Spr.DAR), processor.spr(Spr.DSISR)));
        return text.toString();
    }

    /** Makes {@link #run} return {@link Exit.Interrupted} soon, or at its next call. Any thread. */
    public void kick() {
        kicked.set(true);
        processor.request(PowerProcessor.PENDING_LEAVE);
        LockSupport.unpark(thread);
    }

    void raise(long bit) {
        processor.interrupts().request(bit);
        LockSupport.unpark(thread);
    }

    /** Drives the external interrupt input; it is a level. Any thread. */
    public void external(boolean asserted) {
        if (asserted) {
            raise(PowerProcessor.PENDING_EXTERNAL);
        } else {
            processor.interrupts().withdraw(PowerProcessor.PENDING_EXTERNAL);
        }
    }

    public void setGpr(int n, long value) {
        processor.setGpr(n, value);
    }

    public long gpr(int n) {
        return processor.gpr(n);
    }

    /** Sets the address of the next instruction. */
    public void setNia(long ea) {
        processor.setNia(ea);
    }

    public long nia() {
        return processor.nia();
    }

    public void setMsr(long value) {
        processor.setMsr(value);
    }

    public long msr() {
        return processor.msr();
    }

    /**
     * Reads a register, of up to 64 bits or the right half of a wider one. Between two runs, or while the vCPU is stopped
     * ({@link Vm#whileStopped}).
     *
     * @throws IllegalStateException if the vCPU is running, or does not have the register now
     */
    public long get(Register register) {
        return value(register).low();
    }

    /**
     * Reads a register.
     *
     * @throws IllegalStateException as for {@link #get}
     */
    public RegisterValue value(Register register) {
        return stopped("register " + register, () -> register.read(this));
    }

    /**
     * Writes a register of up to 64 bits.
     *
     * @throws IllegalStateException as for {@link #get}
     * @throws IllegalArgumentException if the register cannot have this value
     */
    public void set(Register register, long value) {
        set(register, RegisterValue.of(value));
    }

    /**
     * Writes a register.
     *
     * @throws IllegalStateException as for {@link #get}
     * @throws IllegalArgumentException as for {@link #set(Register, long)}
     */
    public void set(Register register, RegisterValue value) {
        stopped("register " + register, () -> {
            register.write(this, value);
            return value;
        });
    }

    /**
     * The registers of {@link Register#all} that this vCPU has now, in the same order (KVM_GET_REG_LIST): of those of interrupt controllers,
     * ICP_STATE with XICS and VP_STATE with XIVE.
     */
    public List<Register> registerList() {
        InterruptMode active = interruptMode();
        return Register.all().stream()
                .filter(register -> register.isPresent(active))
                .toList();
    }

    /**
     * The valid entries of the segment lookaside buffer (KVM_GET_SREGS).
     *
     * @throws IllegalStateException as for {@link #get}
     */
    public List<SegmentEntry> segments() {
        return stopped("segments", () -> SegmentEntry.read(processor));
    }

    /**
     * Gives the segment lookaside buffer these entries; the others are invalid then (KVM_SET_SREGS).
     *
     * @throws IllegalStateException as for {@link #get}
     * @throws IllegalArgumentException if {@code slbmte} would refuse one, or two have the same number; nothing has changed
     *     then
     */
    public void setSegments(List<SegmentEntry> entries) {
        stopped("segments", () -> {
            SegmentEntry.write(processor, entries);
            return entries;
        });
    }

    /** Looks at the processor's state, which must not run meanwhile. */
    private <T> T stopped(String what, Supplier<T> action) {
        if (vm.isStoppedHere()) {
            return action.get();
        }
        if (!running.tryLock()) {
            throw new IllegalStateException(what + " of a vCPU that is running: kick it, or use whileStopped");
        }
        try {
            return action.get();
        } finally {
            running.unlock();
        }
    }

    /**
     * Translates an effective address as a load of the guest would now (KVM_TRANSLATE), without changing anything.
     *
     * @return empty if the load would be interrupted
     * @throws IllegalStateException as for {@link #get}
     */
    public Optional<TranslatedAddress> translate(long ea) {
        return stopped("address translation", () -> processor.lookUp(ea));
    }

    /** Has the vCPU stop for a debugger from its next run on; {@link GuestDebug#NONE} for no more. */
    public void setGuestDebug(GuestDebug debug) {
        perform(() -> processor.debugging().set(debug));
    }

    /**
     * The byte order of the guest's interrupt handlers (LPCR[ILE]): what devices whose fields are in "the guest's order" go
     * by. Any thread.
     */
    public ByteOrder interruptByteOrder() {
        return (processor.spr(Spr.LPCR) & LPCR_ILE) != 0 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    }

    /** The version of the Power ISA that it executes: 207 or 300. */
    public int isa() {
        return processor.model().isa();
    }

    /** Guest instructions completed. */
    public long instructionsCompleted() {
        return processor.slot(Slots.COMPLETED);
    }

    Map<String, Long> engineCounts() {
        Map<String, Long> counts = new TreeMap<>(engine.counts());
        counts.putAll(processor.tlbCounts());
        return counts;
    }

    long codeBytes() {
        return engine.codeBytes();
    }

    long translations() {
        return processor.codeCache().translations();
    }

    Map<Interrupt, Long> interruptCounts() {
        return new EnumMap<>(processor.interrupts().counts());
    }

    /** What has led out of guest code, and how often. Any thread. */
    public List<ExitCount> exits() {
        List<ExitCount> all = counters.all();
        interruptCounts().forEach((interrupt, n) -> all.add(new ExitCount(ExitKind.INTERRUPT, interrupt.name(), n)));
        return all;
    }

    void addExitCounts(Map<String, Long> counts) {
        for (ExitKind kind : ExitKind.values()) {
            long n = counters.of(kind);
            if (n != 0) {
                counts.merge(kind.name(), n, Long::sum);
            }
        }
    }

    // What hypercalls may do

    @Override
    public long argument(int index) {
        return processor.gpr(4 + index);
    }

    @Override
    public void result(int index, long value) {
        processor.setGpr(4 + index, value);
    }

    @Override
    public GuestMemory memory() {
        return vm.memory();
    }

    @Override
    public boolean allowsAil3() {
        return vm.allowsAil3();
    }

    @Override
    public IoBus io() {
        return vm.io();
    }

    @Override
    public int server() {
        return number;
    }

    @Override
    public <T> T exclusively(Supplier<T> action) {
        return vm.exclusively(action);
    }

    @Override
    public long timeBase() {
        return processor.time().read(processor);
    }

    @Override
    public long random() {
        return vm.random();
    }

    @Override
    public void setLpcrBits(long mask, long value) {
        vm.everywhere(vcpu -> vcpu.setOwnLpcrBits(mask, value));
    }

    private void setOwnLpcrBits(long mask, long value) {
        processor.setSpr(Spr.LPCR, processor.spr(Spr.LPCR) & ~mask | value & mask);
        processor.interrupts().entriesChanged();
    }

    @Override
    public void setSpr(int spr, long value) {
        processor.setSpr(spr, value);
    }

    @Override
    public void registerProcessTable(long dword, boolean radix, boolean gtse) {
        vm.everywhere(vcpu -> vcpu.translateBy(dword, radix, gtse));
    }

    private void translateBy(long dword, boolean radix, boolean gtse) {
        setOwnLpcrBits(LPCR_HR | LPCR_UPRT, radix ? LPCR_HR | LPCR_UPRT : 0);
        setOwnLpcrBits(LPCR_GTSE, gtse ? LPCR_GTSE : 0);
        if (!radix) {
            processor.radix().deactivate();
        } else if (dword == 0) {
            processor.radix().reset();
        } else {
            processor.radix().processTable(dword);
        }
        processor.translationChanged();
    }

    @Override
    public void allowInvalidation(boolean gtse) {
        setLpcrBits(LPCR_GTSE, gtse ? LPCR_GTSE : 0);
    }

    @Override
    public boolean isRadix() {
        return processor.radix().isActive();
    }

    @Override
    public boolean hasRadix() {
        return vm.processor().radix() && vm.mmu() != MmuMode.HASH;
    }

    @Override
    public void forgetProcess(long pid) {
        processor.everywhere(each -> each.invalidateProcess(pid));
    }

    @Override
    public void forgetPage(long pid, long ea, long bytes) {
        processor.everywhere(each -> each.invalidatePage(pid, ea, bytes));
    }

    /** Translates by a hash page table, real mode as well, or no longer. */
    void hashPageTable(Optional<HashPageTable> table, int vrmaBase) {
        long vrmasd = PageSizes.slbEncoding(vrmaBase) << LPCR_VRMASD_SHIFT - 4;
        setOwnLpcrBits(LPCR_VPM0 | LPCR_VRMASD, table.isPresent() ? LPCR_VPM0 | vrmasd : 0);
        processor.hashPageTable(table, vrmaBase);
    }

    @Override
    public void cede() {
        counters.count(ExitKind.CEDE);
        processor.setMsr(processor.msr() | Msr.EE);
        areas.yield(now, ProcessorAreas.Preemption.CEDE);
        dispatchAfterWait(idle());
    }

    private void dispatchAfterWait(boolean isProdded) {
        areas.dispatch(
                now, isProdded ? ProcessorAreas.Dispatch.PROD : reasonOfDispatch(), processor.nia(), processor.msr());
    }

    private ProcessorAreas.Dispatch reasonOfDispatch() {
        Interrupts interrupts = processor.interrupts();
        if (interrupts.isRequested(PowerProcessor.PENDING_SYSTEM_RESET)) {
            return ProcessorAreas.Dispatch.SYSTEM_RESET;
        }
        if (interrupts.isRequested(PowerProcessor.PENDING_EXTERNAL)) {
            return ProcessorAreas.Dispatch.EXTERNAL_INTERRUPT;
        }
        if (interrupts.isRequested(PowerProcessor.PENDING_DECREMENTER)) {
            return ProcessorAreas.Dispatch.DECREMENTER;
        }
        return interrupts.isRequested(PowerProcessor.PENDING_DOORBELL)
                ? ProcessorAreas.Dispatch.PRIVILEGED_DOORBELL
                : ProcessorAreas.Dispatch.FIRMWARE;
    }

    @Override
    public ProcessorAreas areas(int server) {
        return vm.vcpu(server).areas;
    }

    /** The areas that are registered for this vCPU. */
    public ProcessorAreas areas() {
        return areas;
    }

    long presentation() {
        return vm.xics().presentation(server());
    }

    void setPresentation(long state) {
        vm.xics().setPresentation(server(), state);
    }

    InterruptMode interruptMode() {
        return vm.interrupts().mode();
    }

    /** While XIVE is active. */
    ThreadContext threadContext() {
        return vm.interrupts().xive().orElseThrow().context(server());
    }

    @Override
    public void join() {
        counters.count(ExitKind.CEDE);
        processor.pause();
        areas.yield(now, ProcessorAreas.Preemption.CEDE);
        boolean isProdded = false;
        while (!(isProdded = prodded.getAndSet(false))
                && !kicked.get()
                && !processor.interrupts().isRequested(PowerProcessor.PENDING_SYSTEM_RESET)) {
            LockSupport.park(this);
            tasks.perform();
        }
        wake();
        dispatchAfterWait(isProdded);
    }

    @Override
    public boolean isOnline(int server) {
        return vm.find(server).map(vcpu -> vcpu.online).orElse(false);
    }

    /** Says whether the vCPU takes part in the partition (KVM_REG_PPC_ONLINE), whoever runs it. Any thread. */
    public void setOnline(boolean wanted) {
        online = wanted;
    }

    @Override
    public boolean isExternalEnabled() {
        return (processor.msr() & Msr.EE) != 0;
    }

    @Override
    public boolean prod(int server) {
        Optional<Vcpu> other = vm.find(server);
        other.ifPresent(vcpu -> {
            vcpu.prodded.set(true);
            LockSupport.unpark(vcpu.thread);
        });
        return other.isPresent();
    }

    @Override
    public boolean systemReset(int server) {
        Optional<Vcpu> other = vm.find(server);
        other.ifPresent(vcpu -> vcpu.raise(PowerProcessor.PENDING_SYSTEM_RESET));
        return other.isPresent();
    }

    @Override
    public int serverCount() {
        return vm.topology().possibleVcpus();
    }

    @Override
    public boolean isServer(long server) {
        return vm.find(server).isPresent();
    }

    /**
     * Gives the host thread up until an interrupt is pending, or somebody prods or kicks.
     *
     * @return whether it was prodded
     */
    private boolean idle() {
        processor.pause();
        boolean isProdded = false;
        long start = virtual ? 0 : System.nanoTime();
        if (!virtual) {
            polling.poll(this::hasWork);
        }
        polling.end();
        while (!processor.interrupts().wakes() && !(isProdded = prodded.getAndSet(false)) && !kicked.get()) {
            if (virtual && skipIdleTime()) {
                break;
            }
            LockSupport.park(this);
            tasks.perform();
        }
        polling.begin();
        if (!virtual) {
            polling.waited(System.nanoTime() - start);
        }
        wake();
        return isProdded;
    }

    private boolean hasWork() {
        return processor.interrupts().wakes() || prodded.get() || kicked.get() || tasks.areWaiting();
    }

    private void wake() {
        processor.resume();
        // Whoever raised the interrupt may not have come to set PENDING yet.
        processor.request(PowerProcessor.PENDING_KICK);
    }

    /** Under a virtual clock: goes to the moment when the decrementer is due. */
    private boolean skipIdleTime() {
        long deadline = processor.decrementerDeadline();
        if (deadline == DEADLINE_NONE) {
            return false;
        }
        ((VirtualTimeBase) time).skip(Math.max(0, deadline - processor.completed()));
        processor.setDecrementerDeadline(DEADLINE_NONE);
        processor.interrupts().request(PowerProcessor.PENDING_DECREMENTER);
        return true;
    }

    /** Gives back what the vCPU has of the host. */
    @Override
    public void close() {
        engine.close();
    }

    private final class Platform implements PlatformCalls {
        @Override
        public void hypercall(PowerProcessor p) {
            long number = p.gpr(3);
            if (vm.hypercalls().answers(number)) {
                long[] arguments = isTraced ? arguments() : NO_ARGUMENTS;
                long result = vm.hypercalls().call(number, Vcpu.this);
                // What it has had forgotten is forgotten once it returns.
                p.awaitOthers();
                if (result != ReturnCode.H_TOO_HARD) {
                    counters.hypercall(number, true);
                    p.setGpr(3, result);
                    if (isTraced) {
                        vm.trace().hypercall(server(), p.nia(), number, arguments, result);
                    }
                    return;
                }
            }
            hypercallPending = true;
            p.leave();
        }

        @Override
        public long ioLoad(PowerProcessor p, long ea, long ra, int bytes) {
            OptionalLong value = vm.io().read(ra, bytes, server());
            if (value.isPresent()) {
                counters.count(ExitKind.MMIO_HANDLED, ExitCounters.LOAD);
                return value.getAsLong();
            }
            return access(p, ea, ra, bytes, false, 0).value(ByteOrder.LITTLE_ENDIAN);
        }

        @Override
        public void ioStore(PowerProcessor p, long ea, long ra, int bytes, long value) {
            if (vm.io().write(ra, bytes, value, server())) {
                counters.count(ExitKind.MMIO_HANDLED, ExitCounters.STORE);
                return;
            }
            access(p, ea, ra, bytes, true, value);
        }

        @Override
        public void ioProbe(PowerProcessor p, long ea) {
            // Each access is told apart.
        }

        /** The monitor's answer, if it has given it already; otherwise leaves to ask for it. */
        private Exit.Mmio access(PowerProcessor p, long ea, long ra, int bytes, boolean isWrite, long value) {
            Optional<Exit.Mmio> answer = mmio.answer(p, ra, bytes, isWrite);
            if (answer.isEmpty()) {
                Exit.Mmio access = new Exit.Mmio(ra, new byte[bytes], isWrite);
                access.complete(value, ByteOrder.LITTLE_ENDIAN);
                mmio.ask(p, access);
                throw p.interrupts().leave();
            }
            if (answer.get().isRejected()) {
                mmio.clear();
                throw p.interrupts().machineCheckData(ea, false);
            }
            return answer.get();
        }

        @Override
        public void interruptTaken(PowerProcessor p, Interrupt interrupt, long srr0) {
            if (isTraced) {
                vm.trace().interrupt(server(), interrupt, srr0);
            }
        }

        @Override
        public boolean leavesForMachineCheck(PowerProcessor p) {
            machineCheckPending = vm.machineChecksLeave();
            return machineCheckPending;
        }

        @Override
        public long systemResetEntry(PowerProcessor p) {
            return vm.systemResetEntry(Vcpu.this);
        }

        @Override
        public void performTasks(PowerProcessor p) {
            tasks.perform();
        }

        @Override
        public <T> Optional<T> alone(PowerProcessor p, Supplier<T> action) {
            return vm.tryWhileStopped(action);
        }

        @Override
        public boolean isInstructionBegun(PowerProcessor p) {
            return mmio.isBegun(p);
        }

        @Override
        public void decrementerDue(PowerProcessor p, long timeBase) {
            if (!virtual) {
                timer.set(p.time().nanosUntil(p, timeBase), withdrawDecrementer);
                return;
            }
            long ticks = timeBase - timeBase();
            if (ticks > 0) {
                withdrawDecrementer.run();
                p.setDecrementerDeadline(p.completed() + ticks);
            } else {
                p.setDecrementerDeadline(DEADLINE_NONE);
                p.interrupts().request(PowerProcessor.PENDING_DECREMENTER);
            }
        }

        @Override
        public long randomNumber() {
            return vm.random();
        }

        @Override
        public void idle(PowerProcessor p) {
            Vcpu.this.idle();
        }

        @Override
        public void doorbell(PowerProcessor p, int thread, boolean isSent) {
            doorbells.set(thread, isSent);
        }

        @Override
        public long doorbells(PowerProcessor p) {
            return doorbells.pending();
        }
    }
}
