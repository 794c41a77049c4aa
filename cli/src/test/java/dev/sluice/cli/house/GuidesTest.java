package dev.sluice.cli.house;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.WrittenCommands;
import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.Problem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Examples in guides are what the product takes. */
@Tag("house")
class GuidesTest {
    private static final Pattern OBJECTS =
            Pattern.compile("(?m)^(?:```yaml|cat > \\S+ <<'END')\\n(apiVersion: [\\s\\S]*?)^(?:```|END)$");

    @Test
    void everyExampleOfObjectsIsValid() {
        Tree tree = Tree.ours();
        List<String> errors = new ArrayList<>();
        int examples = 0;
        for (Path page : tree.files(file -> file.startsWith(Path.of("docs", "guides")))) {
            Matcher block = OBJECTS.matcher(tree.text(page));
            while (block.find()) {
                examples++;
                ConfigurationLoader.parse(page + "#" + examples, block.group(1)).problems().stream()
                        .filter(Problem::isError)
                        .map(Problem::toString)
                        .forEach(errors::add);
            }
        }
        assertThat(errors).isEmpty();
        assertThat(examples).isGreaterThan(10);
    }

    @Test
    void everyCommandIsThereWithItsOptions() {
        Tree tree = Tree.ours();
        List<String> wrong = new ArrayList<>();
        int commands = 0;
        for (Path page : tree.files(file -> file.equals(Path.of("README.md"))
                || (file.startsWith(Path.of("docs"))
                        && !file.startsWith(Path.of("docs", "adr"))
                        && file.toString().endsWith(".md")))) {
            commands += WrittenCommands.of(tree.text(page)).size();
            wrong.addAll(WrittenCommands.wrong(page.toString(), tree.text(page)));
        }
        assertThat(wrong).isEmpty();
        assertThat(commands).isGreaterThan(100);
    }

    @Test
    void findsCommandsAndOptionsThatAreNotThere() {
        assertThat(WrittenCommands.wrong("a.md", """
                        Look at `sluice drops`, or `sluice counters -o json`.
                        ```
                        edge-1$ sudo sluice token create a --ttl-hours 3 > f; SLUICE_TOKEN_FILE=f sluice whoami --pigeon
                        $ sluice token make a | sluice status
                        sluice: nothing that is a command
                        ```
                        """))
                .containsExactly(
                        "a.md: sluice token create a --ttl-hours 3: there is no option --ttl-hours",
                        "a.md: sluice whoami --pigeon: there is no option --pigeon",
                        "a.md: sluice token make a: there is no command make",
                        "a.md: sluice drops: there is no command drops");
    }
}
