// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.translate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wattle.engine.host.x64.HostCodeLister;
import dev.wattle.engine.host.x64.HostFeatures;
import dev.wattle.engine.host.x64.HostFeatures.Feature;
import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.BlockBuilder;
import dev.wattle.engine.memory.HostMemory;
import dev.wattle.engine.translate.BlockListing;
import dev.wattle.engine.translate.BlockListing.Detail;
import dev.wattle.engine.translate.CodePage;
import dev.wattle.power.isa.Assembler;
import dev.wattle.power.isa.InstructionTable;
import dev.wattle.power.model.ProcessorModel;
import dev.wattle.power.processor.Mode;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What hot guest code becomes, compared with listings in files: so that a change of it is a change of files, to be
 * looked at. With {@code -Dwattle.emitted=write} the files are written instead.
 */
class EmittedCodeTest {
    private static final Path LISTINGS = Path.of("src/test/resources/dev/wattle/power/translate/emitted");
    private static final long ADDRESS = 0x2_0000;
    private static final int MODE = Mode.SF | Mode.LE | Mode.PR | Mode.FP | Mode.VEC | Mode.VSX;
    private static final Set<Feature> FEATURES = EnumSet.of(
            Feature.CX16,
            Feature.SSSE3,
            Feature.SSE4_1,
            Feature.MOVBE,
            Feature.POPCNT,
            Feature.ABM,
            Feature.BMI1,
            Feature.BMI2,
            Feature.AES,
            Feature.PCLMULQDQ,
            Feature.AVX,
            Feature.AVX2,
            Feature.FMA);

    private final PowerFrontEnd frontEnd = new PowerFrontEnd(ProcessorModel.POWER9);
    private final Assembler assembler = new Assembler(InstructionTable.load());
    private final HostCodeLister lister = new HostCodeLister(frontEnd, HostFeatures.of(FEATURES), false);

    static Set<String> names() {
        return HotSequences.all().keySet();
    }

    @ParameterizedTest
    @MethodSource("names")
    void HotSequence_emitted_isAsListed(String name) throws IOException {
        String listing = listing(HotSequences.all().getOrDefault(name, ""));
        Path file = LISTINGS.resolve(name + ".txt");
        if (System.getProperty("wattle.emitted", "").equals("write")) {
            Files.writeString(file, listing);
        }
        assertEquals(
                Files.exists(file) ? Files.readString(file) : "",
                listing,
                "emitted code has changed; if it is to, run the test with -Dwattle.emitted=write");
    }

    @Test
    void Listings_inFiles_areOfSequencesThatThereAre() throws IOException {
        try (Stream<Path> files = Files.list(LISTINGS)) {
            Set<String> listed = files.map(file -> file.getFileName().toString().replace(".txt", ""))
                    .collect(Collectors.toCollection(TreeSet::new));
            assertEquals(new TreeSet<>(names()), listed);
        }
    }

    /** Whether a listing depends on nothing but the code: not on what was emitted before, nor on memory's addresses. */
    @Test
    void Listing_byAnotherLister_isTheSame() {
        HostCodeLister other = new HostCodeLister(frontEnd, HostFeatures.of(FEATURES), false);
        for (Map.Entry<String, String> sequence : HotSequences.all().entrySet()) {
            String text = sequence.getValue();
            assertEquals(listing(lister, text), listing(other, text), sequence.getKey());
        }
    }

    private String listing(String program) {
        return listing(lister, program);
    }

    private String listing(HostCodeLister by, String program) {
        int[] words = assembler.assemble(ADDRESS, program);
        StringBuilder text = new StringBuilder();
        try (Arena arena = Arena.ofConfined()) {
            long page = arena.allocate(CodePage.SMALL, CodePage.SMALL).address();
            for (int i = 0; i < words.length; i++) {
                HostMemory.putIntLe(page + 4L * i, words[i]);
            }
            BlockBuilder builder = new BlockBuilder();
            for (int offset = 0; offset < 4 * words.length; ) {
                builder.clear();
                frontEnd.translate(page + offset, offset, CodePage.SMALL, MODE, builder);
                Block block = builder.build(offset, CodePage.SMALL, MODE, frontEnd.addressMask(MODE));
                text.append(text.isEmpty() ? "" : "\n")
                        .append(by.list(block, BlockListing.guestCode(block, page + offset), ADDRESS + offset)
                                .text(Detail.OPERATIONS, Detail.HOST_CODE));
                offset += block.byteLength;
            }
        }
        return text.toString();
    }
}
