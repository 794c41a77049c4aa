package dev.sluice.testkit.reference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testkit.SomeFaults;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;

/** The comparison with a fast path in front finds what is wrong with recording and with taking back: as {@link PlantedFaultsTest}. What random worlds hardly show has tests of its own in {@code FastPathTest}. */
@Execution(ExecutionMode.CONCURRENT)
class FastPathFaultsTest {
    /** Worlds from here on show each fault within the packets below. */
    private static final long SEED = 8_030;

    /** Enough for the rarest of the faults; most show within a few thousand packets. */
    private static final long PACKETS = 400_000;

    enum Fault {
        INSTRUCTIONS_ARE_NOT_HEARD("FlowPrograms", "watcher.flowTold(flow);", ""),
        INSTRUCTIONS_FOR_ONE_PACKET_ARE_REPEATED("Instructions", "(!once && (path", "((path"),
        INSTRUCTIONS_THAT_END_ARE_NOT_HEARD("FlowPrograms", "hear(instruction.flow);\n        size--;", "size--;"),
        NODES_LEFT_OUT_ARE_NOT_COUNTED(
                "OffloadMirror", "JourneyRecorder.SKIPPED) == 0 ? 0 : frames", "JourneyRecorder.SKIPPED) == 0 ? 0 : 0"),
        REPEATED_PACKETS_KEEP_NOTHING_ALIVE(
                "ConnectionTableFields", "if (seenMs - getInt(records, lastSeenAt) > 0) {", "if (slot < 0) {"),
        OTHER_MAC_ADDRESSES_ARE_NOT_HEARD(
                "ConnectionTableFields", "if (mirror != null && value != l2(slot, direction)) {", "if (slot < 0) {"),
        LIVENESS_IS_NOT_HEARD("FastPath", "now.onLiveness();", ""),
        CONFIGURATIONS_ARE_NOT_HEARD(
                "MirrorGenerations",
                "            moveConfig();\n        }\n        numbers",
                "        }\n        numbers"),
        TTL_STAYS("JourneyRecorder", "OffloadAction.setTtlDecrement(action, 0, ttlDecrement);", ""),
        PACKETS_OF_ANY_SIZE_PASS("JourneyRecorder", "ipBytesMax = Math.min(room, 0xffff);", "ipBytesMax = 0xffff;"),
        UNTRACKED_PACKETS_ARE_RECORDED("Classification", "frames.refuse(OffloadRefusal.UNTRACKED);", ""),
        COPIES_ARE_RECORDED("Steering", "frames.refuse(OffloadRefusal.COPIED);", ""),
        UNINSPECTED_PACKETS_ARE_RECORDED("Steering", "frames.refuse(OffloadRefusal.UNINSPECTED);", ""),
        CAPS_ARE_PASSED_BY("JourneyRecorder", "if (capped) {", "if (capped && into < 0) {"),
        OBSERVERS_ARE_PASSED_BY("JourneyRecorder", "} else if (watchful) {", "} else if (watchful && touches < 0) {"),
        TCP_STATES_STAND_STILL(
                "JourneyRecorder", "TcpState.isHalfOpen(table.tcpState(c.record))", "table.tcpState(c.record) < 0"),
        REVERSE_PACKETS_COUNT_AS_FORWARD("OffloadMirror", "kind & JourneyRecorder.REVERSE, frames", "kind & 0, frames"),
        RETURNED_PACKETS_ARE_NOT_COUNTED("OffloadMirror", "from.counters().returned", "from.counters().sent"),
        RULES_COUNT_ONE_PACKET(
                "OffloadMirror", "rule.counters().hitRepeated(frames,", "rule.counters().hitRepeated(1,");

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
        PlantedFaultsTest.plant(compiled, fault.type, fault.good, fault.bad);
        String difference = PlantedFaultsTest.compare(compiled, "differenceBehindFastPathsOr", SEED, PACKETS);
        assertThat(difference).as("found within %s packets", PACKETS).startsWith("seed ");
        System.out.println("planted fault " + fault + " found: " + difference);
    }
}
