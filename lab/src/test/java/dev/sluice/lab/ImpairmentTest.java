package dev.sluice.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ImpairmentTest {
    private static final int FRAME_COUNT = 10_000;

    private static Impairment.Settings settings(double loss, double duplicate, double reorder, long seed) {
        return new Impairment.Settings(loss, duplicate, reorder, 5_000_000, 1_000_000, 500_000, seed);
    }

    private static List<Long> fates(Impairment impairment) {
        List<Long> fates = new ArrayList<>();
        for (long nowNs = 0; nowNs < FRAME_COUNT * 1_000L; nowNs += 1_000) {
            fates.add(impairment.dueNs(nowNs));
            fates.add(impairment.duplicate() ? 1L : 0L);
        }
        return fates;
    }

    @Test
    void sameSeedGivesSameFates() {
        assertThat(fates(new Impairment(settings(0.1, 0.1, 0.1, 42))))
                .isEqualTo(fates(new Impairment(settings(0.1, 0.1, 0.1, 42))))
                .isNotEqualTo(fates(new Impairment(settings(0.1, 0.1, 0.1, 43))));
    }

    @Test
    void ratesAreKept() {
        Impairment impairment = new Impairment(settings(0.1, 0.05, 0.02, 42));
        fates(impairment);
        RelayFigures figures = impairment.figures();
        assertThat(figures.receivedCount()).isEqualTo(FRAME_COUNT);
        assertThat(figures.lostCount()).isBetween(850L, 1_150L);
        assertThat(figures.duplicatedCount()).isBetween(350L, 550L);
        assertThat(figures.reorderedCount()).isBetween(120L, 250L);
    }

    @Test
    void lossOfOneFrameDoesNotChangeTheFateOfOthers() {
        Impairment lossy = new Impairment(settings(0.5, 0.1, 0, 42));
        Impairment lossless = new Impairment(settings(0, 0.1, 0, 42));
        for (int i = 0; i < FRAME_COUNT; i++) {
            boolean lost = lossy.dueNs(0) == Impairment.LOST;
            lossless.dueNs(0);
            if (!lost) {
                assertThat(lossy.duplicate()).isEqualTo(lossless.duplicate());
            }
        }
    }

    @Test
    void jitterDelaysButNeverReorders() {
        Impairment impairment = new Impairment(settings(0, 0, 0, 42));
        long before = 0;
        for (long nowNs = 0; nowNs < 1_000_000; nowNs += 100) {
            long due = impairment.dueNs(nowNs);
            assertThat(due).isGreaterThanOrEqualTo(before).isBetween(nowNs + 1_000_000, nowNs + 1_500_000 + 500_000);
            before = due;
        }
    }

    @Test
    void refusesRatesAndTimesOutsideTheirRange() {
        assertThatThrownBy(() -> settings(1.5, 0, 0, 1)).hasMessage("impairment lossRate 1.5 is outside 0..1");
        assertThatThrownBy(() -> settings(Double.NaN, 0, 0, 1)).hasMessageContaining("lossRate NaN");
        assertThatThrownBy(() -> new Impairment.Settings(0, 0, 0, 0, -1, 0, 1)).hasMessageContaining("delayNs -1");
    }

    @Test
    void figuresSurviveTheirText() {
        RelayFigures figures = new RelayFigures(4, 3, 2, 1);
        assertThat(RelayFigures.parse("forward " + figures)).isEqualTo(figures);
    }
}
