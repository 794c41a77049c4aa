package dev.sluice.ports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PortCounters;
import dev.sluice.fuzz.network.Namespace;
import dev.sluice.fuzz.network.TcpTransfer;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.VlanTag;
import java.lang.foreign.Arena;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("system")
class PacketSocketPortSystemTest {
    private Namespace client = Namespace.make("c");
    private Namespace middle = Namespace.make("m");
    private Namespace server = Namespace.make("s");

    @BeforeEach
    void wire() {
        Namespace.veth(client, "c0", middle, "left");
        Namespace.veth(server, "s0", middle, "right");
        client.ip("addr add 10.9.0.1/24 dev c0");
        server.ip("addr add 10.9.0.2/24 dev s0");
        client.ip("addr add fd09::1/64 dev c0 nodad");
        server.ip("addr add fd09::2/64 dev s0 nodad");
    }

    @AfterEach
    void remove() {
        client.close();
        middle.close();
        server.close();
    }

    @Test
    void carriesTcpWithSuperFramesWhole() throws Exception {
        for (String address : new String[] {"10.9.0.2", "fd09::2"}) {
            Forwarder forwarder = forwarder(256);
            double gbits = TcpTransfer.run(client, server, address, 1L << 30);
            forwarder.stop();
            System.out.printf("AF_PACKET ring, TCP to %s: %.1f Gbit/s, %s%n", address, gbits, forwarder.counters);
            assertThat(forwarder.frameBytesMax).isGreaterThan(1514);
            assertThat(forwarder.superFrames).isPositive();
            assertThat(forwarder.partialChecksums).isPositive();
            assertThat(forwarder.leaked).isFalse();
        }
    }

    @Test
    void carriesTcpWithoutRing() throws Exception {
        Forwarder forwarder = forwarder(0);
        double gbits = TcpTransfer.run(client, server, "10.9.0.2", 256L << 20);
        forwarder.stop();
        System.out.printf("AF_PACKET recvmmsg, TCP: %.1f Gbit/s, %s%n", gbits, forwarder.counters);
        assertThat(forwarder.frameBytesMax).isGreaterThan(1514);
        assertThat(forwarder.leaked).isFalse();
    }

    @Test
    void countsFramesThatAreTooLongAndSendsTheOthers() throws Exception {
        middle.in(() -> {
            FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(8, 2), 4096), 8, 2);
            Batch batch = new Batch();
            try (PacketSocketPort port = PacketSocketPort.open("left", 0, pool)) {
                for (int bytes : new int[] {60, 9000, 3000, 60, 5, 1514}) {
                    port.send(batch, batch.append(pool.take(bytes), bytes, 0));
                }
                port.flush();
                assertThat(port.counters().sentFrames).isEqualTo(3);
                assertThat(port.counters().sentBytes).isEqualTo(60 + 60 + 1514);
                assertThat(port.counters().sendDropped).isEqualTo(3);
                assertThat(pool.freeSmallCount()).isEqualTo(8);
                assertThat(pool.freeLargeCount()).isEqualTo(2);
            }
            return null;
        });
    }

    @Test
    void carriesTaggedSuperFrames() throws Exception {
        carriesTagged(256);
    }

    @Test
    void carriesTaggedSuperFramesWithoutRing() throws Exception {
        carriesTagged(0);
    }

    /** Two forwarders one behind the other; between them all frames have a tag. */
    private void carriesTagged(int ringSlots) throws Exception {
        AtomicInteger taggedBytesMax = new AtomicInteger();
        try (Namespace far = Namespace.make("f")) {
            middle.ip("link del right");
            Namespace.veth(middle, "right", far, "left");
            Namespace.veth(server, "s0", far, "right");
            server.ip("addr add 10.9.0.2/24 dev s0");
            Forwarder.Edit pushOrPop = (batch, slot, memory) -> {
                if (batch.port[slot] == 0) {
                    move(batch, slot, VlanTag.push(memory, batch.start[slot], EtherTypes.VLAN, 0xa123), 4);
                } else if (VlanTag.tpid(memory, batch.start[slot] + 12) == EtherTypes.VLAN) {
                    // The interfaces between say things of their own, without a tag.
                    assertThat(VlanTag.tci(memory, batch.start[slot] + 12)).isEqualTo(0xa123);
                    taggedBytesMax.accumulateAndGet(batch.length[slot], Math::max);
                    move(batch, slot, VlanTag.pop(memory, batch.start[slot]), -4);
                }
            };
            // Port 0 of each forwarder is on the side of a host.
            Forwarder near = forwarder(middle, "left", "right", ringSlots, pushOrPop);
            Forwarder beyond = forwarder(far, "right", "left", ringSlots, pushOrPop);
            double gbits = TcpTransfer.run(client, server, "10.9.0.2", 256L << 20);
            near.stop();
            beyond.stop();
            System.out.printf("AF_PACKET tagged, TCP: %.1f Gbit/s, %s%n", gbits, beyond.counters);
            assertThat(taggedBytesMax.get()).isGreaterThan(1518);
        }
    }

    private static void move(Batch batch, int slot, long start, int longer) {
        batch.start[slot] = start;
        batch.length[slot] += longer;
        if ((batch.offload[slot] & Batch.CHECKSUM_PARTIAL) != 0) {
            batch.csumStart[slot] += longer;
        }
    }

    private static Forwarder forwarder(
            Namespace namespace, String left, String right, int ringSlots, Forwarder.Edit edit) throws Exception {
        return new Forwarder(
                namespace,
                (index, pool) -> PacketSocketPort.open(left, index, pool, new PortCounters(), ringSlots, "test"),
                (index, pool) -> PacketSocketPort.open(right, index, pool, new PortCounters(), ringSlots, "test"),
                edit,
                0);
    }

    private Forwarder forwarder(int ringSlots) throws Exception {
        return new Forwarder(
                middle,
                (index, pool) -> PacketSocketPort.open("left", index, pool, new PortCounters(), ringSlots, "test"),
                (index, pool) -> PacketSocketPort.open("right", index, pool, new PortCounters(), ringSlots, "test"));
    }
}
