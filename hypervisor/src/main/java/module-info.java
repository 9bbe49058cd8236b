// SPDX-License-Identifier: Apache-2.0

/** The KVM-shaped API: virtual machines, vCPUs, exits, and the hypercalls answered without leaving it. */
module dev.wattle.hypervisor {
    requires transitive dev.wattle.power;
    requires jdk.jfr;

    exports dev.wattle.hypervisor;
    exports dev.wattle.hypervisor.io;
    exports dev.wattle.hypervisor.irq;
    exports dev.wattle.hypervisor.papr.area;
    exports dev.wattle.hypervisor.papr.hcall;
    exports dev.wattle.hypervisor.papr.tce;
    exports dev.wattle.hypervisor.papr.hash;
    exports dev.wattle.hypervisor.papr.xics;
    exports dev.wattle.hypervisor.papr.xive;
}
