package dev.sluice.manager.callbacks;

import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.model.ServiceManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Who has to be called back, and when again. No threads, sockets or clocks: everything that happens is a call. One user.
 *
 * <p>A service manager is called until it has answered for what there is now; what there was in between it is never told. Of one, one call is under way at a time, and one
 * that hangs holds up nobody else.
 */
final class Callbacks {
    /** The first wait after a call in vain; doubled each time. */
    static final long FIRST_WAIT_NS = 1_000_000_000L;

    /** The longest wait. */
    static final long LONGEST_WAIT_NS = 300_000_000_000L;

    /** Most calls under way. */
    static final int UNDER_WAY_MAX = 64;

    private final Map<String, Line> lines = new TreeMap<>();
    private int underWay;
    private long calls;

    /**
     * A call that is to be made now.
     *
     * @param number of the call
     * @param manager whom
     * @param callback where
     * @param assignment what it is told
     */
    record Due(long number, String manager, ServiceManager.Callback callback, Assignment assignment) {}

    /**
     * What is to be said of a service manager.
     *
     * @param told whether it has what there is now; empty: it asks, nobody tells it
     * @param failure why not yet; empty: it was not called yet
     * @param failures calls in vain since the last that was answered
     */
    record State(Assignment assignment, Optional<Boolean> told, String failure, int failures) {}

    /** One of them. */
    private static final class Line {
        Assignment wanted;

        /** What it has answered for, and where. */
        String told = "";

        ServiceManager.@Nullable Callback toldAt;

        /** Number of the call under way; 0: none is. */
        long call;

        long notBeforeNs;
        long waitNs = FIRST_WAIT_NS;
        String failure = "";
        int failures;
        boolean news = true;

        Line(Assignment wanted) {
            this.wanted = wanted;
        }

        boolean isTold() {
            return wanted.version().equals(told)
                    && wanted.spec().callback().isPresent()
                    && wanted.spec().callback().get().equals(toldAt);
        }
    }

    /** What everybody has to know is this now. */
    void wanted(Map<String, Assignment> now) {
        lines.keySet().retainAll(now.keySet());
        now.forEach((name, assignment) -> {
            Line line = lines.get(name);
            boolean another = line != null
                    && !line.wanted.manager().uid().equals(assignment.manager().uid());
            if (line == null || another) {
                lines.put(name, begun(assignment));
                return;
            }
            boolean elsewhere =
                    !line.wanted.spec().callback().equals(assignment.spec().callback());
            line.news |= elsewhere
                    || !line.wanted.version().equals(assignment.version())
                    || line.wanted.manager().generation()
                            != assignment.manager().generation();
            line.wanted = assignment;
            if (elsewhere) {
                // Whatever was wrong with the old address says nothing of the new one.
                line.waitNs = FIRST_WAIT_NS;
                line.notBeforeNs = Long.MIN_VALUE;
                line.failure = "";
                line.failures = 0;
            }
        });
    }

    /** A manager that leads from now on goes on where the one before it was: by what stands in the status. */
    private static Line begun(Assignment assignment) {
        Line line = new Line(assignment);
        ManagedObject object = assignment.manager();
        JsonNode status = object.tree().path("status");
        line.notBeforeNs = Long.MIN_VALUE;
        if (status.path("observedGeneration").asLong(0) == object.generation()) {
            line.told = status.path("told").asString("");
            line.toldAt = assignment.spec().callback().orElse(null);
            line.news = !line.isTold();
        }
        return line;
    }

    /** Whom to call now; each of them counts as being called until it is said what came of it. */
    List<Due> due(long nowNs) {
        List<Due> due = new ArrayList<>();
        lines.forEach((name, line) -> {
            Optional<ServiceManager.Callback> callback = line.wanted.spec().callback();
            boolean waits = line.notBeforeNs != Long.MIN_VALUE && line.notBeforeNs - nowNs > 0;
            if (callback.isPresent() && !line.isTold() && line.call == 0 && !waits && underWay < UNDER_WAY_MAX) {
                line.call = ++calls;
                underWay++;
                due.add(new Due(line.call, name, callback.get(), line.wanted));
            }
        });
        return due;
    }

    /**
     * What came of a call.
     *
     * @param failure empty: it was answered
     */
    void answered(Due due, String failure, long nowNs) {
        underWay--;
        Line line = lines.get(due.manager());
        if (line == null || line.call != due.number()) {
            return;
        }
        line.call = 0;
        boolean here = line.wanted.spec().callback().equals(Optional.of(due.callback()));
        if (failure.isEmpty()) {
            line.told = due.assignment().version();
            line.toldAt = due.callback();
            line.waitNs = FIRST_WAIT_NS;
            line.notBeforeNs = Long.MIN_VALUE;
            line.failure = "";
            line.failures = 0;
            line.news = true;
        } else if (here) {
            line.notBeforeNs = nowNs + line.waitNs;
            line.waitNs = Math.min(2 * line.waitNs, LONGEST_WAIT_NS);
            line.failure = failure;
            line.failures++;
            line.news = true;
        }
    }

    /** How long nothing is to be done, unless something happens; at most so long. */
    long idleNs(long nowNs, long mostNs) {
        long idleNs = mostNs;
        for (Line line : lines.values()) {
            if (line.wanted.spec().callback().isPresent() && !line.isTold() && line.call == 0) {
                long waitNs = line.notBeforeNs == Long.MIN_VALUE ? 0 : Math.max(0, line.notBeforeNs - nowNs);
                idleNs = Math.min(idleNs, waitNs);
            }
        }
        return idleNs;
    }

    /** Of whom something else is to be said than when this was asked last. */
    List<State> news() {
        List<State> news = new ArrayList<>();
        for (Line line : lines.values()) {
            if (line.news) {
                line.news = false;
                Optional<Boolean> told = line.wanted.spec().callback().map(_ -> line.isTold());
                news.add(new State(line.wanted, told, line.failure, line.failures));
            }
        }
        return news;
    }

    /** What was to be said of these could not be said. */
    void again(List<State> states) {
        for (State state : states) {
            Line line = lines.get(state.assignment().manager().name());
            if (line != null) {
                line.news = true;
            }
        }
    }
}
