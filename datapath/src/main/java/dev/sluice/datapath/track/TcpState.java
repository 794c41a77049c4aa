package dev.sluice.datapath.track;

/**
 * What the tracker knows of a TCP connection: a small machine driven by the flags of the packets it sees. Stateless; any thread.
 *
 * <p>It only decides how long a record lives and whether it may be evicted; it never drops a packet, so it needs no sequence numbers. It
 * follows RFC 9293 3.3.2 as far as an observer in the middle can. Direction 0 is that of the packet which created the record.
 *
 * <pre>
 *   from           packet                                          to
 *   ESTABLISHED, FIN_x, RESET_x  RST                               RESET_FORWARD or _REVERSE by its direction
 *   any other      RST                                             CLOSED
 *   NONE           SYN without ACK, direction 0                    SYN_SENT
 *   NONE           any other (mid-stream, or a SYN-ACK first)      PICKED_UP_FORWARD or _REVERSE by its direction
 *   PICKED_UP_x    without SYN or SYN-ACK, other direction         ESTABLISHED
 *   PICKED_UP_x    ACK without SYN, same direction, one-way record ESTABLISHED
 *   SYN_SENT       SYN from direction 1 (with ACK or simultaneous) SYN_RECEIVED
 *   SYN_SENT       ACK without SYN, direction 0, one-way record    ESTABLISHED
 *   SYN_RECEIVED   ACK without SYN, direction 0                    ESTABLISHED
 *   ESTABLISHED    FIN                                             FIN_FORWARD or FIN_REVERSE by its direction
 *   FIN_x          FIN of the other direction                      CLOSING
 *   RESET_x        ACK without SYN and RST of direction x          ESTABLISHED
 * </pre>
 *
 * <p>A packet that leads to ESTABLISHED and carries a FIN leads on to FIN_x. Everything else leaves the state as it is. CLOSING and CLOSED
 * are left only by a new connection, which has another record.
 *
 * <p>An RST of an established connection may be forged, with any sequence number: hosts take no such one (RFC 5961 3.2). Who really sent one says nothing more of that connection; so whoever goes on
 * after it did not send it. What the other side says may have been under way.
 */
public final class TcpState {
    /** TCP flag bits (RFC 9293 3.1), as in the flags byte. */
    public static final int FIN = 0x01;

    public static final int SYN = 0x02;
    public static final int RST = 0x04;
    public static final int ACK = 0x10;

    /** No packet seen yet, or not TCP. */
    public static final int NONE = 0;

    /** SYN seen, not answered. */
    public static final int SYN_SENT = 1;

    /** SYN answered by a SYN-ACK, or crossed by another SYN; not confirmed by the initiator. */
    public static final int SYN_RECEIVED = 2;

    /** Traffic in both directions. */
    public static final int ESTABLISHED = 3;

    /** FIN seen in direction 0. */
    public static final int FIN_FORWARD = 4;

    /** FIN seen in direction 1. */
    public static final int FIN_REVERSE = 5;

    /** FIN seen in both directions. */
    public static final int CLOSING = 6;

    /** RST seen before the connection was established, or after both FINs. */
    public static final int CLOSED = 7;

    /** Seen first in mid-stream, so far in direction 0 only. */
    public static final int PICKED_UP_FORWARD = 8;

    /** Seen first in mid-stream, so far in direction 1 only. */
    public static final int PICKED_UP_REVERSE = 9;

    /** RST seen in direction 0 of an established connection, and nothing more of it since. */
    public static final int RESET_FORWARD = 10;

    /** RST seen in direction 1 of an established connection, and nothing more of it since. */
    public static final int RESET_REVERSE = 11;

    private static final String[] NAMES = {
        "none",
        "syn-sent",
        "syn-received",
        "established",
        "fin-forward",
        "fin-reverse",
        "closing",
        "closed",
        "picked-up",
        "picked-up-reverse",
        "reset-forward",
        "reset-reverse"
    };

    private TcpState() {}

    /**
     * The state after a packet.
     *
     * @param state one of the constants of this class
     * @param direction 0 forward, 1 reverse
     * @param flags TCP flags byte
     * @param oneDirection whether the record only ever sees one direction, so that no answer will be seen
     */
    public static int next(int state, int direction, int flags, boolean oneDirection) {
        if ((flags & RST) != 0) {
            boolean over = isHalfOpen(state) || state == CLOSING || state == CLOSED;
            return over ? CLOSED : direction == 0 ? RESET_FORWARD : RESET_REVERSE;
        }
        boolean syn = (flags & SYN) != 0;
        boolean ack = (flags & ACK) != 0;
        return switch (state) {
            case NONE -> syn && !ack && direction == 0 ? SYN_SENT : pickedUp(direction);
            case PICKED_UP_FORWARD, PICKED_UP_REVERSE -> {
                boolean answers = pickedUp(direction) != state && (!syn || ack);
                yield answers || (oneDirection && ack && !syn) ? established(direction, flags) : state;
            }
            case SYN_SENT -> {
                if (syn && direction == 1) {
                    yield SYN_RECEIVED;
                }
                yield oneDirection && ack && !syn && direction == 0 ? established(direction, flags) : state;
            }
            case SYN_RECEIVED -> ack && !syn && direction == 0 ? established(direction, flags) : state;
            case ESTABLISHED -> established(direction, flags);
            case FIN_FORWARD -> direction == 1 && (flags & FIN) != 0 ? CLOSING : state;
            case FIN_REVERSE -> direction == 0 && (flags & FIN) != 0 ? CLOSING : state;
            case RESET_FORWARD -> ack && !syn && direction == 0 ? established(direction, flags) : state;
            case RESET_REVERSE -> ack && !syn && direction == 1 ? established(direction, flags) : state;
            default -> state;
        };
    }

    /** Whether no connection has been seen to be agreed on by both sides: such records are evicted first. */
    public static boolean isHalfOpen(int state) {
        return state < ESTABLISHED || isPickedUp(state);
    }

    /** Whether the connection was met in the middle and has not been established since. */
    public static boolean isPickedUp(int state) {
        return state == PICKED_UP_FORWARD || state == PICKED_UP_REVERSE;
    }

    /** Whether the connection is over: an RST or both FINs. */
    public static boolean isClosing(int state) {
        return state == CLOSING || state == CLOSED || isReset(state);
    }

    /** Whether an RST ended an established connection, unless it was forged. */
    public static boolean isReset(int state) {
        return state == RESET_FORWARD || state == RESET_REVERSE;
    }

    /** Whether more was seen than the packets that open a connection, so that a SYN asks for another one. */
    public static boolean isBeyondOpening(int state) {
        return state > SYN_RECEIVED;
    }

    /** Name of a state for people, in lower case. */
    public static String name(int state) {
        return state >= 0 && state < NAMES.length ? NAMES[state] : "unknown";
    }

    private static int pickedUp(int direction) {
        return direction == 0 ? PICKED_UP_FORWARD : PICKED_UP_REVERSE;
    }

    private static int established(int direction, int flags) {
        if ((flags & FIN) == 0) {
            return ESTABLISHED;
        }
        return direction == 0 ? FIN_FORWARD : FIN_REVERSE;
    }
}
