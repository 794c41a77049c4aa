package dev.sluice.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.sluice.datapath.neighbors.Neighbors;
import dev.sluice.datapath.neighbors.NeighborsResponder;
import dev.sluice.datapath.neighbors.PortAddresses;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.route.NextHop;
import dev.sluice.datapath.route.NextHopGroup;
import dev.sluice.datapath.route.RouteEntry;
import dev.sluice.datapath.route.Routes;
import dev.sluice.datapath.snapshot.PortAddress;
import dev.sluice.datapath.track.MacPairs;
import dev.sluice.wire.Arp;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import dev.sluice.wire.MacAddress;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a packet passes on its way out allocates nothing: route, next hop, neighbour, held frame, MAC pair. */
final class RoutesAllocationTest {
    private static final int PACKETS = 50_000;
    private static final long V4 = IpAddress.IPV4_MAPPED | 0x0a00_0000L;
    private static final long MAC = 0x0200_0000_0099L;
    private static final long[] DOWN = {0b100};

    private final FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(64, 0)), 64, 0);
    private final Neighbors neighbors = new Neighbors(pool, 256, 16);
    private final NeighborsResponder responder = new NeighborsResponder(pool, neighbors);
    private final MacPairs pairs = new MacPairs(64);
    private final Routes routes = Routes.of(List.of(new RouteEntry(
            IpPrefix.parse("10.0.0.0/8").orElseThrow(),
            NextHopGroup.of(NextHop.connected(0), NextHop.connected(1), NextHop.connected(2)))));
    private final PortAddresses[] own = {
        new PortAddresses(1L << 41, List.of(new PortAddress(IpAddress.ofIpv4(0x0a00_0001), 8)))
    };
    private final Batch batch = new Batch();
    private long sum;

    @Test
    void allocatesNothingPerPacket() {
        run();
        run();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        run();
        long perPacket = (threads.getCurrentThreadAllocatedBytes() - before) / PACKETS;

        assertThat(perPacket).as("bytes per packet (checksum %d)", sum).isZero();
    }

    private void run() {
        for (int i = 0; i < PACKETS; i++) {
            long lo = V4 | (i & 0x3ff) + 2;
            NextHop hop = routes.group(routes.lookup(0, lo)).choose(i, DOWN);
            sum += hop == null ? 0 : hop.port();
            int pair = pairs.intern(MAC, i & 31);
            batch.count = 0;
            ask(lo, i);
            answer(lo, i);
            neighbors.due(batch, i, own);
            neighbors.takeResolved(batch);
            neighbors.takeFailed(batch);
            for (int slot = 0; slot < batch.count; slot++) {
                pool.give(batch.start[slot]);
            }
            pairs.release(pair);
        }
    }

    private void ask(long lo, long nowNs) {
        if (neighbors.resolve(0, 0, lo, nowNs) == Neighbors.UNKNOWN) {
            int slot = batch.append(pool.takeSmall(), 60, 0);
            long gaveWay = neighbors.hold(0, 0, lo, batch, slot);
            batch.count--;
            if (gaveWay != Neighbors.HELD) {
                pool.give(gaveWay == Neighbors.REFUSED ? batch.start[slot] : gaveWay);
            }
        }
    }

    private void answer(long lo, long nowNs) {
        int slot = batch.append(pool.takeSmall(), Ethernet.BYTES + Arp.BYTES, 0);
        batch.l3[slot] = Ethernet.BYTES;
        long base = batch.start[slot];
        Ethernet.setAddresses(pool.memory(), base, MacAddress.BROADCAST, MAC);
        Arp.write(pool.memory(), base + Ethernet.BYTES, Arp.REQUEST, MAC, (int) lo, 0, 0x0a00_0001);
        sum += responder.answerArp(batch, slot, own[0], nowNs);
    }
}
