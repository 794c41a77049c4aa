package dev.sluice.agent.configuration;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.ObjectSource;
import dev.sluice.agent.compile.FlowsInProgress;
import dev.sluice.agent.configuration.CheckedCompilation.Permission;
import dev.sluice.agent.history.History;
import dev.sluice.agent.history.HistoryState;
import dev.sluice.agent.history.Revision;
import dev.sluice.agent.history.RevisionHead;
import dev.sluice.model.Configuration;
import dev.sluice.model.LoadResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which configuration a node starts with: that of the files; the last good revision if they are broken; and never what was taken back or not confirmed. One user: the
 * thread that starts the node.
 */
final class FirstConfiguration {
    private static final Logger LOG = LoggerFactory.getLogger(FirstConfiguration.class);

    private final ObjectSource source;
    private final Boot boot;
    private final History history;
    private final CheckedCompilation compilation;
    private final boolean strict;

    FirstConfiguration(ObjectSource source, Boot boot, CheckedCompilation compilation, boolean strict) {
        this.source = source;
        this.boot = boot;
        history = boot.history();
        this.compilation = compilation;
        this.strict = strict;
    }

    /**
     * Finds and compiles it, and notes in the history that it runs.
     *
     * @throws NodeException if there is none that may be run
     */
    AppliedConfiguration find() throws NodeException {
        return boot.held() ? startHeld() : startWithFiles();
    }

    private AppliedConfiguration startWithFiles() throws NodeException {
        LoadResult files = boot.files();
        String problem = AppliedConfiguration.errors(files.problems());
        Optional<Configuration> objects = files.configuration();
        if (objects.isPresent()) {
            try {
                int good = history.state().good();
                Optional<RevisionHead> before = history.revision(good);
                AppliedConfiguration first = compilation.checked(
                        objects.get(),
                        files.problems(),
                        FlowsInProgress.AS_THE_NODE_SAYS,
                        Permission.atStart(
                                before.map(RevisionHead::forcedInterfaces).orElse(List.of())));
                String content = Revision.content(files.texts());
                boolean known = before.stream().anyMatch(head -> head.content().equals(content));
                int number = known
                        ? good
                        : history.add(
                                first.revision(boot.node(), source.name(), Revision.Outcome.APPLIED, files.texts()));
                history.forced(number, first.forced());
                history.state(new HistoryState(number, number, ""));
                return first.as(number, content);
            } catch (NodeException e) {
                if (strict) {
                    throw e;
                }
                problem = String.valueOf(e.getMessage());
            }
        }
        AppliedConfiguration good;
        try {
            good = startWithGood(false);
        } catch (NodeException e) {
            throw new NodeException(
                    history.revisions().isEmpty()
                            ? problem
                            : problem + "\nThe last good revision cannot be run either: " + e.getMessage(),
                    e);
        }
        String notice = "revision " + good.revision() + ", the last good one, runs" + good.notice() + " because "
                + source + " could not be applied at the start";
        LOG.error("{}:\n{}", notice, problem);
        return good.withProblem(problem).withNotice(notice);
    }

    /** What the files hold was taken back, or never confirmed: it is not run, whatever else is wrong. */
    private AppliedConfiguration startHeld() throws NodeException {
        String content = Revision.content(boot.files().texts());
        AppliedConfiguration good;
        try {
            good = startWithGood(true);
        } catch (NodeException e) {
            // The next start knows as much, and that only these files are not to be run.
            history.state(
                    new HistoryState(history.state().running(), history.state().good(), content));
            boot.settle();
            String message = "nothing is run: what " + source + " holds was "
                    + (boot.unconfirmed() == 0 ? "taken back" : "never confirmed (revision " + boot.unconfirmed() + ")")
                    + ", and no good revision can be run: " + e.getMessage()
                    + "\nChange the files to what is to run; as soon as they are others, the node starts with them";
            LOG.error("{}", message);
            throw new NodeException(message, e);
        }
        history.state(new HistoryState(good.revision(), good.revision(), content));
        String notice = "revision " + good.revision()
                + (boot.unconfirmed() == 0
                        ? " runs as before the restart"
                        : " runs because revision " + boot.unconfirmed() + " was not confirmed before the node ended")
                + good.notice() + "; the files" + ConfigurationLife.UNTIL;
        LOG.warn("{}", notice);
        return good.withNotice(notice);
    }

    /** A revision that would run if the host did not need its interfaces. */
    private static final class HostInTheWayException extends NodeException {
        private static final long serialVersionUID = 1L;

        HostInTheWayException(String why) {
            super(why);
        }
    }

    /**
     * Compiles the last good revision, or the newest good one before it that can be run. None takes the place of one that nothing but the host is in the way of: that may be over in a moment, and what users
     * have forbidden since would pass.
     *
     * @param whateverTheHostNeeds whether interfaces may be taken then that the host needs: what ran before the restart goes on
     * @return its notice says what is special about it
     * @throws NodeException if there is none
     */
    private AppliedConfiguration startWithGood(boolean whateverTheHostNeeds) throws NodeException {
        int lastGood = history.state().good();
        List<String> reasons = new ArrayList<>();
        for (RevisionHead head : boot.candidates()) {
            try {
                AppliedConfiguration first = startWith(boot.objects(head), head, whateverTheHostNeeds);
                String instead = head.number() == lastGood
                        ? ""
                        : " in place of revision " + lastGood + ", which cannot be run (" + reasons.getFirst() + ")";
                history.state(new HistoryState(
                        head.number(), head.number(), history.state().filesNotApplied()));
                return first.as(head.number(), head.content()).withNotice(instead + first.notice());
            } catch (HostInTheWayException e) {
                reasons.add("revision " + head.number() + ": " + e.getMessage());
                break;
            } catch (NodeException e) {
                String name = "revision " + head.number();
                String why = String.valueOf(e.getMessage());
                LOG.error("{} cannot be run: {}", name, why);
                reasons.add(why.startsWith(name) ? why : name + ": " + why);
            }
        }
        throw new NodeException(
                reasons.isEmpty() ? "there is no revision in " + history.directory() : String.join("\n", reasons));
    }

    private AppliedConfiguration startWith(Configuration objects, RevisionHead head, boolean whateverTheHostNeeds)
            throws NodeException {
        try {
            return compilation.checked(
                    objects, List.of(), FlowsInProgress.AS_THE_NODE_SAYS, Permission.atStart(head.forcedInterfaces()));
        } catch (NodeException e) {
            AppliedConfiguration anyway = compilation.unchecked(
                    objects, List.of(), FlowsInProgress.AS_THE_NODE_SAYS, head.forcedInterfaces());
            if (!whateverTheHostNeeds) {
                throw new HostInTheWayException(String.valueOf(e.getMessage()));
            }
            return anyway.withNotice(", although " + e.getMessage());
        }
    }
}
