package dev.sluice.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PayloadMatcherTest {
    private final List<String> log = new ArrayList<>();
    private final PayloadMatcher matcher = new PayloadMatcher(List.of("/forbidden", "evil"), log::add);

    private static byte[] forward(int flags, String payload) {
        return Frames.ipv4(0, 1, 2, PacketView.TCP, Frames.tcp(4_000, 80, flags, payload));
    }

    private static byte[] backward(String payload) {
        return Frames.ipv4(0, 2, 1, PacketView.TCP, Frames.tcp(80, 4_000, Frames.ACK, payload));
    }

    @Test
    void passesWhatHoldsNoForbiddenText() {
        assertThat(matcher.passes(forward(Frames.SYN, ""))).isTrue();
        assertThat(matcher.passes(forward(Frames.ACK, "GET /allowed"))).isTrue();
        assertThat(matcher.passes(new byte[60])).isTrue();
        assertThat(log).isEmpty();
    }

    @Test
    void dropsEverythingOfAConnectionAfterTheMatchBothWaysAndLogsOnce() {
        assertThat(matcher.passes(forward(Frames.ACK, "GET /forbidden HTTP"))).isFalse();
        assertThat(matcher.passes(forward(Frames.ACK, "harmless"))).isFalse();
        assertThat(matcher.passes(backward("harmless"))).isFalse();
        assertThat(log).containsExactly("blocked tcp 10.0.0.1:4000 -> 10.0.0.2:80 \"/forbidden\"");
    }

    @Test
    void newConnectionWithTheSamePortsStartsAfresh() {
        assertThat(matcher.passes(forward(Frames.ACK, "evil"))).isFalse();
        assertThat(matcher.passes(forward(Frames.SYN, ""))).isTrue();
        assertThat(matcher.passes(backward("ok"))).isTrue();
    }

    @Test
    void findsTextThatIsSplitOverTwoSegments() {
        assertThat(matcher.passes(forward(Frames.ACK, "GET /forb"))).isTrue();
        assertThat(matcher.passes(backward("idden"))).isTrue();
        assertThat(matcher.passes(forward(Frames.ACK, "idden"))).isFalse();
    }

    @Test
    void dropsOnlyTheMatchingDatagramOfUdp() {
        byte[] bad = Frames.ipv6(1, 2, PacketView.UDP, Frames.udp(5, 6, "evil".getBytes(StandardCharsets.UTF_8)));
        byte[] good = Frames.ipv6(1, 2, PacketView.UDP, Frames.udp(5, 6, "good".getBytes(StandardCharsets.UTF_8)));
        assertThat(matcher.passes(bad)).isFalse();
        assertThat(matcher.passes(good)).isTrue();
        assertThat(log).containsExactly("blocked udp [fd00::1]:5 -> [fd00::2]:6 \"evil\"");
    }

    @Test
    void looksBehindVlanTags() {
        assertThat(matcher.passes(Frames.ipv4(2, 1, 2, PacketView.TCP, Frames.tcp(9, 80, Frames.ACK, "evil"))))
                .isFalse();
    }

    @Test
    void idsAreFoundWhereverTheyStandAndDamageIsNoticed() {
        byte[] payload = IdPayload.make(IdPayload.id(7, 9), 100);
        byte[] frame = Frames.ipv4(1, 1, 2, PacketView.UDP, Frames.udp(5, 6, payload));
        List<Long> found = new ArrayList<>();
        IdPayload.scan(frame, found::add);
        assertThat(found).containsExactly(IdPayload.id(7, 9));
        assertThat(IdPayload.isIntact(payload, 100)).isTrue();
        payload[50]++;
        assertThat(IdPayload.isIntact(payload, 100)).isFalse();
        assertThat(IdPayload.isIntact(payload, 15)).isFalse();
    }

    @Test
    void randomAndTruncatedFramesNeverDisturbIt() {
        long seed = 20_26;
        Random random = new Random(seed);
        byte[] whole = Frames.ipv6(1, 2, PacketView.TCP, Frames.tcp(4_000, 80, Frames.ACK, "some text"));
        for (int length = 0; length < whole.length; length++) {
            PacketView.of(Arrays.copyOf(whole, length));
        }
        for (int i = 0; i < 100_000; i++) {
            byte[] frame = whole.clone();
            for (int n = random.nextInt(1, 6); n > 0; n--) {
                frame[random.nextInt(12, frame.length)] = (byte) random.nextInt();
            }
            int round = i;
            PacketView.of(frame)
                    .ifPresent(view -> assertThat(view.payloadOffset() + view.payloadBytes())
                            .as("seed %d round %d", seed, round)
                            .isLessThanOrEqualTo(frame.length));
            matcher.passes(frame);
        }
    }
}
