package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.model.FieldText;
import dev.sluice.model.Kind;
import dev.sluice.model.KindText;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class ExplainCommandTest {
    @Test
    void kindHasItsFieldsAndAnExample() {
        assertThat(Cli.run("explain", "servicechains").out())
                .startsWith("ServiceChain\n\n  Services that packets pass")
                .contains("\n  spec: object (required)\n")
                .endsWith("\n    onFailure: closed\n");
        assertThat(Cli.run("explain").out()).contains("\nservicechains ", "\nserviceinstanceruntimes ");
    }

    @Test
    void fieldHasValuesDefaultAndWhatIsInside() {
        assertThat(Cli.run("explain", "service.spec.health").out())
                .contains("\n  spec.health.intervalMs: 10..60000 (default: 50)\n    Milliseconds between two probes")
                .contains("\n  spec.health.bfd: object\n")
                .doesNotContain("spec.health.bfd.key.secret");
        assertThat(Cli.run("explain", "Service.spec.health", "-r").out())
                .contains("\n  spec.health.bfd.key.secret: 1 to 20 printable ASCII characters (required)\n");
        assertThat(Cli.run("explain", "service.spec.health.intervalMs").out())
                .startsWith("Service spec.health.intervalMs\n\n  Milliseconds")
                .endsWith("\n  values: 10..60000\n  default: 50\n");
        assertThat(Cli.run("explain", "servicepolicy.spec.rules[0].match").out())
                .isEqualTo(Cli.run("explain", "servicepolicy.spec.rules.match").out())
                .startsWith("ServicePolicy spec.rules[].match\n");
    }

    @Test
    void whatIsWrittenWrongIsSaidWithWhatThereIs() {
        Cli run = Cli.run("explain", "service.spec.healt");
        assertThat(run.status()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("Service spec has no field 'healt'; did you mean 'health'?; it has: transport,");
        assertThat(Cli.run("explain", "servic").err()).contains("'servic' is not a kind; did you mean");
        assertThat(Cli.run("explain", "service.spec.transport.x").err()).contains("has no field 'x'; it has none");
    }

    @Test
    void programsGetTheSame() {
        assertThat(new JsonMapper()
                        .readTree(Cli.run("explain", "service.spec.health.intervalMs", "-o", "json")
                                .out())
                        .path("values")
                        .asString())
                .isEqualTo("10..60000");
    }

    /** What is made of the tables is whole: every field can be asked for, and no line is longer than a terminal is wide unless one word is. */
    @Test
    void everyFieldOfEveryKindIsExplained() {
        for (Kind kind : Kind.values()) {
            String all = Cli.run("explain", kind.plural(), "--recursive").out();
            everyField(all, KindText.of(kind).fields());
            assertThat(all.lines()
                            .takeWhile(line -> !line.equals("example"))
                            .filter(line -> line.length() > 100 && line.strip().contains(" ")))
                    .as("%s", kind)
                    .isEmpty();
            assertThat(all).doesNotContain("](");
        }
    }

    private static void everyField(String text, List<FieldText> fields) {
        for (FieldText field : fields) {
            assertThat(text).contains("\n  " + field.path() + ": ");
            assertThat(field.meaning()).isNotBlank();
            everyField(text, field.fields());
        }
    }
}
