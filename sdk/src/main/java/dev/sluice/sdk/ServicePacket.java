package dev.sluice.sdk;

import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.Nsh;
import dev.sluice.wire.ServiceMetadata;
import dev.sluice.wire.SluiceContext;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/**
 * A packet that a node is to serve, with what is known of it. One object for all packets of a node: of meaning during the call of the handler only, on its thread.
 *
 * <p>{@link #bytes} is a view for reading; {@link #edit} and {@link #replace} change what goes on. A flyweight of {@code wire} reads it with {@code 0} as base, or
 * {@link #memory} with {@link #frameOffset}.
 */
public final class ServicePacket {
    /** Most bytes of a datagram: what IP and UDP can carry. */
    static final int DATAGRAM_BYTES_MAX = 65_507;

    private final MemorySegment memory;
    private final MemorySegment readOnly;
    private final Intake intake;
    private final InnerPacket inner = new InnerPacket();
    private InetSocketAddress from = new InetSocketAddress(0);
    private boolean innerRead;
    private boolean edited;
    private int frameBytes;
    private int path;
    private int index;
    private long receivedNs;

    ServicePacket(MemorySegment memory, Intake intake) {
        this.memory = memory;
        this.readOnly = memory.asReadOnly();
        this.intake = intake;
    }

    /** Takes what the intake has found. */
    void begin(InetSocketAddress sender, long nowNs) {
        from = sender;
        receivedNs = nowNs;
        innerRead = false;
        edited = false;
        frameBytes = intake.payloadBytes();
        path = Nsh.spi(memory, intake.nshOffset());
        index = Nsh.si(memory, intake.nshOffset());
    }

    /** The frame, or the IP packet if it came without Ethernet header ({@link #etherType}), for reading. */
    public MemorySegment bytes() {
        return readOnly.asSlice(intake.payloadOffset(), frameBytes);
    }

    /** The same as a buffer. */
    public ByteBuffer buffer() {
        return bytes().asByteBuffer();
    }

    /** The frame for changes in place. A packet whose handler fails after it asked for this does not go on, even if the node fails open. */
    public MemorySegment edit() {
        edited = true;
        innerRead = false;
        return memory.asSlice(intake.payloadOffset(), frameBytes);
    }

    /**
     * Puts another frame in place of this one. Checksums are the caller's matter.
     *
     * @throws IllegalArgumentException if it is empty, or larger than one datagram holds beside the headers
     */
    public void replace(MemorySegment frame) {
        int most = DATAGRAM_BYTES_MAX - intake.payloadOffset();
        if (frame.byteSize() < 1 || frame.byteSize() > most) {
            throw new IllegalArgumentException("frame of " + frame.byteSize() + " bytes is outside 1.." + most);
        }
        edited = true;
        innerRead = false;
        frameBytes = (int) frame.byteSize();
        MemorySegment.copy(frame, 0, memory, intake.payloadOffset(), frameBytes);
    }

    /** Memory that holds the frame at {@link #frameOffset}, for reading without a new view. */
    public MemorySegment memory() {
        return readOnly;
    }

    /** Where the frame begins in {@link #memory}. */
    public int frameOffset() {
        return intake.payloadOffset();
    }

    /** Length of the frame. */
    public int frameBytes() {
        return frameBytes;
    }

    /** {@link EtherTypes#TEB} for an Ethernet frame, which is the usual case; the type of an IP packet that came without. */
    public int etherType() {
        return intake.payloadType();
    }

    /** Addresses, ports and data of the packet inside; offsets are in {@link #memory}. Read when first asked for. */
    public InnerPacket inner() {
        if (!innerRead) {
            inner.read(readOnly, intake.payloadOffset(), frameBytes, intake.payloadType());
            innerRead = true;
        }
        return inner;
    }

    /** All metadata that are understood; the shortcuts of this class give 0 for what did not come. */
    public ServiceMetadata metadata() {
        return intake.metadata();
    }

    /** Service path identifier of the packet's direction. */
    public int path() {
        return path;
    }

    /** Service index that the packet came with, 1..255; it goes on with one less. */
    public int index() {
        return index;
    }

    /** Whether the packet goes the reverse way of its flow. */
    public boolean isReverse() {
        return (flags() & SluiceContext.REVERSE) != 0;
    }

    /** Whether hops report what they do with this packet, under {@link ServiceMetadata#traceId}. */
    public boolean isTraced() {
        return (flags() & SluiceContext.TRACED) != 0;
    }

    /** Whether this is a copy: it is not sent on whatever the verdict says; what is said about the flow is. */
    public boolean isCopy() {
        return (flags() & SluiceContext.COPY) != 0;
    }

    /** Number of the chain. */
    public int chain() {
        return metadata().has(ServiceMetadata.SLUICE) ? metadata().chainTag() : 0;
    }

    /** Tenant: the same addresses in two tenants are two hosts. */
    public long tenant() {
        return metadata().has(ServiceMetadata.TENANT) ? metadata().tenant() : 0;
    }

    /** Policy. */
    public long policy() {
        return metadata().has(ServiceMetadata.POLICY_ID) ? metadata().policyId() : 0;
    }

    /** Node at which the packet came in. */
    public long ingressNode() {
        return metadata().has(ServiceMetadata.INGRESS_NODE) ? metadata().ingressNode() : 0;
    }

    /** The flow as that node calls it, the same for both directions; numbers are used again when a flow is over. */
    public long flowId() {
        return metadata().has(ServiceMetadata.FLOW_ID) ? metadata().flowId() : 0;
    }

    private int flags() {
        return metadata().has(ServiceMetadata.SLUICE) ? metadata().flags() : 0;
    }

    /** When the packet was received, by the clock of {@link System#nanoTime}. */
    public long receivedNs() {
        return receivedNs;
    }

    /** The switch that sent it: its address, and a port of no meaning. */
    public InetSocketAddress sender() {
        return from;
    }

    /** Keeps what is needed to say something about the flow after this call ({@link ServiceNode#say}). A new object of about 150 bytes. */
    public FlowReference reference() {
        byte[] headers = readOnly.asSlice(0, intake.payloadOffset()).toArray(Layouts.U8);
        return new FlowReference(from.getAddress(), headers, intake.nshOffset(), index, entropy(), sluiceOffset());
    }

    boolean isEdited() {
        return edited;
    }

    int datagramBytes() {
        return intake.payloadOffset() + frameBytes;
    }

    /** Where {@link SluiceContext} begins, -1 if it is not there. */
    int sluiceOffset() {
        return metadata().has(ServiceMetadata.SLUICE) ? (int) metadata().sluiceOffset() : -1;
    }

    int nshOffset() {
        return intake.nshOffset();
    }

    /** 32 bits that tell flows apart, the same for all packets of one direction. */
    int entropy() {
        long mixed = metadata().has(ServiceMetadata.FLOW_ID) ? flowId() : addresses();
        mixed = (mixed ^ path) * 0x9e37_79b9_7f4a_7c15L;
        return (int) (mixed >>> 32);
    }

    private long addresses() {
        InnerPacket p = inner();
        return p.ipVersion() == 0
                ? 0
                : (p.sourceHi() * 31 + p.sourceLo()) * 31
                        + (p.destinationHi() * 31 + p.destinationLo()) * 17
                        + ((long) p.sourcePort() << 16 | p.destinationPort());
    }

    @Override
    public String toString() {
        return "path " + path + " index " + index + " tenant " + tenant() + " " + inner();
    }
}
