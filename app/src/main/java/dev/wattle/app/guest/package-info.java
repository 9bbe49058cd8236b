// SPDX-License-Identifier: Apache-2.0

/** Guests fetched for the user: a distribution's own kernel, unpacked and cached, and a small initramfs built for it. */
@NullMarked
package dev.wattle.app.guest;

import org.jspecify.annotations.NullMarked;
