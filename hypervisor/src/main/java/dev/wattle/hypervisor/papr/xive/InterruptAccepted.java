// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xive;

import jdk.jfr.Category;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** A Flight Recorder event: a guest has accepted an interrupt of XIVE. Off unless a recording asks for it. */
@Name("dev.wattle.InterruptAccepted")
@Label("Interrupt accepted")
@Category({"Wattle", "Guest"})
@StackTrace(false)
@Enabled(false)
final class InterruptAccepted extends Event {
    @Label("Server")
    int server;

    @Label("Priority")
    int priority;

    @Label("From presentation to acceptance")
    @Timespan(Timespan.NANOSECONDS)
    long latency;

    static void record(int server, int priority, long latency) {
        InterruptAccepted event = new InterruptAccepted();
        if (event.isEnabled()) {
            event.server = server;
            event.priority = priority;
            event.latency = latency;
            event.commit();
        }
    }
}
