package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.lab.FrameSocket;
import dev.sluice.lab.Inside;
import dev.sluice.lab.LabException;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Waits;
import dev.sluice.liveness.bfd.BfdVerdict;
import dev.sluice.wire.Bfd;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.Udp;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Somebody who is on the links of service nodes and knows everything but the key (goal S1): takes what passes, changes it, and sends it to Sluice as the node. One user: the
 * test.
 */
final class BfdForger {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final int COPIES = 5;
    private static final int IP = 14;
    private static final int UDP = IP + Ipv4.BYTES;
    private static final int BFD = UDP + Udp.BYTES;

    private final BfdNodes nodes;
    private final LabInterface plain;
    private final LabInterface signed;

    BfdForger(BfdNodes nodes) {
        this.nodes = nodes;
        plain = nodes.frrPlace.interfaceNamed("in");
        signed = nodes.birdPlace.interfaceNamed("signed-in");
    }

    /** A frame that is made as it is changed. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Forgery(byte[] bytes) {
        MemorySegment memory() {
            return MemorySegment.ofArray(bytes);
        }

        /** Says that the session is down, and is as long as its BFD packet says. */
        Forgery header(int flags, int multiplier, int length) {
            Bfd.setHeader(memory(), BFD, 0, Bfd.DOWN, flags, multiplier, length);
            return this;
        }

        Forgery down() {
            return header(Bfd.flags(memory(), BFD), 3, Bfd.length(memory(), BFD));
        }

        Forgery discriminators(int mine, int yours) {
            Bfd.setDiscriminators(memory(), BFD, mine, yours);
            return this;
        }

        int mine() {
            return Bfd.myDiscriminator(memory(), BFD);
        }

        int yours() {
            return Bfd.yourDiscriminator(memory(), BFD);
        }

        /** Sets one byte of the BFD packet. */
        Forgery at(int offset, int value) {
            bytes[BFD + offset] = (byte) value;
            return this;
        }

        Forgery ttl(int ttl) {
            Ipv4.setTtl(memory(), IP, ttl);
            return this;
        }

        Forgery port(int port) {
            Udp.setDestinationPort(memory(), UDP, port);
            return this;
        }

        /** A copy with so many bytes behind UDP. */
        Forgery payload(int length) {
            Forgery cut = new Forgery(Arrays.copyOf(bytes, BFD + length));
            Ipv4.setTotalLength(cut.memory(), IP, Ipv4.BYTES + Udp.BYTES + length);
            Udp.setLength(cut.memory(), UDP, Udp.BYTES + length);
            return cut;
        }

        /** From where it went to, to where it came from. */
        Forgery turned() {
            byte[] turned = bytes.clone();
            System.arraycopy(bytes, 0, turned, 6, 6);
            System.arraycopy(bytes, 6, turned, 0, 6);
            System.arraycopy(bytes, IP + 12, turned, IP + 16, 4);
            System.arraycopy(bytes, IP + 16, turned, IP + 12, 4);
            return new Forgery(turned);
        }

        byte[] done() {
            Ipv4.updateChecksum(memory(), IP);
            // UDP over IPv4 needs none.
            Udp.setChecksum(memory(), UDP, 0);
            return bytes;
        }
    }

    /** The next packet of a session that passes a link: the node's, or Sluice's. */
    private static Forgery next(LabInterface link, boolean fromNode) {
        return Inside.call(link.namespace(), () -> {
            try (FrameSocket socket = FrameSocket.open(link.name(), false)) {
                long endNs = System.nanoTime() + SOON.toNanos();
                while (System.nanoTime() < endNs) {
                    FrameSocket.awaitAny(List.of(socket), 100);
                    var frame = socket.receive();
                    if (frame.isPresent()
                            && frame.get().outgoing() == fromNode
                            && isBfd(frame.get().bytes())) {
                        return new Forgery(frame.get().bytes().clone());
                    }
                }
            }
            throw new LabException("no BFD packet passes " + link);
        });
    }

    private static boolean isBfd(byte[] bytes) {
        MemorySegment f = MemorySegment.ofArray(bytes);
        return bytes.length >= BFD + Bfd.BYTES
                && Layouts.u16(f, 12) == 0x0800
                && Ipv4.protocol(f, IP) == 17
                && Udp.destinationPort(f, UDP) == Bfd.PORT_SINGLE_HOP
                && Bfd.state(f, BFD) == Bfd.UP;
    }

    private static void send(LabInterface link, Collection<Forgery> forgeries) {
        List<byte[]> frames = new ArrayList<>();
        forgeries.forEach(each -> frames.addAll(Collections.nCopies(COPIES, each.done())));
        ForgedErrors.send(link, frames);
    }

    /** Sends forgeries until each was refused for its reason, as often as it takes: one that depends on the newest packet can come too late. How many reasons there were. */
    private int refused(LabInterface link, Supplier<Map<BfdVerdict, Forgery>> forgeries) {
        Map<String, Long> before = nodes.refused();
        Map<BfdVerdict, Forgery> all = new EnumMap<>(BfdVerdict.class);
        Waits.until(
                COPIES + " packets are refused for each reason",
                SOON,
                () -> {
                    all.putAll(forgeries.get());
                    send(link, all.values());
                    return Waits.holdsWithin(Duration.ofMillis(500), () -> {
                        Map<String, Long> now = nodes.refused();
                        return all.keySet().stream().allMatch(each -> count(now, each) - count(before, each) >= COPIES);
                    });
                },
                () -> before + " then " + nodes.refused());
        return all.size();
    }

    private static long count(Map<String, Long> refused, BfdVerdict verdict) {
        return refused.getOrDefault("bfd of service nodes " + verdict.word(), 0L);
    }

    /** Each reason for which a packet can be refused, and what is left of it: nothing but the count. */
    void checkNothingForgedIsTaken() {
        long frrDowns = nodes.frr.downCount();
        long birdDowns = nodes.bird.downCount();
        Map<String, Long> downs = nodes.downs();
        long dropped = nodes.sluice.dropped(DropReason.BFD_REFUSED);
        Forgery old = next(signed, true);
        Forgery theirs = next(plain, true);
        Forgery ours = next(plain, false);
        int reasons = refused(plain, () -> withoutKey(theirs, ours, old.yours()))
                + refused(signed, () -> withKey(old, next(signed, true).down()));
        assertThat(reasons).as("all but being taken").isEqualTo(BfdVerdict.count() - 1);
        assertThat(nodes.sluice.dropped(DropReason.BFD_REFUSED) - dropped)
                .isGreaterThanOrEqualTo((long) COPIES * reasons);
        // Of an address that no node has: nobody listens to it.
        Forgery stranger = theirs.payload(Bfd.BYTES).down();
        stranger.bytes[IP + 15] = 77;
        send(plain, List.of(stranger));
        for (String name : BfdNodes.NAMES) {
            assertThat(nodes.watched(name).state()).as(name).isEqualTo("alive");
        }
        assertThat(nodes.downs()).isEqualTo(downs);
        assertThat(nodes.frr.downCount() - frrDowns).isZero();
        assertThat(nodes.bird.downCount() - birdDowns).isZero();
    }

    /** To a session without key; TTL 255 keeps out who is not on the link, and who is on it has to know the discriminators. */
    private static Map<BfdVerdict, Forgery> withoutKey(Forgery theirs, Forgery ours, int yoursOfOther) {
        Supplier<Forgery> copy = () -> theirs.payload(Bfd.BYTES).down();
        Supplier<Forgery> longer = () -> sequence(
                theirs.payload(Bfd.SHA1_PACKET_BYTES).header(Bfd.AUTHENTICATION, 3, Bfd.SHA1_PACKET_BYTES),
                Bfd.METICULOUS_KEYED_SHA1,
                7);
        int mine = theirs.mine();
        int yours = theirs.yours();
        Map<BfdVerdict, Forgery> all = new EnumMap<>(BfdVerdict.class);
        all.put(BfdVerdict.TRUNCATED, copy.get().payload(Bfd.BYTES - 1));
        all.put(BfdVerdict.WRONG_VERSION, copy.get().at(0, 0));
        all.put(BfdVerdict.LENGTH_SHORT, copy.get().header(0, 3, Bfd.BYTES - 1));
        all.put(BfdVerdict.LENGTH_LONG, copy.get().header(0, 3, Bfd.BYTES + 1));
        all.put(BfdVerdict.ZERO_MULTIPLIER, copy.get().header(0, 0, Bfd.BYTES));
        all.put(BfdVerdict.MULTIPOINT_SET, copy.get().header(Bfd.MULTIPOINT, 3, Bfd.BYTES));
        all.put(BfdVerdict.ZERO_MY_DISCRIMINATOR, copy.get().discriminators(0, yours));
        all.put(
                BfdVerdict.ZERO_YOUR_DISCRIMINATOR,
                copy.get().discriminators(mine, 0).at(1, Bfd.INIT << 6));
        all.put(BfdVerdict.WRONG_TTL, copy.get().ttl(254));
        all.put(BfdVerdict.UNKNOWN_DISCRIMINATOR, copy.get().discriminators(mine, yours ^ 1));
        all.put(BfdVerdict.UNKNOWN_PEER, copy.get().discriminators(mine, 0).port(Bfd.PORT_MULTIHOP));
        all.put(BfdVerdict.WRONG_PATH, copy.get().discriminators(mine, yoursOfOther));
        all.put(BfdVerdict.REFLECTED, ours.turned());
        all.put(BfdVerdict.AUTHENTICATION_UNEXPECTED, longer.get());
        all.put(BfdVerdict.AUTHENTICATION_LENGTH, longer.get().at(Bfd.BYTES + 1, 27));
        return all;
    }

    /** To a session with key, where only a hash helps. */
    private static Map<BfdVerdict, Forgery> withKey(Forgery old, Forgery newest) {
        Supplier<Forgery> copy = () -> newest.payload(Bfd.SHA1_PACKET_BYTES);
        Map<BfdVerdict, Forgery> all = new EnumMap<>(BfdVerdict.class);
        all.put(BfdVerdict.AUTHENTICATION_MISSING, newest.payload(Bfd.BYTES).header(0, 3, Bfd.BYTES));
        all.put(BfdVerdict.AUTHENTICATION_TYPE, sequence(copy.get(), Bfd.KEYED_SHA1, 7));
        all.put(BfdVerdict.UNKNOWN_KEY, sequence(copy.get(), Bfd.METICULOUS_KEYED_SHA1, 8));
        all.put(BfdVerdict.WRONG_SEQUENCE, old);
        all.put(BfdVerdict.WRONG_HASH, sequence(copy.get(), Bfd.METICULOUS_KEYED_SHA1, 7));
        return all;
    }

    /** The next but two sequence numbers, with the hash of the packet that was there. */
    private static Forgery sequence(Forgery from, int type, int keyId) {
        int next = Bfd.sequence(from.memory(), BFD) + 3;
        Bfd.setKeyedSha1(from.memory(), BFD, type, keyId, next);
        return from;
    }
}
