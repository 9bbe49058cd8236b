// SPDX-License-Identifier: Apache-2.0
package dev.wattle.bench;

import java.util.Locale;

/** The classes of programs. A mean is taken within one of them, never over them all. */
enum Workload {
    /** From the start of the machine monitor to the guest's first process. */
    BOOT,
    /** Integers, in the caches. */
    INTEGER,
    /** Floating point. */
    FLOATING,
    /** Vectors and cryptography. */
    VECTOR,
    /** Memory, system calls, processes, code that changes. */
    SYSTEM,
    /** What several processors tell each other, and what they do at once. */
    PROCESSORS,
    /** What devices have to tell. */
    DEVICES,
    // Programs from packages of Debian, which run only if asked for.

    /** Integers, in much memory: compression and a database. */
    DATA,
    /** Interpreters. */
    INTERPRETERS,
    /** Much code, each part of it executed seldom. */
    BIG_CODE,
    /** Programs that make code themselves. */
    JITS,
    /** Ciphers and digests. */
    CRYPTO,
    /** Many processes at once, on several processors. */
    BUILD;

    /** What users write for all that are from packages. */
    static final String PACKAGES = "packages";

    /** How users write it. */
    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** How many processors the guest has. */
    int processors() {
        return switch (this) {
            case PROCESSORS -> 2;
            case BUILD -> 4;
            default -> 1;
        };
    }

    /** Whether its programs are from packages of Debian. */
    boolean isPackaged() {
        return ordinal() >= DATA.ordinal();
    }
}
