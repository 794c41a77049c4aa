package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.lab.FrameSocket;
import dev.sluice.lab.Inside;
import dev.sluice.lab.Waits;
import dev.sluice.testkit.TestPacket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Real frames of switches and hosts across a transparent pair with a bridging node: what a cable passes passes, past the node, unless the port refuses it (X11). */
@Tag("system")
class NonUnicastFramesTest {
    /** Frames for many by what they are, with a mark in their last bytes. */
    private static final Map<String, byte[]> FRAMES = Map.ofEntries(
            Map.entry("stp", frame(0x0180_c200_0000L, 38)),
            Map.entry("lacp", frame(0x0180_c200_0002L, 0x8809)),
            Map.entry("eapol", frame(0x0180_c200_0003L, 0x888e)),
            Map.entry("lldp", frame(0x0180_c200_000eL, 0x88cc)),
            Map.entry("pppoe", frame(0xffff_ffff_ffffL, 0x8863)),
            Map.entry("arp", frame(0xffff_ffff_ffffL, 0x0806)),
            Map.entry("dhcp", frame(0xffff_ffff_ffffL, TestPacket.udp("0.0.0.0:68", "255.255.255.255:67"))),
            Map.entry("dhcpv6", frame(0x3333_0001_0002L, TestPacket.udp("[fe80::9]:546", "[ff02::1:2]:547"))),
            Map.entry("broadcast", frame(0xffff_ffff_ffffL, TestPacket.udp("10.0.0.9:9", "255.255.255.255:9"))),
            Map.entry("multicast", frame(0x0100_5e00_00fbL, TestPacket.udp("10.0.0.9:5353", "224.0.0.251:5353"))),
            Map.entry("multicastv6", frame(0x3333_0000_00fbL, TestPacket.udp("[fe80::9]:5353", "[ff02::fb]:5353"))),
            Map.entry(
                    "ra",
                    frame(
                            0x3333_0000_0001L,
                            TestPacket.ping("fe80::9", "ff02::1", 0)
                                    .icmpType(134)
                                    .ttl(255))));

    /** Those that pass a port that refuses most kinds. */
    private static final Set<String> LET_IN = Set.of("lacp", "arp", "broadcast", "multicast", "multicastv6");

    private static final long SOURCE_MAC = 0x0a00_0000_0077L;

    private static int sent;

    private static byte[] frame(long to, TestPacket packet) {
        return packet.ethernet(SOURCE_MAC, to).bytes();
    }

    private static byte[] frame(long to, int typeOrLength) {
        ByteBuffer b = ByteBuffer.allocate(64);
        b.putShort((short) (to >>> 32))
                .putInt((int) to)
                .putShort((short) 0x0a00)
                .putInt(0x77);
        b.putShort((short) typeOrLength).putLong(56, 0x51_1ce0_51ce_0000L + typeOrLength);
        return b.array();
    }

    /** Whether it arrives; what is expected to has longer than what is not. */
    private static boolean crosses(Network network, Witness atServer, byte[] frame, boolean expected) {
        int number = ++sent;
        byte[] numbered = frame.clone();
        numbered[10] = (byte) number;
        Inside.call(network.client, () -> {
            try (FrameSocket from = FrameSocket.open("eth0", true)) {
                return from.send(FrameSocket.Frame.of(numbered));
            }
        });
        String mac = "0a:00:00:00:%02x:77".formatted(number);
        long deadlineNs = System.nanoTime() + (expected ? 5_000_000_000L : 200_000_000L);
        boolean arrived;
        do {
            LockSupport.parkNanos(2_000_000);
            arrived = !atServer.in(f -> f.sourceMac().equals(mac)).isEmpty();
        } while (!arrived && System.nanoTime() < deadlineNs);
        return arrived;
    }

    private static String configuration(String nonUnicast) {
        return Yaml.of(
                Yaml.PAIR.replace("peer: right", "peer: right, nonUnicast: {" + nonUnicast + "}"),
                Yaml.bridge("fw"),
                Yaml.policy("all", "edge/left", "{name: all, action: {chain: fw}}"));
    }

    @Test
    void framesForManyPassAsThroughACableAndPastTheNodeUnlessRefused() {
        try (Network network = Network.transparent()) {
            var firewall = network.bridge("fw");
            try (SluiceNode sluice = SluiceNode.start(network.sluice, configuration(""));
                    Witness atNode = Witness.start(firewall.in());
                    Witness atServer = Witness.start(network.serverSide)) {
                // ARP and neighbour discovery cross, or nobody would answer.
                assertThat(network.client.pings("10.0.0.2")).isTrue();
                assertThat(network.client.pings("fd00::2")).isTrue();
                FRAMES.forEach((name, frame) -> assertThat(crosses(network, atServer, frame, true))
                        .as(name)
                        .isTrue());
                assertThat(atNode.in(f -> f.sourceMac().startsWith("0a:00:00:00:")
                                && f.sourceMac().endsWith(":77")))
                        .isEmpty();
                assertThat(sluice.dropped(DropReason.NON_UNICAST_REFUSED)).isZero();

                sluice.configure(
                        configuration(
                                "stp: drop, lldp: drop, other: drop, neighborDiscovery: drop, dhcp: drop, routerAdvertisement: drop"));
                FRAMES.forEach((name, frame) -> assertThat(crosses(network, atServer, frame, LET_IN.contains(name)))
                        .as(name)
                        .isEqualTo(LET_IN.contains(name)));
                assertThat(sluice.dropped(DropReason.NON_UNICAST_REFUSED))
                        .isGreaterThanOrEqualTo(FRAMES.size() - LET_IN.size());
                network.client.configure("neigh", "flush", "all");
                assertThat(network.client.pings("10.0.0.2")).isTrue();
                network.client.exec("ip", "-6", "neigh", "flush", "all");
                assertThat(network.client.succeeds("ping", "-c", "1", "-W", "2", "fd00::2"))
                        .as("solicitations do not cross")
                        .isFalse();

                sluice.configure(configuration(""));
                Waits.until(
                        "neighbours find each other again",
                        Duration.ofSeconds(10),
                        () -> network.client.pings("fd00::2"));
            }
        }
    }
}
