package dev.sluice.sdk.example;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of the guide are programs that compile. */
class GuideExamplesTest {
    private static final Path GUIDE = Path.of("..", "docs", "guides", "aware-nodes.md");
    private static final Pattern EXAMPLE = Pattern.compile("(?s)```java\n(.*?public class (\\w+).*?)```");

    @TempDir
    private Path folder = Path.of("");

    @Test
    void everyJavaExampleCompilesWithoutWarnings() throws IOException {
        List<MatchResult> examples = EXAMPLE.matcher(Files.readString(GUIDE, StandardCharsets.UTF_8))
                .results()
                .toList();
        assertThat(examples).hasSize(2);
        List<Source> sources = examples.stream()
                .map(one -> new Source(one.group(2), one.group(1)))
                .toList();
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        List<String> options = List.of(
                "-Xlint:all",
                "-Werror",
                "-proc:none",
                "-d",
                folder.toString(),
                "-cp",
                System.getProperty("java.class.path"));
        boolean compiled =
                compiler.getTask(said, null, null, options, null, sources).call();
        assertThat(compiled).as(said.toString()).isTrue();
    }

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        private Source(String name, String text) {
            super(URI.create("string:///" + name + ".java"), JavaFileObject.Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}
