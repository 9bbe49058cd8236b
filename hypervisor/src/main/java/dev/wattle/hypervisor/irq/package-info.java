// SPDX-License-Identifier: Apache-2.0

/** Interrupts from outside of a VM's devices: events that raise them, and the routes from their numbers to sources. */
package dev.wattle.hypervisor.irq;
