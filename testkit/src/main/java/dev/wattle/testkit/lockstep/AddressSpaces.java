// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.lockstep;

import java.util.SplittableRandom;

/**
 * The radix trees of all processes. Functions and data lie in pages of 4 KiB or 64 KiB in no order, some of them
 * forbidden in one way or another; process 1 has the functions in order, and all of them executable.
 *
 * <p>All entries have their reference bit set: which loads that were not executed set it is an engine's own business.
 */
final class AddressSpaces {
    static final long PRIVILEGED = 8;
    static final long READ = 4;
    static final long WRITE = 2;
    static final long EXECUTE = 1;

    private static final long VALID = 1L << 63;
    private static final long LEAF = 1L << 62;
    private static final long REFERENCE = 0x100;
    private static final long CHANGE = 0x80;
    private static final long NON_IDEMPOTENT = 0x20;
    private static final long SIZE_52 = 1L << 62 | 5L << 5;

    private final SplittableRandom random;
    private final StorageImage image;
    private final int codeShift;
    private final int dataShift;

    AddressSpaces(SplittableRandom random, StorageImage image) {
        this.random = random;
        this.image = image;
        codeShift = random.nextBoolean() ? 12 : 16;
        dataShift = random.nextBoolean() ? 12 : 16;
    }

    int codePage() {
        return 1 << codeShift;
    }

    int dataPage() {
        return 1 << dataShift;
    }

    /** Real address of the entry for a page of the data region (or the code region) of a process. */
    long entry(int process, boolean data, int page) {
        return TABLE_OFFSET[data ? 3 : 2] + tables(process) + 8L * page;
    }

    /** Pages with an entry of their own in a region, home not among them. */
    int pages(boolean data) {
        return (int) (data ? Storage.DATA_BYTES >> dataShift : Storage.CODE_BYTES >> codeShift);
    }

    /** Number of the first page of functions in the code region. */
    int firstCodePage() {
        return Storage.HOME_BYTES >> codeShift;
    }

    /** What AP in the RB of tlbie says. */
    int sizeCode(boolean data) {
        return (data ? dataShift : codeShift) == 12 ? 0 : 5;
    }

    private static final long[] TABLE_OFFSET = {0, 0x1000, 0x2000, 0x3000};

    private static long tables(int process) {
        return Storage.TABLES + process * Storage.TABLES_BYTES;
    }

    void build() {
        for (int process = 0; process < Storage.PROCESSES; process++) {
            long root = Storage.ROOTS + process * 0x1_0000L;
            long tables = tables(process);
            image.doublewords(Storage.PROCESS_TABLE + 16L * process, false, SIZE_52 | root | 13, 0);
            image.doublewords(root, false, VALID | tables | 9);
            image.doublewords(tables, false, VALID | tables + TABLE_OFFSET[1] | 9);
            long directory = tables + TABLE_OFFSET[1];
            image.doublewords(
                    directory + (Storage.CODE_REGION >> 21) * 8,
                    false,
                    VALID | tables + TABLE_OFFSET[2] | 21 - codeShift,
                    VALID | tables + TABLE_OFFSET[3] | 21 - dataShift);
            long alias = Storage.OPEN | READ | WRITE | (random.nextBoolean() ? EXECUTE : 0);
            image.doublewords(
                    directory + (Storage.ALIAS_REGION >> 21) * 8, false, VALID | LEAF | REFERENCE | CHANGE | alias);
            code(process);
            data(process);
        }
    }

    private void code(int process) {
        int home = firstCodePage();
        long[] entries = new long[home + pages(false)];
        for (int i = 0; i < home; i++) {
            entries[i] = VALID | LEAF | REFERENCE | Storage.HOME + ((long) i << codeShift) | READ | EXECUTE;
        }
        boolean inOrder = process <= 1 || random.nextBoolean();
        for (int i = 0; i < pages(false); i++) {
            // Few of the pages hold code: what is out of order lies among the first.
            int page = inOrder ? i : i ^ random.nextInt(4);
            long flags = READ | EXECUTE | (random.nextBoolean() ? WRITE : 0) | (random.nextBoolean() ? CHANGE : 0);
            if (process > 1 && random.nextInt(8) == 0) {
                flags &= ~EXECUTE;
            }
            entries[home + i] = VALID | LEAF | REFERENCE | Storage.CODE + ((long) page << codeShift) | flags;
        }
        image.doublewords(tables(process) + TABLE_OFFSET[2], false, entries);
    }

    private void data(int process) {
        long[] entries = new long[pages(true)];
        for (int i = 0; i < entries.length; i++) {
            long flags = switch (random.nextInt(16)) {
                case 0 -> READ;
                case 1 -> 0;
                case 2 -> READ | WRITE | PRIVILEGED;
                case 3 -> READ | WRITE | NON_IDEMPOTENT | CHANGE;
                case 4 -> READ | WRITE | EXECUTE;
                default -> READ | WRITE | (random.nextBoolean() ? CHANGE : 0);
            };
            long valid = random.nextInt(16) == 0 ? 0 : VALID;
            long real = Storage.DATA + ((long) random.nextInt(entries.length) << dataShift);
            entries[i] = valid | LEAF | REFERENCE | real | flags;
        }
        image.doublewords(tables(process) + TABLE_OFFSET[3], false, entries);
    }
}
