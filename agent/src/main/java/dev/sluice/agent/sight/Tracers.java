package dev.sluice.agent.sight;

import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.datapath.stage.PacketTracer;
import dev.sluice.datapath.track.Instruction;
import java.util.ArrayList;
import java.util.List;

/**
 * Lets several hear what happens to packets at the same time. One user: the worker. The data path has no tracer while nobody listens, so that packets pay for none.
 */
public final class Tracers implements PacketTracer {
    /** Replaced, never changed: a listener may leave while it hears something. */
    private PacketTracer[] listeners = new PacketTracer[0];

    /** Lets somebody hear everything from now on. */
    void add(Datapath datapath, PacketTracer listener) {
        List<PacketTracer> now = new ArrayList<>(List.of(listeners));
        now.add(listener);
        set(datapath, now);
    }

    /** Nothing happens if the listener is not there. */
    void remove(Datapath datapath, PacketTracer listener) {
        List<PacketTracer> now = new ArrayList<>(List.of(listeners));
        now.remove(listener);
        set(datapath, now);
    }

    private void set(Datapath datapath, List<PacketTracer> now) {
        listeners = now.toArray(new PacketTracer[0]);
        datapath.trace(now.isEmpty() ? null : this);
    }

    @Override
    public void received(Batch b, int i) {
        for (PacketTracer listener : listeners) {
            listener.received(b, i);
        }
    }

    @Override
    public void waits(Batch b, int i) {
        for (PacketTracer listener : listeners) {
            listener.waits(b, i);
        }
    }

    @Override
    public void released(Batch b, int i) {
        for (PacketTracer listener : listeners) {
            listener.released(b, i);
        }
    }

    @Override
    public void classified(Batch b, int i, Decision decision) {
        for (PacketTracer listener : listeners) {
            listener.classified(b, i, decision);
        }
    }

    @Override
    public void instructed(Batch b, int i, Instruction instruction) {
        for (PacketTracer listener : listeners) {
            listener.instructed(b, i, instruction);
        }
    }

    @Override
    public void steered(Batch b, int i, Attachment attachment, int enteredSide, boolean copy) {
        for (PacketTracer listener : listeners) {
            listener.steered(b, i, attachment, enteredSide, copy);
        }
    }

    @Override
    public void uninspected(Batch b, int i, Attachment attachment) {
        for (PacketTracer listener : listeners) {
            listener.uninspected(b, i, attachment);
        }
    }

    @Override
    public void returned(Batch b, int i, Attachment attachment, int side, int direction) {
        for (PacketTracer listener : listeners) {
            listener.returned(b, i, attachment, side, direction);
        }
    }

    @Override
    public void routed(Batch b, int i, int router, int egress) {
        for (PacketTracer listener : listeners) {
            listener.routed(b, i, router, egress);
        }
    }

    /** Of several, the first one that has a number for it. */
    @Override
    public long traceId(Batch b, int i) {
        for (PacketTracer listener : listeners) {
            long id = listener.traceId(b, i);
            if (id != 0) {
                return id;
            }
        }
        return 0;
    }

    @Override
    public void marked(Batch b, int i, long traceId) {
        for (PacketTracer listener : listeners) {
            listener.marked(b, i, traceId);
        }
    }

    @Override
    public void split(Batch b, int i, Batch pieces) {
        for (PacketTracer listener : listeners) {
            listener.split(b, i, pieces);
        }
    }

    @Override
    public void tunnelled(Batch b, int i, int port, int spi, int si) {
        for (PacketTracer listener : listeners) {
            listener.tunnelled(b, i, port, spi, si);
        }
    }

    @Override
    public void carried(Batch b, int i, OverlayPeer peer, int spi, int si) {
        for (PacketTracer listener : listeners) {
            listener.carried(b, i, peer, spi, si);
        }
    }

    @Override
    public void crossed(Batch b, int i, Batch newBatch, int newSlot) {
        for (PacketTracer listener : listeners) {
            listener.crossed(b, i, newBatch, newSlot);
        }
    }

    @Override
    public void copied(Batch b, int i) {
        for (PacketTracer listener : listeners) {
            listener.copied(b, i);
        }
    }

    @Override
    public void watched(Batch b, int i) {
        for (PacketTracer listener : listeners) {
            listener.watched(b, i);
        }
    }

    @Override
    public void heeded(Batch b, int i) {
        for (PacketTracer listener : listeners) {
            listener.heeded(b, i);
        }
    }

    @Override
    public void sent(Batch b, int i, int port) {
        for (PacketTracer listener : listeners) {
            listener.sent(b, i, port);
        }
    }

    @Override
    public void dropped(Batch b, int i, DropReason reason) {
        for (PacketTracer listener : listeners) {
            listener.dropped(b, i, reason);
        }
    }
}
