package dev.sluice.agent.compile;

import dev.sluice.model.Problem;
import dev.sluice.model.Resource;
import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong or doubtful while one configuration is compiled. One writer: the compilation. */
public final class CompileLog {
    private final String source;
    private final List<Problem> problems = new ArrayList<>();

    /**
     * An empty log.
     *
     * @param source stands where other problems name the file
     */
    CompileLog(String source) {
        this.source = source;
    }

    public void error(Resource object, String field, String message, String found, String allowed) {
        add(Problem.Severity.ERROR, object, field, message, found, allowed);
    }

    /** An error of the configuration as a whole. */
    public void error(String message, String found, String allowed) {
        problems.add(new Problem(Problem.Severity.ERROR, source, 0, 0, "", "", message, found, allowed));
    }

    void warning(Resource object, String field, String message, String found) {
        add(Problem.Severity.WARNING, object, field, message, found, "");
    }

    private void add(
            Problem.Severity severity, Resource object, String field, String message, String found, String allowed) {
        problems.add(new Problem(severity, source, 0, 0, object.title(), field, message, found, allowed));
    }

    boolean hasErrors() {
        return problems.stream().anyMatch(Problem::isError);
    }

    List<Problem> problems() {
        return List.copyOf(problems);
    }
}
