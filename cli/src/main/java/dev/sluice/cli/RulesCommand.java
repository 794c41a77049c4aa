package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.report.RulesReport;
import dev.sluice.agent.report.RulesReport.RuleReport;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sluice rules}. */
@Command(
        name = "rules",
        description = {
            "Lists the rules of a running node in the order they are asked: where they apply, what they do, what they decided and when last.",
            "Counters belong to the content of a rule: a reload that leaves a rule as it is keeps them."
        })
final class RulesCommand extends NodeCommand {
    private static final int PLACES_SHOWN = 3;

    @Option(names = "--never-hit", description = "Only rules that no packet has met yet.")
    private boolean neverHit;

    @Override
    public Integer call() throws NodeException {
        RulesReport report = admin.client().rules();
        if (neverHit) {
            report = new RulesReport(
                    report.rules().stream().filter(rule -> rule.packets() == 0).toList());
        }
        return answer(report, text(report));
    }

    /** The report for people. */
    static String text(RulesReport report) {
        Table table = new Table()
                .words("RULE")
                .words("APPLIED TO")
                .words("ACTION")
                .numbers("FLOWS")
                .numbers("PACKETS")
                .numbers("BYTES")
                .words("LAST HIT");
        for (RuleReport rule : report.rules()) {
            table.row(
                    rule.rule(),
                    places(rule.appliedTo()),
                    rule.action(),
                    rule.flows(),
                    rule.packets(),
                    rule.bytes(),
                    rule.idleMs() < 0 ? "never" : StatusText.time(rule.idleMs()) + " ago");
        }
        long never = report.rules().stream().filter(rule -> rule.packets() == 0).count();
        return table.render("no rules") + report.rules().size() + " rules, " + never + " never hit";
    }

    private static String places(List<String> places) {
        return places.size() <= PLACES_SHOWN
                ? String.join(", ", places)
                : String.join(", ", places.subList(0, PLACES_SHOWN)) + " and " + (places.size() - PLACES_SHOWN)
                        + " more";
    }
}
