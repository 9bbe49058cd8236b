// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.hypervisor.io.IoBus;
import dev.wattle.hypervisor.papr.area.ProcessorAreas;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A calling vCPU that records what is done to it. */
final class FakeContext implements HypercallContext, AutoCloseable {
    final GuestMemory memory = GuestMemory.allocate(1 << 20);
    private final ProcessorAreas areas = new ProcessorAreas(memory);
    final IoBus io = new IoBus();
    final long[] registers = new long[9];
    final List<String> events = new ArrayList<>();
    int servers = 1;
    boolean radix;

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
        return 42;
    }

    @Override
    public long random() {
        return 7;
    }

    @Override
    public void setLpcrBits(long mask, long value) {
        events.add(String.format("lpcr %x=%x", mask, value));
    }

    @Override
    public void setSpr(int spr, long value) {
        events.add(String.format("spr %d=%x", spr, value));
    }

    @Override
    public void registerProcessTable(long dword, boolean radix, boolean gtse) {
        events.add(String.format("table %x radix=%b gtse=%b", dword, radix, gtse));
    }

    @Override
    public boolean isRadix() {
        return radix;
    }

    @Override
    public void forgetProcess(long pid) {
        events.add("forget process " + pid);
    }

    @Override
    public void forgetPage(long pid, long ea, long bytes) {
        events.add(String.format("forget %d %x %x", pid, ea, bytes));
    }

    @Override
    public void cede() {
        events.add("cede");
    }

    @Override
    public boolean prod(int server) {
        events.add("prod " + server);
        return server < servers;
    }

    @Override
    public boolean systemReset(int server) {
        events.add("reset " + server);
        return server < servers;
    }

    @Override
    public ProcessorAreas areas(int server) {
        return areas;
    }

    @Override
    public int serverCount() {
        return servers;
    }

    @Override
    public void close() {
        memory.close();
    }
}
