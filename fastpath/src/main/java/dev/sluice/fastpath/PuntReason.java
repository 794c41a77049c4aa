package dev.sluice.fastpath;

import java.util.List;

/** Why the kernel's program left a packet to the data path. The order is that of enum count in src/main/bpf/journey.h. */
public enum PuntReason {
    REPLAYED("repeated: not left to anybody"),
    NOT_IP("neither IPv4 nor IPv6"),
    MALFORMED("something about its headers is wrong"),
    FRAGMENT("a fragment"),
    OPTIONS("IPv4 options or IPv6 extension headers"),
    PROTOCOL("not TCP, UDP or an ICMP echo"),
    PROBE("the data path's own probe of a node"),
    TCP_STATE("TCP with SYN, FIN or RST"),
    NO_RECORD("a journey that is not recorded"),
    CONFIG_MOVED("recorded under another configuration"),
    PATH_MOVED("something happened to the path since it was recorded"),
    EGRESS_MOVED("something happened to the port it leaves by since it was recorded"),
    OTHER_MACS("other Ethernet addresses than the recorded ones"),
    TTL_LOW("its time to live ends here"),
    TOO_LARGE("larger than the port it leaves by takes"),
    OTHER_HEADERS("other tunnel or service headers than the recorded ones"),
    CONGESTED("congestion was marked in a tunnel, and its sender does not know of that"),
    NOT_ABLE("the record asks for what this kernel cannot do with the frame"),
    LOST("dropped: no memory while changing it, or while handing it over"),
    ABSENT_DROPPED("dropped: Sluice was not there to decide"),
    ABSENT_PASSED("sent across the wire as it was: Sluice was not there to decide, and all rules there are open"),
    PARTIAL("its checksum looks as if hardware were to complete it, which XDP cannot see"),
    NO_XDP_OUT("the port it leaves by takes no frames from XDP"),
    XDP_REPEATED("repeated, and by XDP"),
    XDP_LEFT("recorded, but not for XDP, which left it to tc: partial checksums, ports that take nothing from XDP");

    /** By their numbers in the program. */
    static final List<PuntReason> BY_NUMBER = List.of(values());

    private final String text;

    PuntReason(String text) {
        this.text = text;
    }

    /** In words for people. */
    public String text() {
        return text;
    }

    /** Says where a frame went on in the kernel, not that it came to the data path. */
    public boolean isOfKernel() {
        return this == REPLAYED || this == XDP_REPEATED || this == XDP_LEFT;
    }
}
