package dev.sluice.datapath.neighbors;

import static dev.sluice.datapath.neighbors.NeighborsResponder.ANSWERED;
import static dev.sluice.datapath.neighbors.NeighborsResponder.CONSUMED;
import static dev.sluice.datapath.neighbors.NeighborsResponder.MALFORMED;
import static dev.sluice.datapath.neighbors.NeighborsResponder.NOT_FOR_US;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.snapshot.PortAddress;
import dev.sluice.wire.Arp;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Icmpv6;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.MacAddress;
import dev.sluice.wire.NeighborDiscovery;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class NeighborsResponderTest {
    private static final long NOW = 1_000_000_000L;
    private static final int PORT = 3;
    private static final long OWN_MAC = 0x0200_0000_0001L;
    private static final long PEER_MAC = 0x0200_0000_0099L;
    private static final IpAddress OWN = address("10.0.0.1");
    private static final IpAddress PEER = address("10.0.0.9");
    private static final IpAddress OWN6 = address("2001:db8::1");
    private static final IpAddress PEER6 = address("2001:db8::9");
    private static final IpAddress NONE6 = IpAddress.ANY_V6;
    private static final PortAddresses ADDRESSES = new PortAddresses(
            OWN_MAC, List.of(new PortAddress(OWN, 24), new PortAddress(OWN6, 64), PortAddresses.linkLocal(OWN_MAC)));
    private static final int ND_FLAGS_SOLICITED_OVERRIDE =
            NeighborDiscovery.FLAG_SOLICITED | NeighborDiscovery.FLAG_OVERRIDE;

    private final FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(8, 0)), 8, 0);
    private final MemorySegment memory = pool.memory();
    private final Neighbors neighbors = new Neighbors(pool, 64, 16);
    private final NeighborsResponder responder = new NeighborsResponder(pool, neighbors);
    private final Batch batch = new Batch();
    private final long base = pool.takeSmall();
    private IpAddress fromAddress = NONE6;
    private IpAddress toAddress = NONE6;

    @Test
    void answersAnArpRequestAndLearnsWhoAsked() {
        arp(MacAddress.BROADCAST, Arp.REQUEST, PEER_MAC, PEER, 0, OWN);
        assertThat(answerArp()).isEqualTo(ANSWERED);

        long arp = base + Ethernet.BYTES;
        assertThat(Ethernet.destination(memory, base)).isEqualTo(PEER_MAC);
        assertThat(Ethernet.source(memory, base)).isEqualTo(OWN_MAC);
        assertThat(Arp.operation(memory, arp)).isEqualTo(Arp.REPLY);
        assertThat(Arp.senderMac(memory, arp)).isEqualTo(OWN_MAC);
        assertThat(Arp.senderIp(memory, arp)).isEqualTo(OWN.ipv4Bits());
        assertThat(Arp.targetMac(memory, arp)).isEqualTo(PEER_MAC);
        assertThat(Arp.targetIp(memory, arp)).isEqualTo(PEER.ipv4Bits());
        assertThat(mac(PEER)).isEqualTo(PEER_MAC);
    }

    @Test
    void answersAnArpProbeWithoutLearning() {
        arp(MacAddress.BROADCAST, Arp.REQUEST, PEER_MAC, IpAddress.ANY_V4, 0, OWN);

        assertThat(answerArp()).isEqualTo(ANSWERED);
        assertThat(neighbors.count()).isZero();
    }

    @Test
    void answersButDoesNotLearnAnAskerThatIsNotOnTheLink() {
        arp(MacAddress.BROADCAST, Arp.REQUEST, PEER_MAC, address("192.0.2.7"), 0, OWN);

        assertThat(answerArp()).isEqualTo(ANSWERED);
        assertThat(neighbors.count()).isZero();
    }

    @Test
    void confirmsANeighborThatAnswersByArp() {
        neighbors.resolve(PORT, PEER.hi(), PEER.lo(), NOW);
        arp(OWN_MAC, Arp.REPLY, PEER_MAC, PEER, OWN_MAC, OWN);

        assertThat(answerArp()).isEqualTo(CONSUMED);
        assertThat(state(PEER)).isEqualTo(Neighbors.REACHABLE);
        assertThat(mac(PEER)).isEqualTo(PEER_MAC);
    }

    @Test
    void makesNoEntryFromAnArpReplyNobodyAskedFor() {
        arp(OWN_MAC, Arp.REPLY, PEER_MAC, PEER, OWN_MAC, OWN);

        assertThat(answerArp()).isEqualTo(CONSUMED);
        assertThat(neighbors.count()).isZero();
    }

    @Test
    void followsAGratuitousArpOfAKnownNeighborOnly() {
        arp(MacAddress.BROADCAST, Arp.REQUEST, PEER_MAC, PEER, 0, PEER);
        assertThat(answerArp()).isEqualTo(NOT_FOR_US);
        assertThat(neighbors.count()).isZero();

        neighbors.learn(PORT, PEER.hi(), PEER.lo(), 2, NOW);
        assertThat(answerArp()).isEqualTo(NOT_FOR_US);
        assertThat(mac(PEER)).isEqualTo(PEER_MAC);
        assertThat(state(PEER)).isEqualTo(Neighbors.STALE);
    }

    @Test
    void countsAndIgnoresAClaimOfAnOwnAddress() {
        arp(MacAddress.BROADCAST, Arp.REQUEST, PEER_MAC, OWN, 0, OWN);
        assertThat(answerArp()).isEqualTo(CONSUMED);
        nd(OWN_MAC, PEER6, OWN6);
        advertisement(OWN6, ND_FLAGS_SOLICITED_OVERRIDE);
        assertThat(answerNd()).isEqualTo(CONSUMED);

        assertThat(responder.conflictCount()).isEqualTo(2);
        assertThat(neighbors.count()).isZero();
    }

    @Test
    void leavesFramesForOtherMacsAlone() {
        arp(0x0200_0000_0055L, Arp.REQUEST, PEER_MAC, PEER, 0, OWN);
        assertThat(answerArp()).isEqualTo(NOT_FOR_US);
        nd(0x0200_0000_0055L, PEER6, OWN6);
        solicitation(OWN6, PEER_MAC);
        assertThat(answerNd()).isEqualTo(NOT_FOR_US);

        assertThat(neighbors.count()).isZero();
    }

    @Test
    void refusesArpWithAGroupMacOrAStrangeOperation() {
        arp(MacAddress.BROADCAST, Arp.REQUEST, MacAddress.BROADCAST, PEER, 0, OWN);
        assertThat(answerArp()).isEqualTo(MALFORMED);
        arp(MacAddress.BROADCAST, 9, PEER_MAC, PEER, 0, OWN);
        assertThat(answerArp()).isEqualTo(MALFORMED);
        arp(MacAddress.BROADCAST, Arp.REQUEST, PEER_MAC, address("224.0.0.1"), 0, OWN);
        assertThat(answerArp()).isEqualTo(MALFORMED);
    }

    @Test
    void refusesArpCutAtEveryByte() {
        arp(MacAddress.BROADCAST, Arp.REQUEST, PEER_MAC, PEER, 0, OWN);
        int whole = batch.length[0];
        for (int bytes = 0; bytes < whole; bytes++) {
            batch.length[0] = bytes;
            assertThat(answerArp()).as("%d bytes", bytes).isEqualTo(MALFORMED);
        }
    }

    @Test
    void answersASolicitationWithTheFlagsOfARouter() {
        nd(0x3333_ff00_0001L, PEER6, group(OWN6));
        solicitation(OWN6, PEER_MAC);
        assertThat(answerNd()).isEqualTo(ANSWERED);

        assertAdvertised(PEER_MAC, PEER6, NeighborDiscovery.FLAG_ROUTER | ND_FLAGS_SOLICITED_OVERRIDE);
        assertThat(mac(PEER6)).isEqualTo(PEER_MAC);
        assertThat(state(PEER6)).isEqualTo(Neighbors.STALE);
    }

    @Test
    void answersASolicitationWithoutOptionAtTheMacItCameFrom() {
        nd(OWN_MAC, PEER6, OWN6);
        solicitation(OWN6, NeighborDiscovery.NO_MAC);
        assertThat(answerNd()).isEqualTo(ANSWERED);

        assertAdvertised(PEER_MAC, PEER6, NeighborDiscovery.FLAG_ROUTER | ND_FLAGS_SOLICITED_OVERRIDE);
        assertThat(neighbors.count()).isZero();
    }

    @Test
    void answersAProbeForDuplicatesToAllNodes() {
        nd(0x3333_ff00_0001L, NONE6, group(OWN6));
        solicitation(OWN6, NeighborDiscovery.NO_MAC);
        assertThat(answerNd()).isEqualTo(ANSWERED);

        assertAdvertised(
                0x3333_0000_0001L, address("ff02::1"), NeighborDiscovery.FLAG_ROUTER | NeighborDiscovery.FLAG_OVERRIDE);
        assertThat(neighbors.count()).isZero();
    }

    @Test
    void refusesAProbeForDuplicatesSentToOneOrWithAMac() {
        nd(OWN_MAC, NONE6, OWN6);
        solicitation(OWN6, NeighborDiscovery.NO_MAC);
        assertThat(answerNd()).isEqualTo(MALFORMED);

        nd(0x3333_ff00_0001L, PEER6, group(OWN6));
        solicitation(OWN6, PEER_MAC);
        Ipv6.setSource(memory, base + Ethernet.BYTES, 0, 0);
        sealChecksum();
        assertThat(answerNd()).isEqualTo(MALFORMED);
    }

    @Test
    void answersOnlyForOwnTargets() {
        nd(0x3333_ff00_0077L, PEER6, group(address("2001:db8::77")));
        solicitation(address("2001:db8::77"), PEER_MAC);

        assertThat(answerNd()).isEqualTo(NOT_FOR_US);
        assertThat(neighbors.count()).isZero();
    }

    @Test
    void keepsVlanTagsInAnswers() {
        nd(0x3333_ff00_0001L, PEER6, group(OWN6));
        batch.l3[0] = Ethernet.BYTES + 4;
        Layouts.putU32(memory, base + 12, 0x8100_0064L);
        Layouts.putU16(memory, base + 16, EtherTypes.IPV6);
        solicitation(OWN6, PEER_MAC);

        assertThat(answerNd()).isEqualTo(ANSWERED);
        assertThat(Layouts.u32(memory, base + 12)).isEqualTo(0x8100_0064L);
        assertThat(batch.length[0]).isEqualTo(18 + 40 + 32);
    }

    @Test
    void refusesASolicitationThatCrossedARouter() {
        nd(0x3333_ff00_0001L, PEER6, group(OWN6));
        solicitation(OWN6, PEER_MAC);
        Ipv6.setHopLimit(memory, base + Ethernet.BYTES, 254);

        assertThat(answerNd()).isEqualTo(MALFORMED);
        assertThat(neighbors.count()).isZero();
    }

    @Test
    void refusesASolicitationWithAnyByteOfItsMessageChanged() {
        SplittableRandom random = new SplittableRandom(1);
        for (int at = 0; at < 32; at++) {
            nd(0x3333_ff00_0001L, PEER6, group(OWN6));
            solicitation(OWN6, PEER_MAC);
            long offset = base + Ethernet.BYTES + Ipv6.BYTES + at;
            Layouts.putU8(memory, offset, Layouts.u8(memory, offset) ^ random.nextInt(1, 256));
            assertThat(answerNd()).as("byte %d", at).isIn(MALFORMED, NOT_FOR_US);
        }
        assertThat(neighbors.count()).isZero();
    }

    @Test
    void refusesASolicitationCutAtEveryByte() {
        nd(0x3333_ff00_0001L, PEER6, group(OWN6));
        solicitation(OWN6, PEER_MAC);
        int whole = batch.length[0];
        for (int bytes = 0; bytes < whole; bytes++) {
            batch.length[0] = bytes;
            assertThat(answerNd()).as("%d bytes", bytes).isEqualTo(MALFORMED);
        }
        batch.length[0] = whole;
        for (int icmpBytes = 0; icmpBytes < 32; icmpBytes++) {
            Ipv6.setPayloadLength(memory, base + Ethernet.BYTES, icmpBytes);
            if (icmpBytes >= Icmpv6.BYTES) {
                sealChecksum();
            }
            // 24 bytes are a whole solicitation without option.
            if (icmpBytes != NeighborDiscovery.NEIGHBOR_BYTES) {
                assertThat(answerNd()).as("payload of %d bytes", icmpBytes).isEqualTo(MALFORMED);
            }
        }
    }

    @Test
    void refusesOptionsOfLengthZeroOrBeyondTheMessage() {
        for (int units : new int[] {0, 2, 255}) {
            nd(0x3333_ff00_0001L, PEER6, group(OWN6));
            solicitation(OWN6, PEER_MAC);
            Layouts.putU8(memory, base + Ethernet.BYTES + Ipv6.BYTES + 25, units);
            sealChecksum();
            assertThat(answerNd()).as("length %d", units).isEqualTo(MALFORMED);
        }
    }

    @Test
    void confirmsANeighborThatAnswersASolicitation() {
        neighbors.resolve(PORT, PEER6.hi(), PEER6.lo(), NOW);
        nd(OWN_MAC, PEER6, OWN6);
        advertisement(PEER6, ND_FLAGS_SOLICITED_OVERRIDE);

        assertThat(answerNd()).isEqualTo(CONSUMED);
        assertThat(state(PEER6)).isEqualTo(Neighbors.REACHABLE);
        assertThat(mac(PEER6)).isEqualTo(PEER_MAC);
    }

    @Test
    void makesNoEntryFromAnAdvertisementNobodyAskedFor() {
        nd(OWN_MAC, PEER6, OWN6);
        advertisement(PEER6, ND_FLAGS_SOLICITED_OVERRIDE);

        assertThat(answerNd()).isEqualTo(CONSUMED);
        assertThat(neighbors.count()).isZero();
    }

    @Test
    void keepsTheMacButChecksItWhenAnAdvertisementMayNotOverride() {
        neighbors.resolve(PORT, PEER6.hi(), PEER6.lo(), NOW);
        neighbors.confirm(PORT, PEER6.hi(), PEER6.lo(), 2, NOW);
        nd(0x3333_0000_0001L, PEER6, address("ff02::1"));
        advertisement(PEER6, 0);
        assertThat(answerNd()).isEqualTo(CONSUMED);
        assertThat(mac(PEER6)).isEqualTo(2);
        assertThat(state(PEER6)).isEqualTo(Neighbors.STALE);

        advertisement(PEER6, NeighborDiscovery.FLAG_OVERRIDE);
        assertThat(answerNd()).isEqualTo(CONSUMED);
        assertThat(mac(PEER6)).isEqualTo(PEER_MAC);
    }

    @Test
    void refusesASolicitedAdvertisementToAGroup() {
        nd(0x3333_0000_0001L, PEER6, address("ff02::1"));
        advertisement(PEER6, ND_FLAGS_SOLICITED_OVERRIDE);

        assertThat(answerNd()).isEqualTo(MALFORMED);
    }

    @Test
    void survivesRandomBytes() {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 100_000; i++) {
            nd(0x3333_ff00_0001L, PEER6, group(OWN6));
            solicitation(OWN6, PEER_MAC);
            batch.offload[0] = Batch.CHECKSUM_PARTIAL;
            batch.length[0] = random.nextInt(120);
            for (int change = random.nextInt(6); change >= 0; change--) {
                memory.set(ValueLayout.JAVA_BYTE, base + 14 + random.nextInt(90), (byte) random.nextInt());
            }
            boolean ipv6 = random.nextBoolean();
            assertThat(ipv6 ? answerNd() : answerArp()).as("seed %d", seed).isBetween(ANSWERED, MALFORMED);
            assertThat(batch.length[0]).as("seed %d", seed).isLessThan(200);
        }
    }

    private void assertAdvertised(long toMac, IpAddress to, int flags) {
        long ip = base + Ethernet.BYTES;
        long icmp = ip + Ipv6.BYTES;
        assertThat(batch.length[0]).isEqualTo(86);
        assertThat(Ethernet.destination(memory, base)).isEqualTo(toMac);
        assertThat(Ethernet.source(memory, base)).isEqualTo(OWN_MAC);
        assertThat(new IpAddress(Ipv6.sourceHi(memory, ip), Ipv6.sourceLo(memory, ip)))
                .isEqualTo(OWN6);
        assertThat(new IpAddress(Ipv6.destinationHi(memory, ip), Ipv6.destinationLo(memory, ip)))
                .isEqualTo(to);
        assertThat(NeighborDiscovery.check(memory, icmp, 32, Ipv6.hopLimit(memory, ip)))
                .isPositive();
        assertThat(Icmpv6.type(memory, icmp)).isEqualTo(NeighborDiscovery.ADVERTISEMENT);
        assertThat(Icmpv6.checksumOk(memory, ip, icmp, 32)).isTrue();
        assertThat(NeighborDiscovery.flags(memory, icmp)).isEqualTo(flags);
        assertThat(NeighborDiscovery.targetLo(memory, icmp)).isEqualTo(OWN6.lo());
        assertThat(NeighborDiscovery.macOption(memory, icmp, 32, NeighborDiscovery.OPTION_TARGET_MAC))
                .isEqualTo(OWN_MAC);
    }

    private void arp(long toMac, int operation, long senderMac, IpAddress sender, long targetMac, IpAddress target) {
        batch.count = 0;
        int slot = batch.append(base, Ethernet.BYTES + Arp.BYTES, PORT);
        batch.l3[slot] = Ethernet.BYTES;
        Ethernet.setAddresses(memory, base, toMac, PEER_MAC);
        Ethernet.setEtherType(memory, base, EtherTypes.ARP);
        Arp.write(memory, base + Ethernet.BYTES, operation, senderMac, sender.ipv4Bits(), targetMac, target.ipv4Bits());
    }

    /** Begins a frame from the peer; {@link #solicitation} or {@link #advertisement} completes it. */
    private void nd(long toMac, IpAddress from, IpAddress to) {
        batch.count = 0;
        int slot = batch.append(base, Ethernet.BYTES, PORT);
        batch.l3[slot] = Ethernet.BYTES;
        Ethernet.setAddresses(memory, base, toMac, PEER_MAC);
        Ethernet.setEtherType(memory, base, EtherTypes.IPV6);
        fromAddress = from;
        toAddress = to;
    }

    private void solicitation(IpAddress target, long mac) {
        batch.length[0] = batch.l3[0]
                + NeighborDiscovery.writeSolicitation(
                        memory,
                        base + batch.l3[0],
                        fromAddress.hi(),
                        fromAddress.lo(),
                        toAddress.hi(),
                        toAddress.lo(),
                        target.hi(),
                        target.lo(),
                        mac);
    }

    private void advertisement(IpAddress target, int flags) {
        batch.length[0] = batch.l3[0]
                + NeighborDiscovery.writeAdvertisement(
                        memory,
                        base + batch.l3[0],
                        fromAddress.hi(),
                        fromAddress.lo(),
                        toAddress.hi(),
                        toAddress.lo(),
                        target.hi(),
                        target.lo(),
                        flags,
                        PEER_MAC);
    }

    private void sealChecksum() {
        long ip = base + Ethernet.BYTES;
        Icmpv6.updateChecksum(memory, ip, ip + Ipv6.BYTES, Ipv6.payloadLength(memory, ip));
    }

    private int answerArp() {
        return responder.answerArp(batch, 0, ADDRESSES, NOW);
    }

    private int answerNd() {
        return responder.answerNd(batch, 0, ADDRESSES, NOW);
    }

    private long mac(IpAddress address) {
        return neighbors.peek(PORT, address.hi(), address.lo());
    }

    private byte state(IpAddress address) {
        return neighbors.state(PORT, address.hi(), address.lo());
    }

    private static IpAddress group(IpAddress address) {
        return new IpAddress(NeighborDiscovery.solicitedNodeHi(), NeighborDiscovery.solicitedNodeLo(address.lo()));
    }

    private static IpAddress address(String text) {
        return IpAddress.parse(text).orElseThrow();
    }
}
