// SPDX-License-Identifier: Apache-2.0

/** Translation of the addresses that devices use: TCE tables and the hypercalls that fill them (LoPAR, "TCE"). */
package dev.wattle.hypervisor.papr.tce;
