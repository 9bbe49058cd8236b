// SPDX-License-Identifier: Apache-2.0

/**
 * PCI functions, and what they ask of the bridge that they sit behind. Written by PCI Local Bus 3.0; nothing here knows
 * of a machine.
 *
 * <p>A device is a {@link dev.wattle.machine.pci.PciFunction}: configuration space, base address registers with an
 * {@link dev.wattle.hypervisor.io.IoDevice} behind each, capabilities. A bridge attaches a {@link
 * dev.wattle.machine.pci.PciHost} to it, hands configuration cycles to {@code readConfig} and {@code writeConfig}, and is
 * told which registers decode where. {@link dev.wattle.machine.pci.BarMapper} puts them on the I/O bus.
 *
 * <p>Lock order: a device's own lock, the function's, the bridge's, the I/O bus's.
 */
package dev.wattle.machine.pci;
