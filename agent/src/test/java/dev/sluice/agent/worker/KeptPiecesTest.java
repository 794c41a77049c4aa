package dev.sluice.agent.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file of which a part cannot be mapped: here because the memory is another thread's. */
class KeptPiecesTest {
    private static final int FIXED_BYTES = 4096;
    private static final int PIECE_BYTES = 8192;
    private static final Executor ANOTHER_THREAD = task -> Thread.ofPlatform().start(task);

    @TempDir
    private Path directory = Path.of("");

    private static List<String> openFiles() throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.map(KeptPiecesTest::target).toList();
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException e) {
            // That by which they are listed.
            return "";
        }
    }

    @Test
    void fileThatCannotBeMappedIsClosed() throws Exception {
        Path file = directory.resolve("kept");
        try (Arena arena = Arena.ofConfined();
                KeptPieces pieces = new KeptPieces(file, FIXED_BYTES, arena)) {
            assertThat(openFiles()).contains(file.toString());
            CompletableFuture<MemorySegment> mapped = CompletableFuture.supplyAsync(
                    () -> {
                        try {
                            return pieces.mapFixed();
                        } catch (IOException e) {
                            throw new CompletionException(e);
                        }
                    },
                    ANOTHER_THREAD);
            assertThatExceptionOfType(CompletionException.class)
                    .isThrownBy(mapped::join)
                    .withCauseInstanceOf(WrongThreadException.class);
            assertThat(openFiles()).doesNotContain(file.toString());
        }
    }

    /** Whoever finds the file later takes what is behind the fixed part for one piece after the other. */
    @Test
    void pieceThatCouldNotBeMappedLeavesNoGap() throws Exception {
        Path file = directory.resolve("kept");
        try (Arena arena = Arena.ofConfined();
                KeptPieces pieces = new KeptPieces(file, FIXED_BYTES, arena)) {
            assertThat(pieces.mapFixed().byteSize()).isEqualTo(FIXED_BYTES);
            CompletableFuture<MemorySegment> piece =
                    CompletableFuture.supplyAsync(() -> pieces.add(PIECE_BYTES), ANOTHER_THREAD);
            assertThatExceptionOfType(CompletionException.class)
                    .isThrownBy(piece::join)
                    .withCauseInstanceOf(WrongThreadException.class);
            pieces.add(PIECE_BYTES).set(ValueLayout.JAVA_INT, 0, 4711);
        }
        MemorySegment left = Arena.ofAuto().allocate(Files.size(file));
        left.copyFrom(MemorySegment.ofArray(Files.readAllBytes(file)));
        assertThat(KeptPieces.left(left, FIXED_BYTES, PIECE_BYTES).pieces())
                .singleElement()
                .satisfies(
                        piece -> assertThat(piece.get(ValueLayout.JAVA_INT, 0)).isEqualTo(4711));
    }
}
