// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.wattle.engine.host.x64.HostFeatures.Feature;
import dev.wattle.power.isa.Disassembler;
import dev.wattle.power.isa.Instruction;
import dev.wattle.power.isa.InstructionTable;
import dev.wattle.power.isa.IsaVersion;
import dev.wattle.power.model.ProcessorModel;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every instruction against outcomes that were compared with QEMU when the vectors were written. */
class GoldenVectorTest {
    private static final InstructionTable TABLE = InstructionTable.load();
    private static final InstructionTable ISA3 = TABLE.in(IsaVersion.V3_0);
    private static final List<String> FILES = List.of(
            "branch",
            "fixed-point-storage",
            "fixed-point",
            "storage-control",
            "floating-point",
            "decimal",
            "vector",
            "vsx",
            "transactional-memory",
            "system",
            "sequences");

    private static InputStream open(String file) {
        InputStream in = GoldenVectorTest.class.getResourceAsStream("golden/" + file + ".gz");
        assertNotNull(in, "golden vectors " + file + " are missing");
        return in;
    }

    private static Stream<Arguments> filesAndEngines() {
        return FILES.stream()
                .flatMap(file -> Stream.of(
                        Arguments.of(file, false, Set.of()),
                        Arguments.of(file, true, Set.of()),
                        Arguments.of(file, true, EnumSet.of(Feature.AVX512VL, Feature.GFNI)),
                        Arguments.of(file, true, EnumSet.of(Feature.AVX))));
    }

    @ParameterizedTest
    @MethodSource("filesAndEngines")
    void Vectors_executed_giveTheirOutcomes(String file, boolean isNative, Set<Feature> without) throws IOException {
        Comparison comparison = new Comparison(Rules.load(TABLE, "undefined.txt"));
        Report report = new Report(new Disassembler(ISA3));
        List<String> differences = new ArrayList<>();
        int[] count = {0};
        Outcome[] ours = {new Outcome()};
        try (WattleMachine wattle = new WattleMachine(ProcessorModel.POWER9, isNative, without)) {
            GoldenVectors.read(open(file), ISA3, (test, golden) -> {
                wattle.submit(List.of(test));
                wattle.collect(ours);
                boolean same = test.isSequence()
                        ? Comparison.sameSequence(ours[0], golden)
                        : comparison.verdict(test, ours[0], golden) != Comparison.Verdict.DIFFERENT;
                if (!same && differences.size() < 10) {
                    differences.add(report.describe(test, ours[0], golden));
                }
                count[0]++;
            });
        }
        assertEquals("", String.join("\n", differences), "differences (QEMU stands for the golden outcome)");
        System.out.println(file + ": " + count[0] + " vectors");
    }

    @Test
    void Row_ofTheTable_hasVectorsInBothByteOrdersOrAReason() throws IOException {
        Map<Instruction, boolean[]> covered = new HashMap<>();
        for (String file : FILES) {
            if (!file.equals("sequences")) {
                GoldenVectors.read(open(file), TABLE, (test, golden) -> {
                    for (Instruction row : test.rows()) {
                        covered.computeIfAbsent(row, r -> new boolean[2])[test.littleEndian() ? 1 : 0] = true;
                    }
                });
            }
        }
        List<String> bare = new ArrayList<>();
        for (Instruction row : TABLE.rows()) {
            if (!row.in(IsaVersion.V3_0)) {
                continue;
            }
            for (int order = 0; order < 2; order++) {
                boolean has = covered.containsKey(row) && covered.get(row)[order];
                if (!has && RowProfile.exclusion(row, order == 1).isEmpty()) {
                    bare.add(row.name() + (order == 1 ? " (little-endian)" : " (big-endian)"));
                }
            }
        }
        assertEquals(List.of(), bare, "rows without golden vectors and without a reason in RowProfile");
    }
}
