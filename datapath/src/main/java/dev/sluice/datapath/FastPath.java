package dev.sluice.datapath;

import dev.sluice.datapath.liveness.LivenessView;
import dev.sluice.datapath.mirror.JourneyRecorder;
import dev.sluice.datapath.mirror.OffloadMirror;
import dev.sluice.datapath.mirror.Rehearsal;
import dev.sluice.datapath.mirror.ServedWay;
import dev.sluice.datapath.neighbors.Neighbors;
import dev.sluice.datapath.offload.OffloadDevice;
import dev.sluice.datapath.offload.OffloadRefusal;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.EthernetMemory;
import dev.sluice.datapath.track.FlowPrograms;
import org.jspecify.annotations.Nullable;

/**
 * The fast path of a worker, if it has one: whom everything is told that journeys depend on, and when (packet-life.md, fast path). One user: the worker.
 *
 * <p>Without a device each question costs one compare with null.
 */
final class FastPath {
    private final Frames frames;
    private final ConnectionTable table;
    private final LivenessView liveness;
    private final Neighbors neighbors;
    private final FlowPrograms programs;
    private final EthernetMemory ethernetMemory;
    private final DatapathCounters counters;
    private final ServedWay servedWay;

    /** Random, so that a device which has records of another process is hardly ever told the number that they were made under. */
    private long seed;

    private @Nullable OffloadMirror mirror;
    private @Nullable JourneyRecorder recorder;

    private final Rehearsal rehearsal;

    FastPath(
            Frames frames,
            ConnectionTable table,
            LivenessView liveness,
            Neighbors neighbors,
            FlowPrograms programs,
            EthernetMemory ethernetMemory,
            DatapathCounters counters,
            ServedWay servedWay,
            long seed) {
        this.frames = frames;
        this.table = table;
        this.liveness = liveness;
        this.neighbors = neighbors;
        this.programs = programs;
        this.ethernetMemory = ethernetMemory;
        this.counters = counters;
        this.servedWay = servedWay;
        this.seed = seed;
        rehearsal = new Rehearsal(frames.pool());
    }

    /** Another device, or none: then nothing that the one before has is repeated any more. */
    void use(@Nullable OffloadDevice device, int afterPackets, Snapshot snapshot) {
        allMoved();
        // What is known of nodes and ports before journeys begin to depend on it has not changed since.
        liveness.refresh();
        OffloadMirror now = device == null
                ? null
                : new OffloadMirror(
                        device, table, programs, liveness, neighbors, counters, servedWay, (int) FlowHash.mix(++seed));
        mirror = now;
        table.mirrorIn(now);
        programs.tell(now);
        ethernetMemory.tell(now);
        neighbors.tell(now);
        recorder =
                now == null ? null : new JourneyRecorder(frames, table, now, now.counters(), Math.max(1, afterPackets));
        frames.record(recorder);
        apply(snapshot);
    }

    /** Another number of packets that have to have come before; journeys that the device has stay. */
    void afterPackets(int count) {
        JourneyRecorder journey = recorder;
        if (journey != null) {
            journey.afterPackets(count);
        }
    }

    @Nullable
    OffloadMirror mirror() {
        return mirror;
    }

    void apply(Snapshot next) {
        liveness.apply(next);
        OffloadMirror now = mirror;
        if (now != null) {
            now.apply(next);
        }
    }

    /** Something changed that any journey may depend on. */
    void allMoved() {
        OffloadMirror now = mirror;
        if (now != null) {
            now.allMoved();
        }
    }

    /** Takes over what changed of nodes and ports, and the time. */
    void refresh(long nowNs) {
        boolean moved = liveness.refresh();
        OffloadMirror now = mirror;
        if (now != null) {
            now.at(nowNs);
            if (moved) {
                now.onLiveness();
            }
        }
    }

    void tick(long nowNs) {
        refresh(nowNs);
        OffloadMirror now = mirror;
        if (now != null) {
            now.tick(nowNs);
        }
    }

    /** Packets for journeys of the process before that wait to be confirmed, from slot 0, not parsed. Until {@link #endRehearsal}, all packets are such. */
    Batch rehearsal() {
        rehearsal.clear();
        OffloadMirror now = mirror;
        if (now != null && now.makeUp(rehearsal)) {
            frames.rehearse(true);
            frames.takeHeldBack();
        }
        return rehearsal.batch();
    }

    /** What became of the made-up packet in a slot is known: its journey goes on as it would go, is tried again soon, or ends. */
    void rehearsed(int slot) {
        OffloadMirror now = mirror;
        JourneyRecorder journey = recorder;
        boolean waits = frames.takeHeldBack();
        if (now != null && journey != null && !waits) {
            OffloadRefusal why = journey.outcome();
            if (why != null && why != OffloadRefusal.NEW_FLOW) {
                now.dropRehearsed(slot);
            }
        }
    }

    void endRehearsal() {
        OffloadMirror now = mirror;
        if (now != null && rehearsal.batch().count > 0) {
            now.endRehearsal();
        }
        rehearsal.clear();
        frames.rehearse(false);
    }

    /** The parsed packet in hand begins its way. */
    void begin(Cursor c) {
        JourneyRecorder journey = recorder;
        if (journey != null) {
            journey.begin(c);
        }
    }

    /** What became of the packet is known. */
    void end() {
        JourneyRecorder journey = recorder;
        if (journey != null) {
            journey.end();
        }
    }
}
