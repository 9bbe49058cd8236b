// SPDX-License-Identifier: Apache-2.0

/**
 * Firmware that is answered outside of the guest: device trees, Open Firmware's client interface, and the loading of
 * kernels. Knows no particular machine.
 */
package dev.wattle.machine.firmware;
