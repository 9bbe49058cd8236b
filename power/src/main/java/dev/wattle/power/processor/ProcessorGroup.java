// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.engine.translate.CodePage;
import dev.wattle.engine.translate.CodeWatch;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * The processors that share one memory, and what they tell each other: that a translation is no more, or that code has
 * changed.
 *
 * <p>A processor heeds what it is told at its next look at pending work. Who must not go on before it has been heeded calls
 * {@link #await}, without a lock that a processor may want: it heeds meanwhile what it is told itself.
 */
public final class ProcessorGroup {
    /** Processors of one group. */
    public static final int CAPACITY = CodeWatch.MOST_PROCESSORS;

    private static final int SPINS = 200;

    private final CodeWatch codeWatch = new CodeWatch();
    private volatile PowerProcessor[] members = {};

    /** Makes the group of a memory, whose writes by others than the guest it has reported to itself. */
    public ProcessorGroup(GuestMemory memory) {
        memory.onWrite(this::written);
    }

    /**
     * Adds a processor, while all others are between two instructions; its number is that of those before it. It knows no
     * translations and no code yet, and sees by the watch what code the others have translated.
     */
    synchronized int join(PowerProcessor processor) {
        int number = members.length;
        if (number == CAPACITY) {
            throw new IllegalStateException("a group has at most " + CAPACITY + " processors");
        }
        members = Arrays.copyOf(members, number + 1);
        members[number] = processor;
        return number;
    }

    CodeWatch codeWatch() {
        return codeWatch;
    }

    /** Whether there are others than one. */
    boolean isShared() {
        return members.length > 1;
    }

    /** Told of each write by others than the guest's own stores, behind it. Any thread. */
    private void written(long ra, long length) {
        // The write comes before the look at who has read it.
        VarHandle.fullFence();
        written(ra, length, -1L);
    }

    /** Tells those of some processors that have translations of some code that it has changed. Any thread. */
    void written(long ra, long length, long whom) {
        for (long at = ra; at < ra + length; ) {
            long end = Math.min(ra + length, (at & -CodePage.SMALL) + CodePage.SMALL);
            long start = at;
            for (long left = codeWatch.processors(at) & whom; left != 0; left &= left - 1) {
                PowerProcessor processor = members[Long.numberOfTrailingZeros(left)];
                tell(processor, p -> p.codeCache().written(start, end - start));
            }
            at = end;
        }
    }

    /**
     * Has a processor do something: at once if this is its thread, and otherwise when it next looks at pending work, or goes
     * on. Any thread.
     */
    public void tell(PowerProcessor processor, Consumer<PowerProcessor> message) {
        if (processor.isOn(Thread.currentThread())) {
            message.accept(processor);
        } else {
            send(processor, message);
        }
    }

    private static void send(PowerProcessor processor, Consumer<PowerProcessor> message) {
        processor.inbox().send(() -> message.accept(processor));
        processor.request(PowerProcessor.PENDING_KICK);
    }

    /** The same for all processors. */
    public void tellAll(Consumer<PowerProcessor> message) {
        for (PowerProcessor processor : members) {
            tell(processor, message);
        }
    }

    /** The same for all but one. */
    void tellOthers(PowerProcessor sender, Consumer<PowerProcessor> message) {
        for (PowerProcessor processor : members) {
            if (processor != sender) {
                send(processor, message);
            }
        }
    }

    /** Waits until no processor will execute anything before it has heeded what it has been told. On its own thread. */
    public void await(PowerProcessor waiting) {
        for (PowerProcessor processor : members) {
            if (processor == waiting) {
                continue;
            }
            long ticket = processor.inbox().ticket();
            for (int spins = 0; !processor.inbox().isHeeded(ticket); spins++) {
                waiting.heed();
                waiting.platform().performTasks(waiting);
                if (spins < SPINS) {
                    Thread.onSpinWait();
                } else {
                    Thread.yield();
                }
            }
        }
    }
}
