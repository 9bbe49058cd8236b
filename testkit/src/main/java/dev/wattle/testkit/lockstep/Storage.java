// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.lockstep;

/** Where a program's parts lie in guest real storage, and where translation puts them. */
final class Storage {
    /** Guest real storage, all of it compared. */
    static final long BYTES = 0x40_0000;

    /** What interrupt handlers save, count and know. */
    static final int SAVED = 0x2f00;

    static final int INITIAL_MSR = SAVED + 0x08;
    static final int CALLS = SAVED + 0x60;
    static final int RANDOM = SAVED + 0x70;
    static final int HANDLERS = 0x3000;
    static final int SERVICES = 0x5000;
    static final int SERVICE_BYTES = 0x200;
    static final int SERVICE_COUNT = 16;

    static final long PROCESS_TABLE = 0x8000;
    /** The main loop and the table of values, which nothing changes. */
    static final long HOME = 0x1_0000;

    static final int HOME_BYTES = 0x1_0000;
    static final int VALUES = 0x4000;
    static final int VALUES_BYTES = 0x1000;
    /** Translation tables, for each process. */
    static final long ROOTS = 0x4_0000;

    static final long TABLES = 0x8_0000;
    static final long TABLES_BYTES = 0x8000;
    static final int PROCESSES = 4;

    /** What programs may change: functions, their first form to restore them from, and data. */
    static final long OPEN = 0x20_0000;

    static final long CODE = OPEN;
    static final long CODE_BYTES = 0x8_0000;
    static final long PRISTINE = CODE + CODE_BYTES;
    static final long DATA = 0x30_0000;
    static final long DATA_BYTES = 0x10_0000;

    /** Effective addresses under translation: 2 MiB each, with pages of their own size. */
    static final long CODE_REGION = 0x1000_0000;

    static final long DATA_REGION = 0x1020_0000;
    /** All of {@link #OPEN} as one page of 2 MiB. */
    static final long ALIAS_REGION = 0x1060_0000;

    static final int REGION_BYTES = 0x20_0000;

    private Storage() {}
}
