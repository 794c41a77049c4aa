package dev.sluice.datapath.offload;

/**
 * Why the journey of a packet was not given to a fast path: the one table that counters, command line and documentation are made from (packet-life.md, fast path).
 *
 * <p>Of several reasons the first that is met on the way counts.
 */
public enum OffloadRefusal {
    PORT_NOT_ATTACHED("It came in or left by a port that has no fast path, such as one between routers of this node."),
    TRACED("Packets are traced at the moment, so each has to be seen."),
    NOT_UNICAST_IP("It is not IP, or for many, or neighbour discovery."),
    FRAGMENT("It is a fragment: only with the first one are its ports known."),
    PROTOCOL("It is neither TCP nor UDP nor an ICMP echo with an identifier other than 0."),
    OPTIONS("It has IPv4 options or IPv6 extension headers."),
    TCP_FLAGS("It is a SYN, FIN or RST, which the tracker has to see."),
    TCP_NOT_ESTABLISHED("Its TCP connection has not been seen to be agreed on by both sides."),
    NEW_FLOW("It is among the first of its flow, which are decided here."),
    UNTRACKED("No record of the connection table decides about it, so nothing would end the repetition."),
    TOO_MANY_RECORDS("It passed more records than a repetition can count in, or its flow has too many ways."),
    ATTRIBUTES("Rules where it was classified ask for attributes, or only observe."),
    INSTRUCTED(
            "Something is told of its flow for the next packet alone, or a path that the flow is to move to as soon as it is there."),
    TRANSLATED("A node on its path rewrites addresses."),
    COPIED("A node on its path gets copies."),
    CAPPED("The node it goes to has a cap."),
    UNINSPECTED("It passed by a dead node, which is counted for each packet."),
    PATH_CHANGING("Its flow is between two paths."),
    TWO_PATHS("More than one path of its flow is in question."),
    OVERLAY(
            "It came from or goes to a node behind a tunnel, or its tunnel headers are such as only the data path can check."),
    SEGMENT("It goes through a logical switch."),
    TAGS("It would leave with more than two tags."),
    TOO_LARGE("It is larger than what its way takes whole."),
    REWRITTEN("More than addresses of its frame, tags and TTL were changed."),
    ENDED_HERE("It was dropped, answered, or waits here."),
    FULL(
            "The fast path has no room for one more, and none of those it has is idle (fastPath.journeysMax of the Node object)."),
    DEVICE_REFUSED("The fast path can't do that, or did not take it.");

    /** How many there are. */
    public static final int COUNT = values().length;

    private final String sentence;

    OffloadRefusal(String sentence) {
        this.sentence = sentence;
    }

    /** Place of the reason in arrays of counters, 0..{@link #COUNT} - 1. Not stable between versions: never store it. */
    @SuppressWarnings("EnumOrdinal") // counters are arrays by reason and live no longer than the process
    public int index() {
        return ordinal();
    }

    /** For people. */
    public String sentence() {
        return sentence;
    }
}
