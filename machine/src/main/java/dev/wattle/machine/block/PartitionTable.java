// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.block;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** What the partition table of a disk says of its size: a master boot record or a GUID partition table (UEFI 2.10, 5). */
final class PartitionTable {
    /** Bytes from the start of a disk that {@link #leastBytes} wants. */
    static final int HEAD_BYTES = 1024;

    private static final int SECTOR = BlockBackend.SECTOR;
    private static final int ENTRIES_AT = 446;
    private static final int ENTRY_BYTES = 16;
    private static final int ENTRIES = 4;
    private static final int PROTECTIVE = 0xee;
    private static final int BOOTABLE = 0x80;
    private static final int SIGNATURE = 0xaa55;
    private static final byte[] GPT_SIGNATURE = "EFI PART".getBytes(StandardCharsets.US_ASCII);
    private static final int BACKUP_HEADER = 32;

    private PartitionTable() {}

    /**
     * How large a disk must be for its partition table to make sense.
     *
     * @param head the first {@link #HEAD_BYTES} of the disk, or all of a shorter one
     * @return bytes; 0 if there is no partition table
     */
    static long leastBytes(byte[] head) {
        if (head.length < SECTOR) {
            return 0;
        }
        ByteBuffer b = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
        if ((b.getShort(SECTOR - 2) & 0xffff) != SIGNATURE) {
            return 0;
        }
        long end = 0;
        boolean isProtective = false;
        for (int i = 0; i < ENTRIES; i++) {
            int at = ENTRIES_AT + ENTRY_BYTES * i;
            int status = b.get(at) & 0xff;
            if (status != 0 && status != BOOTABLE) {
                // The boot sector of a file system: these bytes are code.
                return 0;
            }
            int type = b.get(at + 4) & 0xff;
            if (type == PROTECTIVE) {
                isProtective = true;
            } else if (type != 0) {
                long start = Integer.toUnsignedLong(b.getInt(at + 8));
                end = Math.max(end, start + Integer.toUnsignedLong(b.getInt(at + 12)));
            }
        }
        return Math.max(end * SECTOR, isProtective ? leastBytesOfGpt(b) : 0);
    }

    /** The backup of the header is the last sector of the disk. */
    private static long leastBytesOfGpt(ByteBuffer b) {
        if (b.capacity() < HEAD_BYTES) {
            return HEAD_BYTES;
        }
        for (int i = 0; i < GPT_SIGNATURE.length; i++) {
            if (b.get(SECTOR + i) != GPT_SIGNATURE[i]) {
                return 0;
            }
        }
        long last = b.getLong(SECTOR + BACKUP_HEADER);
        return last < 0 || last >= Long.MAX_VALUE / SECTOR ? 0 : (last + 1) * SECTOR;
    }
}
