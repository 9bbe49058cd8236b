// SPDX-License-Identifier: Apache-2.0
package dev.wattle.guests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.app.guest.GuestImage;
import dev.wattle.hypervisor.MmuMode;
import dev.wattle.hypervisor.ProcessorTopology;
import dev.wattle.machine.Core;
import dev.wattle.machine.HotPlugAnswer;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.pseries.InterruptChoice;
import dev.wattle.machine.pseries.PseriesMachine;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Debian's unmodified kernel takes cores and gives them back while it runs. */
@Timeout(900)
class HotPlugBootTest {
    private static final String PRESENT = "cat /sys/devices/system/cpu/present";
    private static final String ONLINE = "cat /sys/devices/system/cpu/online";
    private static final String COUNT = "grep -c ^processor /proc/cpuinfo";
    /** Programs that never end, on whichever processors there are. */
    private static final String LOAD =
            "for i in 1 2 3; do (while :; do sha256sum /bin/busybox; done >/dev/null) & done";
    /** What a kernel says of processors that do not get on, or lock up. */
    private static final String TROUBLE =
            "dmesg | grep -c -i -e 'bug:' -e warning: -e stall -e oops -e 'call trace' -e lockup";

    private static HotPlugAnswer within(Future<HotPlugAnswer> answer) throws Exception {
        return answer.get(120, TimeUnit.SECONDS);
    }

    private static Set<String> vcpuThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("wattle-vcpu-"))
                .collect(Collectors.toSet());
    }

    @ParameterizedTest
    @CsvSource({"XICS,AUTO", "XIVE,AUTO", "XICS,HASH"})
    void core_pluggedAndUnplugged_comesAndGoesInTheGuest(InterruptChoice interrupts, MmuMode mmu) throws Exception {
        GuestImage demo = Demo.image();
        ScriptedConsole console = new ScriptedConsole();
        Shell shell = new Shell(console.transcript(), console::type);
        try (ExecutorService thread = Executors.newSingleThreadExecutor();
                PseriesMachine machine = PseriesMachine.builder()
                        .kernel(demo.kernel())
                        .initrd(demo.initrd())
                        .bootArguments(demo.bootArguments())
                        .memoryBytes(1L << 30)
                        .topology(new ProcessorTopology(1, 2, 4))
                        .interrupts(interrupts)
                        .mmu(mmu)
                        .console(console)
                        .build()) {
            Future<MachineOutcome> end = thread.submit(machine::run);
            try {
                shell.awaitPrompt();
                assertEquals("0-7", lastLine(shell.run("cat /sys/devices/system/cpu/possible")));
                assertEquals("0-1", lastLine(shell.run(PRESENT)));
                assertEquals("2", lastLine(shell.run(COUNT)));

                assertEquals(HotPlugAnswer.DONE, within(machine.plugCore(2)));
                // The guest has it; its kernel starts the threads behind that.
                awaitCount(shell, 4);
                assertEquals("0-3", lastLine(shell.run(PRESENT)));
                assertEquals("2", lastLine(shell.run("ls /proc/device-tree/cpus | grep -c @")));
                assertEquals(
                        "2-3", lastLine(shell.run("cat /sys/devices/system/cpu/cpu2/topology/thread_siblings_list")));
                assertEquals(
                        new Core(2, 4, 2, 2, Core.State.IN_USE), machine.cores().get(2));
                assertTrue(vcpuThreads().containsAll(Set.of("wattle-vcpu-4", "wattle-vcpu-5")));

                assertEquals("ran", lastLine(shell.run("taskset 4 sha256sum /bin/busybox >/dev/null && echo ran")));
                shell.run(LOAD);
                assertEquals(HotPlugAnswer.DONE, within(machine.unplugCore(2)));
                assertEquals("2", lastLine(shell.run(COUNT)));
                assertEquals("0-1", lastLine(shell.run(PRESENT)));
                assertEquals("0-1", lastLine(shell.run(ONLINE)));
                assertEquals(
                        new Core(2, 4, 2, 0, Core.State.ABSENT), machine.cores().get(2));
                assertEquals(Set.of("wattle-vcpu-1"), vcpuThreads());

                int rounds = Integer.getInteger("wattle.hotplug", 5);
                for (int round = 0; round < rounds; round++) {
                    int core = 1 + round % 3;
                    assertEquals(HotPlugAnswer.DONE, within(machine.plugCore(core)), "plug in round " + round);
                    awaitCount(shell, 4);
                    assertEquals(HotPlugAnswer.DONE, within(machine.unplugCore(core)), "unplug in round " + round);
                }
                assertEquals("2", lastLine(shell.run(COUNT)));
                assertEquals(Set.of("wattle-vcpu-1"), vcpuThreads());

                assertEquals(HotPlugAnswer.DONE, within(machine.plugCore(1)));
                awaitCount(shell, 4);
                // The guest cannot be without any.
                shell.run("for c in 0 1; do echo 0 >/sys/devices/system/cpu/cpu$c/online; done");
                assertEquals(HotPlugAnswer.REFUSED, within(machine.unplugCore(1)));
                assertEquals(Core.State.IN_USE, machine.cores().get(1).state());
                shell.run("for c in 0 1; do echo 1 >/sys/devices/system/cpu/cpu$c/online; done");
                assertEquals(HotPlugAnswer.DONE, within(machine.unplugCore(1)));
                assertEquals("2", lastLine(shell.run(COUNT)));

                String trouble = shell.run(TROUBLE);
                assertEquals("0", lastLine(trouble), trouble);
                shell.leave("poweroff -f");
                assertEquals(MachineOutcome.Kind.POWERED_OFF, end.get().kind());
            } finally {
                machine.stop();
            }
        }
    }

    @Test
    void cores_asAnEarlierMachineHadThem_areThoseThatTheGuestStartsWith() throws Exception {
        GuestImage demo = Demo.image();
        ScriptedConsole console = new ScriptedConsole();
        Shell shell = new Shell(console.transcript(), console::type);
        try (ExecutorService thread = Executors.newSingleThreadExecutor();
                PseriesMachine machine = PseriesMachine.builder()
                        .kernel(demo.kernel())
                        .initrd(demo.initrd())
                        .bootArguments(demo.bootArguments())
                        .memoryBytes(1L << 30)
                        .topology(new ProcessorTopology(1, 2, 4))
                        .cores(Set.of(0, 2))
                        .console(console)
                        .build()) {
            // Before the guest has looked: it finds one more, and one less.
            Future<HotPlugAnswer> plugged = machine.plugCore(3);
            Future<HotPlugAnswer> unplugged = machine.unplugCore(2);
            Future<MachineOutcome> end = thread.submit(machine::run);
            try {
                shell.awaitPrompt();
                assertEquals(HotPlugAnswer.DONE, within(plugged));
                assertEquals(HotPlugAnswer.DONE, within(unplugged));
                assertEquals("4", lastLine(shell.run(COUNT)));
                assertEquals(
                        "PowerPC,POWER9@0 PowerPC,POWER9@6",
                        lastLine(shell.run("cd /proc/device-tree/cpus; echo PowerPC*; cd /")));
                assertEquals(HotPlugAnswer.DONE, within(machine.plugCore(1)));
                awaitCount(shell, 6);
                assertEquals(Set.of(0, 1, 3), Set.copyOf(machine.coresAfterReset()));
                shell.leave("reboot -f");
                assertEquals(MachineOutcome.Kind.REBOOT, end.get().kind());
                assertEquals(Set.of(0, 1, 3), Set.copyOf(machine.coresAfterReset()));
            } finally {
                machine.stop();
            }
        }
    }

    private static void awaitCount(Shell shell, int processors) throws Exception {
        for (int i = 0; i < 100 && !lastLine(shell.run(COUNT)).equals(String.valueOf(processors)); i++) {
            Thread.sleep(50);
        }
        assertEquals(String.valueOf(processors), lastLine(shell.run(COUNT)));
    }

    private static String lastLine(String output) {
        return output.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .reduce("", (all, line) -> line);
    }
}
