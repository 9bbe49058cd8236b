// SPDX-License-Identifier: Apache-2.0
package dev.wattle.guests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The launcher, in a copy of the checkout that holds what a build leaves and no sources. */
@Timeout(300)
class LauncherTest {
    @TempDir
    private Path directory;

    private Path checkout;
    private Path launcher;

    @BeforeEach
    void copyBuild() throws IOException {
        checkout = directory.resolve("a checkout");
        Path target = Files.createDirectories(checkout.resolve("app/target"));
        Path built = WattleProcess.launcher().resolveSibling("app/target");
        launcher = Files.copy(WattleProcess.launcher(), checkout.resolve("wattle"));
        Files.createFile(checkout.resolve("pom.xml"));
        Files.createDirectory(target.resolve("lib"));
        Files.copy(built.resolve("wattle.jar"), target.resolve("wattle.jar"));
        try (Stream<Path> libraries = Files.list(built.resolve("lib"))) {
            for (Path library : (Iterable<Path>) libraries::iterator) {
                Files.copy(library, target.resolve("lib").resolve(library.getFileName()));
            }
        }
        Files.copy(built.resolve("build.stamp"), target.resolve("build.stamp"));
    }

    @Test
    void start_fromAnotherDirectoryThroughLinks_works() throws Exception {
        Path bin = Files.createDirectory(directory.resolve("bin"));
        Files.createSymbolicLink(directory.resolve("link"), launcher);
        Path wattle = Files.createSymbolicLink(bin.resolve("wattle"), Path.of("../link"));
        assertPrintsVersion(Map.of(), wattle);
    }

    @Test
    void start_withJavaHomeTooOldOrWrong_findsAnotherJdk() throws Exception {
        Path old = Files.createDirectories(directory.resolve("old"));
        Files.createDirectory(old.resolve("bin"));
        executable(old.resolve("bin/java"), "exit 99");
        executable(old.resolve("bin/javac"), "exit 99");
        Files.writeString(old.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"17.0.15\"\n");
        assertPrintsVersion(Map.of("JAVA_HOME", old.toString()), launcher);
        assertPrintsVersion(Map.of("JAVA_HOME", "/nonexistent"), launcher);
    }

    @Test
    void start_withDamagedClassCache_works() throws Exception {
        assertPrintsVersion(Map.of(), launcher);
        Path staged = stagedBuild();
        Files.writeString(staged.resolve("classes.aot"), "This is no class cache.");
        assertPrintsVersion(Map.of(), launcher);
    }

    @Test
    void start_afterARecordedRun_makesAClassCacheForTheNext() throws Exception {
        assertPrintsVersion(Map.of(), launcher);
        Path staged = stagedBuild();
        assertFalse(Files.exists(staged.resolve("classes.record")));
        // What the app does when a guest has run for a while.
        Files.createFile(staged.resolve("first"));
        assertPrintsVersion(Map.of(), launcher);
        assertTrue(Files.size(staged.resolve("classes.record")) > 0);
        Files.createFile(staged.resolve("classes.recorded"));
        assertPrintsVersion(Map.of(), launcher);
        while (!Files.exists(staged.resolve("classes.aot"))) {
            assertFalse(Files.exists(staged.resolve("classes.record.refused")));
            Thread.sleep(100);
        }
        assertPrintsVersion(Map.of(), launcher);
    }

    @Test
    void start_afterAnotherBuild_runsThatAndDropsTheOldCopy() throws Exception {
        assertPrintsVersion(Map.of(), launcher);
        Path before = stagedBuild();
        Files.writeString(checkout.resolve("app/target/build.stamp"), "another build\n".replace(' ', '-'));
        assertPrintsVersion(Map.of(), launcher);
        assertFalse(Files.exists(before));
        assertEquals("another-build", stagedBuild().getFileName().toString());
    }

    @Test
    void start_withNewerSourcesButNoMaven_saysSoInOneLine() throws Exception {
        Path sources = Files.createDirectories(checkout.resolve("engine/src/main"));
        Files.createFile(sources.resolve("New.java"));
        Path stamp = checkout.resolve("app/target/build.stamp");
        Files.setLastModifiedTime(stamp, FileTime.fromMillis(0));
        Map<String, String> environment =
                Map.of("WATTLE_BUILD", "auto", "PATH", toolsOnly().toString());
        try (WattleProcess wattle = WattleProcess.start(environment, directory, launcher, "--version")) {
            assertEquals(1, wattle.status());
            assertEquals(
                    "wattle: Maven (mvn) is needed to build and is not on the PATH; install it\n", wattle.errors());
        }
    }

    /** A folder with the tools that the launcher uses, and no Maven. */
    private Path toolsOnly() throws IOException {
        Path tools = Files.createDirectory(directory.resolve("tools"));
        for (String tool : "sh dirname readlink find head sed cp mv mkdir rm nice flock mktemp".split(" ")) {
            Path original = Path.of("/usr/bin", tool);
            if (Files.exists(original)) {
                executable(tools.resolve(tool), "exec %s \"$@\"".formatted(original));
            }
        }
        return tools;
    }

    private static void executable(Path file, String command) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + command + "\n");
        assertTrue(file.toFile().setExecutable(true));
    }

    private Path stagedBuild() throws IOException {
        try (Stream<Path> builds = Files.list(checkout.resolve("app/target/launch"))) {
            return builds.findFirst().orElseThrow();
        }
    }

    private void assertPrintsVersion(Map<String, String> environment, Path program) throws Exception {
        try (WattleProcess wattle = WattleProcess.start(environment, directory, program, "--version")) {
            int status = wattle.status();
            assertEquals("", wattle.errors());
            assertTrue(
                    wattle.transcript().all().startsWith("wattle "),
                    wattle.transcript().all());
            assertEquals(0, status);
        }
    }
}
