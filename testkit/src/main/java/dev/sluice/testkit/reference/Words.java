package dev.sluice.testkit.reference;

import dev.sluice.datapath.snapshot.Path;
import java.util.stream.Collectors;

/** Configurations in words, for reproductions. Stateless. */
final class Words {
    private Words() {}

    static String of(World world) {
        StringBuilder out = new StringBuilder();
        world.ports().forEach(port -> out.append("    ").append(port).append('\n'));
        for (int i = 0; i < world.routes().size(); i++) {
            out.append("    router ")
                    .append(i)
                    .append(' ')
                    .append(world.routes().get(i))
                    .append('\n');
        }
        world.attachments().forEach(node -> out.append("    ").append(node).append('\n'));
        world.targets().forEach(target -> {
            out.append("    target ")
                    .append(target.id())
                    .append(' ')
                    .append(target.onFailure())
                    .append('\n');
            target.paths()
                    .forEach(path -> out.append("      path ")
                            .append(path.id())
                            .append(" weight ")
                            .append(path.weight())
                            .append(' ')
                            .append(path.hops().stream()
                                    .map(hop -> hop.attachment().id()
                                            + (hop.copy() ? " copy" : " " + hop.onFailure())
                                            + (hop.visits() == Path.Visits.BOTH ? "" : " " + hop.visits()))
                                    .collect(Collectors.joining(", ")))
                            .append('\n'));
        });
        world.caps().forEach(cap -> out.append("    ").append(cap).append('\n'));
        world.rules().forEach(rule -> out.append("    ").append(rule).append('\n'));
        world.groups()
                .forEach((id, rules) -> out.append("    group ")
                        .append(id)
                        .append(" rules ")
                        .append(rules.stream()
                                .map(rule -> String.valueOf(rule.id()))
                                .collect(Collectors.joining(",")))
                        .append('\n'));
        return out.toString();
    }
}
