// SPDX-License-Identifier: Apache-2.0

/**
 * The hypervisor: virtual machines with POWER guests, in the shape of KVM's API.
 *
 * <p>This page is a tutorial. What it shows is compiled and run by the tests; a monitor needs the jars of the modules
 * {@code engine}, {@code power} and {@code hypervisor}, a JDK, and {@code --enable-native-access=ALL-UNNAMED}.
 *
 * <h2>A first guest</h2>
 *
 * <p>A {@link dev.wattle.hypervisor.Vm} has guest memory and a {@link dev.wattle.hypervisor.Vcpu}, which runs guest code on
 * the thread that calls {@link dev.wattle.hypervisor.Vcpu#run}. After power-on it is in big-endian real mode, in privileged
 * state. {@code sc 1} is a hypercall; one that the hypervisor does not answer itself ends the run:
 *
 * {@snippet class="dev.wattle.hypervisor.TutorialTest" region="first"}
 *
 * <p>Guest code comes from a file as a rule; here it is assembled on the spot. Memory is accessed by guest real address,
 * big-endian:
 *
 * {@snippet class="dev.wattle.hypervisor.TutorialTest" region="write"}
 *
 * <h2>The loop of a monitor</h2>
 *
 * <p>{@code run} returns an {@link dev.wattle.hypervisor.Exit}, a sealed type whose members are named as KVM names its exits.
 * A {@code switch} over it is complete or does not compile. Hypercalls of PAPR that need no device are answered inside
 * ({@link dev.wattle.hypervisor.papr.hcall}); consoles, RTAS and the like are the monitor's:
 *
 * {@snippet class="dev.wattle.hypervisor.TutorialTest" region="loop"}
 *
 * <p>{@link dev.wattle.hypervisor.Vcpu#kick} ends a run from another thread.
 *
 * <h2>Devices</h2>
 *
 * <p>A device registers a range of guest real addresses on the {@link dev.wattle.hypervisor.io.IoBus}. It sees offsets, and
 * values in its own byte order. No exit happens for its sake:
 *
 * {@snippet class="dev.wattle.hypervisor.TutorialTest" region="device"}
 *
 * <p>An access that nobody claims is an {@link dev.wattle.hypervisor.Exit.Mmio}. The monitor fills in what is loaded; the
 * next run completes the instruction, whichever it is:
 *
 * {@snippet class="dev.wattle.hypervisor.TutorialTest" region="mmio"}
 *
 * <p>A device with threads of its own wants neither: an {@link dev.wattle.hypervisor.io.IoEvent} turns a store into a signal,
 * an {@link dev.wattle.hypervisor.irq.IrqEvent} turns a signal into an interrupt. Both carry an {@link
 * dev.wattle.hypervisor.io.EventFd} if the other end is another process:
 *
 * {@snippet class="dev.wattle.hypervisor.TutorialTest" region="events"}
 *
 * <h2>Memory</h2>
 *
 * <p>{@code memoryBytes} makes memory slot 0, at address 0. Slots can be added, moved and removed while the guest runs, be
 * read-only, and log which pages are written:
 *
 * {@snippet class="dev.wattle.hypervisor.TutorialTest" region="slots"}
 *
 * <h2>Looking into a guest</h2>
 *
 * <p>Registers have names, those of KVM_GET_ONE_REG among them:
 *
 * {@snippet class="dev.wattle.hypervisor.TutorialTest" region="registers"}
 *
 * <p>A debugger outside of the guest sets breakpoints and watchpoints, or steps:
 *
 * {@snippet class="dev.wattle.hypervisor.TutorialTest" region="debug"}
 *
 * <p>What leads out of guest code is counted always, and told one by one to whoever asks:
 *
 * {@snippet class="dev.wattle.hypervisor.TutorialTest" region="counters"}
 *
 * {@snippet class="dev.wattle.hypervisor.TutorialTest" region="trace"}
 *
 * <h2>What there is</h2>
 *
 * <p>{@link dev.wattle.hypervisor.Capability} has KVM's names of what a VM can do, and of what can be turned on and off:
 *
 * {@snippet class="dev.wattle.hypervisor.TutorialTest" region="capabilities"}
 */
package dev.wattle.hypervisor;
