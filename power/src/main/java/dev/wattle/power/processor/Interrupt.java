// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

/** The interrupts, by the book's names, with their vectors (Power ISA 3.0B, Book III, figure 65). */
public enum Interrupt {
    SYSTEM_RESET(0x100),
    MACHINE_CHECK(0x200),
    DATA_STORAGE(0x300),
    DATA_SEGMENT(0x380),
    INSTRUCTION_STORAGE(0x400),
    INSTRUCTION_SEGMENT(0x480),
    EXTERNAL(0x500),
    ALIGNMENT(0x600),
    PROGRAM(0x700),
    FLOATING_POINT_UNAVAILABLE(0x800),
    DECREMENTER(0x900),
    HYPERVISOR_DECREMENTER(0x980),
    DIRECTED_PRIVILEGED_DOORBELL(0xa00),
    SYSTEM_CALL(0xc00),
    TRACE(0xd00),
    HYPERVISOR_DATA_STORAGE(0xe00),
    HYPERVISOR_INSTRUCTION_STORAGE(0xe20),
    HYPERVISOR_EMULATION_ASSISTANCE(0xe40),
    PERFORMANCE_MONITOR(0xf00),
    VECTOR_UNAVAILABLE(0xf20),
    VSX_UNAVAILABLE(0xf40),
    FACILITY_UNAVAILABLE(0xf60),
    HYPERVISOR_FACILITY_UNAVAILABLE(0xf80),
    SYSTEM_CALL_VECTORED(0x3000);

    private final int vector;

    Interrupt(int vector) {
        this.vector = vector;
    }

    /** Effective address offset of the handler; for SYSTEM_CALL_VECTORED that of level 0 with relocation. */
    public int vector() {
        return vector;
    }
}
