package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class LogSetupTest {
    private static String line(OutputFormat format) {
        LoggerContext context = new LoggerContext();
        LoggingEvent event = new LoggingEvent(
                "x",
                context.getLogger("dev.sluice.agent"),
                Level.WARN,
                "port {} is {}",
                new IllegalStateException("gone\nfor good"),
                new Object[] {"\"left\"", "down"});
        return new String(
                LogSetup.encoder(context, format.toString().toLowerCase(Locale.ROOT))
                        .encode(event),
                StandardCharsets.UTF_8);
    }

    @Test
    void programsGetOneObjectPerLineWithTheWholeSentence() {
        String line = line(OutputFormat.JSON);
        assertThat(line.strip()).doesNotContain("\n");
        JsonNode json = new JsonMapper().readTree(line);
        assertThat(json.path("formattedMessage").asString()).isEqualTo("port \"left\" is down");
        assertThat(json.path("level").asString()).isEqualTo("WARN");
        assertThat(json.path("loggerName").asString()).isEqualTo("dev.sluice.agent");
        assertThat(json.path("timestamp").asLong()).isPositive();
        assertThat(json.path("throwable").path("message").asString()).startsWith("gone");
    }

    @Test
    void peopleGetASentence() {
        assertThat(line(OutputFormat.TEXT)).contains("WARN  port \"left\" is down");
    }
}
