// SPDX-License-Identifier: Apache-2.0

/**
 * The conformance suite of the hypervisor's API: what {@link dev.wattle.hypervisor.Vm} and {@link
 * dev.wattle.hypervisor.Vcpu} promise, as checks with guest code, for each engine.
 */
package dev.wattle.testkit.conformance;
