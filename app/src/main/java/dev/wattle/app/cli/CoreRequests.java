// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import dev.wattle.machine.Core;
import dev.wattle.machine.HotPlugAnswer;
import dev.wattle.machine.HotPlugException;
import dev.wattle.machine.Machine;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** Does what {@code wattle cpu} asks for, on the side of the running machine. */
final class CoreRequests {
    private final Supplier<Optional<Machine>> machine;

    /** @param machine the machine that runs now, if one does: there is none while the guest starts anew */
    CoreRequests(Supplier<Optional<Machine>> machine) {
        this.machine = machine;
    }

    /** Answers one request, once the guest has answered or the time is over. */
    CoreAnswer answer(CoreRequest request) {
        Optional<Machine> running = machine.get();
        if (running.isEmpty()) {
            return new CoreAnswer(false, "the guest is just starting anew; try again");
        }
        try {
            return switch (request.action()) {
                case "LIST" -> new CoreAnswer(true, list(running.get().cores()));
                case "ADD" -> add(running.get(), request);
                case "REMOVE" -> remove(running.get(), request);
                default -> new CoreAnswer(false, request.action() + ": this version of wattle does not know that");
            };
        } catch (HotPlugException e) {
            return new CoreAnswer(false, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new CoreAnswer(false, "the run is over");
        }
    }

    private static CoreAnswer add(Machine machine, CoreRequest request) throws HotPlugException, InterruptedException {
        int number = request.core();
        if (number == CoreRequest.ANY) {
            List<Core> all = machine.cores();
            Optional<Core> absent = all.stream()
                    .filter(core -> core.state() == Core.State.ABSENT)
                    .findFirst();
            if (absent.isEmpty()) {
                return new CoreAnswer(
                        false,
                        "all %d cores that this machine has room for are there already; start it with a larger maxcpus"
                                .formatted(all.size()));
            }
            number = absent.get().number();
        }
        Future<HotPlugAnswer> guest = machine.plugCore(number);
        return await(machine, number, guest, request.seconds(), "taken it", "take it; it is gone again");
    }

    private static CoreAnswer remove(Machine machine, CoreRequest request)
            throws HotPlugException, InterruptedException {
        int number = request.core();
        if (number == CoreRequest.ANY) {
            // Those that the guest has been asked for already last: then it is asked again.
            Optional<Core> last = machine.cores().stream()
                    .filter(core -> core.number() != 0 && core.state() != Core.State.ABSENT)
                    .max(Comparator.comparing((Core core) -> core.state() != Core.State.WANTED_BACK)
                            .thenComparing(Core::number));
            if (last.isEmpty()) {
                return new CoreAnswer(false, "core 0 is the last one, which stays");
            }
            number = last.get().number();
        }
        Future<HotPlugAnswer> guest = machine.unplugCore(number);
        return await(machine, number, guest, request.seconds(), "given it back", "give it back");
    }

    private static CoreAnswer await(
            Machine machine, int number, Future<HotPlugAnswer> guest, double seconds, String done, String refused)
            throws InterruptedException {
        String core =
                "core %d (%s)".formatted(number, processors(machine.cores().get(number)));
        try {
            return switch (guest.get(Math.round(seconds * 1000), TimeUnit.MILLISECONDS)) {
                case DONE -> new CoreAnswer(true, core + ": the guest has " + done);
                case REFUSED ->
                    new CoreAnswer(false, core + ": the guest refuses to " + refused + "; its kernel's log says why");
                case ENDED -> new CoreAnswer(false, core + ": the run of the guest has ended");
            };
        } catch (TimeoutException e) {
            return new CoreAnswer(
                    false,
                    String.format(
                            Locale.ROOT,
                            "%s: the guest has not %s within %.0f s; it may still do so: look with wattle cpu list",
                            core,
                            done,
                            seconds));
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String processors(Core core) {
        int last = core.firstProcessor() + core.threads() - 1;
        return core.threads() == 1
                ? "processor " + core.firstProcessor()
                : "processors " + core.firstProcessor() + "-" + last;
    }

    private static String list(List<Core> cores) {
        StringBuilder text = new StringBuilder("core  processors        started  state%n".formatted());
        for (Core core : cores) {
            text.append("%4d  %-16s  %3d/%d    %s%n"
                    .formatted(core.number(), processors(core), core.started(), core.threads(), state(core.state())));
        }
        return text.toString().stripTrailing();
    }

    private static String state(Core.State state) {
        return switch (state) {
            case ABSENT -> "absent";
            case OFFERED -> "offered to the guest";
            case IN_USE -> "in use";
            case WANTED_BACK -> "wanted back";
        };
    }
}
