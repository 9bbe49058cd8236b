// SPDX-License-Identifier: Apache-2.0
package dev.wattle.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A machine monitor with a guest, as a child process. A thread of its own reads the console and, at each marker, the
 * child's processor time. The child is ended on close, and when this JVM ends.
 */
final class GuestProcess implements AutoCloseable {
    private static final int KEPT_LINES = 15;

    private final Process process;
    private final Thread reader;
    private final Thread ender;
    private final long start;
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final Deque<String> lastLines = new ArrayDeque<>();

    /**
     * Something that happened.
     *
     * @param marker what the guest said; nothing if its console was closed, which means that it ended
     * @param wallSeconds since the start of the machine monitor
     * @param cpuSeconds that the machine monitor has used; NaN if it had ended
     */
    record Event(Optional<Marker> marker, double wallSeconds, double cpuSeconds) {}

    /**
     * Starts a machine monitor.
     *
     * @param command the program and its arguments
     * @param directory where it runs
     * @throws IOException if it cannot be started
     */
    GuestProcess(List<String> command, Path directory) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
        start = System.nanoTime();
        // Its standard input is a pipe to which nothing is written.
        process = builder.start();
        ender = new Thread(process::destroyForcibly, "end of guest");
        Runtime.getRuntime().addShutdownHook(ender);
        reader = Thread.ofPlatform().daemon().name("console").start(this::read);
    }

    /**
     * Waits for the next event.
     *
     * @param seconds how long
     * @return the event, or nothing if there was none in that time
     */
    Optional<Event> next(double seconds) throws InterruptedException {
        return Optional.ofNullable(events.poll((long) (Math.max(0, seconds) * 1e9), TimeUnit.NANOSECONDS));
    }

    /** The last lines of the console. */
    List<String> lastLines() {
        synchronized (lastLines) {
            return List.copyOf(lastLines);
        }
    }

    /**
     * Waits for the end.
     *
     * @param seconds how long
     */
    void awaitEnd(int seconds) throws InterruptedException {
        process.waitFor(seconds, TimeUnit.SECONDS);
    }

    private void read() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.ISO_8859_1))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.contains(Marker.SIGN)) {
                    double cpuSeconds = ProcessorTime.seconds(process.pid()).orElse(Double.NaN);
                    double wallSeconds = elapsed();
                    Marker.in(line).ifPresent(marker -> {
                        events.add(new Event(Optional.of(marker), wallSeconds, cpuSeconds));
                    });
                }
                keep(line);
            }
        } catch (IOException e) {
            keep("(the console cannot be read: " + e.getMessage() + ")");
        }
        events.add(new Event(Optional.empty(), elapsed(), 0));
    }

    private double elapsed() {
        return (System.nanoTime() - start) / 1e9;
    }

    private void keep(String line) {
        synchronized (lastLines) {
            if (!line.isBlank()) {
                lastLines.add(line.stripTrailing());
            }
            if (lastLines.size() > KEPT_LINES) {
                lastLines.remove();
            }
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
            // The console is closed now, unless a child of the child has it.
            reader.join(1000);
            Runtime.getRuntime().removeShutdownHook(ender);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IllegalStateException e) {
            // This JVM is ending already.
        }
    }
}
