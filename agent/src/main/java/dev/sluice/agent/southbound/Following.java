package dev.sluice.agent.southbound;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.ObjectSource;
import dev.sluice.model.ExistingFlows;
import dev.sluice.southbound.Answer;
import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.Hello;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.Report;
import dev.sluice.southbound.Update;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node says to its manager and takes from it. No threads, sockets or clocks: everything that happens is a call, so that a simulation can make it happen. One user.
 */
public final class Following {
    private static final Logger LOG = LoggerFactory.getLogger(Following.class);

    /** What was said before is said again after so long: it tells the manager that the node has looked since. */
    private static final long REPEAT_NS = 5_000_000_000L;

    /** Puts into force what {@link #objects} holds. */
    @FunctionalInterface
    public interface Application {
        /**
         * Does it.
         *
         * @param flows what the change means for flows in progress; empty: what the Node object says
         * @throws NodeException if that is refused; what was in force before still is
         */
        void apply(Optional<ExistingFlows> flows) throws NodeException;

        /**
         * Nobody asks for what was refused last, for now: the node is not to say any longer that it is not in force.
         *
         * @throws NodeException if it goes on saying so
         */
        default void forgetRefusal() throws NodeException {
            apply(Optional.empty());
        }
    }

    private final String manager;
    private final String node;
    private final ReceivedObjects received;
    private final UpdateIntake intake;
    private final Application application;
    private List<Update> parts = new ArrayList<>();
    private Report reported = Report.getDefaultInstance();
    private long reportedNs;

    /** Whether what is accepted is in force. */
    private boolean inForce;

    /** Whether the manager was told that nothing is held, and has not been told otherwise since. */
    private boolean fromNothing;

    /** Whether the last update was refused. */
    private boolean refused;

    /**
     * Reads what was received last.
     *
     * @param manager what people call it
     * @param node name of the node
     * @param kept where what is received is kept
     */
    public Following(String manager, String node, KeptObjects kept, Application application) {
        this.manager = manager;
        this.node = node;
        this.application = application;
        received = new ReceivedObjects(manager, kept.read());
        intake = new UpdateIntake(received, kept, application);
    }

    /** The objects that are to be in force. */
    public ObjectSource objects() {
        return received;
    }

    /** How many objects are accepted; 0: the manager has never sent any. */
    public int accepted() {
        return received.accepted().size();
    }

    /** The node runs what was received last; without this, or an update that is accepted, it counts as one that holds nothing. */
    public void started() {
        inForce = true;
    }

    /** Version by name of what is accepted. */
    public Map<String, String> versions() {
        return received.versions();
    }

    /**
     * What the node says first over a new stream; what was half received over the one before is forgotten.
     *
     * <p>A node that could not start with what it received last says that it holds nothing: so the manager sends it again, hears why it cannot be run, and tries again later. What was refused is sent again
     * too, if it is still wanted; if not, nobody would say so.
     */
    public FromAgent begin() {
        forgetRefusal();
        parts = new ArrayList<>();
        reported = Report.getDefaultInstance();
        Hello.Builder hello = Hello.newBuilder()
                .setNode(node)
                .setProtocol(Protocol.NUMBER)
                .addAllAnswers(Questions.ANSWERED)
                .setSoftware(Objects.requireNonNullElse(
                        Following.class.getPackage().getImplementationVersion(), "development"));
        fromNothing = !inForce;
        if (inForce) {
            hello.putAllHeld(received.versions());
        }
        return FromAgent.newBuilder().setHello(hello).build();
    }

    private void forgetRefusal() {
        if (refused && inForce) {
            try {
                application.forgetRefusal();
                refused = false;
            } catch (NodeException e) {
                LOG.warn("the node goes on saying why it refused an update: {}", e.getMessage());
            }
        }
    }

    /** Takes a part of an update; with the last one, all of it, and then what is to be answered. */
    public Optional<FromAgent> take(Update part) {
        parts.add(part);
        if (part.getMore()) {
            return Optional.empty();
        }
        List<Update> whole = parts;
        parts = new ArrayList<>();
        Answer answer = intake.take(whole, fromNothing ? new TreeMap<>() : received.accepted());
        refused = !answer.getAccepted();
        if (answer.getAccepted()) {
            inForce = true;
            fromNothing = false;
            LOG.info("took an update from {}: {} objects", manager, accepted());
        }
        return Optional.of(FromAgent.newBuilder().setAnswer(answer).build());
    }

    /** Whether a part of an update has come and its last one has not. */
    public boolean isReceiving() {
        return !parts.isEmpty();
    }

    /** Nothing has come for a while: brings to disk what could not be brought there before. */
    public void idle() {
        intake.save();
    }

    /** What is to be said of what the node sees; nothing if it was said a moment ago. */
    public Optional<FromAgent> report(Report now, long nowNs) {
        if (now.equals(reported) && nowNs - reportedNs < REPEAT_NS) {
            return Optional.empty();
        }
        reported = now;
        reportedNs = nowNs;
        return Optional.of(FromAgent.newBuilder().setReport(now).build());
    }
}
