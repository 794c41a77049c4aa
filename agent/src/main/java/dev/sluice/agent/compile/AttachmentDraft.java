package dev.sluice.agent.compile;

import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.NodeTunnel;
import org.jspecify.annotations.Nullable;

/**
 * An attachment before it is known who uses it.
 *
 * @param id names the content
 * @param content what makes it this attachment and no other
 * @param routeUnmatched a packet that belongs to no flow is routed instead of dropped
 * @param host name of the other node that the service node is on; empty: this one
 */
record AttachmentDraft(int id, Content content, boolean routeUnmatched, String host) {
    /** Both sides of a node on another host: no port, no tags. */
    static final Attachment.Side ELSEWHERE = new Attachment.Side(-1, 0, 0, -1, 0, 0, 0);

    /** Whether the service node is on another host. */
    boolean remote() {
        return !host.isEmpty();
    }

    /** Whether it has ports of this host. */
    boolean hasPorts() {
        NodeTunnel tunnel = content.tunnel();
        return !remote() && (tunnel == null || tunnel.address() == null);
    }

    /** The same, on the host where the service node is now. */
    AttachmentDraft on(String newHost) {
        return new AttachmentDraft(id, content, routeUnmatched, newHost);
    }

    /**
     * What the id names. Who uses the attachment (routers, paths, copies only) is not part of it: that changes while packets are in the node. The number of
     * the instance says on which host it is.
     *
     * @param name {@code instance} or {@code instance/chain}
     * @param instanceName name of the instance
     * @param service name of its service
     * @param instance number of the instance
     * @param in the side that forward packets enter
     * @param out the side that forward packets leave
     * @param kind what the node does with frames
     * @param translation whether it rewrites addresses
     * @param tunnel what is put around packets for it; null: nothing
     */
    public record Content(
            String name,
            String instanceName,
            String service,
            int instance,
            Attachment.Side in,
            Attachment.Side out,
            Attachment.Kind kind,
            Attachment.Translation translation,
            @Nullable NodeTunnel tunnel) {
        Attachment.Side side(int index) {
            return index == Attachment.IN ? in : out;
        }

        boolean oneArmed() {
            return binding(in) == binding(out);
        }
    }

    /** Port and VLAN ids of a side as one number: what tells attachments apart when a frame comes back. */
    static long binding(Attachment.Side side) {
        return (long) side.port() << 32 | vlan(side.outerTag()) << 16 | vlan(side.innerTag());
    }

    private static long vlan(int tag) {
        return tag == 0 ? 0 : (tag & 0xfff) + 1;
    }
}
