package dev.sluice.model;

import dev.sluice.model.LogicalRouter.RouterInterface;
import dev.sluice.model.LogicalRouter.ToPort;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What has to hold between logical switches, and between them and their ports. */
final class SwitchChecks {
    private final List<Port> ports;
    private final Set<String> withUnderlay = new HashSet<>();
    private final Map<String, String> routers = new HashMap<>();
    private final Set<String> peers = new HashSet<>();
    private final Map<Integer, String> byVni = new HashMap<>();

    SwitchChecks(Configuration all) {
        ports = all.ports();
        all.nodesWithUnderlay().forEach(node -> withUnderlay.add(node.name()));
        ports.forEach(port -> port.spec().peer().ifPresent(peers::add));
        for (LogicalRouter router : all.routers()) {
            for (RouterInterface at : router.spec().interfaces()) {
                if (at.attachment() instanceof ToPort(String port)) {
                    routers.putIfAbsent(port, router.title());
                }
            }
        }
    }

    void check(LogicalSwitch segment, Document at) {
        String owner = byVni.putIfAbsent(segment.spec().vni(), segment.title());
        if (owner != null) {
            at.error("spec.vni", owner + " has this number already", "a number of its own for each switch");
        }
        Set<String> nodes = new HashSet<>();
        for (Port port : ports) {
            if (port.spec().logicalSwitch().filter(segment.name()::equals).isPresent()) {
                port.spec().node().ifPresent(nodes::add);
            }
        }
        if (nodes.size() > 1) {
            nodes.stream()
                    .filter(node -> !withUnderlay.contains(node))
                    .sorted()
                    .forEach(
                            node -> at.warning(
                                    "spec",
                                    "has a port on Node/" + node
                                            + ", which has no underlay, so frames cannot come there from other nodes; give the node one"));
        }
    }

    void check(Port port, Document at) {
        if (port.spec().logicalSwitch().isEmpty()) {
            return;
        }
        String allowed = "a Port has a switch, has a peer or belongs to a LogicalRouter: one of the three";
        if (port.spec().peer().isPresent() || peers.contains(port.name())) {
            at.error("spec.switch", "the port also has a peer", allowed);
        }
        String router = routers.get(port.name());
        if (router != null) {
            at.error("spec.switch", "the port is also an interface of " + router, allowed);
        }
    }
}
