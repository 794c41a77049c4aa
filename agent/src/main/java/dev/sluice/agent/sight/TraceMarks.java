package dev.sluice.agent.sight;

import dev.sluice.agent.admin.TraceSession;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Layouts;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Recognises the packets of a trace over several nodes when service nodes give them back, which know nothing of marks: by what a node that lets a packet pass leaves as it is. One
 * user: the worker.
 *
 * <p>At most {@value #WAITING_MAX} packets are waited for, each for a second; the oldest gives way.
 */
final class TraceMarks {
    static final int WAITING_MAX = 4096;

    private static final long WAITING_NS = 1_000_000_000L;
    private static final int HASHED_BYTES_MAX = 512;
    private static final int PORTS_BYTES = 4;
    private static final int TCP_CHECKSUM = 16;
    private static final int UDP_CHECKSUM = 6;
    private static final int ICMP_CHECKSUM = 2;
    private static final int ICMP_IDENTIFIER = 4;
    private static final int SCTP_CHECKSUM = 8;
    private static final long FNV_OFFSET = 0xcbf2_9ce4_8422_2325L;
    private static final long FNV_PRIME = 0x100_0000_01b3L;

    final TraceSession session;
    private final LongSupplier clockNs;
    private final Map<Long, Queue<Waiting>> byContent = new LinkedHashMap<>();
    private int waiting;
    private int stories;

    private record Waiting(long mark, long sinceNs) {}

    /** @param clockNs time in ns, of any origin */
    TraceMarks(TraceSession session, LongSupplier clockNs) {
        this.session = session;
        this.clockNs = clockNs;
    }

    /** Packets followed from here on. */
    int stories() {
        return stories;
    }

    /** The mark of a packet that nobody has heard of before. */
    long begin() {
        return session.mark(session.story(++stories), 0);
    }

    /** The mark with which a packet goes on, 0 if it has been heard of too often. */
    long next(long mark) {
        int leg = TraceSession.legOf(mark);
        return leg == TraceSession.LEG_MAX ? 0 : mark + 1;
    }

    /** The packet goes into a node, which will give it back with this mark. */
    void await(MemorySegment m, Batch b, int i, long mark) {
        Long content = content(m, b, i);
        if (content == null) {
            return;
        }
        long nowNs = clockNs.getAsLong();
        forget(nowNs, WAITING_MAX - 1);
        byContent.computeIfAbsent(content, _ -> new ArrayDeque<>()).add(new Waiting(mark, nowNs));
        waiting++;
    }

    /** The mark of a packet that a node gives back, 0 if it is none that was waited for. */
    long returned(MemorySegment m, Batch b, int i) {
        forget(clockNs.getAsLong(), WAITING_MAX);
        Long content = waiting == 0 ? null : content(m, b, i);
        Queue<Waiting> same = content == null ? null : byContent.get(content);
        Waiting found = same == null ? null : same.poll();
        if (same == null || found == null) {
            return 0;
        }
        waiting--;
        if (same.isEmpty()) {
            byContent.remove(content);
        }
        return found.mark;
    }

    /** What waits too long, and the oldest if there are too many; in about the order in which they came. */
    private void forget(long nowNs, int most) {
        Iterator<Queue<Waiting>> all = byContent.values().iterator();
        while (all.hasNext()) {
            Queue<Waiting> same = all.next();
            while (!same.isEmpty() && (waiting > most || nowNs - same.element().sinceNs > WAITING_NS)) {
                same.remove();
                waiting--;
            }
            if (!same.isEmpty()) {
                return;
            }
            all.remove();
        }
    }

    /** Without addresses, ports, checksums, TTL and what is in front of the IP packet; null if it is no IP packet. */
    private static @Nullable Long content(MemorySegment m, Batch b, int i) {
        boolean v4 = b.etherType[i] == EtherTypes.IPV4;
        if (b.parsed[i] <= 0 || (!v4 && b.etherType[i] != EtherTypes.IPV6)) {
            return null;
        }
        int protocol = b.protocol[i];
        long ip = b.start[i] + b.l3[i];
        long hash = add(FNV_OFFSET, protocol);
        boolean transport = b.l4[i] != 0;
        long from;
        if (v4) {
            hash = add(add(hash, Ipv4.identification(m, ip)), Layouts.u16(m, ip + 6));
            from = transport ? b.start[i] + b.l4[i] : ip + Ipv4.headerBytes(m, ip);
        } else {
            from = transport ? b.start[i] + b.l4[i] : ip + 40;
        }
        long end = b.start[i] + b.length[i];
        hash = add(hash, (int) (end - from));
        for (long at = from; at < Math.min(end, from + HASHED_BYTES_MAX); at++) {
            hash = add(hash, transport && isChanged(protocol, (int) (at - from)) ? 0 : Layouts.u8(m, at));
        }
        return hash;
    }

    private static long add(long hash, int value) {
        return (hash ^ value) * FNV_PRIME;
    }

    /** Whether a node that translates may have changed this byte of the transport header. */
    private static boolean isChanged(int protocol, int offset) {
        return switch (protocol) {
            case IpProtocols.TCP -> offset < PORTS_BYTES || offset >> 1 == TCP_CHECKSUM >> 1;
            case IpProtocols.UDP -> offset < PORTS_BYTES || offset >> 1 == UDP_CHECKSUM >> 1;
            case IpProtocols.SCTP -> offset < PORTS_BYTES || offset >> 2 == SCTP_CHECKSUM >> 2;
            case IpProtocols.ICMP, IpProtocols.ICMPV6 ->
                offset >> 1 == ICMP_CHECKSUM >> 1 || offset >> 1 == ICMP_IDENTIFIER >> 1;
            default -> false;
        };
    }
}
