package dev.sluice.agent;

import dev.sluice.model.Problem;
import java.io.Serial;
import java.util.List;
import java.util.stream.Collectors;

/** A configuration that is not taken, and all that is wrong with it. */
public final class RefusedException extends NodeException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final transient List<Problem> problems;

    /** Of the problems those that are errors count. */
    public RefusedException(List<Problem> problems) {
        super(problems.stream().filter(Problem::isError).map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = problems.stream().filter(Problem::isError).toList();
    }

    /** The errors. */
    public List<Problem> problems() {
        return problems;
    }
}
