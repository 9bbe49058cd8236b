// SPDX-License-Identifier: Apache-2.0

/** Devices and the pseries machine built of them. */
module dev.wattle.machine {
    requires transitive dev.wattle.hypervisor;

    exports dev.wattle.machine;
    exports dev.wattle.machine.block;
    exports dev.wattle.machine.firmware;
    exports dev.wattle.machine.pci;
    exports dev.wattle.machine.pseries;
    exports dev.wattle.machine.virtio;
}
