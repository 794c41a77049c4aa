package dev.sluice.datapath;

/** What a worker makes of a super-frame that comes in. */
public final class WorkersSegments {
    private final Parser parser;
    private final Segmenter segmenter;

    /** Over the frames of this pool. */
    public WorkersSegments(FramePool pool) {
        parser = new Parser(pool.memory());
        segmenter = new Segmenter(new Frames(pool, new DropCounters()));
    }

    /** Parses and cuts; see {@code Segmenter.split}. */
    public boolean split(Batch b, int i, Batch pieces) {
        parser.parseOne(b, i);
        return segmenter.split(b, i, pieces);
    }
}
