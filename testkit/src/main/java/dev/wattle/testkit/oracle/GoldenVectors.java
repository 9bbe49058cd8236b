// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import dev.wattle.power.isa.Instruction;
import dev.wattle.power.isa.InstructionTable;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.function.BiConsumer;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * Test cases with the outcomes that they must have, in compressed files.
 *
 * <p>A file is a gzip stream of records, numbers big-endian. A record: byte orders (1 little, 2 big, 3 both), base
 * register, number of instructions and their words; then what differs from {@link #background} before, and what
 * differs from before afterwards: for each the number of register words, their indexes and values, the number of
 * 8-byte pieces of storage, their indexes and contents; then how execution stopped: the ordinal of the {@link
 * Outcome.Stop}, 16 more for lack of privilege, and the index of the instruction. All cases have their code at {@link
 * #ADDRESS}.
 */
final class GoldenVectors {
    /** Where the code of every case lies. */
    static final long ADDRESS = TestCase.addressOf(0, 0);

    private static final int LITTLE = 1;
    private static final int BIG = 2;
    private static final int PRIVILEGED = 16;
    private static final int PIECE = 8;

    private GoldenVectors() {}

    /** The state that cases are described by their difference from: fixed numbers without meaning. */
    static MachineState background() {
        MachineState state = new MachineState();
        long[] words = state.words;
        for (int i = 0; i < MachineState.LR; i++) {
            words[i] = (i + 1) * 0x9e37_79b9_7f4a_7c15L;
        }
        words[MachineState.LR] = 0x1111_2222_3333_4444L;
        words[MachineState.CTR] = 0x5555_6666_7777_8888L;
        words[MachineState.TAR] = 0x9999_aaaa_bbbb_ccccL;
        words[MachineState.VRSAVE] = 0xdead_beefL;
        words[MachineState.CR] = 0x1234_5678L;
        for (int i = 0; i < state.memory.length; i++) {
            state.memory[i] = (byte) (i * 37 + 11);
        }
        return state;
    }

    /** Writes cases one after the other. */
    static final class Writer implements AutoCloseable {
        private final DataOutputStream out;
        private final MachineState background = background();

        Writer(OutputStream to) throws IOException {
            out = new DataOutputStream(new BufferedOutputStream(new GZIPOutputStream(to, 65536) {
                {
                    def.setLevel(Deflater.BEST_COMPRESSION);
                }
            }));
        }

        /** A case and its outcome, which holds in the case's byte order, or in both. */
        void write(TestCase test, Outcome outcome, boolean bothOrders) throws IOException {
            out.writeByte(bothOrders ? LITTLE | BIG : test.littleEndian() ? LITTLE : BIG);
            out.writeByte(test.base());
            out.writeByte(test.code().length);
            for (int word : test.code()) {
                out.writeInt(word);
            }
            MachineState from = background.copy();
            from.words[test.base()] = MachineState.IMAGE;
            difference(from, test.before());
            difference(test.before(), outcome.after);
            out.writeByte(outcome.stop.ordinal() | (outcome.privileged ? PRIVILEGED : 0));
            out.writeByte(outcome.stop == Outcome.Stop.NONE ? 0 : (int) (outcome.stopAddress - test.address()) / 4);
        }

        private void difference(MachineState from, MachineState to) throws IOException {
            int count = 0;
            for (int i = 0; i < MachineState.WORDS; i++) {
                count += from.words[i] != to.words[i] ? 1 : 0;
            }
            out.writeByte(count);
            for (int i = 0; i < MachineState.WORDS; i++) {
                if (from.words[i] != to.words[i]) {
                    out.writeByte(i);
                    out.writeLong(to.words[i]);
                }
            }
            count = 0;
            for (int at = 0; at < from.memory.length; at += PIECE) {
                count += pieceDiffers(from, to, at) ? 1 : 0;
            }
            out.writeByte(count);
            for (int at = 0; at < from.memory.length; at += PIECE) {
                if (pieceDiffers(from, to, at)) {
                    out.writeByte(at / PIECE);
                    out.write(to.memory, at, PIECE);
                }
            }
        }

        private static boolean pieceDiffers(MachineState from, MachineState to, int at) {
            return !Arrays.equals(from.memory, at, at + PIECE, to.memory, at, at + PIECE);
        }

        @Override
        public void close() throws IOException {
            out.close();
        }
    }

    /**
     * Reads a file.
     *
     * @param each gets every case with its outcome, once for each byte order that it is for
     * @throws IOException if it cannot be read or makes no sense
     */
    static void read(InputStream from, InstructionTable table, BiConsumer<TestCase, Outcome> each) throws IOException {
        MachineState background = background();
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(new GZIPInputStream(from, 65536)))) {
            while (true) {
                int orders = in.read();
                if (orders < 0) {
                    return;
                }
                record(in, table, orders, background, each);
            }
        } catch (EOFException e) {
            throw new IOException("the golden vectors end in the middle of a record", e);
        }
    }

    private static void record(
            DataInputStream in,
            InstructionTable table,
            int orders,
            MachineState background,
            BiConsumer<TestCase, Outcome> each)
            throws IOException {
        int base = in.readUnsignedByte();
        int[] code = new int[in.readUnsignedByte()];
        Instruction[] rows = new Instruction[code.length];
        for (int i = 0; i < code.length; i++) {
            code[i] = in.readInt();
            rows[i] = table.decode(code[i]);
        }
        MachineState before = background.copy();
        before.words[base] = MachineState.IMAGE;
        change(in, before);
        MachineState after = before.copy();
        change(in, after);
        int stop = in.readUnsignedByte();
        int index = in.readUnsignedByte();
        for (int order = LITTLE; order <= BIG; order++) {
            if ((orders & order) != 0) {
                Outcome outcome = new Outcome();
                System.arraycopy(after.words, 0, outcome.after.words, 0, after.words.length);
                System.arraycopy(after.memory, 0, outcome.after.memory, 0, after.memory.length);
                outcome.stop = Outcome.Stop.values()[stop & PRIVILEGED - 1];
                outcome.privileged = (stop & PRIVILEGED) != 0;
                outcome.stopAddress = outcome.stop == Outcome.Stop.NONE ? 0 : ADDRESS + 4L * index;
                outcome.remark = "golden";
                each.accept(new TestCase(0, order == LITTLE, rows, code, ADDRESS, base, before), outcome);
            }
        }
    }

    private static void change(DataInputStream in, MachineState state) throws IOException {
        for (int n = in.readUnsignedByte(); n > 0; n--) {
            int index = in.readUnsignedByte();
            state.words[index] = in.readLong();
        }
        for (int n = in.readUnsignedByte(); n > 0; n--) {
            int index = in.readUnsignedByte();
            in.readFully(state.memory, index * PIECE, PIECE);
        }
    }
}
