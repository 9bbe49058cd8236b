// SPDX-License-Identifier: Apache-2.0

/** The pseries machine: a PAPR partition with its device tree, RTAS and virtual devices. */
package dev.wattle.machine.pseries;
