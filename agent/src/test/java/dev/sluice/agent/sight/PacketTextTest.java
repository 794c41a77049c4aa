package dev.sluice.agent.sight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.TraceFilter;
import dev.sluice.agent.report.TraceReport;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.foretell.Foretelling;
import dev.sluice.datapath.foretell.ForetoldFrame;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.wire.Checksum;
import dev.sluice.wire.Ipv4;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Packets as users describe them: the parser of the data path reads what they said; nonsense is refused with what is allowed. */
class PacketTextTest {
    private static final Snapshot EMPTY = Snapshot.empty();
    private static final long SOURCE = 0x0200_0000_0001L;
    private static final long DESTINATION = 0x0200_0000_0002L;

    /** The packet as live traces show it. */
    private static String seen(String text) throws NodeException {
        byte[] frame = PacketText.frame(text, SOURCE, DESTINATION);
        Liveness liveness = new Liveness(1, 1);
        Foretelling foretelling = new Foretelling(liveness);
        CompletableFuture<TraceReport> told = new CompletableFuture<>();
        PacketStories stories = new PacketStories(
                foretelling.prepare(EMPTY),
                new TraceFilter(10, 1, Optional.empty(), OptionalInt.empty()),
                told,
                () -> {});
        try (Datapath empty = Foretelling.newNode(EMPTY, liveness)) {
            foretelling.tell(empty, ForetoldFrame.plain(0, frame), stories, 0);
        }
        stories.finish();
        return told.join().packets().getFirst().received().replace("port 0 < ", "");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tcp 10.0.0.1:1234 > 10.0.0.2:80 syn|tcp 10.0.0.1:1234 > 10.0.0.2:80 S, 02:00:00:00:00:01 > 02:00:00:00:00:02, ttl 64",
                "TCP 10.0.0.1:1>10.0.0.2:2 flags=SA ttl=3|tcp 10.0.0.1:1 > 10.0.0.2:2 SA, 02:00:00:00:00:01 > 02:00:00:00:00:02, ttl 3",
                "udp [2001:db8::1]:53 > [2001:db8::2]:99 vlan=7 len=100|udp [2001:db8::1]:53 > [2001:db8::2]:99, 02:00:00:00:00:01 > 02:00:00:00:00:02, vlan 7, ttl 64",
                "proto=17 src=10.0.0.1 dst=10.0.0.2 sport=5 dport=6 smac=02:00:00:00:00:09 df|udp 10.0.0.1:5 > 10.0.0.2:6, 02:00:00:00:00:09 > 02:00:00:00:00:02, ttl 64",
                "10.0.0.1 > 10.0.0.2|icmp 10.0.0.1:0 > 10.0.0.2:0, 02:00:00:00:00:01 > 02:00:00:00:00:02, ttl 64",
                "sctp 10.0.0.1:1 > 10.0.0.2:2 vlan=5 inner-vlan=6|sctp 10.0.0.1:1 > 10.0.0.2:2, 02:00:00:00:00:01 > 02:00:00:00:00:02, svlan 5, vlan 6, ttl 64",
                "proto=99 2001:db8::1 > 2001:db8::2 len=8|protocol 99 [2001:db8::1]:0 > [2001:db8::2]:0, 02:00:00:00:00:01 > 02:00:00:00:00:02, ttl 64"
            })
    void parserReadsWhatWasSaid(String text, String expected) throws NodeException {
        assertThat(seen(text)).isEqualTo(expected);
    }

    @Test
    void checksumsAreRight() throws NodeException {
        byte[] frame = PacketText.frame("tcp 10.0.0.1:1234 > 10.0.0.2:80 len=33", SOURCE, DESTINATION);
        MemorySegment memory = Arena.ofAuto().allocate(frame.length);
        MemorySegment.copy(frame, 0, memory, ValueLayout.JAVA_BYTE, 0, frame.length);
        assertThat(Ipv4.checksumOk(memory, 14)).isTrue();
        int bytes = frame.length - 34;
        assertThat(Checksum.verify(memory, Checksum.pseudoIpv4(memory, 14, 6, bytes), 34, bytes))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "tcp",
                "tcp 10.0.0.1:1 >",
                "> 10.0.0.1",
                "tcp 10.0.0.1:99999 > 10.0.0.2:1",
                "tcp 10.0.0.256 > 10.0.0.2:1",
                "tcp [2001:db8::1] > 10.0.0.2:1",
                "udp 10.0.0.1:1 > 10.0.0.2:1 syn",
                "10.0.0.1:1 > 10.0.0.2:1",
                "tcp 10.0.0.1:1 > 10.0.0.2:1 vlan=0",
                "tcp 10.0.0.1:1 > 10.0.0.2:1 inner-vlan=5",
                "tcp 10.0.0.1:1 > 10.0.0.2:1 color=blue",
                "tcp 10.0.0.1:1 > 10.0.0.2:1 smac=1",
                "tcp 10.0.0.1:1 > 10.0.0.2:1 flags=XYZ",
                "tcp 10.0.0.1: > 10.0.0.2:1",
                "tcp [::1 > ::2"
            })
    void nonsenseIsRefusedWithWhatIsAllowed(String text) {
        assertThatThrownBy(() -> PacketText.frame(text, SOURCE, DESTINATION))
                .isInstanceOf(NodeException.class)
                .hasMessageContaining("allowed: ");
    }

    @Test
    void randomWordsAreReadOrRefusedAndNothingElse() {
        String[] pieces = {
            "tcp",
            "10.0.0.1",
            ":",
            "1",
            ">",
            " ",
            "[",
            "]",
            "::",
            "syn",
            "=",
            "ttl",
            "len",
            "65000",
            "-",
            "vlan",
            ",",
            "df",
            "proto",
            "\t",
            "é"
        };
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 50_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(14); n >= 0; n--) {
                text.append(pieces[random.nextInt(pieces.length)]);
            }
            try {
                PacketText.frame(text.toString(), SOURCE, DESTINATION);
            } catch (NodeException e) {
                assertThat(e.getMessage()).contains("packet: ");
            } catch (RuntimeException e) {
                throw new AssertionError("seed 3, text '" + text + "'", e);
            }
        }
    }
}
