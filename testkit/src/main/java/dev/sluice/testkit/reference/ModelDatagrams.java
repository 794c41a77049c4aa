package dev.sluice.testkit.reference;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** The chapter "Fragments": what first fragments said, and what waits for them. */
final class ModelDatagrams {
    private static final long SECOND_NS = 1_000_000_000L;

    /** What all fragments of a datagram have in common, and where it came in: behind a node, behind its tags and two others, or at a port of a router or pair. */
    private record Datagram(
            long place,
            int outerVlan,
            int innerVlan,
            IpAddress source,
            IpAddress destination,
            int protocol,
            long identification) {
        long hash() {
            int low = (int) (identification & 0xffff);
            int high = (int) (identification >> 16);
            long scope = place + outerVlan * 0x1000L + innerVlan;
            long flow = Formulas.flowHash(source, low, destination, high, protocol);
            return Formulas.fmix(flow + scope * 0x9E3779B97F4A7C15L + Subject.SEED);
        }
    }

    /** A datagram whose first fragment has come. */
    private static final class Known {
        final Datagram datagram;
        final int protocol;
        final int sourcePort;
        final int destinationPort;
        final int firstEnd;
        long ns;
        long turn = -1;
        boolean refused;
        boolean whole;
        int beginning;
        int ending = Integer.MAX_VALUE;

        Known(Datagram datagram, ModelFrame frame, int firstEnd) {
            this.datagram = datagram;
            this.protocol = frame.protocol;
            this.sourcePort = frame.sourcePort;
            this.destinationPort = frame.destinationPort;
            this.firstEnd = firstEnd;
        }
    }

    /** A frame as it came in. */
    private record Waiting(Datagram datagram, int port, MemoryFrame frame, int headroomBytes, long sinceNs) {}

    private final ReferenceModel model;
    private final int sets;
    private final Map<Integer, List<Known>> known = new HashMap<>();

    /** By the number of 20 s: the bits that marks have set, and how many datagrams of an account were named that are not whole. */
    private final Map<Long, Set<Integer>> marks = new HashMap<>();

    private final Map<Long, Map<Long, Integer>> open = new HashMap<>();
    private final int size;
    private final List<Waiting> waiting = new ArrayList<>();
    private long turns;

    ModelDatagrams(ReferenceModel model, int connectionsMax) {
        this.model = model;
        int sixteenth = Math.max(4, Math.min(4096, connectionsMax / 16));
        int places = 4;
        while (places * 2 <= sixteenth) {
            places *= 2;
        }
        size = places;
        sets = places / 4;
    }

    int waitingCount() {
        return waiting.size();
    }

    /** A packet comes in; false if it goes no further now. */
    boolean admit(Trip trip) {
        PortEntry port = model.world.port(trip.port);
        return port.role() == PortEntry.Role.SERVICE
                ? admit(trip, 0x4000_0000_0000_0000L + trip.port * 0x100_0000L, true)
                : admit(trip, port.router() * 0x100_0000L, true);
    }

    /** The same for a packet that was taken out of the tags of a side of a node. */
    boolean admitDeep(Trip trip, long nodeAndSide) {
        return admit(trip, 0x2000_0000_0000_0000L + (Formulas.fmix(Formulas.fmix(nodeAndSide)) >>> 27 << 24), false);
    }

    private boolean admit(Trip trip, long place, boolean mayWait) {
        ModelFrame frame = trip.frame;
        if (!frame.fragment) {
            return true;
        }
        int header = frame.ipv4 ? (frame.u8(0) & 0xf) * 4 : ModelErrors.fragmentHeaderAt(frame) + 8;
        int offset = frame.ipv4 ? (frame.u16(6) & 0x1fff) * 8 : frame.u16(header - 6) & 0xfff8;
        boolean more = frame.ipv4 ? (frame.u8(6) & 0x20) != 0 : (frame.u8(header - 5) & 1) != 0;
        int end = offset + frame.body.length - header;
        Datagram datagram = new Datagram(
                place,
                frame.vlan(0),
                frame.vlan(1),
                frame.source,
                frame.destination,
                frame.ipv4 ? frame.protocol : 0,
                frame.ipv4 ? frame.u16(4) : frame.u32(header - 4));
        return offset == 0 ? first(trip, datagram, end) : later(trip, datagram, offset, end, more, mayWait);
    }

    private List<Known> setOf(Datagram datagram) {
        List<Known> set = known.computeIfAbsent((int) (datagram.hash() >>> 32 & (sets - 1)), _ -> new ArrayList<>());
        set.removeIf(one -> model.nowNs - one.ns >= 60 * SECOND_NS);
        return set;
    }

    private Optional<Known> find(Datagram datagram) {
        return setOf(datagram).stream()
                .filter(one -> one.datagram.equals(datagram))
                .findFirst();
    }

    private boolean first(Trip trip, Datagram datagram, int end) {
        ModelFrame frame = trip.frame;
        Known one = find(datagram).orElse(null);
        if (one == null) {
            if (isMarked(datagram) || openOf(datagram) >= 256 * size) {
                model.coverage.event(isMarked(datagram) ? "datagram with a mark" : "too many datagrams");
                model.drop(trip, DropReason.FRAGMENT_TABLE_FULL);
                return false;
            }
            List<Known> set = setOf(datagram);
            if (set.size() == 4) {
                Known gone = set.stream()
                        .min(Comparator.comparing((Known each) -> !each.whole).thenComparingLong(each -> each.turn))
                        .orElseThrow();
                set.remove(gone);
                if (!gone.whole) {
                    marks.computeIfAbsent(twenty(model.nowNs), _ -> new HashSet<>())
                            .addAll(bits(gone.datagram));
                }
            }
            one = new Known(datagram, frame, end);
            set.add(one);
        } else if (one.protocol != frame.protocol
                || one.sourcePort != frame.sourcePort
                || one.destinationPort != frame.destinationPort
                || one.firstEnd != end) {
            one.refused = true;
            model.coverage.event(one.whole ? "whole datagram named anew" : "datagram named anew");
        }
        if (one.refused) {
            model.coverage.event("datagram refused");
            model.drop(trip, DropReason.FRAGMENT_OVERLAP);
            return false;
        }
        if (one.turn >= 0 && !one.whole) {
            count(one, -1);
        }
        one.ns = model.nowNs;
        count(one, 1);
        one.turn = turns++;
        one.beginning = end;
        one.ending = Integer.MAX_VALUE;
        one.whole = false;
        trip.names = () -> release(datagram, trip.scarce);
        return true;
    }

    private boolean later(Trip trip, Datagram datagram, int offset, int end, boolean more, boolean mayWait) {
        Known one = find(datagram).orElse(null);
        if (one == null) {
            long same = waiting.stream()
                    .filter(each -> each.datagram.equals(datagram))
                    .count();
            if (!mayWait || same >= 4 || waiting.size() >= 64) {
                model.drop(trip, DropReason.FRAGMENT_ORPHAN);
            } else {
                waiting.add(
                        new Waiting(datagram, trip.port, trip.frame.original, trip.frame.headroomBytes, model.nowNs));
            }
            return false;
        }
        if (one.refused || offset < one.firstEnd || one.protocol != trip.frame.protocol) {
            one.refused = true;
            model.drop(trip, DropReason.FRAGMENT_OVERLAP);
            return false;
        }
        one.beginning = offset == one.beginning ? end : one.beginning;
        boolean endsIt = !more && one.ending == Integer.MAX_VALUE;
        one.ending = endsIt || (more && end == one.ending) ? offset : one.ending;
        if (one.beginning >= one.ending) {
            count(one, one.whole ? 0 : -1);
            one.whole = true;
            model.coverage.event("datagram complete");
        }
        trip.frame.sourcePort = one.sourcePort;
        trip.frame.destinationPort = one.destinationPort;
        model.coverage.event("fragment follows");
        return true;
    }

    private static long twenty(long ns) {
        return Math.floorDiv(ns, 20 * SECOND_NS);
    }

    private static LongStream counting(long nowNs) {
        return LongStream.rangeClosed(twenty(nowNs) - 3, twenty(nowNs));
    }

    private Set<Integer> bits(Datagram datagram) {
        int low = (int) datagram.hash();
        int high = (int) (datagram.hash() >>> 32) | 1;
        return IntStream.range(0, 4)
                .mapToObj(i -> Math.floorMod(low + i * high, 2048 * size))
                .collect(Collectors.toSet());
    }

    private boolean isMarked(Datagram datagram) {
        return counting(model.nowNs)
                .anyMatch(each -> marks.getOrDefault(each, Set.of()).containsAll(bits(datagram)));
    }

    private static long account(Datagram datagram) {
        return Formulas.fmix(datagram.place >>> 24) & 4095;
    }

    private void count(Known one, int change) {
        open.computeIfAbsent(twenty(one.ns), _ -> new HashMap<>()).merge(account(one.datagram), change, Integer::sum);
    }

    private int openOf(Datagram datagram) {
        return counting(model.nowNs)
                .mapToObj(each -> open.getOrDefault(each, Map.of()))
                .mapToInt(each -> each.getOrDefault(account(datagram), 0))
                .sum();
    }

    /** What waited for the first fragment goes on, once each. */
    private void release(Datagram datagram, boolean scarce) {
        List<Waiting> now =
                waiting.stream().filter(each -> each.datagram.equals(datagram)).toList();
        waiting.removeAll(now);
        for (Waiting each : now) {
            model.coverage.event("fragment released");
            model.take(each.port, each.frame, each.headroomBytes, scarce);
        }
    }

    void tick() {
        List<Waiting> late = waiting.stream()
                .filter(each -> model.nowNs - each.sinceNs >= SECOND_NS)
                .toList();
        waiting.removeAll(late);
        for (Waiting each : late) {
            model.coverage.dropped(DropReason.FRAGMENT_ORPHAN);
            model.outcome.dropped(each.port, DropReason.FRAGMENT_ORPHAN);
        }
    }
}
