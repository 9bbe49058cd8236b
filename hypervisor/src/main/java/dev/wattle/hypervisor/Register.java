// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import dev.wattle.hypervisor.irq.InterruptMode;
import dev.wattle.hypervisor.papr.area.ProcessorAreas;
import dev.wattle.hypervisor.papr.area.ProcessorAreas.Area;
import dev.wattle.power.processor.Decrementer;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.Spr;
import dev.wattle.power.processor.SprTable;
import dev.wattle.power.processor.State;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.ToLongFunction;

/**
 * A register of a vCPU, by its name: those of {@code struct kvm_regs}, and those of KVM_GET_ONE_REG under the names
 * that KVM gives them, without {@code KVM_REG_PPC_}.
 *
 * <p>The list is of server processors: with the contents of memory, of a hash page table and of the devices, and with
 * {@link Vcpu#segments} of a guest with a hash page table, they are what a guest needs to go on elsewhere. Not in it are the
 * registers of a checkpoint of transactional memory, since no guest gets that here; of ISA 3.1; and those that are the
 * same as others (VTB is the time base). See {@link Vcpu#get} and {@link Vcpu#set}.
 *
 * <p>Of the registers of interrupt controllers a vCPU has that of the active one: see {@link Vcpu#registerList}.
 */
public final class Register {
    private static final long KVM_REG_PPC = 0x1000_0000_0000_0000L;
    private static final int KVM_SIZE_SHIFT = 52;
    private static final long WORD = 0xffff_ffffL;

    private static final long LOGICAL_PVR_207 = 0x0f00_0004L;
    private static final long LOGICAL_PVR_300 = 0x0f00_0005L;

    private static final long LPCR_LD = 1L << 17;
    /** LPCR bits that a monitor may change: DPFD, ILE, TC, AIL, and with ISA 3.0 LD. */
    private static final long LPCR_DPFD = 7L << 52;

    private static final long LPCR_AIL = 3L << 23;
    private static final long LPCR_ILE = 1L << 25;
    private static final long LPCR_TC = 1L << 9;

    /** Reads a register. */
    @FunctionalInterface
    private interface Reader {
        RegisterValue read(Vcpu vcpu);
    }

    /** Writes a register. */
    @FunctionalInterface
    private interface Writer {
        void write(Vcpu vcpu, RegisterValue value);
    }

    private static final class Catalog {
        static final Map<String, Register> ALL = new Builder().build();
    }

    private final String name;
    private final OptionalLong kvmId;
    private final int bits;
    private final Reader reader;
    private final Writer writer;
    /** The controller that has to be active for it, if that is one's register. */
    private final Optional<InterruptMode> controller;

    private Register(
            String name,
            OptionalLong kvmId,
            int bits,
            Reader reader,
            Writer writer,
            Optional<InterruptMode> controller) {
        this.name = name;
        this.kvmId = kvmId;
        this.bits = bits;
        this.reader = reader;
        this.writer = writer;
        this.controller = controller;
    }

    /** All registers, in the order in which a saved vCPU is restored. */
    public static List<Register> all() {
        return List.copyOf(Catalog.ALL.values());
    }

    /**
     * A register by its name.
     *
     * @param name such as {@code GPR3}, {@code NIA}, {@code LPCR}, {@code VSR12}
     * @throws IllegalArgumentException if there is none of that name
     */
    public static Register of(String name) {
        return find(name).orElseThrow(() -> new IllegalArgumentException("no register " + name + " in this list"));
    }

    /** A register by its name, if there is one. */
    public static Optional<Register> find(String name) {
        return Optional.ofNullable(Catalog.ALL.get(name));
    }

    /** Its name. */
    public String name() {
        return name;
    }

    /** KVM's identifier for KVM_GET_ONE_REG, of those that it has there. */
    public OptionalLong kvmId() {
        return kvmId;
    }

    /** How many bits it has: 32, 64 or 128. */
    public int bits() {
        return bits;
    }

    boolean isPresent(InterruptMode active) {
        return controller.isEmpty() || controller.get() == active;
    }

    private void require(InterruptMode active) {
        if (!isPresent(active)) {
            throw new IllegalStateException(name + ": a register of " + controller.orElseThrow()
                    + ", and the active interrupt controller is " + active);
        }
    }

    RegisterValue read(Vcpu vcpu) {
        require(vcpu.interruptMode());
        return reader.read(vcpu);
    }

    void write(Vcpu vcpu, RegisterValue value) {
        require(vcpu.interruptMode());
        if (value.high() != 0 && bits < 128 || bits == 32 && value.low() >>> 32 != 0) {
            throw new IllegalArgumentException(name + ": has " + bits + " bits, not room for " + value);
        }
        writer.write(vcpu, value);
    }

    @Override
    public String toString() {
        return name;
    }

    /** Writes the list. */
    private static final class Builder {
        private final Map<String, Register> all = new LinkedHashMap<>();

        Map<String, Register> build() {
            general();
            // What others depend on comes first: the LPCR, the time base, the PID.
            state();
            storage();
            performanceMonitor();
            floating();
            platform();
            return Collections.unmodifiableMap(all);
        }

        private void add(String name, OptionalLong id, int bits, Reader reader, Writer writer) {
            add(new Register(name, id, bits, reader, writer, Optional.empty()));
        }

        private void add(Register register) {
            Register old = all.put(register.name, register);
            assert old == null : register;
        }

        private static OptionalLong id(int number, int bits) {
            int log2Bytes = Integer.numberOfTrailingZeros(bits / 8);
            return OptionalLong.of(KVM_REG_PPC | (long) log2Bytes << KVM_SIZE_SHIFT | number);
        }

        private void one(
                int number, String name, int bits, ToLongFunction<PowerProcessor> reader, SprTable.Writer writer) {
            add(
                    name,
                    id(number, bits),
                    bits,
                    vcpu -> RegisterValue.of(reader.applyAsLong(vcpu.processor)),
                    (vcpu, value) -> writer.write(vcpu.processor, value.low()));
        }

        /** A special purpose register that is nothing but storage. */
        private void spr(int number, String name, int bits, int spr) {
            one(number, name, bits, p -> p.spr(spr) & (bits == 32 ? WORD : -1), (p, v) -> p.setSpr(spr, v));
        }

        /** One whose writing has effects, which are those of mtspr. */
        private void effective(int number, String name, int spr) {
            one(
                    number,
                    name,
                    64,
                    p -> p.spr(spr),
                    (p, v) -> p.sprTable().register(spr).writer().write(p, v));
        }

        private void regs(String name, int bits, ToLongFunction<PowerProcessor> reader, SprTable.Writer writer) {
            add(
                    name,
                    OptionalLong.empty(),
                    bits,
                    vcpu -> RegisterValue.of(reader.applyAsLong(vcpu.processor)),
                    (vcpu, value) -> writer.write(vcpu.processor, value.low()));
        }

        /** struct kvm_regs. */
        private void general() {
            for (int i = 0; i < 32; i++) {
                int n = i;
                regs("GPR" + n, 64, p -> p.gpr(n), (p, v) -> p.setGpr(n, v));
            }
            regs("NIA", 64, PowerProcessor::nia, PowerProcessor::setNia);
            regs("CR", 32, p -> p.crWord() & WORD, (p, v) -> p.setCrWord((int) v));
            regs("LR", 64, p -> p.slot(State.LR), (p, v) -> p.putSlot(State.LR, v));
            regs("CTR", 64, p -> p.slot(State.CTR), (p, v) -> p.putSlot(State.CTR, v));
            regs("XER", 32, PowerProcessor::xer, PowerProcessor::setXer);
            regs(
                    "MSR",
                    64,
                    PowerProcessor::msr,
                    (p, v) -> p.setMsr(v & p.model().msrMask()));
            for (int spr : new int[] {Spr.SRR0, Spr.SRR1}) {
                regs("SRR" + (spr - Spr.SRR0), 64, p -> p.spr(spr), (p, v) -> p.setSpr(spr, v));
            }
            for (int i = 0; i < 4; i++) {
                int spr = Spr.SPRG0 + i;
                regs("SPRG" + i, 64, p -> p.spr(spr), (p, v) -> p.setSpr(spr, v));
            }
            regs("CFAR", 64, p -> p.spr(Spr.CFAR), (p, v) -> p.setSpr(Spr.CFAR, v));
            regs("PVR", 32, p -> p.spr(Spr.PVR) & WORD, (p, v) -> {
                if ((int) v != p.model().pvr()) {
                    throw new IllegalArgumentException("PVR: a guest has that of its processor, 0x"
                            + Integer.toHexString(p.model().pvr()) + ", not 0x" + Long.toHexString(v));
                }
            });
            regs("PIR", 32, p -> p.spr(Spr.PIR) & WORD, (p, v) -> p.setSpr(Spr.PIR, v));
            regs("CTRL", 32, p -> p.spr(Spr.CTRL) & 1, (p, v) -> p.setSpr(Spr.CTRL, v & 1));
        }

        private static void setLpcr(PowerProcessor p, long value) {
            long mask = LPCR_DPFD | LPCR_ILE | LPCR_TC | LPCR_AIL;
            if (p.model().isa() >= 300) {
                mask |= LPCR_LD;
            }
            p.setSpr(Spr.LPCR, p.spr(Spr.LPCR) & ~mask | value & mask);
            p.interrupts().entriesChanged();
        }

        private void state() {
            one(0xb5, "LPCR_64", 64, p -> p.spr(Spr.LPCR), Builder::setLpcr);
            add(
                    "LPCR",
                    id(0xb5, 32),
                    32,
                    vcpu -> RegisterValue.of(vcpu.processor.spr(Spr.LPCR) & WORD),
                    (vcpu, value) -> setLpcr(vcpu.processor, vcpu.processor.spr(Spr.LPCR) & ~WORD | value.low()));
            one(
                    0x9c,
                    "TB_OFFSET",
                    64,
                    p -> p.time().offset(),
                    (p, v) -> p.time().setOffset(v));
            effective(0xb2, "PID", Spr.PIDR);
            one(0xbe, "DEC_EXPIRY", 64, p -> p.spr(Spr.DEC), Decrementer::restore);
            effective(0xa3, "FSCR", Spr.FSCR);
            spr(0x9, "DSCR", 64, Spr.DSCR);
            one(
                    0xa,
                    "PURR",
                    64,
                    p -> p.time().read(p) + p.spr(Spr.PURR),
                    (p, v) -> p.setSpr(Spr.PURR, v - p.time().read(p)));
            one(
                    0xb,
                    "SPURR",
                    64,
                    p -> p.time().read(p) + p.spr(Spr.SPURR),
                    (p, v) -> p.setSpr(Spr.SPURR, v - p.time().read(p)));
            one(0xa9, "DPDES", 64, p -> p.interrupts().isRequested(PowerProcessor.PENDING_DOORBELL) ? 1 : 0, (p, v) -> {
                if ((v & 1) != 0) {
                    p.interrupts().request(PowerProcessor.PENDING_DOORBELL);
                } else {
                    p.interrupts().withdraw(PowerProcessor.PENDING_DOORBELL);
                }
            });
            spr(0xa4, "PSPB", 32, Spr.PSPB);
            spr(0xa5, "EBBHR", 64, Spr.EBBHR);
            spr(0xa6, "EBBRR", 64, Spr.EBBRR);
            spr(0xa7, "BESCR", 64, Spr.BESCR);
            spr(0xa8, "TAR", 64, Spr.TAR);
            spr(0xa0, "TFHAR", 64, Spr.TFHAR);
            spr(0xa1, "TFIAR", 64, Spr.TFIAR);
            spr(0xa2, "TEXASR", 64, Spr.TEXASR);
            spr(0xb4, "VRSAVE", 32, Spr.VRSAVE);
            one(0xb6, "PPR", 64, p -> p.spr(Spr.PPR), (p, v) -> p.setSpr(Spr.PPR, v & SprTable.PPR_PRI));
            spr(0xaf, "CSIGR", 64, Spr.CSIGR);
            spr(0xb0, "TACR", 64, Spr.TACR);
            spr(0xb1, "TCSCR", 64, Spr.TCSCR);
            spr(0xb3, "ACOP", 64, Spr.ACOP);
            spr(0xb9, "WORT", 64, Spr.WORT);
            spr(0xbc, "TIDR", 64, Spr.TIDR);
            spr(0xbd, "PSSCR", 64, Spr.PSSCR_PRIVILEGED);
        }

        /** What belongs to the partition more than to the processor. */
        private void platform() {
            one(0x1, "HIOR", 64, p -> 0, (p, v) -> {
                if (v != 0) {
                    throw new IllegalArgumentException(
                            "HIOR: interrupt vectors of a guest are at 0, not at 0x" + Long.toHexString(v));
                }
            });
            spr(0xc0, "PTCR", 64, Spr.PTCR);
            add(
                    "ONLINE",
                    id(0xbf, 32),
                    32,
                    vcpu -> RegisterValue.of(vcpu.isOnline(vcpu.server()) ? 1 : 0),
                    (vcpu, value) -> {
                        if (value.low() > 1) {
                            throw new IllegalArgumentException("ONLINE: " + value + " is neither 0 nor 1");
                        }
                        vcpu.setOnline(value.low() == 1);
                    });
            add("ARCH_COMPAT", id(0xb7, 32), 32, vcpu -> RegisterValue.of(vcpu.compatibility), (vcpu, value) -> {
                long own = vcpu.processor.model().isa() >= 300 ? LOGICAL_PVR_300 : LOGICAL_PVR_207;
                if (value.low() != 0 && value.low() != own) {
                    throw new IllegalArgumentException("ARCH_COMPAT: " + value
                            + "; a vCPU is compatible with its own processor only, 0 or 0x" + Long.toHexString(own));
                }
                vcpu.compatibility = value.low();
            });
            add(new Register(
                    "ICP_STATE",
                    id(0x8c, 64),
                    64,
                    vcpu -> RegisterValue.of(vcpu.presentation()),
                    (vcpu, value) -> vcpu.setPresentation(value.low()),
                    Optional.of(InterruptMode.XICS)));
            // The second doubleword is unused.
            add(new Register(
                    "VP_STATE",
                    id(0x8d, 128),
                    128,
                    vcpu -> new RegisterValue(vcpu.threadContext().state(), 0),
                    (vcpu, value) -> vcpu.threadContext().restore(value.high()),
                    Optional.of(InterruptMode.XIVE)));
            // The two other areas hang on the first.
            add(
                    "VPA_ADDR",
                    id(0x82, 64),
                    64,
                    vcpu -> RegisterValue.of(vcpu.areas().vpa().address()),
                    Builder::setVpa);
            add("VPA_SLB", id(0x83, 128), 128, vcpu -> value(vcpu.areas().slbShadow()), (vcpu, value) -> {
                if (!vcpu.areas().setSlbShadow(area("VPA_SLB", vcpu, value, 8))) {
                    throw withoutVpa("VPA_SLB");
                }
            });
            add("VPA_DTL", id(0x84, 128), 128, vcpu -> value(vcpu.areas().dispatchTraceLog()), (vcpu, value) -> {
                if (!vcpu.areas()
                        .resumeDispatchTraceLog(area("VPA_DTL", vcpu, value, ProcessorAreas.LOG_ENTRY_BYTES))) {
                    throw withoutVpa("VPA_DTL");
                }
            });
        }

        private static void setVpa(Vcpu vcpu, RegisterValue value) {
            RegisterValue vpa = new RegisterValue(value.low(), value.low() == 0 ? 0 : ProcessorAreas.VPA_BYTES);
            if (!vcpu.areas().setVpa(area("VPA_ADDR", vcpu, vpa, ProcessorAreas.VPA_BYTES))) {
                throw new IllegalArgumentException("VPA_ADDR: VPA_SLB and VPA_DTL are to be 0 before it is");
            }
        }

        private static RegisterValue value(Area area) {
            return new RegisterValue(area.address(), area.bytes());
        }

        /** An area by its address, in the left half, and its length. */
        private static Area area(String name, Vcpu vcpu, RegisterValue value, long least) {
            if (value.high() == 0) {
                return Area.NONE;
            }
            if (value.low() < least || !vcpu.memory().contains(value.high(), value.low())) {
                throw new IllegalArgumentException("%s: 0x%x bytes at 0x%x: give at least %d bytes, all of them memory"
                        .formatted(name, value.low(), value.high(), least));
            }
            return new Area(value.high(), value.low());
        }

        private static IllegalArgumentException withoutVpa(String name) {
            return new IllegalArgumentException(name + ": it needs an area at VPA_ADDR first");
        }

        private void storage() {
            spr(0xc, "DAR", 64, Spr.DAR);
            spr(0xd, "DSISR", 32, Spr.DSISR);
            effective(0xe, "AMR", Spr.AMR);
            spr(0xf, "UAMOR", 64, Spr.UAMOR);
            effective(0x9f, "IAMR", Spr.IAMR);
            debug(0xaa, "DAWR", Spr.DAWR0);
            debug(0xab, "DAWRX", Spr.DAWRX0);
            debug(0xac, "CIABR", Spr.CIABR);
        }

        private void debug(int number, String name, int spr) {
            one(number, name, 64, p -> p.spr(spr), (p, v) -> {
                p.setSpr(spr, v);
                p.debugRegistersChanged();
            });
        }

        private void performanceMonitor() {
            spr(0x10, "MMCR0", 64, Spr.MMCR0);
            spr(0x11, "MMCR1", 64, Spr.MMCR1);
            spr(0x12, "MMCRA", 64, Spr.MMCRA);
            spr(0x13, "MMCR2", 64, Spr.MMCR2);
            spr(0x14, "MMCRS", 64, Spr.MMCRS);
            spr(0x15, "SIAR", 64, Spr.SIAR);
            spr(0x16, "SDAR", 64, Spr.SDAR);
            spr(0x17, "SIER", 64, Spr.SIER);
            for (int i = 0; i < 6; i++) {
                spr(0x18 + i, "PMC" + (i + 1), 32, Spr.PMC1 + i);
            }
            spr(0x9d, "SPMC1", 32, Spr.SPMC1);
            spr(0x9e, "SPMC2", 32, Spr.SPMC2);
        }

        /** FPR n is the left half of VSR n, VR n is VSR 32 + n: each bit is there once under these names. */
        private void floating() {
            for (int i = 0; i < 32; i++) {
                int n = i;
                quad(0x60 + n, "VSR" + n, n);
            }
            for (int i = 0; i < 32; i++) {
                quad(0x40 + i, "VR" + i, 32 + i);
            }
            one(0x80, "FPSCR", 64, PowerProcessor::fpscr, PowerProcessor::setFpscr);
            one(0x81, "VSCR", 32, p -> p.vscr() & WORD, (p, v) -> p.setVscr((int) v));
            for (int i = 0; i < 32; i++) {
                int n = i;
                one(0x20 + n, "FPR" + n, 64, p -> p.fpr(n), (p, v) -> p.setVsr(n, v, p.vsrLow(n)));
            }
        }

        private void quad(int number, String name, int vsr) {
            add(
                    name,
                    id(number, 128),
                    128,
                    vcpu -> new RegisterValue(vcpu.processor.vsrHigh(vsr), vcpu.processor.vsrLow(vsr)),
                    (vcpu, v) -> vcpu.processor.setVsr(vsr, v.high(), v.low()));
        }
    }
}
