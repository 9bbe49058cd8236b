// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.guest;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveOutputStream;
import org.apache.commons.compress.archivers.cpio.CpioConstants;

/**
 * Writes an initramfs: a cpio archive in the "new ASCII" format that Linux unpacks
 * (Documentation/driver-api/early-userspace/buffer-format.rst). All files belong to root and carry no date, so that
 * the same content gives the same bytes.
 */
public final class CpioWriter implements AutoCloseable {
    private final CpioArchiveOutputStream archive;
    private long inode;

    /**
     * @param out where the archive goes; it is closed with this writer
     */
    public CpioWriter(OutputStream out) {
        archive = new CpioArchiveOutputStream(out, CpioConstants.FORMAT_NEW);
    }

    /**
     * @param path the directory, without a leading slash; those above it must have been written before
     * @param permissions the lower bits of its mode
     * @throws IOException if it cannot be written
     */
    public void directory(String path, int permissions) throws IOException {
        put(path, CpioConstants.C_ISDIR | permissions, 2, new byte[0], 0, 0);
    }

    /**
     * @param path the file, without a leading slash
     * @param permissions the lower bits of its mode
     * @param content what is in it
     * @throws IOException if it cannot be written
     */
    public void file(String path, int permissions, byte[] content) throws IOException {
        put(path, CpioConstants.C_ISREG | permissions, 1, content, 0, 0);
    }

    /**
     * @param path the symbolic link, without a leading slash
     * @param target what it points to
     * @throws IOException if it cannot be written
     */
    public void symbolicLink(String path, String target) throws IOException {
        put(path, CpioConstants.C_ISLNK | 0777, 1, target.getBytes(StandardCharsets.UTF_8), 0, 0);
    }

    /**
     * @param path the device, without a leading slash
     * @param permissions the lower bits of its mode
     * @param major its driver's number
     * @param minor its number among the driver's
     * @throws IOException if it cannot be written
     */
    public void characterDevice(String path, int permissions, int major, int minor) throws IOException {
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
