// SPDX-License-Identifier: Apache-2.0
package dev.wattle.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;

/** The processor time of a process with all its threads, as Linux counts it in {@code /proc/PID/stat} (proc(5)). */
final class ProcessorTime {
    /** USER_HZ, which is 100 for user space on all architectures that run JDK 25. */
    private static final double TICKS_PER_SECOND = 100;

    private static final int UTIME = 14;
    private static final int STIME = 15;
    /** The first field after the process's name, which may hold blanks and parentheses. */
    private static final int STATE = 3;

    private ProcessorTime() {}

    /**
     * @param pid a process
     * @return its user and system time in seconds, to a hundredth; nothing if it has ended
     */
    static OptionalDouble seconds(long pid) {
        try {
            // The name need not be UTF-8.
            return parse(Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            return OptionalDouble.empty();
        }
    }

    static OptionalDouble parse(String stat) {
        int name = stat.lastIndexOf(')');
        String[] fields = stat.substring(name + 1).strip().split(" ");
        if (name < 0 || fields.length <= STIME - STATE) {
            return OptionalDouble.empty();
        }
        long ticks = Long.parseLong(fields[UTIME - STATE]) + Long.parseLong(fields[STIME - STATE]);
        return OptionalDouble.of(ticks / TICKS_PER_SECOND);
    }
}
