// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class KernelModulesTest {
    private static byte[] module(String... fields) {
        return ("\u007fELF\0" + String.join("\0", fields) + "\0rest").getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void modules_thatNeedOthers_comeBehindThem() throws IOException {
        KernelModules modules = new KernelModules();
        modules.add("virtio-blk.ko", module("alias=x", "depends=virtio,virtio_ring", "name=virtio_blk"));
        modules.add("virtio_ring.ko", module("depends=virtio"));
        modules.add("virtio.ko", module("depends="));
        modules.add("ext4.ko", module("softdep=pre: crypto-crc32c", "depends=jbd2"));
        modules.add("jbd2.ko", module("depends=ext4"));
        modules.add("crc32c_generic.ko", module("depends="));
        modules.add("unused.ko", module("depends="));
        assertEquals(
                List.of("virtio", "virtio_ring", "virtio_blk", "jbd2", "crc32c_generic", "ext4"),
                List.copyOf(modules.inOrder(List.of("virtio_blk", "built-in", "ext4"))
                        .keySet()));
    }

    @Test
    void name_ofAFile_isTheModules() {
        assertEquals("virtio_blk", KernelModules.name("a/b/virtio-blk.ko.xz").orElseThrow());
        assertTrue(KernelModules.name("modules.order").isEmpty());
    }
}
