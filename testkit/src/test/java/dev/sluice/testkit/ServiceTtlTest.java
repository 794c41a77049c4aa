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
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The TTL of the service header over three hosts (RFC 8300 2.2, V8): each switch that a packet comes to takes one, the classifying one too, so that packets that go round come to an end.
 * Offsets of tunnel packets: Ethernet 0, IPv4 14, UDP 34, Geneve 42, NSH 50.
 */
class ServiceTtlTest {
    private static final TestPacket REQUEST = TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", 2);
    private static final int HEADERS = 110;

    private static int ttl(byte[] frame) {
        return (frame[50] & 0x0f) << 2 | (frame[51] & 0xff) >> 6;
    }

    private static int index(byte[] frame) {
        return frame[57] & 0xff;
    }

    /** Sender, receiver, index and TTL of each service packet since the last call. */
    private static String legs(ThreeHosts hosts) {
        String legs = hosts.carried.stream()
                .filter(frame -> frame.length >= HEADERS)
                .map(frame -> host(frame[29]) + host(frame[33]) + " " + index(frame) + "/" + ttl(frame))
                .collect(Collectors.joining(", "));
        hosts.carried.clear();
        return legs;
    }

    private static String host(byte lastOfAddress) {
        return lastOfAddress == 50 ? "N" : "" + (char) ('A' + lastOfAddress - 1);
    }

    @ParameterizedTest(name = "hub {0}: {1}; {2}")
    @CsvSource(
            delimiter = ';',
            value = {
                "false; AB 255/63, BC 254/62, CA 253/61; AC 255/63, CB 254/62, BA 253/61",
                "true; AB 255/63, BA 254/62, AC 254/61, CA 253/60; AC 255/63, CA 254/62, AB 254/61, BA 253/60"
            })
    void eachSwitchTakesOne(boolean hub, String forward, String reverse) {
        try (ThreeHosts hosts = new ThreeHosts(hub)) {
            byte[] request = REQUEST.bytes();
            // The second packet, when there is a record everywhere, like the first one.
            for (int round = 0; round < 2; round++) {
                hosts.receive(A, CLIENT, request);
                hosts.receive(B, NODE_OUT, request);
                hosts.receive(C, NODE_OUT, request);
                assertThat(legs(hosts)).isEqualTo(forward);
                byte[] answer = REQUEST.reply().bytes();
                hosts.receive(A, SERVER, answer);
                hosts.receive(C, NODE_IN, answer);
                hosts.receive(B, NODE_IN, answer);
                assertThat(legs(hosts)).isEqualTo(reverse);
            }
        }
    }

    /** What such a node says of the TTL is not read: forwarders count. */
    @Test
    void nodeOfTheClassifyingHostIsNoSwitch() {
        try (ThreeHosts hosts = ThreeHosts.awareOnA()) {
            hosts.receive(A, CLIENT, REQUEST.bytes());
            byte[] answer = AwareNode.answer(hosts.toNode().getFirst());
            answer[50] &= (byte) 0xf0;
            hosts.receive(A, UNDERLAY, answer);
            hosts.receive(C, NODE_OUT, REQUEST.bytes());
            assertThat(legs(hosts)).isEqualTo("AN 255/63, AC 254/63, CA 253/62");
            hosts.receive(A, SERVER, REQUEST.reply().bytes());
            hosts.receive(C, NODE_IN, REQUEST.reply().bytes());
            assertThat(legs(hosts)).isEqualTo("AC 255/63, CA 254/62, AN 254/61");
        }
    }

    /** The switch that it is sent to hands it back through another one as it came, for its own reasons, and counts nothing: the classifying switch does. */
    @ParameterizedTest(name = "hub {0}")
    @ValueSource(booleans = {true, false})
    void packetThatIsHandedBackUnservedEndsByItsTimeToLive(boolean hub) {
        try (ThreeHosts hosts = new ThreeHosts(hub)) {
            hosts.receive(A, CLIENT, REQUEST.bytes());
            hosts.receive(B, NODE_OUT, REQUEST.bytes());
            // Also in mode direct A knows then where C is.
            hosts.receive(A, SERVER, REQUEST.reply().bytes());
            byte[] frame = hosts.carried.stream()
                    .filter(one -> one.length >= HEADERS && one[33] == C + 1)
                    .findFirst()
                    .orElseThrow();
            int first = ttl(frame);
            int rounds = 0;
            List<byte[]> sent = List.of(frame);
            while (!sent.isEmpty() && rounds < 100) {
                frame = sent.getFirst();
                assertThat(ttl(frame)).isEqualTo(first - rounds);
                assertThat(index(frame)).isEqualTo(254);
                rounds++;
                hosts.host(A).receive(UNDERLAY, fromBToA(frame));
                sent = hosts.host(A).sent(UNDERLAY);
            }
            assertThat(rounds).as("how often it was sent").isEqualTo(first);
            assertThat(hosts.host(A).drops()).isEqualTo(Map.of(DropReason.NSH_TTL_EXPIRED, 1L));
        }
    }

    private static byte[] fromBToA(byte[] frame) {
        byte[] back = frame.clone();
        // MAC addresses and endpoints of the hosts differ in their last byte.
        back[5] = 0;
        back[11] = (byte) (B << 4);
        back[29] = (byte) (B + 1);
        back[33] = (byte) (A + 1);
        Sums.fixIpv4(back, 14);
        return back;
    }
}
