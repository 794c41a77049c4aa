package dev.sluice.datapath;

import dev.sluice.datapath.errors.Fragmenter;
import dev.sluice.datapath.errors.IcmpErrors;
import dev.sluice.datapath.fragments.Fragments;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.liveness.LivenessView;
import dev.sluice.datapath.neighbors.NeighborStage;
import dev.sluice.datapath.neighbors.Neighbors;
import dev.sluice.datapath.overlay.FixedContexts;
import dev.sluice.datapath.overlay.NodeInstructions;
import dev.sluice.datapath.overlay.OverlayOutput;
import dev.sluice.datapath.overlay.PlaneFlows;
import dev.sluice.datapath.overlay.SideTunnels;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.packet.DropCounters;
import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.datapath.packet.Parser;
import dev.sluice.datapath.paths.PathChanges;
import dev.sluice.datapath.paths.Rebalance;
import dev.sluice.datapath.paths.Selector;
import dev.sluice.datapath.paths.Succession;
import dev.sluice.datapath.segment.SwitchStage;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.FlowContext;
import dev.sluice.datapath.track.FlowPrograms;
import dev.sluice.datapath.track.ZoneUse;
import dev.sluice.datapath.track.Zones;
import dev.sluice.datapath.tunnel.Decapsulation;
import dev.sluice.datapath.tunnel.OwnFrames;
import dev.sluice.datapath.tunnel.PeerOutput;
import dev.sluice.datapath.tunnel.TunnelOutput;
import dev.sluice.datapath.tunnel.UnderlayRoutes;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The stages of a packet's life, made and joined: each is given the others that it hands packets to. One user: the worker. Who goes first is said by {@link Datapath}.
 */
final class Stages {
    final Frames frames;
    final Parser parser;
    final ConnectionTable table;
    final LivenessView liveness;
    final Selector selector;
    final Classification classification;
    final Steering steering;
    final Returns returns;
    final Forwarding forwarding;
    final Neighbors neighbors;
    final NeighborStage neighborStage;
    final IcmpErrors errors;
    final Fragments fragments;
    final PlaneFlows planeFlows;
    final UnderlayRoutes underlay;
    final TunnelOutput tunnelOutput;
    final OverlayOutput overlayOutput;
    final OverlayInput overlayInput;
    final PeerInput peerInput;
    final PeerOutput peerOutput;
    final SwitchStage switchStage;
    final Entrance entrance;
    final HealthInput healthInput;
    final OwnFrames own;
    final DropCounters drops = new DropCounters();
    final DatapathCounters counters = new DatapathCounters();
    final Zones zones;
    final Translations translations;
    final FlowContext context;
    final FlowPrograms programs;
    final WayBack wayBack;
    final DeepTags deepTags;
    final LookAhead lookAhead;
    final FastPath fastPath;
    final Rebalance rebalance;
    final Cursor cursor;

    /**
     * All stages of one worker, without configuration.
     *
     * @param remembered what outlives configurations
     * @param seed secret and random, against crafted collisions
     */
    Stages(FramePool pool, Liveness live, DatapathMemory remembered, long seed) {
        table = remembered.table();
        neighbors = remembered.neighbors();
        zones = remembered.zones();
        ZoneUse zoneUse = remembered.zoneUse();
        context = remembered.context();
        RuleHits hits = remembered.hits();
        programs = new FlowPrograms(table, FlowHash.mix(seed + 2));
        if (zoneUse != null) {
            table.countIn(zoneUse);
            programs.countIn(zoneUse);
        }
        MemorySegment memory = pool.memory();
        frames = new Frames(pool, drops);
        parser = new Parser(memory);
        liveness = new LivenessView(live);
        selector = new Selector(liveness, table.pathFlows);
        translations = new Translations(table, memory);
        errors = new IcmpErrors(frames, parser, counters, seed);
        fragments = new Fragments(frames, table.capacity(), seed);
        Fragmenter fragmenter = new Fragmenter(frames, counters);
        planeFlows = new PlaneFlows(table, table.capacity());
        underlay = new UnderlayRoutes(liveness);
        tunnelOutput = new TunnelOutput(frames, neighbors, underlay);
        SideTunnels sides = new SideTunnels(frames, tunnelOutput, counters);
        FixedContexts contexts = new FixedContexts(table, planeFlows);
        switchStage = new SwitchStage(
                frames, parser, fragments, errors, table, liveness, tunnelOutput, counters, FlowHash.mix(seed + 1));
        overlayOutput = new OverlayOutput(
                frames, table, planeFlows, tunnelOutput, sides, contexts, switchStage, liveness, counters);
        steering = new Steering(
                frames,
                liveness,
                table,
                neighbors,
                remembered.ethernetMemory(),
                translations,
                counters,
                errors,
                planeFlows,
                overlayOutput);
        PathChanges changes = new PathChanges(table);
        classification = new Classification(
                table,
                selector,
                liveness,
                steering,
                frames,
                new Instructions(programs, table, selector, frames, counters),
                new Succession(table, changes, counters),
                changes,
                counters,
                context,
                hits);
        neighborStage = new NeighborStage(frames, neighbors, errors, fragmenter);
        healthInput = new HealthInput(frames, counters);
        returns = new Returns(
                table,
                frames,
                steering,
                translations,
                neighborStage,
                liveness,
                zones,
                fragments,
                changes,
                counters,
                planeFlows,
                overlayOutput,
                healthInput);
        peerInput = new PeerInput(frames, counters);
        peerOutput = new PeerOutput(frames, underlay, neighbors);
        own = new OwnFrames(frames, neighbors, peerOutput);
        Decapsulation decapsulation = new Decapsulation(frames, parser, fragments, counters);
        NodeInput nodeInput = new NodeInput(
                frames,
                table,
                zones,
                planeFlows,
                decapsulation,
                returns,
                overlayOutput,
                contexts,
                new NodeInstructions(programs, table, selector, counters),
                counters);
        overlayInput = new OverlayInput(
                frames,
                decapsulation,
                table,
                zones,
                planeFlows,
                steering,
                returns,
                nodeInput,
                new GatewayInput(frames, table, zones, planeFlows, decapsulation, returns),
                peerInput,
                switchStage,
                sides,
                new TooBigInput(frames, decapsulation, table, zones, steering, counters));
        deepTags = new DeepTags(frames, parser, fragments, returns);
        entrance = new Entrance(
                frames, returns, deepTags, neighborStage, switchStage, overlayInput, peerInput, healthInput, counters);
        forwarding = new Forwarding(frames, liveness, neighbors, errors, fragmenter);
        wayBack = new WayBack(table, steering);
        lookAhead = new LookAhead(table, zones);
        fastPath = new FastPath(
                frames,
                table,
                liveness,
                neighbors,
                programs,
                remembered.ethernetMemory(),
                counters,
                overlayOutput::isWayBackClosed,
                seed);
        rebalance = new Rebalance(table, selector, liveness, programs, counters);
        cursor = new Cursor(memory, new Batch(), zones);
        drops.resize(1);
    }

    /** The same configuration for all, as {@link Datapath#apply} says. */
    void apply(Snapshot next, @Nullable PacketPort[] portsByIndex) {
        fastPath.apply(next);
        frames.apply(next, portsByIndex);
        table.setTimeouts(next.timeouts());
        table.pathFlows.apply(next.paths());
        selector.apply(next);
        classification.apply(next);
        steering.apply(next);
        returns.apply(next);
        forwarding.apply(next);
        neighborStage.apply(next);
        errors.apply(next);
        planeFlows.apply(next);
        underlay.apply(next);
        tunnelOutput.apply(next);
        overlayOutput.apply(next);
        overlayInput.apply(next);
        peerInput.apply(next);
        healthInput.apply(next);
        peerOutput.apply(next);
        switchStage.apply(next);
        entrance.apply(next);
        wayBack.apply(next);
        deepTags.apply(next);
        lookAhead.apply(next);
        rebalance.apply(next);
    }

    /** Copies of what the others remember, as {@link Datapath#lookInto} says; what {@link DatapathMemory} holds is copied there. */
    void lookInto(Stages other, PacketPort out) {
        frames.sendInstead(other.frames, out);
        context.lookInto(other.context, table.capacity());
        table.lookInto(other.table, context);
        classification.lookInto(other.classification);
        fragments.lookInto(other.fragments);
        neighbors.lookInto(other.neighbors);
        zones.lookInto(other.zones);
        programs.lookInto(other.programs);
        translations.lookInto(other.translations);
        planeFlows.lookInto(other.planeFlows);
        switchStage.lookInto(other.switchStage);
        selector.copy(other.selector);
        steering.copyCaps(other.steering);
        errors.copyRate(other.errors);
    }
}
