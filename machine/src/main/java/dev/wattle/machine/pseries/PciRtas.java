// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.machine.pci.Msix;
import dev.wattle.machine.pci.PciFunction;
import java.util.Optional;
import java.util.OptionalInt;

/** RTAS functions of PCI (LoPAR, "PCI Configuration Access" and "MSI Option"). */
final class PciRtas {
    private static final int ALL_ONES = -1;
    private static final int OFFSET = 0xff;
    /** Bits 8 to 11 of an offset in extended configuration space are the topmost of a configuration address. */
    private static final int EXTENDED_SHIFT = 20;

    private static final int EXTENDED_OFFSET = 0xf00;

    /** ibm,change-msi: whatever kind of message the function has. */
    private static final int CHANGE_ANY = 1;

    private static final int CHANGE_MSIX = 4;
    /** ibm,change-msi: the interrupts are of MSI-X. */
    private static final int TYPE_MSIX = 2;

    private static final int TRIGGER_EDGE = 1;

    private final PciHostBridge bridge;

    PciRtas(PciHostBridge bridge) {
        this.bridge = bridge;
    }

    void define(Rtas rtas) {
        // Without a bridge's identifier an address names no function of this machine.
        rtas.define("read-pci-config", 0x2014, 2, 2, call -> failedRead(call, RtasStatus.HARDWARE_ERROR))
                .define("write-pci-config", 0x2015, 3, 1, call -> RtasStatus.HARDWARE_ERROR)
                .define("ibm,read-pci-config", 0x2016, 4, 2, this::readConfig)
                .define("ibm,write-pci-config", 0x2017, 5, 1, this::writeConfig)
                .define("ibm,query-interrupt-source-number", 0x2018, 4, 3, this::queryInterruptSource)
                .define("ibm,change-msi", 0x2019, 6, 3, this::changeMsi);
    }

    /** Cell 0 of the arguments is the configuration address, cells 1 and 2 are the bridge. */
    private Optional<PciHostBridge.Slot> slot(RtasCall call) {
        long buid = call.address(1) << Integer.SIZE | call.address(2);
        return buid == PciHostBridge.BUID ? bridge.function(call.argument(0)) : Optional.empty();
    }

    private static int offset(RtasCall call) {
        int address = call.argument(0);
        return address >>> EXTENDED_SHIFT & EXTENDED_OFFSET | address & OFFSET;
    }

    private static boolean isRegister(PciFunction function, int offset, int size) {
        return (size == 1 || size == 2 || size == 4)
                && (offset & size - 1) == 0
                && offset <= function.configBytes() - size;
    }

    private static int failedRead(RtasCall call, int status) {
        call.result(1, ALL_ONES);
        return status;
    }

    /** Arguments: configuration address, bridge (2), size; result: value. */
    private int readConfig(RtasCall call) {
        Optional<PciHostBridge.Slot> slot = slot(call);
        int size = call.argument(3);
        if (slot.isEmpty() || !isRegister(slot.get().function(), offset(call), size)) {
            return failedRead(call, RtasStatus.HARDWARE_ERROR);
        }
        call.result(1, slot.get().function().readConfig(offset(call), size));
        return RtasStatus.SUCCESS;
    }

    /** Arguments: configuration address, bridge (2), size, value. */
    private int writeConfig(RtasCall call) {
        Optional<PciHostBridge.Slot> slot = slot(call);
        int size = call.argument(3);
        if (slot.isEmpty() || !isRegister(slot.get().function(), offset(call), size)) {
            return RtasStatus.HARDWARE_ERROR;
        }
        slot.get().function().writeConfig(offset(call), size, call.argument(4));
        return RtasStatus.SUCCESS;
    }

    /** Arguments: configuration address, bridge (2), index of the message; results: source, how it triggers. */
    private int queryInterruptSource(RtasCall call) {
        Optional<PciHostBridge.Slot> slot = slot(call);
        if (slot.isEmpty()) {
            return RtasStatus.PARAMETER_ERROR;
        }
        OptionalInt source = slot.get().messageSource(call.argument(3));
        if (source.isEmpty()) {
            return RtasStatus.HARDWARE_ERROR;
        }
        call.result(1, source.getAsInt());
        call.result(2, TRIGGER_EDGE);
        return RtasStatus.SUCCESS;
    }

    /**
     * Arguments: configuration address, bridge (2), function, how many messages, sequence number; results: how many there
     * are, or could be, sequence number, kind of messages.
     */
    private int changeMsi(RtasCall call) {
        Optional<PciHostBridge.Slot> slot = slot(call);
        int function = call.argument(3);
        int wanted = call.argument(4);
        if (slot.isEmpty() || (function != CHANGE_ANY && function != CHANGE_MSIX)) {
            return RtasStatus.PARAMETER_ERROR;
        }
        Optional<Msix> msix = slot.get().function().msix();
        if (msix.isEmpty() || wanted < 0 || (wanted == 0 && !slot.get().hasMessages())) {
            return RtasStatus.HARDWARE_ERROR;
        }
        int number = Math.min(wanted, msix.get().vectors());
        if (number == wanted && slot.get().changeMessages(msix.get(), number).isEmpty()) {
            return RtasStatus.HARDWARE_ERROR;
        }
        call.result(1, number);
        call.result(2, call.argument(5) + 1);
        call.resultIfAsked(3, TYPE_MSIX);
        return RtasStatus.SUCCESS;
    }
}
