package dev.sluice.agent.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.datapath.KeptTables;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a process finds of the one before, and when it rather begins anew (ADR 23). */
class KeptMemoryTest {
    private static final long EPOCH = 77;
    private static final int CONNECTIONS = 100;

    @TempDir
    Path directory;

    private void leave(int value) throws IOException {
        try (KeptMemory memory = KeptMemory.open(directory, EPOCH, CONNECTIONS)) {
            memory.tables().connections().set(ValueLayout.JAVA_INT, 0, value);
            memory.takeOver();
        }
    }

    private boolean isFound(long epoch) throws IOException {
        try (KeptMemory memory = KeptMemory.open(directory, epoch, CONNECTIONS)) {
            return memory.before() != null;
        }
    }

    @Test
    void nextProcessFindsWhatWasWrittenWhateverItsOwnSize() throws IOException {
        leave(4711);
        try (KeptMemory memory = KeptMemory.open(directory, EPOCH, 7)) {
            KeptTables before = Objects.requireNonNull(memory.before());
            assertThat(before.connectionsMax()).isEqualTo(CONNECTIONS);
            assertThat(before.connections().get(ValueLayout.JAVA_INT, 0)).isEqualTo(4711);
            assertThat(memory.tables().connections().get(ValueLayout.JAVA_INT, 0))
                    .isZero();
        }
    }

    @Test
    void oneThatEndsBeforeItTookOverLeavesWhatWasThere() throws IOException {
        leave(4711);
        assertThat(isFound(EPOCH)).isTrue();
        assertThat(isFound(EPOCH)).isTrue();
    }

    @Test
    void otherNumbersVersionsBootsAndSizesAreNotGoneOnWith() throws IOException {
        leave(1);
        assertThat(isFound(EPOCH + 1)).isFalse();
        for (int at : new int[] {0, 8, 16, 24, 32, 40}) {
            leave(1);
            assertThat(isFound(EPOCH)).isTrue();
            try (RandomAccessFile file =
                    new RandomAccessFile(directory.resolve("connections").toFile(), "rw")) {
                file.seek(at);
                file.write(99);
            }
            assertThat(isFound(EPOCH)).as("byte %d", at).isFalse();
        }
        leave(1);
        try (RandomAccessFile file =
                new RandomAccessFile(directory.resolve("connections").toFile(), "rw")) {
            file.setLength(file.length() / 2);
        }
        assertThat(isFound(EPOCH)).isFalse();
        try (RandomAccessFile file =
                new RandomAccessFile(directory.resolve("connections").toFile(), "rw")) {
            file.setLength(10);
        }
        assertThat(isFound(EPOCH)).isFalse();
    }

    /** The values at the beginning of the pieces that the next process finds. */
    private List<Integer> foundPieces() throws IOException {
        try (KeptMemory memory = KeptMemory.open(directory, EPOCH, CONNECTIONS)) {
            return Objects.requireNonNull(memory.before()).pieces().pieces().stream()
                    .map(piece -> piece.get(ValueLayout.JAVA_INT, 0))
                    .toList();
        }
    }

    private static void addPiece(KeptMemory memory, int value) {
        MemorySegment piece = memory.tables().pieces().add(KeptTables.pieceBytes(CONNECTIONS));
        assertThat(piece.mismatch(MemorySegment.ofArray(new byte[KeptTables.pieceBytes(CONNECTIONS)])))
                .as("zeroed")
                .isEqualTo(-1);
        piece.set(ValueLayout.JAVA_INT, 0, value);
    }

    @Test
    void nextProcessFindsThePiecesThatWereAddedWhole() throws IOException {
        try (KeptMemory memory = KeptMemory.open(directory, EPOCH, CONNECTIONS)) {
            addPiece(memory, 1);
            addPiece(memory, 2);
            addPiece(memory, 3);
            memory.takeOver();
        }
        assertThat(foundPieces()).containsExactly(1, 2, 3);
        try (RandomAccessFile file =
                new RandomAccessFile(directory.resolve("connections").toFile(), "rw")) {
            file.setLength(file.length() - 1);
        }
        assertThat(foundPieces()).containsExactly(1, 2);
    }

    @Test
    void processGoesOnWhereItsFileCannotGrow() throws IOException {
        try (KeptMemory memory = KeptMemory.open(directory, EPOCH, CONNECTIONS)) {
            addPiece(memory, 1);
            // Closes the file, as a thread's interruption does.
            Thread.currentThread().interrupt();
            addPiece(memory, 2);
            assertThat(Thread.interrupted()).isTrue();
            addPiece(memory, 3);
            assertThat(memory.tables().pieces().pieces()).hasSize(3);
            memory.takeOver();
        }
        assertThat(foundPieces()).containsExactly(1);
    }

    @Test
    void secondProcessIsRefusedAndUninstallWaits() throws IOException {
        try (KeptMemory memory = KeptMemory.open(directory, EPOCH, CONNECTIONS)) {
            assertThat(memory.before()).isNull();
            assertThatThrownBy(() -> KeptMemory.open(directory, EPOCH, CONNECTIONS))
                    .hasMessageContaining("has " + directory);
            assertThat(KeptMemory.remove(directory)).isNotEmpty();
        }
        assertThat(KeptMemory.remove(directory)).isEmpty();
        assertThat(directory).doesNotExist();
    }
}
