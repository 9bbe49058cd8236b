// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.hypervisor.ExitCount;
import dev.wattle.hypervisor.ProcessorTopology;
import dev.wattle.machine.Core;
import dev.wattle.machine.HotPlugAnswer;
import dev.wattle.machine.HotPlugException;
import dev.wattle.machine.Machine;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.MachineStatistics;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/** Cores that come and go, from the command line to the machine. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class CpuCommandTest {
    private final FakeMachine machine = new FakeMachine();
    private final CoreRequests requests = new CoreRequests(() -> Optional.of(machine));

    private String usageError(String... arguments) {
        StringWriter err = new StringWriter();
        CommandLine commandLine = Main.commandLine();
        commandLine.setErr(new PrintWriter(err));
        assertEquals(2, commandLine.execute(arguments));
        String text = err.toString();
        assertEquals(1, text.lines().count(), text);
        return text;
    }

    @Test
    void CommandLine_thatCannotBeUsed_saysWhy() {
        assertTrue(usageError("cpu").contains("ACTION"));
        assertTrue(usageError("cpu", "plug").contains("choose from: add, remove, list"));
        assertTrue(usageError("cpu", "add", "x").contains("not the number of a process"));
        assertTrue(usageError("cpu", "add", "--core", "-1").contains("numbered from 0"));
        assertTrue(usageError("cpu", "list", "--core", "1").contains("leave it out"));
        assertTrue(usageError("cpu", "add", "--timeout", "-1").contains("from 0 to 86400"));
    }

    private CoreAnswer answer(String action, int core) {
        return requests.answer(new CoreRequest(action, core, 0.2));
    }

    @Test
    void List_ofAMachine_tellsEachCore() {
        assertEquals(new CoreAnswer(true, """
                core  processors        started  state
                   0  processors 0-1      2/2    in use
                   1  processors 2-3      0/2    absent
                   2  processors 4-5      0/2    absent"""), answer("LIST", -1));
    }

    @Test
    void Core_withoutANumber_isTheFirstAbsentOrTheLastThere() {
        machine.guest = Optional.of(HotPlugAnswer.DONE);
        assertEquals(new CoreAnswer(true, "core 1 (processors 2-3): the guest has taken it"), answer("ADD", -1));
        assertEquals(new CoreAnswer(true, "core 2 (processors 4-5): the guest has taken it"), answer("ADD", -1));
        assertFalse(answer("ADD", -1).done());
        assertTrue(answer("ADD", -1).text().contains("all 3 cores"));
        assertEquals(
                new CoreAnswer(true, "core 2 (processors 4-5): the guest has given it back"), answer("REMOVE", -1));
        assertEquals(
                new CoreAnswer(true, "core 1 (processors 2-3): the guest has given it back"), answer("REMOVE", -1));
        assertEquals(new CoreAnswer(false, "core 0 is the last one, which stays"), answer("REMOVE", -1));
    }

    @Test
    void Guest_thatRefusesOrIsSilentOrEnds_isToldOf() {
        machine.guest = Optional.of(HotPlugAnswer.REFUSED);
        assertFalse(answer("ADD", 2).done());
        assertTrue(answer("ADD", 1).text().contains("refuses to take it"));
        machine.guest = Optional.empty();
        CoreAnswer silent = answer("ADD", 1);
        assertFalse(silent.done());
        assertTrue(
                silent.text().contains("core 1 (processors 2-3): the guest has not taken it within 0 s"),
                silent.text());
        machine.guest = Optional.of(HotPlugAnswer.ENDED);
        assertTrue(answer("ADD", 1).text().contains("has ended"));
        assertEquals(new CoreAnswer(false, "core 7: no"), answer("ADD", 7));
    }

    @Test
    void Request_whileTheGuestStartsAnew_isToBeMadeAgain() {
        CoreAnswer answer = new CoreRequests(Optional::empty).answer(new CoreRequest("LIST", -1, 1));
        assertEquals(new CoreAnswer(false, "the guest is just starting anew; try again"), answer);
    }

    @Test
    void Socket_carriesRequestsAndAnswers(@TempDir Path folder) throws Exception {
        machine.guest = Optional.of(HotPlugAnswer.DONE);
        CoreRequestSocket.serve(folder, requests::answer);
        long self = ProcessHandle.current().pid();
        CoreRequest add = new CoreRequest("ADD", 1, 5);
        CoreAnswer first;
        while (true) {
            try {
                first = CoreRequestSocket.ask(folder, self, add);
                break;
            } catch (IOException e) {
                // Its thread has not come to listen yet.
                Thread.sleep(10);
            }
        }
        assertEquals(new CoreAnswer(true, "core 1 (processors 2-3): the guest has taken it"), first);
        assertEquals(List.of(), LiveCountsSocket.processes(folder));
        assertThrows(IOException.class, () -> CoreRequestSocket.ask(folder.resolve("none"), self, add));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "4 4 1 4",
                "cores=2,threads=4 2 4 2",
                "2,maxcpus=8 2 1 8",
                "maxcpus=4 1 1 4",
                "maxcpus=64,cores=2,threads=8 2 8 8",
                "threads=2,maxcpus=2 1 2 1"
            })
    void Smp_thatIsUnderstood(String text, int cores, int threads, int possible) {
        assertEquals(new ProcessorTopology(cores, threads, possible), new TopologyConverter().convert(text));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "2,maxcpus=1;maxcpus 1: there are 2 processors from the start",
                "threads=4,maxcpus=6;maxcpus 6: cores have 4 threads each",
                "maxcpus=65;at most 64 vCPUs",
                "maxcpus=4,maxcpus=4;describes no processors",
                "maxcpus=;describes no processors",
                "maxcpus=-1;describes no processors",
                "maxcpu=4;maxcpus=N"
            })
    void Smp_thatCannotBe_saysWhy(String text, String said) {
        String message = assertThrows(TypeConversionException.class, () -> new TopologyConverter().convert(text))
                .getMessage();
        assertTrue(message.contains(said) && message.startsWith("'" + text + "'"), message);
    }

    /** A machine with room for three cores, whose guest answers as it is told to, or not. */
    private static final class FakeMachine implements Machine {
        private Optional<HotPlugAnswer> guest = Optional.empty();
        private final List<Core> cores = new ArrayList<>();

        FakeMachine() {
            cores.add(new Core(0, 0, 2, 2, Core.State.IN_USE));
            cores.add(new Core(1, 2, 2, 0, Core.State.ABSENT));
            cores.add(new Core(2, 4, 2, 0, Core.State.ABSENT));
        }

        private CompletableFuture<HotPlugAnswer> change(int core, Core.State state) throws HotPlugException {
            if (core >= cores.size()) {
                throw new HotPlugException("core " + core + ": no");
            }
            if (guest.equals(Optional.of(HotPlugAnswer.DONE))) {
                Core old = cores.get(core);
                cores.set(core, new Core(core, old.firstProcessor(), 2, 0, state));
            }
            return guest.map(CompletableFuture::completedFuture).orElseGet(CompletableFuture::new);
        }

        @Override
        public List<Core> cores() {
            return cores;
        }

        @Override
        public CompletableFuture<HotPlugAnswer> plugCore(int core) throws HotPlugException {
            return change(core, Core.State.IN_USE);
        }

        @Override
        public CompletableFuture<HotPlugAnswer> unplugCore(int core) throws HotPlugException {
            return change(core, Core.State.ABSENT);
        }

        @Override
        public Collection<Integer> coresAfterReset() {
            return List.of();
        }

        @Override
        public MachineOutcome run() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void stop() {
            throw new UnsupportedOperationException();
        }

        @Override
        public MachineStatistics statistics() {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<ExitCount> exits() {
            return List.of();
        }

        @Override
        public String interrupts() {
            return "";
        }

        @Override
        public void close() {
            // Nothing to release.
        }
    }
}
