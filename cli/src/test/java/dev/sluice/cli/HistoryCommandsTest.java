package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.agent.report.HistoryReport;
import dev.sluice.agent.report.HistoryReport.RevisionReport;
import dev.sluice.agent.report.ReloadReport;
import dev.sluice.agent.report.TextsReport;
import dev.sluice.agent.report.TextsReport.TextReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.TypeConversionException;

class HistoryCommandsTest {
    @TempDir
    private Path folder = Path.of("");

    private String file(String name, String spec) throws IOException {
        return Files.writeString(
                        folder.resolve(name),
                        "apiVersion: sluice.dev/v1\nkind: Service\nmetadata: {name: fw}\nspec: " + spec + "\n")
                .toString();
    }

    @Test
    void diffOfFilesSaysWhatIsDifferentAndSoDoesItsStatus() throws IOException {
        String before = file("a.yaml", "{transport: raw}");
        String after = file("b.yaml", "{transport: raw, action: copy}");
        Cli different = Cli.run("diff", before, after);
        assertThat(different.status()).isEqualTo(ExitCode.FAILED);
        assertThat(different.out())
                .contains("a.yaml -> ")
                .contains(": 1 difference\nchanged Service/fw spec.action: (not set) -> copy");
        Cli same = Cli.run("diff", before, file("c.yaml", "{transport: raw} # the same"));
        assertThat(same.status()).isZero();
        assertThat(same.out()).contains("no difference between objects");
        assertThat(Cli.run("diff", "-o", "json", before, after).out()).contains("\"what\" : \"CHANGED\"");
    }

    @Test
    void diffOfWhatCannotBeReadHasAStatusOfItsOwn() throws IOException {
        Cli run = Cli.run("diff", file("a.yaml", "{transport: pigeon}"), file("b.yaml", "{}"));
        assertThat(run.status()).isEqualTo(ExitCode.NOT_READABLE);
        assertThat(run.err()).contains("cannot be compared").contains("pigeon");
        Cli nobody = Cli.run("diff", "--admin", folder.resolve("gone.sock").toString());
        assertThat(nobody.status()).isEqualTo(ExitCode.NOT_READABLE);
        assertThat(nobody.err()).contains("no Sluice node listens");
    }

    @Test
    void whatIsNotOnDiskIsSaidByAllThatChangeIt() {
        ReloadReport safe = new ReloadReport(7, 3, true, 0, "");
        ReloadReport unsafe = new ReloadReport(7, 3, true, 0, "the disk is full");
        assertThat(List.of(ReloadCommand.text(unsafe), ConfirmCommand.text(unsafe), RollbackCommand.text(unsafe)))
                .allMatch(text -> text.endsWith("\nwarning: the disk is full"));
        assertThat(List.of(ReloadCommand.text(safe), ConfirmCommand.text(safe), RollbackCommand.text(safe)))
                .noneMatch(text -> text.contains("warning"));
    }

    @Test
    void timesAreReadWithTheirUnits() {
        SecondsOption option = new SecondsOption();
        assertThat(List.of(
                        option.convert("90"),
                        option.convert("60s"),
                        option.convert("5m"),
                        option.convert("24h"),
                        option.convert("1d")))
                .containsExactly(90, 60, 300, 86_400, 86_400);
        for (String wrong : List.of("0s", "25h", "x", "", "-1", "2d", "9999999")) {
            assertThatThrownBy(() -> option.convert(wrong))
                    .isInstanceOf(TypeConversionException.class)
                    .hasMessageContaining("1s..24h");
        }
        TimeOption any = new TimeOption();
        assertThat(List.of(any.convert("45"), any.convert("30m"), any.convert("90d")))
                .containsExactly(45L, 1_800L, 7_776_000L);
        for (String wrong : List.of("", "h", "1.5h", "-1", "2w", "9999999999")) {
            assertThatThrownBy(() -> any.convert(wrong)).hasMessageContaining("write 60s, 5m, 12h or 90d");
        }
        assertThat(Cli.run("reload", "--confirm", "soon").status()).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void historyMarksWhatRunsAndShowsTheNewestFirst() {
        String text = HistoryCommand.text(new HistoryReport(
                "/var/lib/sluice/edge",
                "disk full",
                1,
                1,
                List.of(
                        new RevisionReport(1, "2026-01-01T00:00:00Z", "/etc/a", "applied", 1, 2, "0123456789abcdef"),
                        new RevisionReport(2, "2026-01-02T00:00:00Z", "/etc/a", "reverted", 2, 2, "0123"))));
        assertThat(text.lines().skip(1).toList().getFirst())
                .contains("2  2026-01-02")
                .contains("reverted");
        assertThat(text.lines().skip(2).toList().getFirst()).startsWith("*").contains("0123456789ab  /etc/a");
        assertThat(text).endsWith("NOT written to /var/lib/sluice/edge: disk full");
    }

    @Test
    void textsOfARevisionAreOneStreamOfDocuments() {
        assertThat(HistoryCommand.text(new TextsReport(
                        "revision 1", List.of(new TextReport("a", "x: 1\n"), new TextReport("b", "y: 2")))))
                .isEqualTo("# a\nx: 1\n---\n# b\ny: 2");
    }

    @Test
    void reloadSaysWhatIsToBeDone() {
        assertThat(ReloadCommand.text(new ReloadReport(5, 3, true, 60, "careful")))
                .isEqualTo("applied as configuration generation 5, revision 3\n"
                        + "it is taken back in 60 s unless you say 'sluice confirm'\nwarning: careful");
        assertThat(ReloadCommand.text(new ReloadReport(5, 3, false, 0, "")))
                .isEqualTo("nothing has changed: generation 5, revision 3");
    }
}
