// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.image;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Writes a new ext4 file system with 4 KiB blocks, extents and a journal (Documentation/filesystems/ext4 of Linux). All
 * files belong to root and carry one date, so that the same content gives the same bytes.
 *
 * <p>Paths have no leading slash; directories above a path come into being when they are first needed. What stays zero is
 * not written, so that a new image file is sparse.
 */
public final class Ext4Writer implements AutoCloseable {
    /** Smaller file systems would have no room for the journal. */
    public static final long MINIMUM_BYTES = 16L << 20;

    static final int BLOCK = 4096;
    private static final int BLOCKS_PER_GROUP = 32768;
    private static final int INODE_BYTES = 256;
    private static final int DESCRIPTOR_BYTES = 32;
    /** One inode for so many bytes, as mke2fs has it by default. */
    private static final int BYTES_PER_INODE = 16384;

    private static final int ROOT_INODE = 2;
    private static final int JOURNAL_INODE = 8;
    private static final int FIRST_INODE = 11;
    private static final int SMALL_JOURNAL = 1024;
    private static final int JOURNAL = 4096;

    private static final int DIRECTORY = 0x4000;
    private static final int CHARACTER_DEVICE = 0x2000;
    private static final int REGULAR = 0x8000;
    private static final int SYMBOLIC_LINK = 0xa000;
    private static final int SHORT_LINK = 60;
    private static final int MOST_EXTENTS = 4;
    private static final int LONGEST_EXTENT = 32768;
    private static final int EXTENTS_FLAG = 0x80000;
    private static final int LONGEST_NAME = 255;

    private record Extent(int logical, int length, long start) {}

    /** A file, directory or link. */
    private static final class Node {
        final int inode;
        final int mode;
        final Map<String, Node> children = new TreeMap<>();
        long size;
        int links = 1;
        List<Extent> extents = List.of();
        byte[] inline = new byte[0];

        Node(int inode, int mode) {
            this.inode = inode;
            this.mode = mode;
        }

        boolean isDirectory() {
            return (mode & 0xf000) == DIRECTORY;
        }
    }

    private final ImageChannel out;
    private final UUID uuid;
    private final String label;
    private final int seconds;
    private final int blocks;
    private final int groups;
    private final int inodesPerGroup;
    private final int descriptorBlocks;
    private final int inodeTableBlocks;
    private final int[] freeBlocks;
    private final Map<Integer, Node> inodes = new TreeMap<>();
    private final Node root = new Node(ROOT_INODE, DIRECTORY | 0755);
    private int nextInode = FIRST_INODE;
    private int nextBlock;

    /**
     * @param disk where it goes; all of the range must read as zeros
     * @param offset of the file system in the file
     * @param bytes its size
     * @param uuid its identity
     * @param label its name, at most 16 bytes
     * @param seconds the date of everything in it, since 1970
     */
    public Ext4Writer(FileChannel disk, long offset, long bytes, UUID uuid, String label, int seconds) {
        if (bytes < MINIMUM_BYTES || bytes / BLOCK > Integer.MAX_VALUE / 2) {
            throw new IllegalArgumentException(bytes + " bytes: no size for a file system here");
        }
        this.uuid = uuid;
        this.label = label;
        this.seconds = seconds;
        int whole = (int) (bytes / BLOCK);
        int groupCount = (whole + BLOCKS_PER_GROUP - 1) / BLOCKS_PER_GROUP;
        int perGroup = Math.min(whole, BLOCKS_PER_GROUP) / (BYTES_PER_INODE / BLOCK);
        inodesPerGroup = Math.max(perGroup & -(BLOCK / INODE_BYTES), BLOCK / INODE_BYTES);
        inodeTableBlocks = inodesPerGroup * INODE_BYTES / BLOCK;
        descriptorBlocks = (groupCount * DESCRIPTOR_BYTES + BLOCK - 1) / BLOCK;
        // A last group that has hardly room for its own tables is left out.
        int last = whole - (groupCount - 1) * BLOCKS_PER_GROUP;
        boolean isLastTooSmall = groupCount > 1 && last < 2 * (inodeTableBlocks + descriptorBlocks + 3);
        groups = isLastTooSmall ? groupCount - 1 : groupCount;
        blocks = isLastTooSmall ? groups * BLOCKS_PER_GROUP : whole;
        out = new ImageChannel(disk, offset, (long) blocks * BLOCK);
        freeBlocks = new int[groups];
        inodes.put(ROOT_INODE, root);
        root.links = 2;
        nextBlock = firstDataBlock(0);
    }

    private static boolean hasSuperblock(int group) {
        return group <= 1 || isPower(group, 3) || isPower(group, 5) || isPower(group, 7);
    }

    private static boolean isPower(int number, int base) {
        int rest = number;
        while (rest % base == 0) {
            rest /= base;
        }
        return rest == 1;
    }

    /** First block behind what lies before the bitmaps of a group. */
    private int blockBitmap(int group) {
        return group * BLOCKS_PER_GROUP + (hasSuperblock(group) ? 1 + descriptorBlocks : 0);
    }

    private int inodeTable(int group) {
        return blockBitmap(group) + 2;
    }

    private int firstDataBlock(int group) {
        return inodeTable(group) + inodeTableBlocks;
    }

    private int endOf(int group) {
        return Math.min(blocks, (group + 1) * BLOCKS_PER_GROUP);
    }

    /** Takes blocks, as far as possible in one piece. */
    private List<Extent> allocate(long count) throws IOException {
        List<Extent> extents = new ArrayList<>();
        int logical = 0;
        while (logical < count) {
            int group = nextBlock / BLOCKS_PER_GROUP;
            if (nextBlock >= blocks) {
                throw new IOException("the file system of " + (long) blocks * BLOCK / (1 << 20) + " MiB is full");
            }
            nextBlock = Math.max(nextBlock, firstDataBlock(group));
            int length = (int) Math.min(Math.min(count - logical, LONGEST_EXTENT), endOf(group) - nextBlock);
            extents.add(new Extent(logical, length, nextBlock));
            logical += length;
            nextBlock += length;
        }
        if (extents.size() > MOST_EXTENTS) {
            throw new IOException("a file of " + count * BLOCK / (1 << 20) + " MiB is too large for this writer");
        }
        return extents;
    }

    private Node create(String path, int mode) throws IOException {
        int slash = path.lastIndexOf('/');
        Node parent = slash < 0 ? root : directoryAt(path.substring(0, slash));
        String name = path.substring(slash + 1);
        if (name.isEmpty() || name.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
            throw new IOException("'" + path + "' is no path for a file");
        }
        if (parent.children.containsKey(name)) {
            throw new IOException("'" + path + "' is there already");
        }
        Node node = new Node(nextInode++, mode);
        if (node.inode > groups * inodesPerGroup) {
            throw new IOException("the file system has room for " + groups * inodesPerGroup + " files only");
        }
        inodes.put(node.inode, node);
        parent.children.put(name, node);
        if (node.isDirectory()) {
            node.links = 2;
            parent.links++;
        }
        return node;
    }

    private Node directoryAt(String path) throws IOException {
        Node at = root;
        int from = 0;
        while (from < path.length()) {
            int slash = path.indexOf('/', from);
            int end = slash < 0 ? path.length() : slash;
            Node next = at.children.get(path.substring(from, end));
            if (next == null) {
                next = create(path.substring(0, end), DIRECTORY | 0755);
            }
            if (!next.isDirectory()) {
                throw new IOException("'" + path.substring(0, end) + "' is no directory");
            }
            at = next;
            from = end + 1;
        }
        return at;
    }

    /** Whether something has this path. */
    public boolean exists(String path) {
        Node at = root;
        for (String name : path.split("/")) {
            Node next = at.children.get(name);
            if (next == null) {
                return false;
            }
            at = next;
        }
        return true;
    }

    /** Makes a directory, unless it is there. */
    public void directory(String path) throws IOException {
        directoryAt(path);
    }

    /** Makes a directory with certain permissions. */
    public void directory(String path, int permissions) throws IOException {
        create(path, DIRECTORY | permissions);
    }

    /** Writes a file. */
    public void file(String path, int permissions, byte[] content) throws IOException {
        Node node = create(path, REGULAR | permissions);
        node.size = content.length;
        node.extents = allocate((content.length + BLOCK - 1L) / BLOCK);
        int at = 0;
        for (Extent extent : node.extents) {
            int length = (int) Math.min((long) extent.length * BLOCK, content.length - at);
            out.write(extent.start * BLOCK, ByteBuffer.wrap(content, at, length));
            at += length;
        }
    }

    /**
     * Writes a file.
     *
     * @param size its bytes
     * @param content is read to the end of that size
     */
    public void file(String path, int permissions, long size, InputStream content) throws IOException {
        Node node = create(path, REGULAR | permissions);
        node.size = size;
        node.extents = allocate((size + BLOCK - 1) / BLOCK);
        byte[] buffer = new byte[1 << 20];
        long rest = size;
        for (Extent extent : node.extents) {
            long at = extent.start * BLOCK;
            long end = at + Math.min((long) extent.length * BLOCK, rest);
            while (at < end) {
                int length = content.readNBytes(buffer, 0, (int) Math.min(buffer.length, end - at));
                if (length == 0) {
                    throw new IOException("'" + path + "' ends before its " + size + " bytes");
                }
                out.write(at, ByteBuffer.wrap(buffer, 0, length));
                at += length;
                rest -= length;
            }
        }
    }

    /** Makes a symbolic link. */
    public void symbolicLink(String path, String target) throws IOException {
        byte[] bytes = target.getBytes(StandardCharsets.UTF_8);
        Node node = create(path, SYMBOLIC_LINK | 0777);
        node.size = bytes.length;
        if (bytes.length < SHORT_LINK) {
            node.inline = bytes;
        } else {
            node.extents = allocate(1);
            out.write(node.extents.getFirst().start * BLOCK, bytes);
        }
    }

    /** Makes a node of a device whose numbers are below 256. */
    public void characterDevice(String path, int permissions, int major, int minor) throws IOException {
        Node node = create(path, CHARACTER_DEVICE | permissions);
        node.inline = new byte[] {(byte) minor, (byte) major, 0, 0};
    }

    /** Writes directories and all that is about the file system as a whole. */
    @Override
    public void close() throws IOException {
        if (!exists("lost+found")) {
            create("lost+found", DIRECTORY | 0700);
        }
        journal();
        Map<Integer, Integer> directories = new HashMap<>();
        directory(root, root, directories);
        int used = nextBlock;
        ByteBuffer descriptors = buffer(descriptorBlocks * BLOCK);
        for (int group = 0; group < groups; group++) {
            blockBitmap(group, used);
            int usedInodes = inodeBitmap(group);
            int at = group * DESCRIPTOR_BYTES;
            descriptors
                    .putInt(at, blockBitmap(group))
                    .putInt(at + 4, blockBitmap(group) + 1)
                    .putInt(at + 8, inodeTable(group))
                    .putShort(at + 12, (short) freeBlocks[group])
                    .putShort(at + 14, (short) (inodesPerGroup - usedInodes))
                    .putShort(at + 16, directories.getOrDefault(group, 0).shortValue());
        }
        for (Node node : inodes.values()) {
            inode(node);
        }
        for (int group = 0; group < groups; group++) {
            if (hasSuperblock(group)) {
                long start = (long) group * BLOCKS_PER_GROUP * BLOCK;
                out.write(start + (group == 0 ? 1024 : 0), superblock(group));
                out.write(start + BLOCK, descriptors.duplicate());
            }
        }
    }

    private void journal() throws IOException {
        int length = blocks < BLOCKS_PER_GROUP ? SMALL_JOURNAL : JOURNAL;
        Node node = new Node(JOURNAL_INODE, REGULAR | 0600);
        node.size = (long) length * BLOCK;
        node.extents = allocate(length);
        inodes.put(JOURNAL_INODE, node);
        // Magic, type (superblock, version 2), sequence; block size, length, first block, next sequence, start (clean).
        ByteBuffer header = ByteBuffer.allocate(1024)
                .putInt(0xc03b3998)
                .putInt(4)
                .putInt(0)
                .putInt(BLOCK)
                .putInt(length)
                .putInt(1)
                .putInt(1)
                .putInt(0);
        header.putLong(0x30, uuid.getMostSignificantBits()).putLong(0x38, uuid.getLeastSignificantBits());
        header.putInt(0x40, 1);
        out.write(node.extents.getFirst().start * BLOCK, header.array());
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Writes a directory and those below it. */
    private void directory(Node node, Node parent, Map<Integer, Integer> directories) throws IOException {
        directories.merge((node.inode - 1) / inodesPerGroup, 1, Integer::sum);
        List<ByteBuffer> content = new ArrayList<>();
        ByteBuffer block = buffer(BLOCK);
        int last = entry(block, ".", node);
        last = entry(block, "..", parent);
        for (Map.Entry<String, Node> child : node.children.entrySet()) {
            if (block.remaining() < entryBytes(child.getKey())) {
                stretch(block, last);
                content.add(block);
                block = buffer(BLOCK);
            }
            last = entry(block, child.getKey(), child.getValue());
        }
        stretch(block, last);
        content.add(block);
        node.size = (long) content.size() * BLOCK;
        node.extents = allocate(content.size());
        int i = 0;
        for (Extent extent : node.extents) {
            for (int k = 0; k < extent.length; k++) {
                out.write((extent.start + k) * BLOCK, content.get(i++).array());
            }
        }
        for (Node child : node.children.values()) {
            if (child.isDirectory()) {
                directory(child, node, directories);
            }
        }
    }

    private static int entryBytes(String name) {
        return 8 + name.getBytes(StandardCharsets.UTF_8).length + 3 & ~3;
    }

    /** Adds an entry and gives its offset. */
    private static int entry(ByteBuffer block, String name, Node node) {
        int at = block.position();
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        int type = switch (node.mode & 0xf000) {
            case REGULAR -> 1;
            case DIRECTORY -> 2;
            case CHARACTER_DEVICE -> 3;
            default -> 7;
        };
        block.putInt(node.inode)
                .putShort((short) entryBytes(name))
                .put((byte) bytes.length)
                .put((byte) type);
        block.put(bytes).position(at + entryBytes(name));
        return at;
    }

    /** The last entry of a block reaches to its end. */
    private static void stretch(ByteBuffer block, int last) {
        block.putShort(last + 4, (short) (BLOCK - last));
    }

    private void blockBitmap(int group, int used) throws IOException {
        byte[] bits = new byte[BLOCK];
        int start = group * BLOCKS_PER_GROUP;
        int free = 0;
        for (int i = 0; i < BLOCKS_PER_GROUP; i++) {
            int block = start + i;
            boolean isTaken = block < firstDataBlock(group) || block < used || block >= endOf(group);
            if (isTaken) {
                bits[i / 8] |= (byte) (1 << i % 8);
            } else {
                free++;
            }
        }
        freeBlocks[group] = free;
        out.write((long) blockBitmap(group) * BLOCK, bits);
    }

    /** Writes which inodes of a group are used, and gives their number. */
    private int inodeBitmap(int group) throws IOException {
        byte[] bits = new byte[BLOCK];
        int used = 0;
        for (int i = 0; i < BLOCK * 8; i++) {
            int inode = group * inodesPerGroup + i + 1;
            boolean isUsed = i < inodesPerGroup && inode < nextInode;
            if (isUsed || i >= inodesPerGroup) {
                bits[i / 8] |= (byte) (1 << i % 8);
                used += isUsed ? 1 : 0;
            }
        }
        out.write((long) (blockBitmap(group) + 1) * BLOCK, bits);
        return used;
    }

    private void inode(Node node) throws IOException {
        ByteBuffer b = buffer(INODE_BYTES);
        long taken = node.extents.stream().mapToLong(Extent::length).sum();
        boolean isMapped = node.inline.length == 0 && (node.mode & 0xf000) != CHARACTER_DEVICE;
        b.putShort(0, (short) node.mode)
                .putInt(4, (int) node.size)
                .putInt(8, seconds)
                .putInt(12, seconds)
                .putInt(16, seconds)
                .putShort(26, (short) node.links)
                .putInt(28, (int) (taken * (BLOCK / 512)))
                .putInt(32, isMapped ? EXTENTS_FLAG : 0)
                .putInt(108, (int) (node.size >>> 32))
                .putShort(128, (short) 32)
                .putInt(144, seconds);
        if (isMapped) {
            // Extent header: magic, entries, room, depth.
            b.putShort(40, (short) 0xf30a)
                    .putShort(42, (short) node.extents.size())
                    .putShort(44, (short) MOST_EXTENTS)
                    .putShort(46, (short) 0);
            int at = 52;
            for (Extent extent : node.extents) {
                // 32768 is written as such: only larger numbers would mean blocks without content.
                b.putInt(at, extent.logical)
                        .putShort(at + 4, (short) extent.length)
                        .putShort(at + 6, (short) (extent.start >>> 32))
                        .putInt(at + 8, (int) extent.start);
                at += 12;
            }
        } else {
            b.put(40, node.inline);
        }
        int group = (node.inode - 1) / inodesPerGroup;
        long table = (long) inodeTable(group) * BLOCK;
        out.write(table + (long) ((node.inode - 1) % inodesPerGroup) * INODE_BYTES, b.array());
    }

    private byte[] superblock(int group) {
        long free = 0;
        for (int count : freeBlocks) {
            free += count;
        }
        ByteBuffer b = buffer(1024);
        b.putInt(0x00, groups * inodesPerGroup)
                .putInt(0x04, blocks)
                .putInt(0x08, blocks / 20)
                .putInt(0x0c, (int) free)
                .putInt(0x10, groups * inodesPerGroup - (nextInode - 1))
                .putInt(0x14, 0)
                .putInt(0x18, 2)
                .putInt(0x1c, 2)
                .putInt(0x20, BLOCKS_PER_GROUP)
                .putInt(0x24, BLOCKS_PER_GROUP)
                .putInt(0x28, inodesPerGroup)
                .putInt(0x30, seconds)
                .putShort(0x36, (short) -1)
                .putShort(0x38, (short) 0xef53)
                .putShort(0x3a, (short) 1)
                .putShort(0x3c, (short) 1)
                .putInt(0x40, seconds)
                .putInt(0x4c, 1)
                .putInt(0x54, FIRST_INODE)
                .putShort(0x58, (short) INODE_BYTES)
                .putShort(0x5a, (short) group)
                // Journal, extended attributes; types in directories, extents; few superblocks, large files, large
                // inodes.
                .putInt(0x5c, 0x4 | 0x8)
                .putInt(0x60, 0x2 | 0x40)
                .putInt(0x64, 0x1 | 0x2 | 0x40);
        b.order(ByteOrder.BIG_ENDIAN)
                .putLong(0x68, uuid.getMostSignificantBits())
                .putLong(0x70, uuid.getLeastSignificantBits());
        b.order(ByteOrder.LITTLE_ENDIAN);
        byte[] name = label.getBytes(StandardCharsets.UTF_8);
        b.put(0x78, name, 0, Math.min(name.length, 16));
        b.putInt(0xe0, JOURNAL_INODE)
                .putInt(0x108, seconds)
                .putShort(0x15c, (short) 32)
                .putShort(0x15e, (short) 32)
                .putInt(0x160, 1);
        return b.array();
    }
}
