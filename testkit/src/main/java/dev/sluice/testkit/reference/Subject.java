package dev.sluice.testkit.reference;

import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.mirror.OffloadMirror;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.packet.DropCounters;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.datapath.rules.AttributeIds;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.AttachmentCounters;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.track.AttributeTable;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.FlowName;
import dev.sluice.datapath.track.FlowPrograms;
import dev.sluice.datapath.track.InstructedFlow;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.ports.MemoryPort;
import dev.sluice.testkit.MemoryOffload;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The production data path over ports in memory, seen as events in and outcomes out. One user: the comparison. */
final class Subject implements AutoCloseable {
    private static final int SMALL_FRAMES = 320;
    private static final int LARGE_FRAMES = 4;

    /** Secret of hashes. */
    static final long SEED = 42;

    private final Arena arena = Arena.ofConfined();
    private final FramePool pool = new FramePool(
            arena.allocate(FramePool.bytesFor(SMALL_FRAMES, LARGE_FRAMES), 4096), SMALL_FRAMES, LARGE_FRAMES);
    private final Liveness liveness = new Liveness(256, 256);
    private final Set<Integer> failedPaths = new HashSet<>();
    private final Datapath datapath;
    private final Batch batch = new Batch();
    private final List<@Nullable MemoryPort> ports = new ArrayList<>();
    private World world;

    /** Null: nothing is foretold. */
    private @Nullable ForetellingCheck check;

    /** Null: each frame goes to the data path. */
    private @Nullable InFront inFront;

    private long nowNs;
    private final List<Gauge> gauges = new ArrayList<>();
    private final long[] dropsBefore = new long[DropReason.COUNT];
    private final Map<String, Long> dropsByPort = new HashMap<>();

    Subject(World world, int connectionsMax, long nowNs) {
        this.datapath = new Datapath(pool, liveness, connectionsMax, SEED);
        this.nowNs = nowNs;
        this.world = world;
        apply(world);
    }

    /** From now on, what happens to each frame is foretold first. */
    void foretell(ForetellingCheck newCheck) {
        check = newCheck;
        newCheck.begin(datapath, liveness);
    }

    /** From now on there is a fast path in front. */
    void put(InFront fastPath) {
        inFront = fastPath;
        fastPath.begin(datapath);
    }

    /** What was repeated is counted, and compared with what the data path knows. */
    List<String> settle() {
        OffloadMirror mirror = datapath.offload();
        return mirror == null ? List.of() : mirror.differences(nowNs);
    }

    void apply(World next) {
        world = next;
        for (int i = ports.size(); i < next.ports().size(); i++) {
            PortEntry port = next.port(i);
            ports.add(port.role() == PortEntry.Role.LINK ? null : new MemoryPort(port.name(), i, pool));
        }
        datapath.apply(next.snapshot(), ports.toArray(new PacketPort[0]));
        gaugeAll();
    }

    void tell(Event.Told told) {
        ModelRecord.Key key = told.flow();
        InstructedFlow flow = new InstructedFlow(
                datapath.zone(key.router(), key.outerVlan(), key.innerVlan()),
                key.protocol(),
                key.source(),
                key.sourcePort(),
                key.destination(),
                key.destinationPort());
        FlowPrograms.Action action = told.action();
        if (action == null) {
            datapath.programs().remove(flow);
        } else {
            datapath.programs().put(flow, action, told.argument(), told.once(), nowNs + told.ttlNs(), nowNs);
        }
    }

    void say(Event.Said said) {
        ModelRecord.Key key = said.flow();
        PacketFields fields = new PacketFields();
        fields.protocol = key.protocol();
        fields.sourceHi = key.source().hi();
        fields.sourceLo = key.source().lo();
        fields.sourcePort = key.sourcePort();
        fields.destinationHi = key.destination().hi();
        fields.destinationLo = key.destination().lo();
        fields.destinationPort = key.destinationPort();
        int zone = datapath.zone(key.router(), key.outerVlan(), key.innerVlan());
        ConnectionTable table = datapath.connections();
        int slot = -1;
        // All of them: whatever of the flow has expired goes when it is looked at.
        for (int each = table.find(
                        FlowHash.withRouter(FlowHash.of(fields), zone), fields, zone, ConnectionTable.SERVICE, nowNs);
                each >= 0;
                each = table.next(each, nowNs)) {
            slot = slot < 0 && !table.isSuperseded(each) ? each : slot;
        }
        FlowPrograms.Action action = said.action();
        if (slot >= 0 && action == null) {
            datapath.programs().takeBack(slot, said.speaker(), said.directions(), nowNs);
        } else if (slot >= 0 && action != null) {
            long life = FlowPrograms.WITH_THE_RECORD;
            datapath.programs()
                    .tell(slot, said.speaker(), action, said.argument(), said.once(), said.directions(), life, nowNs);
        }
    }

    void setInstance(int instance, boolean alive) {
        liveness.setInstance(instance, alive);
    }

    void setFailed(int path, boolean failed) {
        if (failed ? failedPaths.add(path) : failedPaths.remove(path)) {
            liveness.setFailedPaths(
                    failedPaths.stream().mapToInt(Integer::intValue).toArray());
        }
    }

    void setLeaving(int instance, boolean leave) {
        liveness.setLeaving(instance, leave);
    }

    void setProbed(int instance, boolean alive) {
        liveness.setProbed(instance, alive);
    }

    void setJudged(int instance, boolean judged) {
        liveness.setJudged(instance, judged);
    }

    void setPort(int port, boolean up) {
        liveness.setPort(port, up);
    }

    void setAttributes(ModelAttributes.Subject of, ModelAttributes.@Nullable Values values, long lifeNs) {
        AttributeTable table = datapath.attributes();
        if (table == null) {
            table = new AttributeTable(datapath.connections().capacity(), 256);
            datapath.useAttributes(table);
        }
        long ids = values == null ? 0 : AttributeIds.of(values.application(), values.group(), values.user());
        if (of.isFlow()) {
            List<Integer> ends = of.ports() == null ? List.of(FlowName.ANY_PORT, FlowName.ANY_PORT) : of.ports();
            FlowName name = new FlowName(of.protocol(), of.one(), ends.get(0), of.other(), ends.get(1));
            if (values == null) {
                table.clearFlow(name);
            } else {
                table.setFlow(name, ids, nowNs + lifeNs);
            }
        } else if (values == null) {
            table.clearPort(of.port());
        } else {
            table.setPort(of.port(), ids, nowNs + lifeNs);
        }
    }

    Outcome elapse(long ns, boolean tick) {
        nowNs += ns;
        OffloadMirror mirror = datapath.offload();
        if (mirror != null) {
            mirror.dropExpired(nowNs);
        }
        if (tick) {
            datapath.tick(nowNs);
            datapath.flush();
        }
        return outcome();
    }

    /** A frame that is not what the test is about. */
    void teach(int port, MemoryFrame frame) {
        ForetellingCheck later = check;
        check = null;
        receive(port, frame, FramePool.HEADROOM_BYTES, false);
        check = later;
    }

    Outcome receive(int port, MemoryFrame frame, int headroomBytes, boolean scarce) {
        InFront fastPath = inFront;
        if (fastPath != null && headroomBytes == FramePool.HEADROOM_BYTES && !scarce) {
            // It hears of nodes and ports from the data path, which looks between batches.
            batch.count = 0;
            datapath.process(batch, nowNs);
            MemoryOffload.Sent sent = fastPath.device.repeat(port, frame, nowNs);
            if (sent != null) {
                Outcome outcome = outcome();
                outcome.sent(sent.port(), sent.frame());
                return outcome;
            }
        }
        int bytes = frame.bytes().length;
        long start = pool.take(bytes) - FramePool.HEADROOM_BYTES + headroomBytes;
        MemorySegment.copy(frame.bytes(), 0, pool.memory(), ValueLayout.JAVA_BYTE, start, bytes);
        batch.count = 0;
        int slot = batch.append(start, bytes, port);
        batch.offload[slot] = frame.offload();
        batch.gsoType[slot] = frame.gsoType();
        batch.gsoSizeBytes[slot] = frame.gsoSizeBytes();
        batch.gsoHeaderBytes[slot] = frame.gsoHeaderBytes();
        batch.csumStart[slot] = frame.csumStart();
        batch.csumOffset[slot] = frame.csumOffset();
        List<Long> hidden = scarce ? hideFrames() : List.of();
        boolean asked = check != null && !scarce && headroomBytes == FramePool.HEADROOM_BYTES;
        if (check != null && asked) {
            check.before(port, frame, nowNs);
        }
        datapath.process(batch, nowNs);
        if (check != null && asked) {
            check.after();
        }
        datapath.flush();
        hidden.forEach(pool::give);
        return outcome();
    }

    private List<Long> hideFrames() {
        List<Long> hidden = new ArrayList<>();
        for (long start = pool.takeSmall(); start != FramePool.NONE; start = pool.takeSmall()) {
            hidden.add(start);
        }
        for (long start = pool.takeLarge(); start != FramePool.NONE; start = pool.takeLarge()) {
            hidden.add(start);
        }
        return hidden;
    }

    /** Frames neither free nor in a queue of the data path would be lost. */
    int framesInUse() {
        return SMALL_FRAMES + LARGE_FRAMES - pool.freeSmallCount() - pool.freeLargeCount();
    }

    int connections() {
        return datapath.connections().size();
    }

    int halfOpenConnections() {
        return datapath.connections().halfOpenCount();
    }

    Outcome outcome() {
        OffloadMirror mirror = datapath.offload();
        if (mirror != null && inFront != null && !inFront.lazy) {
            mirror.readAll(nowNs);
        }
        Outcome outcome = new Outcome();
        for (int i = 0; i < ports.size(); i++) {
            MemoryPort port = ports.get(i);
            if (port != null) {
                for (MemoryFrame frame : port.takeSent()) {
                    outcome.sent(i, frame);
                }
            }
        }
        datapath.ruleLog().drain(line -> outcome.count("rule " + line.rule().id() + " logged"));
        for (Gauge gauge : gauges) {
            outcome.count(gauge.name, gauge.moved());
        }
        DropCounters drops = datapath.drops();
        for (DropReason reason : DropReason.values()) {
            if (drops.total(reason) != dropsBefore[reason.index()]) {
                countDrops(outcome, reason);
                dropsBefore[reason.index()] = drops.total(reason);
            }
        }
        if (inFront != null) {
            inFront.setAside(outcome, inFront.actualLater);
        }
        return outcome;
    }

    private void countDrops(Outcome outcome, DropReason reason) {
        for (int port = 0; port < world.ports().size(); port++) {
            String name = "drop " + reason + " of port " + port;
            long now = datapath.drops().of(port, reason);
            Long before = dropsByPort.put(name, now);
            outcome.count(name, (int) (now - (before == null ? 0 : before)));
        }
    }

    private void gauge(String name, LongSupplier source) {
        gauges.add(new Gauge(name, source));
    }

    private void gaugeAll() {
        gauges.clear();
        DatapathCounters c = datapath.counters();
        gauge("uninspected", () -> c.uninspected);
        gauge("recordHits", () -> c.recordHits);
        gauge("reselected", () -> c.reselected);
        gauge("configRevalidations", () -> c.configRevalidations);
        gauge("livenessRevalidations", () -> c.livenessRevalidations);
        gauge("recordsReplaced", () -> c.recordsReplaced);
        gauge("untracked", () -> c.untracked);
        gauge("acceptedByInstruction", () -> c.acceptedByInstruction);
        gauge("skippedByInstruction", () -> c.skippedByInstruction);
        gauge("movedByInstruction", () -> c.movedByInstruction);
        gauge("passedAcross", () -> c.passedAcross);
        for (Rule rule : world.rulesOfRecords()) {
            String name = "rule " + rule.id();
            gauge(name + " flows", () -> rule.counters().flows);
            gauge(name + " packets", () -> rule.counters().packets);
            gauge(name + " bytes", () -> rule.counters().bytes);
            gauge(name + " suppressed", () -> rule.counters().logSuppressed);
        }
        gauge("icmpErrors", () -> c.icmpErrors);
        gauge("icmpErrorsSuppressed", () -> c.icmpErrorsSuppressed);
        gauge("errorsOfFlows", () -> c.errorsOfFlows);
        gauge("packetsFragmented", () -> c.packetsFragmented);
        gauge("fragmentsMade", () -> c.fragmentsMade);
        for (Path path : world.paths()) {
            gauge("path " + path.id() + " flows", () -> path.counters().flows);
            gauge("path " + path.id() + " uninspected", () -> path.counters().uninspected);
        }
        for (Attachment node : world.attachments()) {
            AttachmentCounters n = node.counters();
            String name = "attachment " + node.id();
            gauge(name + " copies", () -> n.copies);
            gauge(name + " copiesLost", () -> n.copiesLost);
            gauge(name + " capped", () -> n.capped);
            for (int direction = 0; direction < 2; direction++) {
                int d = direction;
                gauge(name + " sent " + d, () -> n.sent[d]);
                gauge(name + " returned " + d, () -> n.returned[d]);
            }
        }
    }

    /** A counter that is watched: by how much did it move? */
    private static final class Gauge {
        final String name;
        private final LongSupplier source;
        private long before;

        Gauge(String name, LongSupplier source) {
            this.name = name;
            this.source = source;
            this.before = source.getAsLong();
        }

        int moved() {
            long now = source.getAsLong();
            int by = (int) (now - before);
            before = now;
            return by;
        }
    }

    @Override
    public void close() {
        datapath.close();
        arena.close();
    }
}
