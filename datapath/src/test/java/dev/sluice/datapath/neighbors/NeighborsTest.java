package dev.sluice.datapath.neighbors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.snapshot.PortAddress;
import dev.sluice.wire.Arp;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Icmpv6;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.MacAddress;
import dev.sluice.wire.NeighborDiscovery;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class NeighborsTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long START = Long.MAX_VALUE - 5 * SECOND;
    private static final long OWN_MAC = 0x0200_0000_0001L;
    private static final long PEER_MAC = 0x0200_0000_0099L;
    private static final int PORT = 1;
    private static final IpAddress PEER = address("10.0.0.9");
    private static final IpAddress PEER6 = address("2001:db8::12:3456");
    private static final PortAddresses[] OWN = {
        new PortAddresses(OWN_MAC, List.of()),
        new PortAddresses(
                OWN_MAC,
                List.of(
                        new PortAddress(address("192.0.2.1"), 24),
                        new PortAddress(address("10.0.0.1"), 24),
                        new PortAddress(address("2001:db8::1"), 64)))
    };

    private final FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(64, 0)), 64, 0);
    private final MemorySegment memory = pool.memory();
    private final Neighbors neighbors = new Neighbors(pool, 8, 6);

    /** Starts close to the end of the clock's range, so that every test crosses it. */
    private long now = START;

    @Test
    void asksAtOnceThenEverySecondAndGivesUpAfterThreeTries() {
        assertThat(resolve(PEER)).isEqualTo(Neighbors.UNKNOWN);
        assertThat(due()).isEqualTo(1);
        assertThat(due()).isZero();
        now += SECOND - 1;
        assertThat(due()).isZero();
        now += 1;
        assertThat(due()).isEqualTo(1);
        now += SECOND;
        assertThat(due()).isEqualTo(1);
        now += SECOND;
        assertThat(due()).isZero();
        assertThat(state(PEER)).isEqualTo(Neighbors.FAILED);
        assertThat(resolve(PEER)).isEqualTo(Neighbors.UNREACHABLE);
        now += Neighbors.FAILED_NS;
        assertThat(due()).isZero();
        assertThat(resolve(PEER)).isEqualTo(Neighbors.UNKNOWN);
        assertThat(due()).isEqualTo(1);
    }

    @Test
    void writesAnArpRequestFromTheAddressOnTheSameLink() {
        resolve(PEER);
        Batch out = new Batch();
        neighbors.due(out, now, OWN);
        long base = out.start[0];
        long arp = base + Ethernet.BYTES;

        assertThat(out.port[0]).isEqualTo(PORT);
        assertThat(out.length[0]).isEqualTo(60);
        assertThat(Ethernet.destination(memory, base)).isEqualTo(MacAddress.BROADCAST);
        assertThat(Ethernet.source(memory, base)).isEqualTo(OWN_MAC);
        assertThat(Ethernet.etherType(memory, base)).isEqualTo(0x0806);
        assertThat(Arp.isEthernetIpv4(memory, arp, out.length[0] - Ethernet.BYTES))
                .isTrue();
        assertThat(Arp.operation(memory, arp)).isEqualTo(Arp.REQUEST);
        assertThat(Arp.senderMac(memory, arp)).isEqualTo(OWN_MAC);
        assertThat(Arp.senderIp(memory, arp)).isEqualTo(0x0a00_0001);
        assertThat(Arp.targetIp(memory, arp)).isEqualTo(0x0a00_0009);
    }

    @Test
    void writesASolicitationToTheSolicitedNodeGroup() {
        resolve(PEER6);
        Batch out = new Batch();
        neighbors.due(out, now, OWN);
        long base = out.start[0];
        long ip = base + Ethernet.BYTES;
        int icmpBytes = out.length[0] - Ethernet.BYTES - Ipv6.BYTES;

        assertThat(Ethernet.destination(memory, base)).isEqualTo(0x3333_ff12_3456L);
        assertThat(new IpAddress(Ipv6.sourceHi(memory, ip), Ipv6.sourceLo(memory, ip)))
                .isEqualTo(address("2001:db8::1"));
        assertThat(new IpAddress(Ipv6.destinationHi(memory, ip), Ipv6.destinationLo(memory, ip)))
                .isEqualTo(address("ff02::1:ff12:3456"));
        assertThat(NeighborDiscovery.check(memory, ip + Ipv6.BYTES, icmpBytes, Ipv6.hopLimit(memory, ip)))
                .isPositive();
        assertThat(Icmpv6.checksumOk(memory, ip, ip + Ipv6.BYTES, icmpBytes)).isTrue();
        assertThat(NeighborDiscovery.targetLo(memory, ip + Ipv6.BYTES)).isEqualTo(PEER6.lo());
        assertThat(NeighborDiscovery.macOption(memory, ip + Ipv6.BYTES, icmpBytes, 1))
                .isEqualTo(OWN_MAC);
    }

    @Test
    void probesAUsedNeighborAtItsMacAfterThirtySeconds() {
        resolve(PEER);
        due();
        confirm(PEER);
        assertThat(state(PEER)).isEqualTo(Neighbors.REACHABLE);
        assertThat(resolve(PEER)).isEqualTo(PEER_MAC);
        now += Neighbors.REACHABLE_NS - 1;
        assertThat(due()).isZero();
        now += 1;
        Batch out = new Batch();
        assertThat(neighbors.due(out, now, OWN)).isEqualTo(1);
        assertThat(Ethernet.destination(memory, out.start[0])).isEqualTo(PEER_MAC);
        assertThat(resolve(PEER)).isEqualTo(PEER_MAC);
        confirm(PEER);
        assertThat(state(PEER)).isEqualTo(Neighbors.REACHABLE);
    }

    @Test
    void asksAllAgainWhenAUsedNeighborNoLongerAnswersAtItsMac() {
        learn(PEER, PEER_MAC);
        for (int i = 0; i < Neighbors.TRIES_MAX; i++) {
            assertThat(resolve(PEER)).isEqualTo(PEER_MAC);
            assertThat(due()).isEqualTo(1);
            now += SECOND;
        }
        Batch out = new Batch();
        assertThat(neighbors.due(out, now, OWN)).isEqualTo(1);
        assertThat(Ethernet.destination(memory, out.start[0])).isEqualTo(MacAddress.BROADCAST);
        assertThat(resolve(PEER)).isEqualTo(Neighbors.UNKNOWN);
    }

    @Test
    void letsAnUnusedNeighborGoStaleAndThenForgetsIt() {
        resolve(PEER);
        confirm(PEER);
        now += Neighbors.REACHABLE_NS;
        assertThat(due()).isZero();
        assertThat(state(PEER)).isEqualTo(Neighbors.STALE);
        now += Neighbors.STALE_NS;
        assertThat(due()).isZero();
        assertThat(neighbors.count()).isZero();
    }

    @Test
    void checksAStaleNeighborWhenItIsUsed() {
        learn(PEER6, PEER_MAC);
        assertThat(due()).isZero();
        assertThat(resolve(PEER6)).isEqualTo(PEER_MAC);
        assertThat(due()).isEqualTo(1);
        assertThat(state(PEER6)).isEqualTo(Neighbors.PROBE);
    }

    @Test
    void makesNoEntryFromAnAnnouncementOrAnUnaskedConfirmation() {
        neighbors.announce(PORT, PEER.hi(), PEER.lo(), PEER_MAC, now);
        confirm(PEER);

        assertThat(neighbors.count()).isZero();
    }

    @Test
    void believesNoGroupAddressAsMac() {
        resolve(PEER);
        neighbors.confirm(PORT, PEER.hi(), PEER.lo(), MacAddress.BROADCAST, now);
        learn(PEER6, 0x0100_5e00_0001L);

        assertThat(state(PEER)).isEqualTo(Neighbors.INCOMPLETE);
        assertThat(state(PEER6)).isEqualTo(Neighbors.ABSENT);
    }

    @Test
    void keepsPermanentEntriesWhateverIsHeard() {
        neighbors.permanent(PORT, PEER.hi(), PEER.lo(), PEER_MAC);
        learn(PEER, 2);
        neighbors.confirm(PORT, PEER.hi(), PEER.lo(), 4, now);
        neighbors.forgetPort(PORT);
        now += 10 * Neighbors.STALE_NS;
        assertThat(due()).isZero();
        assertThat(resolve(PEER)).isEqualTo(PEER_MAC);
        neighbors.forget(PORT, PEER.hi(), PEER.lo());
        assertThat(neighbors.count()).isZero();
    }

    @Test
    void sendsHeldFramesInOrderToTheMacOnceItIsKnown() {
        resolve(PEER);
        long first = hold(PEER, Neighbors.HELD);
        long second = hold(PEER, Neighbors.HELD);
        Batch out = new Batch();
        assertThat(neighbors.takeResolved(out)).isZero();
        confirm(PEER);
        assertThat(neighbors.takeResolved(out)).isEqualTo(2);

        assertThat(out.start[0]).isEqualTo(first);
        assertThat(out.start[1]).isEqualTo(second);
        assertThat(out.port[0]).isEqualTo(PORT);
        assertThat(out.length[0]).isEqualTo(1234);
        assertThat(out.gsoType[0]).isEqualTo(Batch.GSO_TCPV4);
        assertThat(out.gsoSizeBytes[0]).isEqualTo(1448);
        assertThat(out.offload[0]).isEqualTo(Batch.CHECKSUM_PARTIAL);
        assertThat(out.l3[0]).isEqualTo(18);
        assertThat(Ethernet.destination(memory, first)).isEqualTo(PEER_MAC);
        assertThat(neighbors.heldCount()).isZero();
    }

    @Test
    void handsBackTheOldestFrameWhenANeighborHasFour() {
        resolve(PEER);
        long first = hold(PEER, Neighbors.HELD);
        for (int i = 0; i < 3; i++) {
            hold(PEER, Neighbors.HELD);
        }
        hold(PEER, first);

        assertThat(neighbors.heldCount()).isEqualTo(4);
    }

    @Test
    void holdsFourFramesHoweverManyGaveWay() {
        resolve(PEER);
        Batch batch = new Batch();
        batch.append(pool.takeSmall(), 60, 0);
        for (int i = 0; i < 1000; i++) {
            assertThat(neighbors.hold(PORT, PEER.hi(), PEER.lo(), batch, 0)).isEqualTo(i < 4 ? -1 : batch.start[0]);
            assertThat(neighbors.heldCount()).isEqualTo(Math.min(4, i + 1));
        }
    }

    @Test
    void refusesFramesBeyondTheTotalAndForNeighborsThatAreNotAsked() {
        resolve(PEER);
        resolve(PEER6);
        for (int i = 0; i < 4; i++) {
            hold(PEER, Neighbors.HELD);
        }
        hold(PEER6, Neighbors.HELD);
        hold(PEER6, Neighbors.HELD);
        hold(PEER6, Neighbors.REFUSED);
        hold(address("10.0.0.77"), Neighbors.REFUSED);

        assertThat(neighbors.heldCount()).isEqualTo(6);
    }

    @Test
    void handsBackHeldFramesOfANeighborThatDoesNotAnswer() {
        resolve(PEER);
        long frame = hold(PEER, Neighbors.HELD);
        for (int i = 0; i <= Neighbors.TRIES_MAX; i++) {
            due();
            now += SECOND;
        }
        Batch out = new Batch();
        assertThat(neighbors.takeResolved(out)).isZero();
        assertThat(neighbors.takeFailed(out)).isEqualTo(1);
        assertThat(out.start[0]).isEqualTo(frame);
        assertThat(neighbors.heldCount()).isZero();
    }

    @Test
    void evictsUnansweredQuestionsBeforeKnownNeighbors() {
        learn(PEER, PEER_MAC);
        resolve(PEER6);
        hold(PEER6, Neighbors.HELD);
        for (int i = 0; i < 100; i++) {
            resolve(IpAddress.ofIpv4(0x0a00_1000 + i));
        }

        assertThat(neighbors.count()).isEqualTo(8);
        assertThat(state(PEER)).isEqualTo(Neighbors.STALE);
        assertThat(state(PEER6)).isEqualTo(Neighbors.ABSENT);
        assertThat(neighbors.evictedCount()).isEqualTo(94);
        assertThat(neighbors.takeFailed(new Batch())).isEqualTo(1);
    }

    @Test
    void takesNoNewNeighborWhenAllArePermanent() {
        for (int i = 0; i < 8; i++) {
            assertThat(neighbors.permanent(PORT, 0, i, PEER_MAC)).isTrue();
        }
        assertThat(neighbors.permanent(PORT, 0, 8, PEER_MAC)).isFalse();
        assertThat(resolve(PEER)).isEqualTo(Neighbors.UNREACHABLE);
        assertThat(due()).isZero();
    }

    @Test
    void waitsWhenTheBatchIsFullOrThePoolEmpty() {
        resolve(PEER);
        Batch full = new Batch();
        full.count = Batch.CAPACITY;
        assertThat(neighbors.due(full, now, OWN)).isZero();
        for (int i = 0; i < 64; i++) {
            pool.takeSmall();
        }
        assertThat(due()).isZero();
        pool.give(0);
        assertThat(due()).isEqualTo(1);
    }

    @Test
    void failsWithoutSendingOnAPortThatCannotAsk() {
        neighbors.resolve(0, PEER.hi(), PEER.lo(), now);
        neighbors.resolve(77, PEER.hi(), PEER.lo(), now);
        for (int i = 0; i <= Neighbors.TRIES_MAX; i++) {
            assertThat(due()).isZero();
            now += SECOND;
        }
        assertThat(neighbors.state(0, PEER.hi(), PEER.lo())).isEqualTo(Neighbors.FAILED);
        assertThat(neighbors.state(77, PEER.hi(), PEER.lo())).isEqualTo(Neighbors.FAILED);
        assertThat(pool.freeSmallCount()).isEqualTo(64);
    }

    @Test
    void losesNoFrameAndFindsEveryEntryUnderRandomUse() {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        Neighbors busy = new Neighbors(pool, 20, 16);
        Map<Long, Long> lastMac = new HashMap<>();
        Batch out = new Batch();
        for (int step = 0; step < 200_000; step++) {
            long lo = random.nextInt(60);
            long mac = 2 + 4L * random.nextInt(1000);
            switch (random.nextInt(8)) {
                case 0 -> {
                    busy.learn(PORT, 0, lo, mac, now);
                    lastMac.put(lo, mac);
                }
                case 1 -> {
                    busy.confirm(PORT, 0, lo, mac, now);
                    lastMac.put(lo, mac);
                }
                case 2 -> busy.forget(PORT, 0, lo);
                case 3 -> now += random.nextLong(20 * SECOND);
                default -> use(busy, lo, lastMac, "seed " + seed + ", step " + step);
            }
            out.count = 0;
            busy.due(out, now, OWN);
            busy.takeResolved(out);
            busy.takeFailed(out);
            for (int i = 0; i < out.count; i++) {
                pool.give(out.start[i]);
            }
            assertThat(busy.count()).as("seed %d, step %d", seed, step).isBetween(0, 20);
            assertThat(pool.freeSmallCount() + busy.heldCount())
                    .as("seed %d, step %d", seed, step)
                    .isEqualTo(64);
        }
    }

    private void use(Neighbors busy, long lo, Map<Long, Long> lastMac, String where) {
        long answer = busy.resolve(PORT, 0, lo, now);
        if (answer >= 0) {
            assertThat(answer).as(where).isEqualTo(lastMac.get(lo));
        } else if (answer == Neighbors.UNKNOWN) {
            Batch batch = new Batch();
            batch.append(pool.takeSmall(), 60, 0);
            long gaveWay = busy.hold(PORT, 0, lo, batch, 0);
            if (gaveWay != Neighbors.HELD) {
                pool.give(gaveWay == Neighbors.REFUSED ? batch.start[0] : gaveWay);
            }
        }
    }

    private long hold(IpAddress to, long expected) {
        Batch batch = new Batch();
        batch.append(pool.takeSmall(), 1234, 0);
        batch.offload[0] = Batch.CHECKSUM_PARTIAL;
        batch.gsoType[0] = Batch.GSO_TCPV4;
        batch.gsoSizeBytes[0] = 1448;
        batch.l3[0] = 18;
        assertThat(neighbors.hold(PORT, to.hi(), to.lo(), batch, 0)).isEqualTo(expected);
        return batch.start[0];
    }

    private long resolve(IpAddress address) {
        return neighbors.resolve(PORT, address.hi(), address.lo(), now);
    }

    private void confirm(IpAddress address) {
        neighbors.confirm(PORT, address.hi(), address.lo(), PEER_MAC, now);
    }

    private void learn(IpAddress address, long mac) {
        neighbors.learn(PORT, address.hi(), address.lo(), mac, now);
    }

    private byte state(IpAddress address) {
        return neighbors.state(PORT, address.hi(), address.lo());
    }

    private int due() {
        Batch out = new Batch();
        neighbors.due(out, now, OWN);
        for (int i = 0; i < out.count; i++) {
            pool.give(out.start[i]);
        }
        return out.count;
    }

    private static IpAddress address(String text) {
        return IpAddress.parse(text).orElseThrow();
    }
}
