// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * QEMU user mode: a process that runs the harness program of this package, built when needed by a cross compiler. The
 * layouts of records and results are those that {@code harness.c} describes.
 */
final class QemuMachine implements Machine, AutoCloseable {
    private static final int RECORD = 2048;
    private static final int RESULT = 1984;
    private static final int REGISTERS = 8 * MachineState.WORDS;
    private static final int ILL_PRIVILEGED_OPCODE = 5;
    private static final int ILL_PRIVILEGED_REGISTER = 6;

    private final boolean littleEndian;
    private final Path harness;
    private final String cpu;
    private Process process;
    private OutputStream toHarness;
    private InputStream fromHarness;
    private final ByteBuffer records;
    private final ByteBuffer results;
    private List<TestCase> batch = List.of();

    private QemuMachine(boolean littleEndian, Path harness, String cpu) throws IOException {
        this.cpu = cpu;
        this.littleEndian = littleEndian;
        this.harness = harness;
        start();
        ByteOrder order = littleEndian ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        records = ByteBuffer.allocate(8 + TestCase.BATCH * RECORD).order(order);
        results = ByteBuffer.allocate(TestCase.BATCH * RESULT).order(order);
    }

    private static String emulator(boolean littleEndian) {
        return littleEndian ? "qemu-ppc64le" : "qemu-ppc64";
    }

    private static String compiler(boolean littleEndian) {
        return littleEndian ? "powerpc64le-linux-gnu-gcc" : "powerpc64-linux-gnu-gcc";
    }

    /** Why no machine of this byte order can be made here; empty if one can. */
    static Optional<String> missing(boolean littleEndian) {
        for (String program : List.of(emulator(littleEndian), compiler(littleEndian))) {
            if (!isOnPath(program)) {
                return Optional.of(program + " is not on the PATH (Debian packages qemu-user and "
                        + (littleEndian ? "gcc-powerpc64le-linux-gnu" : "gcc-powerpc64-linux-gnu") + ")");
            }
        }
        return Optional.empty();
    }

    private static boolean isOnPath(String program) {
        String path = System.getenv("PATH");
        for (String folder : (path == null ? "" : path).split(File.pathSeparator)) {
            if (Files.isExecutable(Path.of(folder, program))) {
                return true;
            }
        }
        return false;
    }

    /**
     * Builds the harness program.
     *
     * @param folder where to
     * @return the executable
     * @throws IOException if it cannot be written or compiled; the message has the compiler's words
     */
    static Path build(Path folder, boolean littleEndian) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                compiler(littleEndian),
                "-O2",
                "-static",
                "-nostdlib",
                "-ffreestanding",
                "-fno-stack-protector",
                "-fno-tree-vectorize",
                "-fno-tree-loop-distribute-patterns",
                "-mabi=elfv2",
                "-mcpu=power8",
                "-msoft-float",
                "-mno-altivec",
                "-mno-vsx",
                "-Wall",
                "-Wextra",
                "-Werror"));
        Path executable = folder.resolve(littleEndian ? "harness-le" : "harness-be");
        command.add("-o");
        command.add(executable.toString());
        for (String source : List.of("harness.c", "trampoline.S")) {
            Path file = folder.resolve(source);
            try (InputStream in = QemuMachine.class.getResourceAsStream(source)) {
                if (in == null) {
                    throw new IOException("resource " + source + " is missing from the testkit");
                }
                Files.write(file, in.readAllBytes());
            }
            command.add(file.toString());
        }
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String words = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IOException("the harness does not compile with " + compiler(littleEndian) + ":\n" + words);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while compiling the harness", e);
        }
        return executable;
    }

    /** Deletes what {@link #build} wrote. */
    static void clean(Path folder) throws IOException {
        for (String name : List.of("harness-le", "harness-be", "harness.c", "trampoline.S")) {
            Files.deleteIfExists(folder.resolve(name));
        }
        Files.deleteIfExists(folder);
    }

    /** Starts a process of a harness that {@link #build} made. */
    static QemuMachine start(Path harness, boolean littleEndian) throws IOException {
        return start(harness, littleEndian, "power9");
    }

    /** The same, of a certain processor as QEMU names it. */
    static QemuMachine start(Path harness, boolean littleEndian, String cpu) throws IOException {
        return new QemuMachine(littleEndian, harness, cpu);
    }

    private void start() throws IOException {
        process = new ProcessBuilder(emulator(littleEndian), "-cpu", cpu, harness.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        toHarness = process.getOutputStream();
        fromHarness = process.getInputStream();
    }

    @Override
    public void submit(List<TestCase> cases) {
        batch = cases;
        try {
            send(cases);
        } catch (IOException e) {
            // It has died; collect() finds out by whom.
            process.destroy();
        }
    }

    private void send(List<TestCase> cases) throws IOException {
        records.clear();
        records.putInt(cases.size()).putInt(0);
        for (TestCase c : cases) {
            put(c);
        }
        toHarness.write(records.array(), 0, records.position());
        toHarness.flush();
    }

    private boolean receive(int cases) throws IOException {
        int bytes = cases * RESULT;
        return fromHarness.readNBytes(results.array(), 0, bytes) == bytes;
    }

    private void put(TestCase c) {
        int at = records.position();
        records.putInt(c.code().length)
                .putInt((int) c.address() - 8)
                .putInt(c.base())
                .putInt(0);
        for (int word : c.code()) {
            records.putInt(word);
        }
        records.position(at + 128);
        records.asLongBuffer().put(c.before().words);
        records.position(at + 128 + REGISTERS);
        records.put(c.before().memory);
        records.position(at + RECORD);
    }

    /** A case that ends the emulator itself has the outcome {@link Outcome.Stop#OTHER}. */
    @Override
    public void collect(Outcome[] outcomes) {
        try {
            if (receive(batch.size())) {
                for (int i = 0; i < batch.size(); i++) {
                    get(i * RESULT, outcomes[i]);
                }
            } else {
                oneByOne(outcomes);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(emulator(littleEndian) + " cannot be run", e);
        }
    }

    private void oneByOne(Outcome[] outcomes) throws IOException {
        restart();
        for (int i = 0; i < batch.size(); i++) {
            boolean answered;
            try {
                send(batch.subList(i, i + 1));
                answered = receive(1);
            } catch (IOException e) {
                answered = false;
            }
            if (answered) {
                get(0, outcomes[i]);
            } else {
                outcomes[i].stop = Outcome.Stop.OTHER;
                outcomes[i].stopAddress = 0;
                outcomes[i].remark = restart();
            }
        }
    }

    /** Replaces the process; says how the old one ended. */
    private String restart() throws IOException {
        String end = dead();
        process.destroyForcibly();
        start();
        return end;
    }

    private void get(int at, Outcome outcome) {
        results.position(at);
        results.asLongBuffer().get(outcome.after.words);
        results.position(at + REGISTERS);
        results.get(outcome.after.memory);
        int signal = (int) results.getLong(at + 1920);
        int code = (int) results.getLong(at + 1928);
        outcome.stopAddress = results.getLong(at + 1944);
        outcome.stop = switch (signal) {
            case 0 -> Outcome.Stop.NONE;
            case 4 -> Outcome.Stop.ILLEGAL;
            case 5 -> Outcome.Stop.TRAP;
            case 7 -> Outcome.Stop.ALIGNMENT;
            case 8 -> Outcome.Stop.FLOATING_POINT;
            case 11 -> Outcome.Stop.STORAGE;
            default -> Outcome.Stop.OTHER;
        };
        outcome.privileged = signal == 4 && (code == ILL_PRIVILEGED_OPCODE || code == ILL_PRIVILEGED_REGISTER);
        outcome.remark = signal == 0
                ? ""
                : "signal " + signal + " code " + code + " address 0x" + Long.toHexString(results.getLong(at + 1936));
    }

    private String dead() {
        try {
            return process.waitFor(2, TimeUnit.SECONDS)
                    ? emulator(littleEndian) + " ended with status " + process.exitValue()
                    : emulator(littleEndian) + " does not answer";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    /** Ends the process. */
    @Override
    public void close() {
        try {
            toHarness.close();
        } catch (IOException e) {
            // It is to end anyway.
        }
        process.destroy();
    }
}
