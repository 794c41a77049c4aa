package dev.sluice.testkit.reference;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.track.FlowPrograms.Action;
import dev.sluice.testkit.reference.ModelAttributes.Values;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The chapter "Classify". */
final class ModelClassify {
    /** Rule id of flows behind a node that translates and that no rule made. */
    static final int TRANSLATED = Integer.MIN_VALUE;

    private final ReferenceModel model;

    ModelClassify(ReferenceModel model) {
        this.model = model;
    }

    void at(Trip trip, int portIndex, boolean toPort) {
        PortEntry port = model.world.port(portIndex);
        int side = toPort ? PortSides.TO_PORT : PortSides.FROM_PORT;
        int group = toPort ? port.toGroup() : port.fromGroup();
        boolean classified = toPort ? port.classifyToPort() : port.classifyFromPort();
        if (!classified || trip.mark == trip.router) {
            pass(trip, toPort);
            return;
        }
        if (group == 0 && !keepsSomething(2 * portIndex + side)) {
            passUnlessTold(trip, toPort);
            return;
        }
        if (follows(trip, portIndex, side, group)) {
            act(trip, port, toPort);
            return;
        }
        ModelRecord vanished = null;
        ModelRecord found = null;
        boolean missed = false;
        for (ModelRecord record : model.connections.find(trip.key(), model.nowMs())) {
            if (record.superseded) {
                continue;
            }
            if (isVanished(record)) {
                vanished = vanished == null ? record : vanished;
            } else if (counts(record, trip.key(), portIndex, side, group)) {
                found = record;
                break;
            }
        }
        if (found != null && found.isClosing() && opens(trip) && staysReset(trip, group, found)) {
            model.coverage.event("reopened after a reset");
        } else if (found != null && found.isClosing() && opens(trip)) {
            missed = end(found);
            model.coverage.event("reopened");
            found = null;
            vanished = null;
        }
        boolean unsure =
                found != null && (found.pathId == 0 || (found.tcp.startsWith("PICKED_UP") && !found.translated));
        if (found != null && unsure && opens(trip) && found.directionOf(trip.key()) == 1) {
            missed = end(found);
            model.coverage.event("opened the other way");
            found = null;
            vanished = null;
        }
        if (found != null && isDecidedAnew(found)) {
            model.coverage.event("config generation mismatch");
            vanished = found;
            found = null;
        }
        boolean moved =
                found != null && !found.translated && asksForAttributes(group) && hasOtherAttributes(found, trip);
        if (moved) {
            model.coverage.event("attributes moved");
            vanished = found;
            found = null;
        }
        ModelRecord before = found == null ? vanished : found;
        if (before != null
                && opens(trip)
                && !List.of("NONE", "SYN_SENT", "SYN_RECEIVED").contains(before.tcp)) {
            model.programs.anotherConnection(trip);
        }
        if (found != null && group != 0 && model.programs.moves(trip, found)) {
            // This is the flow's next packet in its direction, though another record takes it.
            found.skipped.set(found.directionOf(trip.key()), Set.of());
            vanished = found;
            found = null;
        }
        if (found == null && group == 0) {
            passUnlessTold(trip, toPort);
            return;
        }
        if (found == null && model.programs.says(trip, Action.DROP)) {
            dropAsTold(trip);
            return;
        }
        if (found != null) {
            model.outcome.count("recordHits");
            model.coverage.hit();
            noteKept(found, group);
            revalidate(found);
            trip.record = found;
            trip.direction = found.directionOf(trip.key());
            count(trip, group, false);
        } else if (!decide(trip, group, vanished, missed, moved, toPort)) {
            return;
        } else {
            count(trip, group, true);
        }
        act(trip, port, toPort);
    }

    /** Whether the packet is an error about a flow whose record counts here. */
    private boolean follows(Trip trip, int port, int side, int group) {
        trip.follows = false;
        ModelQuoted quoted = ModelQuoted.of(trip.frame);
        if (quoted == null) {
            return false;
        }
        ModelRecord.Key about = quoted.flow(trip.router);
        for (ModelRecord record : model.connections.find(about, model.nowMs())) {
            boolean other = record.superseded || isVanished(record) || !counts(record, about, port, side, group);
            if (!other) {
                trip.follows = record.pathId != 0 && !isDecidedAnew(record);
                trip.record = trip.follows ? record : trip.record;
                break;
            }
        }
        if (trip.follows) {
            model.outcome.count("errorsOfFlows");
            model.coverage.event("error follows");
            trip.direction = trip.decided().directionOf(about);
            revalidate(trip.decided());
        }
        return trip.follows;
    }

    private boolean asksForAttributes(int group) {
        return model.world.groups().getOrDefault(group, List.of()).stream().anyMatch(ModelRules::asks);
    }

    private boolean hasOtherAttributes(ModelRecord record, Trip trip) {
        if (!model.attributes.used) {
            return false;
        }
        if (record.forwardPort < 0 && record.directionOf(trip.key()) == 0) {
            record.forwardPort = trip.port;
        }
        return !record.attributes.equals(model.attributes.of(trip.frame, record.forwardPort));
    }

    private void count(Trip trip, int group, boolean first) {
        ModelRecord record = trip.decided();
        if (record.ruleId == TRANSLATED) {
            return;
        }
        Rule rule = record.ruleId > 0 ? model.world.ruleOfRecord(record.ruleId) : null;
        model.hits.packet(trip, group, rule, trip.direction == 1, first, record.attributes);
    }

    private void noteKept(ModelRecord record, int group) {
        if (record.ruleId > 0 && model.world.rule(record.ruleId) == null) {
            model.coverage.event("kept, its rule is gone");
        } else if (record.ruleId < 0 && record.ruleId != TRANSLATED && record.ruleId != -group) {
            model.coverage.event("kept, its group is gone");
        }
    }

    /** Whether a packet that opens a connection behind an RST would be decided as the one before was. */
    private boolean staysReset(Trip trip, int group, ModelRecord before) {
        if (!before.tcp.startsWith("RESET") || group == 0 || before.translated || before.directionOf(trip.key()) == 1) {
            return false;
        }
        List<Rule> rules = model.world.groups().getOrDefault(group, List.of());
        Rule rule = ModelRules.search(rules, trip.frame, false, model.attributes.of(trip.frame, trip.port));
        Rule turned = ModelRules.search(rules, trip.frame, true, model.attributes.of(trip.frame, -1));
        boolean beside = turned != null && !turned.bothDirections() && above(turned, rule);
        boolean oneDirection = beside || (rule != null && !rule.bothDirections());
        return before.ruleId == (rule == null ? -group : rule.id()) && before.oneDirection == oneDirection;
    }

    private static boolean opens(Trip trip) {
        return trip.frame.protocol == 6 && (trip.frame.tcpFlags & 0x16) == 2;
    }

    private void pass(Trip trip, boolean toPort) {
        if (toPort) {
            model.forward.leave(trip);
        } else {
            model.forward.forward(trip);
        }
    }

    private boolean keepsSomething(int portSide) {
        Earlier earlier = model.world.earlier();
        return earlier.rules().stream()
                        .anyMatch(rule -> rule.appliedTo().toBitSet().get(portSide))
                || earlier.defaults().stream().anyMatch(kept -> kept.portSide() == portSide);
    }

    /** What happened to a record since it was looked at last: the most violent change counts. */
    private Earlier.@Nullable Change changed(ModelRecord record) {
        if (record.configGeneration == model.world.generation()) {
            return null;
        }
        if (record.configGeneration < model.world.earlier().lastMigrate()) {
            return Earlier.Change.MIGRATE;
        }
        return record.configGeneration < model.world.earlier().lastAuto() ? Earlier.Change.AUTO : Earlier.Change.KEEP;
    }

    private boolean isKept(ModelRecord record) {
        Earlier.Change change = changed(record);
        return change == null || change == Earlier.Change.KEEP;
    }

    private boolean isDecidedAnew(ModelRecord record) {
        Earlier.Change change = changed(record);
        if (change == null) {
            return false;
        }
        return switch (change) {
            case MIGRATE -> !record.translated;
            case AUTO -> record.pathId == 0;
            case KEEP -> {
                Rule rule = record.ruleId > 0 ? model.world.rule(record.ruleId) : null;
                yield rule != null && rule.action() == Rule.Action.DROP;
            }
        };
    }

    private void passUnlessTold(Trip trip, boolean toPort) {
        if (model.programs.says(trip, Action.DROP)) {
            dropAsTold(trip);
        } else {
            pass(trip, toPort);
        }
    }

    private void dropAsTold(Trip trip) {
        model.programs.done(trip, Action.DROP);
        model.drop(trip, DropReason.FLOW_PROGRAMMED);
    }

    private boolean isVanished(ModelRecord record) {
        boolean pathGone = record.pathId != 0 && model.world.path(record.pathId) == null;
        if (record.translated && pathGone) {
            return true;
        }
        if (record.ruleId > 0) {
            boolean kept = isKept(record) && !pathGone && model.world.goneRule(record.ruleId) != null;
            return model.world.rule(record.ruleId) == null && !kept;
        }
        boolean kept = isKept(record)
                && model.world.earlier().defaults().stream().anyMatch(one -> one.group() == -record.ruleId);
        return record.ruleId != TRANSLATED && !model.world.groups().containsKey(-record.ruleId) && !kept;
    }

    private boolean counts(ModelRecord record, ModelRecord.Key packet, int port, int side, int group) {
        if (record.oneDirection && record.directionOf(packet) == 1) {
            return false;
        }
        Rule rule = record.ruleId > 0 ? model.world.ruleOfRecord(record.ruleId) : null;
        if (rule != null) {
            return rule.appliedTo().toBitSet().get(2 * port + side);
        }
        return record.ruleId == TRANSLATED
                || record.ruleId == -group
                || (isKept(record)
                        && model.world
                                .earlier()
                                .defaults()
                                .contains(new Earlier.Default(-record.ruleId, 2 * port + side)));
    }

    private void revalidate(ModelRecord record) {
        boolean service = record.pathId != 0;
        boolean keepsPath = record.translated;
        boolean moved = false;
        if (record.configGeneration != model.world.generation()) {
            moved = true;
            record.configGeneration = model.world.generation();
            model.outcome.count("configRevalidations");
            model.coverage.event("config generation mismatch");
            if (service && model.world.path(record.pathId) == null && !keepsPath) {
                reselect(record);
            }
        }
        if (record.livenessGeneration != model.livenessGeneration) {
            moved = true;
            record.livenessGeneration = model.livenessGeneration;
            model.outcome.count("livenessRevalidations");
            model.coverage.event("liveness generation mismatch");
        }
        Path path = moved && service ? model.world.path(record.pathId) : null;
        if (path != null && !keepsPath && !model.selector.holds(path) && model.selector.hasHolding(record.targetId)) {
            boolean maintenance = path.hops().stream()
                    .allMatch(hop -> model.isAlive(hop.attachment().instance()));
            model.coverage.event(maintenance ? "left a node in maintenance" : "left a dead node");
            reselect(record);
        }
    }

    private void reselect(ModelRecord record) {
        Path path = model.selector.select(record.targetId);
        if (path != null) {
            model.passage.redirect(record, path);
            model.outcome.count("reselected");
            model.coverage.event("reselected");
        }
    }

    /** Makes a record from the rules; false if the packet's way was decided without one. */
    private boolean decide(
            Trip trip, int group, @Nullable ModelRecord vanished, boolean missed, boolean moved, boolean toPort) {
        boolean reverse = false;
        int otherPort = -1;
        if (vanished != null) {
            reverse = vanished.directionOf(trip.key()) == 1;
            otherPort = reverse && !vanished.translated ? vanished.forwardPort : -1;
        }
        List<Rule> rules = model.world.groups().getOrDefault(group, List.of());
        Values asItCame = model.attributes.of(trip.frame, trip.port);
        Values turnedRound = model.attributes.of(trip.frame, otherPort);
        Rule rule = ModelRules.search(rules, trip.frame, reverse, reverse ? turnedRound : asItCame);
        if (reverse && rule != null && !rule.bothDirections()) {
            reverse = false;
            rule = ModelRules.search(rules, trip.frame, false, asItCame);
        }
        boolean middle = trip.frame.protocol == 6 && !opens(trip) && vanished == null;
        if (middle && (rule == null || rule.action() == Rule.Action.NONE)) {
            Rule turned = ModelRules.search(rules, trip.frame, true, turnedRound);
            if (turned != null
                    && turned.action() == Rule.Action.SERVICE
                    && turned.bothDirections()
                    && above(turned, rule)) {
                rule = turned;
                reverse = true;
            }
        }
        boolean answers = middle && (trip.frame.tcpFlags & 0x16) == 0x12;
        if (answers && !reverse && rule != null && rule.action() == Rule.Action.SERVICE && rule.bothDirections()) {
            Rule turned = ModelRules.search(rules, trip.frame, true, turnedRound);
            reverse = turned != null && turned.id() == rule.id();
            model.coverage.event(reverse ? "answer met first" : "answer of another rule");
        }
        boolean oneDirection = rule != null && !rule.bothDirections();
        Rule opposite = ModelRules.search(rules, trip.frame, !reverse, reverse ? asItCame : turnedRound);
        if (!oneDirection && opposite != null && !opposite.bothDirections() && above(opposite, rule)) {
            oneDirection = true;
            rule = reverse ? opposite : rule;
            reverse = false;
        }
        Values values = reverse ? turnedRound : asItCame;
        Path path = null;
        if (rule != null && rule.action() == Rule.Action.SERVICE) {
            path = pinned(trip, rule, vanished, moved);
            path = path != null ? path : selected(trip, rule.targetId());
        }
        if (path != null && path.id() == model.programs.path(trip)) {
            model.outcome.count("movedByInstruction");
        }
        ModelRecord.Key forward = reverse ? trip.key().turned() : trip.key();
        ModelPassage.Verdict verdict = rule == null || path == null
                ? new ModelPassage.Verdict()
                : model.passage.verdict(vanished, forward, rule.targetId(), path);
        boolean forgotten = vanished != null ? replace(vanished, forward, path) : missed;
        if (forgotten && path != null) {
            verdict.waits = true;
            verdict.waitsForAnother = true;
        }
        if (rule != null && rule.action() == Rule.Action.SERVICE && path == null) {
            model.hits.packet(trip, group, rule, reverse, true, values);
            unserved(trip, rule, DropReason.NO_PATH, toPort);
            return false;
        }
        ModelRecord record = model.connections.insert(forward, model.nowMs());
        if (record == null) {
            model.hits.packet(trip, group, rule, reverse, true, values);
            noRoom(trip, rule, toPort);
            return false;
        }
        record.ruleId = rule == null ? -group : rule.id();
        record.configGeneration = model.world.generation();
        record.livenessGeneration = model.livenessGeneration;
        if (rule != null && path != null) {
            record.targetId = rule.targetId();
            record.pathId = path.id();
            if (vanished != null) {
                for (int direction = 0; direction < 2; direction++) {
                    record.chosenPort[direction] = vanished.chosenPort[direction];
                    record.macs[direction] = vanished.macs[direction];
                }
            }
        }
        record.oneDirection = oneDirection;
        verdict.onto(record);
        if (vanished != null) {
            model.programs.follow(vanished, record);
        }
        if (model.attributes.used) {
            record.attributes = values;
            record.forwardPort = reverse ? otherPort : trip.port;
        }
        trip.record = record;
        trip.direction = reverse ? 1 : 0;
        return true;
    }

    /** A flow that is migrated or has other attributes stays on its path if the rule's target still gives it to flows and it is alive. */
    private @Nullable Path pinned(Trip trip, Rule rule, @Nullable ModelRecord vanished, boolean moved) {
        int wanted = model.programs.path(trip);
        if (wanted == 0 && vanished != null && (moved || changed(vanished) == Earlier.Change.MIGRATE)) {
            wanted = vanished.pathId;
        }
        for (Path path : model.world.targets().get(rule.targetId()).paths()) {
            if (path.id() == wanted && model.selector.isFit(path)) {
                if (vanished != null && vanished.pathId == wanted) {
                    model.coverage.event(moved ? "path kept" : "migrated, stays on its path");
                }
                return path;
            }
        }
        return null;
    }

    private @Nullable Path selected(Trip trip, int target) {
        return model.connections.isCrowded()
                ? model.selector.selectByHash(target, trip.frame.hash())
                : model.selector.select(target);
    }

    /** Whether a record of the flow is forgotten that tells of packets under way. */
    private boolean replace(ModelRecord old, ModelRecord.Key forward, @Nullable Path next) {
        model.outcome.count("recordsReplaced");
        model.coverage.event("record replaced");
        boolean samePath = next != null && next.id() == old.pathId && old.key.equals(forward);
        if (old.pathId == 0 || samePath || ModelPassage.hasSentNone(old)) {
            model.connections.remove(old);
            return false;
        }
        return retire(old);
    }

    /** A connection gives way to another one with its addresses; the answer as from replace. */
    private boolean end(ModelRecord old) {
        if (old.pathId == 0 || ModelPassage.hasSentNone(old) || !model.passage.isRecent(old)) {
            model.connections.remove(old);
            return false;
        }
        return retire(old);
    }

    private boolean retire(ModelRecord old) {
        ModelRecord gone = model.connections.supersede(old, model.nowMs());
        if (gone == null || !model.passage.isRecent(gone)) {
            return false;
        }
        for (ModelRecord other : model.connections.find(gone.key, model.nowMs())) {
            if (other.superseded && other.pathId == gone.pathId && other.key.equals(gone.key)) {
                return false;
            }
        }
        model.coverage.event("too many paths at a time");
        return true;
    }

    private static boolean above(Rule one, @Nullable Rule other) {
        return other == null || one.precedence() > other.precedence();
    }

    private void noRoom(Trip trip, @Nullable Rule rule, boolean toPort) {
        if (rule == null || rule.action() == Rule.Action.NONE) {
            model.outcome.count("untracked");
            model.coverage.event("untracked");
            pass(trip, toPort);
        } else if (rule.action() == Rule.Action.DROP) {
            model.drop(trip, DropReason.RULE_DROP);
        } else {
            unserved(trip, rule, DropReason.TABLE_FULL, toPort);
        }
    }

    private void unserved(Trip trip, Rule rule, DropReason reason, boolean toPort) {
        Rule.FailureAction action = rule.onFailure() == Rule.FailureAction.INHERIT
                ? model.world.targets().get(rule.targetId()).onFailure()
                : rule.onFailure();
        if (action == Rule.FailureAction.OPEN) {
            model.outcome.count("uninspected");
            model.coverage.event("open without service");
            pass(trip, toPort);
        } else {
            model.drop(trip, reason);
        }
    }

    private void act(Trip trip, PortEntry port, boolean toPort) {
        ModelRecord record = trip.decided();
        boolean waits = model.passage.waits(record);
        if (!trip.follows) {
            note(trip, record, waits);
        }
        if (!trip.follows && model.programs.says(trip, Action.DROP)) {
            dropAsTold(trip);
            return;
        }
        Rule rule = record.ruleId > 0 ? model.world.ruleOfRecord(record.ruleId) : null;
        boolean service = rule == null ? record.ruleId == TRANSLATED : rule.action() == Rule.Action.SERVICE;
        if (rule != null && rule.action() == Rule.Action.DROP) {
            model.coverage.event("action drop");
            model.drop(trip, DropReason.RULE_DROP);
            return;
        }
        if (waits) {
            model.drop(trip, DropReason.PATH_CHANGING);
            return;
        }
        if (!service) {
            model.coverage.event("action none");
            pass(trip, toPort);
            return;
        }
        model.coverage.event("action service");
        Path path = model.world.path(record.pathId);
        if (path == null) {
            if (rule == null) {
                model.drop(trip, DropReason.NO_PATH);
            } else {
                unserved(trip, rule, DropReason.NO_PATH, toPort);
            }
            return;
        }
        if (!trip.follows && model.programs.says(trip, Action.ACCEPT)) {
            model.programs.done(trip, Action.ACCEPT);
            model.outcome.count("acceptedByInstruction");
            trip.mark = trip.router;
            pass(trip, toPort);
            return;
        }
        if (!trip.follows && !model.programs.of(trip).isEmpty()) {
            Set<Integer> skipped = model.programs.heed(trip, path);
            record.skipped.set(trip.direction, skipped);
            if (!skipped.isEmpty()) {
                model.outcome.count("skippedByInstruction");
            }
        }
        boolean transparent = port.role() == PortEntry.Role.TRANSPARENT;
        if (!trip.follows || record.chosenPort[trip.direction] < 0) {
            remember(trip, record, path, toPort ? trip.egress : transparent ? port.peer() : -1, transparent);
        }
        model.steer.begin(trip, path, rule, transparent);
    }

    /** What a packet of a flow leaves in its record. */
    private void note(Trip trip, ModelRecord record, boolean waits) {
        if (!waits) {
            record.count(trip.direction, model.nowMs());
        }
        boolean dropped = model.programs.says(trip, Action.DROP);
        if (record.isTcp() && !trip.frame.laterFragment && !waits && !dropped) {
            boolean middleBefore = record.metInTheMiddle;
            record.onTcp(trip.direction, trip.frame.tcpFlags);
            if (record.metInTheMiddle && !middleBefore) {
                model.connections.isYoungest(record);
            }
        }
        record.skipped.set(trip.direction, Set.of());
        if (!model.programs.isTold(trip)) {
            record.skipped.set(1 - trip.direction, Set.of());
        }
    }

    private void remember(Trip trip, ModelRecord record, Path path, int chosenPort, boolean transparent) {
        record.chosenPort[trip.direction] = chosenPort;
        if (transparent) {
            boolean rewritten = path.hops().stream()
                    .anyMatch(hop -> hop.attachment().kind() != dev.sluice.datapath.snapshot.Attachment.Kind.BRIDGE);
            boolean knows = record.macs[trip.direction] != null;
            if (knows && !rewritten) {
                model.coverage.event("remembers addresses yet");
            }
            record.macs[trip.direction] =
                    rewritten || knows ? new ModelRecord.Macs(trip.frame.sourceMac, trip.frame.destinationMac) : null;
        }
    }
}
