// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class XicsTest {
    private static final int MSI = 0x1100;
    private static final int LSI = 0x1200;

    private final Xics xics = new Xics(2, 0x1000, 0x1000);
    private final IrqLine msi = xics.claimMessage(MSI);
    private final IrqLine lsi = xics.claimLevel(LSI);
    private final boolean[] lines = new boolean[2];

    @BeforeEach
    void connect() {
        xics.connect(0, asserted -> lines[0] = asserted);
        xics.connect(1, asserted -> lines[1] = asserted);
        xics.setCppr(0, 0xff);
        xics.setCppr(1, 0xff);
    }

    @Test
    void Message_toOpenServer_isPresentedOnceAndAccepted() {
        xics.setDestination(MSI, 0, 5);
        msi.pulse();
        assertTrue(lines[0]);
        assertEquals(0xff << 24 | MSI, xics.accept(0));
        assertFalse(lines[0]);
        assertEquals(5 << 24, xics.xirr(0));
        xics.endOfInterrupt(0, 0xff << 24 | MSI);
        assertFalse(lines[0]);
        assertEquals(0xff << 24, xics.accept(0));
    }

    @Test
    void Message_whileInService_isPresentedAfterEoi() {
        xics.setDestination(MSI, 0, 5);
        msi.pulse();
        xics.accept(0);
        msi.pulse();
        msi.pulse();
        assertFalse(lines[0]);
        xics.endOfInterrupt(0, 0xff << 24 | MSI);
        assertEquals(0xff << 24 | MSI, xics.accept(0));
        xics.endOfInterrupt(0, 0xff << 24 | MSI);
        assertFalse(lines[0]);
    }

    @Test
    void Message_whileMasked_isPresentedAfterUnmask() {
        msi.pulse();
        assertFalse(lines[0]);
        xics.setDestination(MSI, 0, 5);
        assertTrue(lines[0]);
    }

    @Test
    void Level_stillAssertedAtEoi_isPresentedAgain() {
        xics.setDestination(LSI, 1, 4);
        lsi.set(true);
        assertTrue(lines[1]);
        assertEquals(0xff << 24 | LSI, xics.accept(1));
        assertFalse(lines[1]);
        xics.endOfInterrupt(1, 0xff << 24 | LSI);
        assertTrue(lines[1]);
        xics.accept(1);
        lsi.set(false);
        xics.endOfInterrupt(1, 0xff << 24 | LSI);
        assertFalse(lines[1]);
    }

    @Test
    void Priority_moreFavoured_displacesPresentedWithoutLosingIt() {
        xics.setDestination(MSI, 0, 6);
        xics.setDestination(LSI, 0, 3);
        msi.pulse();
        lsi.set(true);
        assertEquals(0xff << 24 | LSI, xics.accept(0));
        lsi.set(false);
        xics.endOfInterrupt(0, 0xff << 24 | LSI);
        assertEquals(0xff << 24 | MSI, xics.accept(0));
    }

    @Test
    void Cppr_raisedAbovePresented_withdrawsItUntilLowered() {
        xics.setDestination(MSI, 0, 5);
        msi.pulse();
        xics.setCppr(0, 5);
        assertFalse(lines[0]);
        assertEquals(5 << 24, xics.accept(0));
        xics.setCppr(0, 6);
        assertTrue(lines[0]);
        assertEquals(6 << 24 | MSI, xics.accept(0));
    }

    @Test
    void Ipi_mfrrMoreFavouredThanCppr_isPresentedUntilMfrrIsReset() {
        xics.setMfrr(1, 4);
        assertTrue(lines[1]);
        assertEquals(0xff << 24 | Xics.IPI, xics.accept(1));
        xics.setMfrr(1, 0xff);
        xics.endOfInterrupt(1, 0xff << 24 | Xics.IPI);
        assertFalse(lines[1]);
        assertEquals(0xff, xics.mfrr(1));
    }

    @Test
    void Mask_presentedSource_keepsItsPriorityForUnmask() {
        xics.setDestination(MSI, 0, 5);
        assertTrue(xics.mask(MSI));
        assertEquals(new Xics.Destination(0, 0xff), xics.destination(MSI));
        assertTrue(xics.mask(MSI));
        assertTrue(xics.unmask(MSI));
        assertEquals(new Xics.Destination(0, 5), xics.destination(MSI));
    }

    @Test
    void Redirect_presentedSource_isNotPresentedTwice() {
        xics.setDestination(MSI, 0, 5);
        msi.pulse();
        xics.setDestination(MSI, 1, 5);
        assertTrue(lines[0]);
        assertFalse(lines[1]);
        xics.setCppr(0, 0);
        assertFalse(lines[0]);
        assertTrue(lines[1]);
    }

    @Test
    void Source_unknown_isRefused() {
        assertFalse(xics.setDestination(0x1fff, 0, 5));
        assertFalse(xics.setDestination(MSI, 2, 5));
        assertFalse(xics.setDestination(MSI, 0, 256));
        assertFalse(xics.mask(3));
        assertFalse(xics.unmask(-1));
        assertFalse(xics.isSource(0));
        assertThrows(IllegalArgumentException.class, () -> xics.destination(0x1fff));
        assertThrows(IllegalArgumentException.class, () -> xics.claimLevel(MSI));
        assertThrows(IllegalArgumentException.class, () -> xics.claimMessage(0x2000));
        xics.endOfInterrupt(0, 0xff << 24 | 0xffffff);
    }

    @Test
    void Reset_pendingMessages_areForgottenButLevelsStay() {
        xics.setDestination(MSI, 0, 5);
        msi.pulse();
        lsi.set(true);
        xics.reset();
        assertFalse(lines[0]);
        xics.setCppr(0, 0xff);
        xics.setDestination(MSI, 0, 5);
        assertFalse(lines[0]);
        xics.setDestination(LSI, 0, 5);
        assertTrue(lines[0]);
    }

    /** Over random events: the line follows XISR, and no eligible inter-processor interrupt is left out. */
    @Test
    void Present_randomEvents_holdsInvariants() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int step = 0; step < 20_000; step++) {
            int server = random.nextInt(2);
            switch (random.nextInt(8)) {
                case 0 -> msi.pulse();
                case 1 -> lsi.set(random.nextBoolean());
                case 2 -> xics.setCppr(server, random.nextInt(256));
                case 3 -> xics.setMfrr(server, random.nextInt(256));
                case 4 -> xics.setDestination(random.nextBoolean() ? MSI : LSI, server, random.nextInt(256));
                case 5 -> xics.accept(server);
                case 6 -> xics.endOfInterrupt(server, random.nextInt(256) << 24 | (random.nextBoolean() ? MSI : LSI));
                default -> {
                    xics.mask(MSI);
                    xics.unmask(LSI);
                }
            }
            for (int i = 0; i < 2; i++) {
                String state = "seed " + seed + " step " + step + " server " + i;
                int xisr = xics.xirr(i) & 0xffffff;
                int cppr = xics.xirr(i) >>> 24;
                assertEquals(xisr != 0, lines[i], state);
                assertFalse(xisr == 0 && xics.mfrr(i) < cppr, state + ": IPI left out");
            }
        }
    }
}
