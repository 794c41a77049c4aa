package dev.sluice.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.liveness.TcpProbe.Meaning;
import dev.sluice.wire.Checksum;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Tcp;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The smallest client of RFC 9293 and RFC 9112 that there is: what it sends, what it believes. */
class TcpProbeTest {
    private static final int TCP = 34;
    private static final long NODE_FIRST = 0xffff_fff0L;
    private static final IpFrame HEADERS =
            new IpFrame(0, 0, IpAddress.ofIpv4(0x0a01_0001), IpAddress.ofIpv4(0x0a01_0002), 64);
    private static final byte[] REQUEST = TcpProbe.httpRequest("/healthz", "10.1.0.2");

    private final MemorySegment out = Arena.ofAuto().allocate(512);
    private final MemorySegment in = Arena.ofAuto().allocate(512);
    private final TcpProbe plain = new TcpProbe(HEADERS, 80, null);
    private final TcpProbe http = new TcpProbe(HEADERS, 80, REQUEST);

    /** What the node sends: acknowledges so many bytes behind the last frame's sequence number. */
    private Meaning hears(TcpProbe probe, int flags, long sequence, long acknowledges, String payload) {
        long last = Tcp.sequence(out, TCP);
        Tcp.setSourcePort(in, 0, 80);
        Tcp.setDestinationPort(in, 0, Tcp.sourcePort(out, TCP));
        Tcp.setSequence(in, 0, sequence & 0xffff_ffffL);
        Tcp.setAcknowledgment(in, 0, last + acknowledges & 0xffff_ffffL);
        Tcp.setHeaderBytes(in, 0, 20);
        Tcp.setFlags(in, 0, flags);
        byte[] bytes = payload.getBytes(StandardCharsets.US_ASCII);
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, in, 20, bytes.length);
        return probe.take(in, 0, 20 + bytes.length);
    }

    private void checkFrame(int frameBytes, int flags) {
        int tcpBytes = frameBytes - TCP;
        assertThat(Ipv4.check(out, 14, 20 + tcpBytes)).isEqualTo(20);
        assertThat(Ipv4.checksumOk(out, 14)).isTrue();
        assertThat(Tcp.check(out, TCP, tcpBytes)).isEqualTo(20);
        assertThat(Tcp.flags(out, TCP)).isEqualTo(flags);
        assertThat(Checksum.verify(out, Checksum.pseudoIpv4(out, 14, 6, tcpBytes), TCP, tcpBytes))
                .isTrue();
    }

    @Test
    void acceptedConnectionIsAnswerEnoughAndIsEndedAtOnce() {
        checkFrame(plain.writeSyn(out, 0, 7, 0x1234_5678_ffff_ffffL), Tcp.SYN);
        assertThat(Tcp.sequence(out, TCP)).isEqualTo(0xffff_ffffL);
        assertThat(hears(plain, Tcp.SYN | Tcp.ACK, NODE_FIRST, 1, "")).isEqualTo(Meaning.ANSWERED);
        checkFrame(plain.writeReset(out, 0), Tcp.RST | Tcp.ACK);
        assertThat(Tcp.sequence(out, TCP)).isZero();
        assertThat(Tcp.acknowledgment(out, TCP)).isEqualTo(NODE_FIRST + 1);
        assertThat(plain.round()).isEqualTo(7);
        assertThat(hears(plain, Tcp.SYN | Tcp.ACK, NODE_FIRST, 0, "")).isEqualTo(Meaning.NOTHING);
    }

    @Test
    void requestIsAnsweredByAGoodStatus() {
        http.writeSyn(out, 0, 1, 99);
        assertThat(hears(http, Tcp.SYN | Tcp.ACK, NODE_FIRST, 1, "")).isEqualTo(Meaning.ASK);
        int bytes = http.writeRequest(out, 0);
        checkFrame(bytes, Tcp.ACK | Tcp.PSH);
        byte[] sent = new byte[bytes - TCP - 20];
        MemorySegment.copy(out, TCP + 20, MemorySegment.ofArray(sent), 0, sent.length);
        assertThat(new String(sent, StandardCharsets.US_ASCII))
                .startsWith("GET /healthz HTTP/1.1\r\nHost: 10.1.0.2\r\n");
        int all = REQUEST.length;
        assertThat(hears(http, Tcp.ACK, NODE_FIRST + 1, all, "")).isEqualTo(Meaning.NOTHING);
        assertThat(hears(http, Tcp.ACK, NODE_FIRST + 9, all, "HTTP/1.1 200 OK")).isEqualTo(Meaning.NOTHING);
        assertThat(hears(http, Tcp.ACK, NODE_FIRST + 1, all, "HTTP/1.1 204 None"))
                .isEqualTo(Meaning.ANSWERED);
        checkFrame(http.writeReset(out, 0), Tcp.RST | Tcp.ACK);
        assertThat(Tcp.sequence(out, TCP)).isEqualTo(100 + all);
    }

    @Test
    void errorsAndOtherProtocolsAreNoAnswer() {
        for (String answer : new String[] {"HTTP/1.1 503 No", "SSH-2.0-OpenSSH", "HTTP/2.0 200 OK"}) {
            http.writeSyn(out, 0, 1, 99);
            hears(http, Tcp.SYN | Tcp.ACK, NODE_FIRST, 1, "");
            http.writeRequest(out, 0);
            assertThat(hears(http, Tcp.ACK, NODE_FIRST + 1, REQUEST.length, answer))
                    .isEqualTo(Meaning.REFUSED);
        }
        http.writeSyn(out, 0, 2, 99);
        hears(http, Tcp.SYN | Tcp.ACK, NODE_FIRST, 1, "");
        http.writeRequest(out, 0);
        assertThat(hears(http, Tcp.FIN | Tcp.ACK, NODE_FIRST + 1, REQUEST.length, ""))
                .isEqualTo(Meaning.REFUSED);
    }

    @Test
    void refusedConnectionIsNoAnswer() {
        plain.writeSyn(out, 0, 1, 99);
        assertThat(hears(plain, Tcp.RST | Tcp.ACK, 0, 1, "")).isEqualTo(Meaning.NOTHING);
        assertThat(hears(plain, Tcp.SYN | Tcp.ACK, NODE_FIRST, 1, "")).isEqualTo(Meaning.NOTHING);
    }

    @Test
    void whoHasNotSeenTheSynIsNotBelieved() {
        assertThat(plain.take(in, 0, 20)).isEqualTo(Meaning.FORGED);
        plain.writeSyn(out, 0, 1, 99);
        assertThat(hears(plain, Tcp.SYN | Tcp.ACK, NODE_FIRST, 0, "")).isEqualTo(Meaning.FORGED);
        assertThat(hears(plain, Tcp.SYN, NODE_FIRST, 1, "")).isEqualTo(Meaning.FORGED);
        Random random = new Random(4);
        for (int i = 0; i < 10_000; i++) {
            byte[] noise = new byte[random.nextInt(60)];
            random.nextBytes(noise);
            MemorySegment.copy(MemorySegment.ofArray(noise), 0, in, 0, noise.length);
            assertThat(plain.take(in, 0, noise.length)).isEqualTo(Meaning.FORGED);
        }
        assertThat(hears(plain, Tcp.SYN | Tcp.ACK, NODE_FIRST, 1, "")).isEqualTo(Meaning.ANSWERED);
        // The next round has another port.
        int before = Tcp.sourcePort(out, TCP);
        plain.writeSyn(out, 0, 2, 99);
        assertThat(Tcp.sourcePort(out, TCP)).isNotEqualTo(before);
    }
}
