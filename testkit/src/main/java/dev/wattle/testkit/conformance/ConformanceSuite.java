// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.conformance;

import java.util.List;
import java.util.stream.Stream;

/** All checks of the hypervisor's API. */
public final class ConformanceSuite {
    private ConformanceSuite() {}

    /** The checks; each makes its own VMs. */
    public static List<Check> checks() {
        return Stream.of(
                        MemorySlotChecks.all(),
                        MmioChecks.all(),
                        DebugChecks.all(),
                        IoEventChecks.all(),
                        RegisterChecks.all(),
                        PartitionChecks.all(),
                        VmChecks.all(),
                        SharedMemoryChecks.all())
                .flatMap(List::stream)
                .toList();
    }
}
