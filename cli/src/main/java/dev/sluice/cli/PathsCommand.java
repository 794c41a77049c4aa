package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.report.PathsReport;
import dev.sluice.agent.report.PathsReport.HopReport;
import dev.sluice.agent.report.PathsReport.PathReport;
import dev.sluice.agent.report.PathsReport.RoutingReport;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code sluice paths}. */
@Command(
        name = "paths",
        description = {
            "Lists the paths of the chains of a running node: the identifiers that packets call them in tunnels, their service nodes with their hosts, what they carry, and why new flows do not get one.",
            "fail: the paths named are not used any more, whatever their nodes do: flows leave them at their next packet for others of the chain, or meet its failure action. restore: they are used again. It holds until then or until the node restarts.",
            "Below them, the first and the last hop of each path: the internal service routing, at each router of this node whose rules lead to a chain, and at the other nodes, whose rules this one does not know. On failure: what happens to packets that have to go back to it when it is dead, if their rule does not say.",
            "Flows, packets and bytes are those of the flows that are in the table now; of each, forward / reverse."
        })
final class PathsCommand extends NodeCommand {
    private enum Word {
        FAIL("failed"),
        RESTORE("restored");

        private final String state;

        Word(String state) {
            this.state = state;
        }
    }

    @Parameters(index = "0", arity = "0..1", paramLabel = "WORD", description = "fail or restore; without it: list.")
    private @Nullable Word word;

    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "PATH",
            description = "Name of a path, in quotation marks, or one of its identifiers; with restore also: all.")
    private List<String> paths = List.of();

    @Option(
            names = "--hops",
            description =
                    "What each service node was sent and gave back, in each direction: what is missing stayed in it. Of nodes on other hosts with --over.")
    private boolean hops;

    @Mixin
    private OverOptions over = new OverOptions();

    @Override
    public Integer call() throws NodeException {
        if (word != null) {
            JsonNode reply = admin.client().tellPaths(word.state, paths);
            List<String> told = new ArrayList<>();
            reply.path("paths").forEach(path -> told.add(path.asString()));
            return answer(reply, told.isEmpty() ? "no path had failed" : word.state + ": " + String.join(", ", told));
        }
        if (!hops && !over.isGiven()) {
            PathsReport report = admin.client().paths();
            return answer(report, text(report));
        }
        Map<String, AdminClient> nodes = over.nodes(admin);
        Map<String, PathsReport> reports = new LinkedHashMap<>();
        for (Map.Entry<String, AdminClient> node : nodes.entrySet()) {
            reports.put(node.getKey(), node.getValue().paths());
        }
        return answer(reports, HopsText.text(reports, nodes.keySet().iterator().next()));
    }

    /** The report for people. */
    static String text(PathsReport report) {
        Table table = new Table()
                .words("PATH")
                .numbers("SPI")
                .words("HOPS")
                .numbers("WEIGHT")
                .words("STATE")
                .numbers("FLOWS")
                .numbers("PACKETS")
                .numbers("BYTES")
                .words("REASON");
        for (PathReport path : report.paths()) {
            table.row(
                    path.name(),
                    path.forwardSpi() == 0 ? "" : path.forwardSpi() + " / " + path.reverseSpi(),
                    path.hops().stream().map(PathsCommand::hop).collect(Collectors.joining(", ")),
                    path.weight(),
                    path.state(),
                    path.flows() < 0 ? "" : path.flows(),
                    both(path.packets()),
                    both(path.bytes()),
                    path.reason());
        }
        String paths = table.render("no paths").stripTrailing();
        return report.paths().isEmpty() ? paths : paths + "\n\n" + ends(report);
    }

    /** The internal service that is first and last hop: at each router of this node that leads to paths, and at the other nodes, which may. */
    private static String ends(PathsReport report) {
        Map<List<String>, Set<String>> here = new TreeMap<>(Comparator.comparing(List::toString));
        Set<String> shared = new TreeSet<>();
        Set<String> onFailure = new TreeSet<>();
        for (PathReport path : report.paths()) {
            for (String router : path.routers()) {
                here.computeIfAbsent(List.of(router, path.onRoutingFailure()), _ -> new TreeSet<>())
                        .add(path.chain());
            }
            if (path.vni() >= 0) {
                shared.add(path.chain());
                onFailure.add(path.onRoutingFailure());
            }
        }
        Table table = new Table()
                .words("FIRST AND LAST HOP")
                .words("ON")
                .words("STATE")
                .words("ON FAILURE")
                .words("CHAINS")
                .words("REASON");
        here.forEach((end, chains) -> table.row(
                "routing of " + end.get(0), "this node", "alive", end.get(1), PlanesCommand.some(chains), ""));
        for (RoutingReport peer : shared.isEmpty() ? List.<RoutingReport>of() : report.routing()) {
            table.row(
                    "routing, if it classifies",
                    peer.node(),
                    peer.state(),
                    String.join(", ", onFailure),
                    PlanesCommand.some(shared),
                    peer.reason());
        }
        return table.render("no rule of this node leads to a path").stripTrailing();
    }

    private static String hop(HopReport hop) {
        return hop.instance()
                + (hop.node().isEmpty() ? "" : " on " + hop.node())
                + (hop.copy() ? " (copy)" : "")
                + (hop.visits().equals("both") ? "" : " (" + hop.visits() + " only)")
                + (hop.alive() ? "" : " (dead)");
    }

    private static String both(List<Long> directions) {
        return directions.stream().map(String::valueOf).collect(Collectors.joining(" / "));
    }
}
