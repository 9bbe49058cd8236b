// SPDX-License-Identifier: Apache-2.0
package dev.wattle.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * One round of some programs on one machine monitor. All of them run in one boot; only if the guest hangs or dies are
 * the programs that are left run in another.
 */
final class Round {
    private static final int SECONDS_TO_POWER_OFF = 20;

    private final Monitor monitor;
    private final GuestFiles files;
    private final double scale;
    private final int timeoutSeconds;
    private final int repeat;
    private final Consumer<Sample> listener;
    private final List<Sample> samples = new ArrayList<>();

    /**
     * What to boot.
     *
     * @param kernel the kernel
     * @param initrd the initial RAM disk
     * @param memory the guest's memory, as both monitors understand it
     * @param processors how many the guest has
     * @param disk a disk of the guest's, if it wants one
     * @param directory where the monitors run
     */
    record GuestFiles(Path kernel, Path initrd, String memory, int processors, Optional<Path> disk, Path directory) {}

    Round(Monitor monitor, GuestFiles files, double scale, int timeoutSeconds, int repeat, Consumer<Sample> listener) {
        this.monitor = monitor;
        this.files = files;
        this.scale = scale;
        this.timeoutSeconds = timeoutSeconds;
        this.repeat = repeat;
        this.listener = listener;
    }

    /**
     * Runs the programs.
     *
     * @param programs which; {@code boot} is measured in the first boot
     * @return a sample for each
     */
    List<Sample> run(Collection<Program> programs) throws IOException, InterruptedException {
        Deque<Program> left = new ArrayDeque<>(programs);
        boolean bootWanted = left.remove(Catalog.BOOT);
        do {
            boolean booted = boot(left, bootWanted);
            bootWanted = false;
            if (!booted) {
                left.forEach(program -> add(Sample.failed(program, monitor.name(), repeat, "the guest did not boot")));
                left.clear();
            }
        } while (!left.isEmpty());
        return samples;
    }

    /** Runs the programs that are left, and removes those that ran from them; false if the guest did not come up. */
    private boolean boot(Deque<Program> left, boolean bootWanted) throws IOException, InterruptedException {
        String list = left.stream()
                .map(program -> program.name() + ":" + program.iterations(scale))
                .collect(Collectors.joining(","));
        String append = "console=hvc0 quiet" + (list.isEmpty() ? "" : " bench=" + list);
        List<String> command =
                monitor.command(files.kernel, files.initrd, append, files.memory, files.processors, files.disk);
        try (GuestProcess guest = new GuestProcess(command, files.directory)) {
            Wait up = await(guest, Marker.Ready.class);
            if (bootWanted) {
                add(
                        up.event.isPresent()
                                ? good(
                                        Catalog.BOOT,
                                        up.event.get().cpuSeconds(),
                                        up.event.get().wallSeconds(),
                                        none())
                                : Sample.failed(Catalog.BOOT, monitor.name(), repeat, up.failure));
            }
            if (up.event.isEmpty()) {
                if (!bootWanted && !left.isEmpty()) {
                    add(Sample.failed(left.remove(), monitor.name(), repeat, up.failure));
                }
                return false;
            }
            while (!left.isEmpty()) {
                Program program = left.remove();
                Sample sample = measure(guest, program);
                add(sample);
                if (!sample.isGood() && !sample.failure().startsWith("status ")) {
                    // The guest is of no use any more.
                    return true;
                }
            }
            if (await(guest, Marker.Done.class).event.isPresent()) {
                guest.awaitEnd(SECONDS_TO_POWER_OFF);
            }
            return true;
        }
    }

    private Sample measure(GuestProcess guest, Program program) throws InterruptedException {
        Wait begin = await(guest, Marker.Begin.class);
        if (begin.event.isEmpty()) {
            return Sample.failed(program, monitor.name(), repeat, begin.failure);
        }
        Wait end = await(guest, Marker.End.class);
        if (end.event.isEmpty()) {
            return Sample.failed(program, monitor.name(), repeat, end.failure);
        }
        if (end.event.get().marker().orElseThrow() instanceof Marker.End(String name, int status)
                && (status != 0 || !name.equals(program.name()))) {
            return Sample.failed(
                    program, monitor.name(), repeat, "status %d of %s%s".formatted(status, name, tail(guest)));
        }
        if (end.result.isEmpty()) {
            return Sample.failed(program, monitor.name(), repeat, "status 0, but no result" + tail(guest));
        }
        return good(
                program,
                end.event.get().cpuSeconds() - begin.event.get().cpuSeconds(),
                end.event.get().wallSeconds() - begin.event.get().wallSeconds(),
                end.result.get());
    }

    private Sample good(Program program, double cpuSeconds, double wallSeconds, Marker.Result result) {
        if (Double.isNaN(cpuSeconds)) {
            return Sample.failed(
                    program, monitor.name(), repeat, "the machine monitor ended before its processor time was read");
        }
        return new Sample(
                program,
                monitor.name(),
                repeat,
                cpuSeconds,
                wallSeconds,
                result.nanosecondsPerOperation(),
                result.checksum(),
                "");
    }

    private static Marker.Result none() {
        return new Marker.Result("", "", 0, 0);
    }

    private void add(Sample sample) {
        samples.add(sample);
        listener.accept(sample);
    }

    /** What a wait came to: an event, or why there was none; and the result that passed by. */
    private record Wait(Optional<GuestProcess.Event> event, Optional<Marker.Result> result, String failure) {}

    private Wait await(GuestProcess guest, Class<? extends Marker> wanted) throws InterruptedException {
        long deadline = System.nanoTime() + timeoutSeconds * 1_000_000_000L;
        Optional<Marker.Result> result = Optional.empty();
        while (true) {
            Optional<GuestProcess.Event> event = guest.next((deadline - System.nanoTime()) / 1e9);
            if (event.isEmpty()) {
                return new Wait(event, result, "no end within %d s%s".formatted(timeoutSeconds, tail(guest)));
            }
            if (event.get().marker().isEmpty()) {
                return new Wait(Optional.empty(), result, "the guest died" + tail(guest));
            }
            Marker marker = event.get().marker().get();
            if (wanted.isInstance(marker)) {
                return new Wait(event, result, "");
            }
            if (marker instanceof Marker.Result said) {
                result = Optional.of(said);
            }
        }
    }

    private static String tail(GuestProcess guest) {
        return guest.lastLines().stream().map(line -> "\n    | " + line).collect(Collectors.joining());
    }
}
