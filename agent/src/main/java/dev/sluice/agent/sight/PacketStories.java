package dev.sluice.agent.sight;

import dev.sluice.agent.admin.TraceFilter;
import dev.sluice.agent.flows.ListFlows;
import dev.sluice.agent.report.TraceReport;
import dev.sluice.agent.report.TraceReport.PacketReport;
import dev.sluice.datapath.Attachment;
import dev.sluice.datapath.Batch;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.DatapathCounters;
import dev.sluice.datapath.DropReason;
import dev.sluice.datapath.FlowPrograms;
import dev.sluice.datapath.NodeTunnel;
import dev.sluice.datapath.OverlayPeer;
import dev.sluice.datapath.PacketTracer;
import dev.sluice.datapath.Path;
import dev.sluice.datapath.Snapshot;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
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
 */
final class PacketStories implements PacketTracer {
    private static final int STEPS_MAX = 64;

    private final Datapath datapath;
    private final TraceFilter filter;
    private final CompletableFuture<TraceReport> result;
    private final Runnable takeOut;
    private final List<PacketReport> packets = new ArrayList<>();

    /** The packet in hand; a null list if it is not followed. */
    private @Nullable Batch batch;

    private int slot;
    private String received = "";
    private @Nullable List<String> steps;
    private boolean routedOrSteered;

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
        this.datapath = datapath;
        this.filter = filter;
        this.result = result;
        this.takeOut = takeOut;
    }

    /** Takes itself out of the data path and tells what it has. */
    void finish() {
        if (result.isDone()) {
            return;
        }
        takeOut.run();
        leave();
        result.complete(new TraceReport(packets.size() >= filter.packets(), List.copyOf(packets)));
    }

    @Override
    public void received(Batch b, int i) {
        leave();
        if (packets.size() >= filter.packets()) {
            finish();
        } else if (filter.matches(b, i)) {
            batch = b;
            slot = i;
            received = port(b.port[i]) + " < " + FrameWords.packet(b, i) + ", " + link(b, i);
            steps = new ArrayList<>();
            routedOrSteered = false;
            note(datapath.counters());
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
        if (steps != null) {
            say(routedOrSteered ? "waits for the MAC address of its next hop" : "taken by the neighbour stage");
            keep();
        }
    }

    /** The packet in hand is done. */
    private void keep() {
        List<String> done = steps;
        if (done != null) {
            packets.add(new PacketReport(received, List.copyOf(done)));
        }
        steps = null;
        batch = null;
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
        if (packets.size() >= filter.packets()) {
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
    public void classified(Batch b, int i, int port, int side, int record, boolean hit, int rule, int path, int dir) {
        if (!inHand(b, i)) {
            return;
        }
        Snapshot snapshot = datapath.snapshot();
        DatapathCounters c = datapath.counters();
        StringBuilder words = new StringBuilder("classify " + port(port) + " "
                + (side == PortSides.FROM_PORT ? "fromPort" : "toPort") + (hit ? ": record" : ": new flow"));
        words.append(c.recordsReplaced > replaced ? ", instead of an earlier record" : "");
        words.append(c.configRevalidations > configuration ? ", configuration moved" : "");
        words.append(c.livenessRevalidations > liveness ? ", liveness moved" : "");
        words.append(c.reselected > reselected ? ", path chosen anew" : "");
        words.append(", rule ").append(ListFlows.rule(rule, snapshot));
        words.append(", ").append(action(snapshot, rule, path));
        say(words.append(", ").append(direction(dir)).toString());
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
    public void instructed(Batch b, int i, FlowPrograms.Instruction instruction) {
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
    }

    @Override
    public void uninspected(Batch b, int i, Attachment node) {
        if (inHand(b, i)) {
            say("past dead " + node.name() + ", uninspected");
        }
    }

    @Override
    public void returned(Batch b, int i, Attachment node, int side, int direction) {
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
            say(b == copies ? words : "lets go: " + words);
        }
    }

    @Override
    public void dropped(Batch b, int i, DropReason reason) {
        if (inHand(b, i)) {
            end("dropped " + reason);
        } else {
            say(b == copies ? "copy dropped " + reason : "lets go: dropped " + reason);
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
