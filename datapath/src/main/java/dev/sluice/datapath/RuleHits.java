package dev.sluice.datapath;

import dev.sluice.datapath.rules.Group;
import dev.sluice.datapath.rules.Observer;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.rules.RuleCounters;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.stage.Cursor;
import org.jspecify.annotations.Nullable;

/** Counts what rules decide and what observe-only rules see, and remembers decisions to be logged (X12; packet-life.md, hits). One writer: the worker. */
public final class RuleHits {
    private final RuleLog log = new RuleLog();
    private final boolean counts;
    private Snapshot snapshot = Snapshot.empty();

    /**
     * Hits of the rules of a node.
     *
     * @param counts false: nothing is counted or remembered, for a data path whose packets are none
     */
    public RuleHits(boolean counts) {
        this.counts = counts;
    }

    void apply(Snapshot next) {
        snapshot = next;
    }

    RuleLog log() {
        return log;
    }

    /**
     * Counts a packet.
     *
     * @param rule the rule that decided, null for the default rule
     * @param group the group of the port side, null if none of its rules only observes
     * @param reverse whether the packet is one of the reverse direction
     * @param first whether it was decided by this packet
     */
    void count(Cursor c, @Nullable Rule rule, @Nullable Group group, boolean reverse, boolean first) {
        if (!counts) {
            return;
        }
        if (group != null) {
            for (Observer observer : group.observers()) {
                if (rule != null && observer.rule.precedence() < rule.precedence()) {
                    break;
                }
                if (sees(observer, c.fields, reverse && observer.rule.bothDirections())) {
                    hit(c, observer.rule, first);
                }
            }
        }
        if (rule != null) {
            hit(c, rule, first);
        }
    }

    /** Like the rule that decides, one for both directions is about forward packets. */
    private static boolean sees(Observer observer, PacketFields fields, boolean turned) {
        if (!turned) {
            return observer.matches(fields);
        }
        fields.reverse();
        boolean matches = observer.matches(fields);
        fields.reverse();
        return matches;
    }

    private void hit(Cursor c, Rule rule, boolean first) {
        RuleCounters counters = rule.counters();
        counters.packets++;
        counters.bytes += c.lengthBytes();
        counters.lastHitNs = c.nowNs;
        if (first) {
            counters.flows++;
            if (rule.log()) {
                log.offer(
                        rule,
                        c,
                        c.port < snapshot.portCount() ? snapshot.port(c.port).name() : "");
            }
        }
    }
}
