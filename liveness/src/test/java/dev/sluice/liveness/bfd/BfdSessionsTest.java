package dev.sluice.liveness.bfd;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.wire.Bfd;
import dev.sluice.wire.BfdPacket;
import dev.sluice.wire.IpAddress;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BfdSessionsTest {
    private static final IpAddress LOCAL = address("192.0.2.1");
    private static final IpAddress PEER = address("192.0.2.2");
    private static final BfdSettings FAST = BfdSettings.of(BfdTiming.ofMs(50, 3));

    private final List<BfdSession> sentBy = new ArrayList<>();
    private final List<BfdState> changes = new ArrayList<>();
    private final BfdSessions sessions =
            new BfdSessions(64, new Random(1), (s, f, bytes) -> sentBy.add(s), (s, at) -> changes.add(s.state()));

    private static IpAddress address(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    private static BfdArrival from(IpAddress peer, IpAddress local, int interfaceIndex, int ttl, boolean multihop) {
        BfdArrival arrival = new BfdArrival();
        arrival.sourceHi = peer.hi();
        arrival.sourceLo = peer.lo();
        arrival.destinationHi = local.hi();
        arrival.destinationLo = local.lo();
        arrival.interfaceIndex = interfaceIndex;
        arrival.ttl = ttl;
        arrival.multihop = multihop;
        return arrival;
    }

    private static MemorySegment packet(int state, int yours) {
        MemorySegment f = MemorySegment.ofArray(new byte[Bfd.BYTES]);
        new BfdPacket(0, state, 0, 3, Bfd.BYTES, 77, yours, 1_000_000, 50_000, 0).write(f, 0);
        return f;
    }

    private BfdVerdict receive(MemorySegment f, BfdArrival arrival) {
        return sessions.receive(f, 0, (int) f.byteSize(), arrival, 0);
    }

    @Test
    void packetOnASingleHopNeedsTtl255() {
        BfdSession session = sessions.add(BfdPath.singleHop(LOCAL, PEER, 0), FAST, 0);
        for (int ttl : new int[] {254, 1, 0, -1}) {
            assertThat(receive(packet(Bfd.DOWN, 0), from(PEER, LOCAL, 2, ttl, false)))
                    .isEqualTo(BfdVerdict.WRONG_TTL);
        }
        assertThat(session.state()).isEqualTo(BfdState.DOWN);
        assertThat(receive(packet(Bfd.DOWN, 0), from(PEER, LOCAL, 2, 255, false)))
                .isEqualTo(BfdVerdict.ACCEPTED);
        assertThat(session.state()).isEqualTo(BfdState.INIT);
        assertThat(sessions.count(BfdVerdict.WRONG_TTL)).isEqualTo(4);
    }

    /** RFC 5883 3: as far as the session allows. */
    @Test
    void multihopPacketNeedsTheSessionsTtl() {
        sessions.add(BfdPath.multihop(LOCAL, PEER, 250), FAST, 0);
        assertThat(receive(packet(Bfd.DOWN, 0), from(PEER, LOCAL, 2, 249, true)))
                .isEqualTo(BfdVerdict.WRONG_TTL);
        assertThat(receive(packet(Bfd.DOWN, 0), from(PEER, LOCAL, 2, 255, false)))
                .isEqualTo(BfdVerdict.UNKNOWN_PEER);
        assertThat(receive(packet(Bfd.DOWN, 0), from(PEER, LOCAL, 2, 250, true)))
                .isEqualTo(BfdVerdict.ACCEPTED);
    }

    @Test
    void noPacketMakesASession() {
        sessions.add(BfdPath.singleHop(LOCAL, PEER, 0), FAST, 0);
        assertThat(receive(packet(Bfd.DOWN, 0), from(address("192.0.2.3"), LOCAL, 2, 255, false)))
                .isEqualTo(BfdVerdict.UNKNOWN_PEER);
        assertThat(receive(packet(Bfd.DOWN, 0), from(PEER, address("192.0.2.9"), 2, 255, false)))
                .isEqualTo(BfdVerdict.UNKNOWN_PEER);
        assertThat(receive(packet(Bfd.UP, 12345), from(PEER, LOCAL, 2, 255, false)))
                .isEqualTo(BfdVerdict.UNKNOWN_DISCRIMINATOR);
        assertThat(sessions.all()).hasSize(1);
        assertThat(changes).isEmpty();
    }

    @Test
    void discriminatorOfASessionIsTakenFromItsPeerOnly() {
        BfdSession session = sessions.add(BfdPath.singleHop(LOCAL, PEER, 4), FAST, 0);
        MemorySegment f = packet(Bfd.INIT, session.localDiscriminator());
        assertThat(receive(f, from(address("192.0.2.3"), LOCAL, 4, 255, false))).isEqualTo(BfdVerdict.WRONG_PATH);
        assertThat(receive(f, from(PEER, LOCAL, 5, 255, false))).isEqualTo(BfdVerdict.WRONG_PATH);
        assertThat(receive(f, from(PEER, LOCAL, 4, 255, true))).isEqualTo(BfdVerdict.WRONG_PATH);
        assertThat(session.refusedCount()).isEqualTo(3);
        assertThat(receive(f, from(PEER, LOCAL, 4, 255, false))).isEqualTo(BfdVerdict.ACCEPTED);
    }

    @Test
    void sessionOfTheInterfaceIsFoundBeforeTheOneForAnyInterface() {
        IpAddress local = address("fe80::1");
        IpAddress peer = address("fe80::2");
        BfdSession third = sessions.add(BfdPath.singleHop(local, peer, 3), FAST, 0);
        BfdSession fourth = sessions.add(BfdPath.singleHop(local, peer, 4), FAST, 0);
        BfdSession one = sessions.add(BfdPath.singleHop(LOCAL, PEER, 3), FAST, 0);
        BfdSession any = sessions.add(BfdPath.singleHop(LOCAL, PEER, 0), FAST, 0);
        receive(packet(Bfd.DOWN, 0), from(peer, local, 4, 255, false));
        assertThat(fourth.state()).isEqualTo(BfdState.INIT);
        assertThat(third.state()).isEqualTo(BfdState.DOWN);
        receive(packet(Bfd.DOWN, 0), from(PEER, LOCAL, 3, 255, false));
        assertThat(one.state()).isEqualTo(BfdState.INIT);
        assertThat(any.state()).isEqualTo(BfdState.DOWN);
        receive(packet(Bfd.DOWN, 0), from(PEER, LOCAL, 9, 255, false));
        assertThat(any.state()).isEqualTo(BfdState.INIT);
        assertThat(receive(packet(Bfd.DOWN, 0), from(peer, local, 5, 255, false)))
                .isEqualTo(BfdVerdict.UNKNOWN_PEER);
    }

    @Test
    void removedSessionTakesAndSendsNothing() {
        BfdSession first = sessions.add(BfdPath.singleHop(LOCAL, PEER, 0), FAST, 0);
        BfdSession second = sessions.add(BfdPath.singleHop(LOCAL, address("192.0.2.3"), 0), FAST, 0);
        sessions.remove(first);
        sessions.remove(first);
        assertThat(receive(packet(Bfd.DOWN, 0), from(PEER, LOCAL, 2, 255, false)))
                .isEqualTo(BfdVerdict.UNKNOWN_PEER);
        sessions.poll(5_000_000_000L);
        assertThat(sentBy).containsOnly(second);
        sessions.remove(second);
        assertThat(sessions.dueNs()).isEqualTo(Long.MAX_VALUE);
    }

    /** RFC 5881 4. */
    @Test
    void everySessionHasASourcePortOfItsOwn() {
        int count = 2_000;
        BfdSessions many = new BfdSessions(count, new Random(8), (s, f, bytes) -> {}, (s, at) -> {});
        Set<Integer> ports = new HashSet<>();
        for (int i = 0; i < count; i++) {
            BfdPath path = BfdPath.singleHop(LOCAL, IpAddress.ofIpv4(0x0a00_0000 + i), 0);
            ports.add(many.add(path, FAST, 0).sourcePort());
        }
        assertThat(ports).hasSize(count).allMatch(port -> port >= Bfd.SOURCE_PORT_MIN && port <= 65_535);
    }

    @Test
    void everySessionIsServedInTime() {
        Random random = new Random(7);
        for (int i = 0; i < 64; i++) {
            sessions.add(BfdPath.singleHop(LOCAL, IpAddress.ofIpv4(0x0a00_0000 + i), 0), FAST, 0);
        }
        Set<Integer> discriminators = new HashSet<>();
        sessions.all().forEach(s -> discriminators.add(s.localDiscriminator()));
        assertThat(discriminators).hasSize(64).doesNotContain(0);
        long now = 0;
        for (int i = 0; i < 200; i++) {
            now = Math.max(now, sessions.dueNs()) + random.nextInt(1_000_000);
            sessions.poll(now);
            if (i % 20 == 0) {
                BfdSession gone =
                        sessions.all().get(random.nextInt(sessions.all().size()));
                sessions.remove(gone);
                sessions.add(gone.path(), FAST, now);
            }
        }
        assertThatThrownBy(() -> sessions.add(BfdPath.singleHop(LOCAL, PEER, 0), FAST, 0))
                .hasMessageContaining("64 BFD sessions");
        long last = now;
        sentBy.clear();
        for (long t = now; t < now + 1_100_000_000L; t += 1_000_000) {
            sessions.poll(t);
        }
        assertThat(new HashSet<>(sentBy)).as("after %d", last).hasSize(64);
    }

    @Test
    void malformedPacketsAreCountedByTheirReason() {
        sessions.add(BfdPath.singleHop(LOCAL, PEER, 0), FAST, 0);
        BfdArrival arrival = from(PEER, LOCAL, 2, 255, false);
        for (int reason = 1; reason <= Bfd.REASONS; reason++) {
            MemorySegment f = MemorySegment.ofArray(new byte[60]);
            MemorySegment.copy(packet(Bfd.DOWN, 0), 0, f, 0, Bfd.BYTES);
            int bytes = 60;
            switch (-reason) {
                case Bfd.TRUNCATED -> bytes = 23;
                case Bfd.WRONG_VERSION -> f.set(JAVA_BYTE, 0, (byte) 0x40);
                case Bfd.LENGTH_SHORT -> f.set(JAVA_BYTE, 3, (byte) 23);
                case Bfd.LENGTH_LONG -> f.set(JAVA_BYTE, 3, (byte) 61);
                case Bfd.ZERO_MULTIPLIER -> f.set(JAVA_BYTE, 2, (byte) 0);
                case Bfd.MULTIPOINT_SET -> f.set(JAVA_BYTE, 1, (byte) 0x41);
                case Bfd.ZERO_MY_DISCRIMINATOR -> Bfd.setDiscriminators(f, 0, 0, 0);
                case Bfd.ZERO_YOUR_DISCRIMINATOR -> f.set(JAVA_BYTE, 1, (byte) 0xc0);
                default -> {
                    f.set(JAVA_BYTE, 1, (byte) 0x44);
                    f.set(JAVA_BYTE, 3, (byte) 30);
                    f.set(JAVA_BYTE, 25, (byte) 7);
                }
            }
            BfdVerdict verdict = sessions.receive(f, 0, bytes, arrival, 0);
            assertThat(verdict).isEqualTo(BfdVerdict.ofMalformed(-reason));
            assertThat(sessions.count(verdict)).isEqualTo(1);
        }
        assertThat(sessions.refusedCount()).isEqualTo(Bfd.REASONS);
        assertThat(changes).isEmpty();
    }

    @Test
    void verdictsNameTheReasonsOfTheWireFormat() throws IllegalAccessException {
        for (var field : Bfd.class.getFields()) {
            if (field.getType() == int.class && field.getInt(null) < 0) {
                assertThat(BfdVerdict.ofMalformed(field.getInt(null)).name()).isEqualTo(field.getName());
            }
        }
        assertThatThrownBy(() -> BfdVerdict.ofMalformed(0)).hasMessageContaining("outside");
        for (BfdVerdict verdict : BfdVerdict.values()) {
            assertThat(verdict.sentence()).doesNotEndWith(".").hasSizeGreaterThan(15);
            assertThat(verdict.source().isEmpty()).isEqualTo(verdict == BfdVerdict.ACCEPTED);
        }
    }

    @Test
    void pathsThatCannotBeAreRefused() {
        IpAddress six = address("fd00::1");
        assertThatThrownBy(() -> BfdPath.singleHop(LOCAL, six, 0)).hasMessageContaining("different families");
        assertThatThrownBy(() -> BfdPath.singleHop(LOCAL, LOCAL, 0)).hasMessageContaining("two different");
        assertThatThrownBy(() -> BfdPath.singleHop(LOCAL, address("224.0.0.5"), 0))
                .hasMessageContaining("hosts");
        assertThatThrownBy(() -> BfdPath.singleHop(IpAddress.ANY_V4, PEER, 0)).hasMessageContaining("hosts");
        assertThatThrownBy(() -> BfdPath.singleHop(address("fe80::1"), address("fe80::2"), 0))
                .hasMessageContaining("link-local");
        assertThatThrownBy(() -> BfdPath.multihop(LOCAL, PEER, 0)).hasMessageContaining("ttlMin 0");
        assertThatThrownBy(() -> new BfdPath(LOCAL, PEER, 0, false, 254)).hasMessageContaining("RFC 5881");
        assertThatThrownBy(() -> new BfdTiming(999, 1_000, 3)).hasMessageContaining("desiredMinTxUs 999");
        assertThatThrownBy(() -> new BfdTiming(1_000, 0, 3)).hasMessageContaining("requiredMinRxUs 0");
        assertThatThrownBy(() -> new BfdTiming(1_000, 1_000, 0)).hasMessageContaining("multiplier 0");
        sessions.add(BfdPath.singleHop(LOCAL, PEER, 0), FAST, 0);
        assertThatThrownBy(() -> sessions.add(BfdPath.singleHop(LOCAL, PEER, 0), FAST, 0))
                .hasMessageContaining("192.0.2.1 - 192.0.2.2 already");
    }

    @Test
    void packetsAllocateNothing() {
        BfdSettings signed = FAST.with(new BfdAuthentication(true, List.of(BfdKey.ofText(1, "secret"))));
        MemorySegment toRight = java.lang.foreign.Arena.ofAuto().allocate(Bfd.SHA1_PACKET_BYTES);
        MemorySegment toLeft = java.lang.foreign.Arena.ofAuto().allocate(Bfd.SHA1_PACKET_BYTES);
        int[] bytes = new int[2];
        BfdSessions left = new BfdSessions(
                1,
                new Random(1),
                (s, f, n) -> {
                    MemorySegment.copy(f, 0, toRight, 0, n);
                    bytes[1] = n;
                },
                (s, at) -> {});
        BfdSessions right = new BfdSessions(
                1,
                new Random(2),
                (s, f, n) -> {
                    MemorySegment.copy(f, 0, toLeft, 0, n);
                    bytes[0] = n;
                },
                (s, at) -> {});
        BfdSession session = left.add(BfdPath.singleHop(LOCAL, PEER, 0), signed, 0);
        right.add(BfdPath.singleHop(PEER, LOCAL, 0), signed, 0);
        BfdArrival atLeft = from(PEER, LOCAL, 1, 255, false);
        BfdArrival atRight = from(LOCAL, PEER, 1, 255, false);
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = Long.MAX_VALUE;
        long now = 0;
        // Compilation takes a while to remove what the interpreter allocates.
        for (int attempt = 0; attempt < 300 && allocated > 0; attempt++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 1_000; i++, now += 5_000_000) {
                left.poll(now);
                right.poll(now);
                if (bytes[0] > 0) {
                    left.receive(toLeft, 0, bytes[0], atLeft, now);
                }
                if (bytes[1] > 0) {
                    right.receive(toRight, 0, bytes[1], atRight, now);
                }
                bytes[0] = 0;
                bytes[1] = 0;
            }
            allocated = Math.min(allocated, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat(session.state()).isEqualTo(BfdState.UP);
        assertThat(allocated).as("bytes in 5 seconds of a session").isZero();
    }
}
