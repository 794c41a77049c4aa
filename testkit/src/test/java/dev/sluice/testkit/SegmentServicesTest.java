package dev.sluice.testkit;

import static dev.sluice.testkit.SegmentHosts.A;
import static dev.sluice.testkit.SegmentHosts.B;
import static dev.sluice.testkit.SegmentHosts.C;
import static dev.sluice.testkit.SegmentHosts.NODE_IN;
import static dev.sluice.testkit.SegmentHosts.NODE_OUT;
import static dev.sluice.testkit.SegmentHosts.RED_1;
import static dev.sluice.testkit.SegmentHosts.RED_2;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who services what passes between two ports of a segment, when rules hold at both (C1, V15). */
class SegmentServicesTest {
    private static final long ALICE = 0x0200_0000_0a01L;
    private static final long BOB = 0x0200_0000_0b01L;
    /** Last byte of the outer destination address, 192.0.2.1 to 3. */
    private static final int OUTER_DESTINATION_END = 33;

    private static final List<Integer> ALL = List.of(A, B, C);
    private static final TestPacket REQUEST =
            TestPacket.udp("10.0.0.1:4000", "10.0.0.2:80").ethernet(ALICE, BOB);
    private static final TestPacket ANSWER = REQUEST.reply();

    /** To which host the first packet went over the underlay, questions for neighbours apart. */
    private static int firstHostReached(SegmentHosts hosts) {
        return hosts.carried.stream()
                        .filter(frame -> frame[12] == 8 && frame[13] == 0)
                        .findFirst()
                        .orElseThrow()[OUTER_DESTINATION_END]
                - 1;
    }

    private static void exchange(SegmentHosts hosts) {
        hosts.receive(A, RED_1, REQUEST.bytes());
        assertThat(hosts.received()).containsExactly("C4");
        hosts.receive(C, NODE_OUT, REQUEST.bytes());
        assertThat(hosts.received()).containsExactly("B1");
        hosts.receive(B, RED_1, ANSWER.bytes());
        assertThat(hosts.received()).containsExactly("C5");
        hosts.receive(C, NODE_IN, ANSWER.bytes());
        assertThat(hosts.received()).containsExactly("A1");
    }

    /** The rule of the other end may be gone, or its workload at a port without one. */
    @Test
    void flowThatItsOtherEndServicesNoMoreIsServicedHere() {
        List<Integer> served = new ArrayList<>(List.of(A, B));
        try (SegmentHosts hosts = new SegmentHosts(served)) {
            SegmentTest.introduce(hosts);
            exchange(hosts);
            served.removeIf(host -> host == A);
            hosts.host(A).apply(hosts.snapshot(A, ALL));
            int before = hosts.host(B).datapath().connections().size();
            exchange(hosts);
            assertThat(hosts.host(B).datapath().connections().size())
                    .as("the record of the flow is another one, and the only one")
                    .isEqualTo(before);
            assertThat(hosts.drops()).isEmpty();
        }
    }

    @Test
    void flowWhoseOtherEndIsAtAnotherPortNowIsServicedHere() {
        try (SegmentHosts hosts = new SegmentHosts(List.of(A, B))) {
            SegmentTest.introduce(hosts);
            exchange(hosts);
            hosts.hosts.forEach(host -> host.advance(200_000_000));
            // Alice has moved to host B, beside Bob.
            hosts.receive(B, RED_2, REQUEST.bytes());
            assertThat(hosts.received()).containsExactly("C4");
        }
    }

    /** Who decided it again would choose a path of its own. */
    @Test
    void flowStaysWithItsOtherEndWhenTheConfigurationChanges() {
        try (SegmentHosts hosts = new SegmentHosts(List.of(A, B))) {
            SegmentTest.introduce(hosts);
            exchange(hosts);
            hosts.generation = 2;
            hosts.host(B).apply(hosts.snapshot(B, ALL));
            hosts.carried.clear();
            hosts.receive(B, RED_1, ANSWER.bytes());
            assertThat(hosts.received()).containsExactly("C5");
            assertThat(firstHostReached(hosts)).as("Alice's").isEqualTo(A);
            // One that was silent may have been left by then.
            hosts.host(C).receive(NODE_IN, ANSWER.bytes());
            hosts.settle();
            hosts.received();
            hosts.hosts.forEach(host -> host.advance(2_000_000_000L));
            hosts.carried.clear();
            hosts.receive(B, RED_1, ANSWER.bytes());
            assertThat(firstHostReached(hosts)).as("that of the node").isEqualTo(C);
        }
    }

    /** They say something of the flow to nodes that know it. */
    @Test
    void errorsAboutAFlowGoWhereItsAnswersGo() {
        try (SegmentHosts hosts = new SegmentHosts(List.of(A, B))) {
            SegmentTest.introduce(hosts);
            exchange(hosts);
            hosts.carried.clear();
            byte[] unreachable = FlowErrorsTest.error(REQUEST.bytes(), 3, 28);
            System.arraycopy(ANSWER.bytes(), 0, unreachable, 0, 12);
            hosts.receive(B, RED_1, unreachable);
            assertThat(firstHostReached(hosts)).as("Alice's").isEqualTo(A);
            assertThat(hosts.received()).containsExactly("C5");
            hosts.receive(C, NODE_IN, unreachable);
            assertThat(hosts.received()).containsExactly("A1");
            assertThat(hosts.drops()).isEmpty();
        }
    }

    @Test
    void answersThatTheOtherEndDoesNotLookAtAreServicedHere() {
        try (SegmentHosts hosts = new SegmentHosts(List.of(A, B))) {
            hosts.classifyToPort = false;
            hosts.host(A).apply(hosts.snapshot(A, ALL));
            SegmentTest.introduce(hosts);
            hosts.receive(A, RED_1, REQUEST.bytes());
            assertThat(hosts.received()).containsExactly("C4");
            hosts.receive(C, NODE_OUT, REQUEST.bytes());
            assertThat(hosts.received()).containsExactly("B1");
            hosts.receive(B, RED_1, ANSWER.bytes());
            assertThat(hosts.received()).hasSize(1).first().asString().startsWith("C");
        }
    }
}
