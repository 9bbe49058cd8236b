// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Where a running VM tells what it has counted: a socket in a folder of the user's, named after the process. Whoever
 * connects gets one JSON object, and the end.
 */
final class LiveCountsSocket {
    private static final String SUFFIX = ".sock";

    private LiveCountsSocket() {}

    /** The folder of these sockets, for an environment. */
    static Path folder(Map<String, String> environment) {
        String runtime = environment.getOrDefault("XDG_RUNTIME_DIR", "");
        return runtime.isEmpty()
                ? Path.of(System.getProperty("java.io.tmpdir"), "wattle-" + System.getProperty("user.name"))
                : Path.of(runtime, "wattle");
    }

    /**
     * Begins to answer for this process, to its end, on a thread of its own. A host where that is not possible does
     * without.
     *
     * @param folder where the socket is
     * @param counts says what has been counted; called by that thread
     */
    static void serve(Path folder, Supplier<LiveCounts> counts) {
        Thread.ofPlatform().daemon().name("wattle-counts").start(() -> {
            try {
                answer(open(folder, SUFFIX), counts);
            } catch (IOException | UnsupportedOperationException e) {
                // Nobody can ask then.
            }
        });
    }

    /** Opens a socket of this process in the folder, whose name ends with a suffix; it is deleted at the end of the process. */
    static ServerSocketChannel open(Path folder, String suffix) throws IOException {
        Files.createDirectories(folder);
        try {
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        } catch (UnsupportedOperationException e) {
            // Then the host has other ways to keep users apart.
        }
        Path file = folder.resolve(ProcessHandle.current().pid() + suffix);
        // What an earlier process of the same number has left.
        Files.deleteIfExists(file);
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(file));
        try {
            file.toFile().deleteOnExit();
        } catch (IllegalStateException e) {
            // The process is ending already. Whoever asks finds nobody behind the socket.
        }
        return server;
    }

    private static void answer(ServerSocketChannel server, Supplier<LiveCounts> counts) throws IOException {
        while (true) {
            SocketChannel client = server.accept();
            try (client;
                    OutputStream out = Channels.newOutputStream(client)) {
                out.write(Jsonb.instance()
                        .type(LiveCounts.class)
                        .toJson(counts.get())
                        .getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                // The client has gone.
            }
        }
    }

    /** The processes that have a socket in a folder, whether they still run or not. */
    static List<Long> processes(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        List<Long> processes = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString();
                if (name.matches("\\d{1,18}\\.sock")) {
                    processes.add(Long.parseLong(name.substring(0, name.length() - SUFFIX.length())));
                }
            }
        }
        return processes;
    }

    /**
     * Asks the VM of a process.
     *
     * @throws IOException if it does not answer
     */
    static LiveCounts ask(Path folder, long process) throws IOException {
        Path file = folder.resolve(process + SUFFIX);
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(file))) {
            byte[] answer = Channels.newInputStream(channel).readAllBytes();
            return Jsonb.instance().type(LiveCounts.class).fromJson(answer);
        } catch (IllegalArgumentException | IllegalStateException | io.avaje.json.JsonException e) {
            throw new IOException("its answer is not understood", e);
        }
    }
}
