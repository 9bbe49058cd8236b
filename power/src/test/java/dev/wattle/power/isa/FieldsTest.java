// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.isa;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;

/** The hand-written extractors of {@link Fields} against the operands that the tables declare. */
class FieldsTest {

    private static final InstructionTable TABLE = InstructionTable.load();

    /** By operand name, or by {@code row.operand} where an operand's place depends on the row. */
    private static Map<String, IntUnaryOperator> extractors() {
        Map<String, IntUnaryOperator> map = new HashMap<>();
        map.put("RT", Fields::rt);
        map.put("RTp", Fields::rtp);
        map.put("RS", Fields::rs);
        map.put("RSp", Fields::rsp);
        map.put("RA", Fields::ra);
        map.put("RA0", Fields::ra);
        map.put("RB", Fields::rb);
        map.put("RC", Fields::rc);
        map.put("UI", Fields::ui);
        map.put("D", Fields::d);
        map.put("DS", Fields::ds);
        map.put("DQ", Fields::dq);
        map.put("DX", Fields::dx);
        map.put("LI", Fields::li);
        map.put("BD", Fields::bd);
        map.put("BO", Fields::bo);
        map.put("BI", Fields::bi);
        map.put("BH", Fields::bh);
        map.put("BF", Fields::bf);
        map.put("BFA", Fields::bfa);
        map.put("BT", Fields::bt);
        map.put("BA", Fields::ba);
        map.put("BB", Fields::bb);
        map.put("BC", Fields::bc);
        map.put("TO", Fields::to);
        map.put("LEV", Fields::lev);
        map.put("SH6", Fields::sh6);
        map.put("MB", Fields::mb);
        map.put("ME", Fields::me);
        map.put("MB6", Fields::mb6);
        map.put("ME6", Fields::me6);
        map.put("SPR", Fields::spr);
        map.put("FXM", Fields::fxm);
        map.put("SR", Fields::sr);
        map.put("BHRBE", Fields::bhrbe);
        map.put("NB", Fields::nb);
        map.put("FC", Fields::fc);
        map.put("CY", Fields::cy);
        map.put("FRT", Fields::frt);
        map.put("FRTp", Fields::frt);
        map.put("FRS", Fields::frs);
        map.put("FRSp", Fields::frs);
        map.put("FRA", Fields::fra);
        map.put("FRAp", Fields::fra);
        map.put("FRB", Fields::frb);
        map.put("FRBp", Fields::frb);
        map.put("FRC", Fields::frc);
        map.put("FLM", Fields::flm);
        map.put("W", Fields::w);
        map.put("U", Fields::u);
        map.put("DRM", Fields::drm);
        map.put("RM", Fields::rm);
        map.put("TE", Fields::te);
        map.put("RMC", Fields::rmc);
        map.put("SP", Fields::sp);
        map.put("DCM", Fields::dcm);
        map.put("DGM", Fields::dcm);
        map.put("VRT", Fields::vrt);
        map.put("VRS", Fields::vrs);
        map.put("VRA", Fields::vra);
        map.put("VRB", Fields::vrb);
        map.put("VRC", Fields::vrc);
        map.put("SHB", Fields::shb);
        map.put("SIM", Fields::sim);
        map.put("ST", Fields::st);
        map.put("SIX", Fields::six);
        map.put("PS", Fields::ps);
        map.put("XT", Fields::xt);
        map.put("lxv.XT", Fields::xtDq);
        map.put("XS", Fields::xs);
        map.put("stxv.XS", Fields::xsDq);
        map.put("XA", Fields::xa);
        map.put("XB", Fields::xb);
        map.put("XC", Fields::xc);
        map.put("DM", Fields::dm);
        map.put("SHW", Fields::shw);
        map.put("IMM8", Fields::imm8);
        map.put("DCMX", Fields::dcmx);
        map.put("DCMXv", Fields::dcmxVector);
        map.put("TH", Fields::th);
        map.put("CT", Fields::ct);
        map.put("EH", Fields::eh);
        map.put("WC", Fields::wc);
        map.put("IH", Fields::ih);
        map.put("RIC", Fields::ric);
        map.put("PRS", Fields::prs);
        map.put("R", Fields::r);
        map.put("tbegin..R", Fields::rTbegin);
        map.put("tend..A", Fields::aTend);
        map.put("STRM", Fields::strm);
        map.put("rfebb.S", Fields::s);
        map.put("S", Fields::sDenbcd);
        map.put("L", Fields::lMtmsr);
        for (String name : new String[] {"cmp", "cmpi", "cmpl", "cmpli", "cmprb", "tsr."}) {
            map.put(name + ".L", Fields::l);
        }
        map.put("dcbf.L", Fields::l2);
        map.put("sync.L", Fields::l2);
        map.put("darn.L", Fields::lDarn);
        map.put("mtfsf.L", Fields::lMtfsf);
        map.put("SH", Fields::sh);
        for (String name : new String[] {"dscli", "dscliq", "dscri", "dscriq"}) {
            map.put(name + ".SH", Fields::shDecimal);
        }
        map.put("SI", Fields::si);
        map.put("tabortwci..SI", Fields::siTabort);
        map.put("tabortdci..SI", Fields::siTabort);
        map.put("UIM", Fields::uim4);
        for (String name : new String[] {"vctsxs", "vctuxs", "vcfsx", "vcfux"}) {
            map.put(name + ".UIM", Fields::uim5);
        }
        map.put("vsplth.UIM", Fields::uim3);
        map.put("vspltw.UIM", Fields::uim2);
        map.put("xxspltw.UIM", Fields::uim2);
        map.put("dtstsfi.UIM", Fields::uimDtstsfi);
        map.put("dtstsfiq.UIM", Fields::uimDtstsfi);
        return map;
    }

    @Test
    void extractors_onRandomInstancesOfEachRow_giveTheOperandsValue() {
        long seed = System.nanoTime();
        RandomInstances instances = new RandomInstances(seed);
        Map<String, IntUnaryOperator> extractors = extractors();
        for (Instruction row : TABLE.rows()) {
            for (Operand operand : row.operands()) {
                String special = row.name() + "." + operand;
                IntUnaryOperator extractor =
                        extractors.containsKey(special) ? extractors.get(special) : extractors.get(operand.name());
                assertTrue(extractor != null, special);
                for (int i = 0; i < 8; i++) {
                    int word = instances.any(row);
                    assertEquals(
                            operand.get(word),
                            extractor.applyAsInt(word),
                            special + " of 0x" + Integer.toHexString(word) + ", seed " + seed);
                }
            }
        }
    }

    @Test
    void suffixBits_ofEachRow_areThoseOfTheExtractors() {
        for (Instruction row : TABLE.rows()) {
            int all = row.value() | row.oeBit() | row.rcBit() | row.lkBit() | row.aaBit();
            if (row.oeBit() != 0) {
                assertTrue(Fields.oe(all) && !Fields.oe(row.value()), row.name());
            }
            if (row.lkBit() != 0) {
                assertTrue(Fields.lk(all) && !Fields.lk(row.value()), row.name());
            }
            if (row.aaBit() != 0) {
                assertTrue(Fields.aa(all) && !Fields.aa(row.value()), row.name());
            }
            if (row.rcBit() == 1) {
                assertTrue(Fields.rcBit(all) && !Fields.rcBit(row.value()), row.name());
            } else if (row.rcBit() != 0) {
                assertTrue(Fields.rcBitVc(all) && Fields.rcBitXx3(all) && !Fields.rcBitVc(row.value()), row.name());
            }
        }
    }

    @Test
    void bits_numberedAsInTheBook_areRightJustified() {
        assertEquals(0x1F, Fields.bits(0x03E00000, 6, 10));
        assertEquals(-1, Fields.bits(-1, 0, 31));
        assertEquals(1, Fields.bit(0x80000000, 0));
        assertEquals(1, Fields.bit(1, 31));
        assertEquals(31, Fields.opcd(0x7C632214));
        assertEquals(266, Fields.xo(0x7C632214));
    }
}
