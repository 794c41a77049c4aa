package dev.sluice.agent.analysis;

import dev.sluice.datapath.rules.Classifier;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rules that port sides share, as the data path asks them; those that only observe take nothing from others and are left out. Immutable.
 *
 * @param classifier the data path's own
 * @param rules highest precedence first
 * @param places the port sides, in words
 * @param tagged whether packets with tags are classified there
 */
record RuleGroup(Classifier classifier, List<Rule> rules, List<String> places, boolean tagged) {
    private static final RuleGroup NONE = new RuleGroup(Classifier.empty(), List.of(), List.of(), false);

    /** The groups of a snapshot by id, those of sides that are not classified left out. */
    static Map<Integer, RuleGroup> of(Snapshot snapshot) {
        Map<Integer, RuleGroup> groups = new LinkedHashMap<>();
        for (int i = 0; i < snapshot.portCount(); i++) {
            PortEntry port = snapshot.port(i);
            for (int side = 0; side < 2; side++) {
                var group = snapshot.group(port.group(side));
                if (group == null || !port.classifies(side) || port.role() == PortEntry.Role.SERVICE) {
                    continue;
                }
                RuleGroup known = groups.get(group.id());
                List<String> places = new ArrayList<>(known == null ? List.of() : known.places);
                places.add(place(port, side));
                boolean tagged = port.bridges() || (known != null && known.tagged);
                groups.put(
                        group.id(),
                        new RuleGroup(
                                group.classifier(),
                                known == null ? group.classifier().rules() : known.rules,
                                places,
                                tagged));
            }
        }
        return groups;
    }

    /** The group of a port side; one without rules if nothing is classified there. */
    static RuleGroup at(Map<Integer, RuleGroup> groups, PortEntry port, int side) {
        return port.classifies(side) ? groups.getOrDefault(port.group(side), NONE) : NONE;
    }

    static String place(PortEntry port, int side) {
        return port.name() + (side == PortSides.FROM_PORT ? " fromPort" : " toPort");
    }

    boolean has(Rule rule) {
        return classifier.contains(rule.id());
    }

    /** What the data path finds for a packet, checked against what the analysis expects. */
    @Nullable
    Rule decide(PacketFields packet, @Nullable Rule expected) {
        Rule found = classifier.classify(packet);
        if ((found == null ? 0 : found.id()) != (expected == null ? 0 : expected.id())) {
            throw new IllegalStateException("analysis and classifier disagree about " + Examples.words(packet) + ": "
                    + name(expected) + ", " + name(found));
        }
        return found;
    }

    static String name(@Nullable Rule rule) {
        return rule == null ? "default" : rule.name();
    }
}
