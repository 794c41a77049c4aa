package dev.sluice.sdk;

import dev.sluice.wire.Malformed;

/** Why a node did not return a packet or did not say something. Each has a counter of its own ({@link NodeStatistics#drops}). */
public enum NodeDrop {
    /** The datagram is from none of the switches that the node was told. */
    SENDER_NOT_ALLOWED("the sender is none of the switches allowed"),
    /** Of the Geneve header. */
    GENEVE_TRUNCATED(Malformed.GENEVE_TRUNCATED),
    /** Of the Geneve header. */
    GENEVE_VERSION(Malformed.GENEVE_VERSION),
    /** Of the Geneve options. */
    GENEVE_OPTION_LENGTH(Malformed.GENEVE_OPTION_LENGTH),
    /** Of the Geneve options. */
    GENEVE_OPTION_CRITICAL(Malformed.GENEVE_OPTION_CRITICAL),
    /** A message between tunnel endpoints. */
    GENEVE_CONTROL("bit O of the Geneve header is set: a message between tunnel endpoints, of which none is expected"),
    /** Another virtual network. */
    PLANE_NOT_ALLOWED("the VNI is none of the service planes allowed"),
    /** No service header. */
    NOT_NSH("the Geneve protocol type is not 0x894F"),
    /** Of the service header. */
    NSH_TRUNCATED(Malformed.NSH_TRUNCATED),
    /** Of the service header. */
    NSH_VERSION(Malformed.NSH_VERSION),
    /** Of the service header. */
    NSH_LENGTH(Malformed.NSH_LENGTH),
    /** Of the service header. */
    NSH_MD_TYPE(Malformed.NSH_MD_TYPE),
    /** Of the metadata. */
    NSH_CONTEXT_LENGTH(Malformed.NSH_CONTEXT_LENGTH),
    /** Operation and maintenance. */
    NSH_OAM(
            "bit O of the service header is set, and this node has no part in operation and maintenance (RFC 8300 2.2)"),
    /** Time to live used up. */
    NSH_TTL("the time to live of the service header is 0, with which no forwarder sends (RFC 8300 2.2)"),
    /** Path used up. */
    NSH_INDEX(Malformed.NSH_INDEX),
    /** Something that the handler could not read. */
    PAYLOAD_UNKNOWN("the next protocol is none of Ethernet, IPv4 and IPv6"),
    /** Of the frame inside. */
    PAYLOAD_TRUNCATED("the payload is shorter than an Ethernet, IPv4 or IPv6 header"),
    /** The handler's will. */
    HANDLER_DROPPED("the handler said so"),
    /** The handler failed, and so did the packet. */
    HANDLER_FAILED("the handler threw an exception or gave no verdict, and the packet did not go on unserved"),
    /** A copy. */
    COPY_KEPT("the packet was a copy, which nobody expects back"),
    /** Nothing to say it in. */
    INSTRUCTION_UNSAID("an instruction was not sent, because the packet came without the metadata that carry it"),
    /** Refused by the socket. */
    SEND_FAILED("the socket refused the packet, for example because it is larger than the MTU");

    private final String sentence;
    private final int malformed;

    NodeDrop(String sentence) {
        this.sentence = sentence;
        malformed = 0;
    }

    NodeDrop(int malformed) {
        sentence = Malformed.sentence(malformed);
        this.malformed = malformed;
    }

    /** What is wrong, as a sentence without capital and full stop. */
    public String sentence() {
        return sentence;
    }

    /** Whether the handler was not asked: the packet was malformed or foreign. */
    public boolean isRefusal() {
        return compareTo(HANDLER_DROPPED) < 0;
    }

    /** The reason that belongs to a code of {@link Malformed}. */
    static NodeDrop of(int malformed) {
        for (NodeDrop drop : ALL) {
            if (drop.malformed == malformed) {
                return drop;
            }
        }
        throw new IllegalArgumentException("malformed reason " + malformed + " is of no header that a node reads");
    }

    private static final NodeDrop[] ALL = values();
}
