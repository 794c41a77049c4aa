package dev.sluice.testkit;

import static dev.sluice.testkit.FastPathWorld.EAST;
import static dev.sluice.testkit.FastPathWorld.EAST_HOST;
import static dev.sluice.testkit.FastPathWorld.WEST;
import static dev.sluice.testkit.FastPathWorld.WEST_HOST;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.mirror.OffloadMirror;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.wire.Arp;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.IpAddress;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Routed flows that are repeated without the data path: what neighbours, ports and TTLs do to them (packet-life.md, fast path; X1). */
class FastPathRoutedTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long HOST_MAC = 0x0a00_0000_0001L;
    private static final long OTHER_MAC = 0x0a00_0000_0002L;

    private final MemorySwitch sluice = new MemorySwitch(new FastPathWorld().snapshot(), 1024);
    private final MemoryOffload device = new MemoryOffload(1000, _ -> true);

    @BeforeEach
    void begin() {
        sluice.offload(device, 1);
    }

    @AfterEach
    void fastPathAndDataPathAgree() {
        OffloadMirror mirror = Objects.requireNonNull(sluice.datapath().offload());
        assertThat(mirror.differences(sluice.nowNs())).isEmpty();
        sluice.close();
    }

    /** Packets that the fast path repeated while something happened. */
    private long hits(Runnable what) {
        long before = device.hits();
        what.run();
        return device.hits() - before;
    }

    private static TestPacket routed() {
        return TestPacket.udp(WEST_HOST + ":1", EAST_HOST + ":53").ethernet(HOST_MAC, FastPathWorld.mac(WEST));
    }

    private long routedTo() {
        sluice.receive(WEST, routed().bytes());
        List<byte[]> sent = sluice.sent(EAST);
        return sent.isEmpty() ? -1 : Ethernet.destination(MemorySegment.ofArray(sent.getFirst()), 0);
    }

    @Test
    void flowsGoBackToAPortThatIsUpAgain() {
        says(WEST, FastPathWorld.ANYWHERE_HOST, HOST_MAC);
        says(EAST, FastPathWorld.ANYWHERE_HOST, HOST_MAC);
        for (int flow = 1; flow <= 8; flow++) {
            anywhere(flow);
        }
        says(WEST, FastPathWorld.ANYWHERE_HOST, HOST_MAC);
        says(EAST, FastPathWorld.ANYWHERE_HOST, HOST_MAC);
        List<Integer> before =
                IntStream.rangeClosed(1, 8).map(this::anywhere).boxed().toList();
        assertThat(before).contains(WEST, EAST);
        sluice.liveness().setPort(WEST, false);
        sluice.advance(0);
        for (int round = 0; round < 3; round++) {
            assertThat(IntStream.rangeClosed(1, 8).map(this::anywhere)).containsOnly(EAST);
        }
        sluice.liveness().setPort(WEST, true);
        sluice.advance(0);

        assertThat(IntStream.rangeClosed(1, 8).map(this::anywhere).boxed().toList())
                .isEqualTo(before);
        assertThat(device.hits()).isPositive();
    }

    /** The port by which a packet leaves that may leave by either; -1 if by none. */
    private int anywhere(int flow) {
        TestPacket packet = TestPacket.udp(WEST_HOST + ":" + flow, FastPathWorld.ANYWHERE_HOST + ":53")
                .ethernet(HOST_MAC, FastPathWorld.mac(WEST));
        sluice.receive(WEST, packet.bytes());
        int west = sluice.sent(WEST).size();
        int east = sluice.sent(EAST).size();
        return west + east != 1 ? -1 : west == 1 ? WEST : EAST;
    }

    private void says(int port, IpAddress host, long mac) {
        byte[] bytes = new byte[60];
        MemorySegment frame = MemorySegment.ofArray(bytes);
        Ethernet.setAddresses(frame, 0, FastPathWorld.mac(port), mac);
        Ethernet.setEtherType(frame, 0, EtherTypes.ARP);
        int own = ((port == WEST ? WEST_HOST : EAST_HOST).ipv4Bits() & 0xffff_ff00) | 1;
        Arp.write(frame, Ethernet.BYTES, Arp.REPLY, mac, host.ipv4Bits(), FastPathWorld.mac(port), own);
        sluice.receive(port, bytes);
        sluice.advance(0);
        sluice.sentAnywhere();
    }

    @Test
    void aRoutedFlowFollowsItsNeighbour() {
        routedTo();
        says(EAST, EAST_HOST, HOST_MAC);
        routedTo();
        assertThat(hits(() -> assertThat(routedTo()).isEqualTo(HOST_MAC))).isEqualTo(1);

        says(EAST, EAST_HOST, OTHER_MAC);

        assertThat(hits(() -> assertThat(routedTo()).isEqualTo(OTHER_MAC))).isZero();
        assertThat(hits(() -> assertThat(routedTo()).isEqualTo(OTHER_MAC))).isEqualTo(1);
    }

    @Test
    void aNeighbourThatOnlyTheFastPathSendsToIsAskedWhetherItIsThere() {
        routedTo();
        says(EAST, EAST_HOST, HOST_MAC);
        routedTo();
        int asked = 0;
        for (int i = 0; i < 60 && asked == 0; i++) {
            assertThat(routedTo()).isEqualTo(HOST_MAC);
            sluice.advance(SECOND);
            asked += sluice.sent(EAST).size();
        }
        assertThat(asked).isPositive();
        assertThat(device.hits()).isGreaterThan(20);
    }

    @Test
    void aNeighbourThatDoesNotAnswerAnyMoreIsNotSentTo() {
        routedTo();
        says(EAST, EAST_HOST, HOST_MAC);
        routedTo();
        long last = HOST_MAC;
        for (int i = 0; i < 60 && last == HOST_MAC; i++) {
            last = routedTo();
            sluice.advance(SECOND);
            sluice.sentAnywhere();
        }
        assertThat(last).isNotEqualTo(HOST_MAC);
    }

    @Test
    void aPortThatGoesDownLosesItsFlowsToTheDataPath() {
        routedTo();
        says(EAST, EAST_HOST, HOST_MAC);
        routedTo();
        sluice.liveness().setPort(EAST, false);
        sluice.advance(0);

        assertThat(hits(() -> assertThat(routedTo()).isEqualTo(-1))).isZero();
        assertThat(sluice.drops()).containsEntry(DropReason.EGRESS_DOWN, 1L);
    }

    @Test
    void aPacketAtTheEndOfItsLifeIsAnsweredByTheDataPath() {
        routedTo();
        says(EAST, EAST_HOST, HOST_MAC);
        routedTo();

        assertThat(hits(() -> sluice.receive(WEST, routed().ttl(1).bytes()))).isZero();
        assertThat(hits(() -> sluice.receive(WEST, routed().ttl(2).bytes()))).isEqualTo(1);
        assertThat(sluice.drops()).containsEntry(DropReason.TTL_EXPIRED, 1L);
    }
}
