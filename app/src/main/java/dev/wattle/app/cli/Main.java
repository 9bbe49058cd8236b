// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Where the program starts. */
public final class Main {
    private Main() {}

    /**
     * Runs a command and ends the process with its status: 0 if all went well, 1 if the run failed, 2 if the command
     * line cannot be used.
     *
     * @param arguments the command line
     */
    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        CommandLine commandLine = new CommandLine(new WattleCommand());
        commandLine.setParameterExceptionHandler((exception, _) -> {
            complain(exception.getCommandLine(), usageMessage(exception));
            return CommandFailure.USAGE;
        });
        commandLine.setExecutionExceptionHandler((exception, failed, _) -> {
            if (exception instanceof CommandFailure failure) {
                complain(failed, failure.getMessage());
                return failure.status();
            }
            complain(failed, "internal error: " + exception + "; set WATTLE_DEBUG=1 to see where");
            if ("1".equals(System.getenv("WATTLE_DEBUG"))) {
                exception.printStackTrace(failed.getErr());
                failed.getErr().flush();
            }
            return CommandFailure.FAILED;
        });
        return commandLine;
    }

    private static void complain(CommandLine commandLine, String message) {
        PrintWriter err = commandLine.getErr();
        err.println("wattle: " + message.replaceAll("\\s*\\R\\s*", " "));
        err.flush();
    }

    private static String usageMessage(ParameterException exception) {
        CommandLine commandLine = exception.getCommandLine();
        String message = String.valueOf(exception.getMessage());
        String help = commandLine.getParent() == null ? "wattle help" : "wattle help " + commandLine.getCommandName();
        return message.substring(0, 1).toLowerCase(Locale.ROOT) + message.substring(1) + " (see: " + help + ")";
    }
}
