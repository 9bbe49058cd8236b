// SPDX-License-Identifier: Apache-2.0

/** Disks: images on the host, and the virtio block device that shows one to a guest. */
package dev.wattle.machine.block;
