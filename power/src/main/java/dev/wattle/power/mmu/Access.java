// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.mmu;

/** Why an address is translated. */
public enum Access {
    LOAD,
    STORE,
    FETCH
}
