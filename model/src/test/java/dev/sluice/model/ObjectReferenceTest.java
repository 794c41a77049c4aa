package dev.sluice.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ObjectReferenceTest {
    @Test
    void fileInTheTreeIsWhatTheTablesSay() throws IOException {
        Path file = Path.of("..", "docs", "reference", "objects.md");
        if (Boolean.getBoolean("sluice.reference.write")) {
            Files.writeString(file, ObjectReference.markdown());
        }
        assertThat(Files.readString(file))
                .as("docs/reference/objects.md is stale; run this test with -Dsluice.reference.write=true")
                .isEqualTo(ObjectReference.markdown());
    }

    @Test
    void everyKindIsDescribedWithAnExampleThatReads() {
        assertThat(KindReader.ALL).hasSize(Kind.written().size());
        for (KindReader kind : KindReader.ALL) {
            LoadResult alone = ConfigurationLoader.parse("example.yaml", kind.example());
            assertThat(alone.problems().stream().map(Problem::message))
                    .as(kind.kind().word())
                    .allMatch(message -> message.startsWith("there is no "));
        }
    }

    @Test
    void everyFieldOfTheSampleIsInTheReference() {
        String reference = ObjectReference.markdown();
        String fields = KindReader.ALL.stream().map(kind -> kind.kind().word()).collect(Collectors.joining());
        assertThat(fields).contains("LogicalRouter");
        assertThat(reference)
                .contains("| `spec.rules[].match.destination.ports` |")
                .contains("| `spec.tracker.timeouts.tcpEstablished` |")
                .contains("| `spec.interfaces.in.nextHop` |");
    }
}
