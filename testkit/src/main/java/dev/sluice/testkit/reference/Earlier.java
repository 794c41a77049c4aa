package dev.sluice.testkit.reference;

import dev.sluice.datapath.rules.Rule;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a configuration knows of those before it (packet-life.md, "Flows of earlier configurations").
 *
 * @param lastMigrate generation of the latest change that migrates, 0 if none did
 * @param lastAuto generation of the latest change that neither migrates nor keeps
 * @param rules rules that are gone while their flows are kept
 * @param defaults where other groups were in force while their default decisions are kept
 */
record Earlier(int lastMigrate, int lastAuto, List<Rule> rules, Set<Default> defaults) {
    /** How a change treats the flows that are there. */
    enum Change {
        AUTO,
        KEEP,
        MIGRATE
    }

    /** A group at a port side, {@code 2 * port + side}. */
    record Default(int group, int portSide) {}

    static final Earlier NOTHING = new Earlier(0, 0, List.of(), Set.of());

    Earlier then(Change change, int generation, List<Rule> goneRules, Set<Default> goneDefaults, List<Rule> present) {
        return switch (change) {
            case AUTO -> new Earlier(lastMigrate, generation, List.of(), Set.of());
            case MIGRATE -> new Earlier(generation, lastAuto, List.of(), Set.of());
            case KEEP -> {
                List<Rule> kept = new ArrayList<>(rules);
                goneRules.stream()
                        .filter(rule -> rule.action() == Rule.Action.NONE || rule.action() == Rule.Action.SERVICE)
                        .forEach(kept::add);
                kept.removeIf(rule -> present.stream().anyMatch(other -> other.id() == rule.id()));
                Set<Default> all = new HashSet<>(defaults);
                all.addAll(goneDefaults);
                yield new Earlier(lastMigrate, lastAuto, List.copyOf(kept), Set.copyOf(all));
            }
        };
    }
}
