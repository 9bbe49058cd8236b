// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.hypervisor.MmuMode;
import dev.wattle.hypervisor.ProcessorTopology;
import dev.wattle.hypervisor.Vcpu;
import dev.wattle.hypervisor.Vm;
import dev.wattle.hypervisor.irq.InterruptMode;
import dev.wattle.machine.Core;
import dev.wattle.machine.HotPlugAnswer;
import dev.wattle.machine.HotPlugException;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.firmware.DeviceTree;
import dev.wattle.power.model.ProcessorModel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

@Timeout(60)
class CoreHotPlugTest {
    private static final int BLOCK = 0x8000;
    private static final int AREA = 0xa000;
    private static final int BUFFER = 0xc000;
    private static final int ISOLATION = 9001;
    private static final int ALLOCATION = 9003;
    private static final int HOT_PLUG = 0x1000_0000;
    private static final byte[] WITH_HOT_PLUG = {25, 0, 0, 0, 0, 0, 4, 0};
    private static final byte[] WITHOUT = {25, 0, 0, 0, 0, 0, 0, 0};

    private final ProcessorTopology topology = new ProcessorTopology(1, 2, 3);
    private final Vm vm = Vm.builder().memoryBytes(1 << 20).topology(topology).build();
    private final List<MachineOutcome> outcomes = Collections.synchronizedList(new ArrayList<>());
    private final Processors processors = new Processors(vm, outcomes::add);
    private final PlatformEvents events = new PlatformEvents(
            vm.interrupts().claimMessage(0x1000), vm.interrupts().claimMessage(0x1001), () -> Instant.EPOCH);
    private final ClientArchitectureSupport architecture =
            new ClientArchitectureSupport(ProcessorModel.POWER9, MmuMode.AUTO, InterruptChoice.DUAL, vm.interrupts());
    private final ProcessorDeviceTree nodes =
            new ProcessorDeviceTree(ProcessorModel.POWER9, topology, architecture, 1 << 20);
    private final CoreHotPlug hotPlug = new CoreHotPlug(topology, Set.of(0), processors, events, nodes);
    private final Rtas rtas = new Rtas();
    private final DeviceTree.Node tokens = new DeviceTree().root().child("rtas");
    private final DeviceTree tree = new DeviceTree();
    private final DeviceTree.Node cpus = tree.root().child("cpus");

    CoreHotPlugTest() {
        processors.define(rtas);
        hotPlug.define(rtas);
        rtas.define("check-exception", 0x200e, 6, 1, events::checkException).describe(tokens);
        nodes.describe(cpus, Set.of(0));
        processors.startThreads(vcpu -> {
            while (!(vcpu.run() instanceof dev.wattle.hypervisor.Exit.Interrupted)) {
                // On to the next.
            }
            return false;
        });
    }

    @AfterEach
    void close() {
        processors.finish();
        processors.join();
        vm.close();
    }

    private int call(String name, int resultCount, int... arguments) {
        Vcpu vcpu = vm.vcpu(0);
        vm.memory().putInt(BLOCK, tokens.cell(name, 0));
        vm.memory().putInt(BLOCK + 4, arguments.length);
        vm.memory().putInt(BLOCK + 8, resultCount);
        for (int i = 0; i < arguments.length; i++) {
            vm.memory().putInt(BLOCK + 12 + 4 * i, arguments[i]);
        }
        vcpu.setGpr(4, BLOCK);
        rtas.hypercall(vcpu);
        return vm.memory().getInt(BLOCK + 12 + 4 * arguments.length);
    }

    private void negotiate(byte[] vector5) {
        hotPlug.concluded(new ClientArchitectureSupport.Agreement(0x0f00_0005, vector5, InterruptMode.XICS, ""), tree);
    }

    /** What the guest does for a core that it is told of; as far as the platform lets it. */
    private int take(int core) {
        int index = 0x1000_0000 | core;
        int status = call("set-indicator", 1, ALLOCATION, index, 1);
        if (status != 0) {
            return status;
        }
        assertEquals(0, call("set-indicator", 1, ISOLATION, index, 1));
        vm.memory().putInt(AREA, index);
        do {
            status = call("ibm,configure-connector", 1, AREA, 0);
        } while (status > 0);
        return status;
    }

    private int giveBack(int core) {
        int index = 0x1000_0000 | core;
        int status = call("set-indicator", 1, ISOLATION, index, 0);
        return status != 0 ? status : call("set-indicator", 1, ALLOCATION, index, 0);
    }

    /** The next request: its action, and the core that it is about; -1 if there is none. */
    private int request() {
        if (call("check-exception", 1, 0x500, 0x1001, HOT_PLUG, 0, BUFFER, 2048) != 0) {
            return -1;
        }
        assertEquals(0x4850_0014, vm.memory().getInt(BUFFER + 8 + 16 + 48 + 24), "HP, 20 bytes");
        int what = vm.memory().getInt(BUFFER + 8 + 16 + 48 + 24 + 8);
        assertEquals(0x0100_0200, what & 0xff00_ffff, "a processor, by index");
        int index = vm.memory().getInt(BUFFER + 8 + 16 + 48 + 24 + 12);
        return what >>> 16 << 4 & 0xf0 | index & 0xf;
    }

    private static HotPlugAnswer within(CompletableFuture<HotPlugAnswer> answer) throws Exception {
        return answer.get(30, TimeUnit.SECONDS);
    }

    private static void assertRefused(Executable change, String... said) {
        String message = assertThrows(HotPlugException.class, change).getMessage();
        for (String part : said) {
            assertTrue(message.contains(part), message);
        }
        assertEquals(-1, message.indexOf('\n'), message);
    }

    private static long threads(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals(name))
                .count();
    }

    private Core.State state(int core) {
        return hotPlug.cores().get(core).state();
    }

    private List<String> inTree() {
        return cpus.children().stream().map(DeviceTree.Node::name).toList();
    }

    @Test
    void Core_pluggedTakenUnpluggedAndGivenBack_hasThreadsMeanwhile() throws Exception {
        negotiate(WITH_HOT_PLUG);
        for (int round = 0; round < 3; round++) {
            assertEquals(-3, call("query-cpu-stopped-state", 2, 4));
            CompletableFuture<HotPlugAnswer> plugged = hotPlug.plug(2);
            assertEquals(Core.State.OFFERED, state(2));
            assertEquals(1, threads("wattle-vcpu-4"));
            assertEquals(0x12, request());
            assertEquals(-1, request());
            // It is not the guest's yet.
            assertEquals(-1, call("start-cpu", 1, 4, 0x4000, 0));
            assertEquals(0, take(2));
            assertEquals(HotPlugAnswer.DONE, within(plugged));
            assertEquals(
                    new Core(2, 4, 2, 0, Core.State.IN_USE), hotPlug.cores().get(2));
            assertEquals(0, call("start-cpu", 1, 5, 0x4000, 0));
            assertEquals(1, hotPlug.cores().get(2).started());

            CompletableFuture<HotPlugAnswer> unplugged = hotPlug.unplug(2);
            assertEquals(0x22, request());
            assertEquals(-1, giveBack(2), "a thread is started");
            vm.memory().putInt(BLOCK + 0x100, tokens.cell("stop-self", 0));
            vm.memory().putInt(BLOCK + 0x104, 0);
            vm.memory().putInt(BLOCK + 0x108, 1);
            // As if by the vCPU itself, which then leaves guest code for good.
            Vcpu fifth = vm.vcpu(5);
            vm.whileStopped(() -> {
                fifth.setGpr(4, BLOCK + 0x100);
                rtas.hypercall(fifth);
            });
            fifth.kick();
            assertEquals(Core.State.WANTED_BACK, state(2));
            assertEquals(0, giveBack(2));
            assertEquals(HotPlugAnswer.DONE, within(unplugged));
            assertEquals(
                    new Core(2, 4, 2, 0, Core.State.ABSENT), hotPlug.cores().get(2));
            assertEquals(0, threads("wattle-vcpu-4") + threads("wattle-vcpu-5"));
            assertEquals(2, vm.vcpus().size());
        }
        assertEquals(List.of("PowerPC,POWER9@0"), inTree());
    }

    @Test
    void Cores_thatCannotBeAddedOrRemoved_areRefusedByName() throws Exception {
        negotiate(WITH_HOT_PLUG);
        assertRefused(() -> hotPlug.plug(3), "core 3", "cores 0 to 2", "maxcpus");
        assertRefused(() -> hotPlug.plug(-1), "core -1");
        assertRefused(() -> hotPlug.plug(0), "core 0", "already");
        assertRefused(() -> hotPlug.unplug(1), "core 1", "not there");
        assertRefused(() -> hotPlug.unplug(0), "core 0", "last one");
        hotPlug.plug(1);
        assertRefused(() -> hotPlug.unplug(0), "core 0", "started on it");
        assertRefused(() -> hotPlug.unplug(1), "core 1", "about to take it");
        assertRefused(() -> hotPlug.plug(1), "core 1", "already");
    }

    @Test
    void Guest_withoutHotPlugEvents_keepsItsCores() throws Exception {
        hotPlug.plug(1);
        negotiate(WITHOUT);
        assertRefused(() -> hotPlug.plug(2), "core 2", "hot-plug events");
        assertRefused(() -> hotPlug.unplug(1), "core 1", "hot-plug events");
        assertEquals(-1, request());
    }

    @Test
    void Guest_thatHasNotNegotiated_findsTheCoresInItsTree() throws Exception {
        CompletableFuture<HotPlugAnswer> one = hotPlug.plug(1);
        CompletableFuture<HotPlugAnswer> two = hotPlug.plug(2);
        CompletableFuture<HotPlugAnswer> none = hotPlug.unplug(1);
        assertEquals(HotPlugAnswer.REFUSED, within(one));
        assertEquals(HotPlugAnswer.DONE, within(none));
        assertEquals(-1, request());
        assertFalse(two.isDone());
        assertEquals(List.of("PowerPC,POWER9@0"), inTree());
        negotiate(WITH_HOT_PLUG);
        assertEquals(HotPlugAnswer.DONE, within(two));
        assertEquals(List.of("PowerPC,POWER9@0", "PowerPC,POWER9@4"), inTree());
        assertEquals(Core.State.IN_USE, state(2));
        // A boot loader has negotiated, and the kernel behind it does so once more.
        CompletableFuture<HotPlugAnswer> back = hotPlug.unplug(2);
        negotiate(WITH_HOT_PLUG);
        assertEquals(HotPlugAnswer.DONE, within(back));
        assertEquals(List.of("PowerPC,POWER9@0"), inTree());
        assertEquals(-1, request());
    }

    @Test
    void Unplug_askedAgain_tellsTheGuestAgain() throws Exception {
        hotPlug.plug(1);
        negotiate(WITH_HOT_PLUG);
        CompletableFuture<HotPlugAnswer> first = hotPlug.unplug(1);
        CompletableFuture<HotPlugAnswer> second = hotPlug.unplug(1);
        assertEquals(0x21, request());
        assertEquals(0x21, request());
        assertEquals(Set.of(0), Set.copyOf(hotPlug.coresAfterReset()));
        assertEquals(0, call("set-indicator", 1, ISOLATION, 0x1000_0001, 1));
        assertEquals(HotPlugAnswer.REFUSED, within(first));
        assertEquals(HotPlugAnswer.REFUSED, within(second));
        assertEquals(Core.State.IN_USE, state(1));
        assertEquals(Set.of(0, 1), Set.copyOf(hotPlug.coresAfterReset()));
    }

    @Test
    void Plug_thatTheGuestGivesUp_isUndone() throws Exception {
        negotiate(WITH_HOT_PLUG);
        CompletableFuture<HotPlugAnswer> plugged = hotPlug.plug(1);
        assertEquals(0, call("set-indicator", 1, ALLOCATION, 0x1000_0001, 1));
        assertEquals(0, call("set-indicator", 1, ALLOCATION, 0x1000_0001, 0));
        assertEquals(HotPlugAnswer.REFUSED, within(plugged));
        assertEquals(Core.State.ABSENT, state(1));
        assertEquals(0, threads("wattle-vcpu-2"));
    }

    @Test
    void Core_thatTheGuestLeavesByItself_staysForIt() throws Exception {
        hotPlug.plug(1);
        negotiate(WITH_HOT_PLUG);
        assertEquals(0, giveBack(1));
        assertEquals(Core.State.OFFERED, state(1));
        assertEquals(-1, call("start-cpu", 1, 2, 0x4000, 0));
        assertEquals(0, take(1));
        assertEquals(Core.State.IN_USE, state(1));
        assertEquals(0, giveBack(1));
        CompletableFuture<HotPlugAnswer> unplugged = hotPlug.unplug(1);
        assertEquals(HotPlugAnswer.DONE, within(unplugged));
        assertEquals(-1, request());
        assertEquals(Core.State.ABSENT, state(1));
    }

    @Test
    void Run_thatEnds_answersWhoWaits() throws Exception {
        negotiate(WITH_HOT_PLUG);
        CompletableFuture<HotPlugAnswer> plugged = hotPlug.plug(1);
        hotPlug.end(MachineOutcome.Kind.POWERED_OFF);
        assertEquals(HotPlugAnswer.ENDED, within(plugged));
        assertRefused(() -> hotPlug.plug(2), "run of the guest is over");
    }

    @Test
    void Reboot_completesWhatIsAsked() throws Exception {
        hotPlug.plug(1);
        negotiate(WITH_HOT_PLUG);
        CompletableFuture<HotPlugAnswer> plugged = hotPlug.plug(2);
        CompletableFuture<HotPlugAnswer> unplugged = hotPlug.unplug(1);
        hotPlug.end(MachineOutcome.Kind.REBOOT);
        assertEquals(HotPlugAnswer.DONE, within(plugged));
        assertEquals(HotPlugAnswer.DONE, within(unplugged));
        assertEquals(Set.of(0, 2), Set.copyOf(hotPlug.coresAfterReset()));
    }
}
