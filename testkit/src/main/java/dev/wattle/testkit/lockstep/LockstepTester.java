// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.lockstep;

import dev.wattle.engine.host.x64.HostFeatures;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Runs random programs on both engines until a time is over or one differs.
 *
 * <pre>{@code
 * java -cp testkit/target/classes:power/target/classes:engine/target/classes \
 *     dev.wattle.testkit.lockstep.LockstepTester --minutes 20 --jobs 2 --seed 1
 * }</pre>
 *
 * <p>{@code --help} lists the options.
 */
public final class LockstepTester {
    private static final String HELP = """
            Runs random guest programs on the native engine and on the evaluator, and compares them.
              --minutes N      begin no other program after N minutes
              --count N        run N programs; 1000 if neither is given
              --jobs N         threads; 1
              --seed N         of the run; another one each time
              --differences N  end after N programs that differ; 1
              --little-code    give all programs little memory for generated code
              --kept           run each program once before, and then begin with the translations of that
              --program SEED   run the one program of that seed
            """;

    private static final int SUCCESS = 0;
    private static final int DIFFERENT = 1;
    private static final int USAGE = 2;
    /** A program that takes longer from one comparison to the next makes no progress. */
    private static final int SECONDS_TO_BE_STUCK = 10;

    private final PrintStream out;
    private final long seed;
    private final long count;
    private final long endNanos;
    private final int mostDifferences;
    private final boolean littleCode;
    private final boolean isKept;
    private final AtomicLong next = new AtomicLong();
    private final AtomicLong done = new AtomicLong();
    private final AtomicInteger differences = new AtomicInteger();
    private final List<ProgramComparison> comparisons = new CopyOnWriteArrayList<>();

    /**
     * @param out where differences go
     * @param seed of the run: the same seed makes the same programs
     * @param count how many programs
     * @param minutes after which no other program is begun
     * @param mostDifferences after which no other program is begun
     * @param littleCode whether all have little memory for generated code
     * @param isKept whether each is run once before, and then begins with the translations of that
     */
    public LockstepTester(
            PrintStream out,
            long seed,
            long count,
            double minutes,
            int mostDifferences,
            boolean littleCode,
            boolean isKept) {
        this.out = out;
        this.seed = seed;
        this.count = count;
        this.mostDifferences = mostDifferences;
        this.littleCode = littleCode;
        this.isKept = isKept;
        endNanos = System.nanoTime() + (long) (minutes * 60e9);
    }

    /**
     * Runs programs.
     *
     * @param jobs how many at the same time
     * @return how many programs were run; whether any differed, {@link #differences} tells
     */
    public long run(int jobs) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < jobs; i++) {
            threads.add(Thread.ofPlatform().name("programs " + i).start(this::work));
        }
        try (ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor()) {
            watch.scheduleAtFixedRate(
                    () -> comparisons.forEach(ProgramComparison::giveUpIfStuck),
                    SECONDS_TO_BE_STUCK,
                    SECONDS_TO_BE_STUCK,
                    TimeUnit.SECONDS);
            for (Thread thread : threads) {
                thread.join();
            }
        }
        return done.get();
    }

    /** How many programs have differed. */
    public int differences() {
        return differences.get();
    }

    private void work() {
        ProgramComparison comparison = new ProgramComparison(littleCode, isKept);
        comparisons.add(comparison);
        while (differences.get() < mostDifferences && System.nanoTime() - endNanos < 0) {
            long number = next.getAndIncrement();
            if (number >= count) {
                return;
            }
            long program = programSeed(seed, number);
            comparison.run(program).ifPresent(text -> {
                differences.incrementAndGet();
                report(text, program);
            });
            done.incrementAndGet();
        }
    }

    private void report(String text, long program) {
        synchronized (out) {
            out.println(text);
            out.printf(
                    "to repeat it: %s --program 0x%x%s%s%n",
                    LockstepTester.class.getName(),
                    program,
                    littleCode ? " --little-code" : "",
                    isKept ? " --kept" : "");
        }
    }

    /** The seed of the n-th program of a run, spread so that neighbours have nothing in common. */
    static long programSeed(long seed, long number) {
        long z = (seed << 32 ^ number) * 0x9e37_79b9_7f4a_7c15L;
        z = (z ^ z >>> 30) * 0xbf58_476d_1ce4_e5b9L;
        return z ^ z >>> 31;
    }

    /** Runs the command line; exits with 0 if nothing differed, 1 if something did, 2 for a bad command line. */
    public static void main(String[] arguments) throws InterruptedException {
        System.exit(command(arguments));
    }

    private static int command(String[] arguments) throws InterruptedException {
        if (List.of(arguments).contains("--help")) {
            System.out.print(HELP);
            return SUCCESS;
        }
        double minutes = Double.MAX_VALUE / 1e12;
        long count = 1000;
        int jobs = 1;
        int differences = 1;
        long seed = System.nanoTime() & 0xffff_ffffL;
        Optional<Long> program = Optional.empty();
        boolean littleCode = false;
        boolean isKept = false;
        try {
            for (int i = 0; i < arguments.length; i += 2) {
                if (arguments[i].equals("--little-code")) {
                    littleCode = true;
                    i--;
                    continue;
                }
                if (arguments[i].equals("--kept")) {
                    isKept = true;
                    i--;
                    continue;
                }
                if (i + 1 == arguments.length) {
                    throw new IllegalArgumentException(arguments[i] + " is unknown or needs a value");
                }
                String value = arguments[i + 1];
                switch (arguments[i]) {
                    case "--minutes" -> {
                        minutes = Double.parseDouble(value);
                        count = Long.MAX_VALUE;
                    }
                    case "--count" -> count = Long.decode(value);
                    case "--jobs" -> jobs = Integer.parseInt(value);
                    case "--seed" -> seed = Long.decode(value);
                    case "--differences" -> differences = Integer.parseInt(value);
                    case "--program" -> program = Optional.of(number(value));
                    default -> throw new IllegalArgumentException("there is no option " + arguments[i]);
                }
            }
        } catch (IllegalArgumentException e) {
            System.err.println("lockstep tester: " + e.getMessage());
            return USAGE;
        }
        if (!HostFeatures.isHostSupported()) {
            System.err.println(
                    "lockstep tester: the native engine does not run on this host; there is nothing to compare");
            return USAGE;
        }
        if (program.isPresent()) {
            return one(program.get(), littleCode, isKept);
        }
        System.out.printf("seed %d%n", seed);
        LockstepTester tester = new LockstepTester(System.out, seed, count, minutes, differences, littleCode, isKept);
        long programs = tester.run(jobs);
        System.out.printf(
                "%d programs of %d instructions, %d different%n",
                programs, ProgramComparison.INSTRUCTIONS, tester.differences());
        return tester.differences() == 0 ? SUCCESS : DIFFERENT;
    }

    private static int one(long program, boolean littleCode, boolean isKept) {
        ProgramComparison comparison = new ProgramComparison(littleCode, isKept);
        Optional<String> difference = comparison.run(program);
        System.out.println(difference.orElseGet(() -> "no difference: " + comparison.interrupts(program)));
        return difference.isPresent() ? DIFFERENT : SUCCESS;
    }

    private static long number(String value) {
        return value.startsWith("0x") ? Long.parseUnsignedLong(value.substring(2), 16) : Long.parseLong(value);
    }
}
