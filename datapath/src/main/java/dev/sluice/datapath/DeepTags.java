package dev.sluice.datapath;

import dev.sluice.datapath.fragments.Fragments;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.packet.Parser;
import dev.sluice.datapath.packet.Tags;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.TagTable;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.datapath.stage.Step;
import dev.sluice.wire.Ethernet;

/**
 * Takes packets back that have two tags of their own behind those of a node: more than the parser looks into, which does not know of nodes (C4; packet-life.md, return). One user: the worker.
 *
 * <p>Hot path: no allocation. Cost: such a frame is parsed once more, without the node's tags.
 */
final class DeepTags {
    private final Frames frames;
    private final Parser parser;
    private final Fragments fragments;
    private final Returns returns;
    private Snapshot snapshot = Snapshot.empty();

    DeepTags(Frames frames, Parser parser, Fragments fragments, Returns returns) {
        this.frames = frames;
        this.parser = parser;
        this.fragments = fragments;
        this.returns = returns;
    }

    void apply(Snapshot next) {
        snapshot = next;
    }

    /** Takes the frame in hand, which came in from a service port with more than two tags; the next {@link Step}. */
    int receive(Cursor c, PortEntry port) {
        Batch b = c.batch;
        int i = c.slot;
        TagTable tags = snapshot.tags();
        int binding = tags.find(c.port, b.outerTag[i], b.innerTag[i]);
        if (binding < 0) {
            return frames.drop(c, DropReason.SERVICE_TAG_UNKNOWN);
        }
        Attachment node = tags.attachment(binding);
        int side = tags.side(binding);
        untag(c, node.side(side));
        parser.parseOne(b, i);
        int parsed = b.parsed[i];
        if (parsed < 0) {
            return frames.drop(c, DropReason.of(-1 - parsed));
        }
        if ((parsed & Parser.IP) == 0 || (parsed & (Parser.GROUP | Parser.NEIGHBOR_DISCOVERY)) != 0) {
            return frames.drop(c, DropReason.SERVICE_CONTROL);
        }
        c.take(b, i, c.nowNs);
        if (HealthInput.isProbe(c)) {
            return frames.drop(c, DropReason.PROBE_UNEXPECTED);
        }
        if (node.tunnel() != null) {
            return frames.drop(c, DropReason.NODE_TRANSPORT_WRONG);
        }
        if (node.copy()) {
            return frames.drop(c, DropReason.COPY_NODE_SENT);
        }
        if (node.kind() == Attachment.Kind.ROUTE && Ethernet.destination(c.memory, c.start()) != port.mac()) {
            return frames.drop(c, DropReason.NOT_FOR_US);
        }
        // The node's tags are gone: a fragment that waited would come in without them.
        if (!fragments.admitCarried(c, FlowHash.mix((long) node.id() << 1 | side))) {
            return Step.DONE;
        }
        return returns.match(c, node, side);
    }

    private static void untag(Cursor c, Attachment.Side side) {
        if (side.outerTag() != 0) {
            Tags.pop(c.batch, c.slot, c.memory);
        }
        if (side.innerTag() != 0) {
            Tags.pop(c.batch, c.slot, c.memory);
        }
    }
}
