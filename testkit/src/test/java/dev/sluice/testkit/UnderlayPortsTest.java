package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.route.NextHop;
import dev.sluice.datapath.route.NextHopGroup;
import dev.sluice.datapath.route.RouteEntry;
import dev.sluice.datapath.route.Routes;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.NodeTunnel;
import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.datapath.snapshot.PortAddress;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.RouterEntry;
import dev.sluice.datapath.snapshot.ServicePlane;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** By which ports the underlay is believed (S1; packet-life.md, from another switch): who is behind a tenant's port of the same router cannot speak in a peer's name. */
class UnderlayPortsTest {
    private static final int TENANT = 2;
    private static final int OF_OTHER_ROUTER = 3;
    private static final int LINK = 4;
    private static final int LINK_OF_UNDERLAY = 5;
    private static final long MAC = 0x0200_0000_3000L;
    private static final String ENDPOINT = "192.0.2.1";

    /** Says Geneve, for a protocol that nobody knows: dropped for that where it is looked at. */
    private static final byte[] CONTENT = {0, 0, 0x12, 0x34, 0, 0, 1, 0, 0, 0, 0, 0};

    private static IpAddress address(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    private static RouteEntry route(String prefix, NextHop... hops) {
        return new RouteEntry(IpPrefix.parse(prefix).orElseThrow(), NextHopGroup.of(hops));
    }

    private static PortEntry port(int index, PortEntry.Role role, int router, int peer, String own) {
        List<PortAddress> addresses = own.isEmpty() ? List.of() : List.of(new PortAddress(address(own), 24));
        return new PortEntry(index, "p" + index, role, router, peer, MAC + index, addresses, true, true, 0, 0, 0);
    }

    /** Two uplinks (0, 1), a tenant's port (2), and a link (5, 4) to a router with another tenant's port (3). Peers on the first uplink, and behind both; a node on the second. */
    private static Snapshot snapshot() {
        Attachment.Side nowhere = new Attachment.Side(-1, 0, 0, 0, 0, 0, 0);
        return Snapshot.builder(1)
                .ports(List.of(
                        port(0, PortEntry.Role.ROUTER, 0, -1, ENDPOINT),
                        port(1, PortEntry.Role.ROUTER, 0, -1, "198.51.100.1"),
                        port(TENANT, PortEntry.Role.ROUTER, 0, -1, "10.0.0.1"),
                        port(OF_OTHER_ROUTER, PortEntry.Role.ROUTER, 1, -1, "10.1.0.1"),
                        port(LINK, PortEntry.Role.LINK, 1, LINK_OF_UNDERLAY, ""),
                        port(LINK_OF_UNDERLAY, PortEntry.Role.LINK, 0, LINK, "")))
                .routers(List.of(
                        new RouterEntry(
                                0,
                                "underlay",
                                Routes.of(List.of(
                                        route(ENDPOINT + "/32", NextHop.local(0)),
                                        route("192.0.2.0/24", NextHop.connected(0)),
                                        route("198.51.100.0/24", NextHop.connected(1)),
                                        route("10.0.0.0/24", NextHop.connected(TENANT)),
                                        route(
                                                "203.0.113.0/24",
                                                NextHop.gateway(0, address("192.0.2.254")),
                                                NextHop.gateway(1, address("198.51.100.254")))))),
                        new RouterEntry(
                                1, "tenant", Routes.of(List.of(route("192.0.2.0/24", NextHop.connected(LINK)))))))
                .attachments(List.of(Attachment.builder(1, "node", 1, nowhere, nowhere)
                        .tunnel(new NodeTunnel(NodeTunnel.Format.NSH, address("198.51.100.7")))
                        .build()))
                .plane(new ServicePlane(
                        1000,
                        0,
                        address(ENDPOINT),
                        List.of(
                                new OverlayPeer(0, "near", 1001, address("192.0.2.2")),
                                new OverlayPeer(1, "far", 1002, address("203.0.113.9"))),
                        List.of(),
                        List.of(0, 0)))
                .build();
    }

    private static Map<DropReason, Long> drops(int port, String source, int udpPort) {
        try (MemorySwitch host = new MemorySwitch(snapshot(), 64)) {
            host.receive(
                    port,
                    TestPacket.udp(source + ":4000", ENDPOINT + ":" + udpPort)
                            .ethernet(0x0200_0000_9999L, MAC + port)
                            .payload(CONTENT)
                            .bytes());
            return host.drops();
        }
    }

    @ParameterizedTest(name = "{1} by port {0}")
    @CsvSource({
        "0, 192.0.2.2",
        "0, 203.0.113.9",
        "1, 203.0.113.9",
        // A route leads there, to another peer: answers may take another uplink than questions.
        "1, 192.0.2.2",
        "1, 198.51.100.7",
        "0, 198.51.100.7"
    })
    void isBelievedByThePortsThatLeadToPeersAndNodes(int port, String source) {
        assertThat(drops(port, source, 6081)).isEqualTo(Map.of(DropReason.OVERLAY_PAYLOAD_UNKNOWN, 1L));
    }

    @ParameterizedTest(name = "{0} to port {1}")
    @CsvSource({
        "192.0.2.2, 6081",
        "203.0.113.9, 6081",
        "198.51.100.7, 6081",
        "192.0.2.2, 4789",
        "192.0.2.2, 4790",
        "192.0.2.2, 3784",
        "203.0.113.9, 4784",
        "198.51.100.7, 3784",
        "10.0.0.9, 6081"
    })
    void isNotBelievedByATenantsPortOfTheSameRouter(String source, int udpPort) {
        assertThat(drops(TENANT, source, udpPort)).isEqualTo(Map.of(DropReason.OVERLAY_PORT_REFUSED, 1L));
    }

    @ParameterizedTest
    @CsvSource({"192.0.2.2, 6081", "192.0.2.2, 3784"})
    void crossesNoLinkFromAnotherRouter(String source, int udpPort) {
        assertThat(drops(OF_OTHER_ROUTER, source, udpPort)).isEqualTo(Map.of(DropReason.LOCAL_UNSUPPORTED, 1L));
    }
}
