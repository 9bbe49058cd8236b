// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import io.avaje.json.JsonException;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.io.OutputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Function;

/**
 * Where a running VM is asked for a change of its cores: a socket beside that of {@link LiveCountsSocket}. Whoever connects sends
 * one JSON object, and gets one.
 */
final class CoreRequestSocket {
    private static final String SUFFIX = ".cores";

    private CoreRequestSocket() {}

    /**
     * Begins to answer for this process, to its end. A host where that is not possible does without.
     *
     * @param folder where the socket is
     * @param requests answers a request; called by a thread for each
     */
    static void serve(Path folder, Function<CoreRequest, CoreAnswer> requests) {
        Thread.ofPlatform().daemon().name("wattle-cores").start(() -> {
            try (ServerSocketChannel server = LiveCountsSocket.open(folder, SUFFIX)) {
                while (true) {
                    SocketChannel client = server.accept();
                    Thread.ofVirtual().name("wattle-cores-request").start(() -> answer(client, requests));
                }
            } catch (IOException | UnsupportedOperationException e) {
                // Nobody can ask then.
            }
        });
    }

    private static void answer(SocketChannel client, Function<CoreRequest, CoreAnswer> requests) {
        try (client;
                OutputStream out = Channels.newOutputStream(client)) {
            byte[] request = Channels.newInputStream(client).readAllBytes();
            CoreAnswer answer =
                    requests.apply(Jsonb.instance().type(CoreRequest.class).fromJson(request));
            out.write(Jsonb.instance().type(CoreAnswer.class).toJson(answer).getBytes(StandardCharsets.UTF_8));
        } catch (IOException | IllegalArgumentException | IllegalStateException | JsonException e) {
            // The client has gone, or is none of ours.
        }
    }

    /**
     * Asks the VM of a process; returns when it has answered.
     *
     * @throws IOException if it does not answer
     */
    static CoreAnswer ask(Path folder, long process, CoreRequest request) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve(process + SUFFIX)))) {
            Channels.newOutputStream(channel)
                    .write(Jsonb.instance()
                            .type(CoreRequest.class)
                            .toJson(request)
                            .getBytes(StandardCharsets.UTF_8));
            channel.shutdownOutput();
            byte[] answer = Channels.newInputStream(channel).readAllBytes();
            return Jsonb.instance().type(CoreAnswer.class).fromJson(answer);
        } catch (IllegalArgumentException | IllegalStateException | JsonException e) {
            throw new IOException("its answer is not understood", e);
        }
    }
}
