package dev.sluice.testkit;

import static dev.sluice.testkit.ThreeHosts.A;
import static dev.sluice.testkit.ThreeHosts.B;
import static dev.sluice.testkit.ThreeHosts.C;
import static dev.sluice.testkit.ThreeHosts.CLIENT;
import static dev.sluice.testkit.ThreeHosts.NODE_IN;
import static dev.sluice.testkit.ThreeHosts.NODE_OUT;
import static dev.sluice.testkit.ThreeHosts.UNDERLAY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.stage.PacketTracer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Trace ids in the metadata of packets between hosts (packet-life.md, traced packets): whose they are, whom they reach, and that they stay with their packet. */
class TraceMarksOnTheWireTest {
    private static final TestPacket REQUEST = TestPacket.udp("10.0.0.1:4000", "10.0.0.2:80");

    /** Where the metadata of Sluice begin in what {@code ThreeHosts} carries: flags are the second byte, the trace id the last eight. */
    private static final int FLAGS = 14 + 20 + 8 + 8 + 8 + 8 + 8 + 12 + 4 + 1;

    /** Marks all that goes into tunnels, and notes what comes with a mark. */
    private static final class Marker implements PacketTracer {
        private final long id;
        private final List<Long> heard = new ArrayList<>();

        Marker(long id) {
            this.id = id;
        }

        @Override
        public long traceId(Batch batch, int slot) {
            return id;
        }

        @Override
        public void marked(Batch batch, int slot, long traceId) {
            heard.add(traceId);
        }

        @Override
        public void received(Batch b, int i) {}

        @Override
        public void classified(Batch b, int i, Decision decision) {}

        @Override
        public void steered(Batch b, int i, Attachment attachment, int enteredSide, boolean copy) {}

        @Override
        public void uninspected(Batch b, int i, Attachment attachment) {}

        @Override
        public void returned(Batch b, int i, Attachment attachment, int side, int direction) {}

        @Override
        public void routed(Batch b, int i, int router, int egress) {}

        @Override
        public void sent(Batch b, int i, int port) {}

        @Override
        public void dropped(Batch b, int i, DropReason reason) {}
    }

    private static int flags(byte[] frame) {
        return frame[FLAGS] & 0xff;
    }

    private static byte[] lastOf(ThreeHosts hosts) {
        return hosts.carried.getLast();
    }

    @Test
    void nextHostHearsTheIdAndItStaysWithThatPacket() {
        try (ThreeHosts hosts = new ThreeHosts(false)) {
            hosts.receive(A, CLIENT, REQUEST.bytes());
            assertThat(flags(lastOf(hosts)) & 0x40).isZero();
            Marker onA = new Marker(0x1234_5678_9abc_def0L);
            Marker onB = new Marker(0);
            hosts.host(A).datapath().trace(onA);
            hosts.host(B).datapath().trace(onB);
            hosts.receive(A, CLIENT, REQUEST.bytes());
            assertThat(onB.heard).containsExactly(onA.id);
            // What the agentless node gives back is another matter: nobody here marks it.
            hosts.host(B).sent(NODE_IN);
            hosts.receive(B, NODE_OUT, REQUEST.bytes());
            assertThat(flags(lastOf(hosts)) & 0x40).isZero();
            assertThat(hosts.host(C).sent(NODE_IN)).hasSize(1);
            // Nor the next packet of the flow.
            hosts.host(A).datapath().trace(null);
            hosts.receive(A, CLIENT, REQUEST.bytes());
            hosts.receive(B, NODE_OUT, REQUEST.bytes());
            assertThat(flags(lastOf(hosts)) & 0x40).isZero();
            assertThat(onB.heard).hasSize(1);
        }
    }

    @Test
    void hostThatTracesPassesTheIdOnBehindItsNode() {
        try (ThreeHosts hosts = new ThreeHosts(false)) {
            Marker onB = new Marker(77);
            Marker onC = new Marker(0);
            hosts.host(B).datapath().trace(onB);
            hosts.host(C).datapath().trace(onC);
            hosts.receive(A, CLIENT, REQUEST.bytes());
            hosts.receive(B, NODE_OUT, REQUEST.bytes());
            assertThat(onC.heard).containsExactly(77L);
            assertThat(flags(lastOf(hosts)) & 0x40).isNotZero();
        }
    }

    /** Whoever is no peer is not even read. */
    @Test
    void markOfStrangersIsNotHeard() {
        try (ThreeHosts hosts = new ThreeHosts(false)) {
            hosts.host(A).datapath().trace(new Marker(5));
            hosts.receive(A, CLIENT, REQUEST.bytes());
            byte[] marked = lastOf(hosts).clone();
            Marker onB = new Marker(0);
            hosts.host(B).datapath().trace(onB);
            marked[29] = 99;
            int sum = 0;
            marked[24] = 0;
            marked[25] = 0;
            for (int i = 14; i < 34; i += 2) {
                sum += (marked[i] & 0xff) << 8 | (marked[i + 1] & 0xff);
            }
            sum = ~((sum & 0xffff) + (sum >>> 16));
            marked[24] = (byte) (sum >>> 8);
            marked[25] = (byte) sum;
            hosts.receive(B, UNDERLAY, marked);
            assertThat(hosts.host(B).drops()).isEqualTo(Map.of(DropReason.OVERLAY_PEER_UNKNOWN, 1L));
            assertThat(onB.heard).isEmpty();
        }
    }
}
