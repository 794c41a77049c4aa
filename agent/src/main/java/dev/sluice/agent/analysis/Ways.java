package dev.sluice.agent.analysis;

import dev.sluice.agent.analysis.Finding.Kind;
import dev.sluice.agent.analysis.Finding.Severity;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.rules.Rule.Action;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Ways around chains that fail closed: answers that no rule catches, pairs of ports that the rule does not stand between, and packets that another chain takes first. A packet on its way from port A
 * to port B meets the rules of A fromPort and of B toPort (packet-life.md); answers of a recorded flow are caught by the record where the rule holds for both
 * directions and is applied on the way back. One user.
 */
final class Ways {
    /** Rules that say the same of the same ports are one question. */
    private record Question(PortSides appliedTo, int target, boolean bothDirections) {}

    private record Way(PortEntry from, PortEntry to) {
        Way back() {
            return new Way(to, from);
        }

        @Override
        public String toString() {
            return from.name() + " to " + to.name();
        }
    }

    private final Snapshot snapshot;
    private final Map<Integer, RuleGroup> groups;
    private final Space space;
    private final UncoveredSearch search;
    private final Findings findings;
    private final FailsClosed failsClosed;

    Ways(
            Snapshot snapshot,
            Map<Integer, RuleGroup> groups,
            Space space,
            UncoveredSearch search,
            Findings findings,
            FailsClosed failsClosed) {
        this.snapshot = snapshot;
        this.groups = groups;
        this.space = space;
        this.search = search;
        this.findings = findings;
        this.failsClosed = failsClosed;
    }

    void look() {
        Map<Question, List<Rule>> questions = new LinkedHashMap<>();
        groups.values().stream()
                .flatMap(group -> group.rules().stream())
                .distinct()
                .filter(failsClosed)
                .forEach(rule -> questions
                        .computeIfAbsent(
                                new Question(rule.appliedTo(), rule.targetId(), rule.bothDirections()),
                                _ -> new ArrayList<>())
                        .add(rule));
        questions.values().forEach(this::look);
    }

    private void look(List<Rule> rules) {
        Rule rule = rules.getFirst();
        if (!space.exact(rule) || search.spent()) {
            return;
        }
        String more = rules.size() == 1 ? "" : "; the same holds for " + (rules.size() - 1) + " more rules";
        List<Way> guarded = new ArrayList<>();
        List<Way> unguarded = new ArrayList<>();
        for (Way way : ways()) {
            (guards(rule, way) ? guarded : unguarded).add(way);
        }
        List<Way> answersLost = guarded.stream()
                .filter(way -> !rule.bothDirections() || !guards(rule, way.back()))
                .toList();
        tell(answersLost, way -> around(rule, way.back(), true, more));
        List<Integer> routers = guarded.stream().map(way -> way.from().router()).toList();
        tell(
                unguarded.stream()
                        .filter(way -> routers.contains(way.from().router()))
                        .toList(),
                way -> around(rule, way, false, more));
        tell(
                guarded.stream()
                        .filter(way -> !RuleGroup.at(groups, way.from(), PortSides.FROM_PORT)
                                .has(rule))
                        .toList(),
                way -> servedBefore(rule, way, more));
    }

    /** What there is to tell of a way. */
    private interface Look {
        @Nullable
        Finding at(Way way);
    }

    /** Tells of the first way on which there is a packet, and on how many it is the same. */
    private void tell(List<Way> ways, Look look) {
        int count = 0;
        Finding first = null;
        for (Way way : ways) {
            Finding found = search.spent() ? null : look.at(way);
            if (found != null) {
                count++;
                first = first == null ? found : first;
            }
        }
        if (first != null) {
            findings.add(
                    count == 1
                            ? first
                            : new Finding(
                                    first.severity(),
                                    first.kind(),
                                    first.rule(),
                                    first.others(),
                                    first.places(),
                                    first.message() + " (" + count + " such ways, this is the first)",
                                    first.example(),
                                    first.decidedBy()));
        }
    }

    private @Nullable Finding around(Rule rule, Way way, boolean answers, String more) {
        RuleGroup entry = RuleGroup.at(groups, way.from(), PortSides.FROM_PORT);
        RuleGroup exit = RuleGroup.at(groups, way.to(), PortSides.TO_PORT);
        boolean tagged = way.from().bridges();
        List<int[]> boxes = space.of(rule);
        if (answers) {
            boxes = boxes.stream().map(Box::reversed).toList();
        }
        List<int[]> covers = new ArrayList<>();
        for (RuleGroup group : List.of(entry, exit)) {
            group.rules().stream()
                    .filter(other -> other.action() != Action.NONE)
                    .forEach(other -> covers.addAll(space.of(other)));
        }
        int[] left = search.first(Precedence.pieces(boxes, space.universe(tagged)), covers);
        if (left == null) {
            return null;
        }
        PacketFields example = space.packet(left);
        Rule atEntry = entry.classifier().classify(example);
        Rule atExit = exit.classifier().classify(example);
        if (!passes(atEntry) || !passes(atExit)) {
            throw new IllegalStateException("analysis and classifier disagree about " + Examples.words(example));
        }
        String who = "chain " + failsClosed.chain(rule) + ", which fails closed";
        String message = answers
                ? "answers on the way from " + way + " do not pass " + who + ": "
                        + (rule.bothDirections()
                                ? "the rule is not applied at " + RuleGroup.place(way.from(), PortSides.FROM_PORT)
                                        + " or " + RuleGroup.place(way.to(), PortSides.TO_PORT)
                                : "the rule is for one direction and no other one catches them")
                : "packets like those it sends through " + who + ", go without it on the way from " + way
                        + ": the rule is applied at neither";
        return new Finding(
                answers ? Severity.WARNING : Severity.NOTE,
                Kind.BYPASS,
                rule.name(),
                List.of(),
                List.of(RuleGroup.place(way.from(), PortSides.FROM_PORT), RuleGroup.place(way.to(), PortSides.TO_PORT)),
                message + more,
                Examples.words(example),
                RuleGroup.name(atEntry == null ? atExit : atEntry));
    }

    /** A packet is serviced once on its way through a pair or router (V15): one that another chain takes where it comes in is not asked about where it goes out. */
    private @Nullable Finding servedBefore(Rule rule, Way way, String more) {
        RuleGroup entry = RuleGroup.at(groups, way.from(), PortSides.FROM_PORT);
        RuleGroup exit = RuleGroup.at(groups, way.to(), PortSides.TO_PORT);
        List<int[]> universe = space.universe(way.from().bridges());
        List<int[]> above = new ArrayList<>();
        exit.rules().stream()
                .takeWhile(other -> other.id() != rule.id())
                .forEach(other -> above.addAll(space.of(other)));
        for (Rule other : entry.rules()) {
            if (other.action() == Action.SERVICE && other.targetId() != rule.targetId()) {
                List<int[]> common = Precedence.overlap(space.of(rule), space.of(other));
                int[] left = search.first(Precedence.pieces(common, universe), above);
                if (left != null && decide(entry, left, other) && decide(exit, left, rule)) {
                    return new Finding(
                            Severity.WARNING,
                            Kind.BYPASS,
                            rule.name(),
                            List.of(other.name()),
                            List.of(RuleGroup.place(way.to(), PortSides.TO_PORT)),
                            "packets on the way from " + way + " do not pass chain " + failsClosed.chain(rule)
                                    + ", which fails closed: rule " + other.name() + " at "
                                    + RuleGroup.place(way.from(), PortSides.FROM_PORT) + " sends them through chain "
                                    + failsClosed.chain(other) + ", and a packet is serviced once" + more,
                            Examples.words(space.packet(left)),
                            other.name());
                }
            }
            above.addAll(space.of(other));
        }
        return null;
    }

    /** Whether a packet is decided by a rule; another one that is not known exactly may be asked first. */
    private boolean decide(RuleGroup group, int[] box, Rule by) {
        Rule found = group.classifier().classify(space.packet(box));
        return found != null && found.id() == by.id();
    }

    private static boolean passes(@Nullable Rule rule) {
        return rule == null || rule.action() == Action.NONE;
    }

    private boolean guards(Rule rule, Way way) {
        return RuleGroup.at(groups, way.from(), PortSides.FROM_PORT).has(rule)
                || RuleGroup.at(groups, way.to(), PortSides.TO_PORT).has(rule);
    }

    /** Across each pair, and between any two interfaces of a router. */
    private List<Way> ways() {
        List<Way> ways = new ArrayList<>();
        for (int i = 0; i < snapshot.portCount(); i++) {
            for (int k = 0; k < snapshot.portCount(); k++) {
                PortEntry a = snapshot.port(i);
                PortEntry b = snapshot.port(k);
                boolean same = i != k && a.router() >= 0 && a.router() == b.router();
                if (same && a.role() != PortEntry.Role.SERVICE && b.role() != PortEntry.Role.SERVICE) {
                    ways.add(new Way(a, b));
                }
            }
        }
        return ways;
    }
}
