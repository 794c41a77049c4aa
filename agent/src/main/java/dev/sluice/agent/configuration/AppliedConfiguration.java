package dev.sluice.agent.configuration;

import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.history.Revision;
import dev.sluice.model.Configuration;
import dev.sluice.model.Problem;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What is in force and what is wrong with the files as they are now. Immutable; published by the control thread.
 *
 * @param objects what users wrote
 * @param node the same, compiled
 * @param appliedAt when
 * @param warnings doubtful things in it
 * @param problem why the files as they are now are not in force; empty if they are
 * @param revision its number in the history
 * @param content {@link dev.sluice.agent.history.Revision#content} of its files
 * @param notice why this revision runs although the files hold something else; empty: it is what the files held
 * @param forced interfaces that the host itself needs and that were taken because somebody said so
 */
public record AppliedConfiguration(
        Configuration objects,
        CompiledNode node,
        Instant appliedAt,
        List<String> warnings,
        String problem,
        int revision,
        String content,
        String notice,
        List<String> forced) {
    public AppliedConfiguration {
        warnings = List.copyOf(warnings);
        forced = List.copyOf(forced);
    }

    AppliedConfiguration withProblem(String newProblem) {
        return new AppliedConfiguration(
                objects, node, appliedAt, warnings, newProblem, revision, content, notice, forced);
    }

    AppliedConfiguration withNotice(String newNotice) {
        return new AppliedConfiguration(
                objects, node, appliedAt, warnings, problem, revision, content, newNotice, forced);
    }

    AppliedConfiguration forced(List<String> interfaces) {
        return new AppliedConfiguration(
                objects, node, appliedAt, warnings, problem, revision, content, notice, interfaces);
    }

    /** The same as a revision of the history. */
    AppliedConfiguration as(int newRevision, String newContent) {
        return new AppliedConfiguration(
                objects, node.of(newContent), appliedAt, warnings, problem, newRevision, newContent, notice, forced);
    }

    /** This as a revision to be kept; its number is given when it is. */
    Revision revision(String node, String from, Revision.Outcome outcome, Map<String, String> texts) {
        return new Revision(1, appliedAt, node, from, this.node.snapshot().generation(), outcome, texts, forced);
    }

    /** The errors, one per line. */
    public static String errors(List<Problem> problems) {
        return problems.stream().filter(Problem::isError).map(Problem::toString).collect(Collectors.joining("\n"));
    }

    /** The warnings, each as a line. */
    static List<String> warnings(List<Problem> problems) {
        return problems.stream()
                .filter(p -> !p.isError())
                .map(Problem::toString)
                .distinct()
                .toList();
    }
}
