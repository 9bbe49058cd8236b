// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.Routine;
import dev.wattle.power.isa.Instruction;
import dev.wattle.power.isa.InstructionTable;
import dev.wattle.power.processor.PowerProcessor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** What each row of the instruction table means: micro-ops, or one Java method. */
public final class Meanings {
    /** Writes the micro-ops of one instruction. */
    @FunctionalInterface
    public interface Emitter {
        void emit(Emission e);
    }

    private final InstructionTable table;
    private final Emitter[] emitters;
    private final HostForm[] forms;
    private final int[] routineOf;
    private final int illegal;
    private final List<Routine<PowerProcessor>> routines = new ArrayList<>();
    private final List<String> routineNames = new ArrayList<>();

    public Meanings(InstructionTable table) {
        this.table = table;
        emitters = new Emitter[table.rows().size()];
        forms = new HostForm[emitters.length];
        routineOf = new int[emitters.length];
        Arrays.fill(routineOf, -1);
        illegal = shared("illegal instruction", (p, w) -> {
            throw p.interrupts().illegal();
        });
    }

    /**
     * Gives a row a Java method as its meaning.
     *
     * @throws IllegalArgumentException if there is no such row, or it has a meaning already
     */
    public void routine(String name, Routine<PowerProcessor> routine) {
        routineOf[claim(name)] = shared(name, routine);
    }

    /** Gives a row micro-ops as its meaning. */
    public void emitter(String name, Emitter emitter) {
        emitters[claim(name)] = emitter;
    }

    /** Writes an instruction as a form that a host may have, beside the routine that is its meaning. */
    @FunctionalInterface
    public interface HostForm {
        void emit(Emission e, int routine);
    }

    /**
     * Gives a row that has a Java method a form for hosts, too.
     *
     * @throws IllegalArgumentException if the row has no method, or a form already
     */
    public void hostForm(String name, HostForm form) {
        int index = table.byName(name).index();
        if (routineOf[index] < 0 || forms[index] != null) {
            throw new IllegalArgumentException("instruction " + name + " has no method, or has a form already");
        }
        forms[index] = form;
    }

    /**
     * Registers a method that several meanings use for their rarer forms, and gives its number.
     *
     * @param name what it is called in statistics
     */
    public int shared(String name, Routine<PowerProcessor> routine) {
        routines.add(routine);
        routineNames.add(name);
        return routines.size() - 1;
    }

    /** Writes the micro-ops of the instruction that {@code e} describes. */
    public void emit(Instruction row, Emission e) {
        int index = row.index();
        if (index < 0) {
            e.out.callEnd(illegal, e.word);
        } else if (emitters[index] != null) {
            emitters[index].emit(e);
        } else if (routineOf[index] < 0) {
            e.out.callEnd(illegal, e.word);
        } else if (forms[index] != null) {
            forms[index].emit(e, routineOf[index]);
        } else if (row.endsBlock()) {
            e.out.callEnd(routineOf[index], e.word);
        } else {
            e.out.call(routineOf[index], e.word);
        }
    }

    /** Whether a row has a meaning. */
    public boolean has(Instruction row) {
        return emitters[row.index()] != null || routineOf[row.index()] >= 0;
    }

    /** The routines, by the numbers that CALL micro-ops have. */
    @SuppressWarnings({"unchecked", "rawtypes"})
    public Routine<PowerProcessor>[] routines() {
        return routines.toArray(new Routine[0]);
    }

    /** What the routines are called, by number: for most, the mnemonic of its instruction. */
    public List<String> routineNames() {
        return Collections.unmodifiableList(routineNames);
    }

    private int claim(String name) {
        Instruction row = table.byName(name);
        int index = row.index();
        if (emitters[index] != null || routineOf[index] >= 0) {
            throw new IllegalArgumentException("instruction " + name + " has two meanings");
        }
        return index;
    }
}
