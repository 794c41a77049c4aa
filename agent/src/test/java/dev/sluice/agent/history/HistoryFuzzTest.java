package dev.sluice.agent.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.agent.Yaml;
import dev.sluice.fuzz.Damage;
import dev.sluice.fuzz.FuzzTarget;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Damaged files of a history: refused with a reason. With a hash made right, as a version with other fields would write them, they are refused or read, and never end a node that starts.
 */
class HistoryFuzzTest {
    private static final int FILES = 20_000;
    private static final int FILES_OF_CHECK = 3_000;
    private static final int HEAD_BYTES = "sluice-history 1 ".length() + 64 + 1;
    private static final byte[] REVISION = HistoryFormat.encode(new Revision(
            7,
            Instant.parse("2026-01-02T03:04:05Z"),
            "edge",
            "/etc/sluice",
            12,
            Revision.Outcome.CONFIRMED,
            Map.of("node.yaml", Yaml.bridge()),
            List.of("eth0")));
    private static final byte[] STATE =
            HistoryFormat.encode(new HistoryState(7, 6, "ab".repeat(32), Map.of("fw-1", "drain")));

    private static long run(long seed, int executions) {
        Random random = new Random(seed);
        for (int i = 0; i < executions; i++) {
            boolean state = random.nextBoolean();
            byte[] sound = state ? STATE : REVISION;
            boolean sealed = random.nextInt(4) != 0;
            byte[] file = sealed ? sealed(random, sound) : Damage.bytes(random, sound);
            try {
                Object read = state ? HistoryFormat.state(file) : HistoryFormat.revision(file);
                assertThat(sealed || Arrays.equals(file, sound)).isTrue();
                assertThat(read).isNotNull();
                if (read instanceof Revision revision) {
                    assertThat(revision.content()).isNotEmpty();
                    assertThat(HistoryFormat.revision(HistoryFormat.encode(revision)))
                            .isEqualTo(revision);
                }
            } catch (IOException e) {
                assertThat(e.getMessage()).startsWith("is ");
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("file " + i + ": " + new String(file, StandardCharsets.UTF_8), e);
            }
        }
        return executions;
    }

    private static byte[] sealed(Random random, byte[] sound) {
        String json = new String(sound, HEAD_BYTES, sound.length - HEAD_BYTES, StandardCharsets.UTF_8);
        return sealed(Damage.text(random, List.of(json)).getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] sealed(byte[] damaged) {
        String hash = HexFormat.of().formatHex(Revision.sha256().digest(damaged));
        byte[] head = ("sluice-history 1 " + hash + "\n").getBytes(StandardCharsets.US_ASCII);
        byte[] all = Arrays.copyOf(head, head.length + damaged.length);
        System.arraycopy(damaged, 0, all, head.length, damaged.length);
        return all;
    }

    /** Each of these ended a node that started, with a NullPointerException or an InvalidPathException. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "{\"number\":1,\"time\":\"2026-01-02T03:04:05Z\",\"node\":\"a\",\"source\":\"b\",\"generation\":1,\"outcome\":\"applied\"}",
                "{\"number\":1,\"time\":\"2026-01-02T03:04:05Z\",\"node\":\"a\",\"source\":\"b\",\"generation\":1,\"outcome\":\"applied\",\"files\":[null]}",
                "{\"number\":1,\"time\":\"2026-01-02T03:04:05Z\",\"node\":\"a\",\"source\":\"b\",\"generation\":1,\"outcome\":\"applied\",\"files\":[{\"name\":\"a\\u0000\",\"text\":\"\"}]}",
                "{\"number\":1,\"files\":[]}"
            })
    void fieldsThatAreNotThereAreNamed(String json) {
        assertThatThrownBy(() -> HistoryFormat.revision(sealed(json.getBytes(StandardCharsets.UTF_8))))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("is not ");
        assertThatThrownBy(() -> HistoryFormat.state(sealed("{\"running\":1}".getBytes(StandardCharsets.UTF_8))))
                .hasMessageEndingWith("it has no filesNotApplied");
    }

    private static FuzzTarget target(int executions) {
        return new FuzzTarget(
                "history and state files", "HistoryFuzzTest#damagedFilesOfManySeeds", seed -> run(seed, executions));
    }

    @Test
    void damagedFilesAreRefusedWithAReason() {
        target(FILES_OF_CHECK).once(1);
    }

    @Test
    @Tag("campaign")
    void damagedFilesOfManySeeds() {
        target(FILES).run();
    }
}
