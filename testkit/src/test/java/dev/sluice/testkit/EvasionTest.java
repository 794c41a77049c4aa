package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.rules.Match;
import dev.sluice.datapath.snapshot.Snapshot;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Packets crafted so that a host behind a transparent pair takes them and the rule that fails closed does not see them (X7). */
class EvasionTest {
    private static final int CLIENT = PairWithNode.CLIENT;
    private static final int SERVER = PairWithNode.SERVER;
    private static final int NODE_IN = PairWithNode.NODE_IN;
    private static final int SYN = 2;
    private static final int ACK = 16;
    private static final TestPacket REQUEST = TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", SYN);
    private static final Match WEB = Match.ANY.withProtocol(6, 6).withPorts(0, 65535, 80, 80);

    private MemorySwitch sluice = new MemorySwitch(PairWithNode.snapshot(WEB, true), 1024);

    @AfterEach
    void close() {
        sluice.close();
    }

    private void use(Snapshot snapshot) {
        sluice.close();
        sluice = new MemorySwitch(snapshot, 1024);
    }

    private void assertInspected(byte[] frame) {
        sluice.sentAnywhere();
        sluice.receive(CLIENT, frame);
        assertThat(sluice.sent(SERVER)).as("passed uninspected").isEmpty();
        assertThat(sluice.sent(NODE_IN)).hasSize(1);
    }

    @Test
    void fragmentsHaveThePortsOfTheirDatagram() {
        sluice.receive(CLIENT, TestPacket.tcp("10.0.0.1:0", "10.0.0.2:0", SYN).bytes());
        assertInspected(REQUEST.payload("0123").fragment(0, true).bytes());
        assertInspected(REQUEST.payload("0123").fragment(24, false).bytes());
    }

    @Test
    void answersOfAFlowInspectedOneWayDoNotHideItsNextPackets() {
        use(PairWithNode.snapshot(WEB, false));
        sluice.receive(CLIENT, REQUEST.bytes());
        sluice.receive(
                SERVER,
                TestPacket.tcp("10.0.0.2:80", "10.0.0.1:4000", SYN | ACK).bytes());
        assertInspected(TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", ACK).bytes());
    }

    @Test
    void priorityTagsDoNotHideTheVlan() {
        use(PairWithNode.snapshot(WEB.withVlans(10, 10, -1, 4095), true));
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
