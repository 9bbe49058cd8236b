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
    /** Programs from packages of Debian, which run only if asked for. */
    PACKAGES;

    /** How users write it. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
