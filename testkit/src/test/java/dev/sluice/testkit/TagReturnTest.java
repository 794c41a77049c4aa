package dev.sluice.testkit;

import static dev.sluice.testkit.PlaneHosts.CLIENT;
import static dev.sluice.testkit.PlaneHosts.SERVER;
import static dev.sluice.testkit.PlaneHosts.TENANT;
import static dev.sluice.testkit.PlaneHosts.UNDERLAY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.TagReturn;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A node that routes, on another host than the one that classifies and routes for its tenant: what comes back and is of no flow there goes by the node's tag to the only host that sends packets with it (C8).
 */
class TagReturnTest {
    private static final long HOUR_NS = 3_600_000_000_000L;
    private static final PlaneHosts.Node NODE =
            new PlaneHosts.Node(1, 1, 0x8100 << 16 | 30, false, Attachment.Kind.ROUTE, Attachment.Translation.NONE);
    private static final List<PlaneHosts.Service> CHAIN =
            List.of(new PlaneHosts.Service("fw", false, Rule.FailureAction.CLOSED, List.of(NODE)));
    private static final int PATH = 1;

    /** Index among the peers of host 1. */
    private static final int HOST_0 = 0;

    private final PlaneHosts net =
            new PlaneHosts(new PlaneHosts.Plan(3, false, 4, true, false, 0, List.of(NODE)), CHAIN);

    @AfterEach
    void close() {
        net.close();
    }

    private void with(TagReturn tagReturn) {
        net.tagReturns.put(NODE.id(), tagReturn);
        net.apply(CHAIN, false);
    }

    private void settle() {
        boolean moved = true;
        while (moved) {
            moved = false;
            for (int from = 0; from < 3; from++) {
                for (byte[] frame : net.hosts.get(from).sent(UNDERLAY)) {
                    moved = true;
                    for (int to = 0; to < 3; to++) {
                        if (to != from && ((frame[0] & 1) != 0 || frame[5] == (byte) PlaneHosts.underlayMac(to))) {
                            net.hosts.get(to).receive(UNDERLAY, frame);
                        }
                    }
                }
            }
        }
    }

    private static TestPacket request() {
        return TestPacket.udp(PlaneHosts.client(4) + ":4000", PlaneHosts.server(4) + ":53")
                .ethernet(PlaneHosts.CLIENT_MAC, PlaneHosts.PORT_MAC + CLIENT)
                .payload("question");
    }

    /** What the node sends at a side. */
    private void nodeSends(int side, TestPacket packet) {
        int port = net.port(NODE, side);
        byte[] frame = packet.ethernet(PlaneHosts.nodeMac(NODE, side), PlaneHosts.PORT_MAC + port)
                .vlan(30)
                .bytes();
        net.hosts.get(1).receive(port, frame);
        settle();
    }

    private Map<DropReason, Long> drops(int host) {
        return net.hosts.get(host).drops();
    }

    private static byte[] addressesOf(byte[] frame) {
        return Arrays.copyOfRange(frame, 26, 34);
    }

    @Test
    void packetOfTheNodeItselfIsRoutedByTheOnlyHostThatSendsItAny() {
        with(TagReturn.elsewhere(HOST_0, TENANT, PATH));
        TestPacket own = TestPacket.udp("10.9.9.9:514", PlaneHosts.server(4) + ":514");
        nodeSends(Attachment.OUT, own);
        assertThat(net.hosts.get(0).sent(SERVER))
                .singleElement()
                .satisfies(frame -> assertThat(addressesOf(frame)).isEqualTo(addressesOf(own.bytes())));
        nodeSends(Attachment.IN, TestPacket.udp("10.9.9.9:514", PlaneHosts.client(4) + ":514"));
        assertThat(net.hosts.get(0).sent(CLIENT)).hasSize(1);
        // It is not classified: the node does not get it back.
        assertThat(net.hosts.get(1).sent(net.port(NODE, Attachment.IN))).isEmpty();
        for (int host = 0; host < 3; host++) {
            assertThat(drops(host)).isEmpty();
        }
    }

    @Test
    void packetOfAFlowThatOnlyTheClassifyingHostKnowsGoesTheWayOfThatFlow() {
        with(TagReturn.elsewhere(HOST_0, TENANT, PATH));
        net.hosts.get(0).receive(CLIENT, request().bytes());
        settle();
        assertThat(net.hosts.get(1).sent(net.port(NODE, Attachment.IN))).hasSize(1);
        net.hosts.get(1).advance(HOUR_NS);
        net.hosts.get(1).sent(UNDERLAY);
        net.teach();
        long returned =
                net.hosts.get(0).datapath().snapshot().attachments().getFirst().counters().returned[0];
        nodeSends(Attachment.OUT, request());
        assertThat(net.hosts.get(0).sent(SERVER)).hasSize(1);
        assertThat(net.hosts
                        .get(0)
                        .datapath()
                        .snapshot()
                        .attachments()
                        .getFirst()
                        .counters()
                        .returned[0])
                .as("taken for a packet of the flow, from the node")
                .isEqualTo(returned + 1);
        assertThat(drops(0)).isEmpty();
        assertThat(drops(1)).isEmpty();
    }

    @Test
    void errorThatTheNodeMakesAboutAFlowGoesBackAsTheFlowCame() {
        with(TagReturn.elsewhere(HOST_0, TENANT, PATH));
        net.hosts.get(0).receive(CLIENT, request().bytes());
        settle();
        byte[] quoted = request().bytes();
        nodeSends(
                Attachment.IN,
                TestPacket.ping("10.9.9.9", PlaneHosts.client(4), 0)
                        .icmpType(11)
                        .payload(Arrays.copyOfRange(quoted, 14, 42)));
        assertThat(net.hosts.get(0).sent(CLIENT)).hasSize(1);
        assertThat(net.hosts.get(0).datapath().counters().errorsOfFlows).isEqualTo(1);
        assertThat(drops(0)).isEmpty();
        assertThat(drops(1)).isEmpty();
    }

    @Test
    void tagThatSeveralHostsUseIsAmbiguous() {
        with(TagReturn.AMBIGUOUS);
        nodeSends(Attachment.OUT, TestPacket.udp("10.9.9.9:514", PlaneHosts.server(4) + ":514"));
        assertThat(drops(1)).isEqualTo(Map.of(DropReason.RETURN_AMBIGUOUS, 1L));
        assertThat(drops(0)).isEmpty();
    }

    @Test
    void tagThatSeveralHostsUseIsRoutedLocallyIfSaidSo() {
        with(TagReturn.here(0));
        nodeSends(Attachment.OUT, TestPacket.udp("10.9.9.9:514", "192.0.2.3:514"));
        assertThat(net.hosts.get(1).drops()).isEmpty();
        // Host 2 got it by the underlay's router, as a packet for itself.
        assertThat(drops(2)).containsEntry(DropReason.LOCAL_UNSUPPORTED, 1L);
    }

    @Test
    void withoutSayingSoWhatIsOfNoFlowIsDropped() {
        nodeSends(Attachment.OUT, TestPacket.udp("10.9.9.9:514", PlaneHosts.server(4) + ":514"));
        assertThat(drops(1)).isEqualTo(Map.of(DropReason.RETURN_NO_FLOW, 1L));
    }

    @Test
    void whatIsBroughtForARouterThatSendsTheNodeNothingIsRefused() {
        with(TagReturn.elsewhere(HOST_0, TENANT + 1, PATH));
        nodeSends(Attachment.OUT, TestPacket.udp("10.9.9.9:514", PlaneHosts.server(4) + ":514"));
        assertThat(drops(0)).isEqualTo(Map.of(DropReason.OVERLAY_FLOW_UNKNOWN, 1L));
    }

    @Test
    void whatAHostBringsThatHasNotTheNodeIsRefused() {
        with(TagReturn.elsewhere(HOST_0, TENANT, PATH));
        int port = net.port(NODE, Attachment.OUT);
        net.hosts
                .get(1)
                .receive(
                        port,
                        TestPacket.udp("10.9.9.9:514", PlaneHosts.server(4) + ":514")
                                .ethernet(PlaneHosts.nodeMac(NODE, 1), PlaneHosts.PORT_MAC + port)
                                .vlan(30)
                                .bytes());
        byte[] brought = net.hosts.get(1).sent(UNDERLAY).getFirst();
        brought[29] = 3; // from 192.0.2.3
        brought[25]--; // the sum of the header
        net.hosts.get(0).receive(UNDERLAY, brought);
        assertThat(drops(0)).isEqualTo(Map.of(DropReason.OVERLAY_HOP_FORGED, 1L));
        assertThat(net.hosts.get(0).sent(SERVER)).isEmpty();
    }
}
