// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.power.isa.InstructionTable;

/** All chapters' meanings, bound to a table. */
public final class Chapters {
    private Chapters() {}

    /** Binds every meaning that exists. */
    public static Meanings bind(InstructionTable table) {
        Meanings m = new Meanings(table);
        Branch.bind(m);
        FixedPointArithmetic.bind(m);
        FixedPointLogical.bind(m);
        FixedPointStorage.bind(m);
        SystemLinkage.bind(m);
        SpecialPurposeRegisters.bind(m);
        StorageControl.bind(m);
        TransactionalMemory.bind(m);
        FixedPointBits.bind(m);
        FixedPointOverflow.bind(m);
        StringStorage.bind(m);
        Reservations.bind(m);
        QuadwordStorage.bind(m);
        AtomicMemory.bind(m);
        VectorLoadStore.bind(m);
        VectorLogical.bind(m);
        VectorInteger.bind(m);
        VectorShift.bind(m);
        VectorCompare.bind(m);
        VectorIntegerQuadword.bind(m);
        VectorIntegerMultiply.bind(m);
        VectorPack.bind(m);
        VectorPermute.bind(m);
        DecimalFloatingPoint.bind(m);
        DecimalFormatting.bind(m);
        FloatingPointArithmetic.bind(m);
        FloatingPointControl.bind(m);
        FloatingPointConversion.bind(m);
        FloatingPointMove.bind(m);
        FloatingPointStorage.bind(m);
        VectorBcd.bind(m);
        VectorCrypto.bind(m);
        VsxLoadStore.bind(m);
        VsxLogical.bind(m);
        VsxMove.bind(m);
        VsxPermute.bind(m);
        VectorFloatingPoint.bind(m);
        VsxQuadPrecision.bind(m);
        VsxScalarArithmetic.bind(m);
        VsxScalarCompare.bind(m);
        VsxScalarConversion.bind(m);
        VsxVectorArithmetic.bind(m);
        VsxVectorCompare.bind(m);
        VsxVectorConversion.bind(m);
        ScalarForms.bind(m);
        StorageForms.bind(m);
        VectorForms.bind(m);
        return m;
    }
}
