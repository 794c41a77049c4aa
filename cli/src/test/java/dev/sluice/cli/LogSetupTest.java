package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class LogSetupTest {
    private static String line(OutputFormat format) {
        return line(format, false);
    }

    private static String line(OutputFormat format, boolean journal) {
        LoggerContext context = new LoggerContext();
        LoggingEvent event = new LoggingEvent(
                "x",
                context.getLogger("dev.sluice.agent"),
                Level.WARN,
                "port {} is {}",
                new IllegalStateException("gone\nfor good"),
                new Object[] {"\"left\"", "down"});
        return new String(
                LogSetup.encoder(context, format.toString().toLowerCase(Locale.ROOT), journal)
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

    /** Classes of commands are loaded, with their loggers, before anybody has read what the user wants to hear. */
    @Test
    void loggersThatWereMadeBeforeFollow() {
        Logger early = LoggerFactory.getLogger("early");
        try {
            LogSetup.use(LogOptions.Level.WARN, OutputFormat.TEXT);
            assertThat(early.isInfoEnabled()).isFalse();
            LogSetup.use(LogOptions.Level.INFO, OutputFormat.TEXT);
            assertThat(early.isInfoEnabled()).isTrue();
        } finally {
            LogSetup.use(LogOptions.Level.WARN, OutputFormat.TEXT);
        }
    }

    @Test
    void peopleGetASentence() {
        assertThat(line(OutputFormat.TEXT))
                .containsPattern("(?m)^20[0-9-]{8}T[0-9:]{8}\\.[0-9]{3}(Z|[+-][0-9:]{5}) WARN  port \"left\" is down$");
    }

    @Test
    void journalGetsThePriorityOfEachLine() {
        assertThat(line(OutputFormat.TEXT, true))
                .startsWith("<4>WARN  port \"left\" is down\n<4>")
                .contains("\n<4>for good\n");
        assertThat(line(OutputFormat.JSON, true)).startsWith("<4>{");
    }

    @Test
    void journalIsToldByDeviceAndInodeOfTheStream(@TempDir Path folder) throws IOException {
        Path stream = Files.writeString(folder.resolve("stream"), "");
        Map<String, Object> file = Files.readAttributes(stream, "unix:dev,ino");
        String itself = file.get("dev") + ":" + file.get("ino");
        assertThat(LogSetup.isJournal(itself, stream)).isTrue();
        assertThat(LogSetup.isJournal(itself, folder)).isFalse();
        assertThat(LogSetup.isJournal(itself, folder.resolve("gone"))).isFalse();
        assertThat(LogSetup.isJournal(null, stream)).isFalse();
    }
}
