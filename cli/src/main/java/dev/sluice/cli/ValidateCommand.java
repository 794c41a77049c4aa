package dev.sluice.cli;

import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.LoadResult;
import dev.sluice.model.Problem;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sluice validate}: reads and checks objects, applies nothing. */
@Command(
        name = "validate",
        description = {
            "Checks objects and says everything that is wrong with them; applies nothing.",
            "A problem is one line: FILE:LINE:COLUMN: Kind/name field: what is wrong (found; allowed). "
                    + "Each argument is a configuration of its own; files that belong together go into a directory.",
            "Exit status: 0 valid (there may be warnings), 1 not valid."
        })
final class ValidateCommand implements Callable<Integer> {
    /** What {@code -o json} prints. */
    record Report(boolean valid, int objects, List<Problem> problems) {}

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call
    private CommandSpec spec;

    @Parameters(
            arity = "0..*",
            paramLabel = "FILE|DIR",
            description = "Files, or directories with *.yaml and *.yml files.")
    private List<Path> arguments = new ArrayList<>();

    @Option(
            names = {"-f", "--file"},
            paramLabel = "FILE|DIR",
            description = "The same, for those used to writing it.")
    private List<Path> files = new ArrayList<>();

    @Mixin
    private OutputOption output = new OutputOption();

    @Override
    public Integer call() {
        List<Path> paths = new ArrayList<>(files);
        paths.addAll(arguments);
        if (paths.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(), "validate needs a file, or a directory with *.yaml and *.yml files");
        }
        boolean valid = true;
        int objects = 0;
        List<Problem> problems = new ArrayList<>();
        for (Path path : paths) {
            LoadResult result = ConfigurationLoader.load(path);
            problems.addAll(result.problems());
            valid &= result.usable();
            objects += result.configuration().map(c -> c.resources().size()).orElse(0);
        }
        print(new Report(valid, objects, problems));
        return valid ? ExitCode.OK : ExitCode.FAILED;
    }

    private void print(Report report) {
        PrintWriter out = spec.commandLine().getOut();
        if (output.json()) {
            out.println(Json.text(report));
            return;
        }
        report.problems().forEach(out::println);
        long errors = report.problems().stream().filter(Problem::isError).count();
        long warnings = report.problems().size() - errors;
        String counts = errors + count(errors, " error") + ", " + warnings + count(warnings, " warning");
        out.println(
                report.valid()
                        ? "valid: " + report.objects() + count(report.objects(), " object") + ", " + counts
                        : "not valid: " + counts);
    }

    private static String count(long number, String word) {
        return number == 1 ? word : word + "s";
    }
}
