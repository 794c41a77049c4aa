package dev.sluice.wire;

import static dev.sluice.wire.Layouts.BE32;
import static dev.sluice.wire.Layouts.BE64;

import java.lang.foreign.MemorySegment;

/**
 * Address resolution for IPv4 over Ethernet (RFC 826).
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |       Hardware type (1)       |    Protocol type (0x0800)     |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  HW bytes (6) | Prot bytes (4)|           Operation           |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                      Sender MAC address                       |
 * +                               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                               |    Sender IPv4 address (1)    |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |    Sender IPv4 address (2)    |                               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               +
 * |                      Target MAC address                       |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                      Target IPv4 address                      |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>Called from the hot path: no allocation. IPv4 addresses are 32 bits in an int, first octet highest.
 */
public final class Arp {
    /** Length of the packet in bytes. */
    public static final int BYTES = 28;

    /** Operation: who has the target address? */
    public static final int REQUEST = 1;

    /** Operation: the sender has it. */
    public static final int REPLY = 2;

    /** Hardware type 1, protocol 0x0800, lengths 6 and 4: the first six bytes. */
    private static final long ETHERNET_IPV4 = 0x0001_0800_0604L;

    private static final int OPERATION_OFFSET = 6;
    private static final int SENDER_MAC_OFFSET = 8;
    private static final int SENDER_IP_OFFSET = 14;
    private static final int TARGET_MAC_OFFSET = 18;
    private static final int TARGET_IP_OFFSET = 24;

    private Arp() {}

    /** The packet length, or a negative code of {@link Malformed}. */
    public static int check(MemorySegment f, long base, int bytesAvailable) {
        if (bytesAvailable < BYTES) {
            return Malformed.ARP_TRUNCATED;
        }
        return f.get(BE64, base) >>> 16 == ETHERNET_IPV4 ? BYTES : Malformed.ARP_FORMAT;
    }

    /** Whether the bytes hold a whole packet that maps IPv4 to Ethernet. */
    public static boolean isEthernetIpv4(MemorySegment f, long base, int bytes) {
        return check(f, base, bytes) > 0;
    }

    /** What the packet asks or says: {@link #REQUEST}, {@link #REPLY} or another number. */
    public static int operation(MemorySegment f, long base) {
        return Layouts.u16(f, base + OPERATION_OFFSET);
    }

    /** MAC address of the sender. */
    public static long senderMac(MemorySegment f, long base) {
        return Layouts.u48(f, base + SENDER_MAC_OFFSET);
    }

    /** IPv4 address of the sender; 0 in a probe (RFC 5227 2.1). */
    public static int senderIp(MemorySegment f, long base) {
        return f.get(BE32, base + SENDER_IP_OFFSET);
    }

    /** MAC address of the target; meaningless in a request. */
    public static long targetMac(MemorySegment f, long base) {
        return Layouts.u48(f, base + TARGET_MAC_OFFSET);
    }

    /** IPv4 address of the target. */
    public static int targetIp(MemorySegment f, long base) {
        return f.get(BE32, base + TARGET_IP_OFFSET);
    }

    /** Writes a whole packet. */
    public static void write(
            MemorySegment f, long base, int operation, long senderMac, int senderIp, long targetMac, int targetIp) {
        f.set(BE64, base, ETHERNET_IPV4 << 16 | (operation & 0xffff));
        Layouts.putU48(f, base + SENDER_MAC_OFFSET, senderMac);
        f.set(BE32, base + SENDER_IP_OFFSET, senderIp);
        Layouts.putU48(f, base + TARGET_MAC_OFFSET, targetMac);
        f.set(BE32, base + TARGET_IP_OFFSET, targetIp);
    }
}
