package dev.sluice.testkit.robust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.rules.Match;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.testkit.MemorySwitch;
import dev.sluice.testkit.TestPacket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Ways in which other systems of this kind let packets around their rules; one test each. The rule here: TCP and UDP to port 53 pass the node. */
class KnownFailuresTest {
    private static final Match PORT_53 = Match.ANY.withPorts(0, 65_535, 53, 53);
    private static final TestPacket QUESTION =
            TestPacket.udp("10.0.1.9:4000", "10.0.2.9:53").payload("question");

    private final MemorySwitch sluice =
            new MemorySwitch(Worlds.pair(1, PORT_53.withProtocol(17, 17), Rule.FailureAction.CLOSED), 512);

    @AfterEach
    void close() {
        sluice.close();
    }

    private void drops(byte[] frame, DropReason reason) {
        sluice.receive(Worlds.CLIENT, frame);
        assertThat(sluice.sentAnywhere()).isEmpty();
        assertThat(sluice.drops()).containsOnlyKeys(reason);
    }

    private void reachesTheNode(byte[] frame) {
        sluice.receive(Worlds.CLIENT, frame);
        assertThat(sluice.sentAnywhere()).containsOnlyKeys(Worlds.NODE_IN);
    }

    @Test
    void dropsPacketWhoseTotalLengthIsShorterThanItsHeader() {
        byte[] frame = QUESTION.bytes();
        RawFrames.put16(frame, 16, 10);
        drops(RawFrames.summed(frame), DropReason.IPV4_HEADER_INVALID);
    }

    @Test
    void dropsPacketWhoseTransportHeaderLiesInThePadding() {
        byte[] frame = QUESTION.bytes();
        RawFrames.put16(frame, 16, 24);
        drops(RawFrames.summed(frame), DropReason.TRANSPORT_TRUNCATED);
    }

    @Test
    void paddingIsNoPartOfThePacket() {
        reachesTheNode(QUESTION.bytes());
        reachesTheNode(RawFrames.padded(QUESTION.bytes(), 30));
        assertThat(sluice.datapath().connections().size()).isEqualTo(1);
    }

    @Test
    void packetOfProtocolZeroDecidesForNoOtherFlow() {
        byte[] zero = RawFrames.withProtocol(QUESTION.bytes(), 0);
        sluice.receive(Worlds.CLIENT, zero);
        assertThat(sluice.sentAnywhere()).containsOnlyKeys(Worlds.SERVER);
        reachesTheNode(QUESTION.bytes());
    }

    /** Linux strips any number of tags with VLAN id 0 and takes what is behind them. */
    @Test
    void dropsPacketBehindThreePriorityTags() {
        drops(QUESTION.vlan(0).vlan(0).vlan(0).bytes(), DropReason.VLAN_UNEXPECTED);
    }

    @Test
    void packetsBehindOneOrTwoPriorityTagsAreInspected() {
        reachesTheNode(QUESTION.vlan(0).bytes());
        reachesTheNode(QUESTION.vlan(0).vlan(0).bytes());
    }

    /** Fragments have no ports: a packet with ports 0 must not decide for them. */
    @Test
    void packetWithPortsZeroOpensNoWayForFragments() {
        sluice.receive(Worlds.CLIENT, TestPacket.udp("10.0.1.9:0", "10.0.2.9:0").bytes());
        sluice.sentAnywhere();
        reachesTheNode(QUESTION.fragment(0, true).payload(new byte[16]).bytes());
        reachesTheNode(QUESTION.fragment(24, false).payload(new byte[9]).bytes());
    }

    /** Later fragments of such a packet do not show that it is UDP (RFC 8200 4.5). */
    @Test
    void dropsFragmentThatHidesItsProtocolBehindAnotherHeader() {
        byte[] question = TestPacket.udp("[fd01::9]:4000", "[fd02::9]:53")
                .payload(new byte[16])
                .bytes();
        byte[] hidden = RawFrames.withExtension(
                RawFrames.withExtension(question, 60, "0000010400000000"), 44, "0000000100000001");
        drops(hidden, DropReason.IPV6_EXTENSION_INVALID);
    }

    @Test
    void fragmentsOfIpv6AreInspected() {
        TestPacket question = TestPacket.udp("[fd01::9]:4000", "[fd02::9]:53");
        reachesTheNode(question.fragment(0, true).payload(new byte[16]).bytes());
        reachesTheNode(question.fragment(24, false).payload(new byte[9]).bytes());
    }
}
