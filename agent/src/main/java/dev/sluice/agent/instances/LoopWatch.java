package dev.sluice.agent.instances;

import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.report.InstanceEntry;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.AttachmentCounters;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices service nodes that send far more than they are sent, as those do that are wired into a loop: what one of two bridging nodes sends comes back as if the other had passed it, again and
 * again, and no TTL ends it (F11). One writer: the control thread; any thread reads.
 *
 * <p>Only says so: a node that answers from a cache sends more than it is sent, too.
 */
public final class LoopWatch {
    private static final Logger LOG = LoggerFactory.getLogger(LoopWatch.class);
    private static final long WINDOW_NS = 1_000_000_000L;
    private static final int WINDOWS = 3;

    /** What a node may send by itself: answers, resets, its own signalling. */
    private static final long OWN_PER_SECOND = 1_000;

    private static final long TIMES_SENT = 8;

    /** Counts of an instance at the end of a window, and for how many windows in turn it has sent too much. */
    private record Seen(long sent, long returned, int windows) {}

    private Map<Integer, Seen> seen = Map.of();
    private volatile List<String> notices = List.of();
    private boolean begun;
    private long lastNs;

    /** Looks at the counters of all instances of this host; to be called often. */
    public void tick(CompiledNode node, long nowNs) {
        if (begun && nowNs - lastNs < WINDOW_NS) {
            return;
        }
        long elapsedNs = nowNs - lastNs;
        boolean first = !begun;
        begun = true;
        lastNs = nowNs;
        Map<Integer, Seen> next = new HashMap<>();
        List<String> found = new ArrayList<>();
        for (InstanceEntry instance : node.instances()) {
            if (instance.remote()) {
                // What is sent to the first node of a path comes back from the last one: here neither is seen whole.
                continue;
            }
            long sent = 0;
            long returned = 0;
            for (Attachment attachment : node.snapshot().attachments()) {
                if (attachment.instance() == instance.number()) {
                    AttachmentCounters c = attachment.counters();
                    sent += c.sent[0] + c.sent[1];
                    returned += c.returned[0] + c.returned[1];
                }
            }
            Seen before = first ? null : seen.get(instance.number());
            long sentNow = before == null ? 0 : perSecond(sent - before.sent(), elapsedNs);
            long returnedNow = before == null ? 0 : perSecond(returned - before.returned(), elapsedNs);
            boolean tooMuch = returnedNow > OWN_PER_SECOND && returnedNow > TIMES_SENT * sentNow;
            int windows = before == null || !tooMuch ? 0 : before.windows() + 1;
            next.put(instance.number(), new Seen(sent, returned, windows));
            if (windows >= WINDOWS) {
                found.add(sentence(instance.name(), returnedNow, sentNow));
                if (windows == WINDOWS) {
                    LOG.warn("{}", found.getLast());
                }
            }
        }
        seen = next;
        notices = List.copyOf(found);
    }

    /** Attachments come and go with configurations, and their counts with them. */
    private static long perSecond(long count, long elapsedNs) {
        return Math.max(0, (long) (count * (1e9 / elapsedNs)));
    }

    private static String sentence(String name, long returned, long sent) {
        return "service instance " + name + " sends " + returned + " packets per second and is sent " + sent
                + "; unless it makes them itself (a cache, a proxy), it and another node are wired into a loop: check its"
                + " cables, and set packetsPerSecondMax of both, which ends the loop";
    }

    /** What an operator should know; empty: nothing. */
    public List<String> notices() {
        return notices;
    }
}
