package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TopTextTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "7, 7",
        "7.25, 7.3",
        "42.4, 42",
        "999.4, 999",
        "12345, 12.3k",
        "999999999, 1.0G",
        "123456789, 123M"
    })
    void ratesHaveThreeDigits(double value, String text) {
        assertThat(TopText.number(value)).isEqualTo(text);
    }

    @Test
    void intervalOutsideItsRangeIsWrongUsage() {
        for (String wrong : new String[] {"0", "-1", "NaN", "4000", "x"}) {
            assertThat(Cli.run("top", "--interval", wrong).status()).as(wrong).isEqualTo(ExitCode.USAGE);
        }
    }

    @ParameterizedTest
    @CsvSource({"9465", "127.0.0.1", "host.example:9465", "127.0.0.1:70000", "::1:9465", "[127.0.0.1]:9465"})
    void metricsAddressThatIsNoneIsRefused(String address) {
        Cli run = Cli.run("run", "-f", "/nowhere", "--metrics", address);
        assertThat(run.status()).isEqualTo(ExitCode.FAILED);
        assertThat(run.err()).contains("write 127.0.0.1:9465 or [::1]:9465");
    }
}
