// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import dev.wattle.power.processor.GuestDebug;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Why {@link Vcpu#run} returned; members and payloads are named as KVM names them. */
public sealed interface Exit {
    /**
     * A load or store of a guest real address without storage that nobody on the {@link dev.wattle.hypervisor.io.IoBus}
     * claims, or a store to a memory slot that may only be read.
     *
     * <p>For a load the monitor fills in {@link #data}; the next run completes the instruction with it. An instruction
     * that accesses several pieces ends several runs.
     */
    final class Mmio implements Exit {
        private final long physAddr;
        private final byte[] data;
        private final boolean isWrite;
        private boolean rejected;

        Mmio(long physAddr, byte[] data, boolean isWrite) {
            this.physAddr = physAddr;
            this.data = data;
            this.isWrite = isWrite;
        }

        /** Guest real address of the first byte. */
        public long physAddr() {
            return physAddr;
        }

        /** How many bytes: 1, 2, 4 or 8. */
        public int len() {
            return data.length;
        }

        /** Whether it is a store. */
        public boolean isWrite() {
            return isWrite;
        }

        /** The bytes in the order of their addresses: those stored, or room for those to be loaded, 0 at first. */
        public byte[] data() {
            return data;
        }

        /** The bytes as a number without sign. */
        public long value(ByteOrder order) {
            long value = 0;
            for (int i = 0; i < data.length; i++) {
                int at = order == ByteOrder.BIG_ENDIAN ? i : data.length - 1 - i;
                value = value << 8 | data[at] & 0xff;
            }
            return value;
        }

        /** Fills in the bytes from a number, whose higher bytes do not count. */
        public void complete(long value, ByteOrder order) {
            for (int i = 0; i < data.length; i++) {
                int at = order == ByteOrder.BIG_ENDIAN ? data.length - 1 - i : i;
                data[at] = (byte) (value >>> 8 * i);
            }
        }

        /** Has the access end in a machine check, as one of an address where nothing is. */
        public void reject() {
            rejected = true;
        }

        boolean isRejected() {
            return rejected;
        }

        @Override
        public String toString() {
            return "Mmio[physAddr=0x" + Long.toHexString(physAddr) + ", len=" + data.length + ", isWrite=" + isWrite
                    + ", data=" + Arrays.toString(data) + "]";
        }
    }

    /**
     * A hypercall that the hypervisor does not answer itself. The caller sets GPR 3 to the return code and GPR 4 and the
     * following to the results, and runs on.
     *
     * @param nr the number from GPR 3
     * @param args GPR 4 to 12
     */
    record PaprHcall(long nr, long[] args) implements Exit {
        @Override
        public String toString() {
            return "PaprHcall[nr=0x" + Long.toHexString(nr) + ", args="
                    + Arrays.stream(args).mapToObj(Long::toHexString).collect(Collectors.joining(",")) + "]";
        }
    }

    /**
     * Something that {@link Vcpu#setGuestDebug} asked for. Before a breakpoint or watchpoint the instruction is not
     * executed; the next run executes it without stopping there again. For one in the code ({@link
     * GuestDebug#SOFTWARE_BREAKPOINT}) the debugger puts the guest's own instruction back first.
     *
     * @param status why
     * @param address of the next instruction; for the watchpoints, of the data
     */
    record Debug(GuestDebug.Cause status, long address) implements Exit {}

    /**
     * The guest has had a machine check, in a VM with {@link Capability#PPC_FWNMI}. SRR0, SRR1, DAR and DSISR are those of the
     * interrupt, the next instruction address is that of SRR0, and the MSR is the guest's own. The monitor has it go on in
     * a handler of the guest's; if it does nothing, the guest tries again.
     *
     * @param flags in the last two bits, KVM_RUN_PPC_NMI_DISP: 1 if the error is recovered from, 2 if it is for the most part,
     *     3 if it is not
     */
    record Nmi(int flags) implements Exit {
        /** {@link #flags} of an error that nobody has recovered from. */
        public static final int NOT_RECOVERED = 3;
    }

    /**
     * The vCPU cannot be entered: the monitor has given it registers that a guest cannot have.
     *
     * @param hardwareEntryFailureReason which register, and why
     */
    record FailEntry(String hardwareEntryFailureReason) implements Exit {}

    /**
     * The vCPU cannot go on, by a fault of this program's.
     *
     * @param reason what happened, with the guest's address and registers
     */
    record InternalError(String reason) implements Exit {}

    /** {@link Vcpu#kick} was called. */
    record Interrupted() implements Exit {}
}
