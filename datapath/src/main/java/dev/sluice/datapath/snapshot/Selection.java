package dev.sluice.datapath.snapshot;

/** How a target chooses among its paths for a new flow (V6). */
public enum Selection {
    /** In turn, by weight. */
    ROUND_ROBIN,

    /** Any path: in turn, whatever the weights and metrics. */
    ANY,

    /** The path with the fewest active flows per weight; in turn among equals. */
    LEAST_FLOWS,

    /** The path with the smallest metric; in turn, by weight, among equals. */
    NEAREST,

    /** The path with the smallest metric; in turn, by weight and by how loaded its nodes are, among equals. */
    LEAST_LOAD;

    /** Whether a path with a smaller metric comes before all others. */
    public boolean ranks() {
        return this == NEAREST || this == LEAST_LOAD;
    }

    /** What a path counts against others: its weight, unless all are the same. */
    public int weight(Path path) {
        return this == ANY ? 1 : path.weight();
    }
}
