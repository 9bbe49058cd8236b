// SPDX-License-Identifier: Apache-2.0

/** What devices and vCPUs see of an interrupt controller, and the XICS interrupt controller of a PAPR partition. */
package dev.wattle.hypervisor.papr.xics;
