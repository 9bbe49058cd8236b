// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.machine.ConsoleBackend;
import java.nio.charset.StandardCharsets;

/** A console whose output is text and whose input is typed by the test. */
final class FakeConsole implements ConsoleBackend {
    final StringBuilder output = new StringBuilder();
    private String input = "";
    private Runnable wake = () -> {};

    void type(String text) {
        input += text;
        wake.run();
    }

    @Override
    public void write(byte[] data, int offset, int length) {
        output.append(new String(data, offset, length, StandardCharsets.ISO_8859_1));
    }

    @Override
    public int read(byte[] buffer, int offset, int length) {
        int count = Math.min(length, input.length());
        System.arraycopy(input.getBytes(StandardCharsets.ISO_8859_1), 0, buffer, offset, count);
        input = input.substring(count);
        return count;
    }

    @Override
    public void onInput(Runnable callback) {
        wake = callback;
    }
}
