package dev.sluice.testkit.reference;

import dev.sluice.datapath.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The section "Changing paths": which path may follow which, and which records wait. */
final class ModelPassage {
    private final ReferenceModel model;
    private final Map<Integer, Path> everyPath = new HashMap<>();

    ModelPassage(ReferenceModel model) {
        this.model = model;
    }

    void apply(World next) {
        next.paths().forEach(path -> everyPath.put(path.id(), path));
    }

    /** Whether a packet of the record may still be inside a node. */
    private boolean isRecent(ModelRecord record) {
        return model.nowMs() - Math.max(record.seenMs[0], record.seenMs[1]) < 1000;
    }

    /** Whether the packets of a record have to wait; when they no longer have to, that is noted. */
    boolean waits(ModelRecord record) {
        record.waits &= isRecent(record);
        return record.waits;
    }

    /**
     * Whether a record has to wait that gets a path.
     *
     * @param own the record itself if it had another path before, or the one it takes the place of, there or not
     * @param forward key of the record's forward direction
     */
    boolean mustWait(@Nullable ModelRecord own, ModelRecord.Key forward, int target, Path next) {
        Set<ModelRecord> before = new HashSet<>();
        model.connections.find(forward, model.nowMs()).forEach(record -> {
            if (record.superseded) {
                before.add(record);
            }
        });
        if (own != null) {
            before.add(own);
        }
        return before.stream().filter(this::isRecent).anyMatch(record -> isInTheWay(record, forward, target, next));
    }

    private boolean isInTheWay(ModelRecord record, ModelRecord.Key forward, int target, Path next) {
        if (record.waits) {
            return record.packets[0] + record.packets[1] > 0;
        }
        if (record.pathId == 0) {
            return false;
        }
        Path path = Objects.requireNonNull(everyPath.get(record.pathId));
        boolean turned = !record.key.equals(forward);
        if (!turned && path.id() == next.id()) {
            return false;
        }
        boolean sameChain = !turned
                && model.world.targets().get(target).paths().stream().anyMatch(one -> one.id() == path.id());
        for (int direction = 0; direction < 2; direction++) {
            List<Path.Hop> was = inOrder(path, direction);
            List<Path.Hop> becomes = inOrder(next, turned ? 1 - direction : direction);
            if (!mayFollow(was, becomes, turned) && !(sameChain && samePlaces(path, next))) {
                return true;
            }
        }
        return false;
    }

    private static List<Path.Hop> inOrder(Path path, int direction) {
        return direction == 0 ? path.hops() : path.hops().reversed();
    }

    private static boolean mayFollow(List<Path.Hop> was, List<Path.Hop> becomes, boolean turned) {
        for (Path.Hop hop : common(was, becomes)) {
            if (turned && !hop.attachment().oneArmed()) {
                continue;
            }
            int i = place(was, hop);
            int j = place(becomes, hop);
            boolean hadAll = ids(was.subList(0, i)).containsAll(ids(becomes.subList(0, j)));
            boolean getsAll = ids(becomes.subList(j + 1, becomes.size())).containsAll(ids(was.subList(i + 1, was.size())));
            if (!hadAll && !getsAll) {
                return false;
            }
        }
        return true;
    }

    private static boolean samePlaces(Path one, Path other) {
        return common(one.hops(), other.hops()).stream()
                .allMatch(hop -> place(one.hops(), hop) == place(other.hops(), hop));
    }

    private static List<Path.Hop> common(List<Path.Hop> some, List<Path.Hop> others) {
        return some.stream()
                .filter(hop -> !hop.copy() && place(others, hop) >= 0)
                .toList();
    }

    private static int place(List<Path.Hop> hops, Path.Hop wanted) {
        return new ArrayList<>(ordered(hops)).indexOf(wanted.attachment().id());
    }

    private static List<Integer> ordered(List<Path.Hop> hops) {
        return hops.stream().map(hop -> hop.attachment().id()).toList();
    }

    private static Set<Integer> ids(List<Path.Hop> hops) {
        return hops.stream().map(hop -> hop.attachment().id()).collect(Collectors.toSet());
    }
}
