// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GrubCoreImageTest {
    private static final int KERNEL_BYTES = 0x123;
    private static final int KERNEL_MEMORY = 0x19384;

    @TempDir
    Path folder;

    /** A folder with a kernel of one segment, and modules of which some need others. */
    @BeforeEach
    void makeFolder() throws IOException {
        ByteBuffer kernel = ByteBuffer.allocate(0x100 + KERNEL_BYTES);
        kernel.put(new byte[] {0x7f, 'E', 'L', 'F', 1, 2, 1});
        kernel.putInt(24, 0x200010).putInt(28, 52).putShort(42, (short) 32).putShort(44, (short) 2);
        kernel.putInt(52, 0x6474e551);
        kernel.putInt(84, 1).putInt(88, 0x100).putInt(92, 0x200000).putInt(96, 0x200000);
        kernel.putInt(100, KERNEL_BYTES).putInt(104, KERNEL_MEMORY);
        for (int i = 0; i < KERNEL_BYTES; i++) {
            kernel.put(0x100 + i, (byte) i);
        }
        Files.write(folder.resolve("kernel.img"), kernel.array());
        Files.writeString(folder.resolve("moddep.lst"), "ext2: fshelp\nfshelp:\nnormal: boot ext2\nboot: normal\n");
        for (String module : new String[] {"ext2", "fshelp", "normal", "boot"}) {
            Files.writeString(folder.resolve(module + ".mod"), "module " + module);
        }
    }

    @Test
    void image_ofKernelAndModules_isAProgramThatFindsThem() throws IOException {
        ByteBuffer image =
                ByteBuffer.wrap(GrubCoreImage.make(folder, List.of("normal"), "(,msdos2)/boot/grub", "set a=1\n"));
        assertEquals(0x7f454c46, image.getInt(0));
        assertEquals(0x200010, image.getInt(24));
        assertEquals(4, image.getShort(44));

        int first = image.getInt(28);
        byte[] kernel =
                Arrays.copyOfRange(image.array(), image.getInt(first + 4), image.getInt(first + 4) + KERNEL_BYTES);
        assertArrayEquals(Arrays.copyOfRange(Files.readAllBytes(folder.resolve("kernel.img")), 0x100, 0x223), kernel);
        assertEquals(KERNEL_MEMORY, image.getInt(first + 20));

        int modules = first + 64;
        // Where the kernel looks: 32 KiB behind its end, at the next page.
        assertEquals(0x222000, image.getInt(modules + 8));
        int at = image.getInt(modules + 4);
        assertEquals(0x676d696d, image.getInt(at));
        int end = at + image.getInt(at + 8);
        List<String> parts = new ArrayList<>();
        for (int part = at + image.getInt(at + 4); part < end; part += image.getInt(part + 4)) {
            int length = image.getInt(part + 4);
            assertEquals(0, length % 4);
            String text = new String(image.array(), part + 8, length - 8, StandardCharsets.UTF_8);
            parts.add(image.getInt(part) + " " + text.replace("\0", "").strip());
        }
        assertEquals(
                List.of(
                        "0 module boot",
                        "0 module fshelp",
                        "0 module ext2",
                        "0 module normal",
                        "2 set a=1",
                        "3 (,msdos2)/boot/grub"),
                parts);
        assertEquals(0x1275, image.getInt(image.getInt(first + 96 + 4) + 8));
    }

    @Test
    void folder_thatIsNotGrubs_isRefused() throws IOException {
        Files.writeString(folder.resolve("kernel.img"), "not a kernel");
        String problem =
                String.valueOf(assertThrows(IOException.class, () -> GrubCoreImage.make(folder, List.of(), "", ""))
                        .getMessage());
        assertTrue(problem.contains("kernel.img is not GRUB's kernel"), problem);
    }
}
