package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * Context headers of NSH metadata type 2 (RFC 8300 2.5.1), the types of RFC 9263, and the one that Sluice adds.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |          Metadata Class       |      Type     |U|    Length   |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ~           Variable-Length Metadata, padded to words           ~
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>{@code nsh} is where the network service header begins, which has passed {@link Nsh#check}; {@code context} is where a context
 * header begins, from the beginning of the segment. Run {@link #check} before anything else: what walks the list relies on it. A kind
 * is class and type in one int, {@code class << 8 | type}. Bit U is ignored (RFC 8300 2.5.1). Called from the hot path: no allocation.
 */
public final class NshContext {
    /** Length of a context header without metadata. */
    public static final int BYTES = 4;

    /** Most bytes of metadata in one context header. */
    public static final int VALUE_BYTES_MAX = 127;

    /** Kind: tenant (RFC 9263 4.2). */
    public static final int TENANT = 0x05;

    /** Kind: node at which the packet came in (RFC 9263 4.3). */
    public static final int INGRESS_NODE = 0x06;

    /** Kind: interface at which the packet came in (RFC 9263 4.4). */
    public static final int INGRESS_INTERFACE = 0x07;

    /** Kind: flow (RFC 9263 4.5). */
    public static final int FLOW_ID = 0x08;

    /** Kind: groups of source and destination (RFC 9263 4.6), 4 bytes each. */
    public static final int GROUPS = 0x09;

    /** Kind: policy (RFC 9263 4.7). */
    public static final int POLICY_ID = 0x0a;

    /** Metadata class of Sluice, of the range for experiments (RFC 8300 9.1.4). */
    public static final int SLUICE_CLASS = 0xfff6;

    /** Kind: service context of Sluice, see {@link SluiceContext}. */
    public static final int SLUICE = SLUICE_CLASS << 8 | 0x01;

    /** Kind: node at which the destination of the packet is, 4 bytes; 0: the router that the packet is for is on the node that has served it last. */
    public static final int EGRESS_NODE = SLUICE_CLASS << 8 | 0x02;

    /** Kind: as {@link #EGRESS_NODE}, and the classifying node also has the packets of the other direction serviced. */
    public static final int EGRESS_NODE_BOTH_WAYS = SLUICE_CLASS << 8 | 0x03;

    /** Kind: states of service instances, between switches, see {@link PlaneStates}. */
    public static final int STATES = SLUICE_CLASS << 8 | 0x10;

    private static final int TYPE_OFFSET = 2;
    private static final int LENGTH_OFFSET = 3;

    private NshContext() {}

    /**
     * Walks all context headers: each must end inside the network service header.
     *
     * @return how many there are: 0..61, or {@link Malformed#NSH_CONTEXT_LENGTH}; 0 for metadata type 1
     */
    public static int check(MemorySegment f, long nsh) {
        long end = end(f, nsh);
        int count = 0;
        for (long at = first(f, nsh); at < end; at = next(f, at)) {
            // Headers are whole words, so that four bytes are there.
            if (next(f, at) > end) {
                return Malformed.NSH_CONTEXT_LENGTH;
            }
            count++;
        }
        return count;
    }

    /** Where the network service header ends and its payload begins. */
    public static long end(MemorySegment f, long nsh) {
        return nsh + Nsh.headerBytes(f, nsh);
    }

    /** Where the first context header begins; {@link #end} if there is none, as with metadata type 1. */
    public static long first(MemorySegment f, long nsh) {
        return Nsh.mdType(f, nsh) == Nsh.MD_VARIABLE ? nsh + Nsh.BYTES : end(f, nsh);
    }

    /** Where the context header behind this one begins. */
    public static long next(MemorySegment f, long context) {
        return context + paddedBytes(valueBytes(f, context));
    }

    /** Length of a context header with padding, in bytes, that belongs to a length of metadata. */
    public static int paddedBytes(int valueBytes) {
        return BYTES + ((valueBytes + 3) & ~3);
    }

    /** Class and type. */
    public static int kind(MemorySegment f, long context) {
        return f.get(Layouts.BE32, context) >>> 8;
    }

    /** Who defines the types. */
    public static int mdClass(MemorySegment f, long context) {
        return Layouts.u16(f, context);
    }

    /** Type: 0..255. */
    public static int type(MemorySegment f, long context) {
        return Layouts.u8(f, context + TYPE_OFFSET);
    }

    /** Length of the metadata in bytes, without padding: 0..127. */
    public static int valueBytes(MemorySegment f, long context) {
        return Layouts.u8(f, context + LENGTH_OFFSET) & 0x7f;
    }

    /** Where the metadata begin. */
    public static long value(long context) {
        return context + BYTES;
    }

    /** Metadata of 1 to 8 bytes as an unsigned number in network order; 0 for other lengths, which {@link #isNumber} tells. */
    public static long number(MemorySegment f, long context) {
        int bytes = valueBytes(f, context);
        if (bytes == 4) {
            return Layouts.u32(f, value(context));
        }
        if (bytes == 8) {
            return f.get(Layouts.BE64, value(context));
        }
        if (bytes > 8) {
            return 0;
        }
        long number = 0;
        for (int i = 0; i < bytes; i++) {
            number = number << 8 | Layouts.u8(f, value(context) + i);
        }
        return number;
    }

    /** Whether the metadata have 1 to 8 bytes. */
    public static boolean isNumber(MemorySegment f, long context) {
        int bytes = valueBytes(f, context);
        return bytes > 0 && bytes <= 8;
    }

    /** Where the first context header of a kind begins, or -1. */
    public static long find(MemorySegment f, long nsh, int kind) {
        long end = end(f, nsh);
        for (long at = first(f, nsh); at < end; at = next(f, at)) {
            if (kind(f, at) == kind) {
                return at;
            }
        }
        return -1;
    }

    /**
     * Writes class, type and length of a context header and zeros into its last word, whose end may be padding.
     *
     * @param valueBytes 0..127
     * @return where its metadata begin
     */
    public static long write(MemorySegment f, long context, int kind, int valueBytes) {
        f.set(Layouts.BE32, context + paddedBytes(valueBytes) - 4, 0);
        f.set(Layouts.BE32, context, kind << 8 | valueBytes);
        return context + BYTES;
    }
}
