// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.conformance;

import dev.wattle.hypervisor.Exit;
import dev.wattle.hypervisor.ProcessorTopology;
import dev.wattle.hypervisor.Vcpu;
import dev.wattle.hypervisor.Vm;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Several vCPUs that run guest code of one memory, each on a thread of its own, to {@link Guest#END}. GPR 31 of each is its
 * number.
 */
final class SharedGuest implements AutoCloseable {
    /** Names a number: how often several vCPUs do in all what must not go wrong, instead of so often as takes a moment. */
    private static final String PROPERTY = "wattle.litmus";

    private static final long SECONDS = 120;
    /** The least that is done in a second, by a slow host's evaluator. */
    private static final long TIMES_IN_A_SECOND = 20_000;

    final Vm vm;
    private final Guest guest;
    private final List<CompletableFuture<Exit>> exits = new ArrayList<>();

    SharedGuest(Supplier<Vm.Builder> vms, int cores, int threads) {
        vm = vms.get()
                .memoryBytes(1 << 22)
                .topology(new ProcessorTopology(cores, threads))
                .build();
        guest = new Guest(vm);
        for (Vcpu vcpu : vm.vcpus()) {
            vcpu.setGpr(31, vcpu.server());
        }
    }

    /** How often each of some vCPUs is to do something: a few times, or its part of what is asked for. */
    static int rounds(int few, int vcpus) {
        return Math.toIntExact(Long.getLong(PROPERTY, (long) few * vcpus) / vcpus);
    }

    private static long seconds() {
        return SECONDS + Long.getLong(PROPERTY, 0) / TIMES_IN_A_SECOND;
    }

    /** Puts code at an address, where a vCPU starts. */
    SharedGuest code(int number, long address, String text) {
        guest.code(address, text + Guest.STOP);
        vm.vcpu(number).setNia(address);
        return this;
    }

    /** Puts code at an address, where all vCPUs start. */
    SharedGuest code(long address, String text) {
        guest.code(address, text + Guest.STOP);
        vm.vcpus().forEach(vcpu -> vcpu.setNia(address));
        return this;
    }

    /** Starts the threads. */
    SharedGuest start() {
        for (Vcpu vcpu : vm.vcpus()) {
            CompletableFuture<Exit> exit = new CompletableFuture<>();
            exits.add(exit);
            Thread.ofPlatform().daemon().name("guest-" + vcpu.server()).start(() -> {
                try {
                    exit.complete(vcpu.run());
                } catch (RuntimeException | Error e) {
                    exit.completeExceptionally(e);
                }
            });
        }
        return this;
    }

    /** Waits until all have come to the end. */
    SharedGuest join() throws InterruptedException, ExecutionException {
        for (Vcpu vcpu : vm.vcpus()) {
            Exit exit;
            try {
                exit = exits.get(vcpu.server()).get(seconds(), TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                stop();
                throw new AssertionError("vCPU " + vcpu.server() + " does not come to its end\n" + vcpu.registers(), e);
            }
            if (!(exit instanceof Exit.PaprHcall hcall) || hcall.nr() != Guest.END) {
                stop();
                throw new AssertionError("vCPU " + vcpu.server() + " ended with " + exit + "\n" + vcpu.registers());
            }
        }
        return this;
    }

    private void stop() throws InterruptedException, ExecutionException {
        for (Vcpu vcpu : vm.vcpus()) {
            vcpu.kick();
        }
        for (CompletableFuture<Exit> exit : exits) {
            try {
                exit.get(SECONDS, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                throw new AssertionError("a vCPU does not stop", e);
            }
        }
    }

    @Override
    public void close() {
        vm.close();
    }
}
