// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** State of XICS in KVM's layout, and that it fits together. */
class XicsStateTest {
    private static final int MSI = 0x1100;
    private static final int LSI = 0x1200;

    private static Xics xics() {
        Xics xics = new Xics(2, 0x1000, 0x1000);
        xics.claimMessage(MSI);
        xics.claimMessage(MSI + 1);
        xics.claimLevel(LSI);
        return xics;
    }

    @Test
    void Layouts_areThoseOfKvm() {
        Xics xics = new Xics(2, 0x1000, 0x1000);
        IrqLine msi = xics.claimMessage(MSI);
        IrqLine lsi = xics.claimLevel(LSI);
        assertEquals(0xffL << 32 | 1L << 41, xics.sourceState(MSI));
        xics.setDestination(MSI, 1, 5);
        xics.setDestination(LSI, 0, 6);
        assertEquals(5L << 32 | 1, xics.sourceState(MSI));
        msi.pulse();
        assertEquals(5L << 32 | 1 | 1L << 42, xics.sourceState(MSI), "pending");
        xics.setCppr(1, 0xff);
        assertEquals(5L << 32 | 1 | 1L << 43, xics.sourceState(MSI), "presented");
        assertEquals(0xff00_1100_ff05_0000L, xics.presentation(1));
        lsi.set(true);
        xics.setCppr(0, 0xff);
        xics.accept(0);
        assertEquals(6L << 32 | 1L << 40 | 1L << 42 | 1L << 43, xics.sourceState(LSI));
        assertEquals(0x0600_0000_ffff_0000L, xics.presentation(0));
        xics.mask(MSI);
        assertEquals(5L << 32 | 1L << 41, xics.sourceState(MSI) & (0xffL << 32 | 1L << 41));
    }

    @Test
    void States_thatCannotBe_areRefused() {
        Xics xics = xics();
        assertThrows(IllegalArgumentException.class, () -> xics.sourceState(MSI + 2));
        assertThrows(IllegalArgumentException.class, () -> xics.setSourceState(MSI, 2));
        assertThrows(IllegalArgumentException.class, () -> xics.setSourceState(MSI, 1L << 40));
        assertThrows(IllegalArgumentException.class, () -> xics.setPresentation(0, 0xff00_1102_ff05_0000L));
        assertThrows(IllegalArgumentException.class, () -> xics.setPresentation(0, 0xff00_0000_ff05_0000L));
        assertThrows(IllegalArgumentException.class, () -> xics.setPresentation(0, 0x0500_1100_ff05_0000L));
        assertThrows(IllegalArgumentException.class, () -> xics.setPresentation(0, 0x0500_0002_ff05_0000L));
        assertEquals(List.of(), xics.violations());
    }

    /** Two controllers to which the same happens, of which the second takes over from the first one now and then. */
    @Test
    void Anything_savedAndRestoredOnTheWay_goesOnTheSame() {
        Random random = new Random(3);
        Xics first = xics();
        IrqLine[] lines = {line(first, MSI), line(first, MSI + 1), line(first, LSI)};
        for (int i = 0; i < 100_000; i++) {
            int server = random.nextInt(2);
            int source = new int[] {MSI, MSI + 1, LSI}[random.nextInt(3)];
            switch (random.nextInt(8)) {
                case 0 -> first.setDestination(source, server, random.nextInt(9) == 0 ? 0xff : random.nextInt(8));
                case 1 -> first.setCppr(server, random.nextBoolean() ? 0xff : random.nextInt(9));
                case 2 -> first.setMfrr(server, random.nextBoolean() ? 0xff : random.nextInt(9));
                case 3 -> first.accept(server);
                case 4 -> first.endOfInterrupt(server, 0xff << 24 | source);
                case 5 -> lines[2].set(random.nextBoolean());
                case 6 -> lines[random.nextInt(2)].pulse();
                default -> {
                    if (random.nextBoolean()) {
                        first.mask(source);
                    } else {
                        first.unmask(source);
                    }
                }
            }
            assertEquals(List.of(), first.violations());
            if (i % 100 == 0) {
                Xics second = new Xics(2, 0x1000, 0x1000);
                lines = new IrqLine[] {second.claimMessage(MSI), second.claimMessage(MSI + 1), second.claimLevel(LSI)};
                for (int number : first.sourceNumbers()) {
                    second.setSourceState(number, first.sourceState(number));
                }
                for (int s = 0; s < 2; s++) {
                    second.setPresentation(s, first.presentation(s));
                }
                assertEquals(List.of(), second.violations());
                for (int number : first.sourceNumbers()) {
                    assertEquals(first.sourceState(number), second.sourceState(number));
                }
                for (int s = 0; s < 2; s++) {
                    assertEquals(first.presentation(s), second.presentation(s));
                }
                first = second;
            }
        }
    }

    private static IrqLine line(Xics xics, int number) {
        xics.release(number);
        return number == LSI ? xics.claimLevel(number) : xics.claimMessage(number);
    }
}
