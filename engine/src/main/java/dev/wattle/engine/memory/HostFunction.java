// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Optional;

/**
 * A function of the host's C library that takes up to six integers or addresses and gives one.
 *
 * <p>All are called in the same shape, six 64-bit words and one back, since the JVM makes code for each shape of call,
 * which takes longer than starting a guest. A function takes the words that it has parameters for, and of each what its
 * type has; of a result that is an {@code int} the low word counts. One thread at a time calls it.
 */
public final class HostFunction {
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG;
    private static final FunctionDescriptor SHAPE = FunctionDescriptor.of(WORD, WORD, WORD, WORD, WORD, WORD, WORD);
    private static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private final String name;
    private final MethodHandle handle;
    private int errno;

    private HostFunction(String name, MemorySegment address) {
        this.name = name;
        handle = Linker.nativeLinker().downcallHandle(address, SHAPE, Linker.Option.captureCallState("errno"));
    }

    /** A function of the C library by its name, if it has that. */
    public static Optional<HostFunction> find(String name) {
        return Linker.nativeLinker().defaultLookup().find(name).map(address -> new HostFunction(name, address));
    }

    /** Calls the function with the first of these words that it has parameters for. */
    public long call(long a, long b, long c, long d, long e, long f) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(CALL_STATE);
            long result = (long) handle.invokeExact(state, a, b, c, d, e, f);
            errno = (int) ERRNO.get(state, 0L);
            return result;
        } catch (Throwable t) {
            throw new IllegalStateException(name + " cannot be called", t);
        }
    }

    /** As {@link #call(long, long, long, long, long, long)}, for up to three parameters. */
    public long call(long a, long b, long c) {
        return call(a, b, c, 0, 0, 0);
    }

    /** The error number that the last call has left, which counts if the call's result says that it has failed. */
    public int errno() {
        return errno;
    }
}
