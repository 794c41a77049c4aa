package dev.sluice.testkit.robust;

import dev.sluice.datapath.route.Routes;
import dev.sluice.datapath.rules.Classifier;
import dev.sluice.datapath.rules.Group;
import dev.sluice.datapath.rules.Match;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PathCounters;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.RouterEntry;
import dev.sluice.datapath.snapshot.Selection;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.Target;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** A pair of ports whose packets have to pass one of several bridging nodes, closed. Stateless. */
final class FloodWorld {
    static final int CLIENT = 0;
    static final int SERVER = 1;

    private FloodWorld() {}

    /** Where node k is entered by forward packets; its other side is the next port. */
    static int in(int node) {
        return 2 + 2 * node;
    }

    static Snapshot snapshot(int nodes, Match match, Selection selection) {
        List<PortEntry> ports = new ArrayList<>(List.of(port(CLIENT, SERVER), port(SERVER, CLIENT)));
        List<Attachment> attachments = new ArrayList<>();
        List<Path> paths = new ArrayList<>();
        for (int k = 0; k < nodes; k++) {
            ports.add(port(in(k), -1));
            ports.add(port(in(k) + 1, -1));
            Attachment node = Attachment.builder(k + 1, "fw-" + k, k, side(in(k)), side(in(k) + 1))
                    .routers(0)
                    .build();
            attachments.add(node);
            paths.add(new Path(
                    k + 1,
                    "fw-" + k,
                    1,
                    List.of(new Path.Hop(node, false, Rule.FailureAction.CLOSED)),
                    new PathCounters()));
        }
        BitSet sides = new BitSet();
        sides.set(0, 4);
        Rule rule = new Rule(
                1,
                100,
                "all",
                List.of(match),
                Rule.Action.SERVICE,
                0,
                Rule.FailureAction.INHERIT,
                true,
                PortSides.of(sides));
        return Snapshot.builder(1)
                .ports(ports)
                .routers(List.of(new RouterEntry(0, "pair", Routes.EMPTY)))
                .targets(List.of(new Target(0, "inspect", paths, Rule.FailureAction.CLOSED, selection)))
                .rules(List.of(rule))
                .groups(List.of(new Group(1, Classifier.of(List.of(rule)))))
                .paths(paths)
                .attachments(attachments)
                .build();
    }

    private static PortEntry port(int index, int peer) {
        boolean pair = peer >= 0;
        return new PortEntry(
                index,
                "p" + index,
                pair ? PortEntry.Role.TRANSPARENT : PortEntry.Role.SERVICE,
                pair ? 0 : -1,
                peer,
                0x0200_0000_1000L + index,
                List.of(),
                true,
                true,
                pair ? 1 : 0,
                pair ? 1 : 0,
                0);
    }

    private static Attachment.Side side(int port) {
        return new Attachment.Side(port, 0, 0, 0x0200_0000_2000L + port, 0, 0, 0);
    }
}
