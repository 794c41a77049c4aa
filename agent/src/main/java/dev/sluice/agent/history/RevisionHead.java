package dev.sluice.agent.history;

import java.time.Instant;
import java.util.List;

/**
 * A revision without its texts.
 *
 * @param number as in {@link Revision}
 * @param time as in {@link Revision}
 * @param node as in {@link Revision}
 * @param source as in {@link Revision}
 * @param generation as in {@link Revision}
 * @param outcome as in {@link Revision}
 * @param forcedInterfaces as in {@link Revision}
 * @param content SHA-256 of what it holds
 * @param fileCount number of files
 * @param bytes room that it takes on disk
 */
public record RevisionHead(
        int number,
        Instant time,
        String node,
        String source,
        int generation,
        Revision.Outcome outcome,
        List<String> forcedInterfaces,
        String content,
        int fileCount,
        long bytes) {
    static RevisionHead of(Revision revision, long bytes) {
        return new RevisionHead(
                revision.number(),
                revision.time(),
                revision.node(),
                revision.source(),
                revision.generation(),
                revision.outcome(),
                revision.forcedInterfaces(),
                revision.content(),
                revision.texts().size(),
                bytes);
    }

    RevisionHead with(Revision.Outcome newOutcome) {
        return with(newOutcome, forcedInterfaces);
    }

    RevisionHead forced(List<String> interfaces) {
        return with(outcome, List.copyOf(interfaces));
    }

    private RevisionHead with(Revision.Outcome newOutcome, List<String> newForced) {
        return new RevisionHead(
                number, time, node, source, generation, newOutcome, newForced, content, fileCount, bytes);
    }
}
