// SPDX-License-Identifier: Apache-2.0

/** What happens at the edge of guest code, told one by one: exits, hypercalls and interrupts. */
package dev.wattle.hypervisor.trace;
