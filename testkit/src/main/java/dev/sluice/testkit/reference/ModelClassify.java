package dev.sluice.testkit.reference;

import dev.sluice.datapath.DropReason;
import dev.sluice.datapath.Path;
import dev.sluice.datapath.PortEntry;
import dev.sluice.datapath.PortSides;
import dev.sluice.datapath.Rule;
import dev.sluice.testkit.reference.ModelAttributes.Values;
import java.util.List;
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
        if (!classified || group == 0 || trip.mark == trip.router) {
            pass(trip, toPort);
            return;
        }
        ModelRecord vanished = null;
        ModelRecord found = null;
        for (ModelRecord record : model.connections.find(trip.key(), model.nowMs())) {
            if (isVanished(record)) {
                vanished = vanished == null ? record : vanished;
            } else if (counts(record, trip, portIndex, side, group)) {
                found = record;
                break;
            }
        }
        if (found != null && found.isTcp() && found.isClosing() && (trip.frame.tcpFlags & 0x16) == 2) {
            model.connections.remove(found);
            model.coverage.event("reopened");
            found = null;
            vanished = null;
        }
        if (found != null && found.pathId == 0 && opens(trip) && found.directionOf(trip.key()) == 1) {
            model.connections.remove(found);
            model.coverage.event("opened the other way");
            found = null;
            vanished = null;
        }
        if (found != null && found.pathId == 0 && found.configGeneration != model.world.generation()) {
            model.coverage.event("config generation mismatch");
            vanished = found;
            found = null;
        }
        ModelRecord moved = null;
        if (found != null && !found.translated && asksForAttributes(group) && hasOtherAttributes(found, trip)) {
            model.coverage.event("attributes moved");
            moved = found;
            vanished = found;
            found = null;
        }
        if (found != null) {
            model.outcome.count("recordHits");
            model.coverage.hit();
            revalidate(found);
            trip.record = found;
            trip.direction = found.directionOf(trip.key());
            count(trip, group, false);
        } else if (!decide(trip, group, vanished, moved == null ? 0 : moved.pathId, toPort)) {
            return;
        } else {
            count(trip, group, true);
        }
        act(trip, port, toPort);
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
        Rule rule = record.ruleId > 0 ? model.world.rule(record.ruleId) : null;
        model.hits.packet(trip, group, rule, trip.direction == 1, first, record.attributes);
    }

    private static boolean opens(Trip trip) {
        return trip.frame.protocol == 6 && !trip.frame.fragment && (trip.frame.tcpFlags & 0x16) == 2;
    }

    private void pass(Trip trip, boolean toPort) {
        if (toPort) {
            model.forward.leave(trip);
        } else {
            model.forward.forward(trip);
        }
    }

    private boolean isVanished(ModelRecord record) {
        if (record.translated && model.world.path(record.pathId) == null) {
            return true;
        }
        if (record.ruleId > 0) {
            return model.world.rule(record.ruleId) == null;
        }
        return record.ruleId != TRANSLATED && !model.world.groups().containsKey(-record.ruleId);
    }

    private boolean counts(ModelRecord record, Trip trip, int port, int side, int group) {
        if (record.oneDirection && record.directionOf(trip.key()) == 1) {
            return false;
        }
        Rule rule = record.ruleId > 0 ? model.world.rule(record.ruleId) : null;
        if (rule != null) {
            return rule.appliedTo().toBitSet().get(2 * port + side);
        }
        return record.ruleId == TRANSLATED || record.ruleId == -group;
    }

    private void revalidate(ModelRecord record) {
        boolean service = record.pathId != 0;
        boolean keepsPath = record.translated;
        if (record.configGeneration != model.world.generation()) {
            record.configGeneration = model.world.generation();
            model.outcome.count("configRevalidations");
            model.coverage.event("config generation mismatch");
            if (service && model.world.path(record.pathId) == null && !keepsPath) {
                reselect(record);
            }
        }
        if (record.livenessGeneration != model.livenessGeneration) {
            record.livenessGeneration = model.livenessGeneration;
            model.outcome.count("livenessRevalidations");
            model.coverage.event("liveness generation mismatch");
            Path path = service ? model.world.path(record.pathId) : null;
            if (path != null
                    && !keepsPath
                    && !model.selector.isAlive(path)
                    && model.selector.hasAlive(record.targetId)) {
                reselect(record);
            }
        }
    }

    private void reselect(ModelRecord record) {
        Path path = model.selector.select(record.targetId);
        if (path != null) {
            record.pathId = path.id();
            model.outcome.count("reselected");
            model.coverage.event("reselected");
        }
    }

    /** Makes a record from the rules; false if the packet's way was decided without one. */
    private boolean decide(Trip trip, int group, @Nullable ModelRecord vanished, int pathToKeep, boolean toPort) {
        boolean reverse = false;
        int otherPort = -1;
        if (vanished != null) {
            reverse = vanished.directionOf(trip.key()) == 1;
            otherPort = reverse && !vanished.translated ? vanished.forwardPort : -1;
            model.connections.remove(vanished);
            model.outcome.count("recordsReplaced");
            model.coverage.event("record replaced");
        }
        List<Rule> rules = model.world.groups().getOrDefault(group, List.of());
        Values asItCame = model.attributes.of(trip.frame, trip.port);
        Values turnedRound = model.attributes.of(trip.frame, otherPort);
        Rule rule = ModelRules.search(rules, trip.frame, reverse, reverse ? turnedRound : asItCame);
        if (reverse && rule != null && !rule.bothDirections()) {
            reverse = false;
            rule = ModelRules.search(rules, trip.frame, false, asItCame);
        }
        boolean middle = trip.frame.protocol == 6 && !trip.frame.fragment && !opens(trip) && vanished == null;
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
            path = keepOrSelect(rule.targetId(), pathToKeep);
            if (path == null) {
                model.hits.packet(trip, group, rule, reverse, true, values);
                unserved(trip, rule, DropReason.NO_PATH, toPort);
                return false;
            }
        }
        ModelRecord record = model.connections.insert(reverse ? trip.key().turned() : trip.key(), model.nowMs());
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
        }
        record.oneDirection = oneDirection;
        if (model.attributes.used) {
            record.attributes = values;
            record.forwardPort = reverse ? otherPort : trip.port;
        }
        trip.record = record;
        trip.direction = reverse ? 1 : 0;
        return true;
    }

    private @Nullable Path keepOrSelect(int target, int pathToKeep) {
        for (Path path : model.world.targets().get(target).paths()) {
            if (path.id() == pathToKeep && model.selector.isAlive(path)) {
                model.coverage.event("path kept");
                return path;
            }
        }
        return model.selector.select(target);
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
        record.count(trip.direction, model.nowMs());
        if (record.isTcp() && !trip.frame.fragment) {
            record.onTcp(trip.direction, trip.frame.tcpFlags);
        }
        Rule rule = record.ruleId > 0 ? model.world.rule(record.ruleId) : null;
        boolean service = rule == null ? record.ruleId == TRANSLATED : rule.action() == Rule.Action.SERVICE;
        if (rule != null && rule.action() == Rule.Action.DROP) {
            model.coverage.event("action drop");
            model.drop(trip, DropReason.RULE_DROP);
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
        boolean transparent = port.role() == PortEntry.Role.TRANSPARENT;
        record.chosenPort[trip.direction] = toPort ? trip.egress : transparent ? port.peer() : -1;
        if (transparent) {
            boolean rewritten = path.hops().stream()
                    .anyMatch(hop -> hop.attachment().kind() != dev.sluice.datapath.Attachment.Kind.BRIDGE);
            record.macs[trip.direction] =
                    rewritten ? new ModelRecord.Macs(trip.frame.sourceMac, trip.frame.destinationMac) : null;
        }
        int first = trip.direction == 0 ? 0 : path.hops().size() - 1;
        model.steer.from(trip, path, rule, first, transparent);
    }
}
