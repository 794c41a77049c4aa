package dev.sluice.testkit;

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
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.Target;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/** A transparent pair with one bridging service node, whose only rule fails closed: what passes it by shows at once. Stateless. */
final class PairWithNode {
    static final int CLIENT = 0;
    static final int SERVER = 1;
    static final int NODE_IN = 2;
    static final int NODE_OUT = 3;

    private PairWithNode() {}

    /** What matches goes through the node. */
    static Snapshot snapshot(Match match, boolean bothDirections) {
        return snapshot(match, bothDirections, 0, 0);
    }

    /** The same for a node that lives behind tags, TPID in the upper 16 bits, 0 for none. */
    static Snapshot snapshot(Match match, boolean bothDirections, int outerTag, int innerTag) {
        List<PortEntry> ports = List.of(
                port(CLIENT, PortEntry.Role.TRANSPARENT, 0, SERVER, 1),
                port(SERVER, PortEntry.Role.TRANSPARENT, 0, CLIENT, 1),
                port(NODE_IN, PortEntry.Role.SERVICE, -1, -1, 0),
                port(NODE_OUT, PortEntry.Role.SERVICE, -1, -1, 0));
        Attachment node = Attachment.builder(
                        1,
                        "fw-1",
                        0,
                        new Attachment.Side(NODE_IN, outerTag, innerTag, 0x0200_0000_00a1L, 0, 0, 0),
                        new Attachment.Side(NODE_OUT, outerTag, innerTag, 0x0200_0000_00a2L, 0, 0, 0))
                .routers(0)
                .build();
        Rule.FailureAction closed = Rule.FailureAction.CLOSED;
        Path path = new Path(1, "inspect[fw-1]", 1, List.of(new Path.Hop(node, false, closed)), new PathCounters());
        BitSet sides = new BitSet();
        sides.set(0, 4);
        Rule rule = new Rule(
                1,
                100,
                "web/inspect",
                List.of(match),
                Rule.Action.SERVICE,
                0,
                Rule.FailureAction.INHERIT,
                bothDirections,
                PortSides.of(sides));
        return Snapshot.builder(1)
                .ports(ports)
                .routers(List.of(new RouterEntry(0, "pair", Routes.EMPTY)))
                .targets(List.of(new Target(0, "inspect", List.of(path), closed)))
                .rules(List.of(rule))
                .groups(List.of(new Group(1, Classifier.of(List.of(rule)))))
                .paths(List.of(path))
                .attachments(List.of(node))
                .build();
    }

    private static PortEntry port(int index, PortEntry.Role role, int router, int peer, int group) {
        return new PortEntry(
                index,
                "p" + index,
                role,
                router,
                peer,
                0x0200_0000_1000L + index,
                List.of(),
                true,
                true,
                group,
                group,
                0);
    }

    /** An IPv4 frame cut after some bytes, with the lengths that go with it. */
    static byte[] cut(byte[] frame, int bytes) {
        byte[] cut = Arrays.copyOf(frame, bytes);
        ByteBuffer b = ByteBuffer.wrap(cut);
        b.putShort(16, (short) (bytes - 14)).putShort(24, (short) 0);
        int sum = 0;
        for (int i = 14; i < 34; i += 2) {
            sum += b.getShort(i) & 0xffff;
        }
        b.putShort(24, (short) ~((sum & 0xffff) + (sum >>> 16)));
        return cut;
    }
}
