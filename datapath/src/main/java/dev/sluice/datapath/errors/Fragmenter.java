package dev.sluice.datapath.errors;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.datapath.stage.PacketTracer;
import dev.sluice.datapath.stage.Step;
import dev.sluice.wire.Checksum;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Layouts;
import java.lang.foreign.MemorySegment;

/**
 * Sends packets out of router ports, in fragments where they are larger than the port's MTU and their sender allows it (RFC 791 3.2, RFC 1812 5.2.7; packet-life.md,
 * leave; X6). One user: the worker.
 *
 * <p>No call allocates: fragments are frames of the pool, all taken before the first is sent, so that a packet leaves whole or not at all.
 */
public final class Fragmenter {
    /** Most fragments of one packet: a 65,535 byte packet over links of 1,280 bytes takes 53. */
    static final int FRAGMENTS_MAX = 64;

    private static final int OPTION_END = 0;
    private static final int OPTION_NOP = 1;
    private static final int OPTION_COPIED = 0x80;

    private final Frames frames;
    private final DatapathCounters counters;
    private final Batch pieces = new Batch();

    public Fragmenter(Frames frames, DatapathCounters counters) {
        this.frames = frames;
        this.counters = counters;
    }

    /** Whether the packet is one that routers may fragment: IPv4 without "don't fragment", and not a super-frame, whose segments would each need it. */
    public boolean mayFragment(Batch b, int i) {
        long ip = b.start[i] + b.l3[i];
        return b.gsoType[i] == Batch.GSO_NONE
                && Ipv4.version(frames.memory(), ip) == 4
                && !Ipv4.dontFragment(frames.memory(), ip);
    }

    /** Sends an untagged IP packet, whose Ethernet header is complete, out of a router port. */
    public int send(Batch b, int i, PortEntry port) {
        int bytes = b.length[i] - b.l3[i];
        return port.mtuBytes() == 0 || bytes <= port.mtuBytes() || !mayFragment(b, i)
                ? frames.send(b, i, port.index())
                : sendFragments(b, i, port, bytes);
    }

    private int sendFragments(Batch b, int i, PortEntry port, int bytes) {
        MemorySegment m = frames.memory();
        int headerBytes = Ipv4.headerBytes(m, b.start[i] + b.l3[i]);
        int payloadBytes = bytes - headerBytes;
        int unit = (port.mtuBytes() - headerBytes) & ~7;
        if (unit <= 0 || payloadBytes > (long) unit * FRAGMENTS_MAX) {
            return frames.drop(b, i, b.port[i], DropReason.MTU_EXCEEDED);
        }
        pieces.count = 0;
        for (int from = 0; from < payloadBytes; from += unit) {
            int piece = b.l3[i] + headerBytes + Math.min(unit, payloadBytes - from);
            long start = frames.pool().take(piece);
            if (start == FramePool.NONE) {
                giveBack();
                return frames.drop(b, i, b.port[i], DropReason.NO_FRAME);
            }
            pieces.append(start, piece, b.port[i]);
        }
        if ((b.offload[i] & Batch.CHECKSUM_PARTIAL) != 0) {
            // The field lies in the first fragment and covers all: nobody behind this point could complete it.
            Checksum.complete(m, b.start[i], b.length[i], b.csumStart[i], b.csumOffset[i]);
        }
        for (int k = 0; k < pieces.count; k++) {
            write(b, i, k, headerBytes, k * unit);
        }
        PacketTracer tracer = frames.tracer();
        if (tracer != null) {
            tracer.split(b, i, pieces);
        }
        frames.pool().give(b.start[i]);
        counters.packetsFragmented++;
        counters.fragmentsMade += pieces.count;
        for (int k = 0; k < pieces.count; k++) {
            frames.send(pieces, k, port.index());
        }
        return Step.DONE;
    }

    private void giveBack() {
        for (int k = 0; k < pieces.count; k++) {
            frames.pool().give(pieces.start[k]);
        }
        pieces.count = 0;
    }

    private void write(Batch b, int i, int k, int headerBytes, int from) {
        MemorySegment m = frames.memory();
        int l3 = b.l3[i];
        long whole = b.start[i];
        long start = pieces.start[k];
        long ip = start + l3;
        int payload = pieces.length[k] - l3 - headerBytes;
        MemorySegment.copy(m, whole, m, start, (long) l3 + headerBytes);
        MemorySegment.copy(m, whole + l3 + headerBytes + from, m, ip + headerBytes, payload);
        boolean last = k == pieces.count - 1 && !Ipv4.moreFragments(m, whole + l3);
        int reserved = Ipv4.flags(m, whole + l3) & 4;
        int offset = Ipv4.fragmentOffset(m, whole + l3) + from;
        Ipv4.setFragment(m, ip, reserved | (last ? 0 : Ipv4.MORE_FRAGMENTS), offset);
        Ipv4.setTotalLength(m, ip, headerBytes + payload);
        if (k > 0) {
            blankOptions(m, ip, headerBytes);
        }
        Ipv4.updateChecksum(m, ip);
        pieces.l3[k] = Ethernet.BYTES;
        pieces.l4[k] = 0;
    }

    /** Options without the "copied" bit stay in the first fragment only (RFC 791 3.1); what is left keeps its place. */
    private static void blankOptions(MemorySegment m, long ip, int headerBytes) {
        int at = Ipv4.BYTES;
        while (at < headerBytes) {
            int option = Layouts.u8(m, ip + at);
            if (option == OPTION_END) {
                return;
            }
            int bytes = option == OPTION_NOP ? 1 : Layouts.u8(m, ip + at + 1);
            for (int n = 0; n < bytes && (option & OPTION_COPIED) == 0; n++) {
                Layouts.putU8(m, ip + at + n, OPTION_NOP);
            }
            at += bytes;
        }
    }
}
