// SPDX-License-Identifier: Apache-2.0

/** The XICS interrupt controller of a PAPR partition. */
package dev.wattle.hypervisor.papr.xics;
