// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import dev.wattle.engine.host.CodeMemoryException;
import dev.wattle.engine.host.x64.HostCodeLister;
import dev.wattle.engine.host.x64.HostFeatures;
import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.BlockBuilder;
import dev.wattle.engine.translate.BlockListing;
import dev.wattle.engine.translate.BlockListing.Detail;
import dev.wattle.engine.translate.CodePage;
import dev.wattle.power.model.ProcessorModel;
import dev.wattle.power.processor.Mode;
import dev.wattle.power.translate.PowerFrontEnd;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code wattle disasm}: shows guest code, and what becomes of it. */
@Command(
        name = "disasm",
        description = {
            "Disassembles guest code, and shows what becomes of it.",
            "",
            "With --ops or --host, whole blocks are shown: runs of instructions that end with a branch, as a guest that"
                    + " jumps to the first one would have them translated, privileged and with all facilities"
                    + " available.",
            ""
        },
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true)
final class DisasmCommand implements Callable<Integer> {
    private static final int MODE = Mode.SF | Mode.FP | Mode.VEC | Mode.VSX | Mode.TM;
    private static final int INSTRUCTION_BYTES = 4;

    @Parameters(
            paramLabel = "FILE",
            description = "A linked ELF program for ppc64 or ppc64le, or a file of code, whose first byte is at"
                    + " address 0.")
    @SuppressWarnings("NullAway.Init") // Set by picocli, which requires it.
    private Path file;

    @Option(
            names = "--address",
            paramLabel = "A",
            converter = AddressConverter.class,
            description = "The address to start at, in hexadecimal; a program's entry point, or 0, by default.")
    private @Nullable Long address;

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "32",
            description = "How many instructions to show, at least. Default: ${DEFAULT-VALUE}.")
    private int count;

    @Option(names = "--ops", description = "Show the micro-operations of each instruction.")
    private boolean operations;

    @Option(
            names = "--host",
            description = "Show the host code of each micro-operation, as the native engine would have it here.")
    private boolean host;

    @Option(names = "--big-endian", description = "The file is code in big-endian order, if it is no ELF file.")
    private boolean bigEndian;

    @Option(
            names = "--cpu",
            paramLabel = "MODEL",
            defaultValue = "power9",
            converter = RunCommand.ModelConverter.class,
            description = "The processor model, such as power9. Default: ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // Set by picocli, which knows the default.
    private ProcessorModel processor;

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    /**
     * Prints the listing.
     *
     * @return the exit status
     * @throws CommandFailure with one line for the user, if there is no such code
     */
    @Override
    public Integer call() throws CommandFailure {
        if (count < 1) {
            throw new CommandFailure(
                    CommandFailure.USAGE,
                    "--count %d: it is a number of instructions; give 1 or more".formatted(count));
        }
        CodeFile code = CodeFile.open(file, !bigEndian);
        long start = address == null ? code.entry() : address;
        if ((start & INSTRUCTION_BYTES - 1) != 0) {
            throw new CommandFailure(
                    CommandFailure.USAGE,
                    "%s: no instruction is at address %x, which is no multiple of 4; give another --address"
                            .formatted(file, start));
        }
        if (code.read(start, INSTRUCTION_BYTES).length < INSTRUCTION_BYTES) {
            throw new CommandFailure(
                    CommandFailure.USAGE,
                    "%s: it has nothing at address %x; give another --address".formatted(file, start));
        }
        PrintWriter out = spec.commandLine().getOut();
        PowerFrontEnd frontEnd = new PowerFrontEnd(processor);
        int mode = MODE | (code.littleEndian() ? Mode.LE : 0);
        if (operations || host) {
            listBlocks(code, start, frontEnd, mode, out);
        } else {
            listInstructions(code, start, frontEnd, mode, out);
        }
        out.flush();
        return CommandFailure.NONE;
    }

    private void listInstructions(CodeFile code, long start, PowerFrontEnd frontEnd, int mode, PrintWriter out) {
        long at = start;
        for (int i = 0; i < count; i++) {
            byte[] word = code.read(at, INSTRUCTION_BYTES);
            if (word.length < INSTRUCTION_BYTES) {
                return;
            }
            out.println("%016x  %s  %s"
                    .formatted(at, HexFormat.of().formatHex(word), frontEnd.disassemble(word, 0, at, mode)));
            at += INSTRUCTION_BYTES;
        }
    }

    private void listBlocks(CodeFile code, long start, PowerFrontEnd frontEnd, int mode, PrintWriter out) {
        Optional<HostCodeLister> lister =
                host ? Optional.of(new HostCodeLister(frontEnd, features(), false)) : Optional.empty();
        Detail[] details = host ? new Detail[] {Detail.OPERATIONS, Detail.HOST_CODE} : new Detail[] {Detail.OPERATIONS};
        BlockBuilder builder = new BlockBuilder();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment page = arena.allocate(CodePage.LARGE, Long.BYTES);
            long at = start;
            for (int shown = 0; shown < count; ) {
                int offset = (int) at & CodePage.LARGE - 1;
                byte[] bytes = code.read(at, CodePage.LARGE - offset);
                if (bytes.length < INSTRUCTION_BYTES) {
                    return;
                }
                // Behind the end of the code are zeros, which are no instruction and end a block.
                page.fill((byte) 0);
                MemorySegment.copy(bytes, 0, page, ValueLayout.JAVA_BYTE, offset, bytes.length);
                builder.clear();
                frontEnd.translate(page.address() + offset, offset, CodePage.LARGE, mode, builder);
                Block block = builder.build(offset, CodePage.LARGE, mode, frontEnd.addressMask(mode));
                byte[] guestCode = Arrays.copyOf(bytes, block.byteLength);
                long address = at;
                BlockListing listing = lister.map(l -> l.list(block, guestCode, address))
                        .orElseGet(() -> new BlockListing(frontEnd, block, guestCode, address, List.of()));
                out.print((shown == 0 ? "" : System.lineSeparator())
                        + listing.text(details).replace("\n", System.lineSeparator()));
                shown += block.instructions;
                at += block.byteLength;
            }
        }
    }

    /** What this host's processor has, or the least that there is if it is of another kind. */
    private static HostFeatures features() {
        if (!HostFeatures.isHostSupported()) {
            return HostFeatures.BASELINE;
        }
        try {
            return HostFeatures.host();
        } catch (CodeMemoryException e) {
            return HostFeatures.BASELINE;
        }
    }

    /** Reads {@code --address}. */
    static final class AddressConverter implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            String digits = text.startsWith("0x") || text.startsWith("0X") ? text.substring(2) : text;
            try {
                return Long.parseUnsignedLong(digits, 16);
            } catch (NumberFormatException e) {
                throw new TypeConversionException(
                        "'%s' is not an address; write it in hexadecimal, such as 0x10000".formatted(text));
            }
        }
    }
}
