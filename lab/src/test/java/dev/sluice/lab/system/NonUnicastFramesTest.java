package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.DropReason;
import dev.sluice.lab.FrameSocket;
import dev.sluice.lab.Waits;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Real frames of switches and hosts across a transparent pair with a bridging node: what a cable passes passes, past the node, unless the port refuses it (X11). */
@Tag("system")
class NonUnicastFramesTest {
    /** Frames for many by what they are, with a mark in their last bytes. */
    private static final Map<String, byte[]> FRAMES = Map.of(
            "stp", frame(0x0180_c200_0000L, 38),
            "lacp", frame(0x0180_c200_0002L, 0x8809),
            "eapol", frame(0x0180_c200_0003L, 0x888e),
            "lldp", frame(0x0180_c200_000eL, 0x88cc),
            "pppoe", frame(0xffff_ffff_ffffL, 0x8863),
            "arp", frame(0xffff_ffff_ffffL, 0x0806));

    private static int sent;

    private static byte[] frame(long to, int typeOrLength) {
        ByteBuffer b = ByteBuffer.allocate(64);
        b.putShort((short) (to >>> 32))
                .putInt((int) to)
                .putShort((short) 0x0a00)
                .putInt(0x77);
        b.putShort((short) typeOrLength).putLong(56, 0x51_1ce0_51ce_0000L + typeOrLength);
        return b.array();
    }

    private static boolean crosses(Network network, Witness atServer, byte[] frame) {
        int number = ++sent;
        byte[] numbered = frame.clone();
        numbered[10] = (byte) number;
        Inside.call(network.client, () -> {
            try (FrameSocket from = FrameSocket.open("eth0", true)) {
                return from.send(FrameSocket.Frame.of(numbered));
            }
        });
        String mac = "0a:00:00:00:%02x:77".formatted(number);
        long deadlineNs = System.nanoTime() + 400_000_000L;
        while (System.nanoTime() < deadlineNs) {
            if (!atServer.in(f -> f.sourceMac().equals(mac)).isEmpty()) {
                return true;
            }
        }
        return false;
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
                FRAMES.forEach((name, frame) ->
                        assertThat(crosses(network, atServer, frame)).as(name).isTrue());
                assertThat(atNode.in(f -> f.sourceMac().startsWith("0a:00:00:00:")
                                && f.sourceMac().endsWith(":77")))
                        .isEmpty();
                assertThat(sluice.dropped(DropReason.NON_UNICAST_REFUSED)).isZero();

                sluice.configure(configuration("stp: drop, lldp: drop, other: drop, neighborDiscovery: drop"));
                FRAMES.forEach((name, frame) -> assertThat(crosses(network, atServer, frame))
                        .as(name)
                        .isEqualTo(name.equals("lacp") || name.equals("arp")));
                assertThat(sluice.dropped(DropReason.NON_UNICAST_REFUSED)).isGreaterThanOrEqualTo(4);
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
