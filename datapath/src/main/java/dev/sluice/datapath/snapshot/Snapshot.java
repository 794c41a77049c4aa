package dev.sluice.datapath.snapshot;

import dev.sluice.datapath.route.Routes;
import dev.sluice.datapath.rules.Group;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The whole configuration of a node in compiled form. Immutable; a worker swaps snapshots between two batches, so a packet lives under exactly one.
 *
 * <p>Ids of rules, groups, paths and attachments name content and are never reused by the compiler, so a record can tell by its ids whether what it
 * was made from still stands.
 */
public final class Snapshot {
    private final int generation;
    private final PortEntry[] ports;
    private final RouterEntry[] routers;
    private final Target[] targets;
    private final IntTable<Rule> rules;
    private final IntTable<Group> groups;
    private final IntTable<Path> paths;
    private final IntTable<Attachment> attachments;
    private final TagTable tags;
    private final TrackerTimeouts timeouts;
    private final boolean watchful;
    private final Retained retained;
    private final List<PacketCap> caps;
    private final ServicePlane plane;
    private final Segments segments;
    private final TunnelTable tunnels;
    private final AddressTable<Attachment> nodesByAddress;
    private final UnderlayPorts underlayPorts;
    private final WatchedNodes watched;
    private final List<ReturningNode> returning;

    /** Indexes the tables. */
    Snapshot(SnapshotBuilder from) {
        generation = from.generation;
        ports = from.ports.toArray(new PortEntry[0]);
        routers = from.routers.toArray(new RouterEntry[0]);
        targets = from.targets.toArray(new Target[0]);
        rules = IntTable.of(from.rules, Rule::id);
        groups = IntTable.of(from.groups, Group::id);
        paths = IntTable.of(from.paths, Path::id);
        attachments = IntTable.of(from.attachments, Attachment::id);
        tags = TagTable.of(from.attachments);
        timeouts = from.timeouts;
        watchful = from.groups.stream().anyMatch(group -> group.hasContext() || group.observers().length > 0);
        retained = from.retained;
        caps = List.copyOf(from.caps);
        plane = from.plane;
        segments = from.segments;
        tunnels = new TunnelTable(plane, segments, from.attachments, from.ports);
        nodesByAddress = byAddress(from.attachments);
        underlayPorts = underlayPorts(from);
        watched = WatchedNodes.of(from.watched);
        returning = List.copyOf(from.returning);
        for (int i = 0; i < ports.length; i++) {
            if (ports[i].index() != i) {
                throw new IllegalArgumentException(
                        "port " + ports[i].name() + " has index " + ports[i].index() + " at " + i);
            }
        }
    }

    /**
     * A snapshot to be put together.
     *
     * @param generation moves with every snapshot; records store it
     */
    public static SnapshotBuilder builder(int generation) {
        return new SnapshotBuilder(generation);
    }

    private Snapshot(Snapshot other, List<Target> targets, List<Path> paths, List<Attachment> attachments) {
        generation = other.generation;
        ports = other.ports;
        routers = other.routers;
        this.targets = targets.toArray(new Target[0]);
        rules = other.rules;
        groups = other.groups;
        this.paths = IntTable.of(paths, Path::id);
        this.attachments = IntTable.of(attachments, Attachment::id);
        tags = TagTable.of(attachments);
        timeouts = other.timeouts;
        watchful = other.watchful;
        retained = other.retained;
        caps = other.caps;
        plane = other.plane;
        segments = other.segments;
        tunnels = other.tunnels;
        nodesByAddress = byAddress(attachments);
        underlayPorts = other.underlayPorts;
        watched = other.watched;
        returning = other.returning;
    }

    private static AddressTable<Attachment> byAddress(List<Attachment> attachments) {
        return AddressTable.of(
                attachments.stream()
                        .filter(node -> node.tunnel() != null && !node.isAtPorts() && !node.isRemote())
                        .toList(),
                node -> Objects.requireNonNull(
                        Objects.requireNonNull(node.tunnel()).address()));
    }

    private static UnderlayPorts underlayPorts(SnapshotBuilder from) {
        int router = from.plane.router();
        Routes routes = router < 0 ? Routes.EMPTY : from.routers.get(router).routes();
        Stream<IpAddress> peers = from.plane.peers().stream().map(OverlayPeer::address);
        Stream<IpAddress> nodes = from.attachments.stream()
                .filter(node -> !node.isRemote())
                .map(Attachment::tunnel)
                .filter(Objects::nonNull)
                .flatMap(tunnel -> Stream.ofNullable(tunnel.address()));
        return UnderlayPorts.of(routes, Stream.concat(peers, nodes), from.ports.size());
    }

    /**
     * The same, but for the counters of paths and attachments, which are new ones: for a data path whose packets are none. Rules keep theirs, which
     * such a data path leaves alone.
     */
    public Snapshot withOwnCounters() {
        Map<Integer, Attachment> ownAttachments = new HashMap<>();
        for (Attachment attachment : attachments.values()) {
            ownAttachments.put(attachment.id(), attachment.withOwnCounters());
        }
        List<Path> ownPaths = new ArrayList<>();
        for (Path path : paths.values()) {
            ownPaths.add(path.withOwnCounters(ownAttachments));
        }
        List<Target> ownTargets = new ArrayList<>();
        for (Target target : targets) {
            List<Path> ofTarget = new ArrayList<>();
            target.paths().forEach(path -> ofTarget.add(path.withOwnCounters(ownAttachments)));
            ownTargets.add(new Target(target.id(), target.name(), ofTarget, target.onFailure(), target.selection()));
        }
        return new Snapshot(this, ownTargets, ownPaths, List.copyOf(ownAttachments.values()));
    }

    /** A snapshot in which nothing is configured. */
    public static Snapshot empty() {
        return builder(0).build();
    }

    /** Nodes that say something of themselves. */
    public WatchedNodes watched() {
        return watched;
    }

    /** Nodes to which flows in progress move when they serve again. */
    public List<ReturningNode> returning() {
        return returning;
    }

    public int generation() {
        return generation;
    }

    public int portCount() {
        return ports.length;
    }

    public PortEntry port(int index) {
        return ports[index];
    }

    public int routerCount() {
        return routers.length;
    }

    public RouterEntry router(int index) {
        return routers[index];
    }

    public int targetCount() {
        return targets.length;
    }

    public Target target(int id) {
        return targets[id];
    }

    /** The rule with this id, null if this snapshot has none. */
    public @Nullable Rule rule(int id) {
        return rules.get(id);
    }

    /** The rule that a record names: one of this snapshot, or a retired one; null if it is neither. */
    public @Nullable Rule ruleOfRecord(int id) {
        Rule rule = rules.get(id);
        return rule == null ? retained.rule(id) : rule;
    }

    /** What the rule that a record names says of dead nodes; INHERIT: each hop decides. */
    public Rule.FailureAction onFailure(int id) {
        Rule rule = id > 0 ? ruleOfRecord(id) : null;
        return rule == null ? Rule.FailureAction.INHERIT : rule.onFailure();
    }

    /** What becomes of flows made under earlier snapshots. */
    public Retained retained() {
        return retained;
    }

    /** The group with this id, null if this snapshot has none. */
    public @Nullable Group group(int id) {
        return groups.get(id);
    }

    /** Whether a rule of a group asks for contextual attributes or only observes, so that each packet has to be looked at for it. */
    public boolean isWatchful() {
        return watchful;
    }

    /** The path with this id, null if this snapshot has none. */
    public @Nullable Path path(int id) {
        return paths.get(id);
    }

    /** All attachments, in no particular order. */
    public List<Attachment> attachments() {
        return attachments.values();
    }

    /** All paths, in no particular order. */
    public List<Path> paths() {
        return paths.values();
    }

    /** All rules, in no particular order. */
    public List<Rule> rules() {
        return rules.values();
    }

    /** The attachment with this id, null if this snapshot has none. */
    public @Nullable Attachment attachment(int id) {
        return attachments.get(id);
    }

    /** What the tags of service ports mean. */
    public TagTable tags() {
        return tags;
    }

    public TrackerTimeouts timeouts() {
        return timeouts;
    }

    /** Caps of service instances. */
    public List<PacketCap> caps() {
        return caps;
    }

    /** What the node shares with other nodes. */
    public ServicePlane plane() {
        return plane;
    }

    /** Ways into the underlay, with their outer headers. */
    public TunnelTable tunnels() {
        return tunnels;
    }

    /** The service node of this host with this address in the underlay, null if nobody has it. */
    @Nullable
    public Attachment nodeAt(long hi, long lo) {
        return nodesByAddress.at(hi, lo);
    }

    /** By which ports packets for the tunnel endpoint may come in. */
    public UnderlayPorts underlayPorts() {
        return underlayPorts;
    }

    /** The logical switches that the node has ports of. */
    public Segments segments() {
        return segments;
    }
}
