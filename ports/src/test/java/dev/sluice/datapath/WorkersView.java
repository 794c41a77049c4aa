package dev.sluice.datapath;

/** What a worker knows of a frame that comes in, and what it makes of a super-frame. */
public final class WorkersView {
    private final Parser parser;
    private final Segmenter segmenter;

    /** Over the frames of this pool. */
    public WorkersView(FramePool pool) {
        parser = new Parser(pool.memory());
        segmenter = new Segmenter(pool);
    }

    /** Reads the headers, as ports expect of what they send. */
    public void parse(Batch b, int i) {
        parser.parseOne(b, i);
    }

    /** Parses and cuts; see {@link Segmenter#split}. */
    public boolean split(Batch b, int i, Batch pieces) {
        parse(b, i);
        return segmenter.split(b, i, pieces);
    }
}
