// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import dev.wattle.engine.host.CodeMemory;
import dev.wattle.engine.host.CodeMemoryException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.IntSupplier;

/**
 * Which extensions of x86-64 generated code may use. Every one has a substitute: without any, code needs SSE2 only.
 */
public final class HostFeatures {
    /** An extension; the constant's name in lower case is its name in Linux's list of processor flags. */
    public enum Feature {
        CX16,
        SSSE3,
        SSE4_1,
        MOVBE,
        POPCNT,
        /** LZCNT. */
        ABM,
        BMI1,
        BMI2,
        AES,
        PCLMULQDQ,
        AVX,
        AVX2,
        FMA,
        SHA_NI,
        /** AVX-512 on vectors of 128 and 256 bits, with what it needs. */
        AVX512VL,
        AVX512VBMI,
        GFNI
    }

    /** What every x86-64 processor has. */
    public static final HostFeatures BASELINE = new HostFeatures(EnumSet.noneOf(Feature.class));

    private static final int CPUID_STUB_BYTES = 4096;
    /** The first of CPUID's extended leaves. */
    private static final int EXTENDED = 0x8000_0000;

    /** What of XCR0 says that the operating system saves the registers of AVX: bits 1 and 2. */
    private static final int AVX_STATE = 0x6;
    /** The same for AVX-512: masks, upper halves, and the registers from 16 on. */
    private static final int AVX512_STATE = 0xe0 | AVX_STATE;

    private final boolean cx16;
    private final boolean ssse3;
    private final boolean sse41;
    private final boolean movbe;
    private final boolean popcnt;
    private final boolean lzcnt;
    private final boolean bmi1;
    private final boolean bmi2;
    private final boolean aes;
    private final boolean pclmulqdq;
    private final boolean avx;
    private final boolean avx2;
    private final boolean fma;
    private final boolean sha;
    private final boolean avx512vl;
    private final boolean avx512vbmi;
    private final boolean gfni;

    private HostFeatures(Set<Feature> features) {
        cx16 = features.contains(Feature.CX16);
        ssse3 = features.contains(Feature.SSSE3);
        sse41 = features.contains(Feature.SSE4_1);
        movbe = features.contains(Feature.MOVBE);
        popcnt = features.contains(Feature.POPCNT);
        lzcnt = features.contains(Feature.ABM);
        bmi1 = features.contains(Feature.BMI1);
        bmi2 = features.contains(Feature.BMI2);
        aes = features.contains(Feature.AES);
        pclmulqdq = features.contains(Feature.PCLMULQDQ);
        avx = features.contains(Feature.AVX);
        // These are instructions on AVX's registers.
        avx2 = avx && features.contains(Feature.AVX2);
        fma = avx && features.contains(Feature.FMA);
        sha = features.contains(Feature.SHA_NI);
        avx512vl = avx2 && features.contains(Feature.AVX512VL);
        avx512vbmi = avx512vl && features.contains(Feature.AVX512VBMI);
        gfni = avx && features.contains(Feature.GFNI);
    }

    /** Whether this host has processors of this kind, and an operating system that the back-end knows. */
    public static boolean isHostSupported() {
        String architecture = System.getProperty("os.arch");
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        return (architecture.equals("amd64") || architecture.equals("x86_64")) && system.startsWith("linux");
    }

    /** Just some extensions, and of these not such as need one that is not among them. */
    public static HostFeatures of(Set<Feature> features) {
        return new HostFeatures(features);
    }

    /** These without some extensions and those that need them: without AVX, no AVX2 and FMA. */
    public HostFeatures without(Feature... missing) {
        Set<Feature> features = all();
        for (Feature feature : missing) {
            features.remove(feature);
        }
        return new HostFeatures(features);
    }

    /** The extensions as a set. */
    public Set<Feature> all() {
        EnumSet<Feature> features = EnumSet.noneOf(Feature.class);
        for (Feature feature : Feature.values()) {
            if (has(feature)) {
                features.add(feature);
            }
        }
        return features;
    }

    private boolean has(Feature feature) {
        return switch (feature) {
            case CX16 -> cx16;
            case SSSE3 -> ssse3;
            case SSE4_1 -> sse41;
            case MOVBE -> movbe;
            case POPCNT -> popcnt;
            case ABM -> lzcnt;
            case BMI1 -> bmi1;
            case BMI2 -> bmi2;
            case AES -> aes;
            case PCLMULQDQ -> pclmulqdq;
            case AVX -> avx;
            case AVX2 -> avx2;
            case FMA -> fma;
            case SHA_NI -> sha;
            case AVX512VL -> avx512vl;
            case AVX512VBMI -> avx512vbmi;
            case GFNI -> gfni;
        };
    }

    /**
     * Whether aligned 16 bytes are loaded, stored, and compared and exchanged at once. Loads and stores with the registers
     * of SSE do that where there is AVX (Intel SDM, volume 3, 10.1.1; AMD APM, volume 2, 7.3.2).
     */
    public boolean atomicQuadwords() {
        return cx16 && avx;
    }

    public boolean ssse3() {
        return ssse3;
    }

    public boolean sse41() {
        return sse41;
    }

    public boolean movbe() {
        return movbe;
    }

    public boolean popcnt() {
        return popcnt;
    }

    public boolean lzcnt() {
        return lzcnt;
    }

    public boolean bmi1() {
        return bmi1;
    }

    public boolean bmi2() {
        return bmi2;
    }

    public boolean aes() {
        return aes;
    }

    public boolean pclmulqdq() {
        return pclmulqdq;
    }

    public boolean avx() {
        return avx;
    }

    public boolean avx2() {
        return avx2;
    }

    public boolean fma() {
        return fma;
    }

    public boolean sha() {
        return sha;
    }

    public boolean avx512vl() {
        return avx512vl;
    }

    public boolean avx512vbmi() {
        return avx512vbmi;
    }

    public boolean gfni() {
        return gfni;
    }

    /**
     * Asks this host's processor (Intel SDM, volume 2, CPUID and XGETBV).
     *
     * @throws CodeMemoryException if the host does not let this process make the code that asks
     */
    public static HostFeatures host() throws CodeMemoryException {
        try (CodeMemory memory = CodeMemory.allocate(CPUID_STUB_BYTES);
                Arena arena = Arena.ofConfined()) {
            Query query = new Query(memory, arena);
            return read(query::cpuid, query::xcr0);
        }
    }

    /**
     * Reads what a processor says of itself.
     *
     * @param cpuid gives eax, ebx, ecx and edx for a leaf
     * @param xcr0 gives the lower half of XCR0; asked only where there is one
     */
    static HostFeatures read(IntFunction<int[]> cpuid, IntSupplier xcr0) {
        EnumSet<Feature> features = EnumSet.noneOf(Feature.class);
        int ecx = leaf(cpuid, 1)[2];
        add(features, Feature.SSSE3, ecx, 9);
        add(features, Feature.CX16, ecx, 13);
        add(features, Feature.SSE4_1, ecx, 19);
        add(features, Feature.MOVBE, ecx, 22);
        add(features, Feature.POPCNT, ecx, 23);
        add(features, Feature.AES, ecx, 25);
        add(features, Feature.PCLMULQDQ, ecx, 1);
        boolean usesXsave = (ecx >>> 27 & 1) != 0;
        int saved = usesXsave ? xcr0.getAsInt() : 0;
        boolean savesAvx = (saved & AVX_STATE) == AVX_STATE;
        int[] extended = leaf(cpuid, 7);
        int ebx = extended[1];
        add(features, Feature.SHA_NI, ebx, 29);
        if (savesAvx) {
            add(features, Feature.AVX, ecx, 28);
            add(features, Feature.FMA, ecx, 12);
            add(features, Feature.AVX2, ebx, 5);
            // These have VEX encodings as well.
            add(features, Feature.BMI1, ebx, 3);
            add(features, Feature.BMI2, ebx, 8);
            add(features, Feature.GFNI, extended[2], 8);
        }
        boolean hasFoundation = (ebx >>> 16 & 1) != 0;
        if (hasFoundation && (saved & AVX512_STATE) == AVX512_STATE) {
            add(features, Feature.AVX512VL, ebx, 31);
            add(features, Feature.AVX512VBMI, extended[2], 1);
        }
        add(features, Feature.ABM, leaf(cpuid, EXTENDED + 1)[2], 5);
        return new HostFeatures(features);
    }

    /** What a leaf says; zeros if the processor has none of that number: some answer with another leaf then. */
    private static int[] leaf(IntFunction<int[]> cpuid, int leaf) {
        int highest = cpuid.apply(leaf & EXTENDED)[0];
        return Integer.compareUnsigned(leaf, highest) <= 0 ? cpuid.apply(leaf) : new int[4];
    }

    private static void add(Set<Feature> features, Feature feature, int register, int bit) {
        if ((register >>> bit & 1) != 0) {
            features.add(feature);
        }
    }

    /** Two functions in machine code: cpuid(leaf, results), and xcr0(). */
    private static final class Query {
        private final MemorySegment cpuid;
        private final MemorySegment xcr0;
        private final MemorySegment results;

        Query(CodeMemory memory, Arena arena) {
            results = arena.allocate(16, 4);
            Assembler asm = new Assembler(memory.writeAddress(), memory.executeAddress());
            cpuid = MemorySegment.ofAddress(asm.here());
            asm.push(Register.RBX);
            asm.mov32(Register.RAX, Register.RDI);
            asm.clear(Register.RCX);
            asm.cpuid();
            asm.store32(Assembler.mem(Register.RSI, 0), Register.RAX);
            asm.store32(Assembler.mem(Register.RSI, 4), Register.RBX);
            asm.store32(Assembler.mem(Register.RSI, 8), Register.RCX);
            asm.store32(Assembler.mem(Register.RSI, 12), Register.RDX);
            asm.pop(Register.RBX);
            asm.ret();
            asm.align(16);
            xcr0 = MemorySegment.ofAddress(asm.here());
            asm.clear(Register.RCX);
            asm.xgetbv();
            asm.ret();
        }

        int[] cpuid(int leaf) {
            Gateway.call(cpuid, leaf, results.address());
            return results.toArray(ValueLayout.JAVA_INT);
        }

        int xcr0() {
            return (int) Gateway.call(xcr0, 0, 0);
        }
    }
}
