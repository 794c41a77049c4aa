package dev.sluice.liveness.bfd;

import dev.sluice.wire.Bfd;
import dev.sluice.wire.BfdPacket;
import dev.sluice.wire.IpAddress;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Two ends, each with one session, and a link between that loses, delays, doubles and reorders as told. One user: the test. */
final class FakeLink {
    static final long MS = 1_000_000;
    static final IpAddress LEFT = IpAddress.parse("192.0.2.1").orElseThrow();
    static final IpAddress RIGHT = IpAddress.parse("192.0.2.2").orElseThrow();

    /** One side. */
    static final class End {
        final BfdSessions sessions;
        BfdSession session;
        private final BfdPath path;
        private final BfdSettings settings;
        final List<BfdPacket> sent = new ArrayList<>();
        final List<Long> sentNs = new ArrayList<>();
        final List<BfdState> states = new ArrayList<>();

        /** Runs ahead of the link's time by this: clocks of hosts agree on nothing. */
        final long aheadNs;

        private End(FakeLink link, int side, BfdSettings settings, long seed) {
            aheadNs = side * 7_777_777_777L;
            this.settings = settings;
            path = side == 0 ? BfdPath.singleHop(LEFT, RIGHT, 0) : BfdPath.singleHop(RIGHT, LEFT, 0);
            sessions = new BfdSessions(
                    4,
                    new Random(seed + side),
                    (s, f, bytes) -> link.carry(side, f, bytes),
                    (s, at) -> states.add(s.state()));
            session = sessions.add(path, settings, aheadNs);
        }

        /** Removes the session and adds it anew. */
        void begin(long nowNs) {
            sessions.remove(session);
            session = sessions.add(path, settings, nowNs);
        }
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Flying(int to, long atNs, byte[] bytes) {}

    private final Random random;
    private final List<Flying> flying = new ArrayList<>();
    final End left;
    final End right;
    long nowNs;

    /** Chances that a packet is lost, towards the right and towards the left. */
    double lossToRight;

    double lossToLeft;
    double doubled;
    long delayMaxNs = MS;

    /** Everything that was ever sent, for replays. */
    final List<byte[]> record = new ArrayList<>();

    FakeLink(BfdSettings left, BfdSettings right, long seed) {
        random = new Random(seed * 31);
        this.left = new End(this, 0, left, seed);
        this.right = new End(this, 1, right, seed);
    }

    static FakeLink of(BfdSettings both, long seed) {
        return new FakeLink(both, both, seed);
    }

    End end(int side) {
        return side == 0 ? left : right;
    }

    private void carry(int side, MemorySegment f, int bytes) {
        End from = end(side);
        from.sent.add(BfdPacket.read(f, 0));
        from.sentNs.add(nowNs);
        byte[] copy = f.asSlice(0, bytes).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        record.add(copy);
        double loss = side == 0 ? lossToRight : lossToLeft;
        for (int i = random.nextDouble() < doubled ? 2 : 1; i > 0; i--) {
            if (random.nextDouble() >= loss) {
                flying.add(new Flying(1 - side, nowNs + (long) (random.nextDouble() * delayMaxNs), copy));
            }
        }
    }

    static BfdArrival arrivalAt(int side) {
        BfdArrival arrival = new BfdArrival();
        IpAddress from = side == 0 ? RIGHT : LEFT;
        IpAddress to = side == 0 ? LEFT : RIGHT;
        arrival.ttl = 255;
        arrival.sourceHi = from.hi();
        arrival.sourceLo = from.lo();
        arrival.destinationHi = to.hi();
        arrival.destinationLo = to.lo();
        return arrival;
    }

    BfdVerdict deliver(int side, byte[] bytes) {
        End to = end(side);
        return to.sessions.receive(MemorySegment.ofArray(bytes), 0, bytes.length, arrivalAt(side), nowNs + to.aheadNs);
    }

    /** A packet to one side from its peer, as the test wants it. */
    BfdVerdict deliver(int side, BfdPacket packet) {
        byte[] bytes = new byte[Math.max(packet.length(), Bfd.BYTES)];
        packet.write(MemorySegment.ofArray(bytes), 0);
        return deliver(side, bytes);
    }

    /** Lives through some time in steps. A side that is null is not there. */
    void live(long ms) {
        live(ms, null);
    }

    void live(long ms, @Nullable End dead) {
        for (long end = nowNs + ms * MS; nowNs < end; nowNs += MS / 2) {
            for (int i = 0; i < flying.size(); i++) {
                Flying packet = flying.get(i);
                if (packet.atNs <= nowNs) {
                    flying.remove(i--);
                    if (end(packet.to) != dead) {
                        deliver(packet.to, packet.bytes);
                    }
                }
            }
            for (int side = 0; side < 2; side++) {
                if (end(side) != dead) {
                    end(side).sessions.poll(nowNs + end(side).aheadNs);
                }
            }
        }
    }

    /** Milliseconds until both sides are up; fails by returning -1 after the given time. */
    long msUntilBothUp(long atMostMs) {
        for (long ms = 0; ms <= atMostMs; ms++) {
            if (left.session.state() == BfdState.UP && right.session.state() == BfdState.UP) {
                return ms;
            }
            live(1);
        }
        return -1;
    }
}
