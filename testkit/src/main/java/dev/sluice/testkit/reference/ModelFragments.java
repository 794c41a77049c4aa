package dev.sluice.testkit.reference;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** IPv4 packets cut into fragments (RFC 791 3.2). Stateless. */
final class ModelFragments {
    private ModelFragments() {}

    /** The frames, in order; none if the MTU leaves no room for eight bytes behind the header. */
    static List<byte[]> of(ModelFrame frame, int mtuBytes) {
        complete(frame);
        byte[] whole = frame.body;
        int header = (whole[0] & 0xf) * 4;
        int room = (mtuBytes - header) / 8 * 8;
        List<byte[]> pieces = new ArrayList<>();
        if (mtuBytes - header < 8) {
            return pieces;
        }
        int flagsAndOffset = frame.u16(6);
        for (int from = header; from < whole.length; from += room) {
            byte[] payload = Arrays.copyOfRange(whole, from, Math.min(whole.length, from + room));
            ModelFrame piece = new ModelFrame();
            piece.ipv4 = true;
            piece.etherType = frame.etherType;
            piece.sourceMac = frame.sourceMac;
            piece.destinationMac = frame.destinationMac;
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            body.writeBytes(from == header ? Arrays.copyOf(whole, header) : laterHeader(whole, header));
            body.writeBytes(payload);
            piece.body = body.toByteArray();
            boolean last = from + room >= whole.length && (flagsAndOffset & 0x2000) == 0;
            int offset = (flagsAndOffset & 0x1fff) + (from - header) / 8;
            piece.put16(2, piece.body.length);
            piece.put16(6, (flagsAndOffset & 0x8000) | (last ? 0 : 0x2000) | offset);
            piece.putTtl(frame.ttl());
            pieces.add(piece.toBytes());
        }
        return pieces;
    }

    /** A transport checksum that was left to the device is put in, as no fragment's device could. */
    private static void complete(ModelFrame frame) {
        if ((frame.original.offload() & 1) == 0) {
            return;
        }
        int from = frame.original.csumStart() - 14 - 4 * frame.tagsAtArrival;
        int field = from + frame.original.csumOffset();
        if (from < 0 || field + 2 > frame.body.length) {
            return;
        }
        int checksum = 0xffff - Bytes.sum(frame.body, from, frame.body.length - from, 0);
        boolean udp = frame.original.csumOffset() == 6;
        frame.put16(field, udp && checksum == 0 ? 0xffff : checksum);
    }

    /** Options that are not to be copied become no-operations. */
    private static byte[] laterHeader(byte[] whole, int header) {
        byte[] later = Arrays.copyOf(whole, header);
        int at = 20;
        while (at < header && later[at] != 0) {
            int bytes = later[at] == 1 ? 1 : later[at + 1] & 0xff;
            if (later[at] >= 0) {
                Arrays.fill(later, at, at + bytes, (byte) 1);
            }
            at += bytes;
        }
        return later;
    }
}
