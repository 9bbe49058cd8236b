// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.irq;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.hypervisor.io.IoBus;
import dev.wattle.hypervisor.papr.xics.IrqLine;
import dev.wattle.hypervisor.papr.xics.Xics;
import dev.wattle.hypervisor.papr.xive.Xive;
import dev.wattle.hypervisor.papr.xive.XiveDevice;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PartitionInterruptsTest {
    private static final int MSI = 0x1300;
    private static final int LSI = 0x1200;

    private final GuestMemory memory = GuestMemory.allocate(1 << 20);
    private final IoBus bus = new IoBus();
    private final Xive xive = new Xive(1, 0x2000, memory, true);
    private final PartitionInterrupts interrupts =
            new PartitionInterrupts(new Xics(1, 0x1000, 0x1000), Optional.of(xive), bus);
    private boolean line;

    @BeforeEach
    void connect() {
        interrupts.connect(0, asserted -> line = asserted);
    }

    @AfterEach
    void close() {
        memory.close();
    }

    private void openXive(int source) {
        xive.setQueue(0, 6, true, 0x1_0000, 12);
        xive.setSource(source, false, 0, 6, 9);
        xive.accessEsb(source, 0xc00, false);
        xive.accessEsb(source, 0, false);
        long state = new XiveDevice(xive).virtualProcessor(0);
        new XiveDevice(xive).setVirtualProcessor(0, state | 0xffL << 48);
    }

    @Test
    void Select_levelThatIsHeld_isThereAfterwards() {
        IrqLine level = interrupts.claimLevel(LSI);
        interrupts.xics().setCppr(0, 0xff);
        interrupts.xics().setDestination(LSI, 0, 5);
        level.set(true);
        assertTrue(line);
        interrupts.select(InterruptMode.XIVE);
        assertFalse(line, "nothing is directed anywhere yet");
        assertTrue(bus.claims(Xive.TIMA_BASE, 8));
        openXive(LSI);
        assertTrue(line);
        interrupts.select(InterruptMode.XICS);
        assertFalse(line);
        assertFalse(bus.claims(Xive.TIMA_BASE, 8));
        interrupts.xics().setCppr(0, 0xff);
        interrupts.xics().setDestination(LSI, 0, 5);
        assertTrue(line);
        level.set(false);
        assertEquals(0, xive.accessEsb(LSI, 0, false));
    }

    @Test
    void Message_goesToTheActiveControllerAlone() {
        IrqLine message = interrupts.claimMessage(MSI);
        interrupts.select(InterruptMode.XIVE);
        openXive(MSI);
        message.pulse();
        assertTrue(line);
        assertEquals(1, xive.queue(0, 6).written());
        assertEquals(1, xive.source(MSI).orElseThrow().counters().triggers());
        interrupts.select(InterruptMode.XICS);
        interrupts.xics().setCppr(0, 0xff);
        interrupts.xics().setDestination(MSI, 0, 5);
        assertFalse(line);
        message.pulse();
        assertTrue(line);
        assertEquals(1, xive.source(MSI).orElseThrow().counters().triggers());
    }

    @Test
    void IrqEvent_withResample_isAskedAtEachEndInEitherMode() {
        for (InterruptMode mode : InterruptMode.values()) {
            interrupts.select(mode);
            AtomicInteger asked = new AtomicInteger();
            try (IrqEvent event = new IrqEvents(interrupts).assignWithResample(LSI, asked::incrementAndGet)) {
                if (mode == InterruptMode.XIVE) {
                    openXive(LSI);
                    asked.set(0);
                } else {
                    interrupts.xics().setCppr(0, 0xff);
                    interrupts.xics().setDestination(LSI, 0, 5);
                }
                event.signal();
                assertTrue(line, mode.name());
                if (mode == InterruptMode.XIVE) {
                    assertEquals(0, xive.accessEsb(LSI, 0, false));
                } else {
                    interrupts.xics().endOfInterrupt(0, interrupts.xics().accept(0));
                    assertFalse(line);
                }
                assertEquals(1, asked.get(), mode.name());
            }
            assertFalse(interrupts.isSource(LSI));
        }
    }

    @Test
    void Select_withoutXive_isRefused() {
        PartitionInterrupts old = PartitionInterrupts.of(new Xics(1, 0x1000, 0x1000));
        assertFalse(old.offers(InterruptMode.XIVE));
        assertThrows(IllegalArgumentException.class, () -> old.select(InterruptMode.XIVE));
        assertEquals(InterruptMode.XICS, old.mode());
    }
}
