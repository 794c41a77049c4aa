package dev.sluice.agent.sight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.Yaml;
import dev.sluice.fuzz.Damage;
import dev.sluice.fuzz.FuzzTarget;
import dev.sluice.model.Configuration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Damaged words of {@code trace --packet}, and damaged frames of {@code trace --hex} through a data path: an answer, or a message that says what is wrong. */
class PacketTextFuzzTest {
    private static final int TEXTS = 20_000;
    private static final int TEXTS_OF_CHECK = 5_000;
    private static final int QUESTIONS = 100;
    private static final Configuration OBJECTS = Yaml.parse(Yaml.bridge());
    private static final List<String> PACKETS = List.of(
            "tcp 10.0.0.1:1234 > 10.0.0.2:80 syn ttl=3 len=65000",
            "udp [2001:db8::1]:53 > [2001:db8::2]:5353 dscp=46 vlan=7 inner-vlan=8",
            "src=10.0.0.1 dst=10.0.0.2 proto=gre df smac=02:00:00:00:00:01 dmac=02:00:00:00:00:02",
            "icmpv6 fe80::1 > ff02::1 ttl=255",
            "tcp 10.0.0.1:1 > 10.0.0.2:2 flags=SAFRPU",
            "sctp 10.0.0.1:1 > 10.0.0.2:2");

    private static long texts(long seed, int executions) {
        Random random = new Random(seed);
        int understood = 0;
        for (int i = 0; i < executions; i++) {
            String text = Damage.text(random, PACKETS);
            try {
                assertThat(PacketText.frame(text, 1, 2)).hasSizeGreaterThanOrEqualTo(34);
                understood++;
            } catch (NodeException e) {
                assertThat(e.getMessage()).startsWith("packet: ").hasSizeLessThan(500);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("text " + i + ": " + text, e);
            }
        }
        assertThat(understood).isBetween(executions / 100, executions * 9 / 10);
        return executions;
    }

    private static long questions(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < QUESTIONS; i++) {
            String hex = hex(random);
            try {
                Foreteller.ofFiles(OBJECTS, Optional.empty(), Map.of("port", "left", "hex", hex));
            } catch (NodeException e) {
                assertThat(e.getMessage()).startsWith("hex ");
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("question " + i + ": " + hex, e);
            }
        }
        return QUESTIONS;
    }

    /** Mostly digits of a damaged frame, sometimes damaged digits. */
    private static String hex(Random random) {
        try {
            byte[] frame = PacketText.frame(PACKETS.get(1 + random.nextInt(PACKETS.size() - 1)), 1, 2);
            String hex = HexFormat.of().formatHex(Damage.bytes(random, frame));
            return random.nextInt(4) == 0 ? Damage.text(random, List.of(hex)) : hex;
        } catch (NodeException e) {
            throw new AssertionError(e);
        }
    }

    private static FuzzTarget texts(int executions) {
        return new FuzzTarget(
                "packets in words", "PacketTextFuzzTest#damagedWordsOfManySeeds", seed -> texts(seed, executions));
    }

    private static FuzzTarget questions() {
        return new FuzzTarget(
                "frames in hexadecimal, foretold",
                "PacketTextFuzzTest#damagedFramesOfManySeeds",
                PacketTextFuzzTest::questions);
    }

    @Test
    void damagedWordsAreAPacketOrSayWhatIsWrong() {
        texts(TEXTS_OF_CHECK).once(1);
    }

    @Test
    void damagedFramesAreForetold() {
        questions().once(1);
    }

    @Test
    @Tag("campaign")
    void damagedWordsOfManySeeds() {
        texts(TEXTS).run();
    }

    @Test
    @Tag("campaign")
    void damagedFramesOfManySeeds() {
        questions().run();
    }
}
