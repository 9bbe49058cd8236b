// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.memory.HostMemory;
import dev.wattle.engine.translate.BlockListing.Detail;
import dev.wattle.engine.translate.FrontEnd;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * What is to be known of a fault in generated code, in a file of its own: too much for a message, and gone with the
 * guest.
 */
final class FaultReport {
    private static final int MOST_FILES = 1000;

    private final FrontEnd frontEnd;
    private final Layout layout;
    private final HostCodeLister lister;
    private final long state;

    FaultReport(FrontEnd frontEnd, Layout layout, HostCodeLister lister, long state) {
        this.frontEnd = frontEnd;
        this.layout = layout;
        this.lister = lister;
        this.state = state;
    }

    /**
     * Writes the report of the fault that the state block tells of.
     *
     * @param block the block with the faulting code
     * @param guestCode the guest code of that
     * @param address the block's effective address
     * @param region what the code is of if it is not the block's own, or {@link Region#NONE}
     * @return where the report is, or why there is none, to be put behind a message
     */
    String write(Block block, byte[] guestCode, long address, Region region) {
        String text;
        try {
            text = text(block, guestCode, address, region);
        } catch (RuntimeException e) {
            // The fault itself is to be reported, whatever is wrong with this.
            return "; no report of it: " + e;
        }
        String reason = "";
        for (String folder : new String[] {"", System.getProperty("java.io.tmpdir", "/tmp")}) {
            try {
                return "; see " + write(Path.of(folder).toAbsolutePath(), text);
            } catch (IOException e) {
                reason = e.toString();
            }
        }
        return "; no report of it could be written: " + reason;
    }

    private static Path write(Path folder, String text) throws IOException {
        for (int n = 1; ; n++) {
            Path file = folder.resolve(
                    "wattle-fault-%d-%d.txt".formatted(ProcessHandle.current().pid(), n));
            try {
                return Files.writeString(file, text, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            } catch (FileAlreadyExistsException e) {
                // Of an earlier fault.
                if (n == MOST_FILES) {
                    throw e;
                }
            }
        }
    }

    private String text(Block block, byte[] guestCode, long address, Region region) {
        long code = slot(HostSlots.FAULT_CODE);
        StringBuilder out = new StringBuilder();
        line(
                out,
                "signal %d in generated code at %x (%s), accessing %x",
                slot(HostSlots.FAULT_SIGNAL),
                code,
                region == Region.NONE
                        ? lister.where(block, code)
                        : "a region of %d blocks, near this one".formatted(region.members.size()),
                slot(HostSlots.FAULT_ADDRESS));
        line(
                out,
                "block at %x, page offset %x of guest real page %x, mode %x%s",
                address,
                block.pageOffset,
                block.realPage,
                block.mode,
                block.valid ? "" : ", no longer valid");
        line(out, "its host code at %x; groups of accesses refused %d times", block.hostCode, block.refusals);

        heading(out, "Host registers");
        register(out, Register.RAX, slot(HostSlots.FAULT_RAX));
        register(out, Register.RCX, slot(HostSlots.FAULT_RCX));
        register(out, Register.RDX, slot(HostSlots.FAULT_RDX));
        for (int slot : layout.hotSlots()) {
            register(out, layout.registerOf(slot), slot(slot));
        }
        register(out, Layout.TEMPORARY, slot(HostSlots.TEMPORARY));
        register(out, Layout.COUNTER, slot(Slots.COMPLETED));
        register(out, Layout.STATE, state + Layout.BIAS);

        heading(out, "Guest registers that are not 0");
        line(out, "# Comparisons of the running block may not be written yet.");
        if (region != Region.NONE) {
            line(out, "# Some are in host registers that the region has exchanged.");
        } else {
            for (String exchange : lister.exchanged(block)) {
                line(out, "# %s, which is lost", exchange);
            }
        }
        for (int slot = Slots.GUEST; slot < Slots.JUMP_TABLE; slot++) {
            if (slot(slot) != 0) {
                line(out, "%-12s %016x", frontEnd.slotName(slot), slot(slot));
            }
        }

        heading(out, region == Region.NONE ? "The block" : "The block, with the code that it has on its own");
        out.append((region == Region.NONE
                        ? lister.listEmitted(block, guestCode, address)
                        : lister.list(block, guestCode, address))
                .text(Detail.OPERATIONS, Detail.HOST_CODE));
        return out.toString();
    }

    private long slot(int slot) {
        return HostMemory.getLong(state + slot * 8L);
    }

    private static void register(StringBuilder out, int register, long value) {
        line(out, "%-12s %016x", Register.name(register), value);
    }

    private static void heading(StringBuilder out, String text) {
        out.append('\n').append(text).append(":\n");
    }

    private static void line(StringBuilder out, String format, Object... values) {
        out.append(format.formatted(values)).append('\n');
    }
}
