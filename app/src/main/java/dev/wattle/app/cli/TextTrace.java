// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import dev.wattle.hypervisor.Exit;
import dev.wattle.hypervisor.FlightRecorderTrace;
import dev.wattle.hypervisor.Trace;
import dev.wattle.hypervisor.papr.hcall.HcallNumber;
import dev.wattle.power.processor.Interrupt;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** Writes a line for each exit, hypercall and interrupt that is asked for, with the time since the start. */
final class TextTrace implements Trace, AutoCloseable {
    /** What may be asked for. */
    private enum Topic {
        EXITS,
        HCALLS,
        INTERRUPTS
    }

    private final Set<Topic> topics;
    private final PrintWriter out;
    private final long start = System.nanoTime();

    private TextTrace(Set<Topic> topics, Writer out) {
        this.topics = topics;
        this.out = new PrintWriter(new BufferedWriter(out, 1 << 16), false);
    }

    /**
     * Opens a trace as {@code --trace} describes it.
     *
     * @param topics names separated by commas
     * @param file where the lines go
     */
    static TextTrace open(String topics, Path file) throws CommandFailure {
        Set<Topic> wanted = EnumSet.noneOf(Topic.class);
        for (String name : topics.split(",", -1)) {
            try {
                wanted.add(Topic.valueOf(name.strip().toUpperCase(Locale.ROOT)));
            } catch (IllegalArgumentException e) {
                throw new CommandFailure(
                        CommandFailure.USAGE,
                        "--trace '%s': '%s' cannot be traced; choose from: exits, hcalls, interrupts"
                                .formatted(topics, name.strip()),
                        e);
            }
        }
        if (Files.isDirectory(file)) {
            throw new CommandFailure(
                    CommandFailure.USAGE, "--trace-file %s: it is a directory; name a file".formatted(file));
        }
        try {
            return new TextTrace(wanted, Files.newBufferedWriter(file, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new CommandFailure(
                    CommandFailure.USAGE,
                    "--trace-file %s: cannot be written (%s); name a file in a folder that exists, and that you may write"
                            .formatted(file, reason(e)),
                    e);
        }
    }

    private static String reason(IOException e) {
        return e instanceof NoSuchFileException
                ? "there is no such folder"
                : e instanceof AccessDeniedException ? "permission denied" : String.valueOf(e.getMessage());
    }

    /** The same things as lines and as events of the Flight Recorder. */
    Trace withEvents() {
        return and(new FlightRecorderTrace());
    }

    private synchronized void line(int vcpu, String text) {
        out.printf(Locale.ROOT, "%.6f %d %s%n", (System.nanoTime() - start) / 1e9, vcpu, text);
    }

    @Override
    public void exit(int vcpu, long nia, Exit exit) {
        if (!topics.contains(Topic.EXITS)) {
            return;
        }
        String text = switch (exit) {
            case Exit.PaprHcall hcall -> "PaprHcall " + HcallNumber.name(hcall.nr()) + " " + words(hcall.args());
            default -> exit.toString();
        };
        line(vcpu, "exit nia=%x %s".formatted(nia, text));
    }

    @Override
    public void hypercall(int vcpu, long nia, long number, long[] arguments, long ret) {
        if (topics.contains(Topic.HCALLS)) {
            line(vcpu, "hcall nia=%x %s %s = %d".formatted(nia, HcallNumber.name(number), words(arguments), ret));
        }
    }

    @Override
    public void interrupt(int vcpu, Interrupt interrupt, long srr0) {
        if (topics.contains(Topic.INTERRUPTS)) {
            line(vcpu, "interrupt %s srr0=%x".formatted(interrupt.name(), srr0));
        }
    }

    private static String words(long[] values) {
        return Arrays.stream(values).mapToObj(Long::toHexString).collect(Collectors.joining(" "));
    }

    /** Writes what is left. */
    @Override
    public synchronized void close() {
        out.close();
    }
}
