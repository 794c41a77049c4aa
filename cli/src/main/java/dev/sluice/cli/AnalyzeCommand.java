package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.analysis.Finding;
import dev.sluice.agent.analysis.Finding.Severity;
import dev.sluice.agent.report.AnalysisReport;
import dev.sluice.agent.sight.PolicyAnalysis;
import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.LoadResult;
import dev.sluice.model.Problem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code sluice analyze}. */
@Command(
        name = "analyze",
        description = {
            "Finds what is doubtful about rules: rules that can never match, duplicates, conflicts, ways around chains that fail closed; each with a "
                    + "packet that shows it. Of a file or directory, or, without one, of a running node.",
            "Exit status: 1 if there is a finding as bad as --fail-on says."
        })
final class AnalyzeCommand extends NodeCommand {
    /** From which severity on the command fails. */
    enum FailOn {
        PROBLEM,
        WARNING,
        NOTE,
        NEVER;

        boolean means(Severity severity) {
            return switch (this) {
                case PROBLEM -> severity == Severity.PROBLEM;
                case WARNING -> severity != Severity.NOTE;
                case NOTE -> true;
                case NEVER -> false;
            };
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Parameters(
            arity = "0..1",
            paramLabel = "FILE|DIR",
            description = "A file, or a directory with *.yaml and *.yml files; without it, the running node is asked.")
    private @Nullable Path argument;

    @Option(
            names = {"-f", "--file"},
            paramLabel = "FILE|DIR",
            description = "The same, for those used to writing it.")
    private @Nullable Path file;

    @Option(
            names = "--fail-on",
            paramLabel = "SEVERITY",
            converter = LowerCaseWord.OfFailOn.class,
            description = "problem, warning, note or never (default: ${DEFAULT-VALUE}).")
    private FailOn failOn = FailOn.PROBLEM;

    @Option(names = "--notes", description = "Show notes in the text too; JSON always has them.")
    private boolean notes;

    @Override
    public Integer call() throws NodeException {
        if (argument != null && file != null) {
            throw new ParameterException(spec.commandLine(), "give one file or directory, either with -f or without");
        }
        Path path = argument == null ? file : argument;
        AnalysisReport report = path == null ? admin.client().analyze() : ofFiles(path, admin.node());
        spec.commandLine().getOut().println(output.json() ? Json.text(report) : text(report, notes));
        boolean failed = report.findings().stream().anyMatch(finding -> failOn.means(finding.severity()));
        return failed ? ExitCode.FAILED : ExitCode.OK;
    }

    private static AnalysisReport ofFiles(Path path, Optional<String> node) throws NodeException {
        LoadResult loaded = ConfigurationLoader.load(path);
        if (loaded.configuration().isEmpty()) {
            throw new CommandFailure(loaded.problems().stream()
                    .filter(Problem::isError)
                    .map(Problem::toString)
                    .collect(Collectors.joining("\n", path + " is not valid:\n", "")));
        }
        return PolicyAnalysis.of(loaded.configuration().get(), node);
    }

    /** The report for people. */
    static String text(AnalysisReport report, boolean notes) {
        StringBuilder text = new StringBuilder();
        List<Finding> shown = new ArrayList<>(report.findings());
        shown.removeIf(finding -> !notes && finding.severity() == Severity.NOTE);
        for (Finding finding : shown) {
            text.append(word(finding.severity()))
                    .append(' ')
                    .append(word(finding.kind()))
                    .append(": ");
            text.append(finding.rule()).append(": ").append(finding.message()).append('\n');
            if (!finding.places().isEmpty()) {
                text.append("    at ")
                        .append(String.join(", ", finding.places()))
                        .append('\n');
            }
            if (!finding.example().isEmpty()) {
                text.append("    for example ").append(example(finding)).append('\n');
            }
        }
        report.cut()
                .forEach(kind ->
                        text.append("more findings of kind ").append(word(kind)).append(" are not shown\n"));
        int hidden = report.findings().size() - shown.size();
        return text.append(summary(report))
                .append(hidden == 0 ? "" : "; notes are shown with --notes")
                .toString();
    }

    private static String example(Finding finding) {
        return finding.example().entrySet().stream()
                        .map(field -> field.getKey() + " " + field.getValue())
                        .collect(Collectors.joining(", "))
                + ": decided by " + (finding.decidedBy().equals("default") ? "no rule" : finding.decidedBy());
    }

    private static String summary(AnalysisReport report) {
        StringBuilder text = new StringBuilder(report.rules() + (report.rules() == 1 ? " rule" : " rules") + " on "
                + String.join(", ", report.nodes()) + ": ");
        List<String> counts = new ArrayList<>();
        for (Severity severity : Severity.values()) {
            long count = report.findings().stream()
                    .filter(finding -> finding.severity() == severity)
                    .count();
            counts.add(count + " " + word(severity) + (count == 1 ? "" : "s"));
        }
        return text.append(String.join(", ", counts)).toString();
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
