package dev.sluice.agent.analysis;

import dev.sluice.agent.analysis.Finding.Kind;
import dev.sluice.agent.analysis.Finding.Severity;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.rules.Rule.Action;
import dev.sluice.datapath.rules.Rule.FailureAction;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.Target;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What is doubtful about the rules of a snapshot.
 *
 * <p>Exact over everything that a rule can say about a packet; what took too long is a finding of its own. Each example went through the classifier of the
 * snapshot, so a finding cannot say what the data path does not do.
 */
public final class Analysis {
    /** Comparisons in one analysis: some seconds. */
    private static final long STEPS_MAX = 1_500_000_000L;

    private Analysis() {}

    /**
     * The findings.
     *
     * @param findings the worst first
     * @param cut kinds of which there are more than are shown
     */
    public record Result(List<Finding> findings, List<Kind> cut) {
        /** Copies the lists. */
        public Result {
            findings = List.copyOf(findings);
            cut = List.copyOf(cut);
        }
    }

    /** Looks at all rules of a snapshot; contextual attributes in examples are numbers, as in {@link dev.sluice.datapath.rules.AttributeIds}. */
    public static Result of(Snapshot snapshot) {
        return of(snapshot, STEPS_MAX);
    }

    static Result of(Snapshot snapshot, long stepsMax) {
        Findings findings = new Findings();
        Map<Integer, RuleGroup> groups = RuleGroup.of(snapshot);
        Space space = new Space(snapshot.rules().stream()
                .filter(rule -> rule.action() != Action.OBSERVE)
                .toList());
        UncoveredSearch search = new UncoveredSearch(stepsMax);
        FailsClosed failsClosed = new FailsClosed(snapshot);
        Precedence precedence = new Precedence(space, search, findings, failsClosed);
        groups.values().forEach(precedence::look);
        precedence.conclude();
        new Ways(snapshot, groups, space, search, findings, failsClosed).look();
        unapplied(snapshot, groups, findings);
        targets(snapshot, findings);
        return new Result(findings.sorted(), findings.cut());
    }

    private static void unapplied(Snapshot snapshot, Map<Integer, RuleGroup> groups, Findings findings) {
        for (Rule rule : snapshot.rules()) {
            boolean asked = rule.action() == Action.OBSERVE
                    ? isAsked(snapshot, rule)
                    : groups.values().stream().anyMatch(group -> group.has(rule));
            if (!asked) {
                findings.add(new Finding(
                        Severity.WARNING,
                        Kind.UNAPPLIED,
                        rule.name(),
                        List.of(),
                        List.of(),
                        "nothing is classified where it is applied: see classify of the Port",
                        Map.of(),
                        ""));
            }
        }
    }

    /** Groups know only rules that decide. */
    private static boolean isAsked(Snapshot snapshot, Rule rule) {
        return rule.appliedTo().toBitSet().stream().anyMatch(portSide -> {
            PortEntry port = snapshot.port(portSide >> 1);
            return port.classifies(portSide & 1) && port.role() != PortEntry.Role.SERVICE;
        });
    }

    /** Rules that name a path use its chain, too. */
    private static boolean uses(Rule rule, Target target, Snapshot snapshot) {
        return rule.action() == Rule.Action.SERVICE
                && (rule.targetId() == target.id()
                        || snapshot.target(rule.targetId()).chain().equals(target.name()));
    }

    private static void targets(Snapshot snapshot, Findings findings) {
        for (int i = 0; i < snapshot.targetCount(); i++) {
            Target target = snapshot.target(i);
            List<String> users = snapshot.rules().stream()
                    .filter(rule -> uses(rule, target, snapshot))
                    .map(Rule::name)
                    .toList();
            if (users.isEmpty() && target.isPath()) {
                // Of rules that are gone.
                continue;
            }
            if (users.isEmpty()) {
                findings.add(target(target, Severity.NOTE, Kind.UNUSED, users, "no rule of this node uses the chain"));
            } else if (target.paths().isEmpty()) {
                boolean closed = Objects.equals(target.onFailure(), FailureAction.CLOSED);
                findings.add(target(
                        target,
                        closed ? Severity.PROBLEM : Severity.WARNING,
                        Kind.NO_INSTANCE,
                        users,
                        "a service of the chain has no instance on this node that takes new flows: "
                                + (closed
                                        ? "new flows are dropped"
                                        : "new flows pass without it, unless a rule says closed")));
            }
        }
    }

    private static Finding target(Target target, Severity severity, Kind kind, List<String> users, String message) {
        return new Finding(
                severity,
                kind,
                "chain " + target.name(),
                users.stream().limit(Findings.KIND_MAX).toList(),
                List.of(),
                message,
                Map.of(),
                "");
    }
}
