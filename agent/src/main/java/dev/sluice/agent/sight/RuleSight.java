package dev.sluice.agent.sight;

import dev.sluice.agent.WallClock;
import dev.sluice.agent.admin.AdminCommand;
import dev.sluice.agent.flows.FlowText;
import dev.sluice.agent.report.RulesReport;
import dev.sluice.agent.report.RulesReport.RuleReport;
import dev.sluice.datapath.RuleLog;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.rules.RuleCounters;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.Target;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What rules did: the request {@code rules} (any thread), and the log lines of rules that ask for them, written by the control thread (X12). */
public final class RuleSight {
    private static final Logger LOG = LoggerFactory.getLogger(RuleSight.class);
    private static final long SECOND_NS = 1_000_000_000L;

    private final RuleLog log;

    /** By rule id, how many suppressed lines have been told; the control thread's. */
    private final Map<Integer, Long> suppressedTold = new HashMap<>();

    private long toldNs;

    public RuleSight(RuleLog log) {
        this.log = log;
    }

    /** The command. */
    public static AdminCommand command(Supplier<Snapshot> snapshot) {
        return new AdminCommand("rules", List.of(), _ -> report(snapshot.get()));
    }

    /** Rules in the order they are asked. */
    public static RulesReport report(Snapshot snapshot) {
        Instant now = WallClock.now();
        long nowNs = System.nanoTime();
        return new RulesReport(snapshot.rules().stream()
                .sorted(Comparator.comparingInt(Rule::precedence).reversed())
                .map(rule -> report(rule, snapshot, now, nowNs))
                .toList());
    }

    private static RuleReport report(Rule rule, Snapshot snapshot, Instant now, long nowNs) {
        RuleCounters counters = rule.counters();
        boolean hit = counters.packets > 0;
        long idleMs = hit ? Math.max(0, (nowNs - counters.lastHitNs) / 1_000_000) : -1;
        return new RuleReport(
                rule.name(),
                places(rule, snapshot),
                action(rule, snapshot),
                rule.log(),
                counters.flows,
                counters.packets,
                counters.bytes,
                hit ? now.minusMillis(idleMs).truncatedTo(ChronoUnit.MILLIS).toString() : "",
                idleMs,
                counters.logSuppressed);
    }

    private static List<String> places(Rule rule, Snapshot snapshot) {
        BitSet sides = rule.appliedTo().toBitSet();
        List<String> places = new ArrayList<>();
        for (int i = 0; i < snapshot.portCount(); i++) {
            boolean from = sides.get(PortSides.index(i, PortSides.FROM_PORT));
            boolean to = sides.get(PortSides.index(i, PortSides.TO_PORT));
            if (from || to) {
                places.add(snapshot.port(i).name() + (from && to ? " both" : from ? " fromPort" : " toPort"));
            }
        }
        return places;
    }

    private static String action(Rule rule, Snapshot snapshot) {
        return switch (rule.action()) {
            case NONE -> "no service";
            case DROP -> "drop";
            case SERVICE -> {
                Target target = snapshot.target(rule.targetId());
                yield (target.isPath() ? "path " : "chain ") + target.name();
            }
            case OBSERVE -> "observe";
        };
    }

    /** Writes what has been decided since; to be called often by the control thread. */
    public void tell(Snapshot snapshot, long nowNs) {
        log.drain(line -> LOG.info("{}", text(line, snapshot)));
        if (nowNs - toldNs >= SECOND_NS) {
            toldNs = nowNs;
            List<Rule> logged = snapshot.rules().stream().filter(Rule::log).toList();
            logged.forEach(this::tellSuppressed);
            suppressedTold.keySet().removeIf(id -> snapshot.rule(id) == null);
        }
    }

    private void tellSuppressed(Rule rule) {
        long suppressed = rule.counters().logSuppressed;
        Long told = suppressedTold.put(rule.id(), suppressed);
        long more = suppressed - (told == null ? 0 : told);
        if (more > 0) {
            LOG.info(
                    "rule {}: {} more decisions were not logged, above {} in a second",
                    rule.name(),
                    more,
                    RuleLog.LINES_PER_SECOND);
        }
    }

    /** A decision in words. */
    public static String text(RuleLog.Line line, Snapshot snapshot) {
        return "rule " + line.rule().name() + " (" + action(line.rule(), snapshot) + "): "
                + FrameWords.protocol(line.protocol()) + " "
                + FlowText.end(line.source(), line.sourcePort()) + " -> "
                + FlowText.end(line.destination(), line.destinationPort()) + ", came in at port " + line.portName();
    }
}
