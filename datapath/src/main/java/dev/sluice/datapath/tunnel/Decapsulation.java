package dev.sluice.datapath.tunnel;

import dev.sluice.datapath.fragments.Fragments;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.Parser;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.wire.Ecn;

/** Makes the packet in hand the frame that was carried in it. One user: the worker. Hot path: no allocation. */
public final class Decapsulation {
    private final Frames frames;
    private final Parser parser;
    private final Fragments fragments;
    private final DatapathCounters counters;

    public Decapsulation(Frames frames, Parser parser, Fragments fragments, DatapathCounters counters) {
        this.frames = frames;
        this.parser = parser;
        this.fragments = fragments;
        this.counters = counters;
    }

    /**
     * Takes the frame out; false if it was dropped, or is a fragment that has no place.
     *
     * @param inner where it begins
     * @param end where it ends at the latest
     * @param direction of the packet on its path
     * @param way where a fragment belongs: the same for all of one datagram, and for no other with the same addresses and number
     */
    public boolean takeOut(Cursor c, long inner, long end, int direction, long way) {
        Batch b = c.batch;
        int slot = c.slot;
        // Behind Ethernet alone nothing can have been marked.
        int outerTos = (c.parsed() & Parser.IP) == 0 ? 0 : Ecn.tos(c.memory, c.networkHeader());
        int removed = (int) (inner - b.start[slot]);
        b.start[slot] = inner;
        b.length[slot] = (int) (end - inner);
        keepOffloads(b, slot, removed);
        parser.parseOne(b, slot);
        if (b.parsed[slot] < 0) {
            frames.drop(c, DropReason.of(-1 - b.parsed[slot]));
            return false;
        }
        c.take(b, slot, c.nowNs);
        c.direction = direction;
        int parsed = c.parsed();
        if ((parsed & Parser.IP) == 0 || (parsed & (Parser.GROUP | Parser.NEIGHBOR_DISCOVERY)) != 0) {
            frames.drop(c, DropReason.OVERLAY_PAYLOAD_UNKNOWN);
            return false;
        }
        if (Ecn.decapsulateInto(c.memory, c.networkHeader(), outerTos) < 0) {
            frames.drop(c, DropReason.OVERLAY_CONGESTION);
            return false;
        }
        counters.overlayReceived++;
        return fragments.admitCarried(c, way);
    }

    /**
     * A partial checksum may be that of the packet inside: another switch's fast path leaves it to who sends the frame out of the last port, and super-frames whole. One of the outer header ends
     * with it.
     */
    public static void keepOffloads(Batch b, int slot, int removed) {
        boolean ofInside = (b.offload[slot] & Batch.CHECKSUM_PARTIAL) != 0 && b.csumStart[slot] > removed;
        if (!ofInside) {
            b.offload[slot] = 0;
            b.gsoType[slot] = Batch.GSO_NONE;
            return;
        }
        b.csumStart[slot] -= removed;
        if (b.gsoType[slot] != Batch.GSO_NONE) {
            b.gsoHeaderBytes[slot] = Math.max(0, b.gsoHeaderBytes[slot] - removed);
        }
    }
}
