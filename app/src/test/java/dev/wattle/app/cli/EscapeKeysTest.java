// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EscapeKeysTest {
    private final List<String> commands = new ArrayList<>();
    private final EscapeKeys keys = new EscapeKeys(new EscapeKeys.Commands() {
        @Override
        public void quit() {
            commands.add("quit");
        }

        @Override
        public void help() {
            commands.add("help");
        }

        @Override
        public void toggleTimestamps() {
            commands.add("timestamps");
        }
    });

    @Test
    void input_withoutCtrlA_reachesTheGuestUnchanged() {
        assertEquals("xht\u0002\u0003\u00ff", typed("xht\u0002\u0003\u00ff"));
        assertEquals(List.of(), commands);
    }

    @Test
    void ctrlA_withCommandKey_runsItAndHidesBoth() {
        assertEquals("abc", typed("a\u0001hb\u0001tc\u0001x"));
        assertEquals(List.of("help", "timestamps", "quit"), commands);
    }

    @Test
    void ctrlA_twice_sendsOne() {
        assertEquals("a\u0001x", typed("a\u0001\u0001x"));
        assertEquals(List.of(), commands);
    }

    @Test
    void ctrlA_atTheEndOfAChunk_countsForTheNext() {
        assertEquals("a", typed("a\u0001"));
        assertEquals("b", typed("xb"));
        assertEquals(List.of("quit"), commands);
    }

    @Test
    void ctrlA_withUnknownKey_sendsNothing() {
        assertEquals("b", typed("\u0001zb"));
        assertEquals(List.of(), commands);
    }

    private String typed(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        return new String(bytes, 0, keys.filter(bytes, bytes.length), StandardCharsets.ISO_8859_1);
    }
}
