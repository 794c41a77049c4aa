package dev.sluice.datapath.mirror;

import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadHeaders;
import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Geneve;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.Nsh;
import dev.sluice.wire.Udp;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The tunnel headers of the journey in hand: those that it came with, and those that it leaves with (packet-life.md, fast path). One user: the recorder.
 *
 * <p>Hot path: no allocation; nothing is copied for packets that are in no tunnel.
 */
final class JourneyHeaders {
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED;

    private final MemorySegment memory;

    /** As {@link OffloadHeaders}. */
    final MemorySegment headers = Arena.ofAuto().allocate(OffloadHeaders.BYTES, Long.BYTES);

    /** {@link OffloadAction#POP}, {@link OffloadAction#PUSH}. */
    int flags;

    /** Of what came in: as in the key. */
    int servicePath;

    int network;

    /** Bytes that will be pushed, 0 until that is known. */
    private int pushedBytes;

    private int pushedLinkBytes;

    JourneyHeaders(MemorySegment memory) {
        this.memory = memory;
    }

    void begin() {
        flags = 0;
        servicePath = 0;
        network = 0;
        pushedBytes = 0;
    }

    /**
     * The packet in hand came in a tunnel, and nothing of it was changed.
     *
     * @param geneve where its Geneve header begins
     * @param nsh where its service header begins
     * @return false if only the data path can see whether such headers are right
     */
    boolean open(Cursor c, long geneve, long nsh, int nshBytes) {
        int expectedBytes = Geneve.BYTES + nshBytes;
        boolean plain = c.batch.l3[c.slot] == Ethernet.BYTES && nsh - geneve == Geneve.BYTES;
        if (!plain || expectedBytes > OffloadHeaders.EXPECTED_BYTES_MAX) {
            return false;
        }
        if (Udp.checksum(memory, geneve - Udp.BYTES) != 0) {
            return false;
        }
        clear();
        flags = OffloadAction.POP;
        servicePath = Nsh.path(memory, nsh);
        network = Geneve.vni(memory, geneve);
        OffloadHeaders.setExpectedBytes(headers, 0, expectedBytes);
        OffloadHeaders.setSource(headers, 0, c.fields.sourceHi, c.fields.sourceLo);
        OffloadHeaders.setDestination(headers, 0, c.fields.destinationHi, c.fields.destinationLo);
        copy(geneve, OffloadHeaders.EXPECTED, expectedBytes);
        return true;
    }

    /** The frame inside is what is in hand now. */
    void emerge(long destinationMac, long sourceMac) {
        OffloadHeaders.setInnerMacs(headers, 0, destinationMac, sourceMac);
    }

    /** The frame in hand will get headers; false if there are too many. */
    boolean close(int bytes, int linkBytes) {
        if (bytes > OffloadHeaders.PUSHED_BYTES_MAX) {
            return false;
        }
        if (flags == 0) {
            clear();
        }
        flags |= OffloadAction.PUSH;
        pushedBytes = bytes;
        pushedLinkBytes = linkBytes;
        return true;
    }

    /** The headers are written, in front of the frame that begins there; once. */
    void written(long start) {
        OffloadHeaders.setPushedBytes(headers, 0, pushedBytes, pushedLinkBytes);
        copy(start, OffloadHeaders.PUSHED, pushedBytes);
        pushedBytes = 0;
    }

    /** Whether headers are still to be written. */
    boolean waits() {
        return pushedBytes != 0;
    }

    /** Tells headers apart: lengths, checksums, DSCP, ECN and identification, which each packet gets anew, do not count. */
    long hash() {
        int pushed = OffloadHeaders.pushedBytes(headers, 0);
        if (pushed != 0) {
            normalize();
        }
        long hash = 1;
        for (int i = Long.BYTES; i < OffloadHeaders.BYTES; i += Long.BYTES) {
            hash = FlowHash.mix(hash ^ headers.get(WORD, i));
        }
        return hash;
    }

    private void normalize() {
        long ip = OffloadHeaders.PUSHED + Ethernet.BYTES;
        boolean ipv4 = Layouts.u8(headers, ip) >>> 4 == 4;
        long udp = ip + (ipv4 ? Ipv4.BYTES : Ipv6.BYTES);
        if (ipv4) {
            Layouts.putU8(headers, ip + 1, 0);
            Layouts.putU16(headers, ip + 2, 0);
            Layouts.putU16(headers, ip + 4, 0);
            // A device may know the sum of a whole frame, in which a right header counts nothing, before and after it
            // has put in what differs.
            Ipv4.updateChecksum(headers, ip);
        } else {
            Layouts.putU16(headers, ip, 0x6000 | (Layouts.u16(headers, ip) & 0x0f));
            Layouts.putU16(headers, ip + 4, 0);
        }
        Layouts.putU16(headers, udp + 4, 0);
    }

    private void clear() {
        OffloadHeaders.clear(headers, 0);
    }

    private void copy(long from, int to, int bytes) {
        MemorySegment.copy(memory, from, headers, to, bytes);
    }
}
