// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.translate;

import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.Form;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.memory.HostMemory;
import java.util.HexFormat;
import java.util.List;

/**
 * What has become of a run of guest code, for people: guest instructions, the micro-operations that each means, and the
 * host code of each of those.
 *
 * <p>An operation is called by the byte offset of its guest instruction in the block, in hexadecimal, and its number
 * among that one's operations: {@code +00c.1}. Such names, and addresses within host code written by them, stay the same
 * when code before them changes its size.
 */
public final class BlockListing {
    private static final int LINE_BYTES = 24;
    private static final HexFormat HEX = HexFormat.of();

    private final FrontEnd frontEnd;
    private final Block block;
    private final byte[] guestCode;
    private final long address;
    private final List<HostPart> host;

    /** What a listing shows besides guest instructions. */
    public enum Detail {
        /** Micro-operations. */
        OPERATIONS,
        /** Host code, if there is any. */
        HOST_CODE
    }

    /**
     * A piece of host code.
     *
     * @param operation the number of the operation that it belongs to in the main line of the code, or -1
     * @param name what it is, where it is no operation's; empty otherwise
     * @param size its bytes
     * @param code the bytes in hexadecimal, one token each, where those that lead elsewhere in the code are one token that
     *     says where
     */
    public record HostPart(int operation, String name, int size, List<String> code) {}

    /**
     * @param frontEnd knows the guest's instructions
     * @param guestCode the guest code that the block was made from
     * @param address the effective address to show for the block
     * @param host the host code, in its order; empty if there is none
     */
    public BlockListing(FrontEnd frontEnd, Block block, byte[] guestCode, long address, List<HostPart> host) {
        this.frontEnd = frontEnd;
        this.block = block;
        this.guestCode = guestCode.clone();
        this.address = address;
        this.host = List.copyOf(host);
    }

    /** What the operation of a number is called, see the class. */
    public static String name(Block block, int operation) {
        int first = operation;
        while (first > 0 && block.where[first - 1] == block.where[operation]) {
            first--;
        }
        return "+%03x.%d".formatted(block.where[operation] & 0xffff, operation - first);
    }

    /** The guest code of a block, copied from its place in host memory. */
    public static byte[] guestCode(Block block, long host) {
        byte[] code = new byte[block.byteLength];
        for (int i = 0; i < code.length; i++) {
            code[i] = HostMemory.getByte(host + i);
        }
        return code;
    }

    /** The host code, in its order. */
    public List<HostPart> host() {
        return host;
    }

    /** Bytes of host code of the block's main line, and of all of it. */
    public int[] hostBytes() {
        int main = 0;
        int all = 0;
        for (HostPart part : host) {
            all += part.size;
            main += part.operation >= 0 ? part.size : 0;
        }
        return new int[] {main, all};
    }

    /**
     * The listing, with {@code \n} at the end of each line.
     *
     * @param details what to show besides guest instructions
     */
    public String text(Detail... details) {
        List<Detail> shown = List.of(details);
        boolean showsHost = shown.contains(Detail.HOST_CODE) && !host.isEmpty();
        StringBuilder out = new StringBuilder();
        if (showsHost) {
            heading(out);
            parts(out, -1, true);
        }
        int size = block.words.length;
        for (int i = 0; i < size; i++) {
            if (i == 0 || block.where[i] != block.where[i - 1]) {
                instruction(out, block.where[i] & 0xffff, i);
            }
            if (!shown.isEmpty()) {
                out.append("        ")
                        .append(name(block, i))
                        .append("  ")
                        .append(operation(i))
                        .append('\n');
            }
            if (showsHost) {
                parts(out, i, false);
            }
        }
        if (showsHost) {
            parts(out, -1, false);
        }
        return out.toString();
    }

    private void heading(StringBuilder out) {
        int[] bytes = hostBytes();
        out.append("# %d instructions, %d operations, %d bytes of host code, %d with entry and exits%n"
                .formatted(block.instructions, block.words.length, bytes[0], bytes[1])
                .replace(System.lineSeparator(), "\n"));
    }

    /** The parts of an operation, or those of none in front of the first operation or behind that. */
    private void parts(StringBuilder out, int operation, boolean isFront) {
        boolean front = true;
        for (HostPart part : host) {
            front &= part.operation < 0;
            if (part.operation != operation || operation < 0 && front != isFront || part.size == 0) {
                continue;
            }
            if (!part.name.isEmpty()) {
                out.append("    ").append(part.name).append('\n');
            }
            int column = 0;
            for (String token : part.code) {
                out.append(column == 0 ? "                " : " ").append(token);
                // A token that is no byte stands for four.
                column += token.length() == 2 ? 1 : 4;
                if (column >= LINE_BYTES) {
                    out.append('\n');
                    column = 0;
                }
            }
            if (column != 0) {
                out.append('\n');
            }
        }
    }

    private void instruction(StringBuilder out, int offset, int operation) {
        int end = block.byteLength;
        for (int i = operation; i < block.where.length; i++) {
            if (block.where[i] != block.where[operation]) {
                end = block.where[i] & 0xffff;
                break;
            }
        }
        end = Math.min(end, guestCode.length);
        String bytes = offset < end ? HEX.formatHex(guestCode, offset, end) : "";
        long at = address + offset & block.addressMask;
        out.append("%016x  %s  %s"
                        .formatted(at, bytes, frontEnd.disassemble(guestCode, offset, at, block.mode))
                        .stripTrailing())
                .append('\n');
    }

    private String operation(int i) {
        long w = block.words[i];
        int op = Op.of(w);
        boolean isHost = op == Op.HOST;
        StringBuilder text = new StringBuilder(isHost ? Form.name(Form.of(w)) : Op.name(op));
        if (isHost || Op.writesD(op)) {
            text.append(" d=").append(slot(Op.d(w)));
        }
        if (isHost || Op.readsA(op)) {
            text.append(" a=").append(slot(Op.a(w)));
        }
        if (isHost || Op.readsB(op)) {
            text.append(" b=").append(slot(Op.b(w)));
        }
        if (Op.readsC(op)) {
            text.append(" c=").append(slot(Op.c(w)));
        } else if (isHost || Op.c(w) != 0) {
            // What c is depends on the form.
            text.append(" c=").append(Op.c(w));
        }
        long imm = block.immediates[i];
        // The upper half of a routine's immediate is its number, which says nothing to people.
        if (op == Op.CALL || op == Op.CALL_END || op == Op.SWITCH || op == Op.CALL_END_UNLESS_ZERO) {
            text.append(" word=").append(Long.toHexString(imm & 0xffff_ffffL));
        } else if (!isHost && imm != 0) {
            text.append(" imm=").append(Long.toHexString(imm));
        }
        return text.toString();
    }

    private String slot(int slot) {
        return frontEnd.slotName(slot);
    }
}
