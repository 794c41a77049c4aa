package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * BFD control packet (RFC 5880 4.1) with its authentication section (4.4), as it lies behind a UDP header.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |Vers |  Diag   |Sta|P|F|C|A|D|M|  Detect mult  |    Length     |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                       My discriminator                        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                      Your discriminator                       |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                Desired min TX interval, microseconds          |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                Required min RX interval, microseconds         |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |              Required min echo RX interval, microseconds      |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |   Auth type   |   Auth len    |  Auth key id  |   Reserved    |  if A
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                        Sequence number                        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                    Auth key or hash, 20 bytes ...             |
 * </pre>
 *
 * <p>Called for each packet: no allocation. Run {@link #check} before any other accessor, {@link #isKeyedSha1} before those of the hash. {@link #check} has its
 * own reasons, not those of {@link Malformed}: these packets are read by their receiver and never by the data path, whose drop reasons stay as they are.
 */
public final class Bfd {
    /** Length of the mandatory section in bytes. */
    public static final int BYTES = 24;

    /** Length in bytes of a packet with keyed or meticulous keyed SHA1. */
    public static final int SHA1_PACKET_BYTES = 52;

    /** Length in bytes of a SHA1 hash, and of a key with its padding (RFC 5880 6.7.4). */
    public static final int HASH_BYTES = 20;

    /** Where the hash is in a packet with SHA1. */
    public static final int HASH_OFFSET = 32;

    /** UDP port of single-hop sessions (RFC 5881 4). */
    public static final int PORT_SINGLE_HOP = 3784;

    /** UDP port of multihop sessions (RFC 5883 5). */
    public static final int PORT_MULTIHOP = 4784;

    /** Lowest source port (RFC 5881 4). */
    public static final int SOURCE_PORT_MIN = 49152;

    /** The version. */
    public static final int VERSION = 1;

    /** State: held down by an operator. */
    public static final int ADMIN_DOWN = 0;

    /** State: nothing known of the other side. */
    public static final int DOWN = 1;

    /** State: the other side is heard, and does not say yet that it hears us. */
    public static final int INIT = 2;

    /** State: both hear each other. */
    public static final int UP = 3;

    /** Flag P: a poll, to be answered at once. */
    public static final int POLL = 0x20;

    /** Flag F: answer to a poll. */
    public static final int FINAL = 0x10;

    /** Flag C: shares no fate with the sender's control plane. */
    public static final int CONTROL_PLANE_INDEPENDENT = 0x08;

    /** Flag A: an authentication section follows. */
    public static final int AUTHENTICATION = 0x04;

    /** Flag D: the sender asks not to be sent to periodically. */
    public static final int DEMAND = 0x02;

    /** Flag M: for extensions to more than two, never set. */
    public static final int MULTIPOINT = 0x01;

    /** Authentication type: keyed SHA1. */
    public static final int KEYED_SHA1 = 4;

    /** Authentication type: meticulous keyed SHA1, whose sequence grows with each packet. */
    public static final int METICULOUS_KEYED_SHA1 = 5;

    /** Fewer bytes than a mandatory section. */
    public static final int TRUNCATED = -1;

    /** The version is not 1. */
    public static final int WRONG_VERSION = -2;

    /** The length is below 24, or below 26 with an authentication section. */
    public static final int LENGTH_SHORT = -3;

    /** The length exceeds the bytes that are there. */
    public static final int LENGTH_LONG = -4;

    /** The detection multiplier is 0. */
    public static final int ZERO_MULTIPLIER = -5;

    /** The multipoint bit is set. */
    public static final int MULTIPOINT_SET = -6;

    /** My discriminator is 0. */
    public static final int ZERO_MY_DISCRIMINATOR = -7;

    /** Your discriminator is 0 in state Init or Up. */
    public static final int ZERO_YOUR_DISCRIMINATOR = -8;

    /** The authentication section is shorter than its own header, or does not end where the packet ends. */
    public static final int AUTHENTICATION_LENGTH = -9;

    /** Reasons of {@link #check} are -1 down to -REASONS. */
    public static final int REASONS = 9;

    private static final int FLAGS_OFFSET = 1;
    private static final int FLAGS_MASK = 0x3f;
    private static final int MULTIPLIER_OFFSET = 2;
    private static final int LENGTH_OFFSET = 3;
    private static final int MY_DISCRIMINATOR_OFFSET = 4;
    private static final int YOUR_DISCRIMINATOR_OFFSET = 8;
    private static final int DESIRED_MIN_TX_OFFSET = 12;
    private static final int REQUIRED_MIN_RX_OFFSET = 16;
    private static final int REQUIRED_MIN_ECHO_RX_OFFSET = 20;
    private static final int AUTHENTICATION_BYTES_MIN = 2;
    private static final int KEY_ID_OFFSET = 26;
    private static final int SEQUENCE_OFFSET = 28;

    private Bfd() {}

    /**
     * The packet's length in bytes, or a negative reason: the rules of RFC 5880 6.8.6 that need no state.
     *
     * @param bytesAvailable bytes behind the UDP header
     */
    public static int check(MemorySegment f, long base, int bytesAvailable) {
        if (bytesAvailable < BYTES) {
            return TRUNCATED;
        }
        if (version(f, base) != VERSION) {
            return WRONG_VERSION;
        }
        int length = length(f, base);
        boolean authenticated = has(f, base, AUTHENTICATION);
        if (length < BYTES + (authenticated ? AUTHENTICATION_BYTES_MIN : 0)) {
            return LENGTH_SHORT;
        }
        if (length > bytesAvailable) {
            return LENGTH_LONG;
        }
        if (multiplier(f, base) == 0) {
            return ZERO_MULTIPLIER;
        }
        if (has(f, base, MULTIPOINT)) {
            return MULTIPOINT_SET;
        }
        if (myDiscriminator(f, base) == 0) {
            return ZERO_MY_DISCRIMINATOR;
        }
        if (yourDiscriminator(f, base) == 0 && state(f, base) >= INIT) {
            return ZERO_YOUR_DISCRIMINATOR;
        }
        if (authenticated) {
            int section = authenticationLength(f, base);
            if (section < AUTHENTICATION_BYTES_MIN || section != length - BYTES) {
                return AUTHENTICATION_LENGTH;
            }
        }
        return length;
    }

    /** Version. */
    public static int version(MemorySegment f, long base) {
        return Layouts.u8(f, base) >>> 5;
    }

    /** Diagnostic code, 0..31: why the sender's session last left Up (RFC 5880 4.1). */
    public static int diagnostic(MemorySegment f, long base) {
        return Layouts.u8(f, base) & 0x1f;
    }

    /** State of the sender's session, {@link #ADMIN_DOWN} to {@link #UP}. */
    public static int state(MemorySegment f, long base) {
        return Layouts.u8(f, base + FLAGS_OFFSET) >>> 6;
    }

    /** The six flags. */
    public static int flags(MemorySegment f, long base) {
        return Layouts.u8(f, base + FLAGS_OFFSET) & FLAGS_MASK;
    }

    /** Whether a flag is set. */
    public static boolean has(MemorySegment f, long base, int flag) {
        return (Layouts.u8(f, base + FLAGS_OFFSET) & flag) != 0;
    }

    /** Detection multiplier, 0..255. */
    public static int multiplier(MemorySegment f, long base) {
        return Layouts.u8(f, base + MULTIPLIER_OFFSET);
    }

    /** Length of the packet in bytes, as it says itself. */
    public static int length(MemorySegment f, long base) {
        return Layouts.u8(f, base + LENGTH_OFFSET);
    }

    /** The sender's name for the session, all 32 bits. */
    public static int myDiscriminator(MemorySegment f, long base) {
        return f.get(Layouts.BE32, base + MY_DISCRIMINATOR_OFFSET);
    }

    /** The receiver's name for the session, all 32 bits; 0 if the sender does not know it. */
    public static int yourDiscriminator(MemorySegment f, long base) {
        return f.get(Layouts.BE32, base + YOUR_DISCRIMINATOR_OFFSET);
    }

    /** The shortest interval at which the sender would like to send, microseconds, 0..2^32-1. */
    public static long desiredMinTxUs(MemorySegment f, long base) {
        return Layouts.u32(f, base + DESIRED_MIN_TX_OFFSET);
    }

    /** The shortest interval at which the sender can receive, microseconds, 0..2^32-1; 0 asks for silence. */
    public static long requiredMinRxUs(MemorySegment f, long base) {
        return Layouts.u32(f, base + REQUIRED_MIN_RX_OFFSET);
    }

    /** The same for echo packets; 0 says that the sender takes none. */
    public static long requiredMinEchoRxUs(MemorySegment f, long base) {
        return Layouts.u32(f, base + REQUIRED_MIN_ECHO_RX_OFFSET);
    }

    /** Type of the authentication section; 0 if there is none. */
    public static int authenticationType(MemorySegment f, long base) {
        return has(f, base, AUTHENTICATION) ? Layouts.u8(f, base + BYTES) : 0;
    }

    /** Length of the authentication section in bytes; 0 if there is none. */
    public static int authenticationLength(MemorySegment f, long base) {
        return has(f, base, AUTHENTICATION) ? Layouts.u8(f, base + BYTES + 1) : 0;
    }

    /** Whether a packet that passed {@link #check} has a whole section of keyed or meticulous keyed SHA1. */
    public static boolean isKeyedSha1(MemorySegment f, long base) {
        int type = authenticationType(f, base);
        return (type == KEYED_SHA1 || type == METICULOUS_KEYED_SHA1) && length(f, base) == SHA1_PACKET_BYTES;
    }

    /** Number of the key, 0..255. */
    public static int keyId(MemorySegment f, long base) {
        return Layouts.u8(f, base + KEY_ID_OFFSET);
    }

    /** Sequence number, all 32 bits. */
    public static int sequence(MemorySegment f, long base) {
        return f.get(Layouts.BE32, base + SEQUENCE_OFFSET);
    }

    /**
     * Writes the first word of the mandatory section.
     *
     * @param length of the whole packet in bytes
     */
    public static void setHeader(
            MemorySegment f, long base, int diagnostic, int state, int flags, int multiplier, int length) {
        Layouts.putU8(f, base, (VERSION << 5) | (diagnostic & 0x1f));
        Layouts.putU8(f, base + FLAGS_OFFSET, (state << 6) | (flags & FLAGS_MASK));
        Layouts.putU8(f, base + MULTIPLIER_OFFSET, multiplier);
        Layouts.putU8(f, base + LENGTH_OFFSET, length);
    }

    /** Writes both discriminators. */
    public static void setDiscriminators(MemorySegment f, long base, int mine, int yours) {
        f.set(Layouts.BE32, base + MY_DISCRIMINATOR_OFFSET, mine);
        f.set(Layouts.BE32, base + YOUR_DISCRIMINATOR_OFFSET, yours);
    }

    /** Writes the three intervals, in microseconds. */
    public static void setIntervals(
            MemorySegment f, long base, long desiredMinTxUs, long requiredMinRxUs, long requiredMinEchoRxUs) {
        Layouts.putU32(f, base + DESIRED_MIN_TX_OFFSET, desiredMinTxUs);
        Layouts.putU32(f, base + REQUIRED_MIN_RX_OFFSET, requiredMinRxUs);
        Layouts.putU32(f, base + REQUIRED_MIN_ECHO_RX_OFFSET, requiredMinEchoRxUs);
    }

    /** Writes a section of keyed or meticulous keyed SHA1 but for its last 20 bytes, which are at {@link #HASH_OFFSET}. */
    public static void setKeyedSha1(MemorySegment f, long base, int type, int keyId, int sequence) {
        Layouts.putU8(f, base + BYTES, type);
        Layouts.putU8(f, base + BYTES + 1, SHA1_PACKET_BYTES - BYTES);
        Layouts.putU8(f, base + KEY_ID_OFFSET, keyId);
        Layouts.putU8(f, base + KEY_ID_OFFSET + 1, 0);
        f.set(Layouts.BE32, base + SEQUENCE_OFFSET, sequence);
    }
}
