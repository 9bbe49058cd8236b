// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;

/** A partition table of four primary partitions in the first sector of a disk. */
public final class MasterBootRecord {
    /** What firmware by PowerPC Reference Platform loads as a whole and starts. */
    public static final int PREP_BOOT = 0x41;
    /** Linux file systems. */
    public static final int LINUX = 0x83;

    private static final int SECTOR = 512;
    private static final int SIGNATURE_AT = 440;
    private static final int TABLE_AT = 446;
    private static final int ENTRY_BYTES = 16;
    private static final int MOST = 4;
    private static final int BOOTABLE = 0x80;
    /** Cylinder, head and sector of what lies beyond their reach. */
    private static final byte[] NO_GEOMETRY = {(byte) 0xfe, (byte) 0xff, (byte) 0xff};

    private record Partition(int type, boolean bootable, long start, long bytes) {}

    private final int signature;
    private final List<Partition> partitions = new ArrayList<>();

    /** @param signature a number for the disk, by which systems know it again */
    public MasterBootRecord(int signature) {
        this.signature = signature;
    }

    /**
     * Adds a partition.
     *
     * @param start first byte, a multiple of 512
     * @param bytes size, a multiple of 512
     */
    public MasterBootRecord partition(int type, boolean bootable, long start, long bytes) {
        if (partitions.size() == MOST || start % SECTOR != 0 || bytes % SECTOR != 0) {
            throw new IllegalArgumentException("partition at " + start + ", " + bytes + " bytes");
        }
        partitions.add(new Partition(type, bootable, start, bytes));
        return this;
    }

    /** Writes the first sector of a disk. */
    public void write(FileChannel disk) throws IOException {
        ByteBuffer sector = ByteBuffer.allocate(SECTOR).order(ByteOrder.LITTLE_ENDIAN);
        sector.putInt(SIGNATURE_AT, signature);
        for (int i = 0; i < partitions.size(); i++) {
            Partition p = partitions.get(i);
            int at = TABLE_AT + ENTRY_BYTES * i;
            sector.put(at, (byte) (p.bootable ? BOOTABLE : 0));
            sector.put(at + 1, NO_GEOMETRY);
            sector.put(at + 4, (byte) p.type);
            sector.put(at + 5, NO_GEOMETRY);
            sector.putInt(at + 8, (int) (p.start / SECTOR));
            sector.putInt(at + 12, (int) (p.bytes / SECTOR));
        }
        sector.putShort(SECTOR - 2, (short) 0xaa55);
        new ImageChannel(disk, 0, SECTOR).write(0, sector);
    }
}
