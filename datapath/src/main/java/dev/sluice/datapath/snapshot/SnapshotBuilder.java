package dev.sluice.datapath.snapshot;

import dev.sluice.datapath.rules.Group;
import dev.sluice.datapath.rules.Rule;
import java.util.List;

/** The parts of a {@link Snapshot}, each empty or usual until it is given. For the thread that makes one. */
public final class SnapshotBuilder {
    final int generation;
    List<PortEntry> ports = List.of();
    List<RouterEntry> routers = List.of();
    List<Target> targets = List.of();
    List<Rule> rules = List.of();
    List<Group> groups = List.of();
    List<Path> paths = List.of();
    List<Attachment> attachments = List.of();
    TrackerTimeouts timeouts = TrackerTimeouts.DEFAULT;
    Retained retained;
    List<PacketCap> caps = List.of();
    ServicePlane plane = ServicePlane.NONE;
    Segments segments = Segments.NONE;
    List<WatchedNode> watched = List.of();
    List<ReturningNode> returning = List.of();

    SnapshotBuilder(int generation) {
        this.generation = generation;
        retained = Retained.auto(generation);
    }

    /** Nodes that say something of themselves. */
    public SnapshotBuilder watched(List<WatchedNode> all) {
        watched = all;
        return this;
    }

    /** Nodes to which flows in progress move when they serve again, at most once each; usually there are none. */
    public SnapshotBuilder returning(List<ReturningNode> all) {
        returning = all;
        return this;
    }

    /** Ports: element i has index i. */
    public SnapshotBuilder ports(List<PortEntry> all) {
        ports = all;
        return this;
    }

    /** Routers and transparent pairs: element i has index i. */
    public SnapshotBuilder routers(List<RouterEntry> all) {
        routers = all;
        return this;
    }

    /** Targets of redirects: element i has id i. */
    public SnapshotBuilder targets(List<Target> all) {
        targets = all;
        return this;
    }

    /** All rules of all groups. */
    public SnapshotBuilder rules(List<Rule> all) {
        rules = all;
        return this;
    }

    /** All rule groups that ports name. */
    public SnapshotBuilder groups(List<Group> all) {
        groups = all;
        return this;
    }

    /** All paths of the targets, and retired ones that flows may still be pinned to. */
    public SnapshotBuilder paths(List<Path> all) {
        paths = all;
        return this;
    }

    /** All attachments of the paths. */
    public SnapshotBuilder attachments(List<Attachment> all) {
        attachments = all;
        return this;
    }

    /** Idle times of the tracker; usually {@link TrackerTimeouts#DEFAULT}. */
    public SnapshotBuilder timeouts(TrackerTimeouts value) {
        timeouts = value;
        return this;
    }

    /** What becomes of flows made under earlier snapshots; usually {@link Retained#auto}. */
    public SnapshotBuilder retained(Retained value) {
        retained = value;
        return this;
    }

    /** Packets per second of service instances, at most one for each; usually there are none. */
    public SnapshotBuilder caps(List<PacketCap> all) {
        caps = all;
        return this;
    }

    /** What the node shares with other nodes; usually it is alone. */
    public SnapshotBuilder plane(ServicePlane value) {
        plane = value;
        return this;
    }

    /** The logical switches that the node has ports of; usually there are none. */
    public SnapshotBuilder segments(Segments value) {
        segments = value;
        return this;
    }

    /** Indexes the tables. */
    public Snapshot build() {
        return new Snapshot(this);
    }
}
