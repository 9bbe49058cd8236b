// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

/**
 * QEMU's console keys: Ctrl-a starts a command to Wattle itself, all else goes to the guest. Ctrl-a twice sends one
 * Ctrl-a; Ctrl-a and a key that is no command sends nothing.
 */
final class EscapeKeys {
    private static final byte CTRL_A = 1;

    private final Commands commands;
    private boolean escaped;

    /**
     * @param commands what the keys do
     */
    EscapeKeys(Commands commands) {
        this.commands = commands;
    }

    /** What the keys after Ctrl-a do. */
    interface Commands {
        /** {@code x}: end the run. */
        void quit();

        /** {@code h} or {@code ?}: list the keys. */
        void help();

        /** {@code t}: switch time stamps on or off. */
        void toggleTimestamps();
    }

    /**
     * Takes commands out of typed input; a command may begin at the end of one call and end in the next.
     *
     * @param data the input, whose first bytes are replaced with what is meant for the guest
     * @param length how much input there is
     * @return number of bytes for the guest
     */
    int filter(byte[] data, int length) {
        int kept = 0;
        for (int i = 0; i < length; i++) {
            byte key = data[i];
            if (escaped) {
                escaped = false;
                switch (key) {
                    case CTRL_A -> data[kept++] = CTRL_A;
                    case 'x', 'X' -> commands.quit();
                    case 'h', 'H', '?' -> commands.help();
                    case 't', 'T' -> commands.toggleTimestamps();
                    default -> {
                        // Not a command: swallowed, as QEMU does.
                    }
                }
            } else if (key == CTRL_A) {
                escaped = true;
            } else {
                data[kept++] = key;
            }
        }
        return kept;
    }
}
