// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/**
 * Logs of platform events as the guest gets them: a summary, and an extended log with the sections Main-A, Main-B and that of
 * the event (PAPR, "RTAS Event Return Format", version 6). All numbers are big-endian.
 */
final class EventLog {
    /** Version 6, severity event, disposition not recovered, extended log present. */
    private static final int SUMMARY = 6 << 24 | 1 << 21 | 2 << 19 | 1 << 18;

    private static final int TYPE_EPOW = 0x40;
    /** Initiator and type of hot-plug. */
    private static final int TYPE_HOT_PLUG = 0x6000 | 0xe5;

    /** Log valid, new, big-endian. */
    private static final byte LOG_FLAGS = (byte) 0x83;
    /** PowerPC format, platform event log. */
    private static final byte LOG_FORMAT = (byte) 0x8e;

    private static final byte ACTION_SYSTEM_SHUTDOWN = 3;
    private static final byte MODIFIER_NORMAL_SHUTDOWN = 1;
    private static final byte SUBSYSTEM_EXTERNAL_ENVIRONMENT = (byte) 0xa0;
    private static final byte SUBSYSTEM_PLATFORM_FIRMWARE = (byte) 0x80;
    private static final byte SEVERITY_INFORMATIONAL = 0;

    private static final byte RESOURCE_CPU = 1;
    private static final byte ACTION_ADD = 1;
    private static final byte ACTION_REMOVE = 2;
    private static final byte IDENTIFIER_INDEX = 2;

    private static final int HEADER_BYTES = 16;
    private static final int SECTION_HEADER_BYTES = 8;
    private static final int MAIN_A_BYTES = 48;
    private static final int MAIN_B_BYTES = 24;
    private static final int SECTIONS = 3;

    private EventLog() {}

    /** An environmental and power warning (EPOW) that asks for a normal shutdown. */
    static byte[] shutdown(Instant now) {
        byte[] warning = ByteBuffer.allocate(12)
                .put(ACTION_SYSTEM_SHUTDOWN)
                .put(MODIFIER_NORMAL_SHUTDOWN)
                .array();
        return log(now, TYPE_EPOW, SUBSYSTEM_EXTERNAL_ENVIRONMENT, "EP", warning);
    }

    /**
     * The request to add or remove a core.
     *
     * @param connector index of its connector
     */
    static byte[] hotPlug(Instant now, boolean isAdded, int connector) {
        byte[] request = ByteBuffer.allocate(12)
                .put(RESOURCE_CPU)
                .put(isAdded ? ACTION_ADD : ACTION_REMOVE)
                .put(IDENTIFIER_INDEX)
                .put((byte) 0)
                .putInt(connector)
                .array();
        return log(now, TYPE_HOT_PLUG, SUBSYSTEM_PLATFORM_FIRMWARE, "HP", request);
    }

    private static byte[] log(Instant instant, int type, byte subsystem, String section, byte[] data) {
        LocalDateTime now = LocalDateTime.ofInstant(instant, ZoneOffset.UTC);
        int extendedBytes = HEADER_BYTES + MAIN_A_BYTES + MAIN_B_BYTES + SECTION_HEADER_BYTES + data.length;
        ByteBuffer log = ByteBuffer.allocate(2 * Integer.BYTES + extendedBytes);
        log.putInt(SUMMARY | type).putInt(extendedBytes);
        log.put(LOG_FLAGS).put((byte) 0).put(LOG_FORMAT).put((byte) 0).putLong(0);
        log.put("IBM\0".getBytes(StandardCharsets.US_ASCII));
        section(log, "PH", MAIN_A_BYTES);
        log.putInt(bcd(now.getYear() / 100) << 24
                | bcd(now.getYear() % 100) << 16
                | bcd(now.getMonthValue()) << 8
                | bcd(now.getDayOfMonth()));
        log.putInt(bcd(now.getHour()) << 24 | bcd(now.getMinute()) << 16 | bcd(now.getSecond()) << 8);
        // The creator is the hypervisor ("H"); the platform's own words and the log identifier stay 0.
        log.putLong(0).put((byte) 'H').putShort((short) 0).put((byte) SECTIONS).putInt(0);
        log.putLong(0).putLong(0);
        section(log, "UH", MAIN_B_BYTES);
        log.put(subsystem).put((byte) 0).put(SEVERITY_INFORMATIONAL).put((byte) 0);
        log.putInt(0).putLong(0);
        section(log, section, SECTION_HEADER_BYTES + data.length);
        log.put(data);
        assert !log.hasRemaining();
        return log.array();
    }

    private static void section(ByteBuffer log, String id, int bytes) {
        log.put(id.getBytes(StandardCharsets.US_ASCII));
        log.putShort((short) bytes);
        log.put((byte) 1).put((byte) 0).putShort((short) 0);
    }

    private static int bcd(int value) {
        return value / 10 << 4 | value % 10;
    }
}
