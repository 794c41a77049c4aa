package dev.sluice.agent.sight;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeName;
import dev.sluice.agent.analysis.Analysis;
import dev.sluice.agent.analysis.Finding;
import dev.sluice.agent.analysis.Finding.Kind;
import dev.sluice.agent.analysis.Finding.Severity;
import dev.sluice.agent.compile.AttributeValues;
import dev.sluice.agent.compile.CompileResult;
import dev.sluice.agent.compile.IdRegistry;
import dev.sluice.agent.compile.InterfaceDirectory;
import dev.sluice.agent.compile.InterfaceFacts;
import dev.sluice.agent.compile.MatchCompiler;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.agent.configuration.AppliedConfiguration;
import dev.sluice.agent.report.AnalysisReport;
import dev.sluice.datapath.rules.Match;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.model.Configuration;
import dev.sluice.model.ServicePolicy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Finds what is doubtful about rules, in objects of users or on a running node (X4). Any thread. */
public final class PolicyAnalysis {
    /** Any Ethernet interface: rules do not depend on it. */
    private static final InterfaceDirectory ANY_INTERFACE = name -> new InterfaceFacts(0x0200_0000_0001L, 1500);

    private PolicyAnalysis() {}

    /**
     * Analyzes objects as the nodes that they name would run them.
     *
     * @param node the only node to look at; empty: each
     * @throws NodeException if the objects cannot be compiled
     */
    public static AnalysisReport of(Configuration objects, Optional<String> node) throws NodeException {
        List<String> nodes = node.isPresent() || objects.nodes().isEmpty()
                ? List.of(NodeName.choose(objects, node))
                : objects.nodes();
        List<Finding> findings = new ArrayList<>();
        Set<Kind> cut = new LinkedHashSet<>();
        Set<String> applied = new LinkedHashSet<>();
        for (String name : nodes) {
            IdRegistry ids = new IdRegistry();
            CompileResult compiled = new SnapshotCompiler(name, ids).compile(objects, ANY_INTERFACE);
            if (compiled.node().isEmpty()) {
                throw new NodeException(AppliedConfiguration.errors(compiled.problems()));
            }
            Analysis.Result result = Analysis.of(compiled.node().get().snapshot());
            named(result.findings(), ids.attributes())
                    .forEach(finding -> findings.add(nodes.size() == 1 ? finding : on(name, finding)));
            cut.addAll(result.cut());
            compiled.node().get().snapshot().rules().forEach(rule -> applied.add(rule.name()));
        }
        findings.addAll(nowhere(objects, applied));
        return report(nodes, applied.size(), findings, cut);
    }

    /** Analyzes what a node has in force. */
    static AnalysisReport of(String node, AppliedConfiguration inForce, AttributeValues attributes) {
        Analysis.Result result = Analysis.of(inForce.node().snapshot());
        List<Finding> findings = named(result.findings(), attributes);
        Set<String> applied = new LinkedHashSet<>();
        inForce.node().snapshot().rules().stream().map(Rule::name).forEach(applied::add);
        findings.addAll(nowhere(inForce.objects().forNode(node), applied));
        return report(List.of(node), applied.size(), findings, new LinkedHashSet<>(result.cut()));
    }

    private static AnalysisReport report(List<String> nodes, int rules, List<Finding> findings, Set<Kind> cut) {
        findings.sort(Comparator.comparing(Finding::severity).thenComparing(Finding::kind));
        return new AnalysisReport(nodes, rules, findings, List.copyOf(cut));
    }

    /** With the texts of contextual attributes instead of their numbers. */
    private static List<Finding> named(List<Finding> findings, AttributeValues attributes) {
        List<Finding> named = new ArrayList<>();
        for (Finding finding : findings) {
            Map<String, String> example = new LinkedHashMap<>(finding.example());
            example.replaceAll((word, value) ->
                    Finding.ATTRIBUTES.contains(word) ? attributes.text(Integer.parseInt(value)) : value);
            named.add(finding.withExample(example));
        }
        return named;
    }

    private static Finding on(String node, Finding finding) {
        Map<String, String> example = new LinkedHashMap<>(finding.example());
        List<String> places =
                finding.places().stream().map(place -> node + "/" + place).toList();
        return new Finding(
                finding.severity(),
                finding.kind(),
                finding.rule(),
                finding.others(),
                places.isEmpty() ? List.of(node) : places,
                finding.message(),
                example,
                finding.decidedBy());
    }

    private static List<Finding> nowhere(Configuration objects, Set<String> applied) {
        List<Finding> findings = new ArrayList<>();
        for (ServicePolicy policy : objects.policies()) {
            for (ServicePolicy.Rule rule : policy.spec().rules()) {
                String name = policy.name() + "/" + rule.name();
                if (!applied.contains(name)) {
                    findings.add(nowhere(name, rule));
                }
            }
        }
        return findings;
    }

    private static Finding nowhere(String name, ServicePolicy.Rule rule) {
        boolean impossible =
                MatchCompiler.compile(rule.match(), Match.Context.ANY).isEmpty();
        return new Finding(
                Severity.WARNING,
                impossible ? Kind.IMPOSSIBLE : Kind.UNAPPLIED,
                name,
                List.of(),
                List.of(),
                impossible
                        ? "no packet can match: addresses of different IP versions are combined"
                        : "is applied nowhere: appliedTo names no port in use",
                Map.of(),
                "");
    }
}
