package dev.sluice.testkit.reference;

import dev.sluice.datapath.route.RouteEntry;
import dev.sluice.datapath.route.Routes;
import dev.sluice.datapath.rules.Classifier;
import dev.sluice.datapath.rules.Group;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.PacketCap;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Retained;
import dev.sluice.datapath.snapshot.RouterEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.Target;
import dev.sluice.datapath.snapshot.TrackerTimeouts;
import dev.sluice.datapath.snapshot.WatchedNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A configuration as plain lists: what the model reads, and what a snapshot is compiled from.
 *
 * @param generation moves with each configuration
 * @param ports element i has index i
 * @param routes routes of each router, by its index
 * @param targets element i has id i
 * @param rules all rules
 * @param groups rules by group id
 * @param paths paths of the targets, and retired ones
 * @param attachments all attachments
 * @param timeouts idle times
 * @param earlier what is left of earlier configurations
 * @param caps packets per second of instances
 * @param watched nodes that are listened to
 */
public record World(
        int generation,
        List<PortEntry> ports,
        List<List<RouteEntry>> routes,
        List<Target> targets,
        List<Rule> rules,
        Map<Integer, List<Rule>> groups,
        List<Path> paths,
        List<Attachment> attachments,
        TrackerTimeouts timeouts,
        Earlier earlier,
        List<PacketCap> caps,
        List<WatchedNode> watched) {

    /** The compiled form, for the data path. */
    public Snapshot snapshot() {
        List<RouterEntry> routers = new ArrayList<>();
        for (int i = 0; i < routes.size(); i++) {
            routers.add(new RouterEntry(i, "router-" + i, Routes.of(routes.get(i))));
        }
        List<Group> compiled = new ArrayList<>();
        groups.forEach((id, members) -> compiled.add(new Group(
                id,
                Classifier.of(members.stream()
                        .filter(rule -> rule.action() != Rule.Action.OBSERVE)
                        .toList()),
                members.stream()
                        .filter(rule -> rule.action() == Rule.Action.OBSERVE)
                        .toList())));
        long[] groupSides = earlier.defaults().stream()
                .mapToLong(kept -> (long) kept.group() << 32 | kept.portSide())
                .toArray();
        return Snapshot.builder(generation)
                .ports(ports)
                .routers(routers)
                .targets(targets)
                .rules(rules)
                .groups(compiled)
                .paths(paths)
                .attachments(attachments)
                .timeouts(timeouts)
                .retained(new Retained(earlier.lastMigrate(), earlier.lastAuto(), earlier.rules(), groupSides))
                .caps(caps)
                .watched(watched)
                .build();
    }

    /** The rule of a record: of today, or one that is gone while its flows are kept. */
    @Nullable
    Rule ruleOfRecord(int id) {
        Rule rule = rule(id);
        return rule != null ? rule : goneRule(id);
    }

    /** All rules that records can name. */
    List<Rule> rulesOfRecords() {
        return Stream.concat(rules.stream(), earlier.rules().stream()).toList();
    }

    /** A rule that is gone while its flows are kept. */
    @Nullable
    Rule goneRule(int id) {
        return earlier.rules().stream()
                .filter(rule -> rule.id() == id)
                .findFirst()
                .orElse(null);
    }

    @Nullable
    Rule rule(int id) {
        return rules.stream().filter(rule -> rule.id() == id).findFirst().orElse(null);
    }

    @Nullable
    Path path(int id) {
        return paths.stream().filter(path -> path.id() == id).findFirst().orElse(null);
    }

    PortEntry port(int index) {
        return ports.get(index);
    }
}
