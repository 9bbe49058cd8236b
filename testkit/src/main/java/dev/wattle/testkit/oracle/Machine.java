// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import java.util.List;

/** Something that executes test cases. */
interface Machine {
    /**
     * Starts a batch. No other batch may be under way.
     *
     * @param cases at most {@link TestCase#BATCH}, all of one byte order, with code at addresses that do not overlap
     */
    void submit(List<TestCase> cases);

    /** Waits for the batch and writes its outcomes, one for each case. */
    void collect(Outcome[] outcomes);
}
