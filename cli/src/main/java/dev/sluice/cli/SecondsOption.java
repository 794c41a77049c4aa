package dev.sluice.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a time such as 60s, 5m or 1h into whole seconds, 1 second to 1 day. */
final class SecondsOption implements ITypeConverter<Integer> {
    private static final Pattern TIME = Pattern.compile("(\\d{1,6})(s|m|min|h)?");
    private static final int DAY_SECONDS = 86_400;

    @Override
    public Integer convert(String text) {
        Matcher time = TIME.matcher(text);
        long seconds = 0;
        if (time.matches()) {
            String unit = time.group(2);
            long each = switch (unit == null ? "s" : unit) {
                case "h" -> 3600;
                case "m", "min" -> 60;
                default -> 1;
            };
            seconds = Long.parseLong(time.group(1)) * each;
        }
        if (seconds < 1 || seconds > DAY_SECONDS) {
            throw new TypeConversionException("'" + text + "' is not a time such as 60s, 5m or 1h in 1s..24h");
        }
        return (int) seconds;
    }
}
