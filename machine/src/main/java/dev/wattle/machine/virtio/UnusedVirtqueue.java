// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.virtio;

import java.util.Optional;

/** A queue that the driver has not set up. */
final class UnusedVirtqueue implements Virtqueue {
    @Override
    public Optional<DescriptorChain> take() {
        return Optional.empty();
    }

    @Override
    public void give(DescriptorChain chain, long written) {
        throw new IllegalStateException("a queue without requests");
    }

    @Override
    public boolean wantsInterrupt() {
        return false;
    }

    @Override
    public void disableNotifications() {
        // Nobody notifies.
    }

    @Override
    public boolean enableNotifications() {
        return false;
    }
}
