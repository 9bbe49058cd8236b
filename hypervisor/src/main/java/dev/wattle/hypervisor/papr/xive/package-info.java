// SPDX-License-Identifier: Apache-2.0

/**
 * The XIVE interrupt controller of a PAPR partition in native exploitation mode (PAPR, "XIVE Exploitation Mode"; the
 * names are those of the XIVE architecture of POWER9).
 *
 * <p>An event goes through these, in this order:
 *
 * <ol>
 *   <li>a source ({@link dev.wattle.hypervisor.papr.xive.XiveSource}): its event state buffer (ESB), two bits P and Q,
 *       lets one event through and remembers one more. The guest triggers and ends interrupts by loads from and stores to
 *       two pages of each source; what is behind these pages is an
 *       {@link dev.wattle.hypervisor.papr.xive.EsbBacking}, which can be replaced while they are in use;
 *   <li>the router ({@link dev.wattle.hypervisor.papr.xive.XiveRouter}): its event assignment structure (EAS) says which
 *       queue, and with which number;
 *   <li>an event queue in guest memory ({@link dev.wattle.hypervisor.papr.xive.EventQueue}, an "END"), one for each server
 *       and priority;
 *   <li>the thread context of a server ({@link dev.wattle.hypervisor.papr.xive.ThreadContext}), which drives the external
 *       interrupt input of a vCPU. The guest reaches it by the thread interrupt management area (TIMA).
 * </ol>
 *
 * <p>Locks are short and taken in this order, each left before nothing is called back but what stands behind it: source
 * (while its backing is replaced), backing, then either event queue or thread context. The lock of a backing is held until
 * its event is in the queue and presented, so that whoever takes and leaves it afterwards (H_INT_SYNC) knows that no event
 * is on its way.
 */
package dev.wattle.hypervisor.papr.xive;
