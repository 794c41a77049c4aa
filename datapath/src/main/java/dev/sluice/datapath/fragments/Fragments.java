package dev.sluice.datapath.fragments;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.Parser;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.datapath.stage.PacketTracer;
import org.jspecify.annotations.Nullable;

/**
 * Fragments follow the first one of their datagram: it names the ports, the others take its record and path (X6; packet-life.md, fragments). One user: the worker.
 *
 * <p>Hot path: for packets that are no fragments one test of a bit. No allocation, bounded memory whatever is sent.
 */
public final class Fragments {
    private static final int NONE = -1;

    private FragmentTable table;
    private final FragmentQueue queue = new FragmentQueue();
    private FragmentKey key;
    private final Frames frames;

    /** The datagram that was named while others of its fragments waited. */
    private final FragmentKeys named = new FragmentKeys(1);

    private boolean isNamed;
    private long releaseBefore;

    /** Copied with the first fragment that comes, while foretelling. */
    private @Nullable Fragments source;

    public Fragments(Frames frames, int connectionsMax, long seed) {
        this.frames = frames;
        table = new FragmentTable(FragmentTable.datagramsFor(connectionsMax));
        key = new FragmentKey(seed);
    }

    /** Knows what the other one knows, and has as much room; what waits there is not released here. */
    public void lookInto(Fragments other) {
        source = other;
    }

    private void copy(Fragments other) {
        table = other.table.copy();
        key = new FragmentKey(other.key.seed());
        queue.waitElsewhere(other.queue);
        source = null;
    }

    /** Takes up the packet in hand as it came in from a port; false if it ended here: it waits, or was dropped. A fragment that goes on has the ports of its datagram. */
    public boolean admit(Cursor c, PortEntry port) {
        return (c.parsed() & Parser.FRAGMENT) == 0 || admitFragment(c, port);
    }

    /**
     * The same for a packet that another switch carried here, or that was taken out of more tags than are known of it. One whose first fragment is not known does not wait: what came with it
     * would be lost.
     *
     * @param way tenant, path and index, or attachment and side, mixed
     */
    public boolean admitCarried(Cursor c, long way) {
        if ((c.parsed() & Parser.FRAGMENT) == 0) {
            return true;
        }
        if (source != null) {
            copy(source);
        }
        key.readCarried(c, way);
        return c.isLaterFragment() ? admitLater(c, false) : admitFirst(c);
    }

    private boolean admitFragment(Cursor c, PortEntry port) {
        if (source != null) {
            copy(source);
        }
        key.read(c, port);
        return c.isLaterFragment() ? admitLater(c, true) : admitFirst(c);
    }

    private boolean admitLater(Cursor c, boolean mayWait) {
        long ports = table.later(key, c.nowNs);
        if (ports == FragmentTable.UNKNOWN && mayWait) {
            await(c);
            return false;
        }
        if (ports == FragmentTable.UNKNOWN || ports == FragmentTable.REFUSED) {
            frames.drop(c, ports == FragmentTable.UNKNOWN ? DropReason.FRAGMENT_ORPHAN : DropReason.FRAGMENT_OVERLAP);
            return false;
        }
        c.takePorts((int) (ports >>> 16), (int) ports & 0xffff);
        return true;
    }

    private void await(Cursor c) {
        PacketTracer tracer = frames.tracer();
        if (!queue.add(key, c.batch, c.slot, c.nowNs)) {
            frames.drop(c, DropReason.FRAGMENT_ORPHAN);
        } else if (tracer != null) {
            tracer.waits(c.batch, c.slot);
        }
    }

    private boolean admitFirst(Cursor c) {
        DropReason refused = table.first(key, c.fields.sourcePort, c.fields.destinationPort, c.nowNs);
        if (refused != null) {
            frames.drop(c, refused);
            return false;
        }
        if (queue.count() > 0) {
            named.set(0, key);
            isNamed = true;
            releaseBefore = queue.added();
        }
        return true;
    }

    /** The frames that wait, by place. */
    public Batch held() {
        return queue.held();
    }

    /** The next frame that waited for the first fragment that was just admitted; its place, -1 if there is none. */
    public int takeFollower() {
        if (!isNamed) {
            return NONE;
        }
        int place = queue.take(named, 0, releaseBefore);
        isNamed = place != NONE;
        return place;
    }

    /** Drops what has waited for its first fragment too long. */
    public void tick(long nowNs) {
        Batch held = queue.held();
        for (int i = queue.takeExpired(nowNs); i != NONE; i = queue.takeExpired(nowNs)) {
            frames.drop(held, i, held.port[i], DropReason.FRAGMENT_ORPHAN);
        }
    }
}
