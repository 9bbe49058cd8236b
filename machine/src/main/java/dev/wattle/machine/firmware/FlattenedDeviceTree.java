// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.firmware;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The flattened device tree blob, version 17 (Devicetree Specification 0.4, chapter 5). All numbers are big-endian. */
public final class FlattenedDeviceTree {
    private static final int MAGIC = 0xd00dfeed;
    private static final int VERSION = 17;
    private static final int LAST_COMPATIBLE_VERSION = 16;
    private static final int HEADER_BYTES = 40;
    private static final int RESERVATION_BYTES = 16;

    private static final int BEGIN_NODE = 1;
    private static final int END_NODE = 2;
    private static final int PROP = 3;
    private static final int NOP = 4;
    private static final int END = 9;

    private static final int DEPTH_LIMIT = 64;

    /**
     * Memory that the client must leave alone.
     *
     * @param address real address
     * @param size bytes
     */
    public record Reservation(long address, long size) {}

    /**
     * A parsed blob.
     *
     * @param tree the tree
     * @param reservations the memory reservation block
     * @param bootCpu physical identifier of the boot processor
     */
    public record Parsed(DeviceTree tree, List<Reservation> reservations, int bootCpu) {}

    private FlattenedDeviceTree() {}

    /**
     * Flattens a tree.
     *
     * @param bootCpu physical identifier of the boot processor
     */
    public static byte[] write(DeviceTree tree, List<Reservation> reservations, int bootCpu) {
        Writer writer = new Writer();
        writer.node(tree.root());
        writer.cell(END);
        byte[] structure = writer.structure.toByteArray();
        byte[] strings = writer.strings.toByteArray();
        int reservationOffset = HEADER_BYTES;
        int structureOffset = reservationOffset + (reservations.size() + 1) * RESERVATION_BYTES;
        int stringsOffset = structureOffset + structure.length;
        int total = stringsOffset + strings.length;
        ByteBuffer blob = ByteBuffer.allocate(total);
        blob.putInt(MAGIC)
                .putInt(total)
                .putInt(structureOffset)
                .putInt(stringsOffset)
                .putInt(reservationOffset)
                .putInt(VERSION)
                .putInt(LAST_COMPATIBLE_VERSION)
                .putInt(bootCpu)
                .putInt(strings.length)
                .putInt(structure.length);
        for (Reservation reservation : reservations) {
            blob.putLong(reservation.address()).putLong(reservation.size());
        }
        blob.putLong(0).putLong(0).put(structure).put(strings);
        return blob.array();
    }

    /**
     * Parses a blob.
     *
     * @throws IllegalArgumentException if it is not a well-formed blob of a version that this class reads; the message
     *     says where
     */
    public static Parsed parse(byte[] blob) {
        try {
            return new Reader(blob).parse();
        } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("device tree blob ends too early", e);
        }
    }

    private static final class Writer {
        private final ByteArrayOutputStream structure = new ByteArrayOutputStream();
        private final ByteArrayOutputStream strings = new ByteArrayOutputStream();
        private final Map<String, Integer> stringOffsets = new LinkedHashMap<>();

        private void cell(int value) {
            structure.write(value >>> 24);
            structure.write(value >>> 16);
            structure.write(value >>> 8);
            structure.write(value);
        }

        private void bytes(byte[] value) {
            structure.writeBytes(value);
            while ((structure.size() & 3) != 0) {
                structure.write(0);
            }
        }

        private void node(DeviceTree.Node node) {
            cell(BEGIN_NODE);
            bytes((node.name() + '\0').getBytes(StandardCharsets.ISO_8859_1));
            for (String name : node.propertyNames()) {
                byte[] value = node.property(name).orElseThrow();
                cell(PROP);
                cell(value.length);
                cell(stringOffset(name));
                bytes(value);
            }
            for (DeviceTree.Node child : node.children()) {
                node(child);
            }
            cell(END_NODE);
        }

        private int stringOffset(String name) {
            return stringOffsets.computeIfAbsent(name, n -> {
                int offset = strings.size();
                strings.writeBytes((n + '\0').getBytes(StandardCharsets.ISO_8859_1));
                return offset;
            });
        }
    }

    private static final class Reader {
        private final ByteBuffer blob;
        private int stringsOffset;

        private Reader(byte[] bytes) {
            blob = ByteBuffer.wrap(bytes);
        }

        private Parsed parse() {
            if (blob.getInt(0) != MAGIC) {
                throw new IllegalArgumentException(
                        "device tree blob has magic 0x" + Integer.toHexString(blob.getInt(0)) + ", not 0xd00dfeed");
            }
            int total = blob.getInt(4);
            if (total < HEADER_BYTES || total > blob.capacity()) {
                throw new IllegalArgumentException(
                        "device tree blob says " + total + " bytes, but has " + blob.capacity());
            }
            if (blob.getInt(24) > VERSION || blob.getInt(20) < LAST_COMPATIBLE_VERSION) {
                throw new IllegalArgumentException(
                        "device tree blob has version " + blob.getInt(20) + ", not 16 or 17");
            }
            blob.limit(total);
            stringsOffset = blob.getInt(12);
            int bootCpu = blob.getInt(28);
            List<Reservation> reservations = new ArrayList<>();
            blob.position(offset(16, total));
            while (true) {
                Reservation reservation = new Reservation(blob.getLong(), blob.getLong());
                if (reservation.address() == 0 && reservation.size() == 0) {
                    break;
                }
                reservations.add(reservation);
            }
            blob.position(offset(8, total));
            DeviceTree tree = new DeviceTree();
            if (token() != BEGIN_NODE || !text().isEmpty()) {
                throw new IllegalArgumentException("device tree blob does not begin with a root node");
            }
            node(tree.root(), 0);
            if (token() != END) {
                throw malformed();
            }
            return new Parsed(tree, List.copyOf(reservations), bootCpu);
        }

        private int offset(int at, int total) {
            int offset = blob.getInt(at);
            if (offset < 0 || offset > total) {
                throw new IllegalArgumentException("device tree blob offset " + offset + " is outside of it");
            }
            return offset;
        }

        private int token() {
            int token;
            do {
                token = blob.getInt();
            } while (token == NOP);
            return token;
        }

        private void node(DeviceTree.Node node, int depth) {
            if (depth > DEPTH_LIMIT) {
                throw new IllegalArgumentException("device tree blob nests deeper than " + DEPTH_LIMIT);
            }
            while (true) {
                switch (token()) {
                    case PROP -> {
                        int length = blob.getInt();
                        int name = blob.getInt();
                        if (length < 0 || length > blob.remaining()) {
                            throw malformed();
                        }
                        byte[] value = new byte[length];
                        blob.get(value);
                        align();
                        node.set(textAt(stringsOffset + name), value);
                    }
                    case BEGIN_NODE -> node(node.child(text()), depth + 1);
                    case END_NODE -> {
                        return;
                    }
                    default -> throw malformed();
                }
            }
        }

        private String text() {
            String text = textAt(blob.position());
            blob.position(blob.position() + text.getBytes(StandardCharsets.ISO_8859_1).length + 1);
            align();
            return text;
        }

        private String textAt(int offset) {
            int end = offset;
            while (blob.get(end) != 0) {
                end++;
            }
            return new String(blob.array(), offset, end - offset, StandardCharsets.ISO_8859_1);
        }

        private void align() {
            int aligned = (blob.position() + 3) & ~3;
            if (aligned > blob.limit()) {
                throw malformed();
            }
            blob.position(aligned);
        }

        private IllegalArgumentException malformed() {
            return new IllegalArgumentException("device tree blob is malformed near offset " + blob.position());
        }
    }
}
