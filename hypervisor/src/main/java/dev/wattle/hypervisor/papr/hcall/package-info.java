// SPDX-License-Identifier: Apache-2.0

/** PAPR hypercalls: numbers, return codes, and those that the hypervisor answers itself. */
package dev.wattle.hypervisor.papr.hcall;
