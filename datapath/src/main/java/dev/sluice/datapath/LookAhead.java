package dev.sluice.datapath;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.packet.Parser;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.TagTable;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.Zones;

/**
 * Has the connection table read what the first look-ups of a group of packets will ask for, before the first of them is handled (ADR 10). One user: the worker.
 *
 * <p>A guess: what comes out otherwise costs time, nothing else. Hot path: no allocation.
 */
final class LookAhead {
    private final ConnectionTable table;
    private final Zones zones;
    private Snapshot snapshot = Snapshot.empty();

    /** Hashes of the group in hand, with which its packets will probably be looked up. */
    private final long[] hashes = new long[Cursor.GROUP];

    /** Written so that what is read ahead is not optimised away. */
    @SuppressWarnings("UnusedVariable") // its only use is to be written
    private long fetched;

    LookAhead(ConnectionTable table, Zones zones) {
        this.table = table;
        this.zones = zones;
    }

    void apply(Snapshot next) {
        snapshot = next;
    }

    /** Lets the table read what the group's first look-ups will ask for. */
    void fetch(Batch batch, int from, int end) {
        for (int i = from; i < end; i++) {
            hashes[i - from] = FlowHash.withRouter(batch.hash[i], zoneOf(batch, i));
        }
        fetched = table.fetch(hashes, end - from);
    }

    /** The key space a frame will first be looked up in, as far as the port and the tags tell; -1 if they do not. */
    private int zoneOf(Batch batch, int i) {
        int index = batch.port[i];
        boolean known =
                batch.parsed[i] > 0 && (batch.parsed[i] & Parser.IP) != 0 && index >= 0 && index < snapshot.portCount();
        if (!known) {
            return -1;
        }
        PortEntry port = snapshot.port(index);
        if (port.role() == PortEntry.Role.SERVICE) {
            return zoneBehindNode(batch, i);
        }
        return port.router() < 0 ? -1 : zones.known(port.router(), batch.outerTag[i], batch.innerTag[i]);
    }

    /** That of a frame from a service node: the node's router, if it has only one, and the tags behind the node's own. */
    private int zoneBehindNode(Batch batch, int i) {
        int outer = batch.outerTag[i];
        int inner = batch.innerTag[i];
        TagTable tags = snapshot.tags();
        int binding = tags.find(batch.port[i], outer, inner);
        if (binding < 0 || tags.attachment(binding).routers().length != 1) {
            return -1;
        }
        Attachment node = tags.attachment(binding);
        Attachment.Side side = node.side(tags.side(binding));
        if (side.outerTag() != 0) {
            outer = inner;
            inner = 0;
        }
        if (side.innerTag() != 0) {
            outer = inner;
            inner = 0;
        }
        return zones.known(node.routers()[0], outer, inner);
    }
}
