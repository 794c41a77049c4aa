package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * The three Geneve options by which gateway load balancers of AWS talk to appliances (option class 0x0108).
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Option Class = 0x0108     |   Type = 1    |R|R|R| Len = 2 |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                  VPC endpoint id (64 bits)                    |
 * |                                                               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Option Class = 0x0108     |   Type = 2    |R|R|R| Len = 2 |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                   Attachment id (64 bits)                     |
 * |                                                               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Option Class = 0x0108     |   Type = 3    |R|R|R| Len = 1 |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                    Flow cookie (32 bits)                      |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>They are accepted in any order and among other options. Payload is IPv4 or IPv6 without Ethernet header. {@code geneve} is
 * where the Geneve header begins, whose options have passed {@link GeneveOptions#check}. Called from the hot path: no allocation.
 */
public final class GwlbOptions {
    /** Length of the three options in bytes. */
    public static final int BYTES = 32;

    /** Option class. */
    public static final int OPTION_CLASS = 0x0108;

    /** Kind: id of the VPC endpoint. */
    public static final int ENDPOINT = OPTION_CLASS << 8 | 1;

    /** Kind: id of the attachment. */
    public static final int ATTACHMENT = OPTION_CLASS << 8 | 2;

    /** Kind: flow cookie, which the appliance has to send back with each packet of the flow. */
    public static final int COOKIE = OPTION_CLASS << 8 | 3;

    /** Bit of {@link #check}: the endpoint is there. */
    public static final int HAS_ENDPOINT = 1;

    /** Bit of {@link #check}: the attachment is there. */
    public static final int HAS_ATTACHMENT = 2;

    /** Bit of {@link #check}: the cookie is there. */
    public static final int HAS_COOKIE = 4;

    private GwlbOptions() {}

    /** Which of the three options are there, as bits, or {@link Malformed#GWLB_OPTION_LENGTH} if one has not its length. */
    public static int check(MemorySegment f, long geneve) {
        long end = GeneveOptions.end(f, geneve);
        int found = 0;
        for (long at = GeneveOptions.first(geneve); at < end; at = GeneveOptions.next(f, at)) {
            int kind = GeneveOptions.kind(f, at);
            if (kind < ENDPOINT || kind > COOKIE) {
                continue;
            }
            if (GeneveOptions.dataBytes(f, at) != (kind == COOKIE ? 4 : 8)) {
                return Malformed.GWLB_OPTION_LENGTH;
            }
            found |= 1 << (kind - ENDPOINT);
        }
        return found;
    }

    /** Id of the VPC endpoint, which must be there. */
    public static long endpoint(MemorySegment f, long geneve) {
        return f.get(Layouts.BE64, GeneveOptions.data(GeneveOptions.find(f, geneve, ENDPOINT)));
    }

    /** Id of the attachment, which must be there. */
    public static long attachment(MemorySegment f, long geneve) {
        return f.get(Layouts.BE64, GeneveOptions.data(GeneveOptions.find(f, geneve, ATTACHMENT)));
    }

    /** Flow cookie, which must be there. */
    public static int cookie(MemorySegment f, long geneve) {
        return f.get(Layouts.BE32, GeneveOptions.data(GeneveOptions.find(f, geneve, COOKIE)));
    }

    /** Writes the three options at {@code option}, in the order of their types; returns their length in bytes. */
    public static int write(MemorySegment f, long option, long endpoint, long attachment, int cookie) {
        f.set(Layouts.BE64, GeneveOptions.write(f, option, ENDPOINT, 8), endpoint);
        f.set(Layouts.BE64, GeneveOptions.write(f, option + 12, ATTACHMENT, 8), attachment);
        f.set(Layouts.BE32, GeneveOptions.write(f, option + 24, COOKIE, 4), cookie);
        return BYTES;
    }
}
