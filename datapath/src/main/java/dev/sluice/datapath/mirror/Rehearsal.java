package dev.sluice.datapath.mirror;

import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadKey;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Icmp;
import dev.sluice.wire.Icmpv6;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.Tcp;
import dev.sluice.wire.Udp;
import java.lang.foreign.MemorySegment;

/**
 * Makes up a packet for a journey that a device repeats: the smallest that has its key. It goes through the data path like any other, but is counted nowhere and leaves nothing behind, whatever becomes of it
 * ({@link Frames#rehearse}). One user: the worker.
 */
public final class Rehearsal {
    private static final int TTL = 64;
    private static final int PAYLOAD_BYTES = 8;
    private static final int TAG_BYTES = 4;

    private final FramePool pool;
    private final Batch batch = new Batch();

    public Rehearsal(FramePool pool) {
        this.pool = pool;
    }

    /** The frames made, from slot 0. */
    public Batch batch() {
        return batch;
    }

    public void clear() {
        batch.count = 0;
    }

    /**
     * Appends the packet of a journey.
     *
     * @param port index of the port it comes in by
     * @return its slot, or -1: no frame is free
     */
    int make(MemorySegment key, long keyBase, MemorySegment action, long actionBase, int port) {
        long start = pool.takeSmall();
        if (start == FramePool.NONE) {
            return -1;
        }
        MemorySegment f = pool.memory();
        Ethernet.setAddresses(
                f,
                start,
                OffloadAction.expectedDestinationMac(action, actionBase),
                OffloadAction.expectedSourceMac(action, actionBase));
        long at = start + Ethernet.BYTES - Short.BYTES;
        at = tag(f, at, OffloadKey.outerTag(key, keyBase));
        at = tag(f, at, OffloadKey.innerTag(key, keyBase));
        boolean ipv4 = OffloadKey.sourceHi(key, keyBase) == 0
                && OffloadKey.sourceLo(key, keyBase) >>> 32 == IpAddress.IPV4_MAPPED >>> 32;
        Layouts.putU16(f, at, ipv4 ? EtherTypes.IPV4 : EtherTypes.IPV6);
        long ip = at + Short.BYTES;
        int protocol = OffloadKey.protocol(key, keyBase);
        int transportBytes = (protocol == IpProtocols.TCP ? Tcp.BYTES : Udp.BYTES) + PAYLOAD_BYTES;
        long transport;
        if (ipv4) {
            transport = ip + Ipv4.BYTES;
            f.asSlice(ip, Ipv4.BYTES).fill((byte) 0);
            Ipv4.setVersionAndHeaderBytes(f, ip, Ipv4.BYTES);
            Ipv4.setTotalLength(f, ip, Ipv4.BYTES + transportBytes);
            Ipv4.setTtl(f, ip, TTL);
            Ipv4.setProtocol(f, ip, protocol);
            Ipv4.setSource(f, ip, (int) OffloadKey.sourceLo(key, keyBase));
            Ipv4.setDestination(f, ip, (int) OffloadKey.destinationLo(key, keyBase));
            Ipv4.updateChecksum(f, ip);
        } else {
            transport = ip + Ipv6.BYTES;
            Ipv6.setVersionClassLabel(f, ip, 0, 0);
            Ipv6.setPayloadLength(f, ip, transportBytes);
            Ipv6.setNextHeader(f, ip, protocol);
            Ipv6.setHopLimit(f, ip, TTL);
            Ipv6.setSource(f, ip, OffloadKey.sourceHi(key, keyBase), OffloadKey.sourceLo(key, keyBase));
            Ipv6.setDestination(f, ip, OffloadKey.destinationHi(key, keyBase), OffloadKey.destinationLo(key, keyBase));
        }
        f.asSlice(transport, transportBytes).fill((byte) 0);
        writeTransport(f, transport, protocol, key, keyBase, transportBytes, ipv4);
        return batch.append(start, (int) (transport - start) + transportBytes, port);
    }

    private static long tag(MemorySegment f, long at, int tag) {
        if (tag == 0) {
            return at;
        }
        Layouts.putU16(f, at, tag >>> 16);
        Layouts.putU16(f, at + Short.BYTES, tag & 0xffff);
        return at + TAG_BYTES;
    }

    private static void writeTransport(
            MemorySegment f, long at, int protocol, MemorySegment key, long keyBase, int bytes, boolean ipv4) {
        int sourcePort = OffloadKey.sourcePort(key, keyBase);
        int destinationPort = OffloadKey.destinationPort(key, keyBase);
        if (protocol == IpProtocols.TCP) {
            Tcp.setSourcePort(f, at, sourcePort);
            Tcp.setDestinationPort(f, at, destinationPort);
            Tcp.setHeaderBytes(f, at, Tcp.BYTES);
            Tcp.setFlags(f, at, Tcp.ACK);
        } else if (protocol == IpProtocols.UDP) {
            Udp.setSourcePort(f, at, sourcePort);
            Udp.setDestinationPort(f, at, destinationPort);
            Udp.setLength(f, at, bytes);
        } else {
            Icmp.write(f, at, ipv4 ? Icmp.ECHO_REQUEST : Icmpv6.ECHO_REQUEST, 0, sourcePort, 1);
        }
    }
}
