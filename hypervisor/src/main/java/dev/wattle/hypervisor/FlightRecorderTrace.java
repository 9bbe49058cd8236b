// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import dev.wattle.hypervisor.papr.hcall.HcallNumber;
import dev.wattle.power.processor.Interrupt;
import java.util.Arrays;
import java.util.stream.Collectors;
import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Writes what it is told as events of the JDK's Flight Recorder, for whoever records this process. */
public final class FlightRecorderTrace implements Trace {
    /** A return to the monitor. */
    @Name("dev.wattle.Exit")
    @Label("Exit to the monitor")
    @Category({"Wattle", "Guest"})
    @StackTrace(false)
    static final class ExitEvent extends Event {
        @Label("vCPU")
        int vcpu;

        @Label("Next instruction address")
        long nia;

        @Label("Exit")
        String exit = "";
    }

    /** A hypercall that was answered inside. */
    @Name("dev.wattle.Hypercall")
    @Label("Hypercall answered inside the hypervisor")
    @Category({"Wattle", "Guest"})
    @StackTrace(false)
    static final class HypercallEvent extends Event {
        @Label("vCPU")
        int vcpu;

        @Label("Next instruction address")
        long nia;

        @Label("Name")
        String name = "";

        @Label("Arguments")
        String arguments = "";

        @Label("Return code")
        long ret;
    }

    /** An interrupt taken by the guest. */
    @Name("dev.wattle.Interrupt")
    @Label("Interrupt taken by the guest")
    @Category({"Wattle", "Guest"})
    @StackTrace(false)
    static final class InterruptEvent extends Event {
        @Label("vCPU")
        int vcpu;

        @Label("Interrupt")
        String interrupt = "";

        @Label("SRR0")
        long srr0;
    }

    @Override
    public void exit(int vcpu, long nia, Exit exit) {
        ExitEvent event = new ExitEvent();
        if (event.isEnabled()) {
            event.vcpu = vcpu;
            event.nia = nia;
            event.exit = exit.toString();
            event.commit();
        }
    }

    @Override
    public void hypercall(int vcpu, long nia, long number, long[] arguments, long ret) {
        HypercallEvent event = new HypercallEvent();
        if (event.isEnabled()) {
            event.vcpu = vcpu;
            event.nia = nia;
            event.name = HcallNumber.name(number);
            event.arguments =
                    Arrays.stream(arguments).mapToObj(Long::toHexString).collect(Collectors.joining(" "));
            event.ret = ret;
            event.commit();
        }
    }

    @Override
    public void interrupt(int vcpu, Interrupt interrupt, long srr0) {
        InterruptEvent event = new InterruptEvent();
        if (event.isEnabled()) {
            event.vcpu = vcpu;
            event.interrupt = interrupt.name();
            event.srr0 = srr0;
            event.commit();
        }
    }
}
