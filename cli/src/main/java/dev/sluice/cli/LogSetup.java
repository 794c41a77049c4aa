package dev.sluice.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Logs go to stderr: stdout belongs to the command's result. Logback finds this class as a service, at the first logger; in code because reading
 * its XML would cost every command 150 ms.
 */
public final class LogSetup extends ContextAwareBase implements Configurator {
    private static final String LEVEL = "sluice.log.level";
    private static final String FORMAT = "sluice.log.format";
    private static final Path STDERR = Path.of("/proc/self/fd/2");

    /** Instead of warnings as text, which all other commands have. */
    static void use(LogOptions.Level level, OutputFormat format) {
        System.setProperty(LEVEL, level.toString());
        System.setProperty(FORMAT, format.toString());
        // A class that was loaded before may have made the first logger.
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        new LogSetup().configure(context);
    }

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        ConsoleAppender<ILoggingEvent> stderr = new ConsoleAppender<>();
        stderr.setContext(context);
        stderr.setName("stderr");
        stderr.setTarget("System.err");
        stderr.setEncoder(encoder(
                context, System.getProperty(FORMAT, "text"), isJournal(System.getenv("JOURNAL_STREAM"), STDERR)));
        stderr.start();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.toLevel(System.getProperty(LEVEL, "warn"), Level.WARN));
        root.addAppender(stderr);
        // Each frame of its connections would be a line.
        context.getLogger("io.grpc").setLevel(Level.WARN);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    /**
     * Whether what is written there is read by the journal of systemd (systemd.exec(5)): a process may have inherited the variable, and write elsewhere.
     *
     * @param stream device and inode, as {@code JOURNAL_STREAM} says; null outside of systemd
     */
    static boolean isJournal(@Nullable String stream, Path stderr) {
        if (stream == null) {
            return false;
        }
        try {
            Map<String, Object> file = Files.readAttributes(stderr, "unix:dev,ino");
            return stream.equals(file.get("dev") + ":" + file.get("ino"));
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /** As syslog numbers them; the journal takes it from the beginning of a line (sd-daemon(3)). */
    private static String priority(Level level) {
        return switch (level.toInt()) {
            case Level.ERROR_INT -> "<3>";
            case Level.WARN_INT -> "<4>";
            case Level.INFO_INT -> "<6>";
            default -> "<7>";
        };
    }

    /** Each line with its priority. */
    private static final class OfJournal extends PatternLayout {
        @Override
        public String doLayout(ILoggingEvent event) {
            return super.doLayout(event).replaceAll("(?m)^(?=.)", priority(event.getLevel()));
        }
    }

    /** The object with its priority in front, which the journal takes away. */
    private static final class JsonOfJournal extends JsonEncoder {
        @Override
        public byte[] encode(ILoggingEvent event) {
            byte[] priority = priority(event.getLevel()).getBytes(StandardCharsets.US_ASCII);
            byte[] object = super.encode(event);
            byte[] line = Arrays.copyOf(priority, priority.length + object.length);
            System.arraycopy(object, 0, line, priority.length, object.length);
            return line;
        }
    }

    /** @param journal whether the journal of systemd reads it */
    static Encoder<ILoggingEvent> encoder(LoggerContext context, String format, boolean journal) {
        Encoder<ILoggingEvent> encoder;
        if (format.equals("json")) {
            JsonEncoder json = journal ? new JsonOfJournal() : new JsonEncoder();
            // One whole sentence, as people read it, besides the pieces that it is made of.
            json.setWithFormattedMessage(true);
            json.setWithMessage(false);
            json.setWithContext(false);
            json.setWithMDC(false);
            json.setWithSequenceNumber(false);
            encoder = json;
        } else {
            LayoutWrappingEncoder<ILoggingEvent> text = new LayoutWrappingEncoder<>();
            PatternLayout layout = journal ? new OfJournal() : new PatternLayout();
            // The journal has the time, and reads how bad it is from the beginning of each line.
            layout.setPattern((journal ? "" : "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} ") + "%-5level %msg%n%ex");
            layout.setContext(context);
            layout.start();
            text.setLayout(layout);
            encoder = text;
        }
        encoder.setContext(context);
        encoder.start();
        return encoder;
    }
}
