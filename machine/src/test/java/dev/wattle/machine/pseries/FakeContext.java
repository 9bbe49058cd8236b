// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.hypervisor.io.IoBus;
import dev.wattle.hypervisor.papr.area.ProcessorAreas;
import dev.wattle.hypervisor.papr.hcall.HypercallContext;
import java.util.Arrays;

/** A calling vCPU with registers and memory. */
final class FakeContext implements HypercallContext, AutoCloseable {
    final GuestMemory memory = GuestMemory.allocate(1 << 20);
    private final ProcessorAreas areas = new ProcessorAreas(memory);
    final IoBus io = new IoBus();
    final long[] registers = new long[9];

    /** Sets r4 and the following registers. */
    FakeContext with(long... arguments) {
        Arrays.fill(registers, 0);
        System.arraycopy(arguments, 0, registers, 0, arguments.length);
        return this;
    }

    @Override
    public long argument(int index) {
        return registers[index];
    }

    @Override
    public void result(int index, long value) {
        registers[index] = value;
    }

    @Override
    public GuestMemory memory() {
        return memory;
    }

    @Override
    public IoBus io() {
        return io;
    }

    @Override
    public int server() {
        return 0;
    }

    @Override
    public long timeBase() {
        return 0;
    }

    @Override
    public long random() {
        return 0;
    }

    @Override
    public void setLpcrBits(long mask, long value) {}

    @Override
    public void setSpr(int spr, long value) {}

    @Override
    public void registerProcessTable(long dword, boolean radix, boolean gtse) {}

    @Override
    public void cede() {}

    @Override
    public boolean prod(int server) {
        return false;
    }

    @Override
    public boolean systemReset(int server) {
        return false;
    }

    @Override
    public ProcessorAreas areas(int server) {
        return areas;
    }

    @Override
    public int serverCount() {
        return 1;
    }

    @Override
    public void close() {
        memory.close();
    }
}
