// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.conformance;

import dev.wattle.hypervisor.Exit;
import dev.wattle.hypervisor.Vcpu;
import dev.wattle.hypervisor.Vm;
import dev.wattle.power.isa.Assembler;
import dev.wattle.power.isa.InstructionTable;
import java.util.Objects;
import java.util.function.Supplier;

/** A VM with a little guest code: big-endian, in real mode, from 0x1000 on, that ends with hypercall {@link #END}. */
final class Guest implements AutoCloseable {
    static final long START = 0x1000;
    /** A hypercall that nobody answers. */
    static final long END = 0x7abc;
    /** What to put at the end of guest code. */
    static final String STOP = "\n li 3, 0x7abc \n sc 1 \n b .";

    private static final long MEMORY = 1 << 20;

    final Vm vm;
    final Vcpu vcpu;

    private final Assembler assembler = new Assembler(InstructionTable.load());

    Guest(Supplier<Vm.Builder> vms) {
        this(vms.get().memoryBytes(MEMORY).build());
    }

    Guest(Vm vm) {
        this.vm = vm;
        vcpu = vm.vcpu(0);
        vcpu.setNia(START);
    }

    /** Puts code at {@link #START}, with {@link #STOP} behind it, and goes there. */
    Guest code(String text) {
        return code(START, text + STOP);
    }

    /** Puts code at an address. */
    Guest code(long address, String text) {
        int[] words = assembler.assemble(address, text);
        for (int i = 0; i < words.length; i++) {
            vm.memory().putInt(address + 4L * i, words[i]);
        }
        vcpu.setNia(START);
        return this;
    }

    /** Runs to {@link #END}. */
    Guest runToEnd() {
        Exit exit = vcpu.run();
        if (!(exit instanceof Exit.PaprHcall hcall) || hcall.nr() != END) {
            throw new AssertionError("expected the guest's end, got " + exit + "\n" + vcpu.registers());
        }
        return this;
    }

    /** Runs to a load or store that is the monitor's. */
    Exit.Mmio runToMmio() {
        return expect(Exit.Mmio.class, vcpu.run());
    }

    /** How often something has led out of guest code, by its name in the table of exits. */
    long exits(String name) {
        return vm.exitCounts().getOrDefault(name, 0L);
    }

    static <T> T expect(Class<T> type, Object value) {
        if (!type.isInstance(value)) {
            throw new AssertionError("expected " + type.getSimpleName() + ", got " + value);
        }
        return type.cast(value);
    }

    static void equal(Object expected, Object actual, String what) {
        if (!Objects.equals(expected, actual)) {
            throw new AssertionError(what + ": expected " + text(expected) + ", got " + text(actual));
        }
    }

    private static String text(Object value) {
        return value instanceof Long number ? "0x" + Long.toHexString(number) : String.valueOf(value);
    }

    static void isTrue(boolean value, String what) {
        if (!value) {
            throw new AssertionError(what);
        }
    }

    /** Expects an error whose message names something. */
    static void refused(Runnable action, String... names) {
        try {
            action.run();
        } catch (IllegalArgumentException | IllegalStateException e) {
            for (String name : names) {
                isTrue(String.valueOf(e.getMessage()).contains(name), "the error does not say " + name + ": " + e);
            }
            return;
        }
        throw new AssertionError("not refused: " + String.join(", ", names));
    }

    @Override
    public void close() {
        vm.close();
    }
}
