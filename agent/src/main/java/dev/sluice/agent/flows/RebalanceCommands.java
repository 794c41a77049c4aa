package dev.sluice.agent.flows;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminCommand;
import dev.sluice.agent.admin.AdminRequest;
import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.flows.FlowCommands.Ask;
import dev.sluice.agent.report.InstanceEntry;
import dev.sluice.agent.report.RebalanceReport;
import dev.sluice.agent.worker.WorkerQuestion;
import dev.sluice.datapath.paths.Rebalance;
import dev.sluice.datapath.paths.RebalanceRound;
import dev.sluice.datapath.snapshot.ReturningNode;
import dev.sluice.model.Service;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Administration command that spreads flows in progress anew (V6, ADR 31). Any thread; what is done is the worker's. */
public final class RebalanceCommands {
    private static final Logger LOG = LoggerFactory.getLogger(RebalanceCommands.class);
    private static final int WORD_MAX = 300;

    private RebalanceCommands() {}

    /**
     * The command.
     *
     * @param node what is in force
     * @param worker who moves flows
     */
    public static AdminCommand of(Supplier<CompiledNode> node, Ask worker) {
        return new AdminCommand(
                "flow-rebalance",
                List.of("name", "flowsPerSecond", "stop"),
                request -> answer(request, node.get(), worker));
    }

    private static Object answer(AdminRequest request, CompiledNode node, Ask worker) throws NodeException {
        String name = request.text("name", WORD_MAX)
                .orElseThrow(() -> new NodeException("name is missing: say which chain or which service instance"));
        int flowsPerSecond = request.number("flowsPerSecond", 1, ReturningNode.FLOWS_PER_SECOND_MAX)
                .orElse(Service.Spec.MOVES_PER_SECOND_DEFAULT);
        boolean stop = request.flag("stop");
        check(node, name);
        WorkerQuestion<List<String>> question = new WorkerQuestion<>((datapath, nowNs) ->
                stop ? datapath.rebalance().stop(name) : datapath.rebalance().ask(name, flowsPerSecond, nowNs));
        List<String> chains = worker.await(question, question.result());
        if (!stop && chains.isEmpty()) {
            throw new NodeException("name " + AdminRequest.shorten(name)
                    + ": no path takes flows now; 'sluice status' says why, under CHAIN");
        }
        LOG.info("flows of {} {}", chains, stop ? "move no more, as asked" : "are spread anew, as asked");
        Map<String, Object> reply = new LinkedHashMap<>();
        reply.put("chains", chains);
        reply.put("flowsPerSecond", flowsPerSecond);
        reply.put("stopped", stop);
        return reply;
    }

    private static void check(CompiledNode node, String name) throws NodeException {
        List<String> names = Stream.concat(
                        node.chains().stream().map(chain -> chain.name()),
                        node.instances().stream().map(InstanceEntry::name))
                .distinct()
                .sorted()
                .toList();
        if (!names.contains(name)) {
            throw new NodeException("name " + AdminRequest.shorten(name)
                    + ": there is no such chain or service instance; allowed: " + String.join(", ", names));
        }
    }

    /** How far rounds have come. */
    public static List<RebalanceReport> reports(Rebalance rebalance) {
        return rebalance.rounds().stream().map(RebalanceCommands::report).toList();
    }

    private static RebalanceReport report(RebalanceRound round) {
        return new RebalanceReport(
                round.targetName(),
                round.state().name().toLowerCase(Locale.ROOT),
                round.reason(),
                round.flowsPerSecond(),
                round.asked(),
                round.moved());
    }
}
