package dev.sluice.agent.history;

import dev.sluice.agent.history.Revision.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A history on a small file system of its own, {@code DIRECTORY}, that gets full, larger, read-only and writable; prints {@code ok} or what was wrong. */
final class FullDiskMain {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private FullDiskMain() {}

    /** Entry of the child process. */
    public static void main(String[] arguments) throws Exception {
        Path disk = Path.of(arguments[0]);
        int written;
        try (History history = History.open(disk.resolve("state"))) {
            written = fill(history);
            check(history.problem().contains("No space left on device"), "problem: " + history.problem());
            check(text(history, written).endsWith("#" + written), "text in memory");
            remount(disk, "size=4m");
            awaitWritten(history);
        }
        remount(disk, "ro");
        try (History history = History.open(disk.resolve("state"))) {
            check(history.problem().contains("Read-only file system"), "problem: " + history.problem());
            check(history.read(written).number() == written, "what is there can be read");
            add(history, written + 1);
            remount(disk, "rw");
            awaitWritten(history);
        }
        try (History history = History.open(disk.resolve("state"))) {
            check(history.messages().isEmpty(), "messages: " + history.messages());
            for (RevisionHead head : history.revisions()) {
                check(text(history, head.number()).endsWith("#" + head.number()), "text of " + head);
            }
            check(history.state().good() == history.revisions().getLast().number(), "state: " + history.state());
        }
        System.out.println("ok");
    }

    private static String text(History history, int number) throws IOException {
        return Objects.requireNonNull(history.read(number).texts().get("a.yaml"));
    }

    private static int fill(History history) {
        for (int number = 1; ; number++) {
            add(history, number);
            if (!history.flush(PATIENCE)) {
                return number;
            }
            check(number < 90, "the disk never got full");
        }
    }

    private static void add(History history, int number) {
        int given = history.add(new Revision(
                1,
                Instant.EPOCH,
                "edge",
                "conf",
                number,
                Outcome.APPLIED,
                Map.of("a.yaml", "x".repeat(20_000) + "#" + number)));
        check(given == number, "number " + given);
        history.state(new HistoryState(number, number, ""));
    }

    private static void awaitWritten(History history) {
        long deadlineNs = System.nanoTime() + PATIENCE.toNanos();
        while (!history.flush(Duration.ofMillis(100))) {
            check(System.nanoTime() < deadlineNs, "it does not recover: " + history.problem());
            Thread.onSpinWait();
        }
    }

    private static void remount(Path disk, String option) throws IOException, InterruptedException {
        Process mount = new ProcessBuilder(List.of("mount", "-o", "remount," + option, disk.toString()))
                .inheritIO()
                .start();
        check(mount.waitFor() == 0, "remount " + option);
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            System.out.println("wrong: " + what);
            System.exit(1);
        }
    }
}
