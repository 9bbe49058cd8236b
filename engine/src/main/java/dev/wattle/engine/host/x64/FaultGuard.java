// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static dev.wattle.engine.host.x64.Register.R8;
import static dev.wattle.engine.host.x64.Register.R9;
import static dev.wattle.engine.host.x64.Register.RAX;
import static dev.wattle.engine.host.x64.Register.RCX;
import static dev.wattle.engine.host.x64.Register.RDI;
import static dev.wattle.engine.host.x64.Register.RDX;
import static dev.wattle.engine.host.x64.Register.RSI;

import dev.wattle.engine.host.CodeMemory;
import dev.wattle.engine.host.CodeMemoryException;
import dev.wattle.engine.memory.HostFunction;
import dev.wattle.engine.memory.HostMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The safety net under generated code: a handler of signals that lets code go on at a recovery address after a fault,
 * where the JVM would end the process. Faults elsewhere go to the handler that was there before, the JVM's own, which
 * needs them.
 *
 * <p>A handler of signals belongs to the process, so this does, too: there is one, in place from its first use to the
 * end of the process.
 */
public final class FaultGuard {
    private static final int SIGILL = 4;
    private static final int SIGBUS = 7;
    private static final int SIGFPE = 8;
    private static final int SIGSEGV = 11;

    /** struct sigaction of glibc for x86-64: handler, mask, flags, restorer. */
    private static final int SIGACTION_BYTES = 152;

    private static final int SIGACTION_FLAGS = 136;
    private static final int SA_SIGINFO = 4;

    /** Offsets in ucontext_t of glibc for x86-64: 40 is the first of the general registers. */
    private static final int UCONTEXT_RDX = 40 + 12 * 8;

    private static final int UCONTEXT_RAX = 40 + 13 * 8;
    private static final int UCONTEXT_RCX = 40 + 14 * 8;
    private static final int UCONTEXT_RIP = 40 + 16 * 8;
    private static final int SIGINFO_ADDRESS = 16;

    private static final int CODE_BYTES = 4096;
    private static final int CAPACITY = 256;
    private static final int ENTRY_BYTES = 32;
    private static final int START = 0;
    private static final int END = 8;
    private static final int RECOVERY = 16;
    private static final int SAVE = 24;
    private static final int SIGNALS = 32;

    /** Host address of the table of ranges; an entry whose end is 0 is free. The handler reads it at any time. */
    private final long ranges;

    private FaultGuard() throws CodeMemoryException {
        // Never given back: the handler stays for as long as the process lives.
        ranges = Arena.global().allocate((long) CAPACITY * ENTRY_BYTES, 64).address();
        long previous = Arena.global().allocate(SIGNALS * 8L, 64).address();
        CodeMemory memory = CodeMemory.allocate(CODE_BYTES);
        Assembler asm = new Assembler(memory.writeAddress(), memory.executeAddress());
        emitHandler(asm, previous);
        install(memory.executeAddress(), previous);
    }

    /** Made when first wanted; it holds nothing that Java code could change, its table is the process's. */
    private static final class Process {
        private static final FaultGuard GUARD = make();

        private static FaultGuard make() {
            try {
                return new FaultGuard();
            } catch (CodeMemoryException e) {
                throw new IllegalStateException(e.getMessage(), e);
            }
        }
    }

    /** The process's guard, which is installed at the first call. */
    public static FaultGuard install() {
        return Process.GUARD;
    }

    /** A range of code that is guarded until this is closed. */
    public interface Registration extends AutoCloseable {
        /** Ends it; once it has ended, this does nothing. */
        @Override
        void close();
    }

    /**
     * Guards a range of code. After a fault in it the thread goes on at {@code recovery} with the address of the
     * faulting instruction in rax, the address that it accessed in rcx and the signal in rdx; all other registers are
     * as they were.
     *
     * @param save host address of three 64-bit words, for what was in rax, rcx and rdx
     * @throws IllegalStateException if too many ranges are guarded already
     */
    public synchronized Registration register(long start, long end, long recovery, long save) {
        for (int i = 0; i < CAPACITY; i++) {
            long entry = ranges + (long) i * ENTRY_BYTES;
            if (HostMemory.getLongVolatile(entry + END) == 0) {
                HostMemory.putLongVolatile(entry + START, start);
                HostMemory.putLongVolatile(entry + RECOVERY, recovery);
                HostMemory.putLongVolatile(entry + SAVE, save);
                HostMemory.putLongVolatile(entry + END, end);
                AtomicBoolean isOpen = new AtomicBoolean(true);
                return () -> {
                    // Only once: the entry may be another range's by now.
                    if (isOpen.getAndSet(false)) {
                        HostMemory.putLongVolatile(entry + END, 0);
                    }
                };
            }
        }
        throw new IllegalStateException("more than " + CAPACITY + " ranges of generated code at a time");
    }

    /** handler(signal, siginfo, ucontext): uses registers that a function may change, and no stack. */
    private void emitHandler(Assembler asm, long previous) {
        asm.load(RAX, Assembler.mem(RDX, UCONTEXT_RIP));
        asm.movImm(RCX, ranges);
        asm.movImm(R8, CAPACITY);
        long next = asm.here();
        asm.alu(Assembler.CMP, RAX, Assembler.mem(RCX, END));
        long behind = asm.jccForward(Condition.ABOVE_OR_EQUAL);
        asm.alu(Assembler.CMP, RAX, Assembler.mem(RCX, START));
        long before = asm.jccForward(Condition.BELOW);
        asm.load(R8, Assembler.mem(RCX, SAVE));
        save(asm, UCONTEXT_RAX, 0);
        save(asm, UCONTEXT_RCX, 8);
        save(asm, UCONTEXT_RDX, 16);
        asm.store(Assembler.mem(RDX, UCONTEXT_RAX), RAX);
        asm.load(R9, Assembler.mem(RSI, SIGINFO_ADDRESS));
        asm.store(Assembler.mem(RDX, UCONTEXT_RCX), R9);
        asm.store(Assembler.mem(RDX, UCONTEXT_RDX), RDI);
        asm.load(R9, Assembler.mem(RCX, RECOVERY));
        asm.store(Assembler.mem(RDX, UCONTEXT_RIP), R9);
        asm.ret();
        asm.bind(behind);
        asm.bind(before);
        asm.aluImm(Assembler.ADD, RCX, ENTRY_BYTES);
        asm.aluImm(Assembler.SUB, R8, 1);
        asm.jcc(Condition.NOT_EQUAL, next);
        asm.movImm(RCX, previous);
        asm.jmpMemory(Assembler.mem(RCX, RDI, 3, 0));
    }

    private static void save(Assembler asm, int from, int to) {
        asm.load(R9, Assembler.mem(RDX, from));
        asm.store(Assembler.mem(R8, to), R9);
    }

    private static void install(long handler, long previous) throws CodeMemoryException {
        HostFunction sigaction = HostFunction.find("sigaction")
                .orElseThrow(() -> new CodeMemoryException("the C library has no sigaction"));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment action = arena.allocate(SIGACTION_BYTES, 8);
            for (int signal : new int[] {SIGSEGV, SIGBUS, SIGILL, SIGFPE}) {
                int status = (int) sigaction.call(signal, 0, action.address());
                long old = action.get(ValueLayout.JAVA_LONG, 0);
                boolean takesContext = (action.get(ValueLayout.JAVA_INT, SIGACTION_FLAGS) & SA_SIGINFO) != 0;
                if (status != 0 || !takesContext || old <= 1) {
                    // Nobody to pass other faults on to: then this signal is left alone.
                    continue;
                }
                HostMemory.putLongVolatile(previous + signal * 8L, old);
                // Mask, flags and restorer stay as the JVM has them.
                action.set(ValueLayout.JAVA_LONG, 0, handler);
                if ((int) sigaction.call(signal, action.address(), 0) != 0) {
                    throw new CodeMemoryException("the host refused a handler for signal " + signal);
                }
            }
        }
    }
}
