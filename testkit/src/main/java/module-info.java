// SPDX-License-Identifier: Apache-2.0

/** Tools to test the meaning of instructions and the engines: the differential tester, its golden vectors, the lockstep tester; and the conformance suite of the hypervisor's API. */
module dev.wattle.testkit {
    requires transitive dev.wattle.hypervisor;

    exports dev.wattle.testkit.conformance;
    exports dev.wattle.testkit.litmus;
    exports dev.wattle.testkit.lockstep;
    exports dev.wattle.testkit.oracle;
}
