// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code wattle stat}: what leads out of a running guest's code, as kvm_stat tells it of KVM's. */
@Command(
        name = "stat",
        mixinStandardHelpOptions = true,
        description = "Shows what leads out of a running guest's code, by kind and cause: a table that is written again"
                + " each interval, until the guest ends or Ctrl-c.")
final class StatCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    @Parameters(
            arity = "0..1",
            paramLabel = "PID",
            description = "The process of the wattle run. Not needed if there is only one.")
    private @Nullable String process;

    @Option(
            names = "--interval",
            paramLabel = "SECONDS",
            defaultValue = "1",
            description = "From one table to the next. Default: ${DEFAULT-VALUE}.")
    private double interval;

    @Option(names = "--once", description = "Write one table with the counts since the start, and end.")
    private boolean once;

    /** What one line of the table is about. */
    record Cause(String kind, String cause) {}

    @Override
    public Integer call() throws CommandFailure {
        if (!(interval >= 0.1 && interval <= 3600)) {
            throw new CommandFailure(
                    CommandFailure.USAGE, "--interval %s: give from 0.1 to 3600 seconds".formatted(interval));
        }
        Path folder = LiveCountsSocket.folder(System.getenv());
        long wanted = process == null ? onlyOne(folder) : number(process);
        LiveCounts before = ask(folder, wanted);
        PrintWriter out = spec.commandLine().getOut();
        if (once) {
            write(out, before, Map.of(), 0);
            return CommandFailure.NONE;
        }
        while (true) {
            long start = System.nanoTime();
            try {
                Thread.sleep(Math.round(interval * 1000));
            } catch (InterruptedException e) {
                return CommandFailure.NONE;
            }
            LiveCounts now;
            try {
                now = LiveCountsSocket.ask(folder, wanted);
            } catch (IOException e) {
                out.println("The guest has ended.");
                out.flush();
                return CommandFailure.NONE;
            }
            write(out, now, counts(before), (System.nanoTime() - start) / 1e9);
            before = now;
        }
    }

    static LiveCounts ask(Path folder, long process) throws CommandFailure {
        try {
            return LiveCountsSocket.ask(folder, process);
        } catch (IOException e) {
            throw new CommandFailure(
                    CommandFailure.FAILED,
                    "process %d: no wattle run of yours answers there; wattle stat without a number lists those that do"
                            .formatted(process),
                    e);
        }
    }

    static long number(String process) throws CommandFailure {
        try {
            return Long.parseLong(process);
        } catch (NumberFormatException e) {
            throw new CommandFailure(
                    CommandFailure.USAGE,
                    "%s: not the number of a process; wattle stat without one lists those that run".formatted(process),
                    e);
        }
    }

    static long onlyOne(Path folder) throws CommandFailure {
        Map<Long, String> running = new HashMap<>();
        try {
            for (long process : LiveCountsSocket.processes(folder)) {
                try {
                    running.put(process, LiveCountsSocket.ask(folder, process).guest());
                } catch (IOException e) {
                    // It was killed, and has left its socket.
                }
            }
        } catch (IOException e) {
            throw new CommandFailure(CommandFailure.FAILED, "%s cannot be read (%s)".formatted(folder, e), e);
        }
        if (running.isEmpty()) {
            throw new CommandFailure(CommandFailure.FAILED, "no wattle run of yours is running");
        }
        if (running.size() > 1) {
            List<String> all = new ArrayList<>();
            running.entrySet().stream()
                    .sorted(Map.Entry.comparingByKey())
                    .forEach(entry -> all.add("%d (%s)".formatted(entry.getKey(), entry.getValue())));
            throw new CommandFailure(
                    CommandFailure.USAGE, "several guests are running, name one: " + String.join(", ", all));
        }
        return running.keySet().iterator().next();
    }

    static Map<Cause, Long> counts(LiveCounts counts) {
        Map<Cause, Long> map = new HashMap<>();
        for (LiveCounts.Count count : counts.exits()) {
            map.put(new Cause(count.kind(), count.cause()), count.count());
        }
        return map;
    }

    /** Writes the counts, those that have changed most first; without a time, all since the start. */
    static void write(PrintWriter out, LiveCounts now, Map<Cause, Long> before, double seconds) {
        List<LiveCounts.Count> rows = new ArrayList<>(now.exits());
        Comparator<LiveCounts.Count> byChange = Comparator.comparingLong(row -> -change(row, before));
        rows.sort(byChange.thenComparing(Comparator.comparingLong(row -> -row.count())));
        out.printf(
                "%s%n%-16s %-28s %14s %12s%n", now.guest(), "kind", "cause", "total", seconds == 0 ? "" : "per second");
        for (LiveCounts.Count row : rows) {
            String rate = seconds == 0 ? "" : "%.0f".formatted(change(row, before) / seconds);
            out.printf("%-16s %-28s %14d %12s%n", row.kind(), row.cause(), row.count(), rate);
        }
        out.println();
        out.flush();
    }

    private static long change(LiveCounts.Count row, Map<Cause, Long> before) {
        return row.count() - before.getOrDefault(new Cause(row.kind(), row.cause()), 0L);
    }
}
