package dev.sluice.testkit;

import static dev.sluice.testkit.ThreeHosts.A;
import static dev.sluice.testkit.ThreeHosts.B;
import static dev.sluice.testkit.ThreeHosts.C;
import static dev.sluice.testkit.ThreeHosts.CLIENT;
import static dev.sluice.testkit.ThreeHosts.NODE_IN;
import static dev.sluice.testkit.ThreeHosts.NODE_OUT;
import static dev.sluice.testkit.ThreeHosts.SERVER;
import static dev.sluice.testkit.ThreeHosts.UNDERLAY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.rules.Rule;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is too large for a node of another host: its sender is told by the host that classified it, and nobody can make that host tell lies (X6; packet-life.md, too large elsewhere). */
class TooBigElsewhereTest {
    private static final int NODE_MTU_BYTES = 1300;

    private static final int OUTER_IP = 14;
    private static final int NSH = OUTER_IP + 20 + 8 + 8;

    /** Where the reference of the flow lies, and behind it the action with the MTU. */
    private static final int FLOW = NSH + 8 + 8 + 8 + 4;

    private static final int PROGRAM = FLOW + 8 + 4 + 8;

    private static TestPacket packet(int version, int ipBytes) {
        TestPacket packet = version == 4
                ? TestPacket.udp("10.0.0.1:4000", "10.0.0.2:80").dontFragment()
                : TestPacket.udp("[fd00::1]:4000", "[fd00::2]:80");
        return packet.payload(new byte[ipBytes - (version == 4 ? 28 : 48)]);
    }

    private static ThreeHosts hosts(boolean hub, int narrow) {
        ThreeHosts hosts = new ThreeHosts(hub);
        hosts.nodeMtuBytes = NODE_MTU_BYTES;
        hosts.host(narrow).apply(hosts.snapshot(narrow, Rule.FailureAction.CLOSED));
        return hosts;
    }

    private static void isError(byte[] frame, byte[] about, int version) {
        ByteBuffer error = ByteBuffer.wrap(frame);
        int icmp = 14 + (version == 4 ? 20 : 40);
        assertThat(error.get(icmp)).isEqualTo((byte) (version == 4 ? 3 : 2));
        assertThat(error.get(icmp + 1)).isEqualTo((byte) (version == 4 ? 4 : 0));
        assertThat(error.getInt(icmp + 4)).isEqualTo(NODE_MTU_BYTES);
        // Turned round: to who sent it, in the name of the receiver.
        assertThat(Arrays.copyOfRange(frame, 0, 6)).isEqualTo(Arrays.copyOfRange(about, 6, 12));
        int addressBytes = version == 4 ? 4 : 16;
        int source = 14 + (version == 4 ? 12 : 8);
        assertThat(Arrays.copyOfRange(frame, source + addressBytes, source + 2 * addressBytes))
                .isEqualTo(Arrays.copyOfRange(about, source, source + addressBytes));
        // And quoted as it was sent.
        int quoted = Math.min(frame.length - icmp - 8, about.length - 14);
        assertThat(Arrays.copyOfRange(frame, icmp + 8, icmp + 8 + quoted))
                .isEqualTo(Arrays.copyOfRange(about, 14, 14 + quoted));
    }

    @ParameterizedTest(name = "IPv{0}, hub {1}")
    @CsvSource({"4, false", "6, false", "4, true", "6, true"})
    void senderIsToldWhateverHostTheNodeIsOn(int version, boolean hub) {
        for (int narrow : List.of(B, C)) {
            try (ThreeHosts hosts = hosts(hub, narrow)) {
                byte[] fits = packet(version, NODE_MTU_BYTES).bytes();
                hosts.receive(A, CLIENT, fits);
                hosts.receive(B, NODE_OUT, fits);
                assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(fits);
                byte[] large = packet(version, NODE_MTU_BYTES + 1).bytes();
                hosts.receive(A, CLIENT, large);
                if (narrow == C) {
                    hosts.receive(B, NODE_OUT, large);
                }
                assertThat(hosts.host(narrow).drops()).isEqualTo(Map.of(DropReason.MTU_EXCEEDED, 1L));
                assertThat(hosts.host(A).drops()).isEmpty();
                List<byte[]> told = hosts.host(A).sent(CLIENT);
                assertThat(told).hasSize(1);
                isError(told.getFirst(), large, version);
                assertThat(hosts.host(A).sent(SERVER)).isEmpty();
            }
        }
    }

    @Test
    void senderOfAnswersIsToldAtItsSide() {
        try (ThreeHosts hosts = hosts(false, C)) {
            byte[] request = packet(4, 100).bytes();
            hosts.receive(A, CLIENT, request);
            byte[] answer = packet(4, NODE_MTU_BYTES + 1).reply().bytes();
            hosts.receive(A, SERVER, answer);
            List<byte[]> told = hosts.host(A).sent(SERVER);
            assertThat(told).hasSize(1);
            isError(told.getFirst(), answer, 4);
            assertThat(hosts.host(A).sent(CLIENT)).isEmpty();
        }
    }

    /** A packet that is given back is no journey: a fast path that repeated it would send the flow's packets back without asking. */
    @Test
    void fastPathRepeatsWhatGoesOnAndNotWhatIsGivenBack() {
        try (ThreeHosts hosts = hosts(false, B)) {
            byte[] fits = packet(4, NODE_MTU_BYTES).bytes();
            byte[] large = packet(4, NODE_MTU_BYTES + 1).bytes();
            hosts.receive(A, CLIENT, fits);
            MemoryOffload device = new MemoryOffload(100, _ -> true);
            hosts.host(B).offload(device, 1);
            for (int i = 0; i < 4; i++) {
                hosts.receive(A, CLIENT, large);
            }
            assertThat(hosts.host(A).sent(CLIENT)).hasSize(4);
            assertThat(device.size()).isZero();
            hosts.host(B).sent(NODE_IN);
            for (int i = 0; i < 4; i++) {
                hosts.receive(A, CLIENT, fits);
            }
            assertThat(hosts.host(B).sent(NODE_IN)).hasSize(4);
            assertThat(device.size()).isEqualTo(1);
            assertThat(device.hits()).isPositive();
            hosts.receive(A, CLIENT, large);
            assertThat(hosts.host(A).sent(CLIENT)).hasSize(1);
            assertThat(hosts.host(B).sent(NODE_IN)).isEmpty();
        }
    }

    @Test
    void neitherHostTellsMoreThanItsBudget() {
        try (ThreeHosts hosts = hosts(false, B)) {
            // Until they know each other's MAC addresses.
            hosts.receive(A, CLIENT, packet(4, 100).bytes());
            for (int i = 0; i < 400; i++) {
                hosts.host(A).receive(CLIENT, packet(4, 1400).bytes());
            }
            hosts.settle();
            assertThat(hosts.host(B).drops()).isEqualTo(Map.of(DropReason.MTU_EXCEEDED, 400L));
            assertThat(hosts.host(A).sent(CLIENT).size()).isBetween(50, 150);
            assertThat(hosts.host(B).datapath().counters().icmpErrorsSuppressed).isGreaterThan(200);
        }
    }

    /** The host of another node, of no node, of a flow that is not there or another one, and a size that would have fitted. */
    @Test
    void whoHasNoBusinessWithThePacketIsRefused() {
        try (ThreeHosts hosts = hosts(false, B)) {
            hosts.receive(A, CLIENT, packet(4, 1400).bytes());
            assertThat(hosts.host(A).sent(CLIENT)).hasSize(1);
            byte[] good = hosts.carried.stream()
                    .filter(frame -> frame.length > 1400 && frame[PROGRAM] == 5)
                    .findFirst()
                    .orElseThrow();

            byte[] ofC = good.clone();
            ofC[OUTER_IP + 15] = 3;
            byte[] noFlow = good.clone();
            noFlow[FLOW] ^= 0x11;
            byte[] fits = good.clone();
            fits[PROGRAM + 2] = 0x40;
            byte[] otherDirection = good.clone();
            otherDirection[NSH + 6] ^= 1;
            byte[] otherFlow = good.clone();
            otherFlow[otherFlow.length - 1400 + 21] ^= 1;
            String before = HostState.of(hosts.host(A));
            for (byte[] forged : List.of(ofC, noFlow, fits, otherDirection, otherFlow)) {
                hosts.receive(A, UNDERLAY, checked(forged));
            }
            assertThat(hosts.host(A).drops()).isEqualTo(Map.of(DropReason.TOO_BIG_REFUSED, 5L));
            assertThat(HostState.of(hosts.host(A))).isEqualTo(before);
            byte[] ofNobody = good.clone();
            ofNobody[OUTER_IP + 15] = 99;
            hosts.receive(A, UNDERLAY, checked(ofNobody));
            assertThat(hosts.host(A).drops()).containsEntry(DropReason.OVERLAY_PEER_UNKNOWN, 1L);
            assertThat(hosts.host(A).sent(CLIENT)).isEmpty();
            assertThat(hosts.host(A).sent(SERVER)).isEmpty();
            // Who classified nothing tells nobody.
            byte[] toC = good.clone();
            toC[5] = (byte) 0x20;
            toC[OUTER_IP + 19] = 3;
            hosts.receive(C, UNDERLAY, checked(toC));
            assertThat(hosts.host(C).drops()).isEqualTo(Map.of(DropReason.TOO_BIG_REFUSED, 1L));
            // The one that is true still is.
            hosts.receive(A, UNDERLAY, good);
            assertThat(hosts.host(A).sent(CLIENT)).hasSize(1);
        }
    }

    /** With the outer header checksum that its bytes need. */
    private static byte[] checked(byte[] frame) {
        int sum = 0;
        frame[OUTER_IP + 10] = 0;
        frame[OUTER_IP + 11] = 0;
        for (int i = OUTER_IP; i < OUTER_IP + 20; i += 2) {
            sum += (frame[i] & 0xff) << 8 | (frame[i + 1] & 0xff);
        }
        sum = ~((sum & 0xffff) + (sum >>> 16));
        frame[OUTER_IP + 10] = (byte) (sum >>> 8);
        frame[OUTER_IP + 11] = (byte) sum;
        return frame;
    }
}
