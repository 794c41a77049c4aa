package dev.sluice.datapath.neighbors;

import dev.sluice.datapath.errors.Fragmenter;
import dev.sluice.datapath.errors.IcmpErrors;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.Parser;
import dev.sluice.datapath.snapshot.PortAddress;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.datapath.stage.Step;
import java.util.ArrayList;
import java.util.List;

/** ARP and neighbour discovery of all ports: answers, learns, asks, and sends on what waited (packet-life.md, leave). One user: the worker. */
public final class NeighborStage {
    private final Frames frames;
    private final Neighbors neighbors;
    private final NeighborsResponder responder;
    private final IcmpErrors errors;
    private final Fragmenter fragmenter;
    private Snapshot snapshot = Snapshot.empty();
    private final Batch waiting = new Batch();
    private PortAddresses[] own = new PortAddresses[0];

    /** First slot of {@link #waiting} that is still to be sent, or dropped. */
    private int next;

    private boolean unanswered;

    public NeighborStage(Frames frames, Neighbors neighbors, IcmpErrors errors, Fragmenter fragmenter) {
        this.frames = frames;
        this.neighbors = neighbors;
        this.responder = new NeighborsResponder(frames.pool(), neighbors);
        this.errors = errors;
        this.fragmenter = fragmenter;
    }

    public void apply(Snapshot newSnapshot) {
        snapshot = newSnapshot;
        PortAddresses[] next = new PortAddresses[snapshot.portCount()];
        for (int i = 0; i < next.length; i++) {
            PortEntry port = snapshot.port(i);
            List<PortAddress> addresses = new ArrayList<>(port.addresses());
            boolean v6 = false;
            for (PortAddress address : port.addresses()) {
                v6 |= !address.address().isIpv4();
            }
            if (v6) {
                addresses.add(PortAddresses.linkLocal(port.mac()));
            }
            next[i] = new PortAddresses(port.mac(), addresses);
        }
        own = next;
    }

    /** Takes an ARP or neighbour discovery frame. */
    public int receive(Cursor c) {
        Batch b = c.batch;
        int i = c.slot;
        PortAddresses addresses = own[c.port];
        int result = (c.parsed() & Parser.ARP) != 0
                ? responder.answerArp(b, i, addresses, c.nowNs)
                : responder.answerNd(b, i, addresses, c.nowNs);
        if (result == NeighborsResponder.ANSWERED) {
            return frames.send(b, i, c.port);
        }
        if (result == NeighborsResponder.MALFORMED) {
            return frames.drop(c, DropReason.CONTROL_INVALID);
        }
        frames.pool().give(b.start[i]);
        return Step.DONE;
    }

    /** Whether an address is the port's own. */
    boolean owns(int port, long hi, long lo) {
        return own[port].owns(hi, lo);
    }

    /** Asks for neighbours that are due, sends what they released, and gives up what nobody answers for. */
    public void tick(long nowNs) {
        finish(nowNs); // what a defect left behind in the tick before
        begin(false);
        neighbors.due(waiting, nowNs, own);
        neighbors.takeResolved(waiting);
        finish(nowNs);
        begin(true);
        neighbors.takeFailed(waiting);
        finish(nowNs);
    }

    private void begin(boolean nowUnanswered) {
        waiting.count = 0;
        next = 0;
        unanswered = nowUnanswered;
    }

    private void finish(long nowNs) {
        while (next < waiting.count) {
            int i = next++;
            PortEntry port = snapshot.port(waiting.port[i]);
            if (unanswered) {
                errors.unanswered(waiting, i, nowNs);
                frames.drop(waiting, i, waiting.port[i], DropReason.NEIGHBOR_UNRESOLVED);
            } else if (port.role() == PortEntry.Role.ROUTER) {
                fragmenter.send(waiting, i, port);
            } else {
                frames.send(waiting, i, waiting.port[i]);
            }
        }
    }
}
