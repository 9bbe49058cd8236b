// SPDX-License-Identifier: Apache-2.0

/**
 * Virtio 1.x: rings in guest memory, what a device is to its transport, and the transport by PCI. References are to
 * "Virtual I/O Device (VIRTIO) Version 1.2".
 *
 * <p>A device ({@link dev.wattle.machine.virtio.VirtioDevice}) knows nothing of its transport: it is handed a {@link
 * dev.wattle.machine.virtio.VirtioSession} when its driver is ready, works on the queues in it, mostly on a thread of its
 * own ({@link dev.wattle.machine.virtio.IoWorker}), and gives it up when it is reset.
 *
 * <p>What is in guest memory is the guest's to choose: a ring or a chain that breaks the rules is a {@link
 * dev.wattle.machine.virtio.VirtqueueException}, which a device answers by asking to be reset.
 *
 * <p>Lock order: the transport's lock, the device's, then those of {@link dev.wattle.machine.pci}. Interrupts are sent
 * without the transport's lock.
 */
package dev.wattle.machine.virtio;
