// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine;

/** What has become of a core that was added or was to be removed. */
public enum HotPlugAnswer {
    /** The guest has taken it, or given it back. */
    DONE,
    /** The guest does not take it, or keeps it: all is as it was. */
    REFUSED,
    /** The run has ended before the guest has answered. */
    ENDED
}
