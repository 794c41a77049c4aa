package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.Attachment;
import dev.sluice.datapath.AttachmentCounters;
import dev.sluice.datapath.Classifier;
import dev.sluice.datapath.DropReason;
import dev.sluice.datapath.Group;
import dev.sluice.datapath.Match;
import dev.sluice.datapath.Path;
import dev.sluice.datapath.PathCounters;
import dev.sluice.datapath.PortEntry;
import dev.sluice.datapath.PortSides;
import dev.sluice.datapath.RouterEntry;
import dev.sluice.datapath.Routes;
import dev.sluice.datapath.Rule;
import dev.sluice.datapath.Snapshot;
import dev.sluice.datapath.Target;
import dev.sluice.datapath.TrackerTimeouts;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Packets crafted so that a host behind a transparent pair takes them and the rule that fails closed does not see them (X7). */
class EvasionTest {
    private static final int CLIENT = 0;
    private static final int SERVER = 1;
    private static final int NODE_IN = 2;
    private static final int NODE_OUT = 3;
    private static final int SYN = 2;
    private static final int ACK = 16;
    private static final TestPacket REQUEST = TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", SYN);
    private static final Match WEB = Match.ANY.withProtocol(6, 6).withPorts(0, 65535, 80, 80);

    private MemorySwitch sluice = new MemorySwitch(snapshot(WEB, true), 1024);

    @AfterEach
    void close() {
        sluice.close();
    }

    private void use(Snapshot snapshot) {
        sluice.close();
        sluice = new MemorySwitch(snapshot, 1024);
    }

    private static Snapshot snapshot(Match match, boolean bothDirections) {
        List<PortEntry> ports = List.of(
                port(CLIENT, PortEntry.Role.TRANSPARENT, 0, SERVER, 1),
                port(SERVER, PortEntry.Role.TRANSPARENT, 0, CLIENT, 1),
                port(NODE_IN, PortEntry.Role.SERVICE, -1, -1, 0),
                port(NODE_OUT, PortEntry.Role.SERVICE, -1, -1, 0));
        Attachment node = new Attachment(
                1,
                "fw-1",
                0,
                new Attachment.Side(NODE_IN, 0, 0, 0x0200_0000_00a1L, 0, 0, 0),
                new Attachment.Side(NODE_OUT, 0, 0, 0x0200_0000_00a2L, 0, 0, 0),
                Attachment.Kind.BRIDGE,
                Attachment.Translation.NONE,
                false,
                false,
                new int[] {0},
                new int[0],
                new AttachmentCounters());
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
        return new Snapshot(
                1,
                ports,
                List.of(new RouterEntry(0, "pair", Routes.EMPTY)),
                List.of(new Target(0, "inspect", List.of(path), closed)),
                List.of(rule),
                List.of(new Group(1, Classifier.of(List.of(rule)))),
                List.of(path),
                List.of(node),
                TrackerTimeouts.DEFAULT);
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

    private void assertInspected(byte[] frame) {
        sluice.sentAnywhere();
        sluice.receive(CLIENT, frame);
        assertThat(sluice.sent(SERVER)).as("passed uninspected").isEmpty();
        assertThat(sluice.sent(NODE_IN)).hasSize(1);
    }

    @Test
    void fragmentsShareNoRecordWithPacketsWhosePortsAreZero() {
        sluice.receive(CLIENT, TestPacket.tcp("10.0.0.1:0", "10.0.0.2:0", SYN).bytes());
        assertInspected(REQUEST.payload("0123").fragment(0, true).bytes());
    }

    @Test
    void answersOfAFlowInspectedOneWayDoNotHideItsNextPackets() {
        use(snapshot(WEB, false));
        sluice.receive(CLIENT, REQUEST.bytes());
        sluice.receive(
                SERVER,
                TestPacket.tcp("10.0.0.2:80", "10.0.0.1:4000", SYN | ACK).bytes());
        assertInspected(TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", ACK).bytes());
    }

    @Test
    void priorityTagsDoNotHideTheVlan() {
        use(snapshot(WEB.withVlans(10, 10, -1, 4095), true));
        assertInspected(REQUEST.vlan(0).vlan(10).bytes());
    }

    @Test
    void nothingPassesBehindThreePriorityTags() {
        sluice.receive(CLIENT, REQUEST.vlan(0).vlan(0).vlan(0).bytes());
        assertThat(sluice.sent(SERVER)).isEmpty();
    }

    @Test
    void packetsForgedInTheNameOfTheServerDoNotHideTheRequest() {
        sluice.receive(
                CLIENT, TestPacket.tcp("10.0.0.2:80", "10.0.0.1:4000", ACK).bytes());
        assertInspected(REQUEST.bytes());
    }

    @Test
    void connectionsMetInTheMiddleAreInspectedWhicheverSideSpeaksFirst() {
        sluice.receive(
                SERVER, TestPacket.tcp("10.0.0.2:80", "10.0.0.1:4000", ACK).bytes());
        assertInspected(TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", ACK).bytes());
    }

    @Test
    void extensionHeadersBehindTheFragmentHeaderDoNotHideTheProtocol() {
        byte[] plain = TestPacket.tcp("[2001:db8::1]:4000", "[2001:db8::2]:80", SYN)
                .payload("01234567")
                .bytes();
        ByteBuffer b = ByteBuffer.allocate(plain.length + 8 + 8 - 4);
        b.put(plain, 0, 54).put((byte) 60).put((byte) 0).putShort((short) 1).putInt(7);
        b.put((byte) 6).put((byte) 0).put((byte) 1).put((byte) 4).putInt(0);
        b.put(plain, 54, 24);
        b.putShort(18, (short) 40).put(20, (byte) 44);
        byte[] frame = java.util.Arrays.copyOf(b.array(), 54 + 40);
        sluice.receive(CLIENT, frame);
        assertThat(sluice.sent(SERVER)).as("passed uninspected").isEmpty();
        assertThat(sluice.drops()).containsOnlyKeys(DropReason.IPV6_EXTENSION_INVALID);
    }
}
