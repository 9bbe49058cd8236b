// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import dev.wattle.power.processor.PowerProcessor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The accesses of one guest instruction that the monitor has answered. The instruction is begun again after each, so
 * that all but the last are asked for again, and answered from here.
 *
 * <p>Used by the vCPU's thread.
 */
final class MmioAccesses {
    private final List<Exit.Mmio> answered = new ArrayList<>();
    private long cia;
    private long completed;
    private int next;
    private Optional<Exit.Mmio> asked = Optional.empty();

    /** Has an access answered by the monitor. */
    void ask(PowerProcessor p, Exit.Mmio access) {
        if (answered.isEmpty()) {
            cia = p.cia();
            completed = p.completed();
        }
        asked = Optional.of(access);
    }

    /** What the monitor is to answer, once. */
    Optional<Exit.Mmio> take() {
        Optional<Exit.Mmio> access = asked;
        asked = Optional.empty();
        access.ifPresent(answered::add);
        next = 0;
        return access;
    }

    /** Whether the next instruction is one that has been begun. */
    boolean isBegun(PowerProcessor p) {
        if (answered.isEmpty()) {
            return false;
        }
        if (p.nia() != cia || p.completed() != completed) {
            // The monitor has put the vCPU elsewhere.
            answered.clear();
            return false;
        }
        next = 0;
        return true;
    }

    /**
     * The answer to an access of the running instruction.
     *
     * @return empty if it has not been asked for
     */
    Optional<Exit.Mmio> answer(PowerProcessor p, long ra, int bytes, boolean isWrite) {
        if (answered.isEmpty()) {
            return Optional.empty();
        }
        if (p.cia() != cia || p.completed() != completed) {
            answered.clear();
            return Optional.empty();
        }
        if (next == answered.size()) {
            return Optional.empty();
        }
        Exit.Mmio access = answered.get(next);
        if (access.physAddr() != ra || access.len() != bytes || access.isWrite() != isWrite) {
            // It goes another way than before.
            answered.clear();
            return Optional.empty();
        }
        if (++next == answered.size()) {
            // If it was not the last one of the instruction, interrupts wait for nothing: another is asked for at once.
            p.request(PowerProcessor.PENDING_KICK);
        }
        return Optional.of(access);
    }

    /** Forgets everything: the instruction ends without completing. */
    void clear() {
        answered.clear();
    }
}
