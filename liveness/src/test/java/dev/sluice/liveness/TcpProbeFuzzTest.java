package dev.sluice.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.fuzz.Damage;
import dev.sluice.fuzz.FuzzTarget;
import dev.sluice.liveness.TcpProbe.Meaning;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.Tcp;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Damaged answers of a node to TCP and HTTP probes: a meaning, never an exception, a read too far or a good word for a segment of another connection. */
class TcpProbeFuzzTest {
    private static final int ANSWERS = 200_000;
    private static final int ANSWERS_OF_CHECK = 50_000;
    private static final int PORT = 80;
    private static final byte[] REQUEST = TcpProbe.httpRequest("/healthz", "10.1.0.2");
    private static final List<IpFrame> HEADERS = List.of(
            new IpFrame(0, 0, IpAddress.ofIpv4(0x0a01_0001), IpAddress.ofIpv4(0x0a01_0002), 64),
            new IpFrame(0x8100_0007, 0, new IpAddress(1, 1), new IpAddress(1, 2), 64));
    private static final List<String> STATUS_LINES = List.of(
            "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.0 399 Yes\r\n", "HTTP/1.1 503 No\r\n\r\n", "", "SSH-2.0-OpenSSH_9\r\n");

    /** A probe and what it sent last. */
    private static final class Life {
        final TcpProbe probe;
        final MemorySegment out;
        final long tcp;
        final long nodeFirst;

        Life(Random random, Arena arena) {
            IpFrame headers = HEADERS.get(random.nextInt(HEADERS.size()));
            probe = new TcpProbe(headers, PORT, random.nextBoolean() ? REQUEST : null);
            out = arena.allocate(probe.bytesMax());
            tcp = headers.headerBytes();
            nodeFirst = random.nextInt() & 0xffff_ffffL;
            probe.writeSyn(out, 0, random.nextInt(1 << 20), random.nextLong());
        }

        /** A segment that acknowledges all that was sent. */
        byte[] segment(int flags, long sequence, long acknowledges, String payload) {
            byte[] text = payload.getBytes(StandardCharsets.US_ASCII);
            byte[] bytes = new byte[Tcp.BYTES + text.length];
            MemorySegment f = MemorySegment.ofArray(bytes);
            Tcp.setSourcePort(f, 0, PORT);
            Tcp.setDestinationPort(f, 0, Tcp.sourcePort(out, tcp));
            Tcp.setSequence(f, 0, sequence & 0xffff_ffffL);
            Tcp.setAcknowledgment(f, 0, Tcp.sequence(out, tcp) + acknowledges & 0xffff_ffffL);
            Tcp.setHeaderBytes(f, 0, Tcp.BYTES);
            Tcp.setFlags(f, 0, flags);
            System.arraycopy(text, 0, bytes, Tcp.BYTES, text.length);
            return bytes;
        }

        Meaning take(byte[] segment) {
            Meaning meaning = probe.take(MemorySegment.ofArray(segment), 0, segment.length);
            switch (meaning) {
                case ASK -> probe.writeRequest(out, 0);
                case ANSWERED, REFUSED -> probe.writeReset(out, 0);
                case FORGED, NOTHING -> {}
            }
            return meaning;
        }
    }

    private static long run(long seed, int executions) {
        Random random = new Random(seed);
        int answered = 0;
        for (int i = 0; i < executions; ) {
            try (Arena arena = Arena.ofConfined()) {
                Life life = new Life(random, arena);
                for (int step = random.nextInt(6); step >= 0; step--, i++) {
                    answered += step(random, life, i) == Meaning.ANSWERED ? 1 : 0;
                }
            }
        }
        // Or none of them would have got beyond the first checks.
        assertThat(answered).isGreaterThan(executions / 100);
        return executions;
    }

    private static Meaning step(Random random, Life life, int i) {
        int sent = Tcp.flags(life.out, life.tcp) == Tcp.SYN ? 1 : REQUEST.length;
        byte[] sound = sent == 1
                ? life.segment(Tcp.SYN | Tcp.ACK, life.nodeFirst, 1, "")
                : life.segment(
                        Tcp.ACK, life.nodeFirst + 1, sent, STATUS_LINES.get(random.nextInt(STATUS_LINES.size())));
        byte[] segment = random.nextBoolean() ? sound : Damage.bytes(random, sound);
        try {
            Meaning meaning = life.take(segment);
            MemorySegment f = MemorySegment.ofArray(segment);
            if (meaning != Meaning.FORGED) {
                assertThat(Tcp.check(f, 0, segment.length)).isPositive();
                assertThat(Tcp.flags(f, 0) & Tcp.ACK).isNotZero();
            }
            return meaning;
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("segment " + i + ": " + HexFormat.of().formatHex(segment), e);
        }
    }

    private static FuzzTarget target(int executions) {
        return new FuzzTarget(
                "answers to TCP and HTTP probes",
                "TcpProbeFuzzTest#damagedAnswersOfManySeeds",
                seed -> run(seed, executions));
    }

    @Test
    void damagedAnswersGetAMeaning() {
        target(ANSWERS_OF_CHECK).once(1);
    }

    @Test
    @Tag("campaign")
    void damagedAnswersOfManySeeds() {
        target(ANSWERS).run();
    }
}
