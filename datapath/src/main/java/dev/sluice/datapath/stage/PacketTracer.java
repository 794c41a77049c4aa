package dev.sluice.datapath.stage;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.datapath.track.Instruction;

/**
 * Hears what happens to packets, stage by stage: golden traces and {@code trace} are made of it, from the production stages. Called by the worker; without one, a
 * stage pays one compare with null.
 */
public interface PacketTracer {
    /** A frame came in on {@code batch.port[slot]} and was parsed. */
    void received(Batch batch, int slot);

    /** The fragment waits for the first one of its datagram; it may be that nothing is heard of it any more. */
    default void waits(Batch batch, int slot) {
        // Not everybody who listens wants to know.
    }

    /** A fragment that waited goes on: what is heard next is about it, under this batch and slot. */
    default void released(Batch batch, int slot) {
        // Not everybody who listens wants to know.
    }

    /**
     * What classification has said of a packet.
     *
     * @param port index of the port
     * @param side at which side of it
     * @param hit whether the record was there before; else it was made
     * @param rule that the record is of
     * @param path that it has, 0 for none
     * @param direction of the packet, 0 for forward
     */
    record Decision(int port, int side, boolean hit, int rule, int path, int direction) {}

    /** The packet was classified at a port side. */
    void classified(Batch batch, int slot, Decision decision);

    /** An instruction for the flow was found, and is carried out on the packet. */
    default void instructed(Batch batch, int slot, Instruction instruction) {
        // Not everybody who listens wants to know.
    }

    /** The packet enters a node at a side of its attachment. */
    void steered(Batch batch, int slot, Attachment attachment, int enteredSide, boolean copy);

    /** The packet passed by a dead node, uninspected. */
    void uninspected(Batch batch, int slot, Attachment attachment);

    /** The packet came back from a node. */
    void returned(Batch batch, int slot, Attachment attachment, int side, int direction);

    /** The packet was routed: port it will leave by. */
    void routed(Batch batch, int slot, int router, int egress);

    /** The number by which the next switch or node is to report the packet, written into its metadata; 0: none. Asked before {@link #tunnelled}. */
    default long traceId(Batch batch, int slot) {
        return 0;
    }

    /** Another switch wants this packet reported by this number. What is heard next is {@link #carried}, or nothing if the packet is no good. */
    default void marked(Batch batch, int slot, long traceId) {
        // Not everybody who listens wants to know.
    }

    /** The super-frame was cut into these segments, or the packet into these fragments, which are sent instead. */
    default void split(Batch batch, int slot, Batch pieces) {
        // Not everybody who listens wants to know.
    }

    /** The packet goes to another switch, which will see this path identifier and index. */
    default void tunnelled(Batch batch, int slot, int port, int spi, int si) {
        // Not everybody who listens wants to know.
    }

    /** The packet was carried by another switch; what is heard next is about the packet itself. */
    default void carried(Batch batch, int slot, OverlayPeer peer, int spi, int si) {
        // Not everybody who listens wants to know.
    }

    /** The packet goes from a router into a segment, or out of one into a router: what is heard next is about it, under this batch and slot. */
    default void crossed(Batch batch, int slot, Batch newBatch, int newSlot) {
        // Not everybody who listens wants to know.
    }

    /** The packet is for all of its segment: copies are sent instead. If nobody is there it is dropped after this. */
    default void copied(Batch batch, int slot) {
        // Not everybody who listens wants to know.
    }

    /** The packet is no traffic and ends here: a probe that came back, an answer to one, BFD, or what another switch tells of its instances. */
    default void watched(Batch batch, int slot) {
        // Not everybody who listens wants to know.
    }

    /** The packet told this switch something of a flow, and ends here. */
    default void heeded(Batch batch, int slot) {
        // Not everybody who listens wants to know.
    }

    /** The frame was handed to a port. */
    void sent(Batch batch, int slot, int port);

    /** The frame was dropped. */
    void dropped(Batch batch, int slot, DropReason reason);
}
