package dev.sluice.testkit.reference;

import dev.sluice.wire.IpAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who is known behind which port, and what waits for whom. A known neighbour stays known: the harness answers for it whenever it is asked, so that ageing is
 * left to the tests of Neighbors.
 */
final class ModelNeighbors {
    private static final long SECOND_NS = 1_000_000_000L;

    /** A neighbour of a port. */
    record Place(int port, IpAddress address) {}

    /** A frame that waits, complete but for the destination MAC. */
    record Waiting(ModelFrame frame, int cameFrom) {}

    /** A neighbour that is being asked for, or that did not answer. */
    private static final class Question {
        final Deque<Waiting> waiting = new ArrayDeque<>();
        int asked;
        long nextNs;
        boolean failed;
    }

    private final Map<Place, Long> known = new LinkedHashMap<>();
    private final Map<Place, Question> questions = new LinkedHashMap<>();
    private final List<Runnable> released = new ArrayList<>();
    private int waitingCount;

    /** What happens to frames whose wait is over. */
    interface Ends {
        void send(int port, ModelFrame frame);

        void unanswered(int port, ModelFrame frame);
    }

    Map<Place, Long> known() {
        return known;
    }

    @Nullable
    Long mac(Place place) {
        return known.get(place);
    }

    boolean failed(Place place) {
        Question question = questions.get(place);
        return question != null && question.failed;
    }

    int waitingCount() {
        return waitingCount;
    }

    /** Asks for a neighbour if nobody did yet. */
    void ask(Place place, long nowNs) {
        questions.computeIfAbsent(place, _ -> {
            Question question = new Question();
            question.nextNs = nowNs;
            return question;
        });
    }

    /** Lets a frame wait; the one that gives way, the frame itself if there is no room in all, null if none does. */
    @Nullable
    Waiting hold(Place place, Waiting frame) {
        Question question = questions.get(place);
        if (question == null || question.failed) {
            throw new IllegalStateException("nobody asked for " + place);
        }
        Waiting gone = null;
        if (question.waiting.size() == 4) {
            gone = question.waiting.removeFirst();
            waitingCount--;
        }
        if (waitingCount == 256) {
            return frame;
        }
        question.waiting.addLast(frame);
        waitingCount++;
        return gone;
    }

    /** The neighbour said where it is; what waited for it goes at the next tick. */
    void heard(Place place, long mac, boolean mayBeNew, Ends ends) {
        Question question = questions.remove(place);
        if (question == null && !known.containsKey(place) && !mayBeNew) {
            return;
        }
        known.put(place, mac);
        if (question != null) {
            for (Waiting waiting : question.waiting) {
                released.add(() -> {
                    waitingCount--;
                    waiting.frame.destinationMac = mac;
                    ends.send(place.port(), waiting.frame);
                });
            }
        }
    }

    /** Timers: three questions a second apart, then silence for 20 s. */
    void tick(long nowNs, Ends ends) {
        List<Runnable> failures = new ArrayList<>();
        for (Map.Entry<Place, Question> entry : List.copyOf(questions.entrySet())) {
            Question question = entry.getValue();
            if (question.nextNs > nowNs) {
                continue;
            }
            if (question.failed) {
                questions.remove(entry.getKey());
            } else if (question.asked < 3) {
                question.asked++;
                question.nextNs = nowNs + SECOND_NS;
            } else {
                question.failed = true;
                question.nextNs = nowNs + 20 * SECOND_NS;
                for (Waiting waiting : question.waiting) {
                    failures.add(() -> {
                        waitingCount--;
                        ends.unanswered(entry.getKey().port(), waiting.frame);
                    });
                }
                question.waiting.clear();
            }
        }
        released.forEach(Runnable::run);
        released.clear();
        failures.forEach(Runnable::run);
    }
}
