package dev.sluice.model;

import dev.sluice.model.Node.Bfd;
import dev.sluice.model.Node.BfdKey;
import dev.sluice.model.Node.FastPath;
import dev.sluice.model.Node.Io;
import dev.sluice.model.Node.Spec;
import dev.sluice.model.Node.Timeouts;
import dev.sluice.model.Node.Tracker;
import dev.sluice.model.Node.Underlay;
import dev.sluice.wire.IpAddress;
import java.util.List;
import java.util.Optional;

/** Reads {@link Node}. */
final class NodeReader {
    private static final Timeouts T = Timeouts.DEFAULT;

    private static final Field<Long> TCP_ESTABLISHED =
            timeout("tcpEstablished", T.tcpEstablishedNs(), "TCP after the handshake.");
    private static final Field<Long> TCP_HALF_OPEN =
            timeout("tcpHalfOpen", T.tcpHalfOpenNs(), "TCP before the handshake is complete.");
    private static final Field<Long> TCP_CLOSING = timeout("tcpClosing", T.tcpClosingNs(), "TCP after FIN or RST.");
    private static final Field<Long> UDP = timeout("udp", T.udpNs(), "UDP with packets in one direction only.");
    private static final Field<Long> UDP_STREAM =
            timeout("udpStream", T.udpStreamNs(), "UDP with packets in both directions.");
    private static final Field<Long> ICMP = timeout("icmp", T.icmpNs(), "ICMP and ICMPv6.");
    private static final Field<Long> OTHER = timeout("other", T.otherNs(), "Everything else.");

    private static final Field<Integer> CONNECTIONS_MAX = Field.defaulted(
            "connectionsMax",
            Types.integer(1024, 1 << 25),
            Tracker.DEFAULT.connectionsMax(),
            Integer.toString(Tracker.DEFAULT.connectionsMax()),
            "How many connections are remembered at most; memory is reserved for all of them.");
    private static final Field<Timeouts> TIMEOUTS = Field.defaulted(
            "timeouts",
            ObjectType.of(
                    NodeReader::timeouts, TCP_ESTABLISHED, TCP_HALF_OPEN, TCP_CLOSING, UDP, UDP_STREAM, ICMP, OTHER),
            T,
            "",
            "When an idle connection is forgotten.");
    private static final Field<Tracker> TRACKER = Field.defaulted(
            "tracker",
            ObjectType.of(v -> new Tracker(v.get(CONNECTIONS_MAX), v.get(TIMEOUTS)), CONNECTIONS_MAX, TIMEOUTS),
            Tracker.DEFAULT,
            "",
            "Connection tracker.");

    private static final Field<Optional<Integer>> JOURNEYS_MAX = Field.optional(
            "journeysMax",
            Types.integer(FastPath.JOURNEYS_MIN, FastPath.JOURNEYS_MAX),
            "How many journeys the kernel has at most: a flow through one node has four, through each further one two more. Memory for all of them is reserved in the process, and taken in the kernel"
                    + " as they come. Without it: four for each connection of the tracker, if a 64th of the memory and a 16th of the Java heap suffice for them, else as many as do. In force when the node starts.");
    private static final Field<Integer> AFTER_PACKETS = Field.defaulted(
            "afterPackets",
            Types.integer(1, FastPath.AFTER_PACKETS_MAX),
            FastPath.DEFAULT.afterPackets(),
            Integer.toString(FastPath.DEFAULT.afterPackets()),
            "So many packets of a direction of a flow come to the process before the kernel may repeat it. More keeps short flows, of name servers say, out of the kernel's table.");
    private static final Field<FastPath> FAST_PATH = Field.defaulted(
            "fastPath",
            ObjectType.of(v -> new FastPath(v.get(JOURNEYS_MAX), v.get(AFTER_PACKETS)), JOURNEYS_MAX, AFTER_PACKETS),
            FastPath.DEFAULT,
            "",
            "The kernel's fast path, of nodes that run with `--fast-path`.");

    private static final Field<PortDriver> DRIVER = Field.defaulted(
            "driver",
            Types.word(List.of(PortDriver.AUTO, PortDriver.AF_PACKET, PortDriver.AF_XDP), List.of()),
            PortDriver.AUTO,
            "How ports whose driver is auto receive and send frames.");
    private static final Field<Io> IO = Field.defaulted(
            "io", ObjectType.of(v -> new Io(v.get(DRIVER)), DRIVER), Io.DEFAULT, "", "Packet input and output.");

    private static final Field<ExistingFlows> EXISTING_FLOWS = Field.defaulted(
            "existingFlows",
            Types.word(ExistingFlows.class),
            ExistingFlows.AUTO,
            "What a change of the configuration means for flows in progress: keep (they keep rule and path, even if those are gone from the configuration), migrate (the new rules decide them"
                    + " anew), auto (those whose rule still stands stay, the others are decided anew).");

    private static final Field<IpAddress> ADDRESS = Field.required(
            "address",
            Types.HOST_ADDRESS,
            "Where tunnels from other nodes end: an address of an interface of a LogicalRouter of this node, which carries the tunnels. All nodes the same IP version, each an address of its own.");
    private static final Field<Integer> INTERVAL_MS = Field.defaulted(
            "intervalMs",
            Types.integer(10, 10_000),
            Bfd.DEFAULT.intervalMs(),
            Integer.toString(Bfd.DEFAULT.intervalMs()),
            "Time between two packets; the slower of two nodes decides.");
    private static final Field<Integer> FAIL_AFTER = Field.defaulted(
            "failAfter",
            Types.integer(2, 50),
            Bfd.DEFAULT.failAfter(),
            Integer.toString(Bfd.DEFAULT.failAfter()),
            "So many intervals without a packet of this node mean to the others that it is gone.");
    private static final Field<Integer> KEY_ID = Field.defaulted(
            "id", Types.integer(0, 255), 1, "1", "Number of the key in packets; keys that differ have different ones.");
    private static final Field<String> SECRET = Field.required(
            "secret",
            Types.checked(
                    "1 to 20 printable ASCII characters",
                    "is no secret for SHA1",
                    JsonSchema.text("[ -~]{1,20}"),
                    NodeReader::secret),
            "The secret.");
    static final ObjectType<BfdKey> BFD_KEY =
            ObjectType.of(v -> new BfdKey(v.get(KEY_ID), v.get(SECRET)), KEY_ID, SECRET);
    private static final Field<Optional<BfdKey>> KEY = Field.optional(
            "key",
            BFD_KEY,
            "Signs the packets of this node (meticulous keyed SHA1). Between two nodes the keys of both are taken, so that keys can be changed one node after the other; if neither has one, nothing is signed.");
    private static final Field<Bfd> BFD = Field.defaulted(
            "bfd",
            ObjectType.of(
                    v -> new Bfd(v.get(INTERVAL_MS), v.get(FAIL_AFTER), v.get(KEY)), INTERVAL_MS, FAIL_AFTER, KEY),
            Bfd.DEFAULT,
            "",
            "How this node and the others find out that one of them is gone (BFD, RFC 5880).");
    private static final Field<Optional<Underlay>> UNDERLAY = Field.optional(
            "underlay",
            ObjectType.of(v -> new Underlay(v.get(ADDRESS), v.get(BFD)), ADDRESS, BFD),
            "The network between nodes. Nodes that have it share their service instances.");

    static final ObjectType<Spec> SPEC = ObjectType.of(
            v -> new Spec(v.get(TRACKER), v.get(FAST_PATH), v.get(IO), v.get(EXISTING_FLOWS), v.get(UNDERLAY)),
            TRACKER,
            FAST_PATH,
            IO,
            EXISTING_FLOWS,
            UNDERLAY);

    private NodeReader() {}

    private static Optional<String> secret(String text) {
        boolean fits = !text.isEmpty() && text.length() <= 20 && text.chars().allMatch(c -> c >= 0x20 && c < 0x7f);
        return fits ? Optional.of(text) : Optional.empty();
    }

    private static Field<Long> timeout(String name, long ns, String text) {
        ValueType<Long> type = Types.durationNs(Timeouts.SHORTEST_NS, Timeouts.LONGEST_NS);
        return Field.defaulted(name, type, ns, ns / 1_000_000_000 + "s", text);
    }

    private static Timeouts timeouts(Values v) {
        return new Timeouts(
                v.get(TCP_ESTABLISHED),
                v.get(TCP_HALF_OPEN),
                v.get(TCP_CLOSING),
                v.get(UDP),
                v.get(UDP_STREAM),
                v.get(ICMP),
                v.get(OTHER));
    }
}
