// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.engine.Engine;
import dev.wattle.engine.EngineContract;
import dev.wattle.engine.FlatProcessor;
import dev.wattle.engine.host.CodeMemory;
import dev.wattle.engine.host.CodeMemoryException;
import dev.wattle.engine.host.TranslationCache;
import dev.wattle.engine.ir.BlockBuilder;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.memory.HostMemory;
import dev.wattle.engine.translate.BlockListing.Detail;
import dev.wattle.engine.translate.FrontEnd;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Host code with all that this host's processor has, and guest registers in host registers. */
class NativeEngineTest extends EngineContract {
    private static final long CODE_BYTES = 1 << 20;

    @TempDir
    Path folder;

    @BeforeAll
    static void onlyOnSuchHosts() {
        Assumptions.assumeTrue(HostFeatures.isHostSupported(), "this host has no back-end");
    }

    /** What generated code may use. */
    HostFeatures features() throws CodeMemoryException {
        return HostFeatures.host();
    }

    @Override
    protected int[] hotSlots() {
        return new int[] {A, D, B};
    }

    @Override
    protected Engine engine(FlatProcessor processor, FrontEnd frontEnd) {
        try {
            return new NativeEngine<>(processor, routines(), frontEnd, CODE_BYTES, features(), true, Optional.empty());
        } catch (CodeMemoryException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void CodeMemory_tooSmallForTheProgram_isUsedAgainAndAgain() {
        // Each page offset is another block, and each block has more code than there is room for all of them.
        FlatProcessor p = processor(frontEnd((offset, out) -> {
            for (int i = 0; i < 200; i++) {
                out.opImm(Op.ADDI, C, C, 1);
                out.emit(Op.ST64_LE, 0, A, C, 0, 8L * i);
            }
            if (offset == 0xffc) {
                out.callEnd(0, 0);
            } else {
                out.end(Op.FALL_THROUGH, 0, 0, 0, 0);
            }
        }));
        p.putSlot(A, 0x8000);
        run(p, 0x1000);
        assertEquals(200 * 1024, p.slot(C));
        run(p, 0x1000);
        assertEquals(2 * 200 * 1024, p.slot(C));
        assertTrue(p.engine.codeBytes() < CODE_BYTES);
    }

    /** Some kilobytes of host code. */
    private static void filler(BlockBuilder out) {
        for (int i = 0; i < 200; i++) {
            out.opImm(Op.ADDI, B, B, 1);
            out.emit(Op.ST64_LE, 0, Slots.ZERO, B, 0, 0x8000 + 8L * i);
        }
        out.callEnd(0, 0);
    }

    @Test
    void Block_evicted_isMadeAgainForThoseThatJumpToIt() {
        int[] step = {1};
        FlatProcessor p = processor(frontEnd((offset, out) -> {
            switch (offset) {
                case 0x100 -> {
                    out.opImm(Op.ADDI, C, C, 16);
                    out.end(Op.GOTO, 0, 0, 0, 0x200);
                }
                case 0x200 -> {
                    out.opImm(Op.ADDI, C, C, step[0]);
                    out.callEnd(0, 0);
                }
                default -> filler(out);
            }
        }));
        // The one that is jumped to is older.
        run(p, 0x1200);
        int page = 2;
        for (; page < 12; page++) {
            run(p, 0x1000L * page + 0x800);
        }
        long before = p.slot(C);
        run(p, 0x1100);
        assertEquals(before + 17, p.slot(C));
        boolean wasEvicted = false;
        for (; page < 240; page++) {
            run(p, 0x1000L * page + 0x800);
            if (page % 3 == 0 || wasEvicted != p.engine.counts().get("blocks evicted") > 0) {
                // Whoever leads to code that is gone leads to whatever is there now.
                before = p.slot(C);
                run(p, 0x1100);
                assertEquals(before + 16 + step[0], p.slot(C));
            }
            if (page % 20 == 0) {
                step[0]++;
                p.codeCache().written(0x1200, 4);
            }
            wasEvicted = p.engine.counts().get("blocks evicted") > 0;
        }
        assertTrue(wasEvicted);
        assertTrue(p.engine.codeBytes() < CODE_BYTES);
    }

    @Test
    void Region_withMembersEvicted_isLeftWhenTheirCodeChanges() {
        int[] step = {2};
        FlatProcessor p = processor(loopOfBlocks(step));
        int page = 2;
        for (int turn = 0; turn < 40; turn++) {
            // Makes a region, if there is none.
            p.putSlot(C, 0);
            p.putSlot(A, 10_000);
            run(p, 0x100);
            assertEquals(5000L * (1 + step[0]), p.slot(C));
            for (int i = 0; i < turn * 3; i++) {
                page = page == 230 ? 9 : page + 1;
                // Changed, so that it is translated.
                p.codeCache().written(0x1000L * page + 0x800, 4);
                run(p, 0x1000L * page + 0x800);
            }
            if (turn % 2 == 0) {
                step[0]++;
                p.codeCache().written(0x140, 4);
            }
        }
        assertTrue(p.engine.counts().get("blocks evicted") > 0);
        assertTrue(p.engine.counts().get("regions") > 10);
    }

    private FrontEnd loopOfBlocks() {
        return loopOfBlocks(new int[] {2});
    }

    /** A loop of four blocks that adds 1 or {@code step[0]} to C, A times. */
    private FrontEnd loopOfBlocks(int[] step) {
        return frontEnd((offset, out) -> {
            switch (offset) {
                case 0x800 -> filler(out);
                case 0x100 -> {
                    out.opImm(Op.ADDI, A, A, -1);
                    int odd = out.temp();
                    out.opImm(Op.ANDI, odd, A, 1);
                    out.end(Op.BRANCH_NZ, odd, 0, 0, 0x140);
                }
                case 0x104, 0x140 -> {
                    out.opImm(Op.ADDI, C, C, offset == 0x104 ? 1 : step[0]);
                    out.end(Op.GOTO, 0, 0, 0, 0x180);
                }
                case 0x180 -> out.end(Op.BRANCH_NZ, A, 0, 0, 0x100);
                default -> out.callEnd(0, 0);
            }
        });
    }

    @Test
    void Loop_ofSeveralBlocks_becomesARegionThatDoesTheSame() {
        FlatProcessor p = processor(loopOfBlocks());
        p.putSlot(A, 10_000);
        run(p, 0x100);
        assertEquals(15_000, p.slot(C));
        assertEquals(30_001, p.slot(Slots.COMPLETED));
        assertEquals(1, p.engine.counts().get("regions"));
        p.putSlot(A, 10_000);
        run(p, 0x100);
        assertEquals(30_000, p.slot(C));
        assertEquals(60_002, p.slot(Slots.COMPLETED));
        assertEquals(1, p.engine.counts().get("regions"));
    }

    @Test
    void Region_branchOnTheFourthBitOfAComparison_seesIt() {
        int flag = Slots.GUEST + 4;
        int nibble = Slots.GUEST + 5;
        FlatProcessor p = processor(frontEnd((offset, out) -> {
            switch (offset) {
                case 0x100 -> {
                    out.opImm(Op.ADDI, A, A, -1);
                    out.emit(Op.CMPS64I, nibble, A, 0, flag, 5);
                    out.end(Op.BRANCH_BIT_SET, nibble, 0, 0, 0x140);
                }
                case 0x104, 0x140 -> {
                    out.opImm(Op.ADDI, C, C, offset == 0x104 ? 1 : 2);
                    out.opImm(Op.XORI, flag, flag, 1);
                    out.end(Op.GOTO, 0, 0, 0, 0x180);
                }
                case 0x180 -> out.end(Op.BRANCH_NZ, A, 0, 0, 0x100);
                default -> out.callEnd(0, 0);
            }
        }));
        p.putSlot(A, 10_000);
        run(p, 0x100);
        assertEquals(15_000, p.slot(C));
        assertEquals(8 | 1, p.slot(nibble));
        assertEquals(1, p.engine.counts().get("regions"));
    }

    @Test
    void Region_withAMemberWhoseCodeChanges_isGivenUpAndMadeAgain() {
        FlatProcessor p = processor(loopOfBlocks());
        p.putSlot(A, 10_000);
        run(p, 0x100);
        p.codeCache().written(0x140, 4);
        assertEquals(1, p.engine.counts().get("regions dropped"));
        p.putSlot(A, 10_000);
        run(p, 0x100);
        assertEquals(30_000, p.slot(C));
        assertEquals(2, p.engine.counts().get("regions"));
    }

    @Test
    void Loop_throughOtherPagesByRegister_countsEveryInstruction() {
        FlatProcessor p = processor(frontEnd((offset, out) -> {
            if (offset == 0x20) {
                out.opImm(Op.ADDI, A, A, -1);
                int t = out.temp();
                out.opImm(Op.MOVI, t, 0, 0x5040);
                out.end(Op.INDIRECT_NZ, A, t, 0, 0);
            } else if (offset == 0x40) {
                out.end(Op.GOTO, 0, 0, 0, 0x20 - 0x4000);
            } else {
                out.callEnd(0, 0);
            }
        }));
        p.putSlot(A, 500);
        run(p, 0x1020);
        assertEquals(0, p.slot(A));
        assertEquals(1000, p.slot(Slots.COMPLETED));
        assertEquals(0x1028, p.slot(Slots.NIA));
    }

    /** A hundred blocks on one page, each of which goes to the next by register and adds to C; others are fillers. */
    private FlatProcessor chainByRegister(int[] step) {
        return processor(frontEnd((offset, out) -> {
            if (offset < 0x320) {
                out.opImm(Op.ADDI, C, C, step[0]);
                out.opImm(Op.ADDI, A, A, 8);
                out.end(Op.INDIRECT, A, 0, 0, 0);
            } else if (offset == 0x320) {
                out.callEnd(0, 0);
            } else {
                filler(out);
            }
        }));
    }

    private void runChain(FlatProcessor p, int step) {
        long before = p.slot(C);
        p.putSlot(A, 0x1000);
        run(p, 0x1000);
        assertEquals(before + 100L * step, p.slot(C));
    }

    @Test
    void Jump_inAnotherContext_findsWhatOneHasRun() {
        FlatProcessor p = chainByRegister(new int[] {1});
        runChain(p, 1);
        long exits = p.engine.counts().get("exits for a jump");
        assertTrue(exits >= 99, "exits " + exits);
        for (int context = 1; context < 4; context++) {
            p.fetchContext = context;
            p.fetchModeChanged();
            runChain(p, 1);
            runChain(p, 1);
            p.flushFetch(context);
            runChain(p, 1);
        }
        long more = p.engine.counts().get("exits for a jump") - exits;
        assertTrue(more < 10, "exits " + more);
        assertEquals(101, p.codeCache().translations());
    }

    @Test
    void Translation_ofCodeThatChangesMeanwhile_isNotKeptForTheNewCode() throws CodeMemoryException {
        boolean[] changes = {true};
        FrontEnd frontEnd = new FrontEnd() {
            @Override
            public void translate(long code, int pageOffset, int pageBytes, int mode, BlockBuilder out) {
                out.beginInstruction(4);
                out.opImm(Op.ADDI, C, C, HostMemory.getIntLe(code));
                out.callEnd(0, 0);
                if (changes[0]) {
                    // As another processor may.
                    HostMemory.putIntLe(memory.hostAddress(0x1100), 1000);
                }
            }

            @Override
            public long addressMask(int mode) {
                return -1;
            }
        };
        HostMemory.putIntLe(memory.hostAddress(0x1100), 1);
        try (TranslationCache cache = TranslationCache.inMemory()) {
            FlatProcessor first = processor(frontEnd, cache);
            run(first, 0x1100);
            assertEquals(1, first.slot(C));
            changes[0] = false;
            FlatProcessor second = processor(frontEnd, cache);
            run(second, 0x1100);
            assertEquals(1000, second.slot(C));
        }
    }

    @Test
    void Jump_ofCodeThatAnotherEngineHasMade_isLinkedToWhatIsThere() throws CodeMemoryException {
        FrontEnd frontEnd = frontEnd((offset, out) -> {
            out.opImm(Op.ADDI, C, C, offset);
            if (offset == 0x100) {
                out.end(Op.GOTO, 0, 0, 0, 0x200);
            } else {
                out.callEnd(0, 0);
            }
        });
        try (TranslationCache cache = TranslationCache.inMemory()) {
            FlatProcessor first = processor(frontEnd, cache);
            run(first, 0x1100);
            assertEquals(0x300, first.slot(C));
            assertEquals(1, first.engine.counts().get("exits to link a jump"));
            FlatProcessor second = processor(frontEnd, cache);
            run(second, 0x1200);
            run(second, 0x1100);
            assertEquals(0x500, second.slot(C));
            assertEquals(2, second.engine.counts().get("translations found in this run"));
            assertEquals(0, second.engine.counts().get("exits to link a jump"));
            first.engine.close();
            second.engine.close();
        }
    }

    private TranslationCache kept() {
        return TranslationCache.open(folder, "test", problem -> {
            throw new IllegalStateException(problem);
        });
    }

    @Test
    void Group_ofAnEarlierRun_isTakenButForCodeThatHasChanged() throws CodeMemoryException {
        // Sixteen blocks, each of which adds what its word says.
        FrontEnd frontEnd = new FrontEnd() {
            @Override
            public void translate(long code, int pageOffset, int pageBytes, int mode, BlockBuilder out) {
                out.beginInstruction(4);
                out.opImm(Op.ADDI, C, C, HostMemory.getIntLe(code));
                if (pageOffset == 0x13c) {
                    out.callEnd(0, 0);
                } else {
                    out.end(Op.GOTO, 0, 0, 0, pageOffset + 4);
                }
            }

            @Override
            public long addressMask(int mode) {
                return -1;
            }
        };
        for (int i = 0; i < 16; i++) {
            HostMemory.putIntLe(memory.hostAddress(0x1100 + 4 * i), 1 << i);
        }
        try (TranslationCache cache = kept()) {
            FlatProcessor first = processor(frontEnd, cache);
            run(first, 0x1100);
            assertEquals(0xffff, first.slot(C));
            assertEquals(16, first.codeCache().translations());
            first.engine.close();
        }
        HostMemory.putIntLe(memory.hostAddress(0x1110), 0x10000);
        try (TranslationCache cache = kept()) {
            FlatProcessor second = processor(frontEnd, cache);
            run(second, 0x1100);
            assertEquals(0x1ffef, second.slot(C));
            assertEquals(16, second.engine.counts().get("translations of earlier runs"));
            // That of the one that is new.
            assertEquals(1, second.engine.counts().get("exits to link a jump"));
            assertEquals(1, second.codeCache().translations());
            // Each is dropped by itself.
            second.codeCache().written(0x1114, 4);
            HostMemory.putIntLe(memory.hostAddress(0x1114), 0);
            second.putSlot(C, 0);
            run(second, 0x1100);
            assertEquals(0x1ffef - 0x20, second.slot(C));
            second.engine.close();
        }
    }

    @Test
    void Region_ofAnEarlierRun_isTaken() throws CodeMemoryException {
        FrontEnd frontEnd = loopOfBlocks();
        try (TranslationCache cache = kept()) {
            FlatProcessor first = processor(frontEnd, cache);
            first.putSlot(A, 10_000);
            run(first, 0x100);
            assertEquals(1, first.engine.counts().get("regions"));
            first.engine.close();
        }
        try (TranslationCache cache = kept()) {
            FlatProcessor second = processor(frontEnd, cache);
            second.putSlot(A, 10_000);
            run(second, 0x100);
            assertEquals(15_000, second.slot(C));
            assertEquals(30_001, second.slot(Slots.COMPLETED));
            assertEquals(1, second.engine.counts().get("regions"));
            assertEquals(1, second.engine.counts().get("regions of earlier translations"));
            assertEquals(0, second.codeCache().translations());
            second.codeCache().written(0x140, 4);
            assertEquals(1, second.engine.counts().get("regions dropped"));
            second.putSlot(A, 10_000);
            run(second, 0x100);
            assertEquals(30_000, second.slot(C));
            assertEquals(2, second.engine.counts().get("regions of earlier translations"));
            second.engine.close();
        }
    }

    /** A processor whose engine shares its translations. */
    private FlatProcessor processor(FrontEnd frontEnd, TranslationCache cache) throws CodeMemoryException {
        FlatProcessor p = new FlatProcessor(arena, memory, frontEnd);
        p.engine = new NativeEngine<>(p, routines(), frontEnd, CODE_BYTES, features(), true, Optional.of(cache));
        return p;
    }

    @Test
    void Jump_toCodeThatHasBeenEvicted_findsWhatIsThereNow() {
        int[] step = {1};
        FlatProcessor p = chainByRegister(step);
        boolean wasEvicted = false;
        for (int page = 2; page < 240; page++) {
            for (int offset = 0x400; offset < 0x1000; offset += 0x200) {
                run(p, 0x1000L * page + offset);
            }
            p.fetchContext = page % 3;
            p.fetchModeChanged();
            if (page % 4 == 0) {
                runChain(p, step[0]);
            }
            if (page % 20 == 0) {
                step[0]++;
                p.codeCache().written(0x1000, 0x400);
                runChain(p, step[0]);
            }
            wasEvicted |= p.engine.counts().get("blocks evicted") > 100;
        }
        assertTrue(wasEvicted);
    }

    @Test
    void Fault_inGeneratedCode_isReportedAndAnotherEngineGoesOn() throws IOException {
        FlatProcessor broken = processor(program(out -> out.emit(Op.LD64_LE, D, A, 0, 0, 0)));
        broken.putSlot(A, 0x8000);
        run(broken, 0x1000);
        // A host address that is nobody's, where only the TLB can lead.
        broken.tlbs.put(0, 0x8000, 4096, 0x10, true, true);
        IllegalStateException report = assertThrows(IllegalStateException.class, () -> run(broken, 0x1000));
        String message = String.valueOf(report.getMessage());
        assertTrue(message.contains("signal 11"), message);
        Path file = Path.of(message.substring(message.indexOf("; see ") + 6));
        String text = Files.readString(file);
        Files.delete(file);
        assertTrue(file.getFileName().toString().matches("wattle-fault-\\d+-\\d+\\.txt"), message);
        assertTrue(text.startsWith("signal 11 in generated code at "), text);
        assertTrue(text.contains("(+000.0"), text);
        // The address that the load was about to access, in the registers that hold its parts.
        assertTrue(text.contains("rax          0000000000008000"), text);
        assertTrue(text.contains("LD64_LE d=s"), text);

        FlatProcessor sound = processor(program(out -> out.opImm(Op.ADDI, D, A, 1)));
        sound.putSlot(A, 41);
        run(sound, 0x1000);
        assertEquals(42, sound.slot(D));
        // The JVM's own use of that signal still works.
        Object[] nothing = new Object[1];
        for (int i = 0; i < 20_000; i++) {
            assertThrows(NullPointerException.class, () -> nothing[0].hashCode());
        }
    }

    /** ud2, and a division by 0. */
    @ParameterizedTest
    @CsvSource({"4, 0f0b", "8, 31c9f7f1"})
    void Fault_byAnInstruction_isReportedAndAnotherEngineGoesOn(int signal, String instructions) throws Exception {
        FlatProcessor broken = processor(program(out -> out.opImm(Op.ADDI, D, A, 1)));
        long[] start = new long[1];
        broken.engine.onHostCode((address, bytes, name) -> start[0] = address);
        run(broken, 0x1000);
        byte[] planted = HexFormat.of().parseHex(instructions);
        long entry = writable(start[0]) + BlockEmitter.HEADER_BYTES;
        for (int i = 0; i < planted.length; i++) {
            HostMemory.putByte(entry + i, planted[i]);
        }
        assertReported(signal, broken);
        assertAnotherRuns();
    }

    @Test
    void Fault_byAMappingBehindTheEndOfItsFile_isReportedAndAnotherEngineGoesOn() throws Exception {
        Path file = Files.createTempFile("wattle", ".short");
        try (Arena arena = Arena.ofConfined();
                FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(4096));
            long mapped =
                    channel.map(FileChannel.MapMode.READ_ONLY, 0, 4096, arena).address();
            channel.truncate(0);
            FlatProcessor broken = processor(program(out -> out.emit(Op.LD64_LE, D, A, 0, 0, 0)));
            broken.putSlot(A, 0x8000);
            run(broken, 0x1000);
            broken.tlbs.put(0, 0x8000, 4096, mapped, true, false);
            assertReported(7, broken);
        } finally {
            Files.delete(file);
        }
        assertAnotherRuns();
    }

    private void assertReported(int signal, FlatProcessor broken) throws IOException {
        IllegalStateException report = assertThrows(IllegalStateException.class, () -> run(broken, 0x1000));
        String message = String.valueOf(report.getMessage());
        assertTrue(message.startsWith("signal " + signal + " in generated code at "), message);
        Path file = Path.of(message.substring(message.indexOf("; see ") + 6));
        String text = Files.readString(file);
        Files.delete(file);
        assertTrue(text.startsWith("signal " + signal + " in generated code at "), text);
    }

    private void assertAnotherRuns() {
        FlatProcessor sound = processor(program(out -> out.opImm(Op.ADDI, D, A, 1)));
        sound.putSlot(A, 41);
        run(sound, 0x1000);
        assertEquals(42, sound.slot(D));
    }

    /** Where the memory of code at an address can be written: it is mapped twice. */
    private static long writable(long code) throws IOException {
        String inode = "";
        List<String> mappings = Files.readAllLines(Path.of("/proc/self/maps"));
        for (boolean isWritable : new boolean[] {false, true}) {
            for (String line : mappings) {
                String[] fields = line.split(" +");
                String[] range = fields[0].split("-");
                long start = Long.parseUnsignedLong(range[0], 16);
                long end = Long.parseUnsignedLong(range[1], 16);
                if (!isWritable && start <= code && code < end) {
                    inode = fields[4];
                    code -= start;
                    break;
                }
                if (isWritable && fields[1].startsWith("rw") && fields[4].equals(inode)) {
                    return start + code;
                }
            }
        }
        throw new AssertionError("no writable mapping of the code");
    }

    @Test
    void Registration_closedAgain_leavesAloneWhoHasItsPlaceNow() throws Exception {
        try (CodeMemory memory = CodeMemory.allocate(4096);
                Arena arena = Arena.ofConfined()) {
            Assembler asm = new Assembler(memory.writeAddress(), memory.executeAddress());
            long start = asm.here();
            asm.ud2();
            long recovery = asm.here();
            asm.mov32(Register.RAX, Register.RDX);
            asm.ret();
            FaultGuard guard = FaultGuard.install();
            long save = arena.allocate(24, 8).address();
            FaultGuard.Registration first = guard.register(start, start + 1, recovery, save);
            first.close();
            FaultGuard.Registration second = guard.register(start, start + 1, recovery, save);
            first.close();
            MethodHandle code = Linker.nativeLinker()
                    .downcallHandle(MemorySegment.ofAddress(start), FunctionDescriptor.of(ValueLayout.JAVA_INT));
            assertEquals(4, invoke(code));
            second.close();
            second.close();
        }
    }

    private static int invoke(MethodHandle code) {
        try {
            return (int) code.invokeExact();
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void Listing_ofABlock_hasItsOperationsAndItsHostCodeWithoutRunningIt() {
        FlatProcessor p = processor(program(out -> out.opImm(Op.ADDI, D, A, 7)));
        p.putSlot(A, 1);
        String text = p.engine.list(0x1000).orElseThrow().text(Detail.OPERATIONS, Detail.HOST_CODE);
        assertTrue(text.startsWith("# 1 instructions, 2 operations, "), text);
        assertTrue(text.contains("0000000000001000  00000000\n        +000.0  ADDI d=s"), text);
        assertTrue(text.contains("imm=7\n                "), text);
        assertEquals(0, p.slot(D));
        run(p, 0x1000);
        assertEquals(8, p.slot(D));
    }
}
