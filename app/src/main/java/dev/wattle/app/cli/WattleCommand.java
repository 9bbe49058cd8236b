// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code wattle} itself: what there is, and which version. */
@Command(
        name = "wattle",
        description = "Runs POWER guests.",
        mixinStandardHelpOptions = true,
        versionProvider = WattleCommand.Version.class,
        subcommands = {
            RunCommand.class,
            ImageCommand.class,
            DisasmCommand.class,
            StatCommand.class,
            InfoCommand.class,
            CpuCommand.class,
            HelpCommand.class
        },
        footer = {"", "wattle run       boots Debian's kernel to a shell", "wattle help run  explains its options"})
final class WattleCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    /** Without a subcommand: what there is. */
    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    /** The version of Wattle, and of what it runs on. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() throws IOException {
            Properties properties = new Properties();
            try (InputStream in = WattleCommand.class.getResourceAsStream("version.properties")) {
                if (in != null) {
                    properties.load(in);
                }
            }
            return new String[] {
                "wattle " + properties.getProperty("version", "(unknown version)"),
                "Java %s on %s %s"
                        .formatted(Runtime.version(), System.getProperty("os.name"), System.getProperty("os.arch"))
            };
        }
    }
}
