package dev.sluice.agent.sight;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.stage.PacketTracer;

/** Hears of frames only when they come in. */
abstract class OnlyReceived implements PacketTracer {
    @Override
    public final void classified(Batch b, int i, Decision decision) {
        // Of no interest.
    }

    @Override
    public final void steered(Batch b, int i, Attachment attachment, int enteredSide, boolean copy) {
        // Of no interest.
    }

    @Override
    public final void uninspected(Batch b, int i, Attachment attachment) {
        // Of no interest.
    }

    @Override
    public final void returned(Batch b, int i, Attachment attachment, int side, int direction) {
        // Of no interest.
    }

    @Override
    public final void routed(Batch b, int i, int router, int egress) {
        // Of no interest.
    }

    @Override
    public final void sent(Batch b, int i, int port) {
        // Of no interest.
    }

    @Override
    public final void dropped(Batch b, int i, DropReason reason) {
        // Of no interest.
    }
}
