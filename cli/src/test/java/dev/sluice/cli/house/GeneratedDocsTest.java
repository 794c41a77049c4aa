package dev.sluice.cli.house;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.CommandLineReference;
import dev.sluice.cli.MetricsReference;
import dev.sluice.model.ObjectReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** With the environment variable SLUICE_WRITE_DOCS=1 the pages are written first: {@code ./dev docs}. */
@Tag("house")
@Tag("generated-docs")
class GeneratedDocsTest {
    private static final Map<String, Supplier<String>> PAGES = Map.of(
            "bfd-refusals.md", BfdRefusalReference::markdown,
            "drop-reasons.md", DropReasonReference::markdown,
            "fast-path-reasons.md", FastPathReasonReference::markdown,
            "command-line.md", CommandLineReference::markdown,
            "metrics.md", MetricsReference::markdown,
            "objects.md", ObjectReference::markdown);

    static Stream<String> pages() {
        return PAGES.keySet().stream().sorted();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void pageInTheTreeIsWhatTheCodeSays(String page) throws IOException {
        String text = Objects.requireNonNull(PAGES.get(page), page).get();
        Path file = Tree.ours().root().resolve("docs").resolve("reference").resolve(page);
        if ("1".equals(System.getenv("SLUICE_WRITE_DOCS"))) {
            Files.writeString(file, text);
        }
        assertThat(file).as("generated page, written anew by ./dev docs").exists();
        assertThat(Files.readString(file))
                .as("generated page, written anew by ./dev docs")
                .isEqualTo(text);
    }
}
