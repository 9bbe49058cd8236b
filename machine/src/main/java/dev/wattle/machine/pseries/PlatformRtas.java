// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.machine.MachineOutcome;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** RTAS functions of the platform as a whole: console, power, system parameters, errors. */
final class PlatformRtas {
    private static final int SPLPAR_CHARACTERISTICS = 20;
    private static final int DIAGNOSTICS_RUN_MODE = 42;
    private static final int PARTITION_UUID = 48;
    /** Diagnostics run mode: disabled. */
    private static final byte[] DIAGNOSTICS_DISABLED = {0};

    private static final int LIVE_DOMAIN = -1;
    private static final int FULL_POWER = 100;
    private static final int MESSAGE_LIMIT = 1024;

    private final Terminal terminal;
    private final MachineControl control;
    private final PlatformEvents events;
    private final String splparCharacteristics;
    private final byte[] uuid;

    PlatformRtas(
            Terminal terminal,
            MachineControl control,
            PlatformEvents events,
            int processors,
            int possibleProcessors,
            long memoryBytes,
            UUID uuid) {
        this.terminal = terminal;
        this.control = control;
        this.events = events;
        splparCharacteristics = "MaxEntCap=" + possibleProcessors + ",DesMem=" + (memoryBytes >> 20) + ",DesProcs="
                + processors + ",MaxPlatProcs=" + possibleProcessors;
        this.uuid = ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(uuid.getMostSignificantBits())
                .putLong(uuid.getLeastSignificantBits())
                .array();
    }

    void define(Rtas rtas, TimeOfDay clock) {
        rtas.define("display-character", 0x2000, 1, 1, this::displayCharacter)
                .define("get-time-of-day", 0x2001, 0, 8, clock::get)
                .define("set-time-of-day", 0x2002, 7, 1, clock::set)
                .define("power-off", 0x2003, 2, 1, this::powerOff)
                .define("system-reboot", 0x2004, 0, 1, this::reboot)
                .define("ibm,get-system-parameter", 0x2008, 3, 1, this::getSystemParameter)
                .define("ibm,set-system-parameter", 0x2009, 2, 1, this::setSystemParameter)
                .define("check-exception", 0x200e, 6, 1, events::checkException)
                .define("event-scan", 0x200f, 4, 1, events::eventScan)
                .define("quiesce", 0x2011, 0, 0, call -> RtasStatus.SUCCESS)
                .define("set-power-level", 0x201b, 2, 2, PlatformRtas::setPowerLevel)
                .define("get-power-level", 0x201c, 1, 2, PlatformRtas::getPowerLevel)
                .define("ibm,os-term", 0x201f, 1, 1, this::osTerm);
    }

    private int displayCharacter(RtasCall call) {
        terminal.write(new byte[] {(byte) call.argument(0)}, 0, 1);
        return RtasStatus.SUCCESS;
    }

    private int powerOff(RtasCall call) {
        control.finish(MachineOutcome.Kind.POWERED_OFF, "the guest switched its power off");
        return RtasStatus.SUCCESS;
    }

    private int reboot(RtasCall call) {
        control.finish(MachineOutcome.Kind.REBOOT, "the guest asked for a reboot");
        return RtasStatus.SUCCESS;
    }

    /** Arguments: parameter, real address and length of a buffer that gets a 16-bit length and the value. */
    private int getSystemParameter(RtasCall call) {
        byte[] value;
        switch (call.argument(0)) {
            case SPLPAR_CHARACTERISTICS -> value = (splparCharacteristics + '\0').getBytes(StandardCharsets.US_ASCII);
            case DIAGNOSTICS_RUN_MODE -> value = DIAGNOSTICS_DISABLED;
            case PARTITION_UUID -> value = uuid;
            default -> {
                return RtasStatus.NOT_SUPPORTED;
            }
        }
        long buffer = call.address(1);
        long length = call.address(2);
        GuestMemory memory = call.memory();
        if (length < Short.BYTES || !memory.contains(buffer, length)) {
            return RtasStatus.SYSPARM_PARAMETER_ERROR;
        }
        memory.putShort(buffer, (short) value.length);
        memory.write(buffer + Short.BYTES, value, 0, (int) Math.min(value.length, length - Short.BYTES));
        return RtasStatus.SUCCESS;
    }

    private int setSystemParameter(RtasCall call) {
        return switch (call.argument(0)) {
            case SPLPAR_CHARACTERISTICS, DIAGNOSTICS_RUN_MODE, PARTITION_UUID -> RtasStatus.NOT_AUTHORIZED;
            default -> RtasStatus.NOT_SUPPORTED;
        };
    }

    /** Arguments: power domain, level; result: level. Only the domain of devices that are always on is there. */
    private static int setPowerLevel(RtasCall call) {
        if (call.argument(0) != LIVE_DOMAIN) {
            return RtasStatus.NOT_SUPPORTED;
        }
        call.result(1, call.argument(1));
        return RtasStatus.SUCCESS;
    }

    /** Argument: power domain; result: level. */
    private static int getPowerLevel(RtasCall call) {
        if (call.argument(0) != LIVE_DOMAIN) {
            return RtasStatus.NOT_SUPPORTED;
        }
        call.result(1, FULL_POWER);
        return RtasStatus.SUCCESS;
    }

    /** Argument: real address of a NUL-terminated message. */
    private int osTerm(RtasCall call) {
        StringBuilder message = new StringBuilder();
        long address = call.address(0);
        while (message.length() < MESSAGE_LIMIT && call.memory().contains(address, 1)) {
            char c = (char) (call.memory().getByte(address++) & 0xff);
            if (c == 0) {
                break;
            }
            message.append(c < ' ' || c == 0x7f ? ' ' : c);
        }
        control.finish(MachineOutcome.Kind.GUEST_PANIC, message.toString().strip());
        return RtasStatus.SUCCESS;
    }
}
