package dev.sluice.agent.configuration;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeName;
import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.StateDirectory;
import dev.sluice.agent.history.History;
import dev.sluice.agent.history.HistoryState;
import dev.sluice.agent.history.Revision;
import dev.sluice.agent.history.RevisionHead;
import dev.sluice.model.Configuration;
import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.LoadResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * What a node finds when it starts: the files, its name, its history. Says which configurations it may start with: the files, or the last good revision if
 * they are broken, were rolled back, or were never confirmed. One user: the thread that starts the node.
 *
 * @param files what the files hold
 * @param node name of the node
 * @param history what ran before
 * @param unconfirmed the revision whose confirmation the node waited for when it ended; 0: none
 * @param held whether the files hold what is deliberately not in force
 */
public record Boot(LoadResult files, String node, History history, int unconfirmed, boolean held) {
    /**
     * Looks.
     *
     * @throws NodeException if the files are broken and there is nothing else to start with, or nothing else is allowed
     */
    public static Boot look(NodeOptions options) throws NodeException {
        return look(options, History::open);
    }

    /**
     * The same with histories that are opened otherwise.
     *
     * @throws NodeException as above
     */
    public static Boot look(NodeOptions options, Function<Path, History> histories) throws NodeException {
        LoadResult files = options.configuration().load();
        if (!files.usable() && options.strict()) {
            throw new NodeException(AppliedConfiguration.errors(files.problems()));
        }
        Optional<String> name = files.usable()
                ? Optional.of(NodeName.choose(files.configuration().orElseThrow(), options.node()))
                : options.node();
        Path directory = options.state()
                .or(() -> name.map(StateDirectory::defaultPath))
                .or(StateDirectory::onlyOne)
                .orElse(null);
        if (directory == null) {
            throw new NodeException(AppliedConfiguration.errors(files.problems()));
        }
        History history = histories.apply(directory);
        boolean sound = false;
        try {
            Boot boot = look(options, files, name, history);
            sound = true;
            return boot;
        } finally {
            if (!sound) {
                history.close();
            }
        }
    }

    private static Boot look(NodeOptions options, LoadResult files, Optional<String> name, History history)
            throws NodeException {
        HistoryState state = history.state();
        Optional<RevisionHead> good = history.revision(state.good());
        // Without a name, the history must be that of these very files.
        Optional<String> node =
                name.or(() -> good.filter(head -> options.state().isPresent()
                                || head.source().equals(options.configuration().name()))
                        .map(RevisionHead::node));
        if (node.isEmpty()) {
            throw new NodeException(AppliedConfiguration.errors(files.problems()));
        }
        int unconfirmed = 0;
        for (RevisionHead head : history.revisions()) {
            if (head.outcome() == Revision.Outcome.PENDING) {
                unconfirmed = head.number();
            }
        }
        boolean held = files.usable()
                && state.good() != 0
                && (unconfirmed != 0 || Revision.content(files.texts()).equals(state.filesNotApplied()));
        return new Boot(files, node.get(), history, unconfirmed, held);
    }

    /** What was not confirmed before the node ended is taken back for good. */
    void settle() {
        for (RevisionHead head : history.revisions()) {
            if (head.outcome() == Revision.Outcome.PENDING) {
                history.outcome(head.number(), Revision.Outcome.REVERTED);
            }
        }
    }

    /** Revisions that may run: the last good one, then the good ones before it, newest first. */
    List<RevisionHead> candidates() {
        int good = history.state().good();
        return history.revisions().stream()
                .filter(head -> head.number() == good || head.outcome().good())
                .sorted(Comparator.comparingInt((RevisionHead head) -> head.number() == good ? 1 : 0)
                        .thenComparingInt(RevisionHead::number)
                        .reversed())
                .toList();
    }

    /** @throws NodeException if the revision cannot be read or this version does not take it */
    Configuration objects(RevisionHead head) throws NodeException {
        try {
            return objects(history.read(head.number()));
        } catch (IOException e) {
            throw new NodeException(String.valueOf(e.getMessage()), e);
        }
    }

    /** @throws NodeException if this version does not take what the revision holds */
    static Configuration objects(Revision revision) throws NodeException {
        LoadResult parsed = ConfigurationLoader.parse(revision.texts());
        return parsed.configuration()
                .orElseThrow(() -> new NodeException("revision " + revision.number()
                        + " is no configuration for this version of Sluice:\n"
                        + AppliedConfiguration.errors(parsed.problems())));
    }
}
