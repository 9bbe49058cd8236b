// SPDX-License-Identifier: Apache-2.0

/** The benchmarks: what there is to run, how it is run and measured on each machine monitor, and the reports. */
@NullMarked
package dev.wattle.bench;

import org.jspecify.annotations.NullMarked;
