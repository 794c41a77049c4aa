package dev.sluice.agent.peers;

import dev.sluice.agent.compile.PeersPlan;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.liveness.bfd.BfdSession;
import dev.sluice.model.ServiceInstance.AdminState;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.GeneveHeader;
import dev.sluice.wire.MacAddress;
import dev.sluice.wire.Nsh;
import dev.sluice.wire.NshContext;
import dev.sluice.wire.OverlayTemplate;
import dev.sluice.wire.PlaneStates;
import dev.sluice.wire.Underlay;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Writes what this node says of its instances (docs/reference/overlay-formats.md, instance states), and knows whether there is news. One user: the worker; allocates nothing but when plans change. */
final class StatesWriter {
    /** No virtual network: a message between switches. */
    private static final int NO_NETWORK = 0;

    private static final int TTL = 64;
    private static final int TOS = 0xc0;

    private final Datapath datapath;
    private final Liveness liveness;
    private PeersPlan.Own[] own = new PeersPlan.Own[0];
    private boolean[] told = new boolean[0];

    /** Places in {@link #own} of those that are told of: of an instance without a verdict there is nothing to say yet. */
    private int[] judged = new int[0];

    private int judgedCount;
    private int identification;
    private long sequence;
    private long digest;

    StatesWriter(Datapath datapath, Liveness liveness) {
        this.datapath = datapath;
        this.liveness = liveness;
    }

    /** @param paths digest of the paths of the objects */
    void apply(List<PeersPlan.Own> instances, long paths) {
        digest = paths;
        own = instances.toArray(new PeersPlan.Own[0]);
        told = new boolean[own.length];
        judged = new int[own.length];
        judgedCount = 0;
    }

    /** The outer headers of messages to a peer. */
    static OverlayTemplate template(PeersPlan.Peer peer) {
        Underlay underlay = new Underlay(
                new MacAddress(0),
                new MacAddress(0),
                Underlay.UNTAGGED,
                peer.path().local(),
                peer.path().peer(),
                TTL,
                TOS >>> 2,
                true,
                true);
        return OverlayTemplate.tunnel(underlay, new GeneveHeader(true, EtherTypes.NSH, NO_NETWORK, List.of()));
    }

    /** Looks at all instances; whether one is not as it was when it was last looked at. */
    boolean changed() {
        boolean changed = false;
        int count = 0;
        for (int i = 0; i < own.length; i++) {
            boolean alive = liveness.instanceAlive(own[i].number());
            changed |= alive != told[i];
            told[i] = alive;
            if (liveness.isJudged(own[i].number())) {
                judged[count++] = i;
            }
        }
        changed |= count != judgedCount;
        judgedCount = count;
        return changed;
    }

    /** Tells a peer of all instances about which there is a verdict, as they were at {@link #changed}. */
    void tell(PeersPlan.Peer peer, BfdSession session, OverlayTemplate outer, long nowNs) {
        for (int from = 0; from < judgedCount; from += PlaneStates.INSTANCES_MAX) {
            tell(peer, session, outer, from, Math.min(judgedCount - from, PlaneStates.INSTANCES_MAX), nowNs);
        }
    }

    private void tell(PeersPlan.Peer peer, BfdSession session, OverlayTemplate outer, int from, int count, long nowNs) {
        FramePool pool = datapath.pool();
        long nsh = pool.takeSmall();
        if (nsh == FramePool.NONE) {
            return;
        }
        MemorySegment f = pool.memory();
        int valueBytes = PlaneStates.bytesFor(count);
        int nshBytes = Nsh.BYTES + NshContext.paddedBytes(valueBytes);
        Nsh.write(f, nsh, nshBytes, Nsh.MD_VARIABLE, true, Nsh.TTL_INITIAL, Nsh.NEXT_NONE, 0, 0);
        long value = NshContext.write(f, nsh + Nsh.BYTES, NshContext.STATES, valueBytes);
        PlaneStates.write(
                f, value, count, session.localDiscriminator(), session.remoteDiscriminator(), ++sequence, digest);
        for (int i = 0; i < count; i++) {
            int place = judged[from + i];
            PeersPlan.Own instance = own[place];
            PlaneStates.setInstance(f, value, i, instance.planeNumber(), told[place], code(instance.admin()));
        }
        long start = outer.push(f, nsh, nshBytes, peer.peer().number(), TOS, identification++);
        datapath.own().sendToUnderlay(peer.peer().address(), start, nshBytes + outer.headerBytes(), nowNs);
    }

    private static int code(AdminState state) {
        return switch (state) {
            case UP -> PlaneStates.UP;
            case DOWN -> PlaneStates.DOWN;
            case DRAIN -> PlaneStates.DRAIN;
            case MAINTENANCE -> PlaneStates.MAINTENANCE;
        };
    }
}
