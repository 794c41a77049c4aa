package dev.sluice.agent.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class AdminRequestsTest {
    /** A channel that takes a few bytes at a time. */
    private static final class Narrow implements ByteChannel {
        private final ByteArrayOutputStream taken = new ByteArrayOutputStream();

        @Override
        public int write(ByteBuffer bytes) {
            byte[] some = new byte[Math.min(1_000, bytes.remaining())];
            bytes.get(some);
            taken.writeBytes(some);
            return some.length;
        }

        @Override
        public int read(ByteBuffer bytes) {
            return -1;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
            taken.reset();
        }
    }

    @Test
    void longListsAreFoundAndWrittenForOneClientAfterTheOther() {
        AtomicInteger inHand = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AdminRequests requests = new AdminRequests(List.of(new AdminCommand("flows", List.of(), _ -> {
            most.accumulateAndGet(inHand.incrementAndGet(), Math::max);
            LockSupport.parkNanos(100_000);
            return Map.of("flows", List.of(1, 2));
        })));
        List<CompletableFuture<String>> answers = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            CompletableFuture<String> answer = new CompletableFuture<>();
            answers.add(answer);
            Thread.ofVirtual().start(() -> {
                try {
                    requests.answer("{\"command\":\"flows\"}", line -> {
                        LockSupport.parkNanos(100_000);
                        inHand.decrementAndGet();
                        answer.complete(line);
                    });
                } catch (IOException e) {
                    answer.completeExceptionally(e);
                }
            });
        }
        answers.forEach(answer -> assertThat(answer.join()).isEqualTo("{\"ok\":true,\"flows\":[1,2]}"));
        assertThat(most.get()).isOne();
    }

    @Test
    void answersWithoutContentAreWholeToo() {
        AdminRequests requests = new AdminRequests(List.of(new AdminCommand("stop", List.of(), _ -> Map.of())));
        List<String> said = new ArrayList<>();
        try {
            requests.answer("{\"command\":\"stop\"}", said::add);
            requests.answer("", said::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        assertThat(said.getFirst()).isEqualTo("{\"ok\":true}");
        assertThat(said.getLast()).startsWith("{\"ok\":false,");
    }

    @Test
    void linesOfAnyLengthAreWrittenWholeWhateverCharactersTheyHave() throws IOException {
        for (int length : new int[] {0, 1, 5, 16_383, 65_535, 65_536, 200_001}) {
            String line = "x\u00e4\u20ac\ud83d\ude00".repeat(length / 5 + 1).substring(0, length);
            String whole =
                    Character.isHighSurrogate(line.isEmpty() ? 'x' : line.charAt(length - 1)) ? line + "\ude00" : line;
            Narrow channel = new Narrow();
            new AdminLines(channel, 1 << 20).write(whole);
            assertThat(channel.taken.toString(StandardCharsets.UTF_8)).isEqualTo(whole + "\n");
        }
    }

    @Test
    void pieceOfALineHasRoomForShortOnesAndABoundForLongOnes() {
        assertThat(AdminLines.pieceBytes(0)).isEqualTo(16);
        assertThat(AdminLines.pieceBytes(100)).isEqualTo(416);
        for (int characters : new int[] {1 << 16, 1 << 29, Integer.MAX_VALUE}) {
            assertThat(AdminLines.pieceBytes(characters)).as("%d", characters).isEqualTo(1 << 16);
        }
    }
}
