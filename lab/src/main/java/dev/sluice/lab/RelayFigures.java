package dev.sluice.lab;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a relay did in one direction.
 *
 * @param receivedCount frames that came in
 * @param lostCount of them, lost on purpose
 * @param duplicatedCount sent twice on purpose
 * @param reorderedCount held back on purpose
 */
public record RelayFigures(long receivedCount, long lostCount, long duplicatedCount, long reorderedCount) {
    private static final Pattern TEXT =
            Pattern.compile("received=(\\d+) lost=(\\d+) duplicated=(\\d+) reordered=(\\d+)");

    /** Reads what {@link #toString} writes, anywhere in a line. */
    static RelayFigures parse(String line) {
        Matcher matcher = TEXT.matcher(line);
        if (!matcher.find()) {
            throw new LabException("line holds no relay figures: " + line);
        }
        return new RelayFigures(
                Long.parseLong(matcher.group(1)),
                Long.parseLong(matcher.group(2)),
                Long.parseLong(matcher.group(3)),
                Long.parseLong(matcher.group(4)));
    }

    @Override
    public String toString() {
        return "received=" + receivedCount + " lost=" + lostCount + " duplicated=" + duplicatedCount + " reordered="
                + reorderedCount;
    }
}
