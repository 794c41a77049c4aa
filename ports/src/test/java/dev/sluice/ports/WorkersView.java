package dev.sluice.ports;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.Parser;
import dev.sluice.datapath.packet.Segmenter;

/** What a worker knows of a frame that comes in, and what it makes of a super-frame. */
final class WorkersView {
    private final Parser parser;
    private final Segmenter segmenter;

    /** Over the frames of this pool. */
    WorkersView(FramePool pool) {
        parser = new Parser(pool.memory());
        segmenter = new Segmenter(pool);
    }

    /** Reads the headers, as ports expect of what they send. */
    void parse(Batch b, int i) {
        parser.parseOne(b, i);
    }

    /** Parses and cuts; see {@link Segmenter#split}. */
    boolean split(Batch b, int i, Batch pieces) {
        parse(b, i);
        return segmenter.split(b, i, pieces);
    }
}
