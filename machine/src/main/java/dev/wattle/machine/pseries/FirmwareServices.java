// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.firmware.ClientInterface;
import dev.wattle.machine.firmware.DeviceTree;
import dev.wattle.machine.firmware.FirmwareHost;
import dev.wattle.machine.firmware.FirmwareImage;
import dev.wattle.machine.firmware.MemoryClaims;
import java.time.Instant;
import java.util.OptionalLong;
import java.util.function.Supplier;

/** What this machine adds to the client interface: the console, the standard handles, and its nodes' methods. */
final class FirmwareServices implements FirmwareHost {
    private final GuestMemory memory;
    private final DeviceTree tree;
    private final Terminal terminal;
    private final MachineControl control;
    private final ClientArchitectureSupport architecture;
    private final Processors processors;
    private final Supplier<Instant> clock;
    private OptionalLong rtasBase = OptionalLong.empty();

    FirmwareServices(
            GuestMemory memory,
            DeviceTree tree,
            Terminal terminal,
            MachineControl control,
            ClientArchitectureSupport architecture,
            Processors processors,
            Supplier<Instant> clock) {
        this.memory = memory;
        this.tree = tree;
        this.terminal = terminal;
        this.control = control;
        this.architecture = architecture;
        this.processors = processors;
        this.clock = clock;
    }

    /** Builds the client interface and opens the devices that a client finds open in /chosen. */
    ClientInterface clientInterface(MemoryClaims claims) {
        ClientInterface client = new ClientInterface(memory, tree, claims, this);
        tree.root().child("aliases").setStrings("hvterm", PseriesDeviceTree.CONSOLE);
        DeviceTree.Node chosen = tree.find("/chosen").orElseThrow();
        chosen.set("stdout", client.open(PseriesDeviceTree.CONSOLE));
        chosen.set("stdin", client.open(PseriesDeviceTree.CONSOLE));
        chosen.set("memory", client.open("/memory@0"));
        DeviceTree.Node cpu = tree.find("/cpus").orElseThrow().children().getFirst();
        chosen.set("cpu", client.open(cpu.path()));
        client.method("/", "ibm,client-architecture-support", this::negotiate);
        client.method("/rtas", "instantiate-rtas", this::instantiateRtas);
        return client;
    }

    /** Argument: address of the client's structure. Result: 0 if something could be agreed. */
    private int negotiate(int[] arguments, int[] results) {
        if (arguments.length < 1) {
            return ClientInterface.ERROR;
        }
        ClientArchitectureSupport.Agreement agreement =
                architecture.negotiate(memory, Integer.toUnsignedLong(arguments[0]));
        if (!agreement.agreed()) {
            control.finish(MachineOutcome.Kind.INTERNAL_ERROR, agreement.refusal());
            answer(results, ClientInterface.ERROR);
            return 0;
        }
        architecture.conclude(agreement, tree);
        answer(results, 0);
        return 0;
    }

    /** Argument: address of "rtas-size" bytes. Result: address of the entry. */
    private int instantiateRtas(int[] arguments, int[] results) {
        if (arguments.length < 1) {
            return ClientInterface.ERROR;
        }
        long base = Integer.toUnsignedLong(arguments[0]);
        if ((base & 3) != 0 || !memory.contains(base, FirmwareImage.RTAS_BYTES)) {
            return ClientInterface.ERROR;
        }
        FirmwareImage.installRtas(memory, base);
        rtasBase = OptionalLong.of(base);
        answer(results, (int) base);
        return 0;
    }

    /** Where the client has put RTAS, once it has. */
    OptionalLong rtasBase() {
        return rtasBase;
    }

    private static void answer(int[] results, int value) {
        if (results.length > 0) {
            results[0] = value;
        }
    }

    @Override
    public void write(byte[] data, int offset, int length) {
        terminal.write(data, offset, length);
    }

    @Override
    public int read(byte[] buffer, int offset, int length) {
        return terminal.read(buffer, offset, length);
    }

    @Override
    public long milliseconds() {
        return clock.get().toEpochMilli();
    }

    @Override
    public void quiesce() {
        // No device here does anything on its own.
    }

    @Override
    public void exit() {
        control.finish(
                MachineOutcome.Kind.GUEST_PANIC,
                "the guest gave up before its kernel ran and went back to the firmware; see its last words on the console");
    }

    @Override
    public void boot(String arguments) {
        control.finish(MachineOutcome.Kind.REBOOT, "the guest asked the firmware to boot again");
    }

    @Override
    public boolean startCpu(int cpu, int entry, int argument) {
        return tree.byPhandle(cpu)
                .filter(node -> node.path().startsWith("/cpus/"))
                .map(node -> processors.start(
                        node.cell("reg", 0), Integer.toUnsignedLong(entry), Integer.toUnsignedLong(argument)))
                .orElse(false);
    }
}
