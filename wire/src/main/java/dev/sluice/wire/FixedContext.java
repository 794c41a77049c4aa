package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * The fixed context of metadata type 1 (RFC 8300 2.4) as Sluice fills it for service nodes that know no other type (docs/reference/overlay-formats.md).
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Version = 1  |R|S|0 0|C|L|0 0|           Reserved            |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                            Tenant                             |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                        Flow (64 bits)                         |
 * |                                                               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>{@code context} is where it begins, behind the service path header. Called from the hot path: no allocation. The caller has asked {@link #isUsable}.
 */
public final class FixedContext {
    /** Length in bytes. */
    public static final int BYTES = 16;

    /** The version that this program writes and reads. */
    public static final int VERSION = 1;

    /** Flag R: the packet goes the reverse way of its flow. */
    public static final int REVERSE = SluiceContext.REVERSE;

    /** Flag C: the packet is a copy; nothing is expected back. */
    public static final int COPY = SluiceContext.COPY;

    /** Flag L: the frame's own Ethernet header is to be left as it is by services that bridge. */
    public static final int LAYER_2 = SluiceContext.LAYER_2;

    /** Flag S: the flow is served for another switch, which has classified it. */
    public static final int SERVED = 0x40;

    private static final int KNOWN = REVERSE | COPY | LAYER_2 | SERVED;
    private static final int FLAGS_OFFSET = 1;
    private static final int RESERVED_OFFSET = 2;
    private static final int TENANT_OFFSET = 4;
    private static final int FLOW_OFFSET = 8;

    private FixedContext() {}

    /** Whether this can be a context that this program has written: of its version, with nothing where it writes zeros. */
    public static boolean isUsable(MemorySegment f, long context) {
        return Layouts.u8(f, context) == VERSION
                && (flags(f, context) & ~KNOWN) == 0
                && Layouts.u16(f, context + RESERVED_OFFSET) == 0;
    }

    /** All flags. */
    public static int flags(MemorySegment f, long context) {
        return Layouts.u8(f, context + FLAGS_OFFSET);
    }

    /** Tenant. */
    public static long tenant(MemorySegment f, long context) {
        return Layouts.u32(f, context + TENANT_OFFSET);
    }

    /** Flow, as the switch that has written the context calls it. */
    public static long flow(MemorySegment f, long context) {
        return f.get(Layouts.BE64, context + FLOW_OFFSET);
    }

    /** Writes the whole context; flags other than those named here are left out. */
    public static void write(MemorySegment f, long context, int flags, int tenant, long flow) {
        f.set(Layouts.BE32, context, VERSION << 24 | (flags & KNOWN) << 16);
        f.set(Layouts.BE32, context + TENANT_OFFSET, tenant);
        f.set(Layouts.BE64, context + FLOW_OFFSET, flow);
    }
}
