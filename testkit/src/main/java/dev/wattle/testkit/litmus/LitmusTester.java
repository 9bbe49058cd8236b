// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.litmus;

import dev.wattle.hypervisor.EngineMode;
import dev.wattle.hypervisor.Exit;
import dev.wattle.hypervisor.ProcessorTopology;
import dev.wattle.hypervisor.Vcpu;
import dev.wattle.hypervisor.Vm;
import dev.wattle.power.isa.Assembler;
import dev.wattle.power.isa.InstructionTable;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Runs litmus tests. The threads of a test meet, wait for a random moment each, and go through some thousand pairs of locations
 * as fast as they can: so they are at the same pair again and again.
 */
public final class LitmusTester {
    private static final long CODE = 0x1000;
    private static final long CODE_BYTES = 0x1000;
    private static final long MEETING = 0x8000;
    private static final long X = 0x10_0000;
    private static final long Y = 0x20_0000;
    private static final long RESULTS = 0x30_0000;
    private static final long RESULTS_BYTES = 0x1_0000;
    private static final long MEMORY = 0x40_0000;
    private static final int PAIRS = 4000;
    /** Locations do not share a cache line of the host. */
    private static final int STRIDE = 128;

    private static final int END = 0x7abc;

    /** Turns of a loop that a thread waits after they have met: so long as they need to be at the same pair, or not. */
    private static final int MOST_DELAY = 64;

    private final EngineMode engine;
    private final SplittableRandom random = new SplittableRandom(1);
    private final Assembler assembler = new Assembler(InstructionTable.load());

    public LitmusTester(EngineMode engine) {
        this.engine = engine;
    }

    /**
     * Runs a test.
     *
     * @param iterations at least so often
     * @return how often its outcome has been seen
     * @throws AssertionError if a vCPU does not come to its end
     */
    public long run(Litmus test, long iterations) throws InterruptedException {
        int threads = test.threads().size();
        long seen = 0;
        try (Vm vm = Vm.builder()
                        .memoryBytes(MEMORY)
                        .topology(new ProcessorTopology(threads, 1))
                        .engine(engine)
                        .build();
                ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            for (int n = 0; n < threads; n++) {
                int[] words = assembler.assemble(CODE + n * CODE_BYTES, program(test, n));
                for (int i = 0; i < words.length; i++) {
                    vm.memory().putInt(CODE + n * CODE_BYTES + 4L * i, words[i]);
                }
            }
            for (long done = 0; done < iterations; done += PAIRS) {
                vm.memory().fill(X, (long) PAIRS * STRIDE, (byte) 0);
                vm.memory().fill(Y, (long) PAIRS * STRIDE, (byte) 0);
                vm.memory().putInt(MEETING, 0);
                runAll(vm, pool);
                seen += count(vm, test);
            }
        }
        return seen;
    }

    private String program(Litmus test, int thread) {
        return """
                 lis 3, 0x10
                 lis 4, 0x20
                 lis 5, 0x30
                 addis 5, 5, %1$d
                 li 1, 1
                 li 6, 0x4000
                 add 6, 6, 6
                 li 7, %2$d
                 mtctr 7
                meet: lwarx 7, 0, 6
                 addi 7, 7, 1
                 stwcx. 7, 0, 6
                 bne meet
                wait: lwz 7, 0(6)
                 cmpwi 7, %3$d
                 bne wait
                delay: addi 8, 8, -1
                 cmpwi 8, 0
                 bne delay
                next:
                %4$s
                 stw 10, 0(5)
                 stw 11, 4(5)
                 addi 5, 5, 8
                 addi 3, 3, %5$d
                 addi 4, 4, %5$d
                 bdnz next
                 li 3, %6$d
                 sc 1
                 b .""".formatted(
                        thread * (RESULTS_BYTES >> 16),
                        PAIRS,
                        test.threads().size(),
                        test.threads().get(thread),
                        STRIDE,
                        END);
    }

    private void runAll(Vm vm, ExecutorService pool) throws InterruptedException {
        List<Future<Exit>> exits = new ArrayList<>();
        for (Vcpu vcpu : vm.vcpus()) {
            vcpu.setNia(CODE + vcpu.server() * CODE_BYTES);
            vcpu.setGpr(8, 1 + random.nextInt(MOST_DELAY));
            exits.add(pool.submit(() -> vcpu.run()));
        }
        for (Vcpu vcpu : vm.vcpus()) {
            try {
                Exit exit = exits.get(vcpu.server()).get();
                if (!(exit instanceof Exit.PaprHcall hcall) || hcall.nr() != END) {
                    throw new AssertionError("vCPU " + vcpu.server() + " ended with " + exit + "\n" + vcpu.registers());
                }
            } catch (ExecutionException e) {
                throw new AssertionError(e);
            }
        }
    }

    private static long count(Vm vm, Litmus test) {
        int[] results = new int[2 * test.threads().size()];
        long seen = 0;
        for (int pair = 0; pair < PAIRS; pair++) {
            for (int i = 0; i < results.length; i++) {
                results[i] = vm.memory().getInt(RESULTS + i / 2 * RESULTS_BYTES + 8L * pair + 4 * (i & 1));
            }
            if (test.isOutcome(results)) {
                seen++;
            }
        }
        return seen;
    }
}
