// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.hypervisor.ClockMode;
import dev.wattle.hypervisor.MmuMode;
import dev.wattle.hypervisor.ProcessorTopology;
import dev.wattle.machine.ConfigurationException;
import dev.wattle.machine.pci.PciFunction;
import dev.wattle.power.model.ProcessorModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PseriesMachineTest {
    private static String refusal(PseriesMachine.Builder builder) {
        String message =
                assertThrows(ConfigurationException.class, builder::build).getMessage();
        assertEquals(-1, message.indexOf('\n'), message);
        return message;
    }

    @Test
    void Build_withoutKernel_isRefused() {
        assertTrue(refusal(PseriesMachine.builder()).startsWith("kernel: none given"));
        assertTrue(refusal(PseriesMachine.builder().kernel(Path.of("/nonexistent/vmlinux")))
                .contains("/nonexistent/vmlinux: no such file"));
    }

    @Test
    void Build_badMemory_isRefused() {
        assertTrue(refusal(PseriesMachine.builder().memoryBytes(0)).startsWith("memory 0 bytes"));
        assertTrue(
                refusal(PseriesMachine.builder().memoryBytes((64 << 20) + 4096)).startsWith("memory 67112960"));
        assertTrue(refusal(PseriesMachine.builder().memoryBytes(-1)).startsWith("memory -1"));
        assertTrue(refusal(PseriesMachine.builder().memoryBytes(8L << 40)).startsWith("memory 8388608 MiB"));
    }

    @Test
    void Build_badBootArguments_areRefused() {
        assertTrue(refusal(PseriesMachine.builder().bootArguments("x".repeat(2048)))
                .startsWith("boot arguments: 2048 characters"));
        assertTrue(refusal(PseriesMachine.builder().bootArguments("a\nb")).contains("character 2"));
    }

    @Test
    void Build_processorWithoutRadix_isRefused() {
        assertTrue(refusal(PseriesMachine.builder()
                        .processor(ProcessorModel.POWER8)
                        .mmu(MmuMode.RADIX))
                .startsWith("mmu radix: processor power8 "));
    }

    @Test
    void Build_processorWithoutXive_isRefused() {
        assertTrue(refusal(PseriesMachine.builder()
                        .processor(ProcessorModel.POWER8)
                        .interrupts(InterruptChoice.XIVE))
                .startsWith("interrupts xive: processor power8 "));
    }

    @Test
    void Build_firmwareThatCannotBe_isRefusedByName(@TempDir Path directory) throws Exception {
        assertTrue(refusal(PseriesMachine.builder().firmware(Path.of("/nonexistent/slof.bin")))
                .startsWith("firmware /nonexistent/slof.bin: no such file"));
        Path foreign = Files.write(directory.resolve("bios.bin"), new byte[1 << 16]);
        assertTrue(refusal(PseriesMachine.builder().firmware(foreign))
                .startsWith("firmware " + foreign + ": not a firmware image"));
    }

    @Test
    void Build_coresThatCannotBe_areRefused() {
        ProcessorTopology topology = new ProcessorTopology(1, 2, 3);
        assertTrue(refusal(PseriesMachine.builder().topology(topology).cores(Set.of(0, 3)))
                .startsWith("cores: there is no core 3 among the 3"));
        assertTrue(refusal(PseriesMachine.builder().topology(topology).cores(Set.of(1)))
                .startsWith("cores: without core 0"));
        assertTrue(refusal(PseriesMachine.builder().topology(topology).clock(ClockMode.VIRTUAL))
                .startsWith("smp: 6 vCPUs"));
    }

    @Test
    void Build_bootOrderThatCannotBe_isRefused() {
        assertTrue(refusal(PseriesMachine.builder().bootOrder("ax")).startsWith("boot order 'ax'"));
        assertTrue(refusal(PseriesMachine.builder().bootOrder("c")).contains("only a firmware"));
    }

    @Test
    void Build_disabledHypercallThatNobodyKnows_isRefused(@TempDir Path directory) throws Exception {
        Path rom = FirmwareStartupTest.rom(directory);
        assertTrue(refusal(PseriesMachine.builder().firmware(rom).disableHypercall("H_NOTHING"))
                .startsWith("hypercall H_NOTHING: "));
        assertTrue(refusal(PseriesMachine.builder().firmware(rom).disableHypercall("H_PUT_TERM_CHAR"))
                .startsWith("hypercall H_PUT_TERM_CHAR: "));
        PseriesMachine.builder()
                .firmware(rom)
                .disableHypercall("H_LOGICAL_CI_STORE")
                .build()
                .close();
    }

    @Test
    void Build_moreThan32Functions_isRefused() {
        PseriesMachine.Builder builder = PseriesMachine.builder();
        for (int i = 0; i < 32; i++) {
            builder.pci(PciFunction.builder(1, 2).build());
        }
        PciFunction another = PciFunction.builder(1, 2).build();
        assertThrows(IllegalArgumentException.class, () -> builder.pci(another));
    }
}
