package dev.sluice.datapath.snapshot;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The segments that a node has ports of (C1). Immutable; shared by threads. */
public final class Segments {
    /** None. */
    public static final Segments NONE = new Segments(List.of());

    private final List<Segment> all;
    private final @Nullable Segment[] byRouter;
    private final IntTable<Segment> byVni;

    /** Indexes segments, of which no two have the same router or virtual network. */
    public Segments(List<Segment> all) {
        this.all = List.copyOf(all);
        byRouter = new Segment[all.stream().mapToInt(Segment::router).max().orElse(-1) + 1];
        for (Segment segment : all) {
            byRouter[segment.router()] = segment;
        }
        byVni = IntTable.of(all, Segment::vni);
    }

    /** All of them. */
    public List<Segment> all() {
        return all;
    }

    /** The segment with this index among the routers, null if that is not a segment. */
    @Nullable
    public Segment ofRouter(int router) {
        return router >= 0 && router < byRouter.length ? byRouter[router] : null;
    }

    /** Whether an index among the routers is that of a segment; asked for each packet. */
    public boolean has(int router) {
        return ofRouter(router) != null;
    }

    /** The segment with this virtual network, null if there is none here. */
    @Nullable
    public Segment ofVni(int vni) {
        return byVni.get(vni);
    }
}
