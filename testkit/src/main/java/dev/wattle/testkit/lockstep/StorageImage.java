// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.lockstep;

import dev.wattle.power.isa.Assembler;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Guest real storage while a program is made. */
final class StorageImage {
    private final Assembler assembler;
    private final List<GuestProgram.Piece> pieces = new ArrayList<>();

    StorageImage(Assembler assembler) {
        this.assembler = assembler;
    }

    /** Assembles code that runs where it lies; answers its length in bytes. */
    int code(long real, boolean littleEndian, String text) {
        return words(real, littleEndian, assembler.assemble(real, text));
    }

    /** Puts instruction words; answers their length in bytes. */
    int words(long real, boolean littleEndian, int[] words) {
        ByteBuffer bytes = buffer(4 * words.length, littleEndian);
        for (int word : words) {
            bytes.putInt(word);
        }
        pieces.add(new GuestProgram.Piece(real, bytes.array()));
        return 4 * words.length;
    }

    /** Puts doublewords. */
    void doublewords(long real, boolean littleEndian, long... values) {
        ByteBuffer bytes = buffer(8 * values.length, littleEndian);
        for (long value : values) {
            bytes.putLong(value);
        }
        pieces.add(new GuestProgram.Piece(real, bytes.array()));
    }

    List<GuestProgram.Piece> pieces() {
        return List.copyOf(pieces);
    }

    private static ByteBuffer buffer(int bytes, boolean littleEndian) {
        return ByteBuffer.allocate(bytes).order(littleEndian ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    }
}
