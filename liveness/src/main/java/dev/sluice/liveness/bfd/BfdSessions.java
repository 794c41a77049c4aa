package dev.sluice.liveness.bfd;

import dev.sluice.wire.Bfd;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * All sessions of one thread: finds the session of a packet, refuses and counts what belongs to none, sends what is due. One writer: that thread; {@link #count}
 * and the figures of sessions may be read by others and may lag.
 *
 * <p>No packet makes a session. Work for each packet is bounded: a few look-ups, and one hash if the session authenticates and key and sequence fit. {@link
 * #receive} and {@link #poll} allocate nothing.
 */
public final class BfdSessions {
    /** So long a peer may take to follow a change of keys: as long as hosts may for any change that concerns several. */
    public static final long REKEY_NS = 90_000_000_000L;

    private static final int SLOTS_PER_SESSION = 4;
    private static final int SOURCE_PORTS = 65_536 - Bfd.SOURCE_PORT_MIN;

    private final int sessionsMax;
    private final RandomGenerator random;
    private final long seed;
    private final BfdSender sender;
    private final BfdListener listener;
    private final List<BfdSession> sessions = new ArrayList<>();
    private final DueQueue queue;
    private final @Nullable BfdSession[] byDiscriminator;
    private final @Nullable BfdSession[] byPath;
    private final int mask;
    private final long[] counts = new long[BfdVerdict.count()];
    private final MemorySegment packet = Arena.ofAuto().allocate(Bfd.SHA1_PACKET_BYTES);

    /**
     * A table without sessions.
     *
     * @param sessionsMax 1..65,536
     * @param random not to be guessed by others: discriminators and sequence numbers come from it
     */
    public BfdSessions(int sessionsMax, RandomGenerator random, BfdSender sender, BfdListener listener) {
        if (sessionsMax < 1 || sessionsMax > 65_536) {
            throw new IllegalArgumentException("sessionsMax " + sessionsMax + " is outside 1..65536");
        }
        this.sessionsMax = sessionsMax;
        this.random = random;
        this.sender = sender;
        this.listener = listener;
        seed = random.nextLong();
        queue = new DueQueue(sessionsMax);
        int slots = Integer.highestOneBit(sessionsMax * SLOTS_PER_SESSION) * 2;
        byDiscriminator = new BfdSession[slots];
        byPath = new BfdSession[slots];
        mask = slots - 1;
    }

    // Sessions come and go: control, may allocate.

    /** Begins a session; throws if there is one between the same addresses already or the table is full. */
    public BfdSession add(BfdPath path, BfdSettings settings, long nowNs) {
        if (sessions.size() >= sessionsMax) {
            throw new IllegalArgumentException("there are " + sessionsMax
                    + " BFD sessions already, which is the most; remove one or raise the limit");
        }
        for (BfdSession other : sessions) {
            if (other.path().clashesWith(path)) {
                throw new IllegalArgumentException(
                        "there is a BFD session " + path.local() + " - " + path.peer() + " already");
            }
        }
        BfdSession session =
                new BfdSession(path, settings, freeDiscriminator(), freeSourcePort(), random, listener, nowNs);
        sessions.add(session);
        index(session);
        queue.put(session);
        return session;
    }

    private int freeDiscriminator() {
        while (true) {
            int discriminator = random.nextInt();
            if (discriminator != 0 && find(discriminator) == null) {
                return discriminator;
            }
        }
    }

    /** One that no other session has, as long as there are enough (RFC 5881 4). */
    private int freeSourcePort() {
        int port = Bfd.SOURCE_PORT_MIN + random.nextInt(SOURCE_PORTS);
        for (int i = 0; i < sessions.size() && hasSourcePort(port); i++) {
            port = port == 65_535 ? Bfd.SOURCE_PORT_MIN : port + 1;
        }
        return port;
    }

    private boolean hasSourcePort(int port) {
        for (BfdSession session : sessions) {
            if (session.sourcePort() == port) {
                return true;
            }
        }
        return false;
    }

    /** Ends a session without a word to the peer; {@link #disable} it first and {@link #poll} for that. */
    public void remove(BfdSession session) {
        if (sessions.remove(session)) {
            queue.remove(session);
            Arrays.fill(byDiscriminator, null);
            Arrays.fill(byPath, null);
            sessions.forEach(this::index);
        }
    }

    /** The sessions, in order of adding. */
    List<BfdSession> all() {
        return List.copyOf(sessions);
    }

    /** Other intervals from now on, agreed with the peer by a poll. */
    public void setTiming(BfdSession session, BfdTiming timing, long nowNs) {
        session.setTiming(timing, nowNs);
        queue.put(session);
    }

    /**
     * Other keys from now on, or none (null). The peer may follow within {@value #REKEY_NS} ns: so long packets go out signed in both ways, one after the other, and both are taken; of those that a
     * side refuses because it has only the other keys nothing comes but a count.
     */
    public void setAuthentication(BfdSession session, @Nullable BfdAuthentication next, long nowNs) {
        session.setAuthentication(next, nowNs + REKEY_NS);
    }

    /** Holds a session down until it is removed: {@link BfdDiagnostic#ADMINISTRATIVELY_DOWN}. The peer is told at the next {@link #poll}. */
    public void disable(BfdSession session, long nowNs) {
        session.disable(nowNs);
        queue.put(session);
    }

    private void index(BfdSession session) {
        put(byDiscriminator, slot(session.localDiscriminator()), session);
        BfdPath path = session.path();
        put(byPath, pathSlot(path.peer().hi(), path.peer().lo(), path.local().lo(), path.interfaceIndex()), session);
    }

    private void put(@Nullable BfdSession[] table, int start, BfdSession session) {
        int slot = start;
        while (table[slot] != null) {
            slot = (slot + 1) & mask;
        }
        table[slot] = session;
    }

    private int slot(long key) {
        long mixed = (key ^ seed) * 0x9e37_79b9_7f4a_7c15L;
        return (int) (mixed >>> 32) & mask;
    }

    private int pathSlot(long peerHi, long peerLo, long localLo, int interfaceIndex) {
        long mixed = (peerHi ^ seed) * 0xbf58_476d_1ce4_e5b9L;
        mixed = (Long.rotateLeft(mixed, 29) ^ peerLo) * 0x94d0_49bb_1331_11ebL;
        mixed = (Long.rotateLeft(mixed, 31) ^ localLo) * 0xbf58_476d_1ce4_e5b9L;
        return slot(mixed ^ interfaceIndex);
    }

    // Packets.

    /**
     * Takes a packet, or refuses it without any effect but its count.
     *
     * @param bytes behind the UDP header
     * @param from filled in by the caller, and the caller's again afterwards
     */
    public BfdVerdict receive(MemorySegment f, long base, int bytes, BfdArrival from, long nowNs) {
        BfdVerdict verdict = judge(f, base, bytes, from, nowNs);
        counts[verdict.index]++;
        return verdict;
    }

    private BfdVerdict judge(MemorySegment f, long base, int bytes, BfdArrival from, long nowNs) {
        if (!from.multihop && from.ttl != BfdPath.TTL) {
            return BfdVerdict.WRONG_TTL;
        }
        int length = Bfd.check(f, base, bytes);
        if (length < 0) {
            return BfdVerdict.ofMalformed(length);
        }
        if (find(Bfd.myDiscriminator(f, base)) != null) {
            // Signed by our own key, it would pass: both sides have the same one.
            return BfdVerdict.REFLECTED;
        }
        int yours = Bfd.yourDiscriminator(f, base);
        BfdSession session = yours != 0 ? find(yours) : find(from);
        if (session == null) {
            return yours != 0 ? BfdVerdict.UNKNOWN_DISCRIMINATOR : BfdVerdict.UNKNOWN_PEER;
        }
        if (yours != 0 && !comesBy(session.path(), from)) {
            session.countRefused();
            return BfdVerdict.WRONG_PATH;
        }
        if (from.ttl < session.path().ttlMin()) {
            session.countRefused();
            return BfdVerdict.WRONG_TTL;
        }
        BfdVerdict verdict = session.receive(f, base, nowNs);
        queue.put(session);
        return verdict;
    }

    private @Nullable BfdSession find(int discriminator) {
        int slot = slot(discriminator);
        for (BfdSession s = byDiscriminator[slot]; s != null; s = byDiscriminator[slot]) {
            if (s.localDiscriminator() == discriminator) {
                return s;
            }
            slot = (slot + 1) & mask;
        }
        return null;
    }

    /** By addresses: the session of the interface before the one for any interface. */
    private @Nullable BfdSession find(BfdArrival from) {
        BfdSession exact = find(from, from.interfaceIndex);
        return exact != null || from.interfaceIndex == 0 ? exact : find(from, 0);
    }

    private @Nullable BfdSession find(BfdArrival from, int interfaceIndex) {
        int slot = pathSlot(from.sourceHi, from.sourceLo, from.destinationLo, interfaceIndex);
        for (BfdSession s = byPath[slot]; s != null; s = byPath[slot]) {
            if (s.path().interfaceIndex() == interfaceIndex && comesBy(s.path(), from)) {
                return s;
            }
            slot = (slot + 1) & mask;
        }
        return null;
    }

    private static boolean comesBy(BfdPath path, BfdArrival from) {
        return path.multihop() == from.multihop
                && path.peer().lo() == from.sourceLo
                && path.peer().hi() == from.sourceHi
                && path.local().lo() == from.destinationLo
                && path.local().hi() == from.destinationHi
                && (path.interfaceIndex() == 0 || path.interfaceIndex() == from.interfaceIndex);
    }

    // Time.

    /** Judges silences and sends what is due. To be called after everything that waits was received, with a time read before that. */
    public void poll(long nowNs) {
        while (queue.dueNs() <= nowNs) {
            BfdSession session = queue.first();
            while (session.step(nowNs)) {
                sender.send(session, packet, session.write(packet, 0, nowNs));
                if (session.signsTwice()) {
                    sender.send(session, packet, session.writeAgain(packet, 0));
                }
            }
            queue.put(session);
        }
    }

    /** When {@link #poll} has something to do next; {@link Long#MAX_VALUE} if only a packet can change anything. */
    public long dueNs() {
        return queue.dueNs();
    }

    /** Packets with this verdict so far. */
    public long count(BfdVerdict verdict) {
        return counts[verdict.index];
    }

    /** Packets refused so far, for whatever reason. */
    long refusedCount() {
        long refused = 0;
        for (int i = 1; i < counts.length; i++) {
            refused += counts[i];
        }
        return refused;
    }
}
