// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

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
}
