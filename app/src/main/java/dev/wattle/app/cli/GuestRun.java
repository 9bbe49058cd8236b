// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import dev.wattle.app.guest.Progress;
import dev.wattle.machine.ConfigurationException;
import dev.wattle.machine.ConsoleBackend;
import dev.wattle.machine.Machine;
import dev.wattle.machine.MachineOutcome;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jline.terminal.spi.SystemStream;

/**
 * One {@code wattle run}: a guest on the standard streams, through its reboots, until it powers off, fails or is
 * stopped. The terminal is given back as it was in each case, a signal that ends the process included.
 */
final class GuestRun {
    /** Guest instructions after which a run shows the JVM enough of itself for the launcher's class cache. */
    private static final long WORTH_RECORDING = 10_000_000;

    /** How long a signal that ends the process waits for the report to be written. */
    private static final int GRACE_SECONDS = 2;

    private final HostTerminal terminal;
    private final Progress progress;
    private final Optional<ReportFile> reportFile;
    private final Optional<TextTrace> trace;
    private final boolean noReboot;

    private final StreamConsole console;
    private final boolean interactive;
    private final AtomicBoolean stopRequested = new AtomicBoolean();
    private final AtomicBoolean outputLost = new AtomicBoolean();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile Runnable stopMachine = () -> {};
    private volatile Optional<Machine> running = Optional.empty();
    private volatile Runnable leaveRawMode = () -> {};

    /** Builds a machine; called again for each reboot. */
    @FunctionalInterface
    interface Factory {
        /**
         * @param console the console to give it
         * @param before the machine, closed, on which the guest ran until it asked for a reboot, if it did
         * @throws ConfigurationException if it cannot be built as the user asked
         */
        Machine build(ConsoleBackend console, Optional<Machine> before) throws ConfigurationException;
    }

    /**
     * @param terminal the terminal that the standard streams may lead to
     * @param progress shows what happens until the guest's first output
     * @param reportFile where the report goes, if anywhere
     * @param trace what is closed at the end of the run
     * @param noReboot whether a reboot ends the run
     */
    GuestRun(
            HostTerminal terminal,
            Progress progress,
            Optional<ReportFile> reportFile,
            Optional<TextTrace> trace,
            boolean noReboot) {
        this.terminal = terminal;
        this.progress = progress;
        this.reportFile = reportFile;
        this.trace = trace;
        this.noReboot = noReboot;
        // The descriptors themselves: System.in and System.out would buffer.
        FileInputStream in = new FileInputStream(FileDescriptor.in);
        FileOutputStream out = new FileOutputStream(FileDescriptor.out);
        this.interactive = terminal.is(SystemStream.Input);
        this.console = interactive
                ? new TerminalConsole(in, out, System.err, progress, this::quit, this::loseOutput)
                : new StreamConsole(in, out, progress, this::loseOutput);
    }

    /**
     * Runs the guest.
     *
     * @param name what the guest is, for people
     * @param factory builds the machine
     * @return the exit status, 0
     * @throws CommandFailure if the machine cannot be built or the run fails
     */
    int untilTheEnd(String name, Factory factory) throws CommandFailure {
        Thread hook = new Thread(this::endedBySignal, "end of process");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            MachineOutcome end = boots(name, factory);
            return status(end);
        } finally {
            restoreTerminal();
            trace.ifPresent(TextTrace::close);
            ended.countDown();
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // The process is ending already, and the hook has run or is running.
            }
        }
    }

    private MachineOutcome boots(String name, Factory factory) throws CommandFailure {
        RunReport report = RunReport.empty();
        Optional<Machine> before = Optional.empty();
        while (true) {
            progress.stage("Loading " + name);
            try (Machine machine = factory.build(console, before)) {
                if (report.boots() == 0) {
                    openConsole();
                    Path folder = LiveCountsSocket.folder(System.getenv());
                    LiveCountsSocket.serve(
                            folder,
                            () -> new LiveCounts(
                                    name,
                                    counts(),
                                    running.map(Machine::interrupts).orElse("")));
                    CoreRequestSocket.serve(folder, new CoreRequests(() -> running)::answer);
                }
                progress.stage("Booting " + name);
                stopMachine = machine::stop;
                running = Optional.of(machine);
                before = running;
                if (stopRequested.get()) {
                    machine.stop();
                }
                MachineOutcome end = machine.run();
                report = report.plus(end, machine.statistics(), ResidentMemory.now());
                endLine();
                boolean again = end.kind() == MachineOutcome.Kind.REBOOT && !noReboot && !stopRequested.get();
                if (!again) {
                    restoreTerminal();
                    if (report.instructionsCompleted() >= WORTH_RECORDING) {
                        tellLauncher();
                    }
                    if (reportFile.isPresent()) {
                        reportFile.get().write(report);
                    }
                    return end;
                }
            } catch (ConfigurationException e) {
                throw new CommandFailure(CommandFailure.USAGE, String.valueOf(e.getMessage()), e);
            } finally {
                stopMachine = () -> {};
                running = Optional.empty();
                progress.done();
            }
        }
    }

    private List<LiveCounts.Count> counts() {
        return running.map(Machine::exits).orElse(List.of()).stream()
                .map(count -> new LiveCounts.Count(count.kind().name(), count.cause(), count.count()))
                .toList();
    }

    /** The launcher may have the JVM record this run: then it waits for this file. */
    private static void tellLauncher() {
        String file = System.getProperty("wattle.recorded", "");
        if (!file.isEmpty()) {
            try {
                Files.createFile(Path.of(file));
            } catch (IOException e) {
                // Another run was faster, or the file cannot be written: the next start is as slow as this one.
            }
        }
    }

    private int status(MachineOutcome end) throws CommandFailure {
        return switch (end.kind()) {
            case POWERED_OFF, REBOOT -> CommandFailure.NONE;
            case STOPPED -> {
                if (outputLost.get()) {
                    throw new CommandFailure(
                            CommandFailure.FAILED, "standard output was closed, so the guest was stopped");
                }
                yield CommandFailure.NONE;
            }
            case GUEST_PANIC -> throw new CommandFailure(CommandFailure.FAILED, "the guest panicked: " + end.reason());
            case INTERNAL_ERROR -> throw new CommandFailure(CommandFailure.FAILED, "internal error: " + end.reason());
        };
    }

    private void openConsole() throws CommandFailure {
        if (interactive) {
            try {
                leaveRawMode = terminal.enterRawMode();
            } catch (IOException e) {
                throw new CommandFailure(
                        CommandFailure.FAILED, "the terminal refused raw mode (%s)".formatted(e.getMessage()), e);
            }
        }
        console.start();
    }

    private void restoreTerminal() {
        endLine();
        leaveRawMode.run();
    }

    private void endLine() {
        progress.done();
        if (console instanceof TerminalConsole onScreen) {
            onScreen.endLine();
        }
    }

    private void quit() {
        if (stopRequested.getAndSet(true)) {
            // Asked twice: the machine does not stop by itself.
            System.exit(CommandFailure.FAILED);
        }
        stopMachine.run();
    }

    private void loseOutput() {
        outputLost.set(true);
        stopRequested.set(true);
        stopMachine.run();
    }

    private void endedBySignal() {
        stopRequested.set(true);
        leaveRawMode.run();
        stopMachine.run();
        try {
            if (!ended.await(GRACE_SECONDS, TimeUnit.SECONDS)) {
                System.err.println("wattle: the guest did not stop in time; its report, if any, is not written");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
