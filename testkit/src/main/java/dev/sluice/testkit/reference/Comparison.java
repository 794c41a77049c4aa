package dev.sluice.testkit.reference;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.rules.RuleCounters;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.ports.MemoryFrame;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The model and the data path side by side, fed with the same events. Each scenario has a comparison of its own. */
final class Comparison implements AutoCloseable {
    static final long FIRST_NS = 1_000_000_000L;

    final ReferenceModel model;

    private boolean over;
    private final Subject subject;

    /** Null: there is no fast path. */
    private @Nullable InFront inFront;

    /**
     * Starts both.
     *
     * @param taught neighbours that are known from the beginning
     */
    Comparison(World world, int connectionsMax, Map<ModelNeighbors.Place, Long> taught, Coverage coverage) {
        zero(world);
        subject = new Subject(world, connectionsMax, FIRST_NS);
        model = new ReferenceModel(world, connectionsMax, FIRST_NS, coverage);
        model.neighbors.known().putAll(taught);
        teach(0);
    }

    /** From now on, what happens to each frame is foretold first. */
    void foretell(ForetellingCheck check) {
        subject.foretell(check);
    }

    /** From now on there is a fast path in front of the data path. */
    void put(InFront fastPath) {
        inFront = fastPath;
        subject.put(fastPath);
    }

    /** What the data path counts only now, and whether fast path and data path agree; null: as expected. */
    @Nullable
    String settle() {
        InFront fastPath = inFront;
        if (fastPath == null) {
            return null;
        }
        List<String> differences = subject.settle();
        if (!differences.isEmpty()) {
            return "the fast path and the data path differ: " + differences;
        }
        subject.outcome();
        return fastPath.settle();
    }

    /** Counters live in paths and attachments, which other runs have used. */
    private static void zero(World world) {
        for (Path path : world.paths()) {
            path.counters().flows = 0;
            path.counters().uninspected = 0;
        }
        world.rulesOfRecords().forEach(rule -> zero(rule.counters()));
        for (Attachment node : world.attachments()) {
            Arrays.fill(node.counters().sent, 0);
            Arrays.fill(node.counters().returned, 0);
            node.counters().copies = 0;
            node.counters().copiesLost = 0;
            node.counters().capped = 0;
        }
    }

    /** A second of log lines that another run began is over at the beginning of this one: time has not passed, but went back. */
    private static void zero(RuleCounters counters) {
        counters.flows = 0;
        counters.packets = 0;
        counters.bytes = 0;
        counters.logSuppressed = 0;
        counters.restartLog();
    }

    /**
     * What was known stays known: every known neighbour asks for the port's address, and so says who it is.
     *
     * @param otherBits what is changed in the MAC address: hearing another one makes an entry young again, hearing the same does not
     */
    private void teach(long otherBits) {
        model.neighbors.known().forEach((place, mac) -> {
            MemoryFrame question = Frames.question(model.world.port(place.port()), place.address(), mac ^ otherBits);
            subject.teach(place.port(), Frames.tagged(model.world, place, question));
        });
    }

    /** Lets an event happen on both sides; what differs, in words, or null. */
    @Nullable
    String happens(Event event) {
        Outcome expected;
        Outcome actual;
        String unsettled = event instanceof Event.Applies ? settle() : null;
        if (unsettled != null) {
            return unsettled;
        }
        try {
            actual = onSubject(event);
        } catch (RuntimeException | AssertionError e) {
            return "the data path threw " + e + " at "
                    + Arrays.stream(e.getStackTrace()).limit(6).toList();
        }
        long made = model.connections.made();
        expected = onModel(event);
        if (event instanceof Event.Elapses && isUndecided(expected, made)) {
            over = true;
            return null;
        }
        if (event instanceof Event.Elapses) {
            expected.sort();
            actual.sort();
        }
        if (inFront != null) {
            inFront.setAside(expected, inFront.expectedLater);
        }
        if (!expected.matches(actual)) {
            return "expected\n" + expected.text() + "actual\n" + actual.text();
        }
        return compareState();
    }

    /**
     * Of several neighbours that give up at the same moment, none is the first. If errors about their packets become flows at another router, or too many wait for a neighbour themselves, what comes first
     * decides who gets which path, the last place in the table or in the queue: nothing can be said about what follows.
     */
    boolean isOver() {
        return over;
    }

    private boolean isUndecided(Outcome expected, long madeBefore) {
        boolean decided = model.connections.made() == madeBefore
                && expected.counts.keySet().stream()
                        .noneMatch(name ->
                                name.equals("reselected") || name.startsWith("drop " + DropReason.NEIGHBOR_QUEUE_FULL));
        return expected.counts.getOrDefault("icmpErrors", 0) >= 2 && !decided;
    }

    private @Nullable String compareState() {
        if (model.connections.size() != subject.connections()) {
            return "expected " + model.connections.size() + " connections, actual " + subject.connections();
        }
        if (model.connections.halfOpenCount() != subject.halfOpenConnections()) {
            return "expected " + model.connections.halfOpenCount() + " half-open connections, actual "
                    + subject.halfOpenConnections();
        }
        for (Path path : model.world.paths()) {
            if (model.selector.active(path) != path.counters().active) {
                return "expected " + model.selector.active(path) + " active flows of " + path.name() + ", actual "
                        + path.counters().active;
            }
        }
        int waiting = model.neighbors.waitingCount() + model.datagrams.waitingCount();
        if (waiting != subject.framesInUse()) {
            return "expected " + waiting + " frames in use, actual " + subject.framesInUse();
        }
        return null;
    }

    private Outcome onSubject(Event event) {
        return switch (event) {
            case Event.Arrives e -> subject.receive(e.port(), e.frame(), e.headroomBytes(), e.scarce());
            case Event.Instance e -> {
                subject.setInstance(e.instance(), e.alive());
                yield new Outcome();
            }
            case Event.Leaves e -> {
                subject.setLeaving(e.instance(), e.leave());
                yield new Outcome();
            }
            case Event.Fails e -> {
                subject.setFailed(e.path(), e.failed());
                yield new Outcome();
            }
            case Event.Probed e -> {
                subject.setProbed(e.instance(), e.alive());
                yield new Outcome();
            }
            case Event.Judged e -> {
                subject.setJudged(e.instance(), e.judged());
                yield new Outcome();
            }
            case Event.Carrier e -> {
                subject.setPort(e.port(), e.up());
                yield new Outcome();
            }
            case Event.Attributes e -> {
                subject.setAttributes(e.subject(), e.values(), e.lifeNs());
                yield new Outcome();
            }
            case Event.Told e -> {
                subject.tell(e);
                yield new Outcome();
            }
            case Event.Said e -> {
                subject.say(e);
                yield new Outcome();
            }
            case Event.Applies e -> {
                zeroNew(e.world());
                subject.apply(e.world());
                yield new Outcome();
            }
            case Event.Elapses e -> {
                if (e.tick()) {
                    // Errors that timers cause are routed at once: who is known has to be known by then.
                    subject.elapse(e.ns(), false);
                    teach(2);
                    teach(0);
                }
                Outcome outcome = subject.elapse(e.tick() ? 0 : e.ns(), e.tick());
                if (e.tick()) {
                    answer(outcome);
                    teach(0);
                }
                yield outcome;
            }
        };
    }

    private void zeroNew(World next) {
        for (Path path : next.paths()) {
            if (model.world.path(path.id()) == null) {
                path.counters().flows = 0;
                path.counters().uninspected = 0;
            }
        }
        for (Rule rule : next.rules()) {
            if (model.world.ruleOfRecord(rule.id()) == null) {
                zero(rule.counters());
            }
        }
    }

    /** Takes the data path's own questions out of an outcome and answers those about known neighbours. */
    private void answer(Outcome outcome) {
        outcome.sent.forEach((port, frames) -> {
            for (MemoryFrame frame : List.copyOf(frames)) {
                ModelNeighbors.Place asked = Frames.asked(model.world.port(port), frame);
                if (asked != null) {
                    frames.remove(frame);
                    Long mac = model.neighbors.mac(asked);
                    if (mac != null) {
                        MemoryFrame answer = Frames.answer(model.world.port(port), asked.address(), mac);
                        subject.receive(port, Frames.tagged(model.world, asked, answer), 256, false);
                    }
                }
            }
        });
        outcome.sent.values().removeIf(List::isEmpty);
    }

    private Outcome onModel(Event event) {
        switch (event) {
            case Event.Arrives e -> {
                return model.receive(e.port(), e.frame(), e.headroomBytes(), e.scarce());
            }
            case Event.Instance e -> model.setInstance(e.instance(), e.alive());
            case Event.Leaves e -> model.setLeaving(e.instance(), e.leave());
            case Event.Fails e -> model.setFailed(e.path(), e.failed());
            case Event.Probed e -> model.setProbed(e.instance(), e.alive());
            case Event.Judged e -> model.setJudged(e.instance(), e.judged());
            case Event.Carrier e -> model.setPort(e.port(), e.up());
            case Event.Applies e -> model.apply(e.world());
            case Event.Attributes e -> model.attributes.set(e.subject(), e.values(), model.nowNs + e.lifeNs());
            case Event.Told e -> model.tell(e);
            case Event.Said e -> model.programs.say(e);
            case Event.Elapses e -> {
                return model.elapse(e.ns(), e.tick());
            }
        }
        return new Outcome();
    }

    @Override
    public void close() {
        subject.close();
    }
}
