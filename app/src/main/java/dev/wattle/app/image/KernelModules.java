// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.image;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/**
 * Modules of a Linux kernel: which must be loaded before which, as they say themselves ({@code depends} and {@code
 * softdep} in section {@code .modinfo}). A kernel package has no {@code modules.dep}: that is made where it is installed.
 */
public final class KernelModules {
    private final Map<String, byte[]> files = new HashMap<>();

    /**
     * The modules in a folder.
     *
     * @throws IOException if there is a file that is none, or is damaged
     */
    public static KernelModules in(Path folder) throws IOException {
        KernelModules modules = new KernelModules();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                modules.add(String.valueOf(file.getFileName()), Files.readAllBytes(file));
            }
        }
        return modules;
    }

    /**
     * The name of a module.
     *
     * @param path of a file
     * @return its name with underscores, or nothing if the file is not a module
     */
    public static Optional<String> name(String path) {
        String file = path.substring(path.lastIndexOf('/') + 1);
        String stem = file.endsWith(".xz") ? file.substring(0, file.length() - 3) : file;
        return stem.endsWith(".ko")
                ? Optional.of(stem.substring(0, stem.length() - 3).replace('-', '_'))
                : Optional.empty();
    }

    /**
     * Adds a module.
     *
     * @param path its file name, which says how it is compressed
     * @throws IOException if it is damaged
     */
    public void add(String path, byte[] content) throws IOException {
        Optional<String> name = name(path);
        if (name.isEmpty()) {
            throw new IOException(path + " is not a kernel module");
        }
        byte[] module = content;
        if (path.endsWith(".xz")) {
            try (XZCompressorInputStream in = new XZCompressorInputStream(new ByteArrayInputStream(content))) {
                module = in.readAllBytes();
            }
        }
        files.put(name.get(), module);
    }

    /**
     * Modules with all that they need.
     *
     * @param names modules; those that this kernel does not have are taken for built in
     * @return their files, uncompressed, in an order in which they can be loaded
     */
    public Map<String, byte[]> inOrder(List<String> names) {
        Map<String, byte[]> order = new LinkedHashMap<>();
        for (String name : names) {
            add(name.replace('-', '_'), order, new ArrayList<>());
        }
        return order;
    }

    private void add(String name, Map<String, byte[]> order, List<String> above) {
        byte[] file = files.get(name);
        if (file == null || order.containsKey(name) || above.contains(name)) {
            return;
        }
        above.add(name);
        for (String needed : needs(file)) {
            add(needed, order, above);
        }
        order.put(name, file);
    }

    /** The strings of section {@code .modinfo} lie in the file one after another, each ended by a NUL. */
    private static List<String> needs(byte[] module) {
        String text = new String(module, StandardCharsets.ISO_8859_1);
        List<String> names = new ArrayList<>();
        for (String field : fields(text, "depends=")) {
            for (String name : field.split(",")) {
                names.add(name.replace('-', '_'));
            }
        }
        for (String field : fields(text, "softdep=pre:")) {
            for (String name : field.strip().split(" +")) {
                // An algorithm asked for by name: its generic module is called so.
                String plain = name.replace('-', '_').replaceFirst("^crypto_", "");
                names.add(plain);
                names.add(plain + "_generic");
            }
        }
        return names;
    }

    private static List<String> fields(String text, String key) {
        List<String> values = new ArrayList<>();
        String start = '\0' + key;
        for (int at = text.indexOf(start); at >= 0; at = text.indexOf(start, at + 1)) {
            int end = text.indexOf('\0', at + 1);
            values.add(text.substring(at + start.length(), end < 0 ? text.length() : end));
        }
        return values;
    }
}
