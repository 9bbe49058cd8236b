// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.hypervisor.io.IoDevice;
import dev.wattle.machine.virtio.MockBoard;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PciFunctionTest {
    private static final long HIGH = MockBoard.FIRST_64_BIT;

    private final MockBoard board = new MockBoard();
    private final Msix msix = new Msix(40, 1, 4096);
    private final PciFunction function = PciFunction.builder(0x1234, 0x5678)
            .classCode(0x02_0001, 3)
            .subsystem(0xaaaa, 0xbbbb)
            .bar(new Bar(0, Bar.Space.IO, 64, answering(0x10)))
            .bar(new Bar(2, Bar.Space.MEMORY_32, 0x10000, answering(0x32)))
            .bar(new Bar(4, Bar.Space.MEMORY_64_PREFETCHABLE, 1L << 32, answering(0x64)))
            .msix(msix)
            .interruptPin()
            .build();

    private static IoDevice answering(long value) {
        return new IoDevice() {
            @Override
            public long read(long offset, int size) {
                return value;
            }

            @Override
            public void write(long offset, int size, long data) {
                // It keeps nothing.
            }
        };
    }

    @AfterEach
    void close() {
        board.close();
    }

    @Test
    void identifiesItself() {
        assertEquals(0x5678_1234, function.readConfig(0, 4));
        assertEquals(0x02_0001_03, function.readConfig(8, 4));
        assertEquals(0xbbbb_aaaa, function.readConfig(0x2c, 4));
        assertEquals(0, function.readConfig(PciFunction.HEADER_TYPE, 1));
        assertEquals(1, function.interruptPin());
        function.writeConfig(0, 4, 0);
        function.writeConfig(PciFunction.INTERRUPT_LINE, 2, 0xffff);
        assertEquals(0x5678_1234, function.readConfig(0, 4));
        assertEquals(0x01ff, function.readConfig(PciFunction.INTERRUPT_LINE, 2));
        assertEquals(PciFunction.STATUS_CAPABILITIES, function.readConfig(PciFunction.STATUS, 2));
        assertEquals(Msix.ID, function.readConfig(function.readConfig(PciFunction.CAPABILITIES, 1), 2));
    }

    @Test
    void tellsTheSizesOfItsRegisters() {
        for (int register = 0x10; register < 0x28; register += 4) {
            function.writeConfig(register, 4, -1);
        }
        function.writeConfig(PciFunction.EXPANSION_ROM, 4, -1);
        assertEquals(0xffff_ffc1, function.readConfig(0x10, 4));
        assertEquals(0xffff_f000, function.readConfig(0x14, 4));
        assertEquals(0xffff_0000, function.readConfig(0x18, 4));
        assertEquals(0, function.readConfig(0x1c, 4));
        assertEquals(0xc, function.readConfig(0x20, 4));
        assertEquals(-1, function.readConfig(0x24, 4));
        assertEquals(0, function.readConfig(PciFunction.EXPANSION_ROM, 4));
    }

    @Test
    void answersNothingButAlignedAccesses() {
        assertEquals(0xffff, function.readConfig(1, 2));
        assertEquals(-1, function.readConfig(2, 4));
        assertEquals(0xff, function.readConfig(256, 1));
        assertEquals(-1, function.readConfig(-4, 4));
        function.writeConfig(0x3c + 1, 2, -1);
        function.writeConfig(4096, 4, -1);
        assertEquals(0x0100, function.readConfig(PciFunction.INTERRUPT_LINE, 2));
        PciFunction extended = PciFunction.builder(1, 2).extendedConfig().build();
        assertEquals(0, extended.readConfig(0xffc, 4));
    }

    @Test
    void decodesWhileItsCommandRegisterSaysSo() {
        board.plug(function);
        long io = MockBoard.IO_BASE + MockBoard.FIRST_IO;
        assertEquals(0x10, board.bus.read(io + 63, 1).orElseThrow());
        assertEquals(0x64, board.bus.read(HIGH + (1L << 32) - 8, 8).orElseThrow());
        function.writeConfig(PciFunction.COMMAND, 2, PciFunction.COMMAND_IO);
        assertTrue(board.bus.read(HIGH, 4).isEmpty());
        assertEquals(0x10, board.bus.read(io, 4).orElseThrow());
        function.writeConfig(PciFunction.COMMAND, 2, PciFunction.COMMAND_MEMORY);
        assertTrue(board.bus.read(io, 4).isEmpty());
        assertEquals(0x64, board.bus.read(HIGH, 4).orElseThrow());

        function.writeConfig(0x24, 4, (int) (HIGH >>> 32) + 1);
        assertTrue(board.bus.read(HIGH, 4).isEmpty());
        assertEquals(0x64, board.bus.read(HIGH + (1L << 32), 4).orElseThrow());
        function.reset();
        assertTrue(board.bus.read(HIGH + (1L << 32), 4).isEmpty());
        assertEquals(0xc, function.readConfig(0x20, 4));
    }

    @Test
    void answersWhereAnotherDidOnceThatIsGone() {
        board.plug(function);
        PciFunction other = PciFunction.builder(1, 2)
                .bar(new Bar(0, Bar.Space.MEMORY_64, 0x1000, answering(0x99)))
                .build();
        board.plug(other);
        assertEquals(0x64, board.bus.read(HIGH, 4).orElseThrow());
        function.writeConfig(PciFunction.COMMAND, 2, 0);
        assertEquals(0x99, board.bus.read(HIGH, 4).orElseThrow());
        function.writeConfig(PciFunction.COMMAND, 2, PciFunction.COMMAND_MEMORY);
        assertEquals(0x99, board.bus.read(HIGH, 4).orElseThrow());
        other.reset();
        assertEquals(0x64, board.bus.read(HIGH, 4).orElseThrow());
    }

    @Test
    void reachesMemoryAsABusMasterOnly() throws DmaException {
        board.plug(function);
        function.memory().store(0x100, 4, 0x11223344);
        assertEquals(0x44332211, board.memory.getInt(0x100));
        assertEquals(0x3344, function.memory().load(0x100, 2));
        assertThrows(DmaException.class, () -> function.memory().load(MockBoard.MEMORY_BYTES - 4, 8));
        assertThrows(DmaException.class, () -> function.memory().write(-1, new byte[4], 0, 4));
        function.writeConfig(PciFunction.COMMAND, 2, PciFunction.COMMAND_MEMORY);
        assertThrows(DmaException.class, () -> function.memory().load(0, 1));
        assertFalse(function.memory().contains(0, 1));
    }

    @Test
    void keepsMessagesPendingWhileTheyAreMasked() {
        board.plug(function);
        long table = MockBoard.FIRST_32_BIT + 0x10000;
        int control = function.capabilityOffset(Msix.ID) + 2;
        assertEquals(39, function.readConfig(control, 2));
        for (int vector : List.of(0, 39)) {
            board.bus.write(table + 16 * vector, 4, 0x1000);
            board.bus.write(table + 16 * vector + 8, 4, 100 + vector);
        }
        msix.signal(0);
        assertEquals(List.of(), board.messages);
        function.writeConfig(control, 2, 0x8000);
        msix.signal(39);
        msix.signal(39);
        msix.signal(40);
        msix.signal(-1);
        assertEquals(1L << 39, board.bus.read(table + 2048, 8).orElseThrow());
        board.bus.write(table + 16 * 39 + 12, 4, 0);
        assertEquals(List.of(139), board.messages);
        assertEquals(0, board.bus.read(table + 2048, 8).orElseThrow());

        function.writeConfig(control, 2, 0xc000);
        msix.signal(39);
        assertEquals(List.of(139), board.messages);
        function.writeConfig(control, 2, 0x8000);
        assertEquals(List.of(139, 139), board.messages);
        assertEquals(new Msix.Message(0x1000, 139), msix.message(39));
    }

    @Test
    void survivesWritesOfAllKinds() {
        function.attach(board);
        Random random = new Random(3);
        for (int i = 0; i < 20_000; i++) {
            int size = 1 << random.nextInt(3);
            int offset = random.nextInt(300) - 20;
            function.writeConfig(offset, size, random.nextInt(4) == 0 ? -1 : random.nextInt());
            function.readConfig(offset, size);
            board.bus.read(random.nextLong() >>> random.nextInt(64), size);
        }
        function.reset();
        assertEquals(0x5678_1234, function.readConfig(0, 4));
    }

    @Test
    void refusesRegistersThatCannotBe() {
        IoDevice device = answering(0);
        assertThrows(IllegalArgumentException.class, () -> new Bar(0, Bar.Space.IO, 512, device));
        assertThrows(IllegalArgumentException.class, () -> new Bar(0, Bar.Space.MEMORY_32, 24, device));
        assertThrows(IllegalArgumentException.class, () -> new Bar(5, Bar.Space.MEMORY_64, 4096, device));
        PciFunction.Builder builder = PciFunction.builder(1, 2).bar(new Bar(2, Bar.Space.MEMORY_64, 4096, device));
        assertThrows(IllegalArgumentException.class, () -> builder.bar(new Bar(3, Bar.Space.IO, 16, device)));
    }
}
