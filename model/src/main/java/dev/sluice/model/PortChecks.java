package dev.sluice.model;

import dev.sluice.model.LogicalRouter.RouterInterface;
import dev.sluice.model.LogicalRouter.ToPort;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What has to hold between ports, and between a port and routers. */
final class PortChecks {
    private final Configuration all;
    private final Map<String, Sharers> byInterface = new HashMap<>();
    private final Map<String, List<Port>> byPeer = new HashMap<>();
    private final Map<String, LogicalRouter> routers = new HashMap<>();

    /** The ports with one interface: the first on each node, since every node may have an interface of that name. */
    private static final class Sharers {
        private final Map<String, Numbered> byNode = new HashMap<>();
        private @Nullable Numbered first;
        private @Nullable Numbered anywhere;
        private int count;

        /** A port, and how many came before it. */
        private record Numbered(int number, Port port) {}

        /** Adds a port; the first before it that may be at the same interface of the same node. */
        Optional<Port> add(Port port) {
            Numbered added = new Numbered(count++, port);
            Optional<String> node = port.spec().node();
            Numbered met = node.isEmpty() ? first : earlier(byNode.get(node.get()), anywhere);
            first = earlier(first, added);
            if (node.isEmpty()) {
                anywhere = earlier(anywhere, added);
            } else {
                byNode.putIfAbsent(node.get(), added);
            }
            return Optional.ofNullable(met).map(Numbered::port);
        }

        private static @Nullable Numbered earlier(@Nullable Numbered a, @Nullable Numbered b) {
            if (a == null || b == null) {
                return a == null ? b : a;
            }
            return a.number < b.number ? a : b;
        }
    }

    PortChecks(Configuration all) {
        this.all = all;
        for (Port port : all.ports()) {
            port.spec()
                    .peer()
                    .ifPresent(peer -> byPeer.computeIfAbsent(peer, name -> new ArrayList<>())
                            .add(port));
        }
        for (LogicalRouter router : all.routers()) {
            for (RouterInterface at : router.spec().interfaces()) {
                if (at.attachment() instanceof ToPort(String port)) {
                    routers.putIfAbsent(port, router);
                }
            }
        }
    }

    void check(Port port, Document at) {
        byInterface
                .computeIfAbsent(port.spec().interfaceName(), _ -> new Sharers())
                .add(port)
                .ifPresent(earlier -> at.error(
                        "spec.interface",
                        "is used by " + earlier.title() + " already",
                        "one Port per interface of a node"));
        port.spec().peer().ifPresent(peer -> checkPeer(port, peer, at));
    }

    private void checkPeer(Port port, String peerName, Document at) {
        if (peerName.equals(port.name())) {
            at.error("spec.peer", "a port can't be its own peer", "name of another Port");
            return;
        }
        Optional<Port> peer = all.port(peerName);
        if (peer.isEmpty()) {
            return;
        }
        Optional<String> back = peer.get().spec().peer();
        if (back.isPresent() && !back.get().equals(port.name())) {
            String message = "Port/" + peerName + " has another peer, " + back.get();
            at.error("spec.peer", message, "two ports that name each other, or one that names the other");
        }
        Port first = byPeer.getOrDefault(peerName, List.of(port)).getFirst();
        if (!first.name().equals(port.name())) {
            at.error("spec.peer", first.title() + " names the same peer", "one peer per Port");
        }
        if (!mayMeet(port.spec().node(), peer.get().spec().node())) {
            String message = "Port/" + peerName + " is on node "
                    + peer.get().spec().node().orElse("");
            at.error(
                    "spec.peer", message, "a Port of node " + port.spec().node().orElse(""));
        }
        for (Port side : List.of(port, peer.get())) {
            LogicalRouter router = routers.get(side.name());
            if (router != null) {
                String message = side.title() + " is an interface of " + router.title();
                at.error("spec.peer", message, "a Port has a peer or belongs to a LogicalRouter, not both");
            }
        }
    }

    /** Whether two node fields can mean the same node; a missing one means any. */
    static boolean mayMeet(Optional<String> a, Optional<String> b) {
        return a.isEmpty() || b.isEmpty() || Objects.equals(a.get(), b.get());
    }
}
