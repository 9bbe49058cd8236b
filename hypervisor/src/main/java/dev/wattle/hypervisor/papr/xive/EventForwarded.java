// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xive;

import jdk.jfr.Category;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A Flight Recorder event: an event of a source of XIVE goes to a queue. Off unless a recording asks for it. */
@Name("dev.wattle.EventForwarded")
@Label("Event of an interrupt source")
@Category({"Wattle", "Guest"})
@StackTrace(false)
@Enabled(false)
final class EventForwarded extends Event {
    @Label("Source")
    int source;

    @Label("Number in the guest")
    int eisn;

    @Label("Server")
    int server;

    @Label("Priority")
    int priority;

    static void record(int source, int eisn, int server, int priority) {
        EventForwarded event = new EventForwarded();
        if (event.isEnabled()) {
            event.source = source;
            event.eisn = eisn;
            event.server = server;
            event.priority = priority;
            event.commit();
        }
    }
}
