// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the documents say of the code is there in the code. */
class SpecificationTest {
    private static final Pattern PROMISE = Pattern.compile("(?m)^(\\d+\\.\\d+)\\. ");
    private static final Pattern TEST = Pattern.compile("`(\\w+Test)\\.(\\w+)`");
    private static final Pattern LINK = Pattern.compile("]\\(([^)#:]+)(?:#[^)]*)?\\)");

    private final Path root = Path.of("..").toAbsolutePath().normalize();

    @Test
    void promises_each_nameTestsThatExist() throws Exception {
        Map<String, String> sources = testSources();
        String specification = Files.readString(root.resolve("SPECIFICATION.md"));
        List<MatchResult> promises = PROMISE.matcher(specification).results().toList();
        assertTrue(promises.size() > 10, "too few promises found");
        List<String> wrong = new ArrayList<>();
        for (int i = 0; i < promises.size(); i++) {
            int end = i + 1 < promises.size() ? promises.get(i + 1).start() : specification.length();
            String text = specification.substring(promises.get(i).start(), end);
            List<MatchResult> tests = TEST.matcher(text).results().toList();
            if (tests.isEmpty()) {
                wrong.add(promises.get(i).group(1) + " names no test");
            }
            for (MatchResult test : tests) {
                String source = sources.getOrDefault(test.group(1), "");
                if (!source.contains(" void " + test.group(2) + "(")
                        && !source.contains(" Stream<DynamicTest> " + test.group(2) + "(")) {
                    wrong.add("%s names %s, which is not there"
                            .formatted(promises.get(i).group(1), test.group()));
                }
            }
        }
        assertEquals(List.of(), wrong);
        assertEquals(
                promises.size(),
                promises.stream().map(promise -> promise.group(1)).distinct().count(),
                "a number is used twice");
    }

    @Test
    void links_inDocuments_leadSomewhere() throws Exception {
        List<String> wrong = new ArrayList<>();
        List<Path> documents = new ArrayList<>();
        for (Path folder : List.of(root, root.resolve("docs"))) {
            try (Stream<Path> files = Files.list(folder)) {
                files.filter(file -> file.toString().endsWith(".md")).forEach(documents::add);
            }
        }
        assertTrue(documents.size() > 5, documents::toString);
        for (Path document : documents) {
            LINK.matcher(Files.readString(document))
                    .results()
                    .map(link -> link.group(1))
                    .filter(link -> !Files.exists(document.resolveSibling(link)))
                    .forEach(link -> wrong.add(document + ": " + link));
        }
        assertEquals(List.of(), wrong);
    }

    private Map<String, String> testSources() throws IOException {
        Map<String, String> sources = new HashMap<>();
        try (Stream<Path> modules = Files.list(root)) {
            for (Path module : (Iterable<Path>) modules::iterator) {
                Path tests = module.resolve("src/test/java");
                if (Files.isDirectory(tests)) {
                    try (Stream<Path> files = Files.walk(tests)) {
                        for (Path file : (Iterable<Path>) files::iterator) {
                            String name = file.getFileName().toString();
                            if (name.endsWith("Test.java")) {
                                // Two modules may have tests of one name.
                                sources.merge(
                                        name.substring(0, name.length() - ".java".length()),
                                        Files.readString(file),
                                        String::concat);
                            }
                        }
                    }
                }
            }
        }
        return sources;
    }
}
