// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.isa;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * All instructions of the Power ISA 3.0B and 2.07, Books I to III, read from the text tables beside this class.
 * Immutable and safe to share between threads.
 *
 * <p>See the package description for the notation of the tables.
 */
public final class InstructionTable {

    private static final String[] CHAPTERS = {
        "branch",
        "fixed-point-storage",
        "fixed-point",
        "storage-control",
        "floating-point",
        "decimal",
        "vector",
        "vsx",
        "transactional-memory",
        "system",
    };

    private static final Instruction[] NO_ROWS = {};

    private final List<Instruction> rows;
    private final Map<String, Instruction> byName;

    /**
     * Per primary opcode, the rows by the part of the word that holds the extended opcode: {@code
     * buckets[primary][(word >>> shifts[primary]) & (length - 1)]}. A bucket holds the one row that its index stands
     * for, or a few that other bits tell apart, the most specific first.
     */
    private final Instruction[][][] buckets = new Instruction[64][][];

    private final int[] shifts = new int[64];

    private final int indexLimit;

    private InstructionTable(List<Instruction> rows, int indexLimit) {
        this.indexLimit = indexLimit;
        this.rows = List.copyOf(rows);
        this.byName = HashMap.newHashMap(rows.size());
        for (Instruction row : rows) {
            if (byName.put(row.name(), row) != null) {
                throw new IllegalArgumentException("instruction table: two rows are named " + row.name());
            }
        }
        fillBuckets();
    }

    /**
     * Reads the tables: all rows, whatever version of the ISA has them.
     *
     * @throws IllegalStateException if a table has a mistake; the message names file, line and row
     */
    public static InstructionTable load() {
        TableParser parser = new TableParser();
        parser.fields("fields");
        for (String chapter : CHAPTERS) {
            parser.chapter(chapter);
        }
        return new InstructionTable(parser.rows(), parser.rows().size());
    }

    /**
     * A table that has only the rows of {@code version}: other words decode as {@link Instruction#ILLEGAL}. Rows keep
     * their index.
     */
    public InstructionTable in(IsaVersion version) {
        List<Instruction> some = new ArrayList<>();
        for (Instruction row : rows) {
            if (row.in(version)) {
                some.add(row);
            }
        }
        return new InstructionTable(some, indexLimit);
    }

    /**
     * The row that {@code word} is an instance of, or {@link Instruction#ILLEGAL}. Primary opcode 1 holds the prefixes
     * of Power ISA 3.1 and is illegal here.
     */
    public Instruction decode(int word) {
        int primary = word >>> 26;
        Instruction[][] table = buckets[primary];
        for (Instruction row : table[(word >>> shifts[primary]) & (table.length - 1)]) {
            if (row.matches(word)) {
                return row;
            }
        }
        return Instruction.ILLEGAL;
    }

    /** The row of that name, which is the mnemonic without optional suffixes ({@code add}, not {@code addo.}). */
    public Instruction byName(String name) {
        Instruction row = byName.get(name);
        if (row == null) {
            throw new IllegalArgumentException("no instruction is named " + name
                    + ": a name is the base mnemonic without its optional suffixes, such as add for addo.");
        }
        return row;
    }

    /** Whether there is a row of that name. */
    public boolean has(String name) {
        return byName.containsKey(name);
    }

    /**
     * One more than the greatest {@link Instruction#index} of the full table: the length of an array with a place per
     * row.
     */
    public int indexLimit() {
        return indexLimit;
    }

    /** All rows in the order of the tables. */
    public List<Instruction> rows() {
        return rows;
    }

    private void fillBuckets() {
        int[] count = new int[64];
        int[] used = new int[64];
        // How many rows of a primary opcode fix each of the low 11 bits, where extended opcodes are.
        int[][] fixing = new int[64][11];
        for (Instruction row : rows) {
            int primary = row.value() >>> 26;
            count[primary]++;
            used[primary] |= row.mask() & 0x7FF;
            for (int bit = 0; bit < 11; bit++) {
                fixing[primary][bit] += (row.mask() >>> bit) & 1;
            }
        }
        for (int primary = 0; primary < 64; primary++) {
            int shift = 0;
            // A bit that is operand or suffix in most rows would only multiply the entries.
            while (used[primary] != 0 && 2 * fixing[primary][shift] < count[primary]) {
                shift++;
            }
            shifts[primary] = shift;
            int index = used[primary] >>> shift;
            buckets[primary] = new Instruction[index == 0 ? 1 : Integer.highestOneBit(index) << 1][];
            Arrays.fill(buckets[primary], NO_ROWS);
        }
        for (Instruction row : rows) {
            int primary = row.value() >>> 26;
            Instruction[][] table = buckets[primary];
            Instruction[] alone = {row};
            int free = ~(row.mask() >>> shifts[primary]) & (table.length - 1);
            int fixed = (row.value() >>> shifts[primary]) & (table.length - 1);
            // Counts through all values of the free bits.
            for (int bits = 0; ; bits = (bits - free) & free) {
                int index = fixed | bits;
                table[index] = table[index] == NO_ROWS ? alone : with(table[index], row);
                if (bits == free) {
                    break;
                }
            }
        }
    }

    /** {@code bucket} and {@code row}, which goes before rows whose mask is a part of its own. */
    private static Instruction[] with(Instruction[] bucket, Instruction row) {
        Instruction[] more = Arrays.copyOf(bucket, bucket.length + 1);
        int at = 0;
        while (at < bucket.length && (bucket[at].mask() & row.mask()) != bucket[at].mask()) {
            at++;
        }
        System.arraycopy(bucket, at, more, at + 1, bucket.length - at);
        more[at] = row;
        return more;
    }
}
