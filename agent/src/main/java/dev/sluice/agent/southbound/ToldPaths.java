package dev.sluice.agent.southbound;

import dev.sluice.agent.report.PathsReport;
import dev.sluice.agent.report.PathsReport.HopReport;
import dev.sluice.agent.report.PathsReport.PathReport;
import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.PathHop;
import dev.sluice.southbound.PathState;
import dev.sluice.southbound.Paths;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a manager was told of the paths of this node (X3). No threads, sockets or clocks: everything that happens is a call. One user. */
final class ToldPaths {
    /** More paths are counted, not told. */
    static final int TOLD_MAX = 2_048;

    /** What was told over this stream; null: nothing. */
    private @Nullable Paths told;

    /** A new stream: nobody has been told anything over it. */
    void begin() {
        told = null;
    }

    /** What is to be said of the paths as they are now; nothing if it was said before. */
    Optional<FromAgent> tell(PathsReport report) {
        Paths.Builder paths =
                Paths.newBuilder().setLeftOff(Math.max(0, report.paths().size() - TOLD_MAX));
        report.paths().stream().limit(TOLD_MAX).forEach(path -> paths.addPaths(state(path)));
        Paths now = paths.build();
        Paths before = told;
        if (before != null && now.equals(before)) {
            return Optional.empty();
        }
        told = now;
        return Optional.of(FromAgent.newBuilder().setPaths(now).build());
    }

    private static PathState state(PathReport path) {
        PathState.Builder state = PathState.newBuilder()
                .setChain(path.chain())
                .setName(path.name())
                .setSpi(path.forwardSpi())
                .setReverseSpi(path.reverseSpi())
                .setMode(path.mode())
                .setState(path.state())
                .setReason(path.reason())
                .addAllRouters(path.routers());
        if (path.vni() >= 0) {
            state.setSvni(path.vni());
        }
        for (HopReport hop : path.hops()) {
            state.addHops(PathHop.newBuilder()
                    .setService(hop.service())
                    .setInstance(hop.instance())
                    .setNode(hop.node())
                    .setCopy(hop.copy())
                    .setVisits(hop.visits())
                    .setOnFailure(hop.onFailure())
                    .setAlive(hop.alive()));
        }
        return state.build();
    }
}
