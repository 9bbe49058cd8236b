// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code wattle info}: the state of a part of a running machine. */
@Command(
        name = "info",
        mixinStandardHelpOptions = true,
        description = "Shows the state of a part of a running machine, once: interrupts (controller, sources, queues,"
                + " what is pending, counts and latencies).")
final class InfoCommand implements Callable<Integer> {
    /** What can be shown. */
    enum Topic {
        INTERRUPTS
    }

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "TOPIC",
            converter = TopicConverter.class,
            description = "What to show: interrupts.")
    @SuppressWarnings("NullAway.Init") // Required, so set by picocli.
    private Topic topic;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "PID",
            description = "The process of the wattle run. Not needed if there is only one.")
    private @Nullable String process;

    @Override
    public Integer call() throws CommandFailure {
        Path folder = LiveCountsSocket.folder(System.getenv());
        LiveCounts counts =
                StatCommand.ask(folder, process == null ? StatCommand.onlyOne(folder) : StatCommand.number(process));
        write(spec.commandLine().getOut(), topic, counts);
        return CommandFailure.NONE;
    }

    static void write(PrintWriter out, Topic topic, LiveCounts counts) {
        out.println(counts.guest());
        out.print(
                switch (topic) {
                    case INTERRUPTS -> counts.interrupts();
                });
        out.flush();
    }

    /** Reads a topic. */
    static final class TopicConverter implements ITypeConverter<Topic> {
        @Override
        public Topic convert(String text) {
            for (Topic topic : Topic.values()) {
                if (topic.name().toLowerCase(Locale.ROOT).equals(text)) {
                    return topic;
                }
            }
            throw new TypeConversionException("'%s' is nothing to show; choose from: interrupts".formatted(text));
        }
    }
}
