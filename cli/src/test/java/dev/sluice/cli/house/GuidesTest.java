package dev.sluice.cli.house;

import static org.assertj.core.api.Assertions.assertThat;

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
}
