// SPDX-License-Identifier: Apache-2.0

/** Tools to test the meaning of instructions: the differential tester and its golden vectors. */
module dev.wattle.testkit {
    requires transitive dev.wattle.power;

    exports dev.wattle.testkit.oracle;
}
