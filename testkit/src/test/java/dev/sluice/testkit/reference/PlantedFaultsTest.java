package dev.sluice.testkit.reference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testkit.SomeFaults;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;

/** The comparison finds what is wrong: one small fault at a time is put into the data path's source, and has to show as a difference. */
@Execution(ExecutionMode.CONCURRENT)
class PlantedFaultsTest {
    private static final String NONE = "no difference";
    private static final long SEED = 7000;

    /** Enough for the rarest of the faults; most show within a few hundred packets. */
    private static final long PACKETS = 150_000;

    enum Fault {
        APPLIED_TO_IGNORES_THE_SIDE(
                "Classification",
                "!rule.appliedTo().contains(port, side)",
                "!rule.appliedTo().contains(port, 0) && !rule.appliedTo().contains(port, 1)"),
        REVERSE_BEGINS_AT_THE_FIRST_HOP(
                "Steering", "int first = c.direction == 0 ? 0 : path.hops().size() - 1;", "int first = 0;"),
        MARK_IS_FORGOTTEN("Steering", "c.mark = c.router;", "c.mark = Cursor.UNMARKED;"),
        CONFIGURATION_GENERATION_IS_NEVER_COMPARED(
                "Classification",
                "if (table.configGeneration(slot) != snapshot.generation())",
                "if (snapshot.generation() < 0)"),
        LIVENESS_GENERATION_IS_NEVER_COMPARED(
                "Classification",
                "table.failureGeneration(slot) != liveness.generation()",
                "snapshot.generation() < 0"),
        NODES_IN_MAINTENANCE_KEEP_FLOWS(
                "LivenessView", "dead[instance >>> 6] | left[instance >>> 6]", "dead[instance >>> 6]"),
        CAPS_NEVER_FILL("PacketCaps", "levels[i] + elapsedNs * cap.packetsPerSecond()", "levels[i]"),
        PROBES_ARE_TRAFFIC("Returns", "if (HealthInput.isProbe(c)) {", "if (HealthInput.isProbe(c) && c.nowNs < 0) {"),
        LOST_PROBES_KILL_NOBODY("Liveness", "deadInstances.get(i) | unanswering.get(i)", "deadInstances.get(i)"),
        INNER_TAG_STAYS("Returns", "if (side.innerTag() != 0) {", "if (side.innerTag() < 0 && side.outerTag() == 0) {"),
        HOP_LIMIT_STAYS("Forwarding", "Ipv6.decrementHopLimit(c.memory, c.networkHeader());", ""),
        OLDEST_CANDIDATE_COUNTS(
                "Classification",
                "if (counts(c, slot, port, side, group)) {\n                return slot;\n            }",
                "int older = table.next(slot, c.nowNs);\n            if (counts(c, slot, port, side, group)"
                        + " && (older == NONE || !counts(c, older, port, side, group))) {\n return slot;\n }"),
        WEIGHTS_ARE_IGNORED("Selector", "values[i] += share;", "values[i] += 1;"),
        FRAGMENTS_HAVE_NO_PORTS("Fragments", "c.takePorts((int) (ports >>> 16), (int) ports & 0xffff);", ""),
        OVERLAPS_PASS("FragmentTable", "|| key.offset < firstEnd[place];", ";"),
        CONTRADICTIONS_PASS(
                "FragmentTable",
                "|| ports[place] != says || firstEnd[place] != key.end;",
                "|| firstEnd[place] != key.end;"),
        DATAGRAMS_THAT_GAVE_WAY_LEAVE_NO_MARK("FragmentTable", "marks.mark(keys.hash(oldest));", ""),
        WHOLE_DATAGRAMS_ARE_FORGOTTEN(
                "FragmentTable",
                "whole[place] = true;\n            marks.closed(key.scope, namedNs[place]);",
                "used[place] = false;"),
        WHOLE_DATAGRAMS_GIVE_WAY_LIKE_OTHERS(
                "FragmentTable",
                "if (whole[place] == whole[oldest] ? sequence[place] < sequence[oldest] : whole[place]) {",
                "if (sequence[place] < sequence[oldest]) {"),
        NOTHING_WAITS_FOR_ITS_FIRST_FRAGMENT("Fragments", "if (queue.count() > 0) {", "if (queue.count() < 0) {"),
        FIRST_FRAGMENTS_MAY_BE_TINY(
                "Parser",
                "int result = parseTransport(b, i, m, l4, bits | FRAGMENT);",
                "int result = parseTransport(b, i, m, l4, bits | FRAGMENT);"
                        + " if (result < 0) { return hashed(b, i, bits | FRAGMENT); }"),
        ERRORS_ARE_COUNTED_AS_ANSWERS(
                "Classification",
                "if (!c.follows && !waits) {\n            table.count(slot,",
                "if (!waits) {\n            table.count(slot,"),
        ERRORS_MOVE_THE_CHOSEN_PORT(
                "Classification",
                "boolean remembers = !c.follows || table.egressPort(slot, c.direction) == 0;",
                "boolean remembers = true;"),
        ERRORS_TO_OTHERS_FOLLOW(
                "Cursor",
                "return read && quoted.destinationHi == own.destinationHi && quoted.destinationLo =="
                        + " own.destinationLo;",
                "return read;"),
        ERRORS_DO_NOT_FOLLOW_BEHIND_NODES("Returns", "c.quotes && follow(c, node, side) ?", "c.nowNs < 0 ?"),
        FLOWS_THAT_END_STAY_ON_THEIR_PATH("ConnectionTable", "pathFlows.leave(pathId(slot));", ""),
        FLOWS_THAT_MOVE_ARE_COUNTED_TWICE("ConnectionTableFields", "if (before && !after) {", "if (slot < 0) {"),
        LEAST_FLOWS_IGNORES_WEIGHTS(
                "Selector",
                "(long) flows.active(one.id()) * other.weight()",
                "(long) flows.active(one.id()) * one.weight()"),
        FARTHEST_IS_NEAREST(
                "Selector",
                "Integer.compare(one.metric(), other.metric())",
                "Integer.compare(other.metric(), one.metric())"),
        CROWDED_TABLES_CHOOSE_IN_TURN(
                "ConnectionTable",
                "return size >= connectionsMax - connectionsMax / 8;",
                "return size > connectionsMax;"),
        FLOODS_EVICT_WHAT_WAS_MET_IN_THE_MIDDLE(
                "ConnectionTable",
                "halfOpen.oldest() >= 0 ? halfOpen.oldest() : metInTheMiddle.oldest()",
                "metInTheMiddle.oldest() >= 0 ? metInTheMiddle.oldest() : halfOpen.oldest()"),
        ANSWERS_ARE_TAKEN_FOR_QUESTIONS("Classification", "reverse = rule.equals(look(c, group, true));", ""),
        WHO_ANSWERED_FIRST_STAYS_THE_ANSWERER(
                "Succession", "TcpState.isPickedUp(table.tcpState(slot))", "table.pathId(slot) < 0"),
        ONE_DIRECTION_COUNTS_FOR_BOTH(
                "Classification",
                "(table.flags(slot) & ConnectionTable.ONE_DIRECTION) == 0 || !table.isReverse(slot, c.fields)",
                "table.flags(slot) >= 0"),
        DEAD_NODES_ARE_SKIPPED(
                "Steering",
                "failureAction(onFailure, hop) != Rule.FailureAction.OPEN",
                "failureAction(onFailure, hop) == Rule.FailureAction.INHERIT"),
        RETURNS_ON_EITHER_SIDE_FIT(
                "Returns",
                "node.oneArmed() || side == (table.isReverse(slot, c.fields) ? Attachment.IN : Attachment.OUT)",
                "node.oneArmed() || side >= 0"),
        RULES_OF_TWO_PORTS_ARE_NOT_COMPARED(
                "Returns", "ambiguous |= recent && !getsAll(c, slot, hop);", "ambiguous |= hop < 0;"),
        ORIENTATION_IS_NOT_KEPT("Classification", "reverse = table.isReverse(vanished, c.fields);", "reverse = false;"),
        ATTRIBUTE_GENERATION_IS_NEVER_COMPARED(
                "FlowContext", "} else if (now.isCurrent(slot)) {", "} else if (slot >= 0) {"),
        PORT_WINS_OVER_FLOW(
                "AttributeTable",
                "AttributeIds.over(own, ofPort.attributes)",
                "AttributeIds.over(ofPort.attributes, own)"),
        ATTRIBUTES_NEVER_END("AttributeTable", "clear(byEnd.first());\n        }", "return;\n        }"),
        FLOWS_HAVE_ATTRIBUTES_IN_ONE_DIRECTION(
                "FlowName",
                "boolean inOrder = (order != 0 ? order : Integer.compare(onePort, otherPort)) <= 0;",
                "boolean inOrder = true;"),
        ANSWERS_TAKE_THE_ATTRIBUTES_OF_THEIR_OWN_PORT(
                "Classification",
                "context.stamp(slot, c.fields.attributes, reverse ? forwardPort : c.port);",
                "context.stamp(slot, c.fields.attributes, c.port);"),
        PATH_IS_NOT_KEPT("Classification", "hasMoved = true;", "hasMoved = false;"),
        ORIENTATION_IS_LOST_WITH_ATTRIBUTES(
                "Classification",
                "vanished = record;\n            hasMoved",
                "table.remove(record);\n            vanished = NONE;\n            hasMoved"),
        OBSERVERS_BELOW_THE_DECISION_ARE_ASKED(
                "RuleHits", "observer.rule.precedence() < rule.precedence()", "observer.rule.precedence() < 0"),
        OBSERVERS_SEE_ANSWERS_AS_THEY_CAME(
                "RuleHits", "reverse && observer.rule.bothDirections()", "reverse && observer.rule.id() < 0"),
        EVERY_PACKET_COUNTS_AS_A_FLOW("RuleHits", "if (first) {", "if (first || rule.id() > 0) {"),
        LOG_HAS_NO_LIMIT("RuleLog", "counters.loggedInSecond == LINES_PER_SECOND", "counters.loggedInSecond < 0"),
        CHANGES_THAT_KEEP_DECIDE_ANEW(
                "Retained",
                "return generation - migrateGeneration >= 0 && generation - autoGeneration >= 0;",
                "return generation - migrateGeneration >= LONG_AGO;"),
        CHANGES_THAT_MIGRATE_DO_NOT(
                "Retained",
                "return generation - migrateGeneration < 0;",
                "return migrateGeneration - generation == LONG_AGO;"),
        MIGRATED_FLOWS_LEAVE_THEIR_PATH("Classification", "path = selector.offered(rule.targetId(), pinned());", ""),
        DROPS_ARE_KEPT("Succession", "isDropping(slot) :", "false :"),
        DEFAULTS_ARE_NOT_KEPT(
                "Succession", "isKept(slot) && snapshot.retained().hasGroupAt(group, port, side)", "group == 0"),
        SUPERSEDED_RECORDS_ARE_FORGOTTEN(
                "Succession", "if (pathId == 0 || same || changes.hasSentNone(old)) {", "if (old >= 0) {"),
        PATHS_CHANGE_WHILE_PACKETS_ARE_INSIDE(
                "PathChanges", "(relation & (partial ? Passage.GETS_ALL : Passage.MAY_FOLLOW)) == 0", "relation < 0"),
        ADDRESSES_OF_THE_PATH_BEFORE_ARE_FORGOTTEN(
                "Steering",
                "path.rewritesEthernet() || table.l2(c.record, c.direction) != 0;",
                "path.rewritesEthernet();"),
        WHO_WAITS_IS_COUNTED("Classification", "if (!c.follows && !waits) {", "if (!c.follows) {"),
        RETURNS_TAKE_RECORDS_THAT_WAIT("Returns", "(table.flags(slot) & PathChanges.WAITS) != 0", "slot < 0"),
        PATHS_THAT_ARE_GONE_ARE_FORGOTTEN(
                "Returns", "hop == PATH_GONE && changes.mayHaveSent(", "c.nowNs < 0 && changes.mayHaveSent("),
        SUPERSEDED_RECORDS_STILL_DECIDE(
                "Classification",
                "if (table.isSuperseded(slot)) {\n            return false;",
                "if (slot < 0) {\n            return false;"),
        FLOW_PROGRAM_GENERATION_IS_NOT_MOVED("FlowPrograms", "generation = generation == -1 ? 1 : generation + 1;", ""),
        INSTRUCTIONS_NEVER_EXPIRE(
                "FlowPrograms",
                "if (instruction.timed && nowNs - instruction.expiresNs >= 0) {",
                "if (instruction.hits < 0) {"),
        WORDS_OF_NODES_OUTLIVE_THEIR_RECORD(
                "FlowPrograms",
                "if (instruction.record == Instruction.NO_RECORD) {\n            return false;",
                "if (instruction.hits >= 0) {\n            return false;"),
        WORDS_OF_NODES_STAY_BEHIND("Classification", "instructions.follow(replaced, slot);", ""),
        CONNECTIONS_THAT_OPEN_TAKE_OVER_WORDS_OF_NODES(
                "Instructions", "programs.opens(c.keyHash, c.fields, c.zone);", ""),
        NODES_TAKE_BACK_WHAT_OTHERS_SAID(
                "FlowPrograms",
                "if (one.speaker == speaker) {\n                narrow(",
                "if (one.hits >= 0) {\n narrow("),
        DROPPED_PACKETS_MOVE_CONNECTIONS(
                "Classification", "!c.isLaterFragment() && !waits && !dropped", "!c.isLaterFragment() && !waits"),
        DROPPED_PACKETS_KEEP_NOTHING_ALIVE(
                "FlowPrograms",
                "if (instruction.action == Action.DROP && instruction.record != Instruction.NO_RECORD) {",
                "if (instruction.hits < 0) {"),
        INSTRUCTIONS_FOR_ONE_PACKET_STAY("FlowPrograms", "if (instruction.once) {", "if (instruction.hits < 0) {"),
        INSTRUCTIONS_ARE_FOR_ONE_DIRECTION("Instruction", "&& (isForward(f) || isReverse(f));", "&& isForward(f);"),
        ACCEPTED_FLOWS_ARE_SERVED_LATER(
                "Classification",
                "instructions.execute(c, FlowPrograms.Action.ACCEPT);\n            c.mark = c.router;",
                "instructions.execute(c, FlowPrograms.Action.ACCEPT);"),
        SKIPPED_NODES_ARE_NOT(
                "Steering", "return c.follows ? 0 : table.skipMask(c.record, c.direction, path.id());", "return 0;"),
        MOVED_FLOWS_STAY("Instructions", "&& path == 0 ? one.argument() : path;", "&& path == 0 ? 0 : path;"),
        COPIES_ARE_NOT_COUNTED_AS_LOST("Steering", "node.counters().copiesLost++;", ""),
        ERRORS_GO_PAST_NODES_THAT_TRANSLATE("WayBack", "if (hop == Cursor.NOWHERE) {", "if (hop >= Cursor.NOWHERE) {"),
        DEEP_TAGS_OF_A_NODE_STAY("DeepTags", "if (side.outerTag() != 0) {", "if (side.outerTag() == -1) {");

        final String type;
        final String good;
        final String bad;

        Fault(String type, String good, String bad) {
            this.type = type;
            this.good = good;
            this.bad = bad;
        }
    }

    @TempDir
    Path compiled;

    @ParameterizedTest
    @SomeFaults
    void findsPlantedFault(Fault fault) throws IOException {
        plant(compiled, fault.type, fault.good, fault.bad);
        String difference = compare("differenceOr", PACKETS);
        assertThat(difference).as("found within %s packets", PACKETS).startsWith("seed ");
        System.out.println("planted fault " + fault + " found: " + difference);
    }

    @Test
    void findsNothingInTheDataPathAsItIs() throws IOException {
        FaultyClasses.compile(compiled, file("Selector"), Files.readString(file("Selector")));
        assertThat(compare("differenceOr", 2_000)).isEqualTo(NONE);
    }

    private String compare(String comparison, long packets) {
        return compare(compiled, comparison, packets);
    }

    /** Compiles a class of the data path with a fault into a folder. */
    static void plant(Path compiled, String type, String good, String bad) throws IOException {
        FaultyClasses.plant(compiled, file(type), good, bad);
    }

    /** In whichever package of the data path it is: no two of its classes have the same name. */
    private static Path file(String type) throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("..", "datapath", "src", "main", "java"))) {
            return files.filter(file -> file.endsWith(type + ".java"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** Runs a comparison of {@link Campaign} in a class loader of its own, which has the fault. */
    static String compare(Path compiled, String comparison, long packets) {
        return compare(compiled, comparison, SEED, packets);
    }

    static String compare(Path compiled, String comparison, long seed, long packets) {
        try {
            Object result = new FaultyClasses(compiled)
                    .loadClass(Campaign.class.getName())
                    .getMethod(comparison, String.class, long.class, long.class)
                    .invoke(null, NONE, seed, packets);
            return String.valueOf(result);
        } catch (InvocationTargetException e) {
            throw new IllegalStateException("the comparison itself failed", e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
