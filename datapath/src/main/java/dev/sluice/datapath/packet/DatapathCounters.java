package dev.sluice.datapath.packet;

/** Counters of one worker that belong to no port and no node. One writer: the worker; readers may see values that lag a little. */
public final class DatapathCounters {
    /** Frames taken from ports. */
    public long frames;

    /** Packets that went on without a service they should have had, because the failure action is open (X7). */
    public long uninspected;

    /** Packets found in the table at classification. */
    public long recordHits;

    /** Packets for which rules were looked up. */
    public long ruleLookups;

    /** Records whose path was chosen anew because a node died or the path is gone. */
    public long reselected;

    /** Records that compared a moved configuration generation and were found valid or mended. */
    public long configRevalidations;

    /** The same for the liveness generation. */
    public long livenessRevalidations;

    /** Records that gave way to a new decision: their rule is gone, a change migrates the flow, or an instruction gives it another path. */
    public long recordsReplaced;

    /** Packets that passed without record because the table was full and no service was needed. */
    public long untracked;

    /** Packets that passed without the services of their rule because an instruction for their flow says accept (V12). */
    public long acceptedByInstruction;

    /** Packets that left out a node of their path because an instruction for their flow says so (V12). */
    public long skippedByInstruction;

    /** Flows that an instruction gave another path (V12). */
    public long movedByInstruction;

    /** Flows in progress that moved to a path which had fewer, because a node is back or an operator asked for it (V6). */
    public long flowsRebalanced;

    /** Probes that came back from service nodes, and packets with which nodes answered them, as they should. */
    public long probesReturned;

    /** Frames of transparent ports that are not unicast IP and went straight across. */
    public long passedAcross;

    /** ICMP errors made to tell senders what became of their packets (X6). */
    public long icmpErrors;

    /** ICMP errors that were due and not made: too many at once, no frame free, or no address to send them from. */
    public long icmpErrorsSuppressed;

    /** ICMP errors from outside that took the way of the flow they are about, at port sides and behind nodes. */
    public long errorsOfFlows;

    /** Packets that a router sent in fragments. */
    public long packetsFragmented;

    /** The fragments they became. */
    public long fragmentsMade;

    /** Packets of service paths sent to other switches (V8). */
    public long overlaySent;

    /** Packets of service paths taken from other switches. */
    public long overlayReceived;

    /** BFD packets that a session with another switch, or with a service node, took (V14). */
    public long bfdReceived;

    /** Messages taken in which other switches say what their service instances do. */
    public long statesReceived;

    /** Frames of segments sent to other switches, copies included (C1). */
    public long segmentSent;

    /** Frames of segments taken from other switches. */
    public long segmentReceived;

    /** Copies of frames of segments that are for many, or for somebody unknown. */
    public long segmentCopies;

    /** The same that were lost since no frame was free, or too many waited. */
    public long segmentCopiesLost;

    /** MAC addresses of segments that appeared somewhere else. */
    public long segmentMoves;

    /** MAC addresses that were not learned because the table is full. */
    public long segmentNotLearned;

    /** ARP requests and neighbour solicitations in segments that were answered here. */
    public long segmentAnswered;

    /** Instructions of service nodes for flows classified here, repeated ones included (V12). */
    public long instructionsOfNodes;

    /** Instructions of service nodes that were not followed: what an operator or another node said goes before, the path is none of the flow's, or there is no room. */
    public long instructionsRefused;

    /** Messages without packet that came from service nodes, or from their switches. */
    public long messagesOfNodes;
}
