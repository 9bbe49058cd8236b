// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.guest;

import java.nio.file.Path;

/**
 * A guest ready to boot.
 *
 * @param name what it is, for people: a package name and version
 * @param kernel an ELF kernel
 * @param initrd its initial RAM disk, a gzip-compressed cpio archive
 * @param bootArguments the kernel command line that suits it
 */
public record GuestImage(String name, Path kernel, Path initrd, String bootArguments) {}
