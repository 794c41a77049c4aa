package dev.sluice.agent.doctor;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeName;
import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.compile.DerivedMac;
import dev.sluice.agent.compile.IdRegistry;
import dev.sluice.agent.compile.InterfaceFacts;
import dev.sluice.agent.compile.MtuAudit;
import dev.sluice.agent.compile.PlaneMtu;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.agent.doctor.Diagnosis.Line;
import dev.sluice.agent.doctor.Diagnosis.State;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.model.Configuration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Says whether what comes in at one interface fits through the others that it is sent to: by the same audit that a change of the configuration has to pass (X6). */
final class MtuExamination {
    private final HostFiles files;
    private final List<Line> lines;

    MtuExamination(HostFiles files, List<Line> lines) {
        this.files = files;
        this.lines = lines;
    }

    /**
     * Looks at the interfaces of a node.
     *
     * @param node its name; empty: the only one of these objects
     * @param interfaces all that its objects name
     */
    void look(Configuration part, String node, Collection<String> interfaces) {
        if (interfaces.isEmpty()) {
            return;
        }
        List<Line> small = compiled(part, node).map(MtuExamination::small).orElse(List.of());
        lines.addAll(small);
        if (small.isEmpty()) {
            TreeMap<Integer, List<String>> byMtu = new TreeMap<>();
            interfaces.forEach(name ->
                    byMtu.computeIfAbsent(mtu(name), _ -> new ArrayList<>()).add(name));
            byMtu.remove(0);
            List<String> words = new ArrayList<>();
            byMtu.forEach((mtu, names) -> words.add(mtu + ": " + String.join(", ", names)));
            if (!words.isEmpty()) {
                lines.add(new Line(State.OK, "MTU", String.join("; ", words), ""));
            }
        }
    }

    private int mtu(String name) {
        return files.number("sys/class/net/" + name + "/mtu")
                .map(Math::toIntExact)
                .orElse(0);
    }

    /** Empty if these objects cannot run; what is wrong with them is not for here to say. */
    private Optional<CompiledNode> compiled(Configuration part, String node) {
        try {
            String name = node.isEmpty() ? NodeName.choose(part, Optional.empty()) : node;
            return new SnapshotCompiler(name, new IdRegistry())
                    .compile(part, at -> new InterfaceFacts(DerivedMac.of(at), mtu(at)))
                    .node();
        } catch (NodeException e) {
            return Optional.empty();
        }
    }

    private static List<Line> small(CompiledNode node) {
        List<Line> lines = new ArrayList<>();
        for (MtuAudit.Finding finding : MtuAudit.check(node)) {
            lines.add(new Line(
                    State.WARNING,
                    "MTU of " + finding.interfaceName(),
                    finding.mtuFound() + ", too small for packets of port " + finding.port() + ", " + finding.portMtu()
                            + " bytes, and the " + (finding.hasServiceHeader() ? "service header" : "tags")
                            + " of node " + finding.instance(),
                    "ip link set dev " + finding.interfaceName() + " mtu " + finding.mtuNeeded()
                            + ", and the same at the other end, in the node"));
        }
        for (PlaneMtu.Finding finding : PlaneMtu.check(node)) {
            lines.add(new Line(
                    State.WARNING,
                    "MTU of " + finding.interfaceName(),
                    finding.mtuFound() + ", too small: " + finding.reason(),
                    finding.advice()));
        }
        Snapshot snapshot = node.snapshot();
        for (int i = 0; i < snapshot.portCount(); i++) {
            PortEntry port = snapshot.port(i);
            if (port.peer() > i) {
                pair(port, snapshot.port(port.peer()), lines);
            }
        }
        return lines;
    }

    private static void pair(PortEntry one, PortEntry other, List<Line> lines) {
        if (one.mtuBytes() != other.mtuBytes() && one.mtuBytes() > 0 && other.mtuBytes() > 0) {
            lines.add(new Line(
                    State.WARNING,
                    "MTU of ports " + one.name() + " and " + other.name(),
                    one.mtuBytes() + " and " + other.mtuBytes() + ", though they are two ends of one wire",
                    "full packets of the one do not fit through the other: give both interfaces the same MTU"));
        }
    }
}
