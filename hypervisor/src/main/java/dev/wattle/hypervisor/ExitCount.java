// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

/**
 * How often something has led out of guest code.
 *
 * @param kind what
 * @param cause which of its kind, empty if they are all the same
 * @param count how often since the vCPU was made
 */
public record ExitCount(ExitKind kind, String cause, long count) {}
