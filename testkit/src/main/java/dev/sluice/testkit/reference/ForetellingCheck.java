package dev.sluice.testkit.reference;

import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.foretell.Foretelling;
import dev.sluice.datapath.foretell.ForetoldEnd;
import dev.sluice.datapath.foretell.ForetoldFrame;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.ports.MemoryFrame;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Compares what was foretold of each frame with what then happens to it: every stage, rule, record, way, and the bytes that leave. That nothing changes meanwhile is what the
 * comparison with the model shows, which goes on. One user.
 */
final class ForetellingCheck {
    private final Map<ForetoldEnd.Kind, Integer> ends = new EnumMap<>(ForetoldEnd.Kind.class);
    private final Map<String, Integer> steps = new HashMap<>();
    private int frames;
    private long longestNs;
    private long totalNs;

    // Of the frame in hand.
    private @Nullable Datapath real;
    private @Nullable Foretelling foretelling;
    private List<String> foretold = List.of();
    private @Nullable Heard heard;

    /** From now on it is about this data path. */
    void begin(Datapath datapath, Liveness liveness) {
        real = datapath;
        foretelling = new Foretelling(liveness);
    }

    /** What would happen? */
    void before(int port, MemoryFrame f, long nowNs) {
        Datapath now = real;
        Foretelling teller = foretelling;
        if (now == null || teller == null) {
            throw new IllegalStateException("not begun");
        }
        Heard story = new Heard(teller.prepare(now.snapshot()));
        ForetoldFrame frame = new ForetoldFrame(
                port,
                f.bytes(),
                f.offload(),
                f.gsoType(),
                f.gsoSizeBytes(),
                f.gsoHeaderBytes(),
                f.csumStart(),
                f.csumOffset());
        long beforeNs = System.nanoTime();
        ForetoldEnd end = teller.tell(now, frame, story, nowNs);
        long tookNs = System.nanoTime() - beforeNs;
        if (end == null) {
            throw new AssertionError("nothing was foretold");
        }
        longestNs = frames < 1000 ? 0 : Math.max(longestNs, tookNs);
        totalNs += tookNs;
        ends.merge(end.kind(), 1, Integer::sum);
        foretold = story.first();
        heard = new Heard(now);
        now.trace(heard);
    }

    /** What did happen. */
    void after() {
        Heard story = heard;
        Datapath now = real;
        if (story == null || now == null) {
            return;
        }
        now.trace(null);
        heard = null;
        List<String> happened = story.first();
        if (!happened.equals(foretold)) {
            throw new AssertionError("after " + frames + " frames, foretold\n" + String.join("\n", foretold)
                    + "\nhappened\n" + String.join("\n", happened) + "\n");
        }
        frames++;
        happened.forEach(step -> steps.merge(step.substring(1, step.indexOf(',')), 1, Integer::sum));
    }

    int frames() {
        return frames;
    }

    /** How often something happened to the frames: received, classified, sent and so on. */
    int steps(String word) {
        return steps.getOrDefault(word, 0);
    }

    @Override
    public String toString() {
        return frames + " frames foretold and then sent, no difference; stages " + steps + "; journeys end " + ends
                + "; mean " + totalNs / Math.max(1, frames) / 1000 + " us, longest " + longestNs / 1000 + " us";
    }
}
