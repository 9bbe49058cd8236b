// SPDX-License-Identifier: Apache-2.0
package dev.wattle.guests;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.wattle.app.guest.DebianGuests;
import dev.wattle.app.guest.GuestImage;
import dev.wattle.app.guest.GuestUnavailableException;
import dev.wattle.app.guest.Progress;

/** The guest that these tests boot. */
final class Demo {
    private Demo() {}

    /** Debian's kernel and the demo's initramfs. A machine that cannot fetch them skips the test, unless it is CI. */
    static GuestImage image() {
        try {
            return new DebianGuests(DebianGuests.defaultCache(System.getenv()), Progress.SILENT).demo();
        } catch (GuestUnavailableException e) {
            return unavailable(String.valueOf(e.getMessage()));
        }
    }

    /** Skips the test, or lets it fail in CI. */
    static <T> T unavailable(String reason) {
        return "true".equals(System.getenv("CI")) ? fail(reason) : abort(reason);
    }
}
