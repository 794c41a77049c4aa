package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * VXLAN-GPE header (draft-ietf-nvo3-vxlan-gpe 3): a VXLAN header that says what follows.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |R|R|Ver|I|P|B|O|       Reserved                | Next Protocol |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                VXLAN Network Identifier (VNI) |   Reserved    |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>Called from the hot path: no allocation. Run {@link #check} before any other accessor.
 */
public final class VxlanGpe {
    /** Length of the header in bytes. */
    public static final int BYTES = 8;

    /** UDP destination port. */
    public static final int PORT = 4790;

    /** Next protocol: IPv4. */
    public static final int NEXT_IPV4 = 1;

    /** Next protocol: IPv6. */
    public static final int NEXT_IPV6 = 2;

    /** Next protocol: Ethernet. */
    public static final int NEXT_ETHERNET = 3;

    /** Next protocol: NSH. */
    public static final int NEXT_NSH = 4;

    private static final int VERSION = 0x30;
    private static final int NEXT_PROTOCOL = 0x04;
    private static final int BUM = 0x02;
    private static final int OAM = 0x01;
    private static final int NEXT_PROTOCOL_OFFSET = 3;

    private VxlanGpe() {}

    /** The header length, or a negative code of {@link Malformed}: too short, another version than 0, or flag I is not set. */
    public static int check(MemorySegment f, long base, int bytesAvailable) {
        if (bytesAvailable < BYTES) {
            return Malformed.VXLAN_TRUNCATED;
        }
        int flags = Vxlan.flags(f, base);
        if ((flags & VERSION) != 0) {
            return Malformed.VXLAN_GPE_VERSION;
        }
        return (flags & Vxlan.INSTANCE) != 0 ? BYTES : Malformed.VXLAN_NO_VNI;
    }

    /** What follows: the field if flag P is set, else {@link #NEXT_ETHERNET} as in VXLAN. */
    public static int nextProtocol(MemorySegment f, long base) {
        return (Vxlan.flags(f, base) & NEXT_PROTOCOL) != 0 ? Layouts.u8(f, base + NEXT_PROTOCOL_OFFSET) : NEXT_ETHERNET;
    }

    /** Whether flag O is set: a message between tunnel endpoints, which must not be forwarded. */
    public static boolean isOam(MemorySegment f, long base) {
        return (Vxlan.flags(f, base) & OAM) != 0;
    }

    /** Whether flag B is set: broadcast, unknown unicast or multicast, replicated by the sender. */
    public static boolean isReplicated(MemorySegment f, long base) {
        return (Vxlan.flags(f, base) & BUM) != 0;
    }

    /** Virtual network identifier, 24 bits. */
    public static int vni(MemorySegment f, long base) {
        return Vxlan.vni(f, base);
    }

    /** Ethernet type of a next protocol, as Geneve names it, or -1 if there is none. */
    public static int etherTypeOf(int nextProtocol) {
        return switch (nextProtocol) {
            case NEXT_IPV4 -> EtherTypes.IPV4;
            case NEXT_IPV6 -> EtherTypes.IPV6;
            case NEXT_ETHERNET -> EtherTypes.TEB;
            case NEXT_NSH -> EtherTypes.NSH;
            default -> -1;
        };
    }

    /** Writes a header with flags I and P; returns its length in bytes. */
    public static int write(MemorySegment f, long base, boolean oam, int nextProtocol, int vni) {
        int flags = Vxlan.INSTANCE | NEXT_PROTOCOL | (oam ? OAM : 0);
        f.set(Layouts.BE32, base, flags << 24 | (nextProtocol & 0xff));
        Vxlan.setVni(f, base, vni);
        return BYTES;
    }
}
