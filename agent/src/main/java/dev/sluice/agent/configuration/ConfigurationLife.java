package dev.sluice.agent.configuration;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.ObjectSource;
import dev.sluice.agent.RefusedException;
import dev.sluice.agent.admin.AdminRequest;
import dev.sluice.agent.admin.ReloadRequest;
import dev.sluice.agent.admin.RollbackRequest;
import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.compile.FlowsInProgress;
import dev.sluice.agent.compile.HostSafety;
import dev.sluice.agent.compile.PortBinding;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.agent.configuration.CheckedCompilation.Permission;
import dev.sluice.agent.history.History;
import dev.sluice.agent.history.HistoryState;
import dev.sluice.agent.history.Revision;
import dev.sluice.agent.history.RevisionHead;
import dev.sluice.agent.instances.InstanceStates;
import dev.sluice.agent.report.ReloadReport;
import dev.sluice.agent.report.StatusReport.ConfigurationReport;
import dev.sluice.agent.worker.LinkSource;
import dev.sluice.model.Configuration;
import dev.sluice.model.LoadResult;
import dev.sluice.model.ServiceInstance.AdminState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The configuration of a node: files -> objects -> snapshot -> worker, kept as a revision; and back to an earlier one, when asked to or when a change is
 * not confirmed in time (X9). A step that fails changes nothing; the reason is kept for {@code status}. One user: the control thread; what is volatile
 * is read by any.
 */
public final class ConfigurationLife {
    private static final Logger LOG = LoggerFactory.getLogger(ConfigurationLife.class);

    /** What must be on disk before a change that waits for confirmation is worth waiting this long for. */
    private static final Duration DISK_TIMEOUT = Duration.ofSeconds(2);

    private static final long SECOND_NS = 1_000_000_000L;
    private static final long REVERT_RETRY_NS = 10 * SECOND_NS;
    private static final long FOLLOW_RETRY_NS = SECOND_NS;
    static final String UNTIL = " are not applied until they change again or 'sluice reload' says so";

    /** Puts a snapshot into force. */
    @FunctionalInterface
    public interface Publisher {
        /**
         * Hands it to the worker.
         *
         * @param wait whether to return only when the worker has taken it
         */
        void publish(CompiledNode node, boolean wait);
    }

    /**
     * A change that waits for its confirmation.
     *
     * @param revision what is in force
     * @param before what was in force, and will be again
     * @param deadlineNs when
     */
    private record Pending(int revision, AppliedConfiguration before, long deadlineNs) {}

    private final ObjectSource source;
    private final String node;
    private final CheckedCompilation compilation;
    private final InstanceStates states;
    private final HostSafety safety;
    private final History history;
    private final HistoryAnswers answers;
    private final LongSupplier clockNs;
    private Publisher publisher = (compiled, wait) -> {};

    /** What the files were when they were read for the last time, whether they were applied or not. */
    private String tried = "";

    private volatile AppliedConfiguration applied;
    private volatile @Nullable Pending pending;
    private volatile boolean changeHeldBack;
    private final PickedUp pickedUp = new PickedUp();
    private boolean retriesFollowing;
    private long followAgainNs;

    /**
     * Finds the configuration to start with; publishes nothing.
     *
     * @throws NodeException if neither the files nor the last good revision can be run
     */
    public ConfigurationLife(
            NodeOptions options,
            Boot boot,
            SnapshotCompiler compiler,
            InstanceStates states,
            LinkSource links,
            HostSafety safety,
            LongSupplier clockNs)
            throws NodeException {
        source = options.configuration();
        node = boot.node();
        history = boot.history();
        answers = new HistoryAnswers(history, source);
        compilation = new CheckedCompilation(compiler, states, links, safety, options.force());
        this.safety = safety;
        this.clockNs = clockNs;
        this.states = states;
        states.restore(history.state().instances());
        states.words()
                .forEach((instance, word) ->
                        LOG.warn("service instance {} is {}, as it was told before the restart", instance, word));
        tried = fingerprint(boot.files());
        applied = new FirstConfiguration(source, boot, compilation, options.strict()).find();
        // Only now: had this start failed, the next one would have to know what was not confirmed.
        boot.settle();
    }

    /** From now on snapshots go there; the first one has to be handed over by the caller. */
    public void publishTo(Publisher newPublisher) {
        publisher = newPublisher;
    }

    /** MAC addresses or MTUs may be others than those the snapshot was made with. */
    public void onLinksChanged() {
        if (!compilation.factsChanged()) {
            return;
        }
        try {
            compileAgain(false);
        } catch (NodeException e) {
            LOG.error("a change of interfaces could not be applied: {}", e.getMessage());
        }
    }

    /**
     * Gives a service instance another administrative state, over restarts too.
     *
     * @param state empty: what the files say
     * @throws NodeException if there is no such instance, or nothing was given to it that could be taken back, or that cannot be applied; nothing was changed
     */
    public ReloadReport administer(String instance, Optional<AdminState> state) throws NodeException {
        boolean takesBack = state.isEmpty() && states.of(instance).isPresent();
        if (!takesBack
                && applied.node().instances().stream()
                        .noneMatch(entry -> entry.name().equals(instance))) {
            throw new NodeException("there is no service instance " + AdminRequest.shorten(instance)
                    + " on this node; 'sluice status' lists them");
        }
        Optional<AdminState> before = states.of(instance);
        states.set(instance, state);
        try {
            onStatesChanged();
        } catch (NodeException | RuntimeException e) {
            states.set(instance, before);
            throw e;
        }
        history.instances(states.words());
        LOG.info(
                "service instance {} is {}, as asked",
                instance,
                state.map(AdminState::word).orElse("what the files say"));
        return report(true, 0, onDisk());
    }

    /** One of the same name that comes later is another instance: nobody has said of it that it is to get nothing. */
    private void forgetStatesOfGone() {
        Set<String> gone = states.forgetOthers(applied.objects());
        if (!gone.isEmpty()) {
            history.instances(states.words());
            LOG.info("what was given to {} is forgotten, because the objects have it no longer", gone);
        }
    }

    /**
     * Service instances have other administrative states at run time.
     *
     * @throws NodeException if that cannot be applied
     */
    public void onStatesChanged() throws NodeException {
        compileAgain(true);
    }

    /**
     * Follows what other nodes say of the paths that they serve, and ends what a change has left behind for a while (ADR 14).
     *
     * @param told by node, what it told last
     * @param serves whether an instance, by number, is known to serve
     */
    public void followPaths(Map<String, Long> told, IntPredicate serves, long nowNs) {
        if (!compilation.isDue(told, serves) || (retriesFollowing && nowNs - followAgainNs < 0)) {
            return;
        }
        try {
            compileAgain(false);
        } catch (NodeException e) {
            retriesFollowing = true;
            followAgainNs = nowNs + FOLLOW_RETRY_NS;
            LOG.error("paths that other nodes serve now could not be taken into use: {}", e.getMessage());
        }
    }

    /** By id, why paths that are awaited are not given to new flows yet. */
    public Map<Integer, String> missing() {
        return compilation.missing();
    }

    /** The same objects as another generation; the rules are the same, so nothing is decided anew. */
    private void compileAgain(boolean wait) throws NodeException {
        AppliedConfiguration now = applied;
        AppliedConfiguration next = compilation
                .unchecked(now.objects(), List.of(), FlowsInProgress.kept(), now.forced())
                .as(now.revision(), now.content())
                .withProblem(now.problem())
                .withNotice(now.notice());
        put(next, wait);
    }

    private void put(AppliedConfiguration next, boolean wait) {
        applied = next;
        publisher.publish(next.node(), wait);
    }

    private int add(Map<String, String> texts, AppliedConfiguration next, Revision.Outcome outcome) {
        return history.add(next.revision(node, source.name(), outcome, texts));
    }

    // Changes.

    /** The files seem to be others: applies them, unless they are what was read last, or a confirmation is waited for. */
    public void filesChanged() {
        LoadResult files = source.load();
        boolean others = !fingerprint(files).equals(tried);
        if (pending != null) {
            changeHeldBack = others;
            if (others) {
                LOG.info("{} has changed; that waits until the change before is confirmed or taken back", source);
            }
            return;
        }
        if (!others) {
            return;
        }
        AppliedConfiguration before = applied;
        try {
            ReloadReport report = apply(files, ReloadRequest.PLAIN);
            if (report.revision() != before.revision()) {
                pickedUp.note(before, report.revision(), clockNs.getAsLong());
            }
            LOG.info(
                    "configuration {} applied as generation {}, revision {}",
                    source,
                    report.generation(),
                    report.revision());
        } catch (NodeException e) {
            LOG.error("configuration {} is not applied, the one before stays in force:\n{}", source, e.getMessage());
        }
    }

    /**
     * Reads the files and applies them, whatever was applied before.
     *
     * @throws NodeException if they have errors, or another change waits for its confirmation; nothing was changed
     */
    public ReloadReport reload(ReloadRequest request) throws NodeException {
        Pending waiting = pending;
        if (waiting != null) {
            throw new NodeException(
                    "revision " + waiting.revision() + " waits for its confirmation (" + secondsLeft(waiting)
                            + " s left); first 'sluice confirm' it, or take it back with 'sluice rollback'");
        }
        ReloadReport report = apply(source.load(), request);
        LOG.info(
                "configuration {} applied as generation {}, revision {}, as asked",
                source,
                report.generation(),
                report.revision());
        return report;
    }

    private ReloadReport apply(LoadResult files, ReloadRequest request) throws NodeException {
        tried = fingerprint(files);
        String content = Revision.content(files.texts());
        boolean same = files.configuration().isPresent() && content.equals(applied.content());
        if (same && request.confirm().isPresent()) {
            refuseWithoutTrial();
        }
        try {
            Configuration objects = files.configuration().orElseThrow(() -> new RefusedException(files.problems()));
            if (same && request.existingFlows().isEmpty()) {
                applied = applied.withProblem("").withNotice("");
                history.state(new HistoryState(applied.revision(), applied.revision(), ""));
                return tryOut(false, request.confirm());
            }
            AppliedConfiguration next = compilation.checked(
                    objects,
                    files.problems(),
                    FlowsInProgress.of(request.existingFlows()),
                    Permission.after(applied, request.force(), request.login()));
            if (same) {
                // Nothing but what flows in progress are to make of it: the same revision as another generation.
                put(next.as(applied.revision(), content), true);
                history.state(new HistoryState(applied.revision(), applied.revision(), ""));
                return tryOut(true, request.confirm());
            }
            return request.confirm().isPresent()
                    ? applyForAWhile(files, next, request.confirm().get())
                    : applyForGood(files, next);
        } catch (NodeException e) {
            applied = applied.withProblem(String.valueOf(e.getMessage()));
            throw e;
        }
    }

    private ReloadReport applyForGood(LoadResult files, AppliedConfiguration next) {
        int number = add(files.texts(), next, Revision.Outcome.APPLIED);
        history.state(new HistoryState(number, number, ""));
        put(next.as(number, Revision.content(files.texts())), true);
        return report(true, 0, answers.notice());
    }

    /** What to go back to is on disk before the change is in force: the machine may be cut off, or crash, the moment it is. */
    private ReloadReport applyForAWhile(LoadResult files, AppliedConfiguration next, Duration window) {
        AppliedConfiguration before = applied;
        int number = add(files.texts(), next, Revision.Outcome.PENDING);
        history.state(new HistoryState(number, before.revision(), ""));
        boolean safe = history.flush(DISK_TIMEOUT);
        await(number, before, window);
        put(next.as(number, Revision.content(files.texts())), true);
        return report(true, (int) window.toSeconds(), safe ? "" : notAfterACrash());
    }

    private void await(int number, AppliedConfiguration before, Duration window) {
        pending = new Pending(number, before, clockNs.getAsLong() + window.toNanos());
        changeHeldBack = false;
    }

    private String notAfterACrash() {
        return "the change is taken back in time, but not after a crash, because the history cannot be written: "
                + history.problem();
    }

    /** Nobody must think that a change is on trial while there is nothing to go back to. */
    private void refuseWithoutTrial() throws NodeException {
        if (beforePickedUp().isEmpty()) {
            throw new NodeException("there is nothing to try: revision " + applied.revision()
                    + ", which runs, is what the files hold, and it was not picked up from them just now; change the"
                    + " files first, or go back with 'sluice rollback'");
        }
    }

    /** What ran before the node picked the files up by itself, if that was just now and it can be run again after a restart. */
    private Optional<AppliedConfiguration> beforePickedUp() {
        return pickedUp.before(applied.revision(), clockNs.getAsLong())
                .filter(before -> history.revision(before.revision()).isPresent());
    }

    /** Puts on trial what the watcher was quicker with: it runs already, and goes unless it is confirmed. */
    private ReloadReport tryOut(boolean changed, Optional<Duration> window) {
        Optional<AppliedConfiguration> found = beforePickedUp();
        if (window.isEmpty() || found.isEmpty()) {
            return report(changed, 0, "");
        }
        AppliedConfiguration before = found.get();
        int number = applied.revision();
        // First what to go back to: a revision on trial that is its own last good one would be run after a crash.
        history.state(new HistoryState(number, before.revision(), ""));
        boolean safe = history.flush(DISK_TIMEOUT);
        history.outcome(number, Revision.Outcome.PENDING);
        safe &= history.flush(DISK_TIMEOUT);
        await(number, before, window.get());
        LOG.info("revision {}, picked up from the files just now, is on trial as asked", number);
        String what = "the node had picked the files up by itself; without 'sluice confirm' revision "
                + before.revision() + " comes back";
        return report(changed, (int) window.get().toSeconds(), safe ? what : what + "; " + notAfterACrash());
    }

    /**
     * Keeps the change that waits; what changed in the files meanwhile is applied then.
     *
     * @throws NodeException if none waits
     */
    public ReloadReport confirm() throws NodeException {
        Pending waiting = pending;
        if (waiting == null) {
            throw new NodeException("no change waits for a confirmation; revision " + applied.revision() + " runs"
                    + (applied.notice().isEmpty() ? "" : ": " + applied.notice()));
        }
        pending = null;
        pickedUp.forget();
        history.outcome(waiting.revision(), Revision.Outcome.CONFIRMED);
        history.state(new HistoryState(waiting.revision(), waiting.revision(), ""));
        LOG.info("revision {} is confirmed", waiting.revision());
        ReloadReport report = report(false, 0, onDisk());
        if (changeHeldBack) {
            changeHeldBack = false;
            filesChanged();
        }
        return report;
    }

    /** Takes a change back whose time is over; forgets what was given to instances that are gone for good. */
    public void tick(long nowNs) {
        pickedUp.tick(nowNs);
        if (pending == null && beforePickedUp().isEmpty()) {
            forgetStatesOfGone();
        }
        Pending waiting = pending;
        if (waiting == null || nowNs - waiting.deadlineNs() < 0) {
            return;
        }
        try {
            takeBack(waiting, "was not confirmed in time");
        } catch (NodeException e) {
            LOG.error("revision {} cannot be taken back, tried again in 10 s: {}", waiting.revision(), e.getMessage());
            pending = new Pending(waiting.revision(), waiting.before(), nowNs + REVERT_RETRY_NS);
        }
    }

    private void takeBack(Pending waiting, String why) throws NodeException {
        AppliedConfiguration before = waiting.before();
        // What was decided on trial must not outlive it.
        FlowsInProgress flows = FlowsInProgress.back(before.node().snapshot());
        AppliedConfiguration next = compilation.unchecked(before.objects(), List.of(), flows, before.forced());
        String notice = "revision " + before.revision() + " runs because revision " + waiting.revision() + " " + why;
        run(next, before.revision(), before.content(), notice);
        settle(waiting);
    }

    /** The change that waited is over. Said after what runs instead is: whatever a crash leaves of the two, the change does not come back by itself. */
    private void settle(Pending waiting) {
        pending = null;
        changeHeldBack = false;
        history.outcome(waiting.revision(), Revision.Outcome.REVERTED);
    }

    /**
     * Runs an earlier revision; the files are not touched. While a change waits for its confirmation and no number is given, takes that change back.
     *
     * @throws NodeException if it cannot be run; nothing was changed
     */
    public ReloadReport rollback(RollbackRequest request) throws NodeException {
        OptionalInt number = request.revision();
        Pending waiting = pending;
        if (waiting != null
                && (number.isEmpty() || number.getAsInt() == waiting.before().revision())) {
            takeBack(waiting, "was taken back");
            return report(true, 0, onDisk());
        }
        int wanted = number.isPresent() ? number.getAsInt() : before(applied.revision());
        if (wanted == applied.revision()) {
            throw new NodeException("revision " + wanted + " runs already");
        }
        Revision revision = answers.read(wanted);
        AppliedConfiguration next = compilation.checked(
                Boot.objects(revision),
                List.of(),
                FlowsInProgress.of(request.existingFlows()),
                Permission.after(applied, request.force(), request.login()).or(revision.forcedInterfaces()));
        history.forced(wanted, next.forced());
        if (!revision.outcome().good()) {
            history.outcome(wanted, Revision.Outcome.APPLIED);
        }
        run(next, wanted, revision.content(), "revision " + wanted + " runs because of 'sluice rollback'");
        if (waiting != null) {
            settle(waiting);
        }
        return report(true, 0, onDisk());
    }

    private int before(int running) throws NodeException {
        return history.revisions().stream()
                .filter(head -> head.number() < running && head.outcome().good())
                .mapToInt(RevisionHead::number)
                .max()
                .orElseThrow(() -> new NodeException("there is no good revision before revision " + running
                        + ", which runs; 'sluice history' lists what there is"));
    }

    /** Puts a revision into force that the files may not hold; they count as read. */
    private void run(AppliedConfiguration next, int number, String content, String why) {
        // First in force: the files may lie on a network that the change has cut off.
        put(next.as(number, content).withNotice(why), true);
        pickedUp.forget();
        LoadResult files = source.load();
        tried = fingerprint(files);
        String held = Revision.content(files.texts());
        boolean same = held.equals(content);
        String notice = same ? "" : why + "; the files" + UNTIL;
        history.state(new HistoryState(number, number, same ? "" : held));
        applied = applied.withNotice(notice);
        LOG.warn("{}", same ? why : notice);
    }

    private static String fingerprint(LoadResult files) {
        return Revision.content(files.texts()) + files.problems();
    }

    // Answers; any thread.

    public AppliedConfiguration applied() {
        return applied;
    }

    /** Waits until what was said is on disk; a warning if it is not. */
    private String onDisk() {
        return history.flush(DISK_TIMEOUT)
                ? ""
                : "done, but not remembered beyond a restart, because the history cannot be written: "
                        + history.problem();
    }

    private ReloadReport report(boolean changed, int confirmSeconds, String warning) {
        AppliedConfiguration now = applied;
        return new ReloadReport(now.node().snapshot().generation(), now.revision(), changed, confirmSeconds, warning);
    }

    private long secondsLeft(Pending waiting) {
        return Math.max(0, (waiting.deadlineNs() - clockNs.getAsLong() + SECOND_NS - 1) / SECOND_NS);
    }

    /** What is in force, and all that a person should know of it. */
    public ConfigurationReport report() {
        return report(List.of());
    }

    /** The same with notices of others. */
    public ConfigurationReport report(List<String> more) {
        AppliedConfiguration now = applied;
        List<String> notices = new ArrayList<>();
        if (!now.notice().isEmpty()) {
            notices.add(now.notice());
        }
        Pending waiting = pending;
        if (waiting != null) {
            notices.add("revision " + waiting.revision() + " waits for 'sluice confirm', " + secondsLeft(waiting)
                    + " s left; then revision " + waiting.before().revision() + " comes back");
            if (changeHeldBack) {
                notices.add("the files have changed since; that is applied after 'sluice confirm'");
            }
        }
        if (!answers.notice().isEmpty()) {
            notices.add(answers.notice());
        }
        notices.addAll(history.messages());
        notices.addAll(more);
        notices.addAll(safety.besideSluice(
                now.node().bindings().stream().map(PortBinding::interfaceName).toList()));
        return new ConfigurationReport(
                source.toString(), now.appliedAt().toString(), now.problem(), now.warnings(), now.revision(), notices);
    }

    public HistoryAnswers history() {
        return answers;
    }

    /** Brings the history to disk, if that works. */
    public void close() {
        history.close();
    }
}
