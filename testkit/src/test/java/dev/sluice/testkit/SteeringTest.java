package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.route.Routes;
import dev.sluice.datapath.rules.Classifier;
import dev.sluice.datapath.rules.Group;
import dev.sluice.datapath.rules.Match;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.AttachmentCounters;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PathCounters;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.RouterEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.Target;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A bridge firewall between two ports of one subnet: the smallest whole path (packet-life.md). */
class SteeringTest {
    private static final int CLIENT = 0;
    private static final int SERVER = 1;
    private static final int NODE_IN = 2;
    private static final int NODE_OUT = 3;
    private static final TestPacket REQUEST = TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", 2);

    private final AttachmentCounters nodeCounters = new AttachmentCounters();
    private final PathCounters pathCounters = new PathCounters();
    private final MemorySwitch sluice = new MemorySwitch(snapshot(Rule.FailureAction.CLOSED), 1024);

    @AfterEach
    void close() {
        sluice.close();
    }

    private Snapshot snapshot(Rule.FailureAction onFailure) {
        List<PortEntry> ports = List.of(
                port(CLIENT, "client", PortEntry.Role.TRANSPARENT, 0, SERVER, 1),
                port(SERVER, "server", PortEntry.Role.TRANSPARENT, 0, CLIENT, 1),
                port(NODE_IN, "fw-in", PortEntry.Role.SERVICE, -1, -1, 0),
                port(NODE_OUT, "fw-out", PortEntry.Role.SERVICE, -1, -1, 0));
        Attachment node = Attachment.builder(
                        1,
                        "fw-1",
                        0,
                        new Attachment.Side(NODE_IN, 0, 0, 0x0200_0000_00a1L, 0, 0, 0),
                        new Attachment.Side(NODE_OUT, 0, 0, 0x0200_0000_00a2L, 0, 0, 0))
                .routers(0)
                .counters(nodeCounters)
                .build();
        Path path = new Path(1, "inspect[fw-1]", 1, List.of(new Path.Hop(node, false, onFailure)), pathCounters);
        BitSet sides = new BitSet();
        sides.set(0, 4);
        Rule rule = new Rule(
                1,
                100,
                "web/inspect",
                List.of(Match.ANY.withFamily(4).withProtocol(6, 6).withPorts(0, 65535, 80, 80)),
                Rule.Action.SERVICE,
                0,
                Rule.FailureAction.INHERIT,
                true,
                PortSides.of(sides));
        return Snapshot.builder(1)
                .ports(ports)
                .routers(List.of(new RouterEntry(0, "pair", Routes.EMPTY)))
                .targets(List.of(new Target(0, "inspect", List.of(path), onFailure)))
                .rules(List.of(rule))
                .groups(List.of(new Group(1, Classifier.of(List.of(rule)))))
                .paths(List.of(path))
                .attachments(List.of(node))
                .build();
    }

    private static PortEntry port(int index, String name, PortEntry.Role role, int router, int peer, int group) {
        return new PortEntry(
                index, name, role, router, peer, 0x0200_0000_1000L + index, List.of(), true, true, group, group, 0);
    }

    @Test
    void sendsMatchingTrafficThroughTheNodeInBothDirections() {
        byte[] request = REQUEST.bytes();
        sluice.receive(CLIENT, request);
        assertThat(sluice.sent(NODE_IN)).containsExactly(request);
        sluice.receive(NODE_OUT, request);
        assertThat(sluice.sent(SERVER)).containsExactly(request);

        byte[] answer = REQUEST.reply().bytes();
        sluice.receive(SERVER, answer);
        assertThat(sluice.sent(NODE_OUT)).containsExactly(answer);
        sluice.receive(NODE_IN, answer);
        assertThat(sluice.sent(CLIENT)).containsExactly(answer);
        assertThat(nodeCounters.sent).containsExactly(1, 1);
        assertThat(nodeCounters.returned).containsExactly(1, 1);
        assertThat(sluice.drops()).isEmpty();
    }

    @Test
    void leavesOtherTrafficAlone() {
        byte[] other = TestPacket.udp("10.0.0.1:4000", "10.0.0.2:53").bytes();
        sluice.receive(CLIENT, other);
        assertThat(sluice.sent(SERVER)).containsExactly(other);
        assertThat(sluice.sent(NODE_IN)).isEmpty();
    }

    @Test
    void dropsWhatTheNodeEchoesOnItsInputSide() {
        sluice.receive(CLIENT, REQUEST.bytes());
        sluice.receive(NODE_IN, REQUEST.bytes());
        assertThat(sluice.sentAnywhere()).containsOnlyKeys(NODE_IN);
        assertThat(sluice.drops()).containsOnlyKeys(DropReason.SERVICE_WRONG_SIDE);
    }

    @Test
    void dropsWhatTheNodeMadeUp() {
        sluice.receive(NODE_OUT, REQUEST.bytes());
        assertThat(sluice.drops()).containsOnlyKeys(DropReason.RETURN_NO_FLOW);
    }

    @Test
    void dropsWhenTheNodeIsDeadAndTheChainFailsClosed() {
        sluice.receive(CLIENT, REQUEST.bytes());
        sluice.sentAnywhere();
        sluice.liveness().setInstance(0, false);
        sluice.receive(CLIENT, REQUEST.bytes());
        assertThat(sluice.sentAnywhere()).isEmpty();
        assertThat(sluice.drops()).containsOnlyKeys(DropReason.SERVICE_DOWN);
        assertThat(pathCounters.uninspected).isZero();
    }

    @Test
    void passesAndCountsWhenTheNodeIsDeadAndTheChainFailsOpen() {
        sluice.apply(snapshot(Rule.FailureAction.OPEN));
        sluice.liveness().setInstance(0, false);
        sluice.receive(CLIENT, REQUEST.bytes());
        assertThat(sluice.sent(SERVER)).containsExactly(REQUEST.bytes());
        assertThat(pathCounters.uninspected).isEqualTo(1);
        assertThat(sluice.datapath().counters().uninspected).isEqualTo(1);
    }

    @Test
    void sharesNoRecordBetweenVlansOfATrunk() {
        sluice.receive(CLIENT, REQUEST.vlan(10).bytes());
        sluice.receive(CLIENT, REQUEST.vlan(20).bytes());
        sluice.receive(CLIENT, REQUEST.bytes());
        assertThat(sluice.datapath().connections().size()).isEqualTo(3);
        assertThat(sluice.sent(NODE_IN)).hasSize(3);
        sluice.receive(NODE_OUT, REQUEST.vlan(10).bytes());
        assertThat(sluice.sent(SERVER)).containsExactly(REQUEST.vlan(10).bytes());
        sluice.receive(NODE_OUT, REQUEST.vlan(30).bytes());
        assertThat(sluice.drops()).containsOnlyKeys(DropReason.RETURN_NO_FLOW);
    }

    @Test
    void inspectsUnicastPacketsInFramesToMany() {
        byte[] request = REQUEST.ethernet(0x0200_0000_0001L, 0xffff_ffff_ffffL).bytes();
        sluice.receive(CLIENT, request);
        assertThat(sluice.sent(NODE_IN)).containsExactly(request);
        assertThat(sluice.sent(SERVER)).isEmpty();
        sluice.receive(NODE_OUT, request);
        assertThat(sluice.sent(SERVER)).containsExactly(request);
    }

    @Test
    void takesPacketsForManyStraightAcross() {
        byte[] multicast = TestPacket.udp("10.0.0.1:5353", "224.0.0.251:5353")
                .ethernet(0x0200_0000_0001L, 0x0100_5e00_00fbL)
                .bytes();
        sluice.receive(CLIENT, multicast);
        assertThat(sluice.sent(SERVER)).containsExactly(multicast);
        assertThat(sluice.datapath().counters().passedAcross).isEqualTo(1);
    }

    @Test
    void letsHostsAskForAnAddressAcrossThePair() {
        byte[] discover = TestPacket.udp("0.0.0.0:68", "255.255.255.255:67")
                .ethernet(0x0200_0000_0001L, 0xffff_ffff_ffffL)
                .bytes();
        sluice.receive(CLIENT, discover);
        assertThat(sluice.sent(SERVER)).containsExactly(discover);
    }

    @Test
    void countsWhatShouldLeaveByAPortWithoutDevice() {
        int free = sluice.freeFrames();
        sluice.loseDevice(SERVER);
        sluice.receive(CLIENT, TestPacket.udp("10.0.0.1:4000", "10.0.0.2:53").bytes());
        assertThat(sluice.drops()).containsOnlyKeys(DropReason.PORT_ABSENT);
        assertThat(sluice.freeFrames()).isEqualTo(free);
    }

    @Test
    void leaksNoFrame() {
        int free = sluice.freeFrames();
        for (int i = 0; i < 3000; i++) {
            sluice.receive(i % 4, REQUEST.bytes());
        }
        assertThat(sluice.freeFrames()).isEqualTo(free);
    }
}
