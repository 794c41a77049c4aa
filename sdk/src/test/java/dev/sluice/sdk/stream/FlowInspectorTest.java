package dev.sluice.sdk.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.sdk.InnerPacket;
import dev.sluice.sdk.Samples;
import dev.sluice.sdk.stream.FlowInspector.Limits;
import dev.sluice.sdk.stream.FlowInspector.Result;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Tcp;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

class FlowInspectorTest {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final int ACK = Tcp.ACK;

    private final FlowInspector inspector = inspector(new Limits(1000, 4, 10 * SECOND_NS));
    private long nowNs;

    private static FlowInspector inspector(Limits limits) {
        return new FlowInspector(Signatures.of(List.of(Signatures.text("EVIL"), Signatures.text("worm"))), limits);
    }

    @Test
    void findsAcrossSegmentsInBothDirectionsOfAConnection() {
        for (boolean reverse : new boolean[] {false, true}) {
            int port = reverse ? 1 : 2;
            assertThat(tcp(reverse, port, 99, Tcp.SYN, "")).isEqualTo(Result.CLEAN);
            assertThat(tcp(reverse, port, 100, ACK, "..EV")).isEqualTo(Result.CLEAN);
            assertThat(tcp(!reverse, port, 100, ACK, "IL"))
                    .as("the other direction is another stream")
                    .isEqualTo(Result.CLEAN);
            assertThat(tcp(reverse, port, 104, ACK, "IL")).isEqualTo(Result.FOUND);
            assertThat(inspector.flow().orElseThrow().foundNumber()).isZero();
            assertThat(tcp(!reverse, port, 102, ACK, "x")).isEqualTo(Result.FOUND_BEFORE);
        }
        assertThat(tcp(false, 3, 100, ACK, "fine")).as("other flows go on").isEqualTo(Result.CLEAN);
    }

    @Test
    void datagramsAreSearchedEachByItself() {
        assertThat(udp("EV")).isEqualTo(Result.CLEAN);
        assertThat(udp("IL")).isEqualTo(Result.CLEAN);
        assertThat(inspector.flow().orElseThrow().searchedBytes()).isEqualTo(4);
        assertThat(udp("a worm")).isEqualTo(Result.FOUND);
        assertThat(inspector.flow().orElseThrow().foundNumber()).isEqualTo(1);
    }

    @Test
    void tenantsWithTheSameAddressesAndPortsDoNotMeet() {
        assertThat(inspect(Samples.tcp(false, 1, 100, ACK, Samples.bytes("EV")), 1))
                .isEqualTo(Result.CLEAN);
        assertThat(inspect(Samples.tcp(false, 1, 102, ACK, Samples.bytes("IL")), 2))
                .isEqualTo(Result.CLEAN);
        assertThat(inspect(Samples.tcp(false, 1, 102, ACK, Samples.bytes("IL")), 1))
                .isEqualTo(Result.FOUND);
    }

    @Test
    void synInTheMiddleDoesNotMakeItForget() {
        tcp(false, 1, 99, Tcp.SYN, "");
        tcp(false, 1, 100, ACK, "EV");
        assertThat(tcp(false, 1, 5000, Tcp.SYN, "")).isEqualTo(Result.CLEAN);
        assertThat(tcp(false, 1, 60_000, Tcp.RST, "")).as("out of turn").isEqualTo(Result.CLEAN);
        assertThat(tcp(false, 1, 5000, Tcp.SYN, "")).isEqualTo(Result.CLEAN);
        assertThat(tcp(false, 1, 102, ACK, "IL")).isEqualTo(Result.FOUND);
    }

    @Test
    void connectionThatHasEndedBeginsAnewWithTheSamePorts() {
        tcp(false, 1, 99, Tcp.SYN, "");
        tcp(false, 1, 100, ACK | Tcp.FIN, "EV");
        assertThat(tcp(false, 1, 102, Tcp.SYN, "")).isEqualTo(Result.CLEAN);
        assertThat(tcp(false, 1, 103, ACK, "IL")).isEqualTo(Result.CLEAN);
        assertThat(tcp(false, 1, 105, ACK, "EVIL")).isEqualTo(Result.FOUND);
    }

    @Test
    void dataInTheSynAreSearched() {
        assertThat(tcp(false, 1, 99, Tcp.SYN, "EV")).isEqualTo(Result.CLEAN);
        assertThat(tcp(false, 1, 102, ACK, "IL")).isEqualTo(Result.FOUND);
    }

    @Test
    void whatCannotBeSearchedIsSaidToBe() {
        byte[] wrong = Samples.tcp(false, 1, 100, ACK, Samples.bytes("data"));
        wrong[wrong.length - 1]++;
        assertThat(inspect(wrong, 1)).as("its receiver would not take it").isEqualTo(Result.UNSEARCHABLE);
        byte[] fragment = Samples.udp(Samples.CLIENT, Samples.SERVER, 1, 2, new byte[16]);
        MemorySegment f = MemorySegment.ofArray(fragment);
        Ipv4.setFragment(f, 14, Ipv4.MORE_FRAGMENTS, 0);
        Ipv4.updateChecksum(f, 14);
        assertThat(inspect(fragment, 1)).isEqualTo(Result.UNSEARCHABLE);
        byte[] arp = new byte[60];
        arp[12] = 8;
        arp[13] = 6;
        assertThat(inspect(arp, 1)).isEqualTo(Result.UNSEARCHABLE);
        assertThat(inspector.flow()).isEmpty();
        assertThat(inspector.flowCount()).isZero();
    }

    @Test
    void tooManyGapsMakeASegmentComeTooEarly() {
        tcp(false, 1, 99, Tcp.SYN, "");
        for (int i = 1; i <= 4; i++) {
            assertThat(tcp(false, 1, 100 + 10 * i, ACK, "data")).isEqualTo(Result.CLEAN);
        }
        assertThat(tcp(false, 1, 200, ACK, "data")).isEqualTo(Result.TOO_EARLY);
    }

    @Test
    void flowsAreForgottenWhenQuietAndTheOldestWhenThereIsNoRoom() {
        FlowInspector small = inspector(new Limits(10, 4, 10 * SECOND_NS));
        for (int port = 1; port <= 15; port++) {
            inspect(small, Samples.tcp(false, port, 100, ACK, Samples.bytes("EV")), 1);
        }
        assertThat(small.flowCount()).isEqualTo(10);
        assertThat(small.evictedCount()).isEqualTo(5);
        assertThat(inspect(small, Samples.tcp(false, 15, 102, ACK, Samples.bytes("IL")), 1))
                .isEqualTo(Result.FOUND);
        nowNs += 11 * SECOND_NS;
        assertThat(inspect(small, Samples.tcp(false, 14, 102, ACK, Samples.bytes("IL")), 1))
                .isEqualTo(Result.CLEAN);
        assertThat(small.forgottenCount()).isEqualTo(1);
        for (int i = 0; i < 1024; i++) {
            inspect(small, Samples.tcp(false, 14, 104, ACK, new byte[0]), 1);
        }
        assertThat(small.flowCount())
                .as("quiet ones go though nobody asks for them")
                .isEqualTo(1);
    }

    @Test
    void sayingIsRepeatedButNotForEachPacketAndBeginsAnewWhenSomethingIsFound() {
        tcp(false, 1, 100, ACK, "data");
        FlowInspector.Flow flow = inspector.flow().orElseThrow();
        assertThat(flow.isTimeToSay(5, 10)).isTrue();
        assertThat(flow.isTimeToSay(14, 10)).isFalse();
        assertThat(flow.isTimeToSay(15, 10)).isTrue();
        assertThat(flow.isSaid()).isTrue();
        tcp(false, 1, 104, ACK, "EVIL");
        assertThat(flow.isSaid()).isFalse();
        assertThat(flow.isTimeToSay(16, 10)).isTrue();
    }

    @Test
    void limitsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> new Limits(0, 1, 1)).hasMessageContaining("flowsMax 0");
        assertThatThrownBy(() -> new Limits(1, 1025, 1)).hasMessageContaining("1..1024");
        assertThatThrownBy(() -> new Limits(1, 1, 0)).hasMessageContaining("idleTimeoutNs");
    }

    private Result tcp(boolean reverse, int clientPort, long sequence, int flags, String data) {
        return inspect(Samples.tcp(reverse, clientPort, sequence, flags, Samples.bytes(data)), 1);
    }

    private Result udp(String data) {
        return inspect(Samples.udp(Samples.CLIENT6, Samples.SERVER6, 5, 6, Samples.bytes(data)), 1);
    }

    private Result inspect(byte[] frame, long tenant) {
        return inspect(inspector, frame, tenant);
    }

    private Result inspect(FlowInspector by, byte[] frame, long tenant) {
        MemorySegment f = MemorySegment.ofArray(frame);
        InnerPacket packet = new InnerPacket();
        packet.read(f, 0, frame.length, EtherTypes.TEB);
        return by.inspect(f, packet, tenant, nowNs);
    }
}
