package dev.sluice.datapath.rules;

import java.util.ArrayList;
import java.util.List;

/** A rule that only observes, ready to be asked about each packet. Immutable. */
public final class Observer {
    /** The rule. */
    public final Rule rule;

    private final TupleEntry[] entries;

    Observer(Rule rule) {
        this.rule = rule;
        List<TupleEntry> possible = new ArrayList<>();
        for (Match match : rule.matches()) {
            TupleEntry entry = TupleEntry.of(rule, match);
            if (entry != null) {
                possible.add(entry);
            }
        }
        entries = possible.toArray(new TupleEntry[0]);
    }

    /** Whether one of its matches fits. */
    public boolean matches(PacketFields p) {
        for (TupleEntry entry : entries) {
            if (entry.matches(p)) {
                return true;
            }
        }
        return false;
    }
}
