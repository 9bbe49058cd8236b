// SPDX-License-Identifier: Apache-2.0

/** The hash page table of a partition: its memory, its virtual real mode area, its change of size, and its transfer. */
package dev.wattle.hypervisor.papr.hash;
