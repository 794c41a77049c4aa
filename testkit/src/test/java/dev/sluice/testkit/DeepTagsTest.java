package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.rules.Match;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Packets with two tags of their own go through nodes behind tags, and come back with three or four (C4; packet-life.md, return). */
class DeepTagsTest {
    private static final int CLIENT = PairWithNode.CLIENT;
    private static final int SERVER = PairWithNode.SERVER;
    private static final int NODE_IN = PairWithNode.NODE_IN;
    private static final int NODE_OUT = PairWithNode.NODE_OUT;
    private static final int QINQ = 0x88a8;
    private static final int VLAN = 0x8100;
    private static final int[] NONE = {};

    /** Of the node in most of these tests. */
    private static final int[] TAG = {VLAN << 16 | 200};

    private static MemorySwitch start(int... nodeTags) {
        int outer = nodeTags.length > 0 ? nodeTags[0] : 0;
        int inner = nodeTags.length > 1 ? nodeTags[1] : 0;
        return new MemorySwitch(PairWithNode.snapshot(Match.ANY, true, outer, inner), 1024);
    }

    private static TestPacket datagram(String from, String to) {
        return TestPacket.udp(from, to).identification(9).payload("what is carried");
    }

    /** The packet with two tags of its own, behind those of a node. */
    private static byte[] tagged(TestPacket packet, int innerVlan, int... nodeTags) {
        TestPacket tagged = packet;
        for (int tag : nodeTags) {
            tagged = tagged.tag(tag >>> 16, tag & 0xffff);
        }
        return tagged.tag(QINQ, 7).tag(VLAN, innerVlan).bytes();
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0x810000c8, 0", "0x88a8012c, 0x81000009"})
    void goThereAndComeBackAsTheyWere(String outer, String inner) {
        int[] both = {Long.decode(outer).intValue(), Long.decode(inner).intValue()};
        int[] nodeTags = both[0] == 0 ? NONE : both[1] == 0 ? new int[] {both[0]} : both;
        try (MemorySwitch sluice = start(nodeTags)) {
            for (String[] ends :
                    new String[][] {{"10.0.0.1:4000", "10.0.0.2:80"}, {"[2001:db8::1]:4000", "[2001:db8::2]:80"}}) {
                check(sluice, nodeTags, datagram(ends[0], ends[1]), CLIENT, NODE_IN, NODE_OUT, SERVER);
                check(sluice, nodeTags, datagram(ends[1], ends[0]), SERVER, NODE_OUT, NODE_IN, CLIENT);
            }
        }
    }

    private static void check(
            MemorySwitch sluice, int[] nodeTags, TestPacket packet, int from, int entered, int left, int to) {
        byte[] own = tagged(packet, 11);
        byte[] atNode = tagged(packet, 11, nodeTags);
        sluice.receive(from, own);
        assertThat(sluice.sent(entered)).containsExactly(atNode);
        sluice.receive(left, atNode);
        assertThat(sluice.drops()).isEmpty();
        assertThat(sluice.sent(to)).containsExactly(own);
    }

    @Test
    void innerTagsKeepFlowsApart() {
        try (MemorySwitch sluice = start(TAG)) {
            TestPacket one = datagram("10.0.0.1:4000", "10.0.0.2:80");
            sluice.receive(CLIENT, tagged(one, 11));
            sluice.receive(NODE_OUT, tagged(one, 12, TAG));
            assertThat(sluice.sent(SERVER)).isEmpty();
            assertThat(sluice.drops()).isEqualTo(Map.of(DropReason.RETURN_NO_FLOW, 1L));
        }
    }

    @Test
    void fragmentsFollowTheFirstOneAndDoNotWaitForIt() {
        try (MemorySwitch sluice = start(TAG)) {
            TestPacket whole = datagram("10.0.0.1:4000", "10.0.0.2:80");
            TestPacket first = whole.payload(new byte[24]).fragment(0, true);
            TestPacket later = whole.payload(new byte[16]).fragment(32, false);
            sluice.receive(CLIENT, tagged(first, 11));
            sluice.receive(CLIENT, tagged(later, 11));
            assertThat(sluice.sent(NODE_IN)).hasSize(2);
            sluice.receive(NODE_OUT, tagged(later, 11, TAG));
            assertThat(sluice.drops()).isEqualTo(Map.of(DropReason.FRAGMENT_ORPHAN, 1L));
            sluice.receive(NODE_OUT, tagged(first, 11, TAG));
            sluice.receive(NODE_OUT, tagged(later, 12, TAG));
            assertThat(sluice.drops()).as("of another VLAN").isEqualTo(Map.of(DropReason.FRAGMENT_ORPHAN, 2L));
            sluice.receive(NODE_OUT, tagged(later, 11, TAG));
            assertThat(sluice.sent(SERVER)).containsExactly(tagged(first, 11), tagged(later, 11));
        }
    }

    @Test
    void whatHasMoreTagsThanThatIsNothingThatWasSentToTheNode() {
        try (MemorySwitch sluice = start(TAG)) {
            TestPacket packet = datagram("10.0.0.1:4000", "10.0.0.2:80");
            sluice.receive(CLIENT, tagged(packet, 11, VLAN << 16 | 5));
            assertThat(sluice.drops()).isEqualTo(Map.of(DropReason.VLAN_UNEXPECTED, 1L));
            sluice.receive(NODE_OUT, tagged(packet, 11, TAG[0], VLAN << 16 | 5));
            assertThat(sluice.drops()).containsEntry(DropReason.SERVICE_CONTROL, 1L);
            sluice.receive(NODE_OUT, tagged(packet, 11, VLAN << 16 | 201));
            assertThat(sluice.drops()).containsEntry(DropReason.SERVICE_TAG_UNKNOWN, 1L);
        }
    }
}
