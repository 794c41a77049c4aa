package dev.sluice.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a time such as 60s, 5m or 1h into whole seconds, 1 second to 1 day. */
final class SecondsOption implements ITypeConverter<Integer> {
    private static final int DAY_SECONDS = 86_400;

    @Override
    public Integer convert(String text) {
        long seconds = TimeOption.seconds(text).orElse(0);
        if (seconds < 1 || seconds > DAY_SECONDS) {
            throw new TypeConversionException("'" + text + "' is not a time such as 60s, 5m or 1h in 1s..24h");
        }
        return (int) seconds;
    }
}
