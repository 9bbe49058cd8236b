// SPDX-License-Identifier: Apache-2.0

/** The interrupt controllers of a partition, of which one is active; interrupts from outside of a VM's devices: events that raise them, and the routes from their numbers to sources. */
package dev.wattle.hypervisor.irq;
