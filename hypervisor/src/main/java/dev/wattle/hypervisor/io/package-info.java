// SPDX-License-Identifier: Apache-2.0

/** Devices on guest real addresses: the I/O bus, and I/O events that take the place of a device for single stores. */
package dev.wattle.hypervisor.io;
