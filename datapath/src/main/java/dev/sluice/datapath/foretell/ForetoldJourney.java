package dev.sluice.datapath.foretell;

import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.foretell.ForetoldEnd.Kind;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.datapath.stage.PacketTracer;
import dev.sluice.datapath.track.Instruction;
import org.jspecify.annotations.Nullable;

/**
 * One packet on its foretold way: through the stages, into nodes and back from them, until it ends. A node that bridges is taken to return the frame unchanged, one that routes to
 * take one off the TTL. One user: the worker.
 */
final class ForetoldJourney implements PacketTracer {
    private static final int LEGS_MAX = 64;

    private final Datapath datapath;
    private final ForetoldFrames sent;
    private final PacketTracer tracer;
    private final long nowNs;
    private final Batch batch = new Batch();

    // Where the packet is: in another batch once it has crossed between a router and a segment.
    private Batch inHand = batch;
    private int slot;

    // What happened to the packet on the leg in hand.
    private @Nullable Attachment entered;
    private int side;
    private int sentBy;
    private @Nullable ForetoldFrame left;
    private @Nullable DropReason reason;
    private boolean copied;

    ForetoldJourney(Datapath datapath, ForetoldFrames sent, PacketTracer tracer, long nowNs) {
        this.datapath = datapath;
        this.sent = sent;
        this.tracer = tracer;
        this.nowNs = nowNs;
    }

    ForetoldEnd from(ForetoldFrame first) {
        datapath.trace(this);
        ForetoldFrame frame = first;
        for (int leg = 0; leg < LEGS_MAX; leg++) {
            take(frame);
            Attachment node = entered;
            ForetoldFrame gone = left;
            if (node == null || gone == null || reason != null) {
                return end(gone);
            }
            if (node.translation() != Attachment.Translation.NONE) {
                return new ForetoldEnd(Kind.TRANSLATED, sentBy, DropReason.NO_FRAME, node.name(), null);
            }
            ForetoldFrame back = ForetoldReturn.of(gone, node, side, datapath.snapshot());
            if (back == null) {
                return new ForetoldEnd(Kind.TTL_AT_NODE, sentBy, DropReason.TTL_EXPIRED, node.name(), null);
            }
            frame = back;
        }
        return new ForetoldEnd(Kind.ENDLESS, -1, DropReason.NO_FRAME, "", null);
    }

    private ForetoldEnd end(@Nullable ForetoldFrame gone) {
        if (reason == null && copied) {
            return new ForetoldEnd(Kind.COPIED, -1, DropReason.NO_FRAME, "", null);
        }
        if (reason != null) {
            return new ForetoldEnd(Kind.DROPPED, -1, reason, "", null);
        }
        return gone == null
                ? new ForetoldEnd(Kind.TAKEN, -1, DropReason.NO_FRAME, "", null)
                : new ForetoldEnd(Kind.SENT, sentBy, DropReason.NO_FRAME, "", gone);
    }

    private void take(ForetoldFrame frame) {
        entered = null;
        left = null;
        reason = null;
        copied = false;
        sentBy = -1;
        inHand = batch;
        slot = 0;
        Foretelling.receive(datapath.pool(), batch, frame);
        datapath.process(batch, nowNs);
        sent.clear();
    }

    private boolean isPacket(Batch b, int i) {
        return b == inHand && i == slot;
    }

    @Override
    public void received(Batch b, int i) {
        tracer.received(b, i);
    }

    @Override
    public void waits(Batch b, int i) {
        tracer.waits(b, i);
    }

    @Override
    public void classified(Batch b, int i, Decision decision) {
        tracer.classified(b, i, decision);
    }

    @Override
    public void instructed(Batch b, int i, Instruction instruction) {
        tracer.instructed(b, i, instruction);
    }

    @Override
    public void steered(Batch b, int i, Attachment attachment, int enteredSide, boolean copy) {
        if (!copy && isPacket(b, i) && !attachment.isRemote()) {
            entered = attachment;
            side = enteredSide;
        }
        tracer.steered(b, i, attachment, enteredSide, copy);
    }

    @Override
    public void uninspected(Batch b, int i, Attachment attachment) {
        tracer.uninspected(b, i, attachment);
    }

    @Override
    public void returned(Batch b, int i, Attachment attachment, int at, int direction) {
        tracer.returned(b, i, attachment, at, direction);
    }

    @Override
    public void routed(Batch b, int i, int router, int egress) {
        tracer.routed(b, i, router, egress);
    }

    @Override
    public void tunnelled(Batch b, int i, int port, int spi, int si) {
        tracer.tunnelled(b, i, port, spi, si);
    }

    @Override
    public void carried(Batch b, int i, OverlayPeer peer, int spi, int si) {
        tracer.carried(b, i, peer, spi, si);
    }

    @Override
    public void crossed(Batch b, int i, Batch newBatch, int newSlot) {
        if (isPacket(b, i)) {
            inHand = newBatch;
            slot = newSlot;
        }
        tracer.crossed(b, i, newBatch, newSlot);
    }

    @Override
    public void split(Batch b, int i, Batch pieces) {
        if (isPacket(b, i)) {
            inHand = pieces;
            slot = 0;
        }
        tracer.split(b, i, pieces);
    }

    @Override
    public void copied(Batch b, int i) {
        copied |= isPacket(b, i);
        tracer.copied(b, i);
    }

    @Override
    public void watched(Batch b, int i) {
        tracer.watched(b, i);
    }

    @Override
    public void heeded(Batch b, int i) {
        tracer.heeded(b, i);
    }

    @Override
    public void sent(Batch b, int i, int port) {
        if (isPacket(b, i)) {
            left = ForetoldFrame.of(datapath.pool().memory(), b, i, port);
            sentBy = port;
        }
        tracer.sent(b, i, port);
    }

    @Override
    public void dropped(Batch b, int i, DropReason why) {
        if (isPacket(b, i)) {
            reason = why;
        }
        tracer.dropped(b, i, why);
    }
}
