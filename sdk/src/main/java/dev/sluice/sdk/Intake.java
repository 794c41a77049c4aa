package dev.sluice.sdk;

import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Geneve;
import dev.sluice.wire.GeneveOptions;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.Nsh;
import dev.sluice.wire.ServiceMetadata;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What the payload of a datagram has to be before the handler sees it: the checks of docs/reference/aware-nodes.md, in their order. Holds what they found, for the
 * node's one thread.
 *
 * <p>Called for each packet: no allocation.
 */
final class Intake {
    private static final int[] NO_KINDS = {};

    private final int[] planes;
    private final ServiceMetadata metadata = new ServiceMetadata();
    private int nshOffset;
    private int payloadOffset;
    private int payloadBytes;
    private int payloadType;

    /** No planes: all are allowed. */
    Intake(int... planes) {
        this.planes = planes.clone();
    }

    /** Looks at the first {@code bytes} of the segment; null if the packet is fit to be served. */
    @Nullable
    NodeDrop check(MemorySegment f, int bytes) {
        int geneveBytes = Geneve.check(f, 0, bytes);
        if (geneveBytes < 0) {
            return NodeDrop.of(geneveBytes);
        }
        int options = GeneveOptions.check(f, 0);
        int critical = options < 0 ? options : GeneveOptions.checkCritical(f, 0, NO_KINDS);
        if (critical < 0) {
            return NodeDrop.of(critical);
        }
        if (Geneve.isControl(f, 0)) {
            return NodeDrop.GENEVE_CONTROL;
        }
        if (!isAllowed(Geneve.vni(f, 0))) {
            return NodeDrop.PLANE_NOT_ALLOWED;
        }
        if (Geneve.protocol(f, 0) != EtherTypes.NSH) {
            return NodeDrop.NOT_NSH;
        }
        nshOffset = geneveBytes;
        return checkService(f, bytes);
    }

    private boolean isAllowed(int vni) {
        for (int plane : planes) {
            if (plane == vni) {
                return true;
            }
        }
        return planes.length == 0;
    }

    private @Nullable NodeDrop checkService(MemorySegment f, int bytes) {
        int nshBytes = Nsh.check(f, nshOffset, bytes - nshOffset);
        if (nshBytes < 0) {
            return NodeDrop.of(nshBytes);
        }
        int contexts = metadata.read(f, nshOffset);
        if (contexts < 0) {
            return NodeDrop.of(contexts);
        }
        if (Nsh.isOam(f, nshOffset)) {
            return NodeDrop.NSH_OAM;
        }
        if (Nsh.ttl(f, nshOffset) == 0) {
            return NodeDrop.NSH_TTL;
        }
        if (Nsh.si(f, nshOffset) == 0) {
            return NodeDrop.NSH_INDEX;
        }
        payloadOffset = nshOffset + nshBytes;
        payloadBytes = bytes - payloadOffset;
        payloadType = Nsh.etherTypeOf(Nsh.nextProtocol(f, nshOffset));
        int least = leastBytes(payloadType);
        if (least < 0) {
            return NodeDrop.PAYLOAD_UNKNOWN;
        }
        return payloadBytes < least ? NodeDrop.PAYLOAD_TRUNCATED : null;
    }

    /** Length of the first header of a payload, -1 for payloads that are not served. */
    private static int leastBytes(int payloadType) {
        return switch (payloadType) {
            case EtherTypes.TEB -> Ethernet.BYTES;
            case EtherTypes.IPV4 -> Ipv4.BYTES;
            case EtherTypes.IPV6 -> Ipv6.BYTES;
            default -> -1;
        };
    }

    ServiceMetadata metadata() {
        return metadata;
    }

    int nshOffset() {
        return nshOffset;
    }

    int payloadOffset() {
        return payloadOffset;
    }

    int payloadBytes() {
        return payloadBytes;
    }

    /** Ethernet type; {@link EtherTypes#TEB} for a whole frame. */
    int payloadType() {
        return payloadType;
    }
}
