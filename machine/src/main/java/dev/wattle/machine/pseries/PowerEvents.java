// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.hypervisor.papr.xics.IrqLine;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.function.Supplier;

/**
 * The power button: an environmental and power warning (EPOW) that the guest fetches by {@code check-exception} after
 * its interrupt (PAPR, "Environmental and Power Warnings Option" and "RTAS Event Return Format", version 6).
 */
final class PowerEvents {
    /** Event mask bit of EPOW in check-exception and event-scan. */
    private static final int MASK_EPOW = 0x4000_0000;

    /** Version 6, severity event, disposition not recovered, extended log present, type EPOW. */
    private static final int SUMMARY = 6 << 24 | 1 << 21 | 2 << 19 | 1 << 18 | 0x40;

    /** Log valid, new, big-endian. */
    private static final byte LOG_FLAGS = (byte) 0x83;
    /** PowerPC format, platform event log. */
    private static final byte LOG_FORMAT = (byte) 0x8e;

    private static final byte ACTION_SYSTEM_SHUTDOWN = 3;
    private static final byte MODIFIER_NORMAL_SHUTDOWN = 1;
    private static final byte SUBSYSTEM_EXTERNAL_ENVIRONMENT = (byte) 0xa0;
    private static final byte SEVERITY_INFORMATIONAL = 0;

    private static final int HEADER_BYTES = 16;
    private static final int MAIN_A_BYTES = 48;
    private static final int MAIN_B_BYTES = 24;
    private static final int EPOW_BYTES = 20;
    private static final int SECTIONS = 3;
    private static final int EXTENDED_BYTES = HEADER_BYTES + MAIN_A_BYTES + MAIN_B_BYTES + EPOW_BYTES;

    private final IrqLine interrupt;
    private final Supplier<Instant> clock;
    private boolean shutdownRequested;

    PowerEvents(IrqLine interrupt, Supplier<Instant> clock) {
        this.interrupt = interrupt;
        this.clock = clock;
    }

    /** Asks the guest to shut down. */
    void requestShutdown() {
        synchronized (this) {
            shutdownRequested = true;
        }
        interrupt.pulse();
    }

    /** Arguments: vector offset, additional information, event mask, critical, buffer and its length. */
    int checkException(RtasCall call) {
        long buffer = call.address(4);
        long length = call.address(5);
        synchronized (this) {
            if (!shutdownRequested || (call.argument(2) & MASK_EPOW) == 0) {
                return RtasStatus.NO_EVENT;
            }
            byte[] log = shutdownLog();
            if (length > 0 && !call.memory().contains(buffer, length)) {
                return RtasStatus.PARAMETER_ERROR;
            }
            shutdownRequested = false;
            call.memory().write(buffer, log, 0, (int) Math.min(length, log.length));
            return RtasStatus.SUCCESS;
        }
    }

    private byte[] shutdownLog() {
        LocalDateTime now = LocalDateTime.ofInstant(clock.get(), ZoneOffset.UTC);
        ByteBuffer log = ByteBuffer.allocate(2 * Integer.BYTES + EXTENDED_BYTES);
        log.putInt(SUMMARY).putInt(EXTENDED_BYTES);
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
        log.put(SUBSYSTEM_EXTERNAL_ENVIRONMENT)
                .put((byte) 0)
                .put(SEVERITY_INFORMATIONAL)
                .put((byte) 0);
        log.putInt(0).putLong(0);
        section(log, "EP", EPOW_BYTES);
        log.put(ACTION_SYSTEM_SHUTDOWN)
                .put(MODIFIER_NORMAL_SHUTDOWN)
                .putShort((short) 0)
                .putLong(0);
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
