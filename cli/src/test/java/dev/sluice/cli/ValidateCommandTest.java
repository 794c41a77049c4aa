package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ValidateCommandTest {
    private static final String GOOD = """
            apiVersion: sluice.dev/v1
            kind: Service
            metadata: {name: firewall}
            spec: {transport: raw}
            """;
    private static final String BAD = """
            apiVersion: sluice.dev/v1
            kind: Service
            metadata: {name: firewall}
            spec: {transport: pigeon}
            """;

    @TempDir
    private Path folder = Path.of("");

    @Test
    void validFileIsCounted() throws IOException {
        Cli run = Cli.run("validate", write("good.yaml", GOOD));
        assertThat(run.status()).isZero();
        assertThat(run.out()).startsWith("valid: 1 object, 0 errors");
    }

    @Test
    void problemHasFileLineColumnObjectFieldAndAllowedValues() throws IOException {
        String file = write("bad.yaml", BAD);
        Cli run = Cli.run("validate", "-f", file);
        assertThat(run.status()).isEqualTo(ExitCode.FAILED);
        assertThat(run.out())
                .startsWith(file + ":4:19: Service/firewall spec.transport: ")
                .contains("pigeon")
                .contains("raw, vlan, qinq, wire")
                .endsWith("not valid: 1 error, 0 warnings\n");
    }

    @Test
    void eachArgumentIsAConfigurationOfItsOwn() throws IOException {
        Cli run = Cli.run("validate", write("good.yaml", GOOD), write("bad.yaml", BAD), "-f", write("same.yaml", GOOD));
        assertThat(run.status()).isEqualTo(ExitCode.FAILED);
        assertThat(run.out()).endsWith("not valid: 1 error, 0 warnings\n");
    }

    @Test
    void jsonHoldsTheSameProblems() throws IOException {
        JsonNode report = new JsonMapper()
                .readTree(Cli.run("validate", "-o", "json", write("bad.yaml", BAD))
                        .out());
        assertThat(report.get("valid").booleanValue()).isFalse();
        assertThat(report.get("problems").get(0).get("line").intValue()).isEqualTo(4);
        assertThat(report.get("problems").get(0).get("field").asString()).isEqualTo("spec.transport");
    }

    @Test
    void nothingToValidateIsWrongUsage() {
        assertThat(Cli.run("validate").status()).isEqualTo(ExitCode.USAGE);
    }

    private String write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text).toString();
    }
}
