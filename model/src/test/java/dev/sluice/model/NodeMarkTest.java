package dev.sluice.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.model.NodeMark.Side;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What aliases say, and which interfaces selectors mean (C9). */
class NodeMarkTest {
    @Test
    void markStandsAmongOtherWords() {
        assertThat(NodeMark.of("sluice:fw-1")).contains(new NodeMark("fw-1", Side.BOTH));
        assertThat(NodeMark.of("rack 7 sluice:fw-1/in spare")).contains(new NodeMark("fw-1", Side.IN));
        assertThat(NodeMark.of("sluice:a/b/out")).contains(new NodeMark("a/b", Side.OUT));
    }

    @Test
    void aliasWithoutAnIdentifierIsNoMark() {
        for (String alias : List.of("", "sluice", "sluice:", "sluice:/in", "xsluice:fw", "sluice:" + "x".repeat(254))) {
            assertThat(NodeMark.of(alias)).as(alias).isEmpty();
        }
    }

    @Test
    void starsStandForAnything() {
        assertThat(Glob.fits("tap*", "tap")).isTrue();
        assertThat(Glob.fits("*a*b", "xxaxxaxxb")).isTrue();
        assertThat(Glob.fits("*a*b", "xxaxxaxxbc")).isFalse();
        assertThat(Glob.fits("tap", "tap0")).isFalse();
        assertThat(Glob.fits("", "")).isTrue();
        // A pattern that takes time for ever where each star is tried against each other.
        assertThat(Glob.fits("*a".repeat(100) + "b", "a".repeat(255))).isFalse();
    }

    @Test
    void ofEachListOneHasToFit() {
        InterfaceSelector all = new InterfaceSelector(List.of("tap*", "vnet*"), List.of("02:*"), List.of());
        assertThat(all.fits("vnet3", 0x02_00_00_00_00_01L, "")).isTrue();
        assertThat(all.fits("vnet3", 0x06_00_00_00_00_01L, "")).isFalse();
        assertThat(all.fits("eth0", 0x02_00_00_00_00_01L, "")).isFalse();
        assertThat(new InterfaceSelector(List.of(), List.of(), List.of()).fits("eth0", 0, ""))
                .isFalse();
    }
}
