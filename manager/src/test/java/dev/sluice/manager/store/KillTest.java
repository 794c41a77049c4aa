package dev.sluice.manager.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.store.Store.Entry;
import dev.sluice.manager.store.Store.Event;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that is killed in the middle of writes: what it acknowledged is there, and no transaction is there by half. */
class KillTest {
    private static final int KILLS = 20;
    private static final int WRITERS = 4;

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    @Test
    void twentyKillsLoseNothingThatWasAcknowledged() throws Exception {
        long seed = Long.getLong("sluice.seed", 20_260_102L);
        Random random = new Random(seed);
        Map<Integer, Long> acknowledged = new HashMap<>();
        long newest = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            int lines = 20 + random.nextInt(200);
            long last = writeAndKill(lines, acknowledged);
            assertThat(last).as("seed %d kill %d", seed, kill).isGreaterThan(newest);
            newest = check(acknowledged, last);
        }
        assertThat(acknowledged).hasSize(WRITERS);
    }

    /** Lets the writer go on until it has acknowledged so much; the newest revision that it told. */
    private long writeAndKill(int lines, Map<Integer, Long> acknowledged) throws IOException, InterruptedException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process child = new ProcessBuilder(List.of(
                        java,
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        KillMain.class.getName(),
                        directory.resolve("data").toString(),
                        String.valueOf(WRITERS)))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        long last = 0;
        try (BufferedReader said =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
            for (int i = 0; i < lines; i++) {
                String line = said.readLine();
                assertThat(line).as("the child ended by itself").isNotNull();
                last = Math.max(last, note(line, acknowledged));
            }
            // Not the process itself: that would close what it has said.
            child.toHandle().destroyForcibly();
            // What it had said before it died was acknowledged too; a last line that is cut off was not.
            int c;
            StringBuilder rest = new StringBuilder();
            while ((c = said.read()) >= 0) {
                rest.append((char) c);
            }
            for (String line : rest.substring(0, rest.lastIndexOf("\n") + 1).split("\n", -1)) {
                last = line.isEmpty() ? last : Math.max(last, note(line, acknowledged));
            }
        } finally {
            child.destroyForcibly();
            child.waitFor();
        }
        return last;
    }

    /** WRITER NUMBER REVISION */
    private static long note(String line, Map<Integer, Long> acknowledged) {
        String[] words = line.split(" ", -1);
        acknowledged.merge(Integer.parseInt(words[0]), Long.parseLong(words[1]), Math::max);
        return Long.parseLong(words[2]);
    }

    private long check(Map<Integer, Long> acknowledged, long last) throws CompactedException {
        try (Store store = SqliteStore.open(directory.resolve("data"))) {
            assertThat(store.revision()).isGreaterThanOrEqualTo(last);
            for (Map.Entry<Integer, Long> writer : acknowledged.entrySet()) {
                String left = number(store, "left/" + writer.getKey());
                assertThat(number(store, "right/" + writer.getKey())).isEqualTo(left);
                assertThat(Long.parseLong(left)).isGreaterThanOrEqualTo(writer.getValue());
            }
            Map<Long, Integer> sizes = new HashMap<>();
            for (Event event : store.events("left/", 0, 1_000_000)) {
                sizes.merge(event.entry().revision(), 1, Integer::sum);
            }
            for (Event event : store.events("right/", 0, 1_000_000)) {
                sizes.merge(event.entry().revision(), 1, Integer::sum);
            }
            assertThat(sizes.values()).as("each transaction has two changes").containsOnly(2);
            return store.revision();
        }
    }

    private static String number(Store store, String key) {
        String text = store.get(key).map(StoreContractTest::text).orElseThrow();
        return text.substring(0, text.indexOf(' '));
    }

    static String value(long number) {
        return number + " " + "x".repeat((int) (number * 37 % 3_000));
    }

    static long numberOf(Entry entry) {
        String text = StoreContractTest.text(entry);
        return Long.parseLong(text.substring(0, text.indexOf(' ')));
    }
}
