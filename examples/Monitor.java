// SPDX-License-Identifier: Apache-2.0

import dev.wattle.machine.ConsoleBackend;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.pseries.PseriesMachine;
import java.nio.file.Path;

/**
 * A monitor in one file: boots a kernel, types a command when it sees the shell's prompt, and ends with the guest.
 *
 * <p>{@code java --enable-native-access=ALL-UNNAMED -cp JARS Monitor.java KERNEL INITRD COMMAND}, where JARS are those of
 * the modules engine, power, hypervisor and machine.
 */
class Monitor {
    /** The guest's console: shows what it writes, and has the command ready once the prompt is there. */
    static final class Console implements ConsoleBackend {
        private final StringBuilder line = new StringBuilder();
        private byte[] input = new byte[0];
        private String command;
        private Runnable wake = () -> {};

        Console(String command) {
            this.command = command + "\n";
        }

        @Override
        public synchronized void write(byte[] data, int offset, int length) {
            System.out.write(data, offset, length);
            System.out.flush();
            for (int i = 0; i < length; i++) {
                char c = (char) data[offset + i];
                line.append(c);
                if (c == '\n') {
                    line.setLength(0);
                }
            }
            if (line.toString().startsWith("# ") && !command.isEmpty()) {
                input = command.getBytes();
                command = "";
                Thread.startVirtualThread(wake);
            }
        }

        @Override
        public synchronized int read(byte[] buffer, int offset, int length) {
            int count = Math.min(length, input.length);
            System.arraycopy(input, 0, buffer, offset, count);
            input = java.util.Arrays.copyOfRange(input, count, input.length);
            return count;
        }

        @Override
        public void onInput(Runnable action) {
            wake = action;
        }
    }

    public static void main(String[] args) throws Exception {
        try (PseriesMachine machine = PseriesMachine.builder()
                .kernel(Path.of(args[0])).initrd(Path.of(args[1])).bootArguments("console=hvc0 quiet")
                .console(new Console(args[2])).build()) {
            MachineOutcome outcome = machine.run();
            System.out.println(outcome.kind() + ": " + outcome.reason() + ", " + machine.exits().size() + " causes of exits");
        }
    }
}
