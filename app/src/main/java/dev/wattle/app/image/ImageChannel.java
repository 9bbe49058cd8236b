// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** A part of an image file, such as a partition. */
final class ImageChannel {
    private final FileChannel channel;
    private final long start;
    private final long length;

    ImageChannel(FileChannel channel, long start, long length) {
        this.channel = channel;
        this.start = start;
        this.length = length;
    }

    long length() {
        return length;
    }

    void write(long offset, byte[] bytes) throws IOException {
        write(offset, ByteBuffer.wrap(bytes));
    }

    void write(long offset, ByteBuffer bytes) throws IOException {
        if (offset < 0 || offset > length - bytes.remaining()) {
            throw new IOException("the image has no room for " + bytes.remaining() + " bytes at " + offset);
        }
        long at = start + offset;
        while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
        }
    }
}
