package dev.sluice.agent.compile;

import dev.sluice.model.Problem;
import java.util.List;
import java.util.Optional;

/**
 * What compiling gave.
 *
 * @param node empty if any problem is an error
 * @param problems errors and warnings in the order they were found
 */
public record CompileResult(Optional<CompiledNode> node, List<Problem> problems) {
    /** Copies the list. */
    public CompileResult {
        problems = List.copyOf(problems);
    }
}
