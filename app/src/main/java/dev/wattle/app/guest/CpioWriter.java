// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.guest;

import java.io.IOException;
import java.io.OutputStream;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveOutputStream;
import org.apache.commons.compress.archivers.cpio.CpioConstants;

/**
 * Writes an initramfs: a cpio archive in the "new ASCII" format that Linux unpacks
 * (Documentation/driver-api/early-userspace/buffer-format.rst). All files belong to root and carry no date, so that
 * the same content gives the same bytes.
 */
final class CpioWriter implements AutoCloseable {
    private final CpioArchiveOutputStream archive;
    private long inode;

    CpioWriter(OutputStream out) {
        archive = new CpioArchiveOutputStream(out, CpioConstants.FORMAT_NEW);
    }

    void directory(String path, int permissions) throws IOException {
        put(path, CpioConstants.C_ISDIR | permissions, 2, new byte[0], 0, 0);
    }

    void file(String path, int permissions, byte[] content) throws IOException {
        put(path, CpioConstants.C_ISREG | permissions, 1, content, 0, 0);
    }

    void characterDevice(String path, int permissions, int major, int minor) throws IOException {
        put(path, CpioConstants.C_ISCHR | permissions, 1, new byte[0], major, minor);
    }

    private void put(String path, int mode, int links, byte[] content, int major, int minor) throws IOException {
        CpioArchiveEntry entry = new CpioArchiveEntry(CpioConstants.FORMAT_NEW, path, content.length);
        entry.setInode(++inode);
        entry.setMode(Integer.toUnsignedLong(mode));
        entry.setNumberOfLinks(links);
        entry.setRemoteDeviceMaj(major);
        entry.setRemoteDeviceMin(minor);
        archive.putArchiveEntry(entry);
        archive.write(content);
        archive.closeArchiveEntry();
    }

    @Override
    public void close() throws IOException {
        archive.close();
    }
}
