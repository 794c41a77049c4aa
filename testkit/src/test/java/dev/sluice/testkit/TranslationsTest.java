package dev.sluice.testkit;

import static dev.sluice.testkit.TranslatedErrorsTest.CLIENT_MAC;
import static dev.sluice.testkit.TranslatedErrorsTest.LEFT;
import static dev.sluice.testkit.TranslatedErrorsTest.NODE_OUT;
import static dev.sluice.testkit.TranslatedErrorsTest.NODE_OUT_MAC;
import static dev.sluice.testkit.TranslatedErrorsTest.SERVER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.track.ConnectionTable;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which flow is which behind a node that translates, when hosts send the same, as pings of one kind are (V7; packet-life.md, RETURN). */
class TranslationsTest {
    private static final long MS = 1_000_000;

    private final MemorySwitch sluice = new MemorySwitch(TranslatedErrorsTest.snapshot(), 64);

    @AfterEach
    void close() {
        sluice.close();
    }

    private void sends(int host) {
        sluice.receive(LEFT, TranslatedErrorsTest.packet("10.0.0." + host + ":1000", SERVER, CLIENT_MAC, LEFT, 10));
    }

    private void comesOut(int host) {
        sluice.receive(
                NODE_OUT,
                TranslatedErrorsTest.packet("10.101.0.2:" + (5000 + host), SERVER, NODE_OUT_MAC, NODE_OUT, 10));
    }

    private int links() {
        ConnectionTable table = sluice.datapath().connections();
        return (int) IntStream.range(0, table.capacity())
                        .filter(table::isUsed)
                        .filter(slot -> table.linked(slot) >= 0)
                        .count()
                / 2;
    }

    @Test
    void hostsThatSendTheSameOneAfterTheOtherAreToldApart() {
        for (int host = 2; host < 6; host++) {
            sends(host);
            comesOut(host);
            assertThat(links()).isEqualTo(host - 1);
        }
    }

    @Test
    void thoseThatSendItAtOnceAreNotAndNobodyElseSuffersForLong() {
        sends(2);
        sends(3);
        comesOut(3);
        comesOut(2);
        assertThat(links()).isZero();
        sluice.advance(900 * MS);
        sends(4);
        comesOut(4);
        assertThat(links()).as("the others may still be under way").isZero();
        sluice.advance(1_000 * MS);
        sends(5);
        comesOut(5);
        assertThat(links()).isEqualTo(1);
    }
}
