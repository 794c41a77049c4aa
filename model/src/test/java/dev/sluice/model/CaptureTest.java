package dev.sluice.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is written of captures (X3): what is said, what it is without being said, and how many there may be. */
class CaptureTest {
    private static final String OBJECT =
            "---\n{apiVersion: sluice.dev/v1, kind: Capture, metadata: {name: %s}, spec: {%s}}\n";

    private static Capture.Spec read(String spec) {
        Resource resource =
                ReadObject.read(OBJECT.formatted("c", spec)).orElseThrow().resource();
        return ((Capture) resource).spec();
    }

    @Test
    void littleIsCapturedUnlessMoreIsAskedFor() {
        Capture.Spec spec = read("port: left");
        assertThat(spec.port()).hasValue("left");
        assertThat(spec.nodes()).isEmpty();
        assertThat(spec.stage()).isEqualTo(Capture.Stage.ALL);
        assertThat(spec.address()).isEmpty();
        assertThat(spec.portNumber()).isEmpty();
        assertThat(spec.packetsMax()).isEqualTo(1_000);
        assertThat(Duration.ofNanos(spec.durationNs())).isEqualTo(Duration.ofSeconds(30));
        assertThat(spec.packetBytesMax()).isEqualTo(256);
        assertThat(Duration.ofNanos(spec.timeToLiveNs())).isEqualTo(Duration.ofMinutes(10));
    }

    @Test
    void everythingCanBeSaid() {
        Capture.Spec spec = read("nodes: [a, b], stage: dropped, address: \"2001:db8::1\", portNumber: 0, packets: 5,"
                + " duration: 5m, packetBytes: 65536, timeToLive: 24h");
        assertThat(spec.nodes()).containsExactly("a", "b");
        assertThat(spec.stage()).isEqualTo(Capture.Stage.DROPPED);
        assertThat(spec.address().orElseThrow()).hasToString("2001:db8::1");
        assertThat(spec.portNumber()).hasValue(0);
        assertThat(spec.packetsMax()).isEqualTo(5);
        assertThat(spec.durationNs()).isEqualTo(Capture.DURATION_NS_MAX);
        assertThat(spec.packetBytesMax()).isEqualTo(Capture.PACKET_BYTES_MAX);
        assertThat(Duration.ofNanos(spec.timeToLiveNs())).isEqualTo(Duration.ofDays(1));
    }

    @Test
    void thereAreFewAtATime() {
        String few = IntStream.range(0, Capture.CAPTURES_MAX)
                .mapToObj(i -> OBJECT.formatted("c" + i, "port: left"))
                .collect(Collectors.joining());
        assertThat(ConfigurationLoader.parse("", few).problems()).isEmpty();
        assertThat(ConfigurationLoader.parse("", few + OBJECT.formatted("one-more", "port: left"))
                        .problems())
                .extracting(Problem::toString)
                .singleElement()
                .asString()
                .contains("Capture/one-more is more than there may be at a time", "at most 20 Captures");
    }
}
