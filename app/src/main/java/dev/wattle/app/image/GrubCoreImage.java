// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * GRUB's core image for Open Firmware on PowerPC: its kernel and the modules that it needs to find the others, as one
 * big-endian 32-bit ELF program. What GRUB's own {@code grub-mkimage -O powerpc-ieee1275 -n} makes.
 */
public final class GrubCoreImage {
    private static final int ELF_HEADER_BYTES = 52;
    private static final int PROGRAM_HEADER_BYTES = 32;
    private static final int LOAD = 1;
    private static final int NOTE = 4;
    private static final int GNU_STACK = 0x6474e551;
    private static final int READ = 4;
    private static final int ALL_ACCESS = 7;
    private static final int BIG_ENDIAN_32_BIT = 0x7f454c46;
    private static final int CLASS_AND_ORDER = 0x0102;

    /** Where the kernel looks for modules: behind its end by this gap, at the next page. */
    private static final int MODULE_GAP = 0x8000;

    private static final int MODULE_ALIGNMENT = 0x1000;

    private static final int MODULES_MAGIC = 0x676d696d;
    private static final int MODULES_HEADER_BYTES = 12;
    private static final int MODULE_HEADER_BYTES = 8;
    private static final int TYPE_ELF = 0;
    private static final int TYPE_CONFIG = 2;
    private static final int TYPE_PREFIX = 3;

    /** The note of a client program (CHRP binding to IEEE 1275): real mode at 12 MiB, loaded at 16 KiB. */
    private static final int[] CLIENT_NOTE = {8, 24, 0x1275, 0x506f7765, 0x72504300, -1, 0xc00000, -1, -1, -1, 0x4000};

    private GrubCoreImage() {}

    /**
     * Makes the image.
     *
     * @param folder GRUB's folder for {@code powerpc-ieee1275}, with {@code kernel.img}, {@code moddep.lst}, modules
     * @param modules names of modules to build in; what they depend on comes along
     * @param prefix GRUB's folder at run time, such as {@code (,msdos2)/boot/grub}
     * @param script commands to run at first; none if empty
     * @throws IOException if a file is missing or is not what its name says
     */
    public static byte[] make(Path folder, List<String> modules, String prefix, String script) throws IOException {
        byte[] kernel = Files.readAllBytes(folder.resolve("kernel.img"));
        ByteBuffer header = ByteBuffer.wrap(kernel);
        int first = program(header, folder);
        int fileOffset = header.getInt(first + 4);
        int start = header.getInt(first + 8);
        int fileSize = header.getInt(first + 16);
        int memorySize = header.getInt(first + 20);
        if (fileOffset < 0 || fileSize < 0 || fileOffset > kernel.length - fileSize) {
            throw notKernel(folder);
        }
        byte[] moduleArea = moduleArea(folder, modules, prefix, script);
        int modulesStart = start + memorySize + MODULE_GAP + MODULE_ALIGNMENT - 1 & -MODULE_ALIGNMENT;

        int headers = ELF_HEADER_BYTES + 4 * PROGRAM_HEADER_BYTES;
        int body = headers + 15 & ~15;
        int mods = body + fileSize + 3 & ~3;
        int note = mods + moduleArea.length + 3 & ~3;
        ByteBuffer image = ByteBuffer.allocate(note + 4 * CLIENT_NOTE.length);
        // Type (executable), machine (PowerPC), version, entry, program headers, no section headers, flags.
        image.put(0, kernel, 0, 16).position(16);
        image.putShort((short) 2).putShort((short) 20).putInt(1).putInt(header.getInt(24));
        image.putInt(ELF_HEADER_BYTES).putInt(0).putInt(0);
        image.putShort((short) ELF_HEADER_BYTES)
                .putShort((short) PROGRAM_HEADER_BYTES)
                .putShort((short) 4);
        image.putShort((short) 40).putShort((short) 0).putShort((short) 0);
        programHeader(image, LOAD, body, start, fileSize, memorySize, ALL_ACCESS, 16);
        programHeader(image, GNU_STACK, 0, 0, 0, 0, ALL_ACCESS, 4);
        programHeader(image, LOAD, mods, modulesStart, moduleArea.length, moduleArea.length, ALL_ACCESS, 4);
        programHeader(image, NOTE, note, 0, 4 * CLIENT_NOTE.length, 0, READ, 4);
        image.put(body, kernel, fileOffset, fileSize);
        image.put(mods, moduleArea);
        image.position(note);
        for (int word : CLIENT_NOTE) {
            image.putInt(word);
        }
        return image.array();
    }

    /** Offset of the first program header that is loaded. */
    private static int program(ByteBuffer kernel, Path folder) throws IOException {
        if (kernel.capacity() < ELF_HEADER_BYTES
                || kernel.getInt(0) != BIG_ENDIAN_32_BIT
                || kernel.getShort(4) != CLASS_AND_ORDER) {
            throw notKernel(folder);
        }
        int at = kernel.getInt(28);
        int count = kernel.getShort(44) & 0xffff;
        for (int i = 0; i < count; i++, at += PROGRAM_HEADER_BYTES) {
            if (at < 0 || at > kernel.capacity() - PROGRAM_HEADER_BYTES) {
                break;
            }
            if (kernel.getInt(at) == LOAD) {
                return at;
            }
        }
        throw notKernel(folder);
    }

    private static IOException notKernel(Path folder) {
        return new IOException(folder.resolve("kernel.img") + " is not GRUB's kernel for PowerPC");
    }

    private static void programHeader(
            ByteBuffer to, int type, int offset, int address, int fileSize, int memorySize, int flags, int align) {
        to.putInt(type).putInt(offset).putInt(address).putInt(address);
        to.putInt(fileSize).putInt(memorySize).putInt(flags).putInt(align);
    }

    private static byte[] moduleArea(Path folder, List<String> modules, String prefix, String script)
            throws IOException {
        ByteArrayOutputStream area = new ByteArrayOutputStream();
        for (String module : inOrder(folder, modules)) {
            add(area, TYPE_ELF, Files.readAllBytes(folder.resolve(module + ".mod")));
        }
        if (!script.isEmpty()) {
            add(area, TYPE_CONFIG, terminated(script));
        }
        add(area, TYPE_PREFIX, terminated(prefix));
        byte[] content = area.toByteArray();
        return ByteBuffer.allocate(MODULES_HEADER_BYTES + content.length)
                .putInt(MODULES_MAGIC)
                .putInt(MODULES_HEADER_BYTES)
                .putInt(MODULES_HEADER_BYTES + content.length)
                .put(content)
                .array();
    }

    private static byte[] terminated(String text) {
        return (text + '\0').getBytes(StandardCharsets.UTF_8);
    }

    private static void add(ByteArrayOutputStream area, int type, byte[] content) {
        int padded = content.length + 3 & ~3;
        byte[] header = ByteBuffer.allocate(MODULE_HEADER_BYTES)
                .putInt(type)
                .putInt(MODULE_HEADER_BYTES + padded)
                .array();
        area.writeBytes(header);
        area.writeBytes(content);
        area.writeBytes(new byte[padded - content.length]);
    }

    /** Modules with those that they need before them, by GRUB's list of dependencies. */
    private static Set<String> inOrder(Path folder, List<String> modules) throws IOException {
        Map<String, String[]> needs = new HashMap<>();
        for (String line : Files.readAllLines(folder.resolve("moddep.lst"))) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                String names = line.substring(colon + 1).strip();
                needs.put(line.substring(0, colon), names.isEmpty() ? new String[0] : names.split(" +"));
            }
        }
        Set<String> order = new LinkedHashSet<>();
        for (String module : modules) {
            addWithNeeds(module, needs, order, new LinkedHashSet<>());
        }
        return order;
    }

    private static void addWithNeeds(String module, Map<String, String[]> needs, Set<String> order, Set<String> above) {
        if (order.contains(module) || !above.add(module)) {
            return;
        }
        for (String needed : needs.getOrDefault(module, new String[0])) {
            addWithNeeds(needed, needs, order, above);
        }
        order.add(module);
    }
}
