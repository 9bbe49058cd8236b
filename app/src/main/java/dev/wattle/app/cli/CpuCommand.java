// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code wattle cpu}: cores of a running guest that come and go. */
@Command(
        name = "cpu",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Adds a core to a running guest, removes one, or lists them. A machine has room for as many as"
                + " maxcpus of wattle run --smp says; the guest has to take a core, and to give it back.",
        footer = {
            "",
            "Exit status: 0 it is done; 1 it is not, as when the guest refuses; 2 the command line cannot be used."
        })
final class CpuCommand implements Callable<Integer> {
    /** What can be done. */
    enum Action {
        ADD,
        REMOVE,
        LIST
    }

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "ACTION",
            converter = ActionConverter.class,
            description = "What to do: add, remove or list.")
    @SuppressWarnings("NullAway.Init") // Required, so set by picocli.
    private Action action;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "PID",
            description = "The process of the wattle run. Not needed if there is only one.")
    private @Nullable String process;

    @Option(
            names = "--core",
            paramLabel = "N",
            description =
                    "Which core, from 0. Without: the first that is absent to add, the last that is there to remove.")
    private @Nullable Integer core;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description = "How long to wait for the guest. Default: ${DEFAULT-VALUE}.")
    private double timeout;

    @Override
    public Integer call() throws CommandFailure {
        if (!(timeout >= 0 && timeout <= 86_400)) {
            throw new CommandFailure(
                    CommandFailure.USAGE, "--timeout %s: give from 0 to 86400 seconds".formatted(timeout));
        }
        if (core != null && (core < 0 || action == Action.LIST)) {
            throw new CommandFailure(
                    CommandFailure.USAGE,
                    action == Action.LIST
                            ? "--core %d: list shows all of them; leave it out".formatted(core)
                            : "--core %d: cores are numbered from 0".formatted(core));
        }
        Path folder = LiveCountsSocket.folder(System.getenv());
        long wanted = process == null ? StatCommand.onlyOne(folder) : StatCommand.number(process);
        CoreAnswer answer =
                ask(folder, wanted, new CoreRequest(action.name(), core == null ? CoreRequest.ANY : core, timeout));
        if (!answer.done()) {
            throw new CommandFailure(CommandFailure.FAILED, answer.text());
        }
        spec.commandLine().getOut().println(answer.text());
        spec.commandLine().getOut().flush();
        return CommandFailure.NONE;
    }

    private static CoreAnswer ask(Path folder, long process, CoreRequest request) throws CommandFailure {
        try {
            return CoreRequestSocket.ask(folder, process, request);
        } catch (IOException e) {
            throw new CommandFailure(
                    CommandFailure.FAILED,
                    "process %d: no wattle run of yours answers there; wattle stat without a number lists those that do"
                            .formatted(process),
                    e);
        }
    }

    /** Reads an action. */
    static final class ActionConverter implements ITypeConverter<Action> {
        @Override
        public Action convert(String text) {
            for (Action action : Action.values()) {
                if (action.name().toLowerCase(Locale.ROOT).equals(text)) {
                    return action;
                }
            }
            throw new TypeConversionException("'%s' is nothing to do; choose from: add, remove, list".formatted(text));
        }
    }
}
