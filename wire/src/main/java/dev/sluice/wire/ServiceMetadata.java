package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * What the context headers of one packet say, as far as it is understood. One writer: the thread that made it, which reuses it for
 * each packet.
 *
 * <p>Called from the hot path: no allocation, one pass over the context headers. A field is of meaning only if {@link #has} says so.
 * Identifiers are opaque (RFC 9263); those of 1 to 8 bytes are read as numbers, others, unknown types and the fixed context of
 * metadata type 1 are carried on unread. Of several context headers of one kind the first counts.
 */
public final class ServiceMetadata {
    /** Bit of {@link #present}: tenant. */
    public static final int TENANT = 1;

    /** Bit: node at which the packet came in. */
    public static final int INGRESS_NODE = 2;

    /** Bit: interface at which the packet came in. */
    public static final int INGRESS_INTERFACE = 4;

    /** Bit: flow. */
    public static final int FLOW_ID = 8;

    /** Bit: groups of source and destination. */
    public static final int GROUPS = 16;

    /** Bit: policy. */
    public static final int POLICY_ID = 32;

    /** Bit: what {@link SluiceContext} holds. */
    public static final int SLUICE = 64;

    private static final int GROUPS_BYTES = 8;

    // Where context headers begin in a network service header with tenant, node, flow and Sluice's own, in this order.
    private static final int USUAL_TENANT = Nsh.BYTES;
    private static final int USUAL_NODE = USUAL_TENANT + NshContext.BYTES + 4;
    private static final int USUAL_FLOW = USUAL_NODE + NshContext.BYTES + 4;
    private static final int USUAL_SLUICE = USUAL_FLOW + NshContext.BYTES + 8;

    /** Length of a network service header with tenant, node, flow and Sluice's own context, in this order, in bytes. */
    public static final int USUAL_BYTES = USUAL_SLUICE + NshContext.BYTES + SluiceContext.BYTES;

    private int present;
    private int unknown;
    private long tenant;
    private long ingressNode;
    private long ingressInterface;
    private long flowId;
    private int sourceGroup;
    private int destinationGroup;
    private long policyId;
    private long sluiceOffset;
    private int flags;
    private int chainTag;
    private int programTag;
    private long traceId;

    /** Creates an empty one. */
    public ServiceMetadata() {}

    /**
     * Reads all context headers and forgets what was read before.
     *
     * @param nsh where the network service header begins, which has passed {@link Nsh#check}
     * @return how many context headers there are, or {@link Malformed#NSH_CONTEXT_LENGTH}: then nothing is present
     */
    public int read(MemorySegment f, long nsh) {
        present = 0;
        unknown = 0;
        if (isUsual(f, nsh)) {
            return takeUsual(f, nsh);
        }
        int count = NshContext.check(f, nsh);
        if (count > 0) {
            long end = NshContext.end(f, nsh);
            for (long at = NshContext.first(f, nsh); at < end; at = NshContext.next(f, at)) {
                take(f, at);
            }
        }
        return count;
    }

    /**
     * Says what a packet without context headers stands for, to whoever knows, and forgets what was read before: there are no flags and no instruction, and nothing to change in place.
     */
    public void set(long ofTenant, long atNode, long ofFlow) {
        present = TENANT | INGRESS_NODE | FLOW_ID | SLUICE;
        unknown = 0;
        tenant = ofTenant;
        ingressNode = atNode;
        flowId = ofFlow;
        sluiceOffset = 0;
        flags = 0;
        chainTag = 0;
        programTag = 0;
        traceId = 0;
    }

    /** Whether the context headers are those that Sluice writes, in its order ({@link #USUAL_BYTES}): most packets' are, and then nothing has to be walked. */
    private static boolean isUsual(MemorySegment f, long nsh) {
        return Nsh.headerBytes(f, nsh) == USUAL_BYTES
                && Nsh.mdType(f, nsh) == Nsh.MD_VARIABLE
                && f.get(Layouts.BE32, nsh + USUAL_TENANT) == (NshContext.TENANT << 8 | 4)
                && f.get(Layouts.BE32, nsh + USUAL_NODE) == (NshContext.INGRESS_NODE << 8 | 4)
                && f.get(Layouts.BE32, nsh + USUAL_FLOW) == (NshContext.FLOW_ID << 8 | 8)
                && f.get(Layouts.BE32, nsh + USUAL_SLUICE) == (NshContext.SLUICE << 8 | SluiceContext.BYTES)
                && SluiceContext.isUsable(f, NshContext.value(nsh + USUAL_SLUICE), SluiceContext.BYTES);
    }

    private int takeUsual(MemorySegment f, long nsh) {
        present = TENANT | INGRESS_NODE | FLOW_ID | SLUICE;
        tenant = Layouts.u32(f, NshContext.value(nsh + USUAL_TENANT));
        ingressNode = Layouts.u32(f, NshContext.value(nsh + USUAL_NODE));
        flowId = f.get(Layouts.BE64, NshContext.value(nsh + USUAL_FLOW));
        readSluice(f, NshContext.value(nsh + USUAL_SLUICE));
        return 4;
    }

    private void readSluice(MemorySegment f, long value) {
        sluiceOffset = value;
        flags = SluiceContext.flags(f, value);
        chainTag = SluiceContext.chainTag(f, value);
        programTag = SluiceContext.programTag(f, value);
        traceId = SluiceContext.traceId(f, value);
    }

    private void take(MemorySegment f, long at) {
        switch (NshContext.kind(f, at)) {
            case NshContext.TENANT -> tenant = isFirst(TENANT, NshContext.isNumber(f, at)) ? number(f, at) : tenant;
            case NshContext.INGRESS_NODE ->
                ingressNode = isFirst(INGRESS_NODE, NshContext.isNumber(f, at)) ? number(f, at) : ingressNode;
            case NshContext.INGRESS_INTERFACE ->
                ingressInterface =
                        isFirst(INGRESS_INTERFACE, NshContext.isNumber(f, at)) ? number(f, at) : ingressInterface;
            case NshContext.FLOW_ID -> flowId = isFirst(FLOW_ID, NshContext.isNumber(f, at)) ? number(f, at) : flowId;
            case NshContext.POLICY_ID ->
                policyId = isFirst(POLICY_ID, NshContext.isNumber(f, at)) ? number(f, at) : policyId;
            case NshContext.GROUPS -> takeGroups(f, at);
            case NshContext.SLUICE -> takeSluice(f, at);
            default -> unknown++;
        }
    }

    private static long number(MemorySegment f, long at) {
        return NshContext.number(f, at);
    }

    private boolean isFirst(int bit, boolean usable) {
        if (!usable) {
            unknown++;
            return false;
        }
        boolean first = (present & bit) == 0;
        present |= bit;
        return first;
    }

    private void takeGroups(MemorySegment f, long at) {
        if (isFirst(GROUPS, NshContext.valueBytes(f, at) == GROUPS_BYTES)) {
            sourceGroup = f.get(Layouts.BE32, NshContext.value(at));
            destinationGroup = f.get(Layouts.BE32, NshContext.value(at) + 4);
        }
    }

    private void takeSluice(MemorySegment f, long at) {
        long value = NshContext.value(at);
        if (isFirst(SLUICE, SluiceContext.isUsable(f, value, NshContext.valueBytes(f, at)))) {
            readSluice(f, value);
        }
    }

    /** Whether all these bits are present. */
    public boolean has(int bits) {
        return (present & bits) == bits;
    }

    /** What was understood: bits of this class. */
    public int present() {
        return present;
    }

    /** How many context headers were not understood. */
    public int unknown() {
        return unknown;
    }

    /** Tenant. */
    public long tenant() {
        return tenant;
    }

    /** Node at which the packet came in. */
    public long ingressNode() {
        return ingressNode;
    }

    /** Interface of that node. */
    public long ingressInterface() {
        return ingressInterface;
    }

    /** Flow. */
    public long flowId() {
        return flowId;
    }

    /** Group of the source; 0 if only the other one is known. */
    public int sourceGroup() {
        return sourceGroup;
    }

    /** Group of the destination; 0 if only the other one is known. */
    public int destinationGroup() {
        return destinationGroup;
    }

    /** Policy. */
    public long policyId() {
        return policyId;
    }

    /** Where the metadata of {@link SluiceContext} begin, for changes in place. */
    public long sluiceOffset() {
        return sluiceOffset;
    }

    /** Flags of {@link SluiceContext}. */
    public int flags() {
        return flags;
    }

    /** Number of the chain. */
    public int chainTag() {
        return chainTag;
    }

    /** Flow-programming tag, see {@link SluiceContext#programTag}. */
    public int programTag() {
        return programTag;
    }

    /** Trace id. */
    public long traceId() {
        return traceId;
    }
}
