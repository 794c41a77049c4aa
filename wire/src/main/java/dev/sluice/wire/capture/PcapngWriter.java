package dev.sluice.wire.capture;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Blocks of a pcapng file (draft-ietf-opsawg-pcapng), little endian, Ethernet, times in nanoseconds. Stateless; each call gives the bytes of one block. */
public final class PcapngWriter {
    /** Direction of a frame, option epb_flags: came in. */
    public static final int INBOUND = 1;

    /** Direction of a frame: goes out. */
    public static final int OUTBOUND = 2;

    /** Longest text of an option in bytes; longer ones are cut. */
    public static final int TEXT_BYTES_MAX = 4096;

    private static final int SECTION = 0x0a0d0d0a;
    private static final int INTERFACE = 1;
    private static final int STATISTICS = 5;
    private static final int PACKET = 6;
    private static final int ETHERNET = 1;
    private static final int OPTION_END = 0;
    private static final int OPTION_COMMENT = 1;
    private static final int SHB_USERAPPL = 4;
    private static final int IF_NAME = 2;
    private static final int IF_DESCRIPTION = 3;
    private static final int IF_TSRESOL = 9;
    private static final int EPB_FLAGS = 2;
    private static final int ISB_IFDROP = 5;
    private static final int NANOSECONDS = 9;

    private PcapngWriter() {}

    /** The beginning of a file. */
    public static byte[] section(String application) {
        Options options = new Options().text(SHB_USERAPPL, application);
        ByteBuffer body = buffer(16 + options.length());
        body.putInt(0x1a2b3c4d).putShort((short) 1).putShort((short) 0).putLong(-1);
        return block(SECTION, options.onto(body));
    }

    /** An interface; the first one of a file has id 0. */
    public static byte[] networkInterface(String name, String description) {
        Options options = new Options().text(IF_NAME, name).text(IF_DESCRIPTION, description);
        options.put(IF_TSRESOL, new byte[] {NANOSECONDS});
        ByteBuffer body = buffer(8 + options.length());
        body.putShort((short) ETHERNET).putShort((short) 0).putInt(0);
        return block(INTERFACE, options.onto(body));
    }

    /**
     * A frame.
     *
     * @param epochNs nanoseconds since 1970
     * @param frameBytes its length on the wire, at least that of {@code captured}
     * @param direction {@link #INBOUND}, {@link #OUTBOUND}, or 0: unknown
     */
    public static byte[] packet(
            int interfaceId, long epochNs, byte[] captured, int frameBytes, int direction, String comment) {
        Options options = new Options().text(OPTION_COMMENT, comment).number(EPB_FLAGS, direction);
        int padded = captured.length + 3 & ~3;
        ByteBuffer body = buffer(20 + padded + options.length());
        body.putInt(interfaceId).putInt((int) (epochNs >>> 32)).putInt((int) epochNs);
        body.putInt(captured.length).putInt(frameBytes).put(captured).position(20 + padded);
        return block(PACKET, options.onto(body));
    }

    /** What was lost of an interface, at the end of a file. */
    public static byte[] statistics(int interfaceId, long epochNs, long lost, String comment) {
        Options options = new Options().text(OPTION_COMMENT, comment);
        options.put(ISB_IFDROP, bytes(buffer(8).putLong(lost)));
        ByteBuffer body = buffer(12 + options.length());
        body.putInt(interfaceId).putInt((int) (epochNs >>> 32)).putInt((int) epochNs);
        return block(STATISTICS, options.onto(body));
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] block(int type, ByteBuffer body) {
        int bytes = 12 + body.capacity();
        return bytes(buffer(bytes).putInt(type).putInt(bytes).put(body.rewind()).putInt(bytes));
    }

    private static byte[] bytes(ByteBuffer filled) {
        byte[] bytes = new byte[filled.capacity()];
        filled.get(0, bytes);
        return bytes;
    }

    /** Options of one block: code, length, value padded to four bytes. */
    private static final class Options {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Options text(int code, String text) {
            if (!text.isEmpty()) {
                byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                put(code, bytes.length <= TEXT_BYTES_MAX ? bytes : Arrays.copyOf(bytes, TEXT_BYTES_MAX));
            }
            return this;
        }

        Options number(int code, int value) {
            put(code, bytes(buffer(4).putInt(value)));
            return this;
        }

        void put(int code, byte[] value) {
            ByteBuffer option = buffer(4 + (value.length + 3 & ~3));
            option.putShort((short) code).putShort((short) value.length).put(value);
            out.writeBytes(bytes(option));
        }

        int length() {
            return out.size() + 4;
        }

        ByteBuffer onto(ByteBuffer body) {
            return body.put(out.toByteArray()).putInt(OPTION_END);
        }
    }
}
