// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.hypervisor.Capability;
import dev.wattle.hypervisor.Register;
import dev.wattle.hypervisor.Vcpu;
import dev.wattle.hypervisor.Vm;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.power.processor.Msr;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * Machine checks and system resets given to handlers that the guest has registered (PAPR, "Firmware Assisted
 * Non-Maskable Interrupts Option"): r3 then points to a save area, with the guest's own r3, and behind it a log of the
 * error.
 *
 * <p>Each vCPU has an area of its own, in the memory that RTAS was given: so one vCPU's handler never waits for another's.
 */
final class NonMaskableInterrupts {
    /** Where the areas begin in the memory of RTAS, behind its code. */
    static final int AREAS_OFFSET = 0x100;

    /** Bytes of an area, of which r3 and a log of 64 bytes are used. */
    static final int AREA_BYTES = 128;

    private static final long HANDLER_LIMIT = 32 << 20;
    private static final long NONE = -1;

    /** Version 6, error that is synchronous, not recovered, with an extended log, detected by the processor. */
    private static final int SUMMARY = 6 << 24 | 3 << 21 | 2 << 19 | 1 << 18 | 1 << 12;

    private static final int LOG_HEADER_BYTES = 8;
    private static final int EXTENDED_HEADER_BYTES = 16;
    private static final int SECTION_BYTES = 40;
    /** Extended log: valid, unrecoverable, new, big-endian. */
    private static final byte LOG_FLAGS = (byte) 0xc6;
    /** Extended log: of a PowerPC platform, a platform event. */
    private static final byte LOG_FORMAT = (byte) 0x8e;

    /** Types of errors in the section about a machine check. */
    private static final int UNCORRECTABLE = 0;

    private static final int CONTROL_MEMORY_ACCESS = 8;

    private static final int UNCORRECTABLE_WITH_ADDRESS = 0x40;
    private static final int FETCH = 1;
    private static final int LOAD_STORE = 3;
    /** What is added to the two if a translation table was at the address. */
    private static final int TABLE_WALK = 1;

    private static final int ACCESS_WITH_ADDRESS = 0x80;
    /** Access by the operand, and not by the search of a translation table. */
    private static final int OPERAND_ACCESS = 0x10;

    /** SRR1: the machine check is one of a load or store, described by DSISR. */
    private static final long SRR1_DATA = 0x0020_0000L;
    /** What SRR1 and DSISR of POWER8 and POWER9 have if a translation table was at the address. */
    private static final long SRR1_WALK_POWER8 = 0x0018_0000L;

    private static final long SRR1_WALK_POWER9 = 0x0810_0000L;
    private static final long SRR1_CAUSE = 0x081c_0000L;
    private static final long DSISR_WALK_POWER8 = 0x4000;
    private static final long DSISR_WALK_POWER9 = 0x20;

    private static final Register SRR0 = Register.of("SRR0");
    private static final Register SRR1 = Register.of("SRR1");
    private static final Register DAR = Register.of("DAR");
    private static final Register DSISR = Register.of("DSISR");

    private final Vm vm;
    private final MachineControl control;
    private final Supplier<OptionalLong> rtasBase;
    /** vCPUs whose handlers have not said yet that they are done with the log. */
    private final BitSet handling = new BitSet();

    private volatile long systemReset = NONE;
    private volatile long machineCheck = NONE;
    private volatile long areas = NONE;

    /**
     * @param rtasBase real address of the memory that RTAS was given, if it was
     */
    NonMaskableInterrupts(Vm vm, MachineControl control, Supplier<OptionalLong> rtasBase) {
        this.vm = vm;
        this.control = control;
        this.rtasBase = rtasBase;
    }

    void define(Rtas rtas) {
        rtas.define("ibm,nmi-register", 0x202b, 2, 1, this::register)
                .define("ibm,nmi-interlock", 0x202c, 0, 1, this::interlock);
    }

    /** Arguments: real addresses of the handlers of system resets and machine checks. */
    private int register(RtasCall call) {
        OptionalLong base = rtasBase.get();
        if (base.isEmpty()) {
            return RtasStatus.NOT_SUPPORTED;
        }
        long bytes = AREAS_OFFSET + (long) AREA_BYTES * call.context().serverCount();
        GuestMemory memory = call.memory();
        for (int i = 0; i < 2; i++) {
            if (call.address(i) >= HANDLER_LIMIT || !memory.contains(call.address(i), Integer.BYTES)) {
                return RtasStatus.PARAMETER_ERROR;
            }
        }
        if (!memory.contains(base.getAsLong(), bytes)) {
            return RtasStatus.NOT_SUPPORTED;
        }
        areas = base.getAsLong() + AREAS_OFFSET;
        systemReset = call.address(0);
        machineCheck = call.address(1);
        vm.enable(Capability.PPC_FWNMI);
        vm.onSystemReset(this::enterSystemReset);
        return RtasStatus.SUCCESS;
    }

    /** The calling vCPU is done with the log of its machine check. */
    private int interlock(RtasCall call) {
        if (machineCheck == NONE) {
            return RtasStatus.PARAMETER_ERROR;
        }
        // Linux calls this after system resets, too, where there is nothing to be done.
        synchronized (handling) {
            handling.clear(call.context().server());
        }
        return RtasStatus.SUCCESS;
    }

    /** Has a vCPU go on at the handler of system resets; SRR0 and SRR1 are set. */
    private long enterSystemReset(Vcpu vcpu) {
        save(vcpu, new byte[Long.BYTES]);
        return systemReset;
    }

    /** A vCPU has left for a machine check: has it go on at the handler, with SRR0, SRR1, DAR and DSISR as they are. */
    void machineCheck(Vcpu vcpu) {
        int server = vcpu.server();
        boolean isNested;
        synchronized (handling) {
            isNested = handling.get(server);
            handling.set(server);
        }
        if (isNested) {
            control.finish(
                    MachineOutcome.Kind.GUEST_PANIC,
                    String.format(
                            "machine check of processor %d at 0x%x, while the guest handled an earlier one",
                            server, vcpu.get(SRR0)));
            return;
        }
        save(vcpu, log(vcpu));
        vcpu.setMsr(Msr.SF | Msr.ME | (vcpu.interruptByteOrder() == ByteOrder.LITTLE_ENDIAN ? Msr.LE : 0));
        vcpu.setNia(machineCheck);
    }

    private void save(Vcpu vcpu, byte[] log) {
        GuestMemory memory = vm.memory();
        long area = areas + (long) AREA_BYTES * vcpu.server();
        if (memory.contains(area, AREA_BYTES)) {
            memory.putLong(area, vcpu.gpr(3));
            memory.write(area + Long.BYTES, log, 0, log.length);
        }
        vcpu.setGpr(3, area);
    }

    /** PAPR, "RTAS Error/Event Return Format", version 6, with the section "Machine Check Interrupt Errors". */
    private static byte[] log(Vcpu vcpu) {
        long srr1 = vcpu.get(SRR1);
        boolean isData = (srr1 & SRR1_DATA) != 0;
        boolean isPower8 = vcpu.isa() < 300;
        boolean isWalk = isData
                ? (vcpu.get(DSISR) & (isPower8 ? DSISR_WALK_POWER8 : DSISR_WALK_POWER9)) != 0
                : (srr1 & SRR1_CAUSE) == (isPower8 ? SRR1_WALK_POWER8 : SRR1_WALK_POWER9);
        int type = UNCORRECTABLE;
        int subtype = UNCORRECTABLE_WITH_ADDRESS | (isData ? LOAD_STORE : FETCH) + (isWalk ? TABLE_WALK : 0);
        if (isData && !isPower8) {
            type = CONTROL_MEMORY_ACCESS;
            subtype = ACCESS_WITH_ADDRESS | (isWalk ? 0 : OPERAND_ACCESS);
        }
        ByteBuffer log = ByteBuffer.allocate(LOG_HEADER_BYTES + EXTENDED_HEADER_BYTES + SECTION_BYTES);
        log.putInt(SUMMARY).putInt(EXTENDED_HEADER_BYTES + SECTION_BYTES);
        log.put(LOG_FLAGS).put((byte) 0).put(LOG_FORMAT).put((byte) 0).putLong(0);
        log.put("IBM\0".getBytes(StandardCharsets.US_ASCII));
        log.put("MC".getBytes(StandardCharsets.US_ASCII)).putShort((short) SECTION_BYTES);
        log.put((byte) 1).put((byte) 0).putShort((short) 0);
        // No part is to be replaced.
        log.putInt(0).putInt(vcpu.server());
        log.put((byte) type).put((byte) subtype);
        log.position(log.position() + 6);
        log.putLong(isData ? vcpu.get(DAR) : vcpu.get(SRR0)).putLong(0);
        return Arrays.copyOf(log.array(), log.position());
    }
}
