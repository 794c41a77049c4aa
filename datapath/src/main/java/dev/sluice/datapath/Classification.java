package dev.sluice.datapath;

import dev.sluice.datapath.liveness.LivenessView;
import dev.sluice.datapath.offload.OffloadRefusal;
import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.paths.PathChanges;
import dev.sluice.datapath.paths.Selector;
import dev.sluice.datapath.paths.Succession;
import dev.sluice.datapath.rules.AttributeIds;
import dev.sluice.datapath.rules.Group;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.segment.ForeignServices;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.datapath.stage.Journey;
import dev.sluice.datapath.stage.PacketTracer;
import dev.sluice.datapath.stage.Step;
import dev.sluice.datapath.track.AttributeTable;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.FlowContext;
import dev.sluice.datapath.track.FlowPrograms;
import dev.sluice.datapath.track.TcpState;
import dev.sluice.wire.IpProtocols;
import org.jspecify.annotations.Nullable;

/**
 * Decides once per flow: finds the record that counts at a port side, re-validates it, or makes one from the rules (document 002: SI pre-processor,
 * processes 100, 200 and 1300; packet-life.md, classify). One user: the worker.
 *
 * <p>Hot path: no allocation. A hit costs one look-up in the connection table and one in the table of rules.
 */
final class Classification {
    private static final int NONE = -1;

    private final ConnectionTable table;
    private final Selector selector;
    private final LivenessView liveness;
    private final Steering steering;
    private final Frames frames;
    private final Instructions instructions;
    private final Succession succession;
    private final PathChanges changes;
    private final DatapathCounters counters;
    private final FlowContext context;
    private final RuleHits hits;
    private Snapshot snapshot = Snapshot.empty();

    /** The record that a new one takes the place of: the newest of the key whose rule is gone, found by {@link #find}, or one that is to be decided anew. */
    private int vanished;

    /** What {@link #choose} found of the packet whose rule it looked up. */
    private boolean reverse;

    private boolean oneWay;

    /** The group of the port side in hand if its rules ask for attributes or some only observe, else null. */
    private @Nullable Group watchful;

    /** Port at which the forward side came in if the packet in hand is a reverse one. */
    private int forwardPort;

    /** Whether {@link #vanished} was made with other attributes than its flow has now. */
    private boolean hasMoved;

    /** Whether {@link #find} met records of the key that do not count. */
    private boolean hasOthers;

    /** Whether a record had to go that packets under way may still need. */
    private boolean hasMissing;

    Classification(
            ConnectionTable table,
            Selector selector,
            LivenessView liveness,
            Steering steering,
            Frames frames,
            Instructions instructions,
            Succession succession,
            PathChanges changes,
            DatapathCounters counters,
            FlowContext context,
            RuleHits hits) {
        this.table = table;
        this.selector = selector;
        this.liveness = liveness;
        this.steering = steering;
        this.frames = frames;
        this.instructions = instructions;
        this.succession = succession;
        this.changes = changes;
        this.counters = counters;
        this.context = context;
        this.hits = hits;
    }

    void lookInto(Classification other) {
        changes.lookInto(other.changes);
    }

    void apply(Snapshot next) {
        snapshot = next;
        hits.apply(next);
        succession.apply(next);
        changes.apply(next);
    }

    /**
     * Classifies the packet at one side of a port.
     *
     * @param next where the packet goes if no service takes it
     * @return {@code next}, or where the services left it
     */
    int classify(Cursor c, PortEntry port, int side, int next) {
        int group = port.group(side);
        if (!port.classifies(side) || c.mark == c.router) {
            return next;
        }
        if (group == 0 && !succession.concerns(port.index(), side)) {
            return unruled(c, next);
        }
        watchful = snapshot.isWatchful() ? snapshot.group(group) : null;
        instructions.forget();
        if (c.quotes && follow(c, port.index(), side, group)) {
            return act(c, port, side, next, true);
        }
        int record = find(c, port.index(), side, group);
        if (record != NONE && (reopens(c, record, group) || succession.isOpenedOppositeWay(c, record))) {
            hasMissing = succession.end(c, record);
            record = NONE;
            vanished = NONE;
            hasOthers = true;
        } else if (record != NONE && succession.isDecidedAnew(record, c.nowNs)) {
            vanished = record;
            record = NONE;
        } else if (record != NONE && hasOtherContext(c, record)) {
            vanished = record;
            hasMoved = true;
            record = NONE;
        }
        instructions.opens(c, record != NONE ? record : vanished);
        if (record != NONE) {
            instructions.validate(c, record);
            if (group != 0 && instructions.isMoved(record)) {
                vanished = record;
                record = NONE;
            }
        }
        if (record == NONE && group == 0) {
            return unruled(c, next);
        }
        boolean hit = record != NONE;
        if (hit) {
            counters.recordHits++;
            revalidate(c, record);
            c.record = record;
            c.direction = table.isReverse(record, c.fields) ? 1 : 0;
        } else {
            int decided = decide(c, group);
            if (decided != DECIDED) {
                return decided == PASS ? next : Step.DONE;
            }
        }
        return act(c, port, side, next, hit);
    }

    /**
     * Whether an error takes the record of the packet it quotes. One that would be decided anew waits for a packet of its own; one that no service sees has nothing to
     * show the error, which a rule for errors may want. Where another switch has a flow serviced, it does so with the errors.
     */
    private boolean follow(Cursor c, int port, int side, int group) {
        c.lookAtQuoted();
        int record = find(c, port, side, group);
        boolean found = record != NONE && succession.takesErrors(record, c.nowNs);
        if (found) {
            counters.errorsOfFlows++;
            revalidate(c, record);
            c.record = record;
            c.direction = table.isReverse(record, c.fields) ? 1 : 0;
        }
        c.lookAtOwn();
        c.follows = found;
        return found;
    }

    // The record that counts here (process 200).

    private int find(Cursor c, int port, int side, int group) {
        vanished = NONE;
        hasMoved = false;
        hasOthers = false;
        hasMissing = false;
        int slot = table.find(c.place(), c.keyHash, c.fields, c.zone, c.feature(), c.nowNs);
        while (slot != NONE) {
            if (counts(c, slot, port, side, group)) {
                return slot;
            }
            hasOthers = true;
            slot = table.next(slot, c.nowNs);
        }
        return NONE;
    }

    private boolean counts(Cursor c, int slot, int port, int side, int group) {
        if (table.isSuperseded(slot)) {
            return false;
        }
        int ruleId = table.ruleId(slot);
        if ((isTranslated(slot) && snapshot.path(table.pathId(slot)) == null)
                || ForeignServices.isSilent(table, slot, c, side)) {
            noteVanished(slot);
            return false;
        }
        if (ruleId > 0) {
            Rule rule = snapshot.rule(ruleId);
            if (rule == null) {
                rule = succession.retainedRule(slot, ruleId);
            }
            if (rule == null) {
                noteVanished(slot);
                return false;
            }
            if (!rule.appliedTo().contains(port, side)) {
                return false;
            }
        } else if (ruleId != PathChanges.TRANSLATED_RULE
                && ruleId != -group
                && !succession.keepsDefault(slot, -ruleId, port, side)) {
            if (succession.isGroupGone(slot, -ruleId)) {
                noteVanished(slot);
            }
            return false;
        }
        return (table.flags(slot) & ConnectionTable.ONE_DIRECTION) == 0 || !table.isReverse(slot, c.fields);
    }

    private void noteVanished(int slot) {
        if (vanished == NONE) {
            vanished = slot;
        }
    }

    /** A flow whose attributes are others than those it was decided with is decided anew, if a rule here asks for attributes. */
    private boolean hasOtherContext(Cursor c, int slot) {
        Group group = watchful;
        return group != null
                && group.hasContext()
                && !isTranslated(slot)
                && context.hasMoved(c.fields, c.port, slot, table.isReverse(slot, c.fields));
    }

    /** Whether the packet opens another connection that is decided anew. After an RST, which may be forged as the SYN may be, one that would be decided alike keeps record and path. */
    private boolean reopens(Cursor c, int slot, int group) {
        int state = table.tcpState(slot);
        return c.isOpening()
                && TcpState.isClosing(state)
                && !(TcpState.isReset(state) && isDecidedAlike(c, slot, group));
    }

    private boolean isDecidedAlike(Cursor c, int slot, int group) {
        if (group == 0 || isTranslated(slot) || table.isReverse(slot, c.fields)) {
            return false;
        }
        vanished = NONE;
        Rule rule = choose(c, group);
        boolean recordIsOneWay = (table.flags(slot) & ConnectionTable.ONE_DIRECTION) != 0;
        return (rule == null ? -group : rule.id()) == table.ruleId(slot) && oneWay == recordIsOneWay;
    }

    // Process 1300: is what the record says still so?

    private void revalidate(Cursor c, int slot) {
        boolean moved = false;
        if (succession.isOfEarlier(slot, c.nowNs)) {
            moved = true;
            table.setConfigGeneration(slot, snapshot.generation());
            counters.configRevalidations++;
            if (table.pathId(slot) != 0 && snapshot.path(table.pathId(slot)) == null) {
                reselect(c, slot);
            }
        }
        if (table.failureGeneration(slot) != liveness.generation()) {
            // Nodes that are reached in another way than those of the target do not matter.
            int reached = selector.reached(table.targetId(slot), snapshot.path(table.pathId(slot)));
            boolean concerned = liveness.hasMoved(table.failureGeneration(slot), reached);
            moved |= concerned;
            table.setFailureGeneration(slot, liveness.generation());
            counters.livenessRevalidations += concerned ? 1 : 0;
        }
        // A new configuration may have brought the twin that a flow of a dead node, or of one in maintenance, waits
        // for.
        if (moved) {
            Path path = snapshot.path(table.pathId(slot));
            if (path != null && !selector.holds(path) && selector.hasHolding(table.targetId(slot))) {
                reselect(c, slot);
            }
        }
    }

    /** Records of translated flows keep their path: another node would not know their addresses. */
    private boolean isTranslated(int slot) {
        return (table.flags(slot) & ConnectionTable.TRANSLATED) != 0;
    }

    private void reselect(Cursor c, int slot) {
        Path path = isTranslated(slot) ? null : selector.select(table.targetId(slot));
        if (path != null) {
            changes.redirect(c, slot, path);
            frames.changesPath();
            counters.reselected++;
        }
    }

    // The decision (process 100).

    private static final int DECIDED = 0;
    private static final int PASS = 1;
    private static final int DROPPED = 2;

    private int decide(Cursor c, int group) {
        if (frames.isRehearsing() && vanished == NONE) {
            frames.drop(c, DropReason.NO_PATH);
            return DROPPED;
        }
        boolean told = instructions.lookUp(c);
        if (instructions.says(FlowPrograms.Action.DROP)) {
            dropAsTold(c);
            return DROPPED;
        }
        Rule rule = choose(c, group);
        Rule.Action action = rule == null ? Rule.Action.NONE : rule.action();
        Path path = null;
        if (rule != null && action == Rule.Action.SERVICE) {
            path = selector.offered(rule.targetId(), pinned());
            if (path == null) {
                path = table.isCrowded()
                        ? selector.selectByHash(rule.targetId(), c.fields.hash)
                        : selector.select(rule.targetId());
            }
        }
        boolean replaces = vanished != NONE;
        long replaced = replaces ? table.reference(vanished) : NONE;
        if (path != null && path.id() == instructions.path()) {
            counters.movedByInstruction++;
        }
        int flags = rule != null && path != null && (replaces || hasOthers)
                ? changes.flagsFor(c, vanished, rule.targetId(), path, reverse)
                : 0;
        if (replaces) {
            hasMissing = succession.release(c, vanished, path, table.isReverse(vanished, c.fields) != reverse);
        }
        if (hasMissing && path != null) {
            flags = PathChanges.WAITS | PathChanges.FOR_ANOTHER;
        }
        if (rule != null && action == Rule.Action.SERVICE && path == null) {
            hits.count(c, rule, watchful, reverse, true);
            return unserved(c, rule, DropReason.NO_PATH);
        }
        int slot = insert(c, reverse);
        if (slot == NONE) {
            hits.count(c, rule, watchful, reverse, true);
            return noRoom(c, rule, action);
        }
        context.stamp(slot, c.fields.attributes, reverse ? forwardPort : c.port);
        table.setRuleId(slot, rule == null ? -group : rule.id());
        table.setConfigGeneration(slot, snapshot.generation());
        table.setFailureGeneration(slot, liveness.generation());
        if (rule != null && path != null) {
            table.setTargetId(slot, rule.targetId());
            table.setPathId(slot, path.id());
            if (replaces) {
                succession.takeOver(slot);
            }
        }
        if (!told) {
            instructions.setCurrent(slot);
        } else if (replaces) {
            instructions.follow(replaced, slot);
        }
        if (oneWay || flags != 0) {
            table.setFlags(slot, (oneWay ? ConnectionTable.ONE_DIRECTION : 0) | flags);
        }
        c.record = slot;
        c.direction = reverse ? 1 : 0;
        return DECIDED;
    }

    /** The path to stay on if the rule's target offers it: that of an instruction, or of a flow that is migrated or has other attributes now; 0 if there is none. */
    private int pinned() {
        int asked = instructions.path();
        if (asked != 0 || vanished == NONE) {
            return asked;
        }
        return hasMoved || succession.isMigrated(vanished) ? table.pathId(vanished) : 0;
    }

    /** Looks the rule up, and sets whether the packet is a {@link #reverse} one and whether the record is for its direction only, {@link #oneWay}. */
    private @Nullable Rule choose(Cursor c, int group) {
        boolean directionKnown = vanished != NONE || c.fields.protocol != IpProtocols.TCP || c.isOpening();
        reverse = false;
        forwardPort = AttributeTable.PORT_UNKNOWN;
        if (vanished != NONE) {
            reverse = table.isReverse(vanished, c.fields);
            forwardPort = reverse && !isTranslated(vanished) ? context.portOf(vanished) : forwardPort;
        }
        Rule rule = look(c, group, reverse);
        if (reverse && rule != null && !rule.bothDirections()) {
            reverse = false;
            rule = look(c, group, false);
        }
        if (!directionKnown) {
            if (rule == null || rule.action() == Rule.Action.NONE) {
                rule = orTurned(c, group, rule);
            } else if (rule.action() == Rule.Action.SERVICE && rule.bothDirections() && c.isAnswer()) {
                reverse = rule.equals(look(c, group, true));
            }
        }
        oneWay = rule != null && !rule.bothDirections();
        rule = oneWay ? rule : besideOneDirectionRules(c, group, rule);
        c.fields.attributes = contextOf(c, reverse);
        return rule;
    }

    private long contextOf(Cursor c, boolean turned) {
        return context.of(c.fields, turned ? forwardPort : c.port);
    }

    /** Met in the middle, perhaps after a restart, the packet may be an answer in a connection that has to be inspected. */
    private @Nullable Rule orTurned(Cursor c, int group, @Nullable Rule rule) {
        Rule turned = look(c, group, true);
        if (turned == null
                || turned.action() != Rule.Action.SERVICE
                || !turned.bothDirections()
                || !turned.wins(rule)) {
            return rule;
        }
        reverse = true;
        return turned;
    }

    /** Where the other direction is the business of a rule for one direction, the record must not speak for it. */
    private @Nullable Rule besideOneDirectionRules(Cursor c, int groupId, @Nullable Rule rule) {
        Group group = snapshot.group(groupId);
        if (group == null || !group.hasOneDirectionRules()) {
            return rule;
        }
        Rule opposite = look(c, groupId, !reverse);
        if (opposite == null || opposite.bothDirections() || !opposite.wins(rule)) {
            return rule;
        }
        oneWay = true;
        Rule ownRule = reverse ? opposite : rule;
        reverse = false;
        return ownRule;
    }

    private @Nullable Rule look(Cursor c, int groupId, boolean reverse) {
        Group group = snapshot.group(groupId);
        if (group == null) {
            return null;
        }
        counters.ruleLookups++;
        c.fields.attributes = contextOf(c, reverse);
        if (!reverse) {
            return group.classifier().classify(c.fields);
        }
        c.fields.reverse();
        Rule rule = group.classifier().classify(c.fields);
        c.fields.reverse();
        return rule;
    }

    private int insert(Cursor c, boolean reverse) {
        if (!reverse) {
            return table.insert(c.keyHash, c.fields, c.zone, c.feature(), c.nowNs);
        }
        c.fields.reverse();
        int slot = table.insert(c.keyHash, c.fields, c.zone, c.feature(), c.nowNs);
        c.fields.reverse();
        return slot;
    }

    private int noRoom(Cursor c, @Nullable Rule rule, Rule.Action action) {
        if (rule == null || action == Rule.Action.NONE) {
            frames.refuse(OffloadRefusal.UNTRACKED);
            counters.untracked++;
            return PASS;
        }
        if (action == Rule.Action.DROP) {
            frames.drop(c, DropReason.RULE_DROP);
            return DROPPED;
        }
        return unserved(c, rule, DropReason.TABLE_FULL);
    }

    /** A service is due and can't be given, and there is no record to say so: the rule's failure action, else the chain's. */
    private int unserved(Cursor c, Rule rule, DropReason reason) {
        Rule.FailureAction onFailure = rule.onFailure() != Rule.FailureAction.INHERIT
                ? rule.onFailure()
                : snapshot.target(rule.targetId()).onFailure();
        if (onFailure == Rule.FailureAction.OPEN) {
            frames.refuse(OffloadRefusal.UNINSPECTED);
            counters.uninspected++;
            return PASS;
        }
        frames.drop(c, reason);
        return DROPPED;
    }

    /** No rule is asked for here: only an instruction to drop is heard. */
    private int unruled(Cursor c, int next) {
        instructions.lookUp(c);
        return instructions.says(FlowPrograms.Action.DROP) ? dropAsTold(c) : next;
    }

    private int dropAsTold(Cursor c) {
        instructions.execute(c, FlowPrograms.Action.DROP);
        return frames.drop(c, DropReason.FLOW_PROGRAMMED);
    }

    // What the record says.

    private int act(Cursor c, PortEntry port, int side, int next, boolean hit) {
        int slot = c.record;
        boolean waits = changes.waits(slot, c.nowNs);
        if (!c.follows && !waits) {
            table.count(slot, c.direction, c.lengthBytes(), c.nowNs);
        }
        boolean dropped = instructions.drops();
        if (c.fields.protocol == IpProtocols.TCP && !c.isLaterFragment() && !waits && !dropped) {
            table.onTcp(slot, c.direction, c.batch.tcpFlags[c.slot]);
        }
        int ruleId = table.ruleId(slot);
        PacketTracer tracer = frames.tracer();
        if (tracer != null) {
            int path = table.pathId(slot);
            tracer.classified(
                    c.batch, c.slot, new PacketTracer.Decision(port.index(), side, hit, ruleId, path, c.direction));
        }
        Rule rule = ruleId > 0 ? snapshot.ruleOfRecord(ruleId) : null;
        if (ruleId != PathChanges.TRANSLATED_RULE && !c.follows) {
            c.fields.attributes = isTranslated(slot) ? AttributeIds.NONE : context.decidedWith(slot);
            hits.count(c, rule, watchful, c.direction == 1, !hit);
        }
        Journey journey = frames.journey();
        if (journey != null) {
            journey.classified(c, hit, instructions.holdForAll(slot), watchful != null);
        }
        boolean served = rule == null ? ruleId == PathChanges.TRANSLATED_RULE : rule.action() == Rule.Action.SERVICE;
        Path path = served && !dropped && !waits ? snapshot.path(table.pathId(slot)) : null;
        if (path == null) {
            instructions.leaveOutNothing(c);
        }
        if (dropped) {
            return dropAsTold(c);
        }
        if (rule == null ? ruleId != PathChanges.TRANSLATED_RULE : rule.action() == Rule.Action.NONE) {
            return next;
        }
        if (rule != null && rule.action() == Rule.Action.DROP) {
            return frames.drop(c, DropReason.RULE_DROP);
        }
        if (waits) {
            return frames.drop(c, DropReason.PATH_CHANGING);
        }
        if (path == null) {
            return withoutPath(c, rule, next);
        }
        if (instructions.says(FlowPrograms.Action.ACCEPT)) {
            instructions.accept(c);
            c.mark = c.router;
            return next;
        }
        instructions.heed(c, path);
        boolean transparent = port.bridges();
        int chosen = side == PortSides.TO_PORT ? c.egress : transparent ? port.peer() : NONE;
        // An error only fills in what no packet of its direction has said yet.
        boolean remembers = !c.follows || table.egressPort(slot, c.direction) == 0;
        if (remembers) {
            if (journey != null && table.egressPort(slot, c.direction) != chosen + 1) {
                journey.redirects(slot);
            }
            table.setEgressPort(slot, c.direction, chosen + 1);
        }
        return steering.begin(c, path, rule, transparent, remembers);
    }

    /** The path is gone and the target has no other: as for a new flow. */
    private int withoutPath(Cursor c, @Nullable Rule rule, int next) {
        if (rule == null) {
            return frames.drop(c, DropReason.NO_PATH);
        }
        return unserved(c, rule, DropReason.NO_PATH) == PASS ? next : Step.DONE;
    }
}
