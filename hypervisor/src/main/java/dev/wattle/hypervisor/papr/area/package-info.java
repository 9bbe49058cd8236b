// SPDX-License-Identifier: Apache-2.0

/**
 * The areas that a partition registers for each of its virtual processors (PAPR, "H_REGISTER_VPA"), and what the
 * hypervisor writes into them.
 */
package dev.wattle.hypervisor.papr.area;
