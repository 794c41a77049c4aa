package dev.sluice.wire.capture;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the frames of a capture file of Ethernet: classic pcap of both byte orders and resolutions, and pcapng with any number of sections, Enhanced, Simple and obsolete Packet
 * Blocks. One user. Memory: one frame at a time.
 */
public final class CaptureReader {
    private static final int SECTION = 0x0a0d0d0a;
    private static final int BYTE_ORDER = 0x1a2b3c4d;
    private static final int PCAP_MICROSECONDS = 0xa1b2c3d4;
    private static final int PCAP_NANOSECONDS = 0xa1b23c4d;
    private static final int ETHERNET = 1;
    private static final int INTERFACE = 1;
    private static final int OBSOLETE_PACKET = 2;
    private static final int SIMPLE_PACKET = 3;
    private static final int PACKET = 6;

    /** Larger ones are taken for a broken file. */
    private static final int BLOCK_BYTES_MAX = 1 << 24;

    private final DataInputStream in;
    private ByteOrder order = ByteOrder.LITTLE_ENDIAN;
    private boolean next;
    private boolean begun;
    private final List<Integer> linkTypes = new ArrayList<>();

    /** Reads from a stream, which stays the caller's to close. */
    public CaptureReader(InputStream in) {
        this.in = new DataInputStream(in);
    }

    /**
     * The next frame, as far as it was captured.
     *
     * @return null at the end of the file
     * @throws IOException if the file can't be read, is no capture file, is cut off or broken, or does not hold Ethernet; the message says which
     */
    public byte @Nullable [] frame() throws IOException {
        try {
            if (!begun) {
                begin();
            }
            return next ? nextOfBlocks() : nextOfPcap();
        } catch (EOFException e) {
            throw new IOException("the capture file is cut off", e);
        }
    }

    private void begin() throws IOException {
        int magic = in.readInt();
        begun = true;
        if (magic == SECTION) {
            next = true;
            section(in.readInt());
            return;
        }
        boolean big = magic == PCAP_MICROSECONDS || magic == PCAP_NANOSECONDS;
        int turned = Integer.reverseBytes(magic);
        if (!big && turned != PCAP_MICROSECONDS && turned != PCAP_NANOSECONDS) {
            throw new IOException("not a capture file: allowed are pcap and pcapng, not compressed");
        }
        order = big ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        ByteBuffer header = read(20);
        linkTypes.add(header.getInt(16) & 0xffff);
        requireEthernet(0);
    }

    private ByteBuffer read(int bytes) throws IOException {
        byte[] read = new byte[bytes];
        in.readFully(read);
        return ByteBuffer.wrap(read).order(order);
    }

    private void requireEthernet(int interfaceId) throws IOException {
        if (interfaceId < 0 || interfaceId >= linkTypes.size()) {
            throw new IOException(
                    "the capture file is broken: a packet of interface " + interfaceId + " of " + linkTypes.size());
        }
        if (linkTypes.get(interfaceId) != ETHERNET) {
            throw new IOException(
                    "the capture file holds frames of link type " + linkTypes.get(interfaceId) + ", not Ethernet (1)");
        }
    }

    private static int checked(int bytes, int low, int high, String what) throws IOException {
        if (bytes < low || bytes > high) {
            throw new IOException("the capture file is broken: " + what + " of " + bytes + " bytes");
        }
        return bytes;
    }

    private byte @Nullable [] nextOfPcap() throws IOException {
        int first = in.read();
        if (first < 0) {
            return null;
        }
        byte[] header = new byte[16];
        header[0] = (byte) first;
        in.readFully(header, 1, 15);
        int bytes = checked(ByteBuffer.wrap(header).order(order).getInt(8), 0, BLOCK_BYTES_MAX, "a frame");
        return read(bytes).array();
    }

    // pcapng.

    /** Behind the type of a Section Header Block. */
    private void section(int lengthBigEndian) throws IOException {
        int magic = in.readInt();
        if (magic != BYTE_ORDER && Integer.reverseBytes(magic) != BYTE_ORDER) {
            throw new IOException("the capture file is broken: a section of unknown byte order");
        }
        order = magic == BYTE_ORDER ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        int bytes = magic == BYTE_ORDER ? lengthBigEndian : Integer.reverseBytes(lengthBigEndian);
        read(checked(bytes, 28, BLOCK_BYTES_MAX, "a section header") - 12);
        linkTypes.clear();
    }

    private byte @Nullable [] nextOfBlocks() throws IOException {
        while (true) {
            int first = in.read();
            if (first < 0) {
                return null;
            }
            byte[] head = new byte[8];
            head[0] = (byte) first;
            in.readFully(head, 1, 7);
            ByteBuffer raw = ByteBuffer.wrap(head);
            if (raw.getInt(0) == SECTION) {
                section(raw.getInt(4));
                continue;
            }
            raw.order(order);
            int bytes = checked(raw.getInt(4), 12, BLOCK_BYTES_MAX, "a block");
            if ((bytes & 3) != 0) {
                throw new IOException("the capture file is broken: a block of " + bytes + " bytes");
            }
            ByteBuffer body = read(bytes - 8);
            body.limit(bytes - 12);
            byte[] frame = frame(raw.getInt(0), body);
            if (frame != null) {
                return frame;
            }
        }
    }

    /** The frame of a block; null if it has none. */
    private byte @Nullable [] frame(int type, ByteBuffer body) throws IOException {
        return switch (type) {
            case INTERFACE -> {
                checked(body.limit(), 8, BLOCK_BYTES_MAX, "an interface");
                linkTypes.add(body.getShort(0) & 0xffff);
                yield null;
            }
            case PACKET, OBSOLETE_PACKET -> {
                checked(body.limit(), 20, BLOCK_BYTES_MAX, "a packet");
                requireEthernet(type == PACKET ? body.getInt(0) : body.getShort(0) & 0xffff);
                yield slice(body, 20, body.getInt(12));
            }
            case SIMPLE_PACKET -> {
                checked(body.limit(), 4, BLOCK_BYTES_MAX, "a packet");
                requireEthernet(0);
                yield slice(body, 4, Math.min(body.limit() - 4, body.getInt(0)));
            }
            default -> null;
        };
    }

    private static byte[] slice(ByteBuffer body, int at, int bytes) throws IOException {
        byte[] frame = new byte[checked(bytes, 0, body.limit() - at, "a frame")];
        body.get(at, frame);
        return frame;
    }
}
