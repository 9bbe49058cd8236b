// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import dev.wattle.engine.ir.Block;
import dev.wattle.engine.memory.HostMemory;
import dev.wattle.engine.translate.BlockListing;
import dev.wattle.engine.translate.FrontEnd;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Lists the host code of blocks, by emitting it to be looked at: engines note nothing while they emit.
 *
 * <p>One that is made on its own needs no memory for code, and works on hosts that could not execute what it lists. Its
 * listings depend on nothing but the block and the features.
 */
public final class HostCodeLister {
    private static final long BASE = 0x1000_0000;
    private static final long BLOCKS = BASE + 4096;
    /** Room for what stands before the entry. */
    private static final int FRONT_BYTES = 64;

    private static final int BUFFER_BYTES = BlockEmitter.MOST_BYTES + FRONT_BYTES;
    private static final int RECORD_BYTES = 16;
    private static final int REFERENCE_BYTES = 4;
    /** Not the number of any part. */
    private static final int NOWHERE = -2;

    private static final String HIDDEN_ROUTINE = "<routine>";

    private final FrontEnd frontEnd;
    private final Layout layout;
    private final Gateway gateway;
    private final HostFeatures features;
    private final long codeBase;
    private final boolean exactDeadline;
    private final MemorySegment buffer = Arena.ofAuto().allocate(BUFFER_BYTES, 64);

    /**
     * @param frontEnd the translator of guest code, for what it says of the guest's registers
     * @param features what code may use
     * @param exactDeadline as for {@link NativeEngine}
     */
    public HostCodeLister(FrontEnd frontEnd, HostFeatures features, boolean exactDeadline) {
        this.frontEnd = frontEnd;
        this.features = features;
        this.exactDeadline = exactDeadline;
        layout = new Layout(frontEnd.hotSlots(), frontEnd.baseSlots());
        gateway = new Gateway(new Assembler(buffer.address(), BASE), layout);
        codeBase = BASE;
    }

    /** Lists what an engine has emitted, with the same layout and gateway. */
    HostCodeLister(
            FrontEnd frontEnd,
            Layout layout,
            Gateway gateway,
            HostFeatures features,
            long codeBase,
            boolean exactDeadline) {
        this.frontEnd = frontEnd;
        this.layout = layout;
        this.gateway = gateway;
        this.features = features;
        this.codeBase = codeBase;
        this.exactDeadline = exactDeadline;
    }

    /**
     * Lists a block as it would be emitted.
     *
     * @param guestCode the code that the block was made from, in the order of storage
     * @param address the effective address to show for it
     */
    public BlockListing list(Block block, byte[] guestCode, long address) {
        return new BlockListing(
                frontEnd, block, guestCode, address, emit(block, BLOCKS, false).parts());
    }

    /** Lists a block with its code as it stands in the engine's memory, where jumps have been linked since. */
    BlockListing listEmitted(Block block, byte[] guestCode, long address) {
        return new BlockListing(
                frontEnd,
                block,
                guestCode,
                address,
                emit(block, block.hostCode, true).parts());
    }

    /** Where in a block's code an address is: an operation or other part, and the bytes from its start. */
    String where(Block block, long address) {
        return emit(block, block.hostCode, true).place(NOWHERE, address);
    }

    /** Which guest registers the block's code keeps in other host registers than usual. */
    List<String> exchanged(Block block) {
        List<String> lines = new ArrayList<>();
        Exchanges exchanges = emit(block, BLOCKS, false).emitter.exchanges();
        for (int k = 0; k < exchanges.count(); k++) {
            lines.add("%s has %s where other code has %s"
                    .formatted(
                            Register.name(exchanges.register(k)),
                            frontEnd.slotName(exchanges.guest(k)),
                            frontEnd.slotName(exchanges.displaced(k))));
        }
        return lines;
    }

    private Recording emit(Block block, long entry, boolean isLive) {
        long start = entry - BlockEmitter.HEADER_BYTES;
        Assembler asm = new Assembler(buffer.address(), start);
        BlockEmitter emitter =
                new BlockEmitter(asm, layout, gateway, features, codeBase, 0, exactDeadline, frontEnd.watchedModes());
        Recording recording = new Recording(block, asm, emitter, isLive);
        emitter.listener(recording);
        recording.entry = emitter.emit(block);
        return recording;
    }

    /** What has been emitted for one block. */
    private final class Recording implements EmissionListener {
        private final Block block;
        private final Assembler asm;
        private final BlockEmitter emitter;
        private final boolean isLive;
        private final Map<Long, Long> references = new HashMap<>();
        private long entry;

        // The parts: where each starts, the operation, or the stub and the operation that wanted it.
        private int count;
        private long[] starts = new long[64];
        private int[] operations = new int[64];
        private int[] kinds = new int[64];
        private String[] names = new String[64];
        private int current;
        private int[] wantedBy = new int[64];
        private long end;

        Recording(Block block, Assembler asm, BlockEmitter emitter, boolean isLive) {
            this.block = block;
            this.asm = asm;
            this.emitter = emitter;
            this.isLive = isLive;
        }

        @Override
        public void operation(int i, long at) {
            current = i;
            add(at, i, 0, "");
        }

        @Override
        public void stubWanted(int k) {
            if (k >= wantedBy.length) {
                wantedBy = Arrays.copyOf(wantedBy, k * 2);
            }
            wantedBy[k] = current;
        }

        @Override
        public void stub(int k, int kind, long at) {
            int earlier = 0;
            for (int j = 0; j < k; j++) {
                earlier += wantedBy[j] == wantedBy[k] ? 1 : 0;
            }
            String name = "exit " + BlockListing.name(block, wantedBy[k]) + (earlier == 0 ? "" : "#" + (earlier + 1));
            add(at, -1, kind, name);
        }

        @Override
        public void records(long at) {
            add(at, -1, 0, "records");
        }

        @Override
        public void loopExit(long at) {
            add(at, -1, 0, "loop exit");
        }

        @Override
        public void end(long at) {
            end = at;
        }

        @Override
        public void reference(long place, long target) {
            references.put(place, target);
        }

        private void add(long at, int operation, int kind, String name) {
            if (count == starts.length) {
                starts = Arrays.copyOf(starts, count * 2);
                operations = Arrays.copyOf(operations, count * 2);
                kinds = Arrays.copyOf(kinds, count * 2);
                names = Arrays.copyOf(names, count * 2);
            }
            starts[count] = at;
            operations[count] = operation;
            kinds[count] = kind;
            names[count] = name;
            count++;
        }

        List<BlockListing.HostPart> parts() {
            List<BlockListing.HostPart> parts = new ArrayList<>();
            parts.add(part(-1, -1, "entry", entry, starts[0]));
            for (int k = 0; k < count; k++) {
                long behind = k + 1 < count ? starts[k + 1] : end;
                String name = kinds[k] == 0 ? names[k] : names[k] + " " + Exits.NAMES.get(kinds[k]);
                parts.add(part(k, operations[k], name, starts[k], behind));
            }
            return parts;
        }

        private BlockListing.HostPart part(int k, int operation, String name, long from, long to) {
            List<String> tokens = new ArrayList<>();
            boolean isRecords = name.equals("records");
            // Behind the jump to the gateway stands a descriptor: no code.
            long descriptor = Long.MAX_VALUE;
            long at = from;
            while (at < to) {
                long inDescriptor = at - descriptor;
                if (references.containsKey(at)) {
                    long target = target(at);
                    tokens.add("<" + place(k, target) + ">");
                    at += REFERENCE_BYTES;
                    if (target == gateway.exit) {
                        descriptor = at;
                    }
                } else if (inDescriptor == Exits.RESUME && isResumed(at - Exits.RESUME)) {
                    tokens.add("<" + place(k, descriptor + HostMemory.getIntLe(asm.writable(at))) + ">");
                    at += REFERENCE_BYTES;
                } else if (inDescriptor == Exits.IMMEDIATE + 4 && isRoutine(descriptor)
                        || isRecords && (at - from) % RECORD_BYTES == 12) {
                    tokens.add(HIDDEN_ROUTINE);
                    at += REFERENCE_BYTES;
                } else {
                    tokens.add("%02x".formatted(HostMemory.getByte(bytes(at)) & 0xff));
                    at++;
                }
            }
            return new BlockListing.HostPart(operation, name, (int) (to - from), tokens);
        }

        private int kind(long descriptor) {
            return HostMemory.getByte(asm.writable(descriptor));
        }

        private boolean isRoutine(long descriptor) {
            int kind = kind(descriptor);
            return kind == Exits.CALL || kind == Exits.CALL_END;
        }

        private boolean isResumed(long descriptor) {
            return kind(descriptor) != Exits.CALL_END;
        }

        /** Where a byte of code is to be read. */
        private long bytes(long at) {
            return isLive ? at : asm.writable(at);
        }

        private long target(long place) {
            long emitted = references.getOrDefault(place, 0L);
            if (!isLive || HostMemory.getIntLe(place) == HostMemory.getIntLe(asm.writable(place))) {
                return emitted;
            }
            return place + REFERENCE_BYTES + HostMemory.getIntLe(place);
        }

        /** An address in words that stay the same when code elsewhere changes its size. */
        private String place(int from, long target) {
            if (target == gateway.exit) {
                return "leave";
            }
            if (target == gateway.jumpOut) {
                return "leave for a jump";
            }
            if (target == gateway.jumpMissed) {
                return "look further for a jump";
            }
            if (target == gateway.invalid) {
                return "invalid";
            }
            if (target == entry) {
                return "entry";
            }
            if (target < entry || target >= end) {
                return Long.toHexString(target);
            }
            int k = count - 1;
            while (k >= 0 && starts[k] > target) {
                k--;
            }
            long into = target - (k < 0 ? entry : starts[k]);
            String name = k < 0
                    ? "entry"
                    : k == from ? "here" : operations[k] < 0 ? names[k] : BlockListing.name(block, operations[k]);
            return into == 0 ? name : name + "+" + into;
        }
    }
}
