// SPDX-License-Identifier: Apache-2.0

/** What a bootable disk image is made of: partition table, file system, boot loader, kernel modules. Needs no privilege. */
@NullMarked
package dev.wattle.app.image;

import org.jspecify.annotations.NullMarked;
