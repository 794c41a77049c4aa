package dev.sluice.agent.compile;

import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Retained;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.model.ExistingFlows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** What the next snapshot retains for flows made under those before it (X9): its cost depends on rules and ports, never on flows. Stateless. */
final class RetainedPlan {
    private RetainedPlan() {}

    /**
     * What is retained after a change.
     *
     * @param before the snapshot in force, null if there is none
     * @param change how the change treats flows
     * @param back the snapshot that comes back, null if none does: what is between it and {@code before} is kept for nobody
     * @param generation of the next snapshot
     * @param rules of the next snapshot
     * @param ports of the next snapshot
     */
    static Retained next(
            @Nullable Snapshot before,
            ExistingFlows change,
            @Nullable Snapshot back,
            int generation,
            List<Rule> rules,
            List<PortEntry> ports) {
        if (before == null) {
            return Retained.auto(generation);
        }
        return switch (change) {
            case AUTO -> before.retained().thenAuto(generation);
            case MIGRATE -> before.retained().thenMigrate(generation);
            case KEEP ->
                back == null
                        ? before.retained().thenKeep(generation, retired(before, rules), groupSides(before, ports))
                        : before.retained()
                                .thenKeep(
                                        generation,
                                        ofBack(retired(before, rules), back),
                                        ofBack(groupSides(before, ports), back));
        };
    }

    /** Drops are decided anew, so rules that drop are not kept; those that only observe decided nothing. */
    private static List<Rule> retired(Snapshot before, List<Rule> rules) {
        Set<Integer> present = new HashSet<>();
        rules.forEach(rule -> present.add(rule.id()));
        List<Rule> retired = new ArrayList<>(before.retained().rules());
        before.rules().stream()
                .filter(rule -> rule.action() == Rule.Action.NONE || rule.action() == Rule.Action.SERVICE)
                .forEach(retired::add);
        retired.removeIf(rule -> present.contains(rule.id()));
        return retired.subList(Math.max(0, retired.size() - Retained.RETIRED_MAX), retired.size());
    }

    /** Rules that passed flows on when what comes back was in force. */
    private static List<Rule> ofBack(List<Rule> retired, Snapshot back) {
        Set<Integer> then = new HashSet<>();
        back.rules().forEach(rule -> then.add(rule.id()));
        back.retained().rules().forEach(rule -> then.add(rule.id()));
        return retired.stream().filter(rule -> then.contains(rule.id())).toList();
    }

    private static long[] ofBack(long[] groupSides, Snapshot back) {
        long[] then = back.retained().groupSides();
        return LongStream.of(groupSides)
                .filter(groupSide -> Arrays.binarySearch(then, groupSide) >= 0)
                .toArray();
    }

    private static long[] groupSides(Snapshot before, List<PortEntry> ports) {
        Set<Long> kept = new LinkedHashSet<>();
        for (long groupSide : before.retained().groupSides()) {
            kept.add(groupSide);
        }
        for (int port = 0; port < before.portCount(); port++) {
            for (int side = 0; side < 2; side++) {
                int group = before.port(port).group(side);
                if (group != 0 && (port >= ports.size() || ports.get(port).group(side) != group)) {
                    kept.add((long) group << 32 | PortSides.index(port, side));
                }
            }
        }
        return kept.stream()
                .skip(Math.max(0, kept.size() - Retained.RETIRED_MAX))
                .mapToLong(Long::longValue)
                .toArray();
    }
}
