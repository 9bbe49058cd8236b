// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.wattle.power.isa.Assembler;
import dev.wattle.power.isa.InstructionTable;
import java.lang.invoke.VarHandle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Code that another thread than the vCPU's overwrites, as the I/O thread of a disk does. */
@Timeout(120)
class ForeignWritesTest {
    private static final long START = 0x1000;
    private static final long FUNCTION = 0x20000;
    private static final int ROUNDS = 300;

    private final Assembler assembler = new Assembler(InstructionTable.load());

    private void program(Vm vm, long address, String text) {
        int[] words = assembler.assemble(address, text);
        for (int i = 0; i < words.length; i++) {
            vm.memory().putInt(address + 4L * i, words[i]);
        }
    }

    @ParameterizedTest
    @EnumSource
    void code_thatAnotherThreadOverwrites_isRunAsItIsThen(EngineMode engine) throws InterruptedException {
        try (Vm vm = Vm.builder().memoryBytes(1 << 20).engine(engine).build()) {
            // Asks for a function that gives r5, waits until it is there, and calls it.
            program(vm, START, """
                    stw 5, 0x3000(0)
                    lwz 6, 0x3008(0)
                    cmpw 6, 5
                    bne 0x1004
                    icbi 0, 4
                    isync
                    mtctr 4
                    bctrl
                    addi 5, 5, 1
                    add 7, 7, 3
                    cmpwi 5, %d
                    bne 0x1000
                    li 3, 0x7abc
                    sc 1
                    """.formatted(ROUNDS));
            Vcpu vcpu = vm.vcpu(0);
            vcpu.setNia(START);
            vcpu.setGpr(4, FUNCTION);
            vcpu.setGpr(5, 1);
            vcpu.setGpr(7, 0);
            program(vm, FUNCTION, "li 3, 0 \n blr");
            Thread device = Thread.ofPlatform().daemon().start(() -> {
                for (int value = 1; value < ROUNDS; value++) {
                    while (vm.memory().getInt(0x3000) < value) {
                        VarHandle.acquireFence();
                        Thread.onSpinWait();
                    }
                    vm.memory().putInt(FUNCTION, assembler.assemble(FUNCTION, "li 3, " + value)[0]);
                    VarHandle.releaseFence();
                    vm.memory().putInt(0x3008, value);
                }
            });
            Exit exit = vcpu.run();
            device.join();
            assertEquals(0x7abc, assertInstanceOf(Exit.PaprHcall.class, exit).nr());
            assertEquals(ROUNDS * (ROUNDS - 1) / 2, vcpu.gpr(7));
        }
    }
}
