package dev.sluice.agent.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.agent.history.History.Limits;
import dev.sluice.agent.history.Revision.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HistoryTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final long SEED = 20_260_101;

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    private History open() {
        return History.open(directory.resolve("state"));
    }

    private static Revision revision(String text, Outcome outcome) {
        return new Revision(
                1, Instant.parse("2026-01-01T00:00:00Z"), "edge", "/etc/sluice", 3, outcome, Map.of("a.yaml", text));
    }

    /** F14. */
    @Test
    void wallClockThatJumpsADayChangesNeitherOrderNorNumbers() throws Exception {
        Instant[] times = {
            Instant.parse("2026-01-02T00:00:00Z"),
            Instant.parse("2026-01-03T00:00:00Z"),
            Instant.parse("2026-01-01T12:00:00Z"),
            Instant.parse("2025-12-31T12:00:00Z")
        };
        try (History history = open()) {
            for (int i = 0; i < times.length; i++) {
                history.add(new Revision(
                        1, times[i], "edge", "/etc/sluice", i, Outcome.APPLIED, Map.of("a.yaml", "text " + i)));
            }
            history.state(new HistoryState(4, 4, ""));
        }
        try (History history = open()) {
            assertThat(history.revisions()).extracting(RevisionHead::number).containsExactly(1, 2, 3, 4);
            assertThat(history.revisions()).extracting(RevisionHead::time).containsExactly(times);
            assertThat(history.state()).isEqualTo(new HistoryState(4, 4, ""));
            assertThat(history.add(revision("new", Outcome.APPLIED))).isEqualTo(5);
        }
    }

    private Path file(int number) {
        return directory.resolve("state").resolve(HistoryDirectory.fileName(number));
    }

    /** Keys and the whole network are in texts; a node that root starts by hand has the umask of a shell. */
    @Test
    void onlyTheOwnerReadsItAlsoWhereAnEarlierVersionLetOthers() throws Exception {
        try (History history = open()) {
            history.add(revision("a", Outcome.APPLIED));
            history.state(new HistoryState(1, 1, "cafe"));
            assertThat(history.flush(PATIENCE)).isTrue();
            checkRights();
        }
        Path state = directory.resolve("state");
        Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwxr-xr-x"));
        for (String name : List.of("lock", "state", HistoryDirectory.fileName(1))) {
            Files.setPosixFilePermissions(state.resolve(name), PosixFilePermissions.fromString("rw-r--r--"));
        }
        try (History history = open()) {
            history.add(revision("b", Outcome.APPLIED));
            assertThat(history.flush(PATIENCE)).isTrue();
            checkRights();
        }
    }

    private void checkRights() throws IOException {
        Path state = directory.resolve("state");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(state)))
                .isEqualTo("rwx------");
        for (String name : List.of("lock", "state", HistoryDirectory.fileName(1))) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(state.resolve(name))))
                    .as(name)
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void whatWasKeptIsThereAfterARestartToTheLetter() throws Exception {
        String text = "\ufeffkind: Ünïcode\r\n\u0000\t# 𝄞 no end of line";
        try (History history = open()) {
            assertThat(history.add(revision(text, Outcome.APPLIED))).isEqualTo(1);
            assertThat(history.add(revision("b", Outcome.PENDING))).isEqualTo(2);
            history.state(new HistoryState(2, 1, "cafe"));
            assertThat(history.flush(PATIENCE)).isTrue();
            history.outcome(2, Outcome.CONFIRMED);
        }
        try (History history = open()) {
            assertThat(history.messages()).isEmpty();
            assertThat(history.state()).isEqualTo(new HistoryState(2, 1, "cafe"));
            assertThat(history.revisions())
                    .extracting(RevisionHead::outcome)
                    .containsExactly(Outcome.APPLIED, Outcome.CONFIRMED);
            Revision first = history.read(1);
            assertThat(first.texts()).isEqualTo(Map.of("a.yaml", text));
            assertThat(first.content()).isEqualTo(history.revisions().getFirst().content());
            assertThat(history.add(revision("c", Outcome.APPLIED))).isEqualTo(3);
        }
    }

    @Test
    void tornOrTamperedRevisionIsLeftOutWithAMessageAndItsNumberIsNotUsedAgain() throws Exception {
        try (History history = open()) {
            for (int i = 0; i < 3; i++) {
                history.add(revision("text " + i, Outcome.APPLIED));
            }
            history.state(new HistoryState(3, 3, ""));
        }
        byte[] whole = Files.readAllBytes(file(3));
        Random random = new Random(SEED);
        for (int i = 0; i < 200; i++) {
            byte[] bad = whole.clone();
            if (i % 2 == 0) {
                bad = java.util.Arrays.copyOf(bad, random.nextInt(bad.length));
            } else {
                bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
            }
            byte[] damaged = bad;
            assertThatThrownBy(() -> HistoryFormat.revision(damaged))
                    .as("seed %d, %d", SEED, i)
                    .isInstanceOf(IOException.class);
        }
        Files.write(file(3), java.util.Arrays.copyOf(whole, whole.length / 2));
        Files.write(file(1), whole);
        try (History history = open()) {
            assertThat(history.revisions()).extracting(RevisionHead::number).containsExactly(2);
            assertThat(history.messages())
                    .anyMatch(m -> m.contains("revision 3 is damaged"))
                    .anyMatch(m -> m.contains("revision 1 holds revision 3"));
            assertThat(history.state()).isEqualTo(new HistoryState(2, 2, ""));
            assertThat(history.add(revision("new", Outcome.APPLIED))).isEqualTo(4);
            assertThatThrownBy(() -> history.read(3)).hasMessageContaining("there is no revision 3; there are 2..4");
        }
    }

    @Test
    void damagedStateIsTakenFromTheRevisions() throws Exception {
        try (History history = open()) {
            history.add(revision("a", Outcome.APPLIED));
            history.add(revision("b", Outcome.REVERTED));
            history.add(revision("c", Outcome.PENDING));
            history.state(new HistoryState(3, 1, ""));
        }
        Files.writeString(directory.resolve("state/state"), "sluice-history 1 nonsense");
        try (History history = open()) {
            assertThat(history.state()).isEqualTo(new HistoryState(3, 1, ""));
            assertThat(history.messages()).singleElement().asString().contains("state is cut off");
        }
    }

    @Test
    void oldestGoButNeverTheLastGoodOne() {
        Limits limits = new Limits(5, 1 << 20, 1 << 20);
        try (History history = History.open(directory.resolve("state"), limits)) {
            history.add(revision("good", Outcome.APPLIED));
            history.state(new HistoryState(1, 1, ""));
            for (int i = 0; i < 20; i++) {
                history.add(revision("later " + i, Outcome.REVERTED));
            }
            assertThat(history.revisions()).extracting(RevisionHead::number).containsExactly(1, 18, 19, 20, 21);
            assertThat(history.flush(PATIENCE)).isTrue();
            assertThat(directory.resolve("state").toFile().list()).hasSize(5 + 2);
        }
    }

    @Test
    void roomOnDiskIsBounded() {
        try (History history = History.open(directory.resolve("state"), new Limits(100, 40_000, 1 << 20))) {
            for (int i = 0; i < 20; i++) {
                int number = history.add(revision("x".repeat(10_000) + i, Outcome.APPLIED));
                history.state(new HistoryState(number, number, ""));
            }
            assertThat(history.revisions()).extracting(RevisionHead::number).containsExactly(18, 19, 20);
        }
    }

    @Test
    void whatCannotBeWrittenIsKeptInMemoryWithinBoundsAndWrittenAsSoonAsThatWorks() throws Exception {
        Path blocked = directory.resolve("state");
        Files.writeString(blocked, "a file where the directory should be");
        try (History history = History.open(blocked, new Limits(100, 1 << 20, 35_000))) {
            assertThat(history.problem()).contains("is a file, not a directory");
            for (int i = 0; i < 20; i++) {
                int number = history.add(revision("x".repeat(10_000) + i, Outcome.APPLIED));
                history.state(new HistoryState(number, number, ""));
            }
            assertThat(history.flush(PATIENCE)).isFalse();
            assertThat(history.revisions()).extracting(RevisionHead::number).containsExactly(18, 19, 20);
            assertThat(history.read(19).texts().get("a.yaml")).endsWith("x18");
            Files.delete(blocked);
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (!history.problem().isEmpty()) {
                assertThat(System.nanoTime()).isLessThan(deadline);
                Thread.onSpinWait();
            }
            assertThat(history.flush(PATIENCE)).isTrue();
        }
        try (History history = open()) {
            assertThat(history.revisions()).hasSize(3);
            assertThat(history.state().good()).isEqualTo(20);
        }
    }

    @Test
    void directoryOfAnotherNodeIsNotWritten() {
        try (History first = open();
                History second = open()) {
            first.add(revision("mine", Outcome.APPLIED));
            assertThat(second.problem()).contains("another node");
            second.add(revision("yours", Outcome.APPLIED));
            assertThat(second.flush(Duration.ofMillis(100))).isFalse();
            assertThat(first.flush(PATIENCE)).isTrue();
            assertThat(first.problem()).isEmpty();
        }
    }

    @Test
    void sameFilesInAnotherDirectoryHoldTheSame() {
        assertThat(Revision.content(Map.of("/a/x.yaml", "t"))).isEqualTo(Revision.content(Map.of("/b/x.yaml", "t")));
        assertThat(List.of(Map.of("/a/y.yaml", "t"), Map.of("/a/x.yaml", "u"), Map.of("/a/x.yaml", "")))
                .allSatisfy(other ->
                        assertThat(Revision.content(other)).isNotEqualTo(Revision.content(Map.of("/a/x.yaml", "t"))));
    }
}
