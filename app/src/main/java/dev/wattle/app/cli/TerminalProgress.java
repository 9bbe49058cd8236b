// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import dev.wattle.app.guest.Progress;
import java.io.PrintStream;

/** Shows what is going on in one line of a terminal, and takes the line away afterwards. */
final class TerminalProgress implements Progress {
    private static final String ERASE_LINE = "\r\033[K";

    private final PrintStream screen;
    private String shown = "";

    TerminalProgress(PrintStream screen) {
        this.screen = screen;
    }

    @Override
    public void stage(String text) {
        if (!text.equals(shown)) {
            shown = text;
            screen.print(ERASE_LINE + text + " ...");
            screen.flush();
        }
    }

    @Override
    public void done() {
        if (!shown.isEmpty()) {
            shown = "";
            screen.print(ERASE_LINE);
            screen.flush();
        }
    }
}
