package dev.sluice.testkit;

import dev.sluice.datapath.offload.OffloadHeaders;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.ports.MemoryFrame;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A tunnel packet as a fast path reads it: Geneve without options, a service header, a frame (docs/adr/0024). Written from there, not from the data path's stages.
 *
 * @param network virtual network identifier
 * @param servicePath identifier and index
 * @param headersFrom where Geneve begins
 * @param insideFrom where the frame inside begins
 * @param outerTos DSCP and ECN outside
 * @param inside the frame
 * @param frame its headers
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record OffloadedTunnel(
        byte[] bytes,
        int network,
        int servicePath,
        int headersFrom,
        int insideFrom,
        int outerTos,
        MemoryFrame inside,
        OffloadedFrame frame) {
    private static final int GENEVE_PORT = 6081;
    private static final int CE = 3;

    /** Reads a packet whose outer headers are read; null if it is none, or one that the data path has to see. */
    static @Nullable OffloadedTunnel read(MemoryFrame in, OffloadedFrame outer) {
        byte[] b = in.bytes();
        if (outer.protocol != 17 || outer.destinationPort != GENEVE_PORT || outer.outerTag != 0) {
            return null;
        }
        boolean ipv4 = b[12] == 8;
        int udp = ipv4 ? 34 : 54;
        int geneve = udp + 8;
        int nsh = geneve + 8;
        int end = outer.frameBytes();
        if (b.length < nsh + 8 || u16(b, udp + 6) != 0) {
            return null;
        }
        boolean plain = b[geneve] == 0 && (b[geneve + 1] & 0x80) == 0 && u16(b, geneve + 2) == 0x894f;
        int nshBytes = (b[nsh + 1] & 0x3f) * 4;
        if (!plain || b[nsh + 3] != 3 || nshBytes < 8 || nshBytes > OffloadHeaders.EXPECTED_BYTES_MAX - 8) {
            return null;
        }
        int from = nsh + nshBytes;
        if (from > end) {
            return null;
        }
        MemoryFrame inside = inside(in, from, end);
        OffloadedFrame frame = OffloadedFrame.read(inside);
        if (frame == null) {
            return null;
        }
        int tos = ipv4 ? b[15] & 0xff : (u16(b, 14) >>> 4) & 0xff;
        return new OffloadedTunnel(
                b, u16(b, geneve + 4) << 8 | (b[geneve + 6] & 0xff), i32(b, nsh + 4), geneve, from, tos, inside, frame);
    }

    /** With the metadata that are its own: those of a super-frame are of what is inside. */
    private static MemoryFrame inside(MemoryFrame in, int from, int end) {
        byte[] bytes = Arrays.copyOfRange(in.bytes(), from, end);
        boolean own = (in.offload() & Batch.CHECKSUM_PARTIAL) != 0 && in.csumStart() > from;
        return !own
                ? MemoryFrame.plain(bytes)
                : new MemoryFrame(
                        bytes,
                        in.offload(),
                        in.gsoType(),
                        in.gsoSizeBytes(),
                        in.gsoType() == Batch.GSO_NONE ? in.gsoHeaderBytes() : Math.max(0, in.gsoHeaderBytes() - from),
                        in.csumStart() - from,
                        in.csumOffset());
    }

    /** Whether it came in with the headers that are expected. */
    boolean has(MemorySegment headers, OffloadedFrame outer) {
        int expected = OffloadHeaders.expectedBytes(headers, 0);
        byte[] known = headers.asSlice(OffloadHeaders.EXPECTED, expected).toArray(ValueLayout.JAVA_BYTE);
        return outer.sourceHi == OffloadHeaders.sourceHi(headers, 0)
                && outer.sourceLo == OffloadHeaders.sourceLo(headers, 0)
                && outer.destinationHi == OffloadHeaders.destinationHi(headers, 0)
                && outer.destinationLo == OffloadHeaders.destinationLo(headers, 0)
                && expected == insideFrom - headersFrom
                && Arrays.equals(bytes, headersFrom, insideFrom, known, 0, expected);
    }

    boolean hasMacs(MemorySegment headers) {
        return frame.destinationMac == OffloadHeaders.innerDestinationMac(headers, 0)
                && frame.sourceMac == OffloadHeaders.innerSourceMac(headers, 0);
    }

    /** The frame inside with the codepoint that it leaves the tunnel with (RFC 6040 4.2); null if it has to be dropped. */
    @Nullable
    OffloadedFrame marked() {
        int inner = frame.tos() & 3;
        int outer = outerTos & 3;
        if (outer == CE && inner == 0) {
            return null;
        }
        int leaves = outer == CE ? CE : outer == 1 && inner == 2 ? 1 : inner;
        return leaves == inner ? frame : frame.withTos((frame.tos() & ~3) | leaves);
    }

    private static int u16(byte[] b, int at) {
        return (b[at] & 0xff) << 8 | (b[at + 1] & 0xff);
    }

    private static int i32(byte[] b, int at) {
        return u16(b, at) << 16 | u16(b, at + 2);
    }
}
