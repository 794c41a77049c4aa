package dev.sluice.testkit;

import static dev.sluice.testkit.ThreeHosts.A;
import static dev.sluice.testkit.ThreeHosts.B;
import static dev.sluice.testkit.ThreeHosts.C;
import static dev.sluice.testkit.ThreeHosts.CLIENT;
import static dev.sluice.testkit.ThreeHosts.NODE_IN;
import static dev.sluice.testkit.ThreeHosts.NODE_OUT;
import static dev.sluice.testkit.ThreeHosts.SERVER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What brings packets of other hosts' flows back to the data path, though a fast path repeats them (packet-life.md, fast path; V31). */
class FastPathPlaneTest {
    private static final byte[] REQUEST =
            TestPacket.udp("10.0.0.1:4000", "10.0.0.2:53").payload("question").bytes();

    /** Established flows end there as new ones do. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nothingIsRepeatedToAHostWhoseRoutingIsDead(boolean hub) {
        try (ThreeHosts hosts = new ThreeHosts(hub)) {
            int last = hub ? B : C;
            MemorySwitch host = hosts.host(last);
            MemoryOffload device = new MemoryOffload(100, _ -> true);
            host.offload(device, 1);
            for (int i = 0; i < 4; i++) {
                pass(hosts, hub);
            }
            long hits = device.hits();
            pass(hosts, hub);
            assertThat(device.hits() - hits).as("to the node, and from it").isEqualTo(2);

            // Of both hosts A is the first peer.
            host.liveness().setRouting(0, false);
            Objects.requireNonNull(host.datapath().offload()).readAll(host.nowNs());
            hosts.receive(last, NODE_OUT, REQUEST);
            assertThat(host.drops()).isEqualTo(Map.of(DropReason.SERVICE_DOWN, 1L));
            host.liveness().setRouting(0, true);
            for (int i = 0; i < 3; i++) {
                pass(hosts, hub);
            }
            hits = device.hits();
            pass(hosts, hub);
            assertThat(device.hits() - hits).as("as before").isEqualTo(2);
        }
    }

    /** Through the first node, and through the second one if the first one's host sends it there by itself. */
    private static void pass(ThreeHosts hosts, boolean hub) {
        hosts.receive(A, CLIENT, REQUEST);
        assertThat(hosts.host(B).sent(NODE_IN)).hasSize(1);
        hosts.receive(B, NODE_OUT, REQUEST);
        assertThat(hosts.host(C).sent(NODE_IN)).hasSize(1);
        if (!hub) {
            hosts.receive(C, NODE_OUT, REQUEST);
            assertThat(hosts.host(A).sent(SERVER)).hasSize(1);
        }
    }
}
