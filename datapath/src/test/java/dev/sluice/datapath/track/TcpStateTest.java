package dev.sluice.datapath.track;

import static dev.sluice.datapath.track.TcpState.ACK;
import static dev.sluice.datapath.track.TcpState.FIN;
import static dev.sluice.datapath.track.TcpState.RST;
import static dev.sluice.datapath.track.TcpState.SYN;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** RFC 9293 3.3.2 as an observer in the middle sees it. */
class TcpStateTest {
    private static final int FORWARD = 0;
    private static final int REVERSE = 1;

    private int state = TcpState.NONE;

    @Test
    void followsHandshakeAndBothFins() {
        see(FORWARD, SYN, TcpState.SYN_SENT);
        see(FORWARD, SYN, TcpState.SYN_SENT);
        see(REVERSE, SYN | ACK, TcpState.SYN_RECEIVED);
        see(REVERSE, SYN | ACK, TcpState.SYN_RECEIVED);
        see(FORWARD, ACK, TcpState.ESTABLISHED);
        see(REVERSE, SYN | ACK, TcpState.ESTABLISHED);
        see(REVERSE, FIN | ACK, TcpState.FIN_REVERSE);
        see(REVERSE, FIN | ACK, TcpState.FIN_REVERSE);
        see(FORWARD, ACK, TcpState.FIN_REVERSE);
        see(FORWARD, FIN | ACK, TcpState.CLOSING);
        see(REVERSE, ACK, TcpState.CLOSING);
    }

    @Test
    void followsSimultaneousOpen() {
        see(FORWARD, SYN, TcpState.SYN_SENT);
        see(REVERSE, SYN, TcpState.SYN_RECEIVED);
        see(FORWARD, SYN | ACK, TcpState.SYN_RECEIVED);
        see(FORWARD, ACK, TcpState.ESTABLISHED);
    }

    @Test
    void picksUpConnectionInMidStreamAfterTrafficInBothDirections() {
        see(FORWARD, ACK, TcpState.PICKED_UP_FORWARD);
        see(FORWARD, ACK, TcpState.PICKED_UP_FORWARD);
        see(REVERSE, SYN, TcpState.PICKED_UP_FORWARD);
        see(REVERSE, ACK, TcpState.ESTABLISHED);
        state = TcpState.NONE;
        see(REVERSE, SYN | ACK, TcpState.PICKED_UP_REVERSE);
        see(FORWARD, FIN | ACK, TcpState.FIN_FORWARD);
    }

    @Test
    void establishesConnectionOfWhichOneDirectionIsSeen() {
        assertThat(TcpState.next(TcpState.SYN_SENT, FORWARD, ACK, false)).isEqualTo(TcpState.SYN_SENT);
        assertThat(TcpState.next(TcpState.SYN_SENT, FORWARD, ACK, true)).isEqualTo(TcpState.ESTABLISHED);
        assertThat(TcpState.next(TcpState.PICKED_UP_FORWARD, FORWARD, ACK, true))
                .isEqualTo(TcpState.ESTABLISHED);
    }

    @Test
    void endsAtRstFromAnyState() {
        for (int from = TcpState.NONE; from <= TcpState.RESET_REVERSE; from++) {
            assertThat(TcpState.isClosing(TcpState.next(from, REVERSE, RST | ACK, false)))
                    .isTrue();
            assertThat(TcpState.name(from)).isNotEqualTo("unknown");
        }
        assertThat(TcpState.next(TcpState.SYN_SENT, REVERSE, RST | ACK, false)).isEqualTo(TcpState.CLOSED);
        assertThat(TcpState.next(TcpState.CLOSING, REVERSE, RST, false)).isEqualTo(TcpState.CLOSED);
    }

    /** RFC 5961 3.2: hosts take no RST whose sequence number is not the next one, which nobody here knows. */
    @Test
    void whoeverGoesOnAfterAnRstDidNotSendIt() {
        state = TcpState.ESTABLISHED;
        see(FORWARD, RST, TcpState.RESET_FORWARD);
        see(REVERSE, ACK, TcpState.RESET_FORWARD);
        see(FORWARD, SYN, TcpState.RESET_FORWARD);
        see(REVERSE, SYN | ACK, TcpState.RESET_FORWARD);
        see(FORWARD, ACK, TcpState.ESTABLISHED);
        see(FORWARD, RST, TcpState.RESET_FORWARD);
        see(REVERSE, RST | ACK, TcpState.RESET_REVERSE);
        see(FORWARD, ACK, TcpState.RESET_REVERSE);
        see(REVERSE, FIN | ACK, TcpState.FIN_REVERSE);
        see(FORWARD, RST | ACK, TcpState.RESET_FORWARD);
    }

    @Test
    void answersAStateForEachCombination() {
        for (int from = TcpState.NONE; from <= TcpState.RESET_REVERSE; from++) {
            for (int flags = 0; flags < 256; flags++) {
                for (int direction = 0; direction < 2; direction++) {
                    int to = TcpState.next(from, direction, flags, false);
                    assertThat(to).isBetween(TcpState.SYN_SENT, TcpState.RESET_REVERSE);
                    // Nothing leads from an agreed or finished connection back to a half-open one.
                    assertThat(!TcpState.isHalfOpen(from) && TcpState.isHalfOpen(to))
                            .isFalse();
                    boolean goesOn = TcpState.isReset(from) && (flags & (SYN | RST | ACK)) == ACK;
                    assertThat(TcpState.isClosing(from) && !TcpState.isClosing(to) && !goesOn)
                            .isFalse();
                }
            }
        }
    }

    private void see(int direction, int flags, int expected) {
        state = TcpState.next(state, direction, flags, false);
        assertThat(TcpState.name(state)).isEqualTo(TcpState.name(expected));
    }
}
