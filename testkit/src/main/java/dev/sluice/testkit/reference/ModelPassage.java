package dev.sluice.testkit.reference;

import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The section "Changing paths": which path may follow which, and which records wait. */
final class ModelPassage {
    /** What a record with a new path has to do and to remember. */
    static final class Verdict {
        boolean waits;
        boolean waitsForAnother;
        boolean moved;
        final Set<Integer> partial = new HashSet<>();

        void onto(ModelRecord record) {
            record.waits |= waits;
            record.waitsForAnother |= waitsForAnother;
            if (!waits) {
                record.partial.addAll(partial);
                record.moved |= moved;
            }
        }
    }

    private final ReferenceModel model;
    private final Map<Integer, Path> everyPath = new HashMap<>();
    private long redirectedMs = Long.MIN_VALUE / 2;

    ModelPassage(ReferenceModel model) {
        this.model = model;
    }

    void apply(World next) {
        next.paths().forEach(path -> everyPath.put(path.id(), path));
    }

    /** Whether a packet of the record may still be inside a node. */
    boolean isRecent(ModelRecord record) {
        return model.nowMs() - Math.max(record.seenMs[0], record.seenMs[1]) < 1000;
    }

    private static boolean hasSent(ModelRecord record) {
        return record.packets[0] + record.packets[1] > 0;
    }

    /** Whether a record waits and no packet was counted in it. */
    static boolean hasSentNone(ModelRecord record) {
        return record.waits && !hasSent(record);
    }

    /** Whether the packets of a record have to wait; when they no longer have to, that is noted. */
    boolean waits(ModelRecord record) {
        if (!isRecent(record)) {
            record.waits = false;
            record.waitsForAnother = false;
        }
        return record.waits;
    }

    /** Whether a packet from a node may have been sent by a record whose path is gone. */
    boolean mayHaveSent(ModelRecord record, Attachment node) {
        if (record.pathId == 0 || model.world.path(record.pathId) != null || !isRecent(record)) {
            return false;
        }
        return Objects.requireNonNull(everyPath.get(record.pathId)).hops().stream()
                .anyMatch(hop -> !hop.copy() && hop.attachment().id() == node.id());
    }

    /** Whether a packet that a record sent to a node gets all the rest of its path if it goes on as another record says. */
    boolean getsAll(ModelRecord sentBy, ModelRecord next, ModelRecord.Key packet, Attachment node) {
        List<Integer> was = nodes(sentBy, sentBy.directionOf(packet));
        List<Integer> becomes = nodes(next, next.directionOf(packet));
        List<Integer> rest = becomes.subList(becomes.indexOf(node.id()) + 1, becomes.size());
        return rest.containsAll(was.subList(was.indexOf(node.id()) + 1, was.size()));
    }

    /** The nodes of a record's path that packets of a direction come to. */
    private List<Integer> nodes(ModelRecord record, int direction) {
        return inOrder(Objects.requireNonNull(everyPath.get(record.pathId)), direction).stream()
                .map(hop -> hop.attachment().id())
                .toList();
    }

    /** A record gets another path of its target. */
    void redirect(ModelRecord record, Path next) {
        Verdict verdict = verdict(record, record.key, record.targetId, next);
        record.partial.clear();
        verdict.onto(record);
        record.moved = true;
        if (record.pathId != next.id()) {
            record.skipped.replaceAll(_ -> Set.of());
        }
        record.pathId = next.id();
        redirectedMs = model.nowMs();
    }

    /**
     * What a record has to do that gets a path.
     *
     * @param own the record itself if it had another path before, or the one that it takes the place of
     * @param forward key of the record's forward direction
     */
    Verdict verdict(@Nullable ModelRecord own, ModelRecord.Key forward, int target, Path next) {
        Verdict verdict = new Verdict();
        for (ModelRecord record : model.connections.find(forward, model.nowMs())) {
            if (isRecent(record) && (record.superseded || record.equals(own))) {
                judge(record, forward, target, next, verdict);
            }
        }
        return verdict;
    }

    private void judge(ModelRecord record, ModelRecord.Key forward, int target, Path next, Verdict verdict) {
        if (record.waits) {
            verdict.waits |= hasSent(record) || record.waitsForAnother;
            verdict.waitsForAnother |= !hasSent(record) && record.waitsForAnother;
            return;
        }
        if (record.pathId == 0) {
            return;
        }
        Path path = Objects.requireNonNull(everyPath.get(record.pathId));
        boolean turned = !record.key.equals(forward);
        boolean alike = path.services() > 0 && path.services() == next.services();
        boolean keeps =
                !turned && (path.id() == next.id() || ((alike || isOffered(target, path)) && samePlaces(path, next)));
        Set<Integer> partial = new HashSet<>();
        boolean fine = !(record.moved && model.nowMs() - redirectedMs < 1000) || (path.id() == next.id() && !turned);
        for (int direction = 0; direction < 2; direction++) {
            int after = turned ? 1 - direction : direction;
            List<Path.Hop> was = inOrder(path, direction);
            List<Path.Hop> becomes = inOrder(next, after);
            boolean some = record.partial.contains(direction);
            for (Path.Hop hop : common(was, becomes)) {
                if (turned && !hop.attachment().oneArmed()) {
                    continue;
                }
                int i = place(was, hop);
                int j = place(becomes, hop);
                boolean hadAll = ids(was.subList(0, i)).containsAll(ids(becomes.subList(0, j)));
                boolean getsAll =
                        ids(becomes.subList(j + 1, becomes.size())).containsAll(ids(was.subList(i + 1, was.size())));
                fine &= some ? getsAll : hadAll || getsAll;
                if (some || !hadAll) {
                    partial.add(after);
                }
            }
        }
        if (fine) {
            verdict.partial.addAll(partial);
            verdict.moved |= record.moved;
        } else if (keeps) {
            verdict.partial.addAll(record.partial);
            verdict.moved |= record.moved;
        } else {
            verdict.waits = true;
        }
    }

    private boolean isOffered(int target, Path path) {
        return model.world.targets().get(target).paths().stream().anyMatch(one -> one.id() == path.id());
    }

    private static List<Path.Hop> inOrder(Path path, int direction) {
        List<Path.Hop> all = direction == 0 ? path.hops() : path.hops().reversed();
        return all.stream().filter(hop -> ModelSteer.isVisited(hop, direction)).toList();
    }

    private static boolean samePlaces(Path one, Path other) {
        return Stream.of(0, 1)
                .allMatch(direction -> common(inOrder(one, direction), inOrder(other, direction)).stream()
                        .allMatch(hop -> index(one, hop, direction) == index(other, hop, direction)));
    }

    /** At which hop of a path packets of a direction come to the node of a hop of another. */
    private static int index(Path path, Path.Hop wanted, int direction) {
        for (int i = 0; i < path.hops().size(); i++) {
            Path.Hop hop = path.hops().get(i);
            if (hop.attachment().id() == wanted.attachment().id() && ModelSteer.isVisited(hop, direction)) {
                return i;
            }
        }
        return -1;
    }

    private static List<Path.Hop> common(List<Path.Hop> some, List<Path.Hop> others) {
        return some.stream()
                .filter(hop -> !hop.copy() && place(others, hop) >= 0)
                .toList();
    }

    private static int place(List<Path.Hop> hops, Path.Hop wanted) {
        List<Integer> nodes = new ArrayList<>();
        hops.forEach(hop -> nodes.add(hop.attachment().id()));
        return nodes.indexOf(wanted.attachment().id());
    }

    private static Set<Integer> ids(List<Path.Hop> hops) {
        return hops.stream().map(hop -> hop.attachment().id()).collect(Collectors.toSet());
    }
}
