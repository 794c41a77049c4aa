package dev.sluice.agent.analysis;

import dev.sluice.agent.analysis.Finding.Kind;
import dev.sluice.agent.analysis.Finding.Severity;
import dev.sluice.datapath.rules.Match;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.rules.Rule.Action;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What rules of higher precedence do to those below them, in each group: shadow, repeat, contradict. One user. */
final class Precedence {
    /** Names of rules in one finding. */
    private static final int NAMED_MAX = 5;

    /** What is known of a rule over all groups. */
    private static final class Fate {
        final List<String> aliveAt = new ArrayList<>();
        final List<String> deadAt = new ArrayList<>();
        final List<String> undecidedAt = new ArrayList<>();

        @Nullable
        Finding death;
    }

    /** A rule that is known exactly, with the boxes of what it matches. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Shape(Rule rule, int[][] boxes) {}

    private final Space space;
    private final UncoveredSearch search;
    private final Findings findings;
    private final FailsClosed failsClosed;
    private final Map<Rule, Fate> fates = new LinkedHashMap<>();
    private final Set<Long> pairsTold = new LinkedHashSet<>();

    Precedence(Space space, UncoveredSearch search, Findings findings, FailsClosed failsClosed) {
        this.space = space;
        this.search = search;
        this.findings = findings;
        this.failsClosed = failsClosed;
    }

    /** Looks at one group. */
    void look(RuleGroup group) {
        List<int[]> universe = space.universe(group.tagged());
        List<Shape> above = new ArrayList<>();
        for (Rule rule : group.rules()) {
            look(group, rule, above, universe);
            if (space.exact(rule)) {
                above.add(new Shape(rule, space.of(rule).toArray(new int[0][])));
            }
        }
    }

    private void look(RuleGroup group, Rule rule, List<Shape> above, List<int[]> universe) {
        Fate fate = fates.computeIfAbsent(rule, _ -> new Fate());
        if (search.spent() || !space.exact(rule)) {
            fate.undecidedAt.addAll(group.places());
            return;
        }
        List<int[]> pieces = pieces(space.of(rule), universe);
        if (pieces.isEmpty()) {
            fate.deadAt.addAll(group.places());
            fate.death = new Finding(
                    Severity.PROBLEM,
                    Kind.IMPOSSIBLE,
                    rule.name(),
                    List.of(),
                    List.of(),
                    "no packet can match: only IP packets with legal addresses are classified",
                    Map.of(),
                    "");
            return;
        }
        List<int[]> covers = new ArrayList<>();
        IdentityHashMap<int[], Rule> owners = new IdentityHashMap<>();
        List<Rule> meeting = new ArrayList<>();
        collect(rule, above, covers, owners, meeting);
        int[] left = search.first(pieces, covers);
        if (left != null) {
            if (takenByUndecided(group, space.packet(left))) {
                fate.undecidedAt.addAll(group.places());
                return;
            }
            group.decide(space.packet(left), rule);
            fate.aliveAt.addAll(group.places());
            contradictions(group, rule, meeting, universe);
        } else if (search.exhausted()) {
            fate.undecidedAt.addAll(group.places());
        } else {
            Set<Rule> by = new LinkedHashSet<>();
            search.used().forEach(cover -> by.add(owners.get(cover)));
            fate.deadAt.addAll(group.places());
            if (fate.death == null) {
                fate.death = death(group, rule, List.copyOf(by), space.packet(pieces.getFirst()));
            }
        }
    }

    /** Rules about which nothing is decided cover nothing, but the classifier knows them. */
    private boolean takenByUndecided(RuleGroup group, PacketFields packet) {
        Rule winner = group.classifier().classify(packet);
        return winner != null && !space.exact(winner);
    }

    /** What of the rules above meets a rule. Each pair of rules of a group comes by here, so there is nothing in it but comparisons. */
    private void collect(
            Rule rule, List<Shape> above, List<int[]> covers, IdentityHashMap<int[], Rule> owners, List<Rule> meeting) {
        int[][] own = space.of(rule).toArray(new int[0][]);
        long steps = 0;
        for (Shape other : above) {
            boolean meets = false;
            for (int[] box : other.boxes) {
                steps += own.length;
                if (intersects(own, box)) {
                    covers.add(box);
                    owners.put(box, other.rule);
                    meets = true;
                }
            }
            if (meets) {
                meeting.add(other.rule);
            }
        }
        search.spend(steps);
    }

    private static boolean intersects(int[][] boxes, int[] box) {
        for (int[] each : boxes) {
            if (Box.intersects(each, box)) {
                return true;
            }
        }
        return false;
    }

    private Finding death(RuleGroup group, Rule rule, List<Rule> by, PacketFields example) {
        Rule winner = group.classifier().classify(example);
        if (winner == null || winner.id() == rule.id()) {
            throw new IllegalStateException("analysis and classifier disagree about " + Examples.words(example));
        }
        boolean repeats = by.size() == 1 && by.getFirst().matches().equals(rule.matches());
        boolean same = by.stream().allMatch(other -> sameEffect(other, rule));
        String covering = by.size() == 1 ? "rule " + by.getFirst().name() : by.size() + " rules together, " + names(by);
        String message = repeats
                ? "has the same match as " + covering + ", which is asked first"
                : "every packet it matches is taken by " + covering + ", asked first";
        return new Finding(
                same ? Severity.WARNING : Severity.PROBLEM,
                repeats ? Kind.DUPLICATE : Kind.SHADOWED,
                rule.name(),
                by.stream().map(Rule::name).limit(1000).toList(),
                List.of(),
                message
                        + (same
                                ? ", with the same outcome: it can be removed"
                                : ", with another outcome: " + outcomes(by, rule)),
                Examples.words(example),
                RuleGroup.name(winner));
    }

    private static String outcomes(List<Rule> by, Rule rule) {
        Set<String> theirs = new LinkedHashSet<>();
        by.stream().filter(other -> !sameEffect(other, rule)).forEach(other -> theirs.add(FailsClosed.outcome(other)));
        return String.join(" or ", theirs) + " instead of " + FailsClosed.outcome(rule);
    }

    private static String names(List<Rule> rules) {
        String few = String.join(
                ", ", rules.stream().limit(NAMED_MAX).map(Rule::name).toList());
        return rules.size() > NAMED_MAX ? few + " and " + (rules.size() - NAMED_MAX) + " more" : few;
    }

    private static boolean asksForAttributes(Rule rule) {
        return rule.matches().stream().anyMatch(match -> !match.context().equals(Match.Context.ANY));
    }

    private static boolean sameEffect(Rule a, Rule b) {
        return a.action() == b.action()
                && a.targetId() == b.targetId()
                && a.onFailure() == b.onFailure()
                && a.bothDirections() == b.bothDirections();
    }

    /** Rules above a living one that take some of its packets and do something else with them. */
    private void contradictions(RuleGroup group, Rule rule, List<Rule> meeting, List<int[]> universe) {
        for (int i = 0; i < meeting.size() && !search.spent() && !findings.full(Kind.CONFLICT); i++) {
            Rule upper = meeting.get(i);
            boolean told = !sameEffect(upper, rule) && !pairsTold.add((long) upper.id() << 32 | rule.id());
            if (sameEffect(upper, rule) || told) {
                continue;
            }
            List<int[]> common = pieces(overlap(space.of(upper), space.of(rule)), universe);
            List<int[]> covers = new ArrayList<>();
            meeting.subList(0, i).forEach(higher -> covers.addAll(space.of(higher)));
            int[] point = search.first(common, covers);
            if (point != null
                    && takes(upper, rule, space.packet(point))
                    && !takenByUndecided(group, space.packet(point))) {
                PacketFields example = space.packet(point);
                tell(
                        upper,
                        rule,
                        Examples.words(example),
                        RuleGroup.name(group.decide(example, upper)),
                        group.places());
            }
        }
    }

    /** The data path's own definition of a match has the last word. */
    private static boolean takes(Rule upper, Rule rule, PacketFields example) {
        return upper.matches().stream().anyMatch(match -> match.matches(example))
                && rule.matches().stream().anyMatch(match -> match.matches(example));
    }

    private void tell(Rule upper, Rule rule, Map<String, String> example, String decidedBy, List<String> places) {
        boolean bypass = upper.action() == Action.NONE && failsClosed.test(rule);
        boolean exception = space.of(upper).stream()
                .allMatch(box -> space.of(rule).stream().anyMatch(mine -> Box.contains(mine, box)));
        String message = bypass
                ? "packets that rule " + rule.name() + " sends through chain " + failsClosed.chain(rule)
                        + ", which fails closed, pass without it: this rule is asked first"
                : "overlaps rule " + rule.name() + " and wins: " + FailsClosed.outcome(upper) + " instead of "
                        + FailsClosed.outcome(rule)
                        + (exception ? "; it is an exception, all of it lies in that rule" : "");
        boolean given = asksForAttributes(upper) || asksForAttributes(rule);
        findings.add(new Finding(
                exception && !bypass ? Severity.NOTE : Severity.WARNING,
                bypass ? Kind.BYPASS : Kind.CONFLICT,
                upper.name(),
                List.of(rule.name()),
                places,
                given ? message + " (flows with the attributes that are asked for)" : message,
                example,
                decidedBy));
    }

    /** What became of the rules, once all groups were looked at. */
    void conclude() {
        fates.forEach((rule, fate) -> {
            Finding death = fate.death;
            if (death != null) {
                boolean everywhere = fate.aliveAt.isEmpty() && fate.undecidedAt.isEmpty();
                findings.add(new Finding(
                        everywhere ? death.severity() : Severity.NOTE,
                        death.kind(),
                        death.rule(),
                        death.others(),
                        fate.deadAt,
                        death.message() + (everywhere ? "" : "; elsewhere it is in force"),
                        death.example(),
                        death.decidedBy()));
            }
        });
        List<String> undecided = fates.entrySet().stream()
                .filter(entry -> !entry.getValue().undecidedAt.isEmpty())
                .map(entry -> entry.getKey().name())
                .toList();
        if (!undecided.isEmpty()) {
            findings.undecided(undecided);
        }
    }

    /** What is in a box of each. */
    static List<int[]> overlap(List<int[]> a, List<int[]> b) {
        List<int[]> common = new ArrayList<>();
        for (int[] one : a) {
            for (int[] other : b) {
                if (Box.intersects(one, other)) {
                    common.add(Box.common(one, other));
                }
            }
        }
        return common;
    }

    /** The packets of boxes that can be, the most usual ones first. */
    static List<int[]> pieces(List<int[]> boxes, List<int[]> universe) {
        return overlap(universe, boxes);
    }
}
