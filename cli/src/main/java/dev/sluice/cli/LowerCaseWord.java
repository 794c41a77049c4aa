package dev.sluice.cli;

import dev.sluice.agent.FastPathMode;
import dev.sluice.lab.demo.DemoOptions;
import dev.sluice.model.ExistingFlows;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads constants by their words, whatever the case, and says which words there are. */
abstract class LowerCaseWord<E extends Enum<E>> implements ITypeConverter<E> {
    private final List<E> constants;

    LowerCaseWord(E[] constants) {
        this.constants = Arrays.asList(constants);
    }

    @Override
    public final E convert(String text) {
        return constants.stream()
                .filter(constant -> word(constant).equals(text.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new TypeConversionException("'" + text + "' is not one of: "
                        + String.join(", ", constants.stream().map(this::word).toList())));
    }

    /** What users write for a constant. */
    String word(E constant) {
        return constant.toString();
    }

    /** For {@link ExistingFlows}. */
    static final class OfExistingFlows extends LowerCaseWord<ExistingFlows> {
        OfExistingFlows() {
            super(ExistingFlows.values());
        }

        @Override
        String word(ExistingFlows constant) {
            return constant.word();
        }
    }

    /** For {@link OutputFormat}. */
    static final class OfOutputFormat extends LowerCaseWord<OutputFormat> {
        OfOutputFormat() {
            super(OutputFormat.values());
        }
    }

    /** For {@link ObjectOutput.Format}. */
    static final class OfObjectFormat extends LowerCaseWord<ObjectOutput.Format> {
        OfObjectFormat() {
            super(ObjectOutput.Format.values());
        }
    }

    /** For {@link DemoOptions.Show}. */
    static final class OfShow extends LowerCaseWord<DemoOptions.Show> {
        OfShow() {
            super(DemoOptions.Show.values());
        }

        @Override
        String word(DemoOptions.Show constant) {
            return constant.word();
        }
    }

    /** For {@link SupportBundleCommand.Subject}. */
    static final class OfSubject extends LowerCaseWord<SupportBundleCommand.Subject> {
        OfSubject() {
            super(SupportBundleCommand.Subject.values());
        }

        @Override
        String word(SupportBundleCommand.Subject constant) {
            return constant.name().toLowerCase(Locale.ROOT);
        }
    }

    /** For {@link AnalyzeCommand.FailOn}. */
    static final class OfFailOn extends LowerCaseWord<AnalyzeCommand.FailOn> {
        OfFailOn() {
            super(AnalyzeCommand.FailOn.values());
        }
    }

    /** For {@link FastPathMode}. */
    static final class OfFastPathMode extends LowerCaseWord<FastPathMode> {
        OfFastPathMode() {
            super(FastPathMode.values());
        }
    }

    /** For {@link LogOptions.Level}. */
    static final class OfLogLevel extends LowerCaseWord<LogOptions.Level> {
        OfLogLevel() {
            super(LogOptions.Level.values());
        }
    }
}
