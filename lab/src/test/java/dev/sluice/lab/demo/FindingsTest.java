package dev.sluice.lab.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FindingsTest {
    private final Findings findings = new Findings();

    @Test
    void partWithoutALineIsNotMet() {
        findings.begin("nothing was looked at");
        assertThat(findings.lastPartMet()).isFalse();
    }

    @Test
    void onlyTheLastPartDecidesAboutItsStep() {
        findings.begin("first");
        findings.add("a", "1", "2", false);
        assertThat(findings.lastPartMet()).isFalse();
        findings.begin("second");
        findings.add("b", "2", "2", true);
        assertThat(findings.lastPartMet()).isTrue();
        assertThat(findings.unmetCount()).isEqualTo(1);
    }

    @Test
    void tableShowsMeasuredBesideExpectedWithAMarkForEachLine() {
        findings.begin("3 a download");
        findings.add("bytes", "1,000", "1,000", true);
        findings.add("packets at the firewall", "0", "> 0", false);
        assertThat(findings.render(new Marks("ok", "NO"))).isEqualTo("""
                  what was looked at       measured  expected
                3 a download
                  bytes                    1,000     1,000     ok
                  packets at the firewall  0         > 0       NO
                """);
    }
}
