// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import dev.wattle.app.guest.DebianGuests;
import dev.wattle.app.guest.GuestUnavailableException;
import dev.wattle.app.guest.Progress;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.Callable;
import org.jline.terminal.spi.SystemStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code wattle image}: makes disk images. */
@Command(
        name = "image",
        description = {
            "Makes a disk image that boots.",
            "",
            "'debian' is a disk with Debian's kernel and GRUB, as firmware of a POWER machine loads them, and a busybox"
                    + " shell on an ext4 root file system. Its pieces are fetched with apt and kept in the cache; root is"
                    + " not needed. The image is sparse: it takes room as it is written to.",
            ""
        },
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true)
final class ImageCommand implements Callable<Integer> {
    private static final String DEBIAN = "debian";

    @Parameters(index = "0", paramLabel = "WHAT", description = "What is on the disk: debian.")
    @SuppressWarnings("NullAway.Init") // Set by picocli, which requires it.
    private String what;

    @Parameters(index = "1", paramLabel = "FILE", description = "The image to write.")
    @SuppressWarnings("NullAway.Init") // Set by picocli, which requires it.
    private Path file;

    @Option(
            names = "--size",
            paramLabel = "SIZE",
            defaultValue = "1G",
            converter = MemorySize.DiskConverter.class,
            description = "How large the disk is, such as 512M or 4G. Default: ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // Set by picocli, which knows the default.
    private MemorySize size;

    @Option(names = "--force", description = "Replace FILE if it is there.")
    private boolean force;

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    /**
     * Writes the image.
     *
     * @return the exit status
     * @throws CommandFailure with one line for the user, if it cannot be written
     */
    @Override
    public Integer call() throws CommandFailure {
        if (!what.equals(DEBIAN)) {
            throw new CommandFailure(
                    CommandFailure.USAGE, "%s: no such disk is known here; choose from: debian".formatted(what));
        }
        if (Files.exists(file) && !force) {
            throw new CommandFailure(
                    CommandFailure.USAGE,
                    "%s: it is there already; name another file, or pass --force".formatted(file));
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new CommandFailure(
                    CommandFailure.USAGE, "%s: it is not a regular file; name another file".formatted(file));
        }
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new CommandFailure(
                    CommandFailure.USAGE, "%s: there is no folder %s; make it first".formatted(file, folder));
        }
        HostTerminal terminal = new HostTerminal();
        Progress progress = terminal.is(SystemStream.Error) ? new TerminalProgress(System.err) : Progress.SILENT;
        Path unfinished = folder.resolve(file.getFileName() + ".unfinished");
        try {
            Files.deleteIfExists(unfinished);
            new DebianGuests(DebianGuests.defaultCache(System.getenv()), progress).writeDisk(unfinished, size.bytes());
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (GuestUnavailableException e) {
            throw new CommandFailure(CommandFailure.FAILED, String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new CommandFailure(
                    CommandFailure.FAILED,
                    "%s: it could not be written (%s); make room, or name a file elsewhere".formatted(file, e),
                    e);
        } finally {
            try {
                Files.deleteIfExists(unfinished);
            } catch (IOException e) {
                // What is left is named so that it says what it is.
            }
        }
        PrintWriter out = spec.commandLine().getOut();
        out.println("%s: a disk of %d MiB with Debian".formatted(file, size.bytes() >> 20));
        out.flush();
        return CommandFailure.NONE;
    }
}
