// SPDX-License-Identifier: Apache-2.0
package dev.wattle.guests;

import dev.wattle.machine.ConsoleBackend;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A console typed on by a test. */
final class ScriptedConsole implements ConsoleBackend {
    private final Transcript transcript = new Transcript();
    private final ConcurrentLinkedQueue<Byte> keys = new ConcurrentLinkedQueue<>();
    private volatile Runnable wake = () -> {};

    Transcript transcript() {
        return transcript;
    }

    void type(String text) {
        for (byte key : text.getBytes(StandardCharsets.ISO_8859_1)) {
            keys.add(key);
        }
        wake.run();
    }

    @Override
    public void write(byte[] data, int offset, int length) {
        transcript.append(data, offset, length);
    }

    @Override
    public int read(byte[] buffer, int offset, int length) {
        int count = 0;
        for (Byte key = null; count < length && (key = keys.poll()) != null; count++) {
            buffer[offset + count] = key;
        }
        return count;
    }

    @Override
    public void onInput(Runnable callback) {
        wake = callback;
    }
}
