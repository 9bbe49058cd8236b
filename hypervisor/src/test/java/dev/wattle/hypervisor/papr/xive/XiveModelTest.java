// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xive;

import dev.wattle.engine.memory.GuestMemory;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** The concurrent core under a model checker (Lincheck): interleavings of a few operations give what some order gives. */
class XiveModelTest {
    private static final int PRIORITY = 6;
    /** Random scenarios; more find more. */
    private static final int SCENARIOS = Integer.getInteger("wattle.model.scenarios", 20);

    private static final GuestMemory MEMORY = GuestMemory.allocate(1 << 16);

    @AfterAll
    static void close() {
        MEMORY.close();
    }

    private static ModelCheckingOptions options() {
        return new ModelCheckingOptions()
                .threads(2)
                .actorsPerThread(2)
                .actorsBefore(1)
                .actorsAfter(2)
                .iterations(SCENARIOS)
                .invocationsPerIteration(300);
    }

    /** A source, and the number of events that it has forwarded. */
    @Param(name = "pq", gen = IntGen.class, conf = "0:3")
    public static class SourceModel {
        private int forwarded;
        private final XiveSource source = new XiveSource(5, false, number -> forwarded++);
        private final SoftwareBacking other = new SoftwareBacking();
        private EsbBacking next = other;

        /** An event. */
        @Operation
        public void trigger() {
            source.trigger();
        }

        /** A store to the trigger page. */
        @Operation
        public void store() {
            source.storeTrigger();
        }

        /** An end of interrupt. */
        @Operation
        public long end() {
            return source.load(0);
        }

        /** Sets P and Q. */
        @Operation
        public long setPq(@Param(name = "pq") int pq) {
            return source.load(0xc00 | pq << 8);
        }

        /** Replaces what is behind the pages. */
        @Operation(nonParallelGroup = "switch")
        public void switchBacking() {
            next = source.switchTo(next);
        }

        /** What the queue would have got; read under the lock of the backing. */
        @Operation
        public long state() {
            source.sync();
            return source.load(0x800);
        }
    }

    /** A thread context. */
    @Param(name = "priority", gen = IntGen.class, conf = "5:7")
    public static class ContextModel {
        private boolean line;
        private final ThreadContext context = new ThreadContext(0);

        /** Connects the line. */
        public ContextModel() {
            context.connect(asserted -> line = asserted);
        }

        /** A priority becomes pending. */
        @Operation
        public boolean notifyPriority(@Param(name = "priority") int priority) {
            return context.notify(priority);
        }

        /** The guest accepts. */
        @Operation
        public int accept() {
            return context.accept();
        }

        /** The guest sets its CPPR. */
        @Operation
        public void setCppr(@Param(name = "priority") int priority) {
            context.setCppr(priority);
        }

        /** All of it. */
        @Operation
        public String state() {
            ThreadContext.Snapshot now = context.snapshot();
            return now + now.violation();
        }
    }

    /** Source, router, queue and context together, with the source for interrupts between processors. */
    public static class ControllerModel {
        private final Xive xive = new Xive(1, 1, MEMORY, true);
        private final XiveSource source = xive.source(0).orElseThrow();

        /** Directs the source to a queue, and turns it on. */
        public ControllerModel() {
            xive.setQueue(0, PRIORITY, true, 0x1000, 12);
            xive.setSource(0, false, 0, PRIORITY, 1);
            source.load(0xc00);
            xive.context(0).setCppr(0xff);
        }

        /** An event. */
        @Operation
        public void trigger() {
            source.trigger();
        }

        /** An end of interrupt. */
        @Operation
        public long end() {
            return source.load(0);
        }

        /** The guest accepts. */
        @Operation
        public int accept() {
            return xive.context(0).accept();
        }

        /** The guest admits all again. */
        @Operation
        public void admit() {
            xive.context(0).setCppr(0xff);
        }

        /** Masks the source: no event afterwards is in the queue. */
        @Operation
        public long mask() {
            xive.setSource(0, true, 0, PRIORITY, 1);
            return xive.queue(0, PRIORITY).written();
        }
    }

    @Test
    void Source_allInterleavings_areLinearizable() {
        options().check(SourceModel.class);
    }

    @Test
    void Context_allInterleavings_areLinearizable() {
        options().check(ContextModel.class);
    }

    @Test
    void Controller_allInterleavings_areLinearizable() {
        options().iterations((SCENARIOS + 1) / 2).invocationsPerIteration(200).check(ControllerModel.class);
    }
}
