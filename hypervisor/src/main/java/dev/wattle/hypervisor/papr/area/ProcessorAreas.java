// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.area;

import dev.wattle.engine.memory.GuestMemory;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * The areas that are registered for one virtual processor: the virtual processor area (VPA), the SLB shadow buffer and
 * the dispatch trace log (DTL), which hang on it (PAPR, "Per Virtual Processor Area" and "Dispatch Trace Log").
 *
 * <p>While there is a VPA, its dispatch counter is even while the processor executes guest code and odd while it does
 * not; while there is a DTL, it gets an entry for each dispatch of a kind that the VPA's mask asks for.
 *
 * <p>Thread-safe: a processor may register the areas of another. {@link #yield} and {@link #dispatch} are the
 * processor's own.
 */
public final class ProcessorAreas {
    /** Bytes of a VPA that the hypervisor uses, which is the least that one can have. */
    public static final int VPA_BYTES = 640;

    /** Bytes of an entry of the DTL. */
    public static final int LOG_ENTRY_BYTES = 48;

    private static final int SHARED_PROCESSOR_OFFSET = 9;
    private static final int SHARED_PROCESSOR = 2;
    private static final int LOG_MASK_OFFSET = 0xb8;
    private static final int DISPATCH_COUNT_OFFSET = 0x100;
    private static final int ENQUEUE_TO_DISPATCH_OFFSET = 0x158;
    private static final int WAIT_TO_READY_OFFSET = 0x168;
    private static final int LOG_INDEX_OFFSET = 0x218;

    private static final int MASK_VOLUNTARY = 1;
    private static final int MASK_PREEMPTED = 2;

    /** An area of guest memory: real address and bytes, both 0 for none. */
    public record Area(long address, long bytes) {
        /** No area. */
        public static final Area NONE = new Area(0, 0);

        /** Whether there is one. */
        public boolean exists() {
            return address != 0;
        }
    }

    /** Why a processor ceased to execute guest code, with PAPR's codes. */
    public enum Preemption {
        /** The hypervisor, or the machine, has something to do for it. */
        FIRMWARE(1, MASK_PREEMPTED),
        /** H_CEDE and H_JOIN. */
        CEDE(2, MASK_VOLUNTARY);

        private final int code;
        private final int mask;

        Preemption(int code, int mask) {
            this.code = code;
            this.mask = mask;
        }
    }

    /** Why a processor executes guest code again, with PAPR's codes. */
    public enum Dispatch {
        EXTERNAL_INTERRUPT(0),
        /** What it waited for has been done. */
        FIRMWARE(1),
        PROD(2),
        DECREMENTER(3),
        SYSTEM_RESET(4),
        PRIVILEGED_DOORBELL(10);

        private final int code;

        Dispatch(int code) {
            this.code = code;
        }
    }

    private final GuestMemory memory;
    private final ReentrantLock lock = new ReentrantLock();
    /** Written with the lock held; read without, so that processors without areas pay nothing. */
    private volatile boolean registered;
    /** Written by the processor, which looks at {@link #registered} afterwards. */
    private volatile boolean isDispatched;

    private Area vpa = Area.NONE;
    private Area slbShadow = Area.NONE;
    private Area log = Area.NONE;
    private long logIndex;
    private long nextEntry;
    private Preemption preemption = Preemption.FIRMWARE;
    private long yieldedAt;
    private boolean isYieldTimed;

    /**
     * @param memory where the areas are; they are checked at each use, since its slots may change
     */
    public ProcessorAreas(GuestMemory memory) {
        this.memory = memory;
    }

    /** The VPA. */
    public Area vpa() {
        return locked(() -> vpa);
    }

    /** The SLB shadow buffer. */
    public Area slbShadow() {
        return locked(() -> slbShadow);
    }

    /** The DTL. */
    public Area dispatchTraceLog() {
        return locked(() -> log);
    }

    @FunctionalInterface
    private interface Answer<T> {
        T get();
    }

    private <T> T locked(Answer<T> answer) {
        lock.lock();
        try {
            return answer.get();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Registers a VPA, in place of an earlier one, or none.
     *
     * @return false if there are areas that hang on the one to be deregistered; nothing has changed then
     */
    public boolean setVpa(Area area) {
        return locked(() -> {
            if (!area.exists() && (slbShadow.exists() || log.exists())) {
                return false;
            }
            vpa = area;
            registered = area.exists();
            if (isThere(vpa)) {
                long shared = vpa.address + SHARED_PROCESSOR_OFFSET;
                memory.putByte(shared, (byte) (memory.getByte(shared) | SHARED_PROCESSOR));
                memory.putInt(vpa.address + DISPATCH_COUNT_OFFSET, isDispatched ? 2 : 1);
            }
            return true;
        });
    }

    /**
     * Registers an SLB shadow buffer, in place of an earlier one, or none.
     *
     * @return false if there is no VPA that it can hang on; nothing has changed then
     */
    public boolean setSlbShadow(Area area) {
        return locked(() -> {
            if (area.exists() && !vpa.exists()) {
                return false;
            }
            slbShadow = area;
            return true;
        });
    }

    /**
     * Registers a DTL, in place of an earlier one, or none. Its first entry will be at its start.
     *
     * @param area its length counts as far as it is a multiple of {@link #LOG_ENTRY_BYTES}
     * @return false if there is no VPA that it can hang on; nothing has changed then
     */
    public boolean setDispatchTraceLog(Area area) {
        return locked(() -> {
            if (area.exists() && !vpa.exists()) {
                return false;
            }
            log = new Area(area.address, area.bytes - area.bytes % LOG_ENTRY_BYTES);
            logIndex = 0;
            nextEntry = log.address;
            return true;
        });
    }

    /**
     * Goes on with the DTL of a processor that was elsewhere, behind the entries that the VPA says it has.
     *
     * @param area its length is at least {@link #LOG_ENTRY_BYTES}
     * @return as for {@link #setDispatchTraceLog}
     */
    public boolean resumeDispatchTraceLog(Area area) {
        return locked(() -> {
            if (!setDispatchTraceLog(area)) {
                return false;
            }
            if (log.exists() && isThere(vpa)) {
                logIndex = memory.getLong(vpa.address + LOG_INDEX_OFFSET);
                nextEntry += Long.remainderUnsigned(logIndex, log.bytes / LOG_ENTRY_BYTES) * LOG_ENTRY_BYTES;
            }
            return true;
        });
    }

    /** Has no area registered any more. */
    public void clear() {
        locked(() -> {
            log = Area.NONE;
            slbShadow = Area.NONE;
            vpa = Area.NONE;
            registered = false;
            return true;
        });
    }

    /** The processor ceases to execute guest code. */
    public void yield(LongSupplier timeBase, Preemption reason) {
        isDispatched = false;
        if (registered) {
            locked(() -> {
                countDispatch();
                preemption = reason;
                yieldedAt = timeBase.getAsLong();
                isYieldTimed = true;
                return true;
            });
        }
    }

    /**
     * The processor executes guest code again.
     *
     * @param nia address of its next instruction
     */
    public void dispatch(LongSupplier timeBase, Dispatch reason, long nia, long msr) {
        isDispatched = true;
        if (registered) {
            locked(() -> {
                countDispatch();
                if (isYieldTimed && isThere(vpa)) {
                    isYieldTimed = false;
                    dispatched(timeBase.getAsLong(), reason, nia, msr);
                }
                return true;
            });
        }
    }

    /** Makes the dispatch counter even or odd, as it must be. */
    private void countDispatch() {
        if (isThere(vpa)) {
            long counter = vpa.address + DISPATCH_COUNT_OFFSET;
            int count = memory.getInt(counter);
            if ((count & 1) == 0 != isDispatched) {
                memory.putInt(counter, count + 1);
            }
        }
    }

    private void dispatched(long timeBase, Dispatch reason, long nia, long msr) {
        long away = Math.max(0, timeBase - yieldedAt);
        boolean isVoluntary = preemption == Preemption.CEDE;
        long total = vpa.address + (isVoluntary ? WAIT_TO_READY_OFFSET : ENQUEUE_TO_DISPATCH_OFFSET);
        memory.putLong(total, memory.getLong(total) + away);
        if (!isThere(log) || (memory.getByte(vpa.address + LOG_MASK_OFFSET) & preemption.mask) == 0) {
            return;
        }
        int ticks = (int) Math.min(away, 0xffff_ffffL);
        long entry = nextEntry;
        memory.putByte(entry, (byte) reason.code);
        memory.putByte(entry + 1, (byte) preemption.code);
        memory.putShort(entry + 2, (short) 0);
        memory.putInt(entry + 4, isVoluntary ? 0 : ticks);
        memory.putInt(entry + 8, 0);
        memory.putInt(entry + 12, isVoluntary ? ticks : 0);
        memory.putLong(entry + 16, timeBase);
        memory.putLong(entry + 24, 0);
        memory.putLong(entry + 32, nia);
        memory.putLong(entry + 40, msr);
        nextEntry += LOG_ENTRY_BYTES;
        if (nextEntry == log.address + log.bytes) {
            nextEntry = log.address;
        }
        // The guest must find the entry once it is counted.
        VarHandle.releaseFence();
        memory.putLong(vpa.address + LOG_INDEX_OFFSET, ++logIndex);
    }

    /** Whether an area is registered and its memory, which may have been taken away since, still there. */
    private boolean isThere(Area area) {
        return area.exists() && memory.contains(area.address, area.bytes);
    }
}
