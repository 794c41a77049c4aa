package dev.sluice.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.spi.ContextAwareBase;

/**
 * Logs go to stderr: stdout belongs to the command's result. Logback finds this class as a service, at the first logger; in code because reading
 * its XML would cost every command 150 ms.
 */
public final class LogSetup extends ContextAwareBase implements Configurator {
    private static final String LEVEL = "sluice.log.level";
    private static final String FORMAT = "sluice.log.format";

    /** Instead of warnings as text, which all other commands have. To be called before the first logger is made. */
    static void use(LogOptions.Level level, OutputFormat format) {
        System.setProperty(LEVEL, level.toString());
        System.setProperty(FORMAT, format.toString());
    }

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        ConsoleAppender<ILoggingEvent> stderr = new ConsoleAppender<>();
        stderr.setContext(context);
        stderr.setName("stderr");
        stderr.setTarget("System.err");
        stderr.setEncoder(encoder(context));
        stderr.start();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.toLevel(System.getProperty(LEVEL, "warn"), Level.WARN));
        root.addAppender(stderr);
        // Each frame of its connections would be a line.
        context.getLogger("io.grpc").setLevel(Level.WARN);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    private static Encoder<ILoggingEvent> encoder(LoggerContext context) {
        Encoder<ILoggingEvent> encoder;
        if (System.getProperty(FORMAT, "text").equals("json")) {
            JsonEncoder json = new JsonEncoder();
            // One whole sentence, as people read it, besides the pieces that it is made of.
            json.setWithFormattedMessage(true);
            json.setWithMessage(false);
            json.setWithContext(false);
            json.setWithMDC(false);
            json.setWithSequenceNumber(false);
            encoder = json;
        } else {
            PatternLayoutEncoder text = new PatternLayoutEncoder();
            text.setPattern("%d{HH:mm:ss.SSS} %-5level %msg%n%ex");
            encoder = text;
        }
        encoder.setContext(context);
        encoder.start();
        return encoder;
    }
}
