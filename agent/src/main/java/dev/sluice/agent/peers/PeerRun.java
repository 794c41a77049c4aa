package dev.sluice.agent.peers;

import dev.sluice.agent.compile.PeersPlan;
import dev.sluice.liveness.bfd.BfdSession;
import dev.sluice.liveness.bfd.BfdState;
import dev.sluice.wire.OverlayTemplate;
import java.util.Arrays;

/** Another node while it is watched. One writer: the worker; others read figures that may lag. */
final class PeerRun {
    final PeersPlan.Peer plan;
    final OverlayTemplate states;

    /** Small numbers of its instances, in the order of {@link #planeNumbers}. */
    final int[] numbers;

    final BfdSession session;

    /** The discriminator of the life of the peer that was last heard, 0: none. */
    int heardOf;

    long heardSequence;
    long heardNs;

    /** What it last told of the paths that it serves, 0: nothing. */
    long heardPaths;

    /** Whether the session was up when conclusions were last drawn. */
    boolean wasUp;

    private final int[] planeNumbers;

    PeerRun(PeersPlan.Peer plan, BfdSession session) {
        this.plan = plan;
        this.session = session;
        states = StatesWriter.template(plan);
        numbers = plan.instances().stream().mapToInt(PeersPlan.Remote::number).toArray();
        planeNumbers = plan.instances().stream()
                .mapToInt(PeersPlan.Remote::planeNumber)
                .toArray();
    }

    /** Whether a plan leaves the session as it is, but for its intervals and keys. */
    boolean fits(PeersPlan.Peer next) {
        return next.path().equals(plan.path())
                && next.peer().number() == plan.peer().number();
    }

    /** The same session under a new plan. */
    PeerRun with(PeersPlan.Peer next) {
        PeerRun run = new PeerRun(next, session);
        run.heardOf = heardOf;
        run.heardSequence = heardSequence;
        run.heardNs = heardNs;
        run.heardPaths = heardPaths;
        run.wasUp = wasUp;
        return run;
    }

    boolean isUp() {
        return session.state() == BfdState.UP;
    }

    /** Small number of an instance by what all nodes call it, -1 if this node does not have it. */
    int instance(int planeNumber) {
        int i = Arrays.binarySearch(planeNumbers, planeNumber);
        return i < 0 ? -1 : numbers[i];
    }
}
