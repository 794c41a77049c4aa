package dev.sluice.lab.system;

import static dev.sluice.lab.system.BfdSegment.toHost;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.bfd.BfdReport;
import dev.sluice.lab.Inside;
import dev.sluice.lab.LabException;
import dev.sluice.lab.Waits;
import dev.sluice.liveness.bfd.BfdPath;
import dev.sluice.liveness.bfd.BfdSettings;
import dev.sluice.liveness.bfd.BfdTiming;
import dev.sluice.liveness.bfd.BfdVerdict;
import dev.sluice.wire.Bfd;
import dev.sluice.wire.BfdPacket;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Goal S1 for BFD: somebody who is on the segment or behind a router, and knows everything but the key, takes no session down. */
@Tag("system")
class BfdForgeryTest {
    private static final BfdPath FRR = toHost(2);
    private static final BfdPath BIRD = toHost(3);
    private static final int COPIES = 20;

    private final Random random = new Random(4);

    /** Sends as any of the hosts, with the TTL that its kernel is told, and gives itself away to nobody. */
    private static final class Forger {
        private final BfdSegment segment;

        Forger(BfdSegment segment) {
            this.segment = segment;
            segment.forger.sysctl("net.ipv4.conf.all.arp_ignore", "8");
            for (int host = 2; host <= 3; host++) {
                segment.forger.configure("address", "add", "10.7.0." + host + "/32", "dev", "eth0");
            }
            segment.forger.neighbour(
                    "10.7.0.1", segment.sluice.interfaceNamed("eth0").mac(), "eth0");
        }

        void send(int asHost, int ttl, int port, byte[] packet) {
            segment.forger.sysctl("net.ipv4.ip_default_ttl", Integer.toString(ttl));
            Inside.call(segment.forger, () -> {
                InetSocketAddress from = new InetSocketAddress(InetAddress.getByName("10.7.0." + asHost), 0);
                try (DatagramSocket socket = new DatagramSocket(from)) {
                    InetSocketAddress to = new InetSocketAddress(InetAddress.getByName("10.7.0.1"), port);
                    for (int i = 0; i < COPIES; i++) {
                        socket.send(new DatagramPacket(packet, packet.length, to));
                    }
                    return true;
                } catch (IOException e) {
                    throw new LabException(e.toString(), e);
                }
            });
        }
    }

    /** Says "down", with everything right that can be sniffed. */
    private static byte[] down(BfdReport session, int yours) {
        byte[] bytes = new byte[Bfd.BYTES];
        new BfdPacket(1, Bfd.DOWN, 0, 3, Bfd.BYTES, session.remoteDiscriminator(), yours, 1_000_000, 50_000, 0)
                .write(MemorySegment.ofArray(bytes), 0);
        return bytes;
    }

    private byte[] signed(BfdReport session, int type, int keyId, int sequence) {
        byte[] bytes = new byte[Bfd.SHA1_PACKET_BYTES];
        random.nextBytes(bytes);
        MemorySegment f = MemorySegment.ofArray(bytes);
        Bfd.setHeader(f, 0, 1, Bfd.DOWN, Bfd.AUTHENTICATION, 3, Bfd.SHA1_PACKET_BYTES);
        Bfd.setDiscriminators(f, 0, session.remoteDiscriminator(), session.localDiscriminator());
        Bfd.setKeyedSha1(f, 0, type, keyId, sequence);
        return bytes;
    }

    @Test
    void forgedPacketsTakeNothingDownAndEachIsCounted() {
        try (BfdSegment segment = new BfdSegment();
                BfdPeer frr = BfdPeer.frr(segment.frr, BfdTest.FRR_CALM);
                BfdPeer bird = BfdTest.signedBird(segment, 400)) {
            segment.add(FRR, BfdSettings.of(BfdTiming.ofMs(400, 3)));
            segment.add(BIRD, new BfdSettings(BfdTiming.ofMs(400, 3), false, BfdTest.SIGNED.authentication()));
            BfdReport toFrr = segment.awaitUp(FRR);
            BfdReport toBird = segment.awaitUp(BIRD);
            frr.awaitUp();
            bird.awaitUp();
            Forger forger = new Forger(segment);
            // From behind a router, which cannot be hidden.
            forger.send(2, 254, Bfd.PORT_SINGLE_HOP, down(toFrr, toFrr.localDiscriminator()));
            forger.send(2, 64, Bfd.PORT_SINGLE_HOP, down(toFrr, 0));
            awaitCount(segment, BfdVerdict.WRONG_TTL, 2 * COPIES);
            // From the segment, as somebody else or guessing.
            forger.send(4, 255, Bfd.PORT_SINGLE_HOP, down(toFrr, toFrr.localDiscriminator()));
            awaitCount(segment, BfdVerdict.WRONG_PATH, COPIES);
            forger.send(4, 255, Bfd.PORT_SINGLE_HOP, down(toFrr, 0));
            awaitCount(segment, BfdVerdict.UNKNOWN_PEER, COPIES);
            forger.send(2, 255, Bfd.PORT_SINGLE_HOP, down(toFrr, toFrr.localDiscriminator() + 1));
            awaitCount(segment, BfdVerdict.UNKNOWN_DISCRIMINATOR, COPIES);
            forger.send(2, 255, Bfd.PORT_SINGLE_HOP, malformed(toFrr));
            awaitCount(segment, BfdVerdict.WRONG_VERSION, COPIES);
            // As the peer itself, but without the key.
            forger.send(3, 255, Bfd.PORT_SINGLE_HOP, down(toBird, toBird.localDiscriminator()));
            forger.send(3, 255, Bfd.PORT_SINGLE_HOP, down(toBird, 0));
            awaitCount(segment, BfdVerdict.AUTHENTICATION_MISSING, 2 * COPIES);
            forger.send(3, 255, Bfd.PORT_SINGLE_HOP, signed(toBird, Bfd.KEYED_SHA1, 7, 1));
            awaitCount(segment, BfdVerdict.AUTHENTICATION_TYPE, COPIES);
            forger.send(3, 255, Bfd.PORT_SINGLE_HOP, signed(toBird, Bfd.METICULOUS_KEYED_SHA1, 8, 1));
            awaitCount(segment, BfdVerdict.UNKNOWN_KEY, COPIES);
            for (int i = 0; i < 10; i++) {
                int sequence = random.nextInt();
                forger.send(3, 255, Bfd.PORT_SINGLE_HOP, signed(toBird, Bfd.METICULOUS_KEYED_SHA1, 7, sequence));
            }
            awaitCount(segment, BfdVerdict.WRONG_SEQUENCE, 9 * COPIES);
            assertThat(segment.runner.report(FRR).downCount())
                    .as("%s %s", segment.runner.report(FRR), frr.changes())
                    .isZero();
            assertThat(segment.runner.report(BIRD).downCount()).isZero();
            assertThat(segment.runner.reports()).hasSize(2).allMatch(BfdReport::isUp);
            assertThat(frr.downCount() + bird.downCount()).isZero();
        }
    }

    private static byte[] malformed(BfdReport session) {
        byte[] bytes = down(session, session.localDiscriminator());
        bytes[0] = (byte) (bytes[0] & 0x1f);
        return bytes;
    }

    private static void awaitCount(BfdSegment segment, BfdVerdict verdict, long atLeast) {
        Map<BfdVerdict, Long> refusals = segment.runner.refusals();
        Waits.until(
                atLeast + " packets are refused as " + verdict,
                Duration.ofSeconds(10),
                () -> segment.runner.refusals().getOrDefault(verdict, 0L) >= atLeast,
                () -> refusals + " then " + segment.runner.refusals());
    }
}
