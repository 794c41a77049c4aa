package dev.sluice.datapath.stage;

import dev.sluice.datapath.offload.OffloadRefusal;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.track.FlowPrograms;

/**
 * What stages say of the packet in hand to whoever might repeat, without asking, what they did with it (packet-life.md, fast path). Told by the worker; there is one implementation, so that a
 * call costs what a call of a final method costs.
 */
public interface Journey {
    /** The packet in hand is of a tunnel whose headers are well-formed, and nothing of it was changed. */
    void opens(Cursor c, long geneve, long nsh, int nshBytes);

    /** The frame in hand is now the one that was inside of the tunnel. */
    void emerges(Cursor c);

    /**
     * The packet was classified by a record, and counted there.
     *
     * @param hit whether the record was there before
     * @param lasting whether what is told of the flow holds for all its packets, if anything is
     * @param watchful whether rules ask for more than the record knows
     */
    void classified(Cursor c, boolean hit, boolean lasting, boolean watchful);

    /** Instructions were carried out on the packet where it was classified last: it passes without services, leaves out nodes, or is on the path that was asked for. */
    void instructed(FlowPrograms.Action action);

    /** The packet came back from a node, and was recognised by a record. */
    void returned(Cursor c, Attachment node);

    /** The packet was brought back by the switch of its last node, and is of the record that it names. */
    void broughtBack(Cursor c, Attachment node);

    /** The packet, of a flow of another switch, was counted in a record here. */
    void served(Cursor c);

    /** The record that classifies the packet gets another path: at a node that the packet came from, it may not have fitted, and for the next packet it does. */
    void changesPath();

    /** A record names another port to go out of from now on: who came back and went on by the one that stood there goes another way the next time. */
    void redirects(int record);

    /** The packet, not a copy, goes into a node by one of its ports. */
    void enters(Attachment node, int into, boolean capped);

    /** The packet has the MAC address of a neighbour that is known. */
    void resolves(int port, long hi, long lo);

    /** The packet is complete and is sent out of a port; unless that has no device. */
    void sends(Cursor c, PortEntry port);

    /**
     * The frame, complete but perhaps a super-frame, will be carried to another switch.
     *
     * @param headerBytes what will be put in front of it, its own Ethernet header and tags not counted
     * @param roomBytes the largest packet that goes this way
     */
    void carries(Batch b, int i, int headerBytes, int roomBytes);

    /** A frame is sent into a tunnel, with all its headers; of a super-frame the first of what it was cut into counts. */
    void sendsCarried(Batch b, int i, PortEntry port, long nextHi, long nextLo);

    /** Something about the packet can't be repeated, or has to be seen each time. */
    void refuse(OffloadRefusal why);
}
