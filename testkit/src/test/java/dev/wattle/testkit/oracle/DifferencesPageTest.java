// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The published list of QEMU's differences is the one that the comparison uses. */
class DifferencesPageTest {
    @Test
    void Page_inDocs_isMadeFromTheLists() throws IOException {
        Path page = Path.of(System.getProperty("wattle.docs", "../docs"), "qemu-differences.md");
        assertEquals(
                DifferencesPage.text(),
                Files.readString(page),
                "write it anew with: java -cp ... dev.wattle.testkit.oracle.DifferencesPage " + page);
    }
}
