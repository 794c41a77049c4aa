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
import dev.sluice.datapath.snapshot.NodeTunnel;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Service metadata that tenants and nodes make up are payload: nobody reads them, whatever port and address they are sent to (issue 4, bad input; V8, C7). */
class TenantsMetadataTest {
    private static final TestPacket REQUEST = TestPacket.udp("10.0.0.1:4000", "10.0.0.2:80");
    private static final int PAYLOAD = 14 + 20 + 8;

    /** A tunnel packet between two hosts, as a tenant may have heard it or made it up: what is behind its UDP header, in a datagram of the tenant's own. */
    private static byte[] ofTenant(ThreeHosts hosts, String to) {
        hosts.receive(A, CLIENT, REQUEST.bytes());
        byte[] tunnel = hosts.carried.getLast();
        hosts.host(B).sent(NODE_IN);
        return TestPacket.udp("10.0.0.1:50000", to + ":6081")
                .payload(Arrays.copyOfRange(tunnel, PAYLOAD, tunnel.length))
                .bytes();
    }

    @Test
    void tunnelPacketOfATenantIsServedAsAnyOther() {
        for (String to : List.of("10.0.0.2", "192.0.2.1", "192.0.2.2")) {
            try (ThreeHosts hosts = new ThreeHosts(false)) {
                byte[] made = ofTenant(hosts, to);
                hosts.receive(A, CLIENT, made);
                assertThat(hosts.host(B).sent(NODE_IN)).containsExactly(made);
                hosts.receive(B, NODE_OUT, made);
                assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(made);
                hosts.receive(C, NODE_OUT, made);
                assertThat(hosts.host(A).sent(SERVER)).containsExactly(made);
                hosts.hosts.forEach(host -> assertThat(host.drops()).isEmpty());
            }
        }
    }

    /** An agentless node has no business with metadata either. */
    @Test
    void tunnelPacketThatANodeMakesUpGoesNowhere() {
        try (ThreeHosts hosts = new ThreeHosts(false)) {
            hosts.receive(A, CLIENT, REQUEST.bytes());
            byte[] tunnel = hosts.carried.getLast().clone();
            hosts.host(B).sent(NODE_IN);
            for (int port : new int[] {NODE_IN, NODE_OUT}) {
                hosts.receive(B, port, tunnel);
            }
            assertThat(hosts.host(B).drops()).isEqualTo(Map.of(DropReason.RETURN_NO_FLOW, 2L));
            assertThat(hosts.host(B).sentAnywhere()).isEmpty();
        }
    }

    /** RFC 8300 2.2: what arrives with 0 goes on with 63; so it can go round 63 times, and no more. */
    @Test
    void packetThatTwoSwitchesSendEachOtherEndsByItsTimeToLive() {
        try (ThreeHosts hosts = new ThreeHosts(false)) {
            hosts.receive(A, CLIENT, REQUEST.bytes());
            byte[] frame = hosts.carried.getLast().clone();
            hosts.host(B).sent(NODE_IN);
            int nsh = PAYLOAD + 8;
            int served = 0;
            int ttl = 0;
            for (int round = 0; round < 100; round++) {
                byte[] again = frame.clone();
                again[nsh] = (byte) ((again[nsh] & 0xf0) | ttl >> 2);
                again[nsh + 1] = (byte) ((again[nsh + 1] & 0x3f) | (ttl & 3) << 6);
                hosts.host(B).receive(UNDERLAY, again);
                if (hosts.host(B).sent(NODE_IN).isEmpty()) {
                    break;
                }
                served++;
                ttl = ttl == 0 ? 63 : ttl - 1;
            }
            assertThat(served).isEqualTo(63);
            assertThat(hosts.host(B).drops()).isEqualTo(Map.of(DropReason.NSH_TTL_EXPIRED, 1L));
        }
    }

    /** What only the node at its own port may send: a tenant's crosses its pair as any frame that is not IP, one from the underlay is not routed. */
    @Test
    void serviceHeaderOnEthernetCountsAtThePortOfItsNodeOnly() {
        try (ThreeHosts hosts = ThreeHosts.nodeIn(A, NodeTunnel.Format.NSH_ETHERNET)) {
            hosts.receive(A, CLIENT, REQUEST.bytes());
            byte[] answer =
                    NshNode.ETHERNET.answer(hosts.host(A).sent(hosts.nodePort()).getFirst());
            hosts.receive(A, CLIENT, answer);
            assertThat(hosts.host(A).sent(SERVER)).containsExactly(answer);
            assertThat(hosts.host(A).drops()).isEmpty();
            String before = HostState.of(hosts.host(A));
            hosts.receive(A, UNDERLAY, answer);
            assertThat(hosts.host(A).drops()).isEqualTo(Map.of(DropReason.NON_IP_NOT_ROUTED, 1L));
            assertThat(HostState.of(hosts.host(A))).isEqualTo(before);
            assertThat(hosts.host(A).sentAnywhere()).isEmpty();
            assertThat(hosts.host(C).sentAnywhere()).isEmpty();
        }
    }
}
