package dev.sluice.model;

import dev.sluice.model.Problem.Severity;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Collects problems; one writer. Bounded, because a file of garbage can have one in every line. */
final class ProblemLog {
    /** Most problems that are kept. */
    static final int PROBLEMS_MAX = 10_000;

    private final List<Problem> problems = new ArrayList<>();
    private final Map<String, Integer> fileOrder = new HashMap<>();
    private int errors;
    private int dropped;

    void add(Problem problem) {
        if (problem.isError()) {
            errors++;
        }
        if (problems.size() >= PROBLEMS_MAX) {
            dropped++;
        } else {
            problems.add(problem);
        }
    }

    /** A problem of a file as a whole, or of a place in it that belongs to no object. */
    void addToFile(Severity severity, String file, int line, int column, String message, String allowed) {
        add(new Problem(severity, file, line, column, "", "", message, "", allowed));
    }

    /** Tells the order of files, which the order of problems follows. */
    void startFile(String file) {
        fileOrder.putIfAbsent(file, fileOrder.size());
    }

    /** Takes over what another one has collected, which is not written to any more. */
    void addAll(ProblemLog other) {
        int errorsInAll = errors + other.errors;
        other.problems.forEach(this::add);
        errors = errorsInAll;
        dropped += other.dropped;
    }

    int errors() {
        return errors;
    }

    /** The problems in the order of files and lines. */
    List<Problem> sorted() {
        List<Problem> sorted = new ArrayList<>(problems);
        sorted.sort(Comparator.comparingInt((Problem p) -> fileOrder.getOrDefault(p.file(), -1))
                .thenComparingInt(Problem::line)
                .thenComparingInt(Problem::column));
        if (dropped > 0) {
            String message = dropped + " more problems are not shown";
            sorted.add(new Problem(Severity.ERROR, sorted.getLast().file(), 0, 0, "", "", message, "", ""));
        }
        return sorted;
    }
}
