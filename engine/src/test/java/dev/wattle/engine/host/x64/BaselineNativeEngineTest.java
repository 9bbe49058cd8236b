// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Set;
import org.junit.jupiter.api.Test;

/** Host code for a processor without any extension, and no guest registers in host registers. */
class BaselineNativeEngineTest extends NativeEngineTest {
    @Override
    HostFeatures features() {
        return HostFeatures.BASELINE;
    }

    @Override
    protected int[] hotSlots() {
        return new int[0];
    }

    /** All inherited tests say so; this one that it is they who run without. */
    @Test
    void Features_withoutAny_areEnough() {
        assertEquals(Set.of(), features().all());
    }
}
