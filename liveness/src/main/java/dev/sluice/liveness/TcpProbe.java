package dev.sluice.liveness;

import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.Tcp;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One connection after the other to a port of a node, each for one round of probes (docs/reference/probes.md, tcp and http; RFC 9293): SYN, SYN-ACK, and with a request the
 * first segment of the answer; then RST, so that nothing is left at the node. Nothing is sent again: what is lost is a round that is lost. One user: the worker;
 * allocates nothing.
 *
 * <p>Only segments are believed that acknowledge the random number of this round's SYN.
 */
public final class TcpProbe {
    /** What a segment of the node means. */
    public enum Meaning {
        /** It is none of this connection. */
        FORGED,
        /** Of this connection, and nothing is to be done. */
        NOTHING,
        /** The request is to be sent: {@link #writeRequest}. */
        ASK,
        /** The round is answered; the connection is to be ended: {@link #writeReset}. */
        ANSWERED,
        /** The node refuses, or answers with an error: the connection is to be ended, the round is lost. */
        REFUSED
    }

    private enum State {
        IDLE,
        SYN_SENT,
        REQUESTED,
        OVER
    }

    private static final int PORT_FIRST = 32_768;
    private static final int PORTS = 28_232;
    private static final int WINDOW = 8_192;
    private static final long MODULUS = 0xffff_ffffL;

    /** "HTTP/1." and a digit, a blank, three digits. */
    private static final int STATUS_LINE_BYTES = 12;

    private static final byte[] VERSION = "HTTP/1.".getBytes(StandardCharsets.US_ASCII);

    private final IpFrame headers;
    private final int nodePort;
    private final byte @Nullable [] request;
    private State state = State.IDLE;
    private long round;
    private long first;
    private long nodeNext;
    private int port;

    /** @param request what is sent once the node has accepted; null: to accept is answer enough */
    public TcpProbe(IpFrame headers, int nodePort, byte @Nullable [] request) {
        this.headers = headers;
        this.nodePort = nodePort;
        this.request = request;
    }

    /** The request for a path (RFC 9112), of a host of that name. */
    public static byte[] httpRequest(String path, String host) {
        return ("GET " + path + " HTTP/1.1\r\nHost: " + host
                        + "\r\nUser-Agent: sluice\r\nAccept: */*\r\nConnection: close\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** Largest frame in bytes. */
    public int bytesMax() {
        return headers.headerBytes() + Tcp.BYTES + (request == null ? 0 : request.length);
    }

    /** The headers. */
    public IpFrame headers() {
        return headers;
    }

    /** Number of the round that the connection is for. */
    public long round() {
        return round;
    }

    /** Begins a connection; length of the frame without MAC addresses that it wrote: a SYN. */
    public int writeSyn(MemorySegment f, long start, long newRound, long random) {
        round = newRound;
        first = random & MODULUS;
        // Another port each time: the node may remember the one before.
        port = PORT_FIRST + (int) (newRound % PORTS);
        state = State.SYN_SENT;
        return write(f, start, first, 0, Tcp.SYN, null);
    }

    /** Answers the node's SYN with the request. */
    public int writeRequest(MemorySegment f, long start) {
        return write(f, start, first + 1, nodeNext, Tcp.ACK | Tcp.PSH, request);
    }

    /** Ends the connection at the node. */
    public int writeReset(MemorySegment f, long start) {
        long sent = request == null || state == State.SYN_SENT ? 0 : request.length;
        state = State.OVER;
        return write(f, start, first + 1 + sent, nodeNext, Tcp.RST | Tcp.ACK, null);
    }

    private int write(
            MemorySegment f, long start, long sequence, long acknowledgment, int flags, byte @Nullable [] payload) {
        long tcp = start + headers.headerBytes();
        int bytes = Tcp.BYTES + (payload == null ? 0 : payload.length);
        Tcp.setSourcePort(f, tcp, port);
        Tcp.setDestinationPort(f, tcp, nodePort);
        Tcp.setSequence(f, tcp, sequence & MODULUS);
        Tcp.setAcknowledgment(f, tcp, acknowledgment & MODULUS);
        Tcp.setHeaderBytes(f, tcp, Tcp.BYTES);
        Tcp.setFlags(f, tcp, flags);
        Tcp.setWindow(f, tcp, WINDOW);
        Tcp.setChecksum(f, tcp, 0);
        Tcp.setUrgentPointer(f, tcp, 0);
        for (int i = 0; payload != null && i < payload.length; i++) {
            Layouts.putU8(f, tcp + Tcp.BYTES + i, payload[i]);
        }
        headers.write(f, start, IpProtocols.TCP, bytes, (int) round & 0xffff);
        Tcp.setChecksum(f, tcp, headers.checksum(f, tcp, IpProtocols.TCP, bytes, Tcp.CHECKSUM_OFFSET));
        return headers.headerBytes() + bytes;
    }

    /** Takes a segment from the node's address and port. */
    public Meaning take(MemorySegment f, long tcp, int bytes) {
        if (state == State.IDLE || Tcp.check(f, tcp, bytes) < 0 || Tcp.destinationPort(f, tcp) != port) {
            return Meaning.FORGED;
        }
        int flags = Tcp.flags(f, tcp);
        long sequence = Tcp.sequence(f, tcp);
        boolean ofSyn = Tcp.acknowledgment(f, tcp) == (first + 1 & MODULUS);
        boolean ofRequest = request != null && Tcp.acknowledgment(f, tcp) == (first + 1 + request.length & MODULUS);
        if ((flags & Tcp.ACK) == 0 || !(ofSyn || ofRequest)) {
            return Meaning.FORGED;
        }
        return switch (state) {
            case IDLE, OVER -> Meaning.NOTHING;
            case SYN_SENT -> ofSyn ? opened(flags, sequence) : Meaning.FORGED;
            case REQUESTED -> answered(f, tcp, bytes, flags, sequence);
        };
    }

    private Meaning opened(int flags, long sequence) {
        if ((flags & Tcp.RST) != 0) {
            state = State.OVER;
            return Meaning.NOTHING;
        }
        if ((flags & Tcp.SYN) == 0) {
            return Meaning.NOTHING;
        }
        nodeNext = sequence + 1 & MODULUS;
        if (request == null) {
            return Meaning.ANSWERED;
        }
        state = State.REQUESTED;
        return Meaning.ASK;
    }

    private Meaning answered(MemorySegment f, long tcp, int bytes, int flags, long sequence) {
        if (sequence != nodeNext) {
            return Meaning.NOTHING;
        }
        int header = Tcp.headerBytes(f, tcp);
        if (bytes - header >= STATUS_LINE_BYTES) {
            return isGood(f, tcp + header) ? Meaning.ANSWERED : Meaning.REFUSED;
        }
        boolean ends = (flags & (Tcp.RST | Tcp.FIN)) != 0;
        return ends ? Meaning.REFUSED : Meaning.NOTHING;
    }

    /** Whether a status line says 200 to 399 (RFC 9112 4). */
    private static boolean isGood(MemorySegment f, long at) {
        for (int i = 0; i < VERSION.length; i++) {
            if (Layouts.u8(f, at + i) != VERSION[i]) {
                return false;
            }
        }
        int hundreds = Layouts.u8(f, at + 9);
        return Layouts.u8(f, at + 8) == ' ' && (hundreds == '2' || hundreds == '3');
    }
}
