// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static dev.wattle.engine.host.x64.Assembler.mem;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.wattle.engine.memory.HostMemory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every instruction of the assembler, over registers, operands and constants, as GNU objdump reads it. */
class AssemblerTest {
    private static final int BYTES = 1 << 20;
    private static final String[] R64 = {
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"
    };
    private static final String[] R32 = {
        "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d", "r9d", "r10d", "r11d", "r12d", "r13d", "r14d",
        "r15d"
    };
    private static final String[] R16 = {
        "ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "r8w", "r9w", "r10w", "r11w", "r12w", "r13w", "r14w", "r15w"
    };
    private static final String[] R8 = {
        "al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil", "r8b", "r9b", "r10b", "r11b", "r12b", "r13b", "r14b", "r15b"
    };
    private static final String[] ALU = {"add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"};
    private static final int[] DISPLACEMENTS = {0, 1, 127, 128, -128, -129, 0x12345678};

    @TempDir
    Path folder;

    private final Arena arena = Arena.ofConfined();
    private final long code = arena.allocate(BYTES, 16).address();
    private final Assembler asm = new Assembler(code, code);
    private final List<String> expected = new ArrayList<>();

    private void check(String text, Consumer<Assembler> instruction) {
        instruction.accept(asm);
        expected.add(text);
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }

    private static String displacement(int d) {
        return d < 0 ? "-" + hex(-(long) d) : "+" + hex(d);
    }

    /** How objdump writes a memory operand without its size. */
    private static String text(int base, int index, int scale, int disp) {
        String indexed = index < 0 ? "" : "+" + R64[index] + "*" + (1 << scale);
        // A displacement of 0 is shown where the encoding needs one, for rbp and r13, and with rsp and r12 it is not.
        boolean shown = disp != 0 || (base & 7) == 5;
        return "[" + R64[base] + indexed + (shown ? displacement(disp) : "") + "]";
    }

    /** Runs a body for memory operands of all shapes. */
    private void operands(MemoryBody body) {
        for (int base = 0; base < 16; base++) {
            for (int disp : DISPLACEMENTS) {
                body.with(mem(base, disp), text(base, -1, 0, disp));
            }
            int index = (base * 7 + 3) % 16;
            if (index != Register.RSP) {
                for (int scale = 0; scale < 4; scale++) {
                    body.with(mem(base, index, scale, 0x40), text(base, index, scale, 0x40));
                    body.with(mem(base, index, scale, 0), text(base, index, scale, 0));
                }
            }
        }
    }

    private interface MemoryBody {
        void with(long mem, String text);
    }

    @Test
    void Instructions_onRegisters_areWhatObjdumpReads() throws Exception {
        for (int d = 0; d < 16; d++) {
            for (int s = 0; s < 16; s++) {
                int a = d;
                int b = s;
                check("mov %s,%s".formatted(R64[d], R64[s]), x -> x.mov(a, b));
                check("mov %s,%s".formatted(R32[d], R32[s]), x -> x.mov32(a, b));
                check("movsx %s,%s".formatted(R64[d], R8[s]), x -> x.signExtend8(a, b));
                check("movsx %s,%s".formatted(R64[d], R16[s]), x -> x.signExtend16(a, b));
                check("movsxd %s,%s".formatted(R64[d], R32[s]), x -> x.signExtend32(a, b));
                if (s != Register.RSP) {
                    String scaled = "[%s*4+0x8]".formatted(R64[s]);
                    check("lea %s,%s".formatted(R32[d], scaled), x -> x.leaScaled32(a, b, 2, 8));
                }
                check("movzx %s,%s".formatted(R32[d], R8[s]), x -> x.zeroExtend8(a, b));
                check("movzx %s,%s".formatted(R32[d], R16[s]), x -> x.zeroExtend16(a, b));
                check("test %s,%s".formatted(R64[d], R64[s]), x -> x.test(a, b));
                check("test %s,%s".formatted(R32[d], R32[s]), x -> x.test32(a, b));
                check("imul %s,%s".formatted(R64[d], R64[s]), x -> x.imul(a, b));
                check("cmovl %s,%s".formatted(R64[d], R64[s]), x -> x.cmov(Condition.LESS, a, b));
                check("lzcnt %s,%s".formatted(R64[d], R64[s]), x -> x.lzcnt(a, b));
                check("tzcnt %s,%s".formatted(R64[d], R64[s]), x -> x.tzcnt(a, b));
                check("popcnt %s,%s".formatted(R64[d], R64[s]), x -> x.popcnt(a, b));
                check("bsr %s,%s".formatted(R64[d], R64[s]), x -> x.bsr(a, b));
                check("bsf %s,%s".formatted(R64[d], R64[s]), x -> x.bsf(a, b));
                check("rorx %s,%s,0xb".formatted(R64[d], R64[s]), x -> x.rorx(a, b, 11));
                check("rorx %s,%s,0xb".formatted(R32[d], R32[s]), x -> x.rorx32(a, b, 11));
                int c = (d + 5 * s) % 16;
                check("shlx %s,%s,%s".formatted(R64[d], R64[s], R64[c]), x -> x.shlx(a, b, c));
                check("shrx %s,%s,%s".formatted(R64[d], R64[s], R64[c]), x -> x.shrx(a, b, c));
                check("sarx %s,%s,%s".formatted(R64[d], R64[s], R64[c]), x -> x.sarx(a, b, c));
                check("andn %s,%s,%s".formatted(R64[d], R64[s], R64[c]), x -> x.andn(a, b, c));
                check("mulx %s,%s,%s".formatted(R64[d], R64[s], R64[c]), x -> x.mulx(a, b, c));
                for (int op = 0; op < 8; op++) {
                    int which = op;
                    check("%s %s,%s".formatted(ALU[op], R64[d], R64[s]), x -> x.alu(which, a, b));
                    check("%s %s,%s".formatted(ALU[op], R32[d], R32[s]), x -> x.alu32(which, a, b));
                }
            }
        }
        compare();
    }

    @Test
    void Instructions_onOneRegisterOrAConstant_areWhatObjdumpReads() throws Exception {
        for (int r = 0; r < 16; r++) {
            int d = r;
            check("xor %s,%s".formatted(R32[r], R32[r]), x -> x.clear(d));
            check("mov %s,0x12345678".formatted(R32[r]), x -> x.movImm(d, 0x1234_5678));
            check("mov %s,0x89abcdef".formatted(R32[r]), x -> x.movImm(d, 0x89ab_cdefL));
            check("mov %s,0xfffffffffffffffe".formatted(R64[r]), x -> x.movImm(d, -2));
            check("movabs %s,0x123456789abcdef0".formatted(R64[r]), x -> x.movImm(d, 0x1234_5678_9abc_def0L));
            check("bswap %s".formatted(R64[r]), x -> x.bswap(d));
            check("bswap %s".formatted(R32[r]), x -> x.bswap32(d));
            check("rol %s,0x8".formatted(R16[r]), x -> x.swapLow16(d));
            check("seta %s".formatted(R8[r]), x -> x.setcc(Condition.ABOVE, d));
            check("push %s".formatted(R64[r]), x -> x.push(d));
            check("pop %s".formatted(R64[r]), x -> x.pop(d));
            check("jmp %s".formatted(R64[r]), x -> x.jmpRegister(d));
            check("bt %s,0x21".formatted(R64[r]), x -> x.bitTest(d, 33));
            check("seta BYTE PTR [%s+0x200]".formatted(R64[r]), x -> x.setccMem8(Condition.ABOVE, mem(d, 0x200)));
            check("bt DWORD PTR [%s+0x200],0x11".formatted(R64[r]), x -> x.bitTestMem32(mem(d, 0x200), 17));
            check("imul %s,%s,0x7f".formatted(R64[r], R64[15 - r]), x -> x.imulImm(d, 15 - d, 127));
            check("imul %s,%s,0x80".formatted(R64[r], R64[15 - r]), x -> x.imulImm(d, 15 - d, 128));
            if (r != Register.RAX) {
                // For rax objdump shows the same, but other encodings exist.
                check("test %s,0x40".formatted(R32[r]), x -> x.testImm32(d, 64));
            }
            String[] unary = {"not", "neg", "mul", "imul", "div", "idiv"};
            for (int op = 0; op < unary.length; op++) {
                int which = op + Assembler.NOT;
                check("%s %s".formatted(unary[op], R64[r]), x -> x.unary(which, d));
                check("%s %s".formatted(unary[op], R32[r]), x -> x.unary32(which, d));
            }
            String[] shifts = {"rol", "ror", "", "", "shl", "shr", "", "sar"};
            for (int op = 0; op < shifts.length; op++) {
                int which = op;
                if (!shifts[op].isEmpty()) {
                    check("%s %s,0x1f".formatted(shifts[op], R64[r]), x -> x.shift(which, d, 31));
                    check("%s %s,0x1f".formatted(shifts[op], R32[r]), x -> x.shift32(which, d, 31));
                    check("%s %s,cl".formatted(shifts[op], R64[r]), x -> x.shiftCl(which, d));
                    check("%s %s,cl".formatted(shifts[op], R32[r]), x -> x.shiftCl32(which, d));
                }
            }
            for (int op = 0; op < 8; op++) {
                int which = op;
                check("%s %s,0x7f".formatted(ALU[op], R64[r]), x -> x.aluImm(which, d, 127));
                check("%s %s,0xffffffffffffff80".formatted(ALU[op], R64[r]), x -> x.aluImm(which, d, -128));
                check("%s %s,0x12345".formatted(ALU[op], R64[r]), x -> x.aluImm(which, d, 0x12345));
                check("%s %s,0xffffff80".formatted(ALU[op], R32[r]), x -> x.aluImm32(which, d, -128));
                check("%s %s,0x12345".formatted(ALU[op], R32[r]), x -> x.aluImm32(which, d, 0x12345));
            }
        }
        check("cqo", Assembler::cqo);
        check("cdq", Assembler::cdq);
        check("stc", Assembler::stc);
        check("mfence", Assembler::mfence);
        check("cpuid", Assembler::cpuid);
        check("xgetbv", Assembler::xgetbv);
        check("ud2", Assembler::ud2);
        check("ret", Assembler::ret);
        compare();
    }

    @Test
    void Instructions_onMemory_areWhatObjdumpReads() throws Exception {
        int[] next = {0};
        operands((m, t) -> {
            int r = next[0]++ % 16;
            check("mov %s,QWORD PTR %s".formatted(R64[r], t), x -> x.load(r, m));
            check("mov %s,DWORD PTR %s".formatted(R32[r], t), x -> x.load32(r, m));
            check("movzx %s,WORD PTR %s".formatted(R32[r], t), x -> x.loadZero16(r, m));
            check("movzx %s,BYTE PTR %s".formatted(R32[r], t), x -> x.loadZero8(r, m));
            check("movsxd %s,DWORD PTR %s".formatted(R64[r], t), x -> x.loadSigned32(r, m));
            check("movsx %s,WORD PTR %s".formatted(R64[r], t), x -> x.loadSigned16(r, m));
            check("mov QWORD PTR %s,%s".formatted(t, R64[r]), x -> x.store(m, r));
            check("mov DWORD PTR %s,%s".formatted(t, R32[r]), x -> x.store32(m, r));
            check("mov WORD PTR %s,%s".formatted(t, R16[r]), x -> x.store16(m, r));
            check("mov BYTE PTR %s,%s".formatted(t, R8[r]), x -> x.store8(m, r));
            check("mov QWORD PTR %s,0xfffffffffffffffe".formatted(t), x -> x.storeImm(m, -2));
            check("mov DWORD PTR %s,0x77".formatted(t), x -> x.storeImm32(m, 0x77));
            check("movbe %s,QWORD PTR %s".formatted(R64[r], t), x -> x.loadBig(r, m));
            check("movbe %s,DWORD PTR %s".formatted(R32[r], t), x -> x.loadBig32(r, m));
            check("movbe QWORD PTR %s,%s".formatted(t, R64[r]), x -> x.storeBig(m, r));
            check("movbe DWORD PTR %s,%s".formatted(t, R32[r]), x -> x.storeBig32(m, r));
            check("movbe WORD PTR %s,%s".formatted(t, R16[r]), x -> x.storeBig16(m, r));
            check("lea %s,%s".formatted(R64[r], t), x -> x.lea(r, m));
            check("lea %s,%s".formatted(R32[r], t), x -> x.lea32(r, m));
            check("imul %s,QWORD PTR %s".formatted(R64[r], t), x -> x.imul(r, m));
            check("cmovne %s,QWORD PTR %s".formatted(R64[r], t), x -> x.cmov(Condition.NOT_EQUAL, r, m));
            check("test BYTE PTR %s,0x8".formatted(t), x -> x.testMem8(m, 8));
            check("neg QWORD PTR %s".formatted(t), x -> x.unaryMem(Assembler.NEG, m));
            check("jmp QWORD PTR %s".formatted(t), x -> x.jmpMemory(m));
            check("lock cmpxchg QWORD PTR %s,%s".formatted(t, R64[r]), x -> x.lockCmpxchg(m, r));
            check("lock cmpxchg DWORD PTR %s,%s".formatted(t, R32[r]), x -> x.lockCmpxchg32(m, r));
            check("ldmxcsr DWORD PTR %s".formatted(t), x -> x.loadMxcsr(m));
            check("stmxcsr DWORD PTR %s".formatted(t), x -> x.storeMxcsr(m));
            int op = r & 7;
            check("%s %s,QWORD PTR %s".formatted(ALU[op], R64[r], t), x -> x.alu(op, r, m));
            check("%s %s,DWORD PTR %s".formatted(ALU[op], R32[r], t), x -> x.alu32(op, r, m));
            check("%s QWORD PTR %s,%s".formatted(ALU[op], t, R64[r]), x -> x.aluMem(op, m, r));
            check("%s QWORD PTR %s,0x12345".formatted(ALU[op], t), x -> x.aluMemImm(op, m, 0x12345));
            check("%s QWORD PTR %s,0x12".formatted(ALU[op], t), x -> x.aluMemImm(op, m, 0x12));
            check("%s DWORD PTR %s,0xffffff80".formatted(ALU[op], t), x -> x.aluMemImm32(op, m, -128));
            check(
                    "movsd xmm%d,QWORD PTR %s".formatted(r, t),
                    x -> x.sseMemory(Assembler.MAP_0F, Assembler.PF2, false, 0x10, r, m));
            check(
                    "vpaddb xmm%d,xmm%d,XMMWORD PTR %s".formatted(r, 15 - r, t),
                    x -> x.vexMemory(Assembler.MAP_0F, Assembler.P66, false, 0xfc, r, 15 - r, m));
        });
        compare();
    }

    @Test
    void Vectors_onRegisters_areWhatObjdumpReads() throws Exception {
        for (int d = 0; d < 16; d++) {
            for (int s = 0; s < 16; s += 3) {
                int a = d;
                int b = s;
                int v = (d + s) % 16;
                String two = "xmm%d,xmm%d".formatted(d, s);
                String three = "xmm%d,xmm%d,xmm%d".formatted(d, v, s);
                check("addsd " + two, x -> x.sseRegister(Assembler.MAP_0F, Assembler.PF2, false, 0x58, a, b));
                check("mulss " + two, x -> x.sseRegister(Assembler.MAP_0F, Assembler.PF3, false, 0x59, a, b));
                check("movaps " + two, x -> x.sseRegister(Assembler.MAP_0F, Assembler.NP, false, 0x28, a, b));
                check("pshufb " + two, x -> x.sseRegister(Assembler.MAP_0F38, Assembler.P66, false, 0x00, a, b));
                check(
                        "movq %s,xmm%d".formatted(R64[s], d),
                        x -> x.sseRegister(Assembler.MAP_0F, Assembler.P66, true, 0x7e, a, b));
                check(
                        "cvtsi2sd xmm%d,%s".formatted(d, R64[s]),
                        x -> x.sseRegister(Assembler.MAP_0F, Assembler.PF2, true, 0x2a, a, b));
                check(
                        "vfmadd231sd " + three,
                        x -> x.vexRegister(Assembler.MAP_0F38, Assembler.P66, true, 0xb9, a, v, b));
                check("vaesenc " + three, x -> x.vexRegister(Assembler.MAP_0F38, Assembler.P66, false, 0xdc, a, v, b));
                check("vprolvq " + three, x -> x.evexRegister(Assembler.MAP_0F38, Assembler.P66, true, 0x15, a, v, b));
                check(
                        "vpermi2b " + three,
                        x -> x.evexRegister(Assembler.MAP_0F38, Assembler.P66, false, 0x75, a, v, b));
                check(
                        "vpternlogd " + three + ",0x96",
                        x -> x.evexRegisterImm(Assembler.MAP_0F3A, Assembler.P66, false, 0x25, a, v, b, 0x96));
                check(
                        "vprord " + two + ",0x7",
                        x -> x.evexRegisterImm(Assembler.MAP_0F, Assembler.P66, false, 0x72, 0, a, b, 7));
                check(
                        "vpclmulqdq " + three + ",0x12",
                        x -> x.vexRegisterImm(Assembler.MAP_0F3A, Assembler.P66, false, 0x44, a, v, b, 0x12));
            }
        }
        compare();
    }

    @Test
    void Jumps_forwardAndBack_goWhereTheyAreBound() throws Exception {
        long start = asm.here();
        long forward = asm.jmpForward();
        expected.add("jmp " + hex(11));
        long conditional = asm.jccForward(Condition.BELOW);
        expected.add("jb " + hex(16));
        asm.bind(forward);
        check("jmp 0x0", x -> x.jmp(start));
        asm.bind(conditional);
        check("call 0x0", x -> x.call(start));
        check("jne 0x0", x -> x.jcc(Condition.NOT_EQUAL, start));
        check("lea rcx,[rip+0xffffffffffffffde]        # 0x0", x -> x.leaCode(Register.RCX, start));
        check("lea r9,[rip+0xffffffffffffffd7]        # 0x0", x -> x.leaCode(Register.R9, start));
        compare();
    }

    @Test
    void Align_byAnyDistance_fillsWithWholeInstructions() throws Exception {
        for (int distance = 1; distance < 16; distance++) {
            asm.align(16);
            for (int i = 0; i < distance; i++) {
                asm.byte_(0x90);
            }
        }
        asm.align(16);
        assertEquals(0, asm.here() & 15);
        for (String line : objdump()) {
            assertTrue(line.contains("nop") || line.contains("xchg"), line);
        }
    }

    private void compare() throws IOException, InterruptedException {
        List<String> actual = objdump();
        for (int i = 0; i < Math.min(actual.size(), expected.size()); i++) {
            assertEquals(expected.get(i), actual.get(i), "instruction " + i);
        }
        assertEquals(expected.size(), actual.size());
    }

    private List<String> objdump() throws IOException, InterruptedException {
        byte[] bytes = new byte[(int) (asm.here() - code)];
        HostMemory.copyTo(code, bytes, 0, bytes.length);
        Path file = folder.resolve("code");
        Files.write(file, bytes);
        Process process;
        try {
            process = new ProcessBuilder(
                            "objdump",
                            "-D",
                            "-z",
                            "-w",
                            "-b",
                            "binary",
                            "-m",
                            "i386:x86-64",
                            "-M",
                            "intel",
                            file.toString())
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            if ("true".equals(System.getenv("CI"))) {
                fail("objdump is not on this machine");
            }
            return abort("objdump is not on this machine");
        }
        List<String> lines = new ArrayList<>();
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                String[] columns = line.split("\t", -1);
                if (columns.length >= 3) {
                    lines.add(columns[2].strip().replaceFirst("\\s+", " "));
                }
            }
        }
        assertEquals(0, process.waitFor());
        return lines;
    }
}
