package dev.sluice.datapath.offload;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whoever asks why a flow has no fast path gets a sentence, and finds more in packet-life.md. */
class OffloadRefusalTest {
    @ParameterizedTest
    @EnumSource
    void hasASentenceAndItsPlaceInTheSpecification(OffloadRefusal why) throws IOException {
        assertThat(why.sentence()).endsWith(".");
        assertThat(Files.readString(Path.of("..", "docs", "reference", "packet-life.md")))
                .contains(why.name());
    }
}
