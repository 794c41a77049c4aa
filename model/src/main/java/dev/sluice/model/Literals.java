package dev.sluice.model;

import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Single values as YAML's core schema (YAML 1.2.2, 10.3.2) understands them, and ranges and durations. */
public final class Literals {
    private static final Pattern INTEGER = Pattern.compile("[-+]?[0-9]{1,18}|0x[0-9a-fA-F]{1,15}|0o[0-7]{1,18}");
    private static final Pattern NUMBER = Pattern.compile(
            "[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN)");
    static final Pattern RANGE = Pattern.compile("([0-9]{1,9})\\s*-\\s*([0-9]{1,9})");
    static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)");

    private Literals() {}

    static boolean isNumberOrBoolean(String plain) {
        return plain.equalsIgnoreCase("true")
                || plain.equalsIgnoreCase("false")
                || INTEGER.matcher(plain).matches()
                || NUMBER.matcher(plain).matches();
    }

    /** A whole number, decimal, 0x or 0o; empty if it is something else or has more than 18 digits. */
    static OptionalLong integer(String text) {
        if (!INTEGER.matcher(text).matches()) {
            return OptionalLong.empty();
        }
        if (text.startsWith("0x")) {
            return OptionalLong.of(Long.parseLong(text, 2, text.length(), 16));
        }
        if (text.startsWith("0o")) {
            return OptionalLong.of(Long.parseLong(text, 2, text.length(), 8));
        }
        return OptionalLong.of(Long.parseLong(text));
    }

    /** Whether the text has the shape of a range {@code a-b}; {@link #low} and {@link #high} give its ends. */
    static boolean isRange(String text) {
        return RANGE.matcher(text).matches();
    }

    /** The lower end of a range. */
    static OptionalInt low(String range) {
        return end(range, 1);
    }

    /** The upper end of a range. */
    static OptionalInt high(String range) {
        return end(range, 2);
    }

    private static OptionalInt end(String range, int group) {
        Matcher matcher = RANGE.matcher(range);
        return matcher.matches() ? OptionalInt.of(Integer.parseInt(matcher.group(group))) : OptionalInt.empty();
    }

    /** Nanoseconds of {@code 30s}, {@code 5m}, {@code 2h}, {@code 7d}, {@code 500ms}; empty if malformed. */
    public static OptionalLong durationNs(String text) {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            return OptionalLong.empty();
        }
        long unitMs = switch (matcher.group(2)) {
            case "ms" -> 1;
            case "s" -> 1_000;
            case "m" -> 60_000;
            case "h" -> 3_600_000;
            default -> 86_400_000;
        };
        // At most 1e9 - 1 days: in milliseconds that fits, in nanoseconds it might not.
        long ms = Long.parseLong(matcher.group(1)) * unitMs;
        return OptionalLong.of(ms > Long.MAX_VALUE / 1_000_000 ? Long.MAX_VALUE : ms * 1_000_000);
    }

    /** A duration as users write it, in the largest unit that is exact. */
    static String duration(long ns) {
        long ms = ns / 1_000_000;
        if (ms % 1000 != 0) {
            return ms + "ms";
        }
        long s = ms / 1000;
        return s % 86_400 == 0 && s > 0 ? s / 86_400 + "d" : s + "s";
    }
}
