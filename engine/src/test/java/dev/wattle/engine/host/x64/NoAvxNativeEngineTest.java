// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.wattle.engine.host.CodeMemoryException;
import org.junit.jupiter.api.Test;

/** Host code for a processor, or an operating system, that has all but AVX. */
class NoAvxNativeEngineTest extends NativeEngineTest {
    @Override
    HostFeatures features() throws CodeMemoryException {
        return HostFeatures.host().without(HostFeatures.Feature.AVX);
    }

    /** All inherited tests say so; this one that what needs AVX is missing with it. */
    @Test
    void Features_withoutAvx_areWithoutFma() throws CodeMemoryException {
        assertFalse(features().fma()
                || features().avx2()
                || features().avx()
                || features().avx512vl());
    }
}
