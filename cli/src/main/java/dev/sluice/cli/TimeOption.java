package dev.sluice.cli;

import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a time such as 60s, 5m, 12h or 90d into whole seconds; a number alone is seconds. Which times make sense the one who is asked says. */
final class TimeOption implements ITypeConverter<Long> {
    private static final Pattern TIME = Pattern.compile("(\\d{1,9})(s|m|min|h|d)?");

    /** The seconds of a text; empty if it is not a time. */
    static OptionalLong seconds(String text) {
        Matcher time = TIME.matcher(text);
        if (!time.matches()) {
            return OptionalLong.empty();
        }
        String unit = time.group(2);
        long each = switch (unit == null ? "s" : unit) {
            case "d" -> 86_400;
            case "h" -> 3_600;
            case "m", "min" -> 60;
            default -> 1;
        };
        return OptionalLong.of(Long.parseLong(time.group(1)) * each);
    }

    @Override
    public Long convert(String text) {
        return seconds(text)
                .orElseThrow(
                        () -> new TypeConversionException("'" + text + "' is not a time; write 60s, 5m, 12h or 90d"));
    }
}
