// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.hypervisor.Vcpu;
import dev.wattle.hypervisor.papr.hcall.HcallNumber;
import dev.wattle.hypervisor.papr.hcall.HypercallContext;
import dev.wattle.hypervisor.papr.hcall.HypercallTable;
import dev.wattle.hypervisor.papr.hcall.ReturnCode;
import dev.wattle.machine.ConfigurationException;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.firmware.ClientInterface;
import dev.wattle.machine.firmware.ElfKernel;
import dev.wattle.machine.firmware.FirmwareImage;
import dev.wattle.machine.firmware.InitialRamDisk;
import dev.wattle.machine.firmware.MemoryClaims;
import dev.wattle.power.processor.Msr;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/** Starts a kernel at once: the machine itself is the Open Firmware that the kernel is a client of. */
final class KernelStartup implements Startup {
    /** The stack that a client program of Open Firmware starts on (IEEE 1275, 8.4: at least 32 KiB). */
    private static final long STACK_BYTES = 0x8000;

    private static final long STACK_HEADROOM = 512;

    private final ElfKernel kernel;
    private final InitialRamDisk initrd;
    private final MemoryClaims claims;
    private final ClientInterface client;
    private final FirmwareServices services;
    private final MachineControl control;

    private KernelStartup(
            ElfKernel kernel,
            InitialRamDisk initrd,
            MemoryClaims claims,
            ClientInterface client,
            FirmwareServices services,
            MachineControl control) {
        this.kernel = kernel;
        this.initrd = initrd;
        this.claims = claims;
        this.client = client;
        this.services = services;
        this.control = control;
    }

    /**
     * Puts kernel and initial RAM disk into memory.
     *
     * @throws ConfigurationException if one of them cannot be read or does not fit
     */
    static KernelStartup load(
            GuestMemory memory,
            Path kernelFile,
            Optional<Path> initrdFile,
            FirmwareServices services,
            MachineControl control)
            throws ConfigurationException {
        MemoryClaims claims = new MemoryClaims(FirmwareImage.BYTES, memory.size());
        claims.claim(0, FirmwareImage.BYTES);
        FirmwareImage.install(memory);
        ElfKernel kernel = ElfKernel.open(kernelFile);
        kernel.load(memory);
        claims.claim(kernel.start(), kernel.end() - kernel.start());
        InitialRamDisk initrd = initrdFile.isEmpty()
                ? InitialRamDisk.NONE
                : InitialRamDisk.load(initrdFile.get(), memory, kernel.end());
        claims.claim(initrd.start(), initrd.size());
        return new KernelStartup(kernel, initrd, claims, services.clientInterface(claims), services, control);
    }

    @Override
    public void define(HypercallTable hypercalls) {
        hypercalls
                .define(HcallNumber.KVMPPC_H_VOF_CLIENT, c -> client.call(c.argument(0) & 0xffff_ffffL))
                .define(FirmwareImage.H_FIRMWARE_VECTOR, this::unexpectedInterrupt);
    }

    @Override
    public void begin(Vcpu vcpu) {
        vcpu.setMsr(Msr.SF | Msr.ME);
        vcpu.setNia(kernel.entry());
        vcpu.setGpr(1, claims.claimAnywhere(STACK_BYTES, STACK_BYTES).orElse(0) + STACK_BYTES - STACK_HEADROOM);
        vcpu.setGpr(3, initrd.start());
        vcpu.setGpr(4, initrd.size());
        vcpu.setGpr(5, FirmwareImage.CLIENT_ENTRY);
    }

    @Override
    public OptionalLong rtasBase() {
        return services.rtasBase();
    }

    private long unexpectedInterrupt(HypercallContext c) {
        control.finish(
                MachineOutcome.Kind.INTERNAL_ERROR,
                String.format(
                        "the guest took interrupt 0x%x before it had handlers (SRR0 0x%x, SRR1 0x%x)",
                        c.argument(0), c.argument(1), c.argument(2)));
        return ReturnCode.H_SUCCESS;
    }
}
