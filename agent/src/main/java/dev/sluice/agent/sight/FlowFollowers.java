package dev.sluice.agent.sight;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.FlowFilter;
import dev.sluice.agent.report.FollowReport;
import dev.sluice.agent.worker.WorkerTask;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The clients that follow connections; those that stay away are forgotten. Any thread. */
final class FlowFollowers {
    /** Most clients at a time: each costs memory in proportion to the table. */
    static final int SESSIONS_MAX = 8;

    /** Longest time between two looks that a client may say it takes. */
    static final int INTERVAL_MAX_S = 3600;

    private static final long NS_PER_S = 1_000_000_000L;
    private static final int FORGET_S = 60;
    private static final int ANSWER_SECONDS = 20;

    private final Predicate<WorkerTask> worker;
    private final Map<String, Session> sessions = new LinkedHashMap<>();
    private long sequence;

    private static final class Session {
        final FlowFollower follower;
        long usedNs;
        int intervalS;
        boolean busy;

        Session(FlowFollower follower) {
            this.follower = follower;
        }
    }

    /**
     * Nobody follows yet.
     *
     * @param worker takes work, or says that it does not
     */
    FlowFollowers(Predicate<WorkerTask> worker) {
        this.worker = worker;
    }

    /**
     * The next part of a client's round.
     *
     * @param session of the answer before; null for a new client
     * @param filter which connections; of the first request
     * @param intervalS when the client will ask again, 0..3600 s; it is forgotten a minute after that
     */
    FollowReport follow(@Nullable String session, FlowFilter filter, int events, int busiest, int intervalS, long nowNs)
            throws NodeException {
        Session mine = take(session, filter, intervalS, nowNs);
        FlowFollower.Part part = mine.follower.part(events, busiest);
        boolean keep = false;
        try {
            if (!worker.test(part)) {
                keep = true;
                throw new NodeException("too many requests wait for the worker, or the node is ending; try again");
            }
            FollowReport report = part.result().get(ANSWER_SECONDS, TimeUnit.SECONDS);
            keep = true;
            return report;
        } catch (ExecutionException | TimeoutException | CancellationException e) {
            throw new NodeException("the node did not answer in time, or is ending", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NodeException("the request was interrupted", e);
        } finally {
            part.abandon();
            giveBack(mine, keep);
        }
    }

    private synchronized Session take(@Nullable String name, FlowFilter filter, int intervalS, long nowNs)
            throws NodeException {
        sessions.values()
                .removeIf(
                        session -> !session.busy && nowNs - session.usedNs > (session.intervalS + FORGET_S) * NS_PER_S);
        Session session = name == null ? open(filter) : sessions.get(name);
        if (session == null) {
            throw new NodeException(
                    "the node does not know of this session any more: it was restarted, or not asked for " + FORGET_S
                            + " s longer than it said; begin anew");
        }
        if (session.busy) {
            throw new NodeException("another request of this session is running");
        }
        session.busy = true;
        session.usedNs = nowNs;
        session.intervalS = intervalS;
        return session;
    }

    private Session open(FlowFilter filter) throws NodeException {
        if (sessions.size() >= SESSIONS_MAX) {
            throw new NodeException("more than " + SESSIONS_MAX
                    + " clients follow connections at a time; end one, or try again in a minute");
        }
        Session session = new Session(new FlowFollower(Long.toString(++sequence), filter));
        sessions.put(session.follower.session(), session);
        return session;
    }

    /** A follower whose round broke off may still be in the worker's hands: it is not used again. */
    private synchronized void giveBack(Session session, boolean keep) {
        session.busy = false;
        if (!keep) {
            sessions.remove(session.follower.session());
        }
    }
}
