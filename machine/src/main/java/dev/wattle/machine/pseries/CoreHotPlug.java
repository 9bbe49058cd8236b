// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.hypervisor.ProcessorTopology;
import dev.wattle.machine.Core;
import dev.wattle.machine.HotPlugAnswer;
import dev.wattle.machine.HotPlugException;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.firmware.DeviceTree;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Cores that come and go while the guest runs: what the machine's owner asks for, the events that tell the guest of it, and what
 * the guest makes of it by its connectors.
 *
 * <p>A guest that has not negotiated yet finds the cores that there are by then in its device tree, as if they had always been
 * there.
 *
 * <p>But for {@link #end} its methods are called by one thread at a time.
 */
final class CoreHotPlug implements CoreConnector.Platform {
    /** The guest starts on it: it stays. */
    private static final int FIRST_CORE = 0;

    private enum Guest {
        /** It has not negotiated what it can do. */
        STARTING,
        /** It takes and gives back cores. */
        ABLE,
        /** It does not. */
        UNABLE
    }

    private final ProcessorTopology topology;
    private final Processors processors;
    private final PlatformEvents events;
    private final ProcessorDeviceTree nodes;
    private final List<CoreConnector> connectors = new ArrayList<>();
    /** Answers that are waited for, by core. */
    private final Map<Integer, CompletableFuture<HotPlugAnswer>> asked = new ConcurrentHashMap<>();

    private Guest guest = Guest.STARTING;
    private volatile boolean isOver;

    /** @param cores numbers of the cores that there are from the start */
    CoreHotPlug(
            ProcessorTopology topology,
            Collection<Integer> cores,
            Processors processors,
            PlatformEvents events,
            ProcessorDeviceTree nodes) {
        this.topology = topology;
        this.processors = processors;
        this.events = events;
        this.nodes = nodes;
        for (int core = 0; core < topology.possibleCores(); core++) {
            CoreConnector connector = new CoreConnector(core, this);
            if (cores.contains(core)) {
                connector.plug();
                connector.reset();
            }
            connectors.add(connector);
        }
        processors.startOnly(core -> connectors.get(core).isUnisolated());
    }

    void define(Rtas rtas) {
        new ConnectorRtas(connectors).define(rtas);
    }

    /** As {@link dev.wattle.machine.Machine#cores}. */
    List<Core> cores() {
        List<Core> all = new ArrayList<>();
        for (int core = 0; core < connectors.size(); core++) {
            all.add(new Core(
                    core, core * topology.threads(), topology.threads(), processors.started(core), state(core)));
        }
        return all;
    }

    private Core.State state(int core) {
        CoreConnector connector = connectors.get(core);
        if (!connector.isPlugged()) {
            return Core.State.ABSENT;
        }
        if (connector.isRemovalWanted()) {
            return Core.State.WANTED_BACK;
        }
        return connector.state() == CoreConnector.State.CONFIGURED ? Core.State.IN_USE : Core.State.OFFERED;
    }

    /** The cores that a guest has which begins anew. */
    Collection<Integer> coresAfterReset() {
        Collection<Integer> cores = new TreeSet<>();
        for (int core = 0; core < connectors.size(); core++) {
            CoreConnector connector = connectors.get(core);
            if (connector.isPlugged() && !connector.isRemovalWanted()) {
                cores.add(core);
            }
        }
        return cores;
    }

    /** As {@link dev.wattle.machine.Machine#plugCore}. */
    CompletableFuture<HotPlugAnswer> plug(int core) throws HotPlugException {
        CoreConnector connector = connector(core);
        if (connector.isPlugged()) {
            throw new HotPlugException("core " + core + ": it is there already"
                    + (connector.isRemovalWanted() ? ", and the guest has been asked to give it back" : ""));
        }
        checkGuest(core);
        processors.add(core);
        connector.plug();
        CompletableFuture<HotPlugAnswer> answer = ask(core);
        if (guest == Guest.ABLE) {
            events.requestHotPlug(true, CoreConnector.index(core));
        }
        return answer;
    }

    /** As {@link dev.wattle.machine.Machine#unplugCore}. */
    CompletableFuture<HotPlugAnswer> unplug(int core) throws HotPlugException {
        CoreConnector connector = connector(core);
        if (!connector.isPlugged()) {
            throw new HotPlugException("core " + core + ": it is not there");
        }
        if (core == FIRST_CORE) {
            boolean isLast = coresAfterReset().size() == 1;
            throw new HotPlugException("core " + core
                    + (isLast
                            ? ": it is the last one, which stays"
                            : ": the guest has started on it, so that it stays; remove another one"));
        }
        if (state(core) == Core.State.OFFERED && asked.containsKey(core) && guest == Guest.ABLE) {
            throw new HotPlugException("core " + core + ": the guest is about to take it; remove it once it has");
        }
        if (connector.state() == CoreConnector.State.CONFIGURED) {
            checkGuest(core);
        }
        CompletableFuture<HotPlugAnswer> answer;
        if (connector.isRemovalWanted()) {
            answer = asked.computeIfAbsent(core, ignored -> new CompletableFuture<>());
        } else {
            // Whoever has added it before the guest began does not see it taken.
            answer(core, HotPlugAnswer.REFUSED);
            answer = ask(core);
            connector.unplug();
        }
        if (connector.isRemovalWanted() && guest == Guest.ABLE) {
            events.requestHotPlug(false, CoreConnector.index(core));
        }
        return answer;
    }

    private CoreConnector connector(int core) throws HotPlugException {
        if (core < 0 || core >= connectors.size()) {
            throw new HotPlugException("core " + core + ": this machine has room for "
                    + (connectors.size() == 1 ? "core 0 alone" : "cores 0 to " + (connectors.size() - 1))
                    + "; start it with a larger maxcpus");
        }
        if (isOver) {
            throw new HotPlugException("core " + core + ": the run of the guest is over");
        }
        return connectors.get(core);
    }

    private void checkGuest(int core) throws HotPlugException {
        if (guest == Guest.UNABLE) {
            throw new HotPlugException("core " + core
                    + ": the guest has not negotiated hot-plug events, so that its cores stay as they are; use a guest"
                    + " kernel with support for them");
        }
    }

    private CompletableFuture<HotPlugAnswer> ask(int core) {
        CompletableFuture<HotPlugAnswer> answer = new CompletableFuture<>();
        asked.put(core, answer);
        if (isOver) {
            answer(core, HotPlugAnswer.ENDED);
        }
        return answer;
    }

    private void answer(int core, HotPlugAnswer answer) {
        CompletableFuture<HotPlugAnswer> waiting = asked.remove(core);
        if (waiting != null) {
            // Not on this thread, which is in the middle of something.
            waiting.completeAsync(() -> answer);
        }
    }

    /** The run is over. Any thread. */
    void end(MachineOutcome.Kind kind) {
        isOver = true;
        // A guest that begins anew has the cores that are there, and not those that it was to give back.
        HotPlugAnswer answer = kind == MachineOutcome.Kind.REBOOT ? HotPlugAnswer.DONE : HotPlugAnswer.ENDED;
        asked.keySet().forEach(core -> answer(core, answer));
    }

    /** The guest has negotiated: its device tree gets the cores that there are now, and it knows of no others. */
    void concluded(ClientArchitectureSupport.Agreement agreement, DeviceTree tree) {
        guest = agreement.hasHotPlug() ? Guest.ABLE : Guest.UNABLE;
        events.forgetHotPlug();
        DeviceTree.Node cpus = tree.find("/cpus").orElseThrow();
        for (int core = 0; core < connectors.size(); core++) {
            CoreConnector connector = connectors.get(core);
            connector.reset();
            if (connector.isPlugged()) {
                nodes.add(cpus, core);
                answer(core, HotPlugAnswer.DONE);
            } else {
                nodes.remove(cpus, core);
            }
        }
    }

    // What connectors ask

    @Override
    public boolean isStopped(int core) {
        return processors.started(core) == 0;
    }

    @Override
    public DeviceTree.Node node(int core) {
        return nodes.node(core);
    }

    @Override
    public void taken(int core) {
        answer(core, HotPlugAnswer.DONE);
    }

    @Override
    public void left(int core) {
        if (asked.containsKey(core)) {
            // It has looked at the new core, and does not want it.
            answer(core, HotPlugAnswer.REFUSED);
            connectors.get(core).unplug();
        }
    }

    @Override
    public void released(int core) {
        processors.remove(core);
        answer(core, HotPlugAnswer.DONE);
    }

    @Override
    public void refused(int core) {
        answer(core, HotPlugAnswer.REFUSED);
    }
}
