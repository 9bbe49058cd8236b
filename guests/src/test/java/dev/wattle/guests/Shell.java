// SPDX-License-Identifier: Apache-2.0
package dev.wattle.guests;

import java.io.IOException;

/** The demo's shell, used as a person would: type a command, read until the next prompt. */
final class Shell {
    private static final String PROMPT = "\n# ";

    private final Transcript transcript;
    private final Keyboard keyboard;

    /** Where keys go. */
    @FunctionalInterface
    interface Keyboard {
        void type(String keys) throws IOException;
    }

    Shell(Transcript transcript, Keyboard keyboard) {
        this.transcript = transcript;
        this.keyboard = keyboard;
    }

    /** Waits for the shell to come up. */
    void awaitPrompt() throws InterruptedException {
        transcript.readUntil(PROMPT);
    }

    /**
     * Runs a command.
     *
     * @return what it printed, its echo included
     */
    String run(String command) throws IOException, InterruptedException {
        keyboard.type(command + "\n");
        return transcript.readUntil(PROMPT);
    }

    /** Starts a command and waits for something it prints. The text must not be in the command, which is echoed. */
    void start(String command, String printed) throws IOException, InterruptedException {
        keyboard.type(command + "\n");
        transcript.readUntil(printed);
    }

    /** Types a key such as Ctrl-c, and reads until the next prompt. */
    String press(char key) throws IOException, InterruptedException {
        keyboard.type(String.valueOf(key));
        return transcript.readUntil(PROMPT);
    }

    /** Types a command after which there is no prompt. */
    void leave(String command) throws IOException {
        keyboard.type(command + "\n");
    }
}
