package dev.sluice.agent.sight;

import dev.sluice.agent.admin.TraceFilter;
import dev.sluice.agent.admin.TraceSession;
import dev.sluice.agent.flows.ListFlows;
import dev.sluice.agent.report.TraceReport;
import dev.sluice.agent.report.TraceReport.PacketReport;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.NodeTunnel;
import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.stage.PacketTracer;
import dev.sluice.datapath.track.Instruction;
import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Writes down in words what the stages of the data path do with each packet. One user: the worker; others wait for the result.
 *
 * <p>It allocates, so it is in place only while somebody asked for it: it takes itself out as soon as it has enough. Memory: at most
 * {@link TraceFilter#PACKETS_MAX} packets of {@value #STEPS_MAX} steps.
 *
 * <p>Of a trace over several nodes ({@link TraceMarks}) it follows packets that are marked, marks those that go to other nodes, and recognises those that service nodes give back.
 */
final class PacketStories implements PacketTracer {
    private static final int STEPS_MAX = 64;

    private final Datapath datapath;
    private final TraceFilter filter;
    private final CompletableFuture<TraceReport> result;
    private final Runnable takeOut;
    private final List<PacketReport> packets = new ArrayList<>();

    /** Null: a trace of this node alone. */
    private final @Nullable TraceMarks marks;

    private final Runnable enough;
    private boolean listensOnly;

    /** What the packet in hand is marked with; 0 in a trace of this node alone. */
    private long mark;

    /** The packet that came in last, which may turn out to be one that is followed. */
    private @Nullable Batch candidate;

    private int candidateSlot;
    private boolean atNode;

    /** The packet in hand; a null list if it is not followed. */
    private @Nullable Batch batch;

    private int slot;
    private String received = "";
    private @Nullable List<String> steps;
    private boolean routedOrSteered;

    /** Whether copies of the packet in hand go to all of its segment. */
    private boolean forAll;

    /** The batch that copies of the packet in hand are in. */
    private @Nullable Batch copies;

    // What the record went through is told by the counters that its stage moves.
    private long replaced;
    private long configuration;
    private long liveness;
    private long reselected;

    /**
     * Stories of this data path; {@code result} completes when there are enough, or at {@link #finish}.
     *
     * @param takeOut lets this hear no more
     */
    PacketStories(Datapath datapath, TraceFilter filter, CompletableFuture<TraceReport> result, Runnable takeOut) {
        this(datapath, filter, result, takeOut, null, () -> {});
    }

    /**
     * Of a trace over several nodes: goes on until {@link #finish}, and follows what others have marked only until {@link #open}.
     *
     * @param enough hears that as many packets were followed from here on as were asked for; they may be on their way still
     */
    PacketStories(
            Datapath datapath,
            TraceFilter filter,
            CompletableFuture<TraceReport> result,
            Runnable takeOut,
            @Nullable TraceMarks marks,
            Runnable enough) {
        this.datapath = datapath;
        this.filter = filter;
        this.result = result;
        this.takeOut = takeOut;
        this.marks = marks;
        this.enough = enough;
        listensOnly = marks != null;
    }

    /** All nodes listen by now: packets may be followed from here on. */
    void open() {
        listensOnly = false;
    }

    /** Takes itself out of the data path and tells what it has. */
    void finish() {
        if (result.isDone()) {
            return;
        }
        takeOut.run();
        leave();
        int followed = marks == null ? packets.size() : marks.stories();
        result.complete(new TraceReport(followed >= filter.packets(), List.copyOf(packets)));
    }

    @Override
    public void received(Batch b, int i) {
        leave();
        if (packets.size() >= legsMax()) {
            finish();
        } else if (marks != null) {
            candidate = b;
            candidateSlot = i;
            recognise(marks, b, i);
        } else if (filter.matches(b, i)) {
            begin(b, i, 0);
        }
    }

    private int legsMax() {
        return marks == null ? filter.packets() : TraceFilter.PACKETS_MAX;
    }

    /** A packet comes in: from a service node, or from outside. Those in tunnels say themselves what they are, later. */
    private void recognise(TraceMarks of, Batch b, int i) {
        if (role(b.port[i]) == PortEntry.Role.SERVICE) {
            begin(b, i, of.returned(datapath.pool().memory(), b, i));
        } else if (!listensOnly && of.stories() < filter.packets() && filter.matches(b, i) && !isForEndpoint(b, i)) {
            begin(b, i, of.begin());
        }
    }

    private boolean isForEndpoint(Batch b, int i) {
        IpAddress end = datapath.snapshot().plane().endpoint();
        return datapath.snapshot().plane().router() >= 0
                && b.destinationHi[i] == end.hi()
                && b.destinationLo[i] == end.lo();
    }

    private PortEntry.@Nullable Role role(int port) {
        Snapshot snapshot = datapath.snapshot();
        return port >= 0 && port < snapshot.portCount() ? snapshot.port(port).role() : null;
    }

    /** @param marked 0 in a trace over several nodes: not one of its packets */
    private void begin(Batch b, int i, long marked) {
        if (marks != null && marked == 0) {
            return;
        }
        mark = marked;
        candidate = null;
        atNode = false;
        batch = b;
        slot = i;
        received = port(b.port[i]) + " < " + FrameWords.packet(b, i) + ", " + link(b, i);
        steps = new ArrayList<>();
        routedOrSteered = false;
        forAll = false;
        note(datapath.counters());
    }

    private boolean mayBegin(Batch b, int i) {
        return steps == null && b == candidate && i == candidateSlot && packets.size() < legsMax();
    }

    @Override
    public void marked(Batch b, int i, long traceId) {
        if (marks != null && marks.session.isOurs(traceId) && mayBegin(b, i)) {
            begin(b, i, traceId);
        }
    }

    @Override
    public long traceId(Batch b, int i) {
        return marks != null && inHand(b, i) ? marks.next(mark) : 0;
    }

    @Override
    public void split(Batch b, int i, Batch pieces) {
        if (inHand(b, i)) {
            say("cut into " + pieces.count + (b.gsoType[i] == Batch.GSO_NONE ? " fragments" : " segments")
                    + ", of which the first is followed");
            batch = pieces;
            slot = 0;
            expectBack(pieces, 0);
        }
    }

    /** The packet goes into a node of this host. */
    private void expectBack(Batch b, int i) {
        if (marks != null && atNode && marks.next(mark) != 0) {
            marks.await(datapath.pool().memory(), b, i, marks.next(mark));
        }
    }

    @Override
    public void crossed(Batch b, int i, Batch newBatch, int newSlot) {
        if (inHand(b, i)) {
            batch = newBatch;
            slot = newSlot;
        }
    }

    @Override
    public void copied(Batch b, int i) {
        if (inHand(b, i)) {
            forAll = true;
            say("for all of the segment");
        }
    }

    /** Nodes that are probed would fill each trace with what is nobody's packet: it is told to who asks for its addresses. */
    @Override
    public void watched(Batch b, int i) {
        if (inHand(b, i) && filter.takesAll()) {
            steps = null;
            batch = null;
        } else if (inHand(b, i)) {
            end("watches over nodes: a probe that came back, the answer to one, or BFD");
        }
    }

    @Override
    public void heeded(Batch b, int i) {
        if (inHand(b, i)) {
            end("told something of a flow, and ends here");
        }
    }

    @Override
    public void waits(Batch b, int i) {
        if (inHand(b, i)) {
            end("waits for the first fragment of its datagram");
        }
    }

    @Override
    public void released(Batch b, int i) {
        received(b, i);
        if (inHand(b, i)) {
            say("had waited for the first fragment of its datagram, goes on");
        }
    }

    /** The packet in hand, if there still is one, has neither been sent nor dropped. */
    private void leave() {
        if (steps != null && forAll) {
            keep();
        } else if (steps != null) {
            say(routedOrSteered ? "waits for the MAC address of its next hop" : "taken by the neighbour stage");
            keep();
        }
    }

    /** The packet in hand is done. */
    private void keep() {
        List<String> done = steps;
        if (done != null) {
            packets.add(new PacketReport(
                    received, List.copyOf(done), TraceSession.storyOf(mark), TraceSession.legOf(mark)));
        }
        steps = null;
        batch = null;
        if (marks != null && marks.stories() >= filter.packets()) {
            enough.run();
        }
    }

    private boolean inHand(Batch b, int i) {
        return steps != null && b == batch && i == slot;
    }

    private void say(String step) {
        List<String> now = steps;
        if (now != null && now.size() < STEPS_MAX) {
            now.add(step);
        }
    }

    private void end(String step) {
        say(step);
        keep();
        if (packets.size() >= legsMax()) {
            finish();
        }
    }

    private void note(DatapathCounters c) {
        replaced = c.recordsReplaced;
        configuration = c.configRevalidations;
        liveness = c.livenessRevalidations;
        reselected = c.reselected;
    }

    @Override
    public void classified(Batch b, int i, Decision d) {
        if (!inHand(b, i)) {
            return;
        }
        Snapshot snapshot = datapath.snapshot();
        DatapathCounters c = datapath.counters();
        StringBuilder words = new StringBuilder("classify " + port(d.port()) + " "
                + (d.side() == PortSides.FROM_PORT ? "fromPort" : "toPort") + (d.hit() ? ": record" : ": new flow"));
        words.append(c.recordsReplaced > replaced ? ", instead of an earlier record" : "");
        words.append(c.configRevalidations > configuration ? ", configuration moved" : "");
        words.append(c.livenessRevalidations > liveness ? ", liveness moved" : "");
        words.append(c.reselected > reselected ? ", path chosen anew" : "");
        words.append(", rule ").append(ListFlows.rule(d.rule(), snapshot));
        words.append(", ").append(action(snapshot, d.rule(), d.path()));
        say(words.append(", ").append(direction(d.direction())).toString());
        note(c);
    }

    private static String action(Snapshot snapshot, int ruleId, int pathId) {
        Rule rule = ruleId > 0 ? snapshot.ruleOfRecord(ruleId) : null;
        if (rule != null && rule.action() == Rule.Action.DROP) {
            return "drop";
        }
        Path path = pathId == 0 ? null : snapshot.path(pathId);
        return path == null ? "no service" : "path " + path.name();
    }

    @Override
    public void instructed(Batch b, int i, Instruction instruction) {
        if (inHand(b, i)) {
            say("instruction " + instruction.action().name().toLowerCase(Locale.ROOT));
        }
    }

    @Override
    public void steered(Batch b, int i, Attachment node, int side, boolean copy) {
        if (steps == null || (!copy && !inHand(b, i))) {
            return;
        }
        routedOrSteered |= !copy;
        copies = copy ? b : copies;
        NodeTunnel tunnel = node.tunnel();
        String where = node.isRemote()
                ? "on node "
                        + datapath.snapshot().plane().peers().get(node.peer()).name()
                : tunnel == null || tunnel.address() == null
                        ? port(node.side(side).port())
                        : "at " + tunnel.address();
        say((copy ? "copy to " : "steer ") + node.name() + " " + side(side) + " (" + where + ")");
        if (!copy) {
            atNode = !node.isRemote();
            expectBack(b, i);
        }
    }

    @Override
    public void uninspected(Batch b, int i, Attachment node) {
        if (inHand(b, i)) {
            say("past dead " + node.name() + ", uninspected");
        }
    }

    @Override
    public void returned(Batch b, int i, Attachment node, int side, int direction) {
        if (marks != null && mayBegin(b, i)) {
            begin(b, i, marks.returned(datapath.pool().memory(), b, i));
        }
        if (inHand(b, i)) {
            say("returned " + node.name() + " " + side(side) + ", " + direction(direction));
        }
    }

    @Override
    public void routed(Batch b, int i, int router, int egress) {
        if (inHand(b, i)) {
            routedOrSteered = true;
            say("routed " + datapath.snapshot().router(router).name() + " to " + port(egress));
        }
    }

    @Override
    public void tunnelled(Batch b, int i, int port, int spi, int si) {
        if (inHand(b, i)) {
            routedOrSteered = true;
            atNode = false;
            say("into the overlay by " + port(port) + ", " + way(spi, si));
        }
    }

    @Override
    public void carried(Batch b, int i, OverlayPeer peer, int spi, int si) {
        if (inHand(b, i)) {
            say("carried here by " + peer.name() + ", " + way(spi, si));
        }
    }

    private static String way(int spi, int si) {
        return "path " + spi + " index " + si;
    }

    @Override
    public void sent(Batch b, int i, int port) {
        String words = "sent " + port(port) + ", " + link(b, i);
        if (inHand(b, i)) {
            end(words);
        } else {
            // Not a copy: a question of the neighbour stage that this packet causes, or a packet that waited for this
            // answer.
            say(b == copies || forAll ? words : "lets go: " + words);
        }
    }

    @Override
    public void dropped(Batch b, int i, DropReason reason) {
        if (inHand(b, i)) {
            end("dropped " + reason);
        } else {
            say(b == copies || forAll ? "copy dropped " + reason : "lets go: dropped " + reason);
        }
    }

    private String link(Batch b, int i) {
        return b.length[i] < 20 ? "too short" : FrameWords.link(datapath.pool().memory(), b.start[i]);
    }

    private String port(int index) {
        Snapshot snapshot = datapath.snapshot();
        return index >= 0 && index < snapshot.portCount() ? snapshot.port(index).name() : "port " + index;
    }

    private static String side(int side) {
        return side == Attachment.IN ? "in" : "out";
    }

    private static String direction(int direction) {
        return direction == 0 ? "forward" : "reverse";
    }
}
