package dev.sluice.agent.metrics;

import dev.sluice.agent.metrics.Metric.Sample;
import java.util.Locale;

/** The text of a scrape, in the two formats that monitoring systems ask for. */
public enum Exposition {
    /** Prometheus text exposition format 0.0.4. */
    TEXT("text/plain; version=0.0.4; charset=utf-8"),

    /** OpenMetrics 1.0: counters are called without {@code _total}, units are told, the end is marked. */
    OPEN_METRICS("application/openmetrics-text; version=1.0.0; charset=utf-8");

    private final String contentType;

    Exposition(String contentType) {
        this.contentType = contentType;
    }

    /** What the HTTP header says. */
    public String contentType() {
        return contentType;
    }

    /** All metrics of a scrape. */
    public String text(Scrape scrape) {
        StringBuilder text = new StringBuilder(16 * 1024);
        for (Metric metric : Metric.ALL) {
            head(text, metric);
            for (Sample sample : metric.samples().apply(scrape)) {
                sample(text, metric, sample);
            }
        }
        return this == OPEN_METRICS ? text.append("# EOF\n").toString() : text.toString();
    }

    private void head(StringBuilder text, Metric metric) {
        String family = this == OPEN_METRICS ? metric.name() : sampleName(metric);
        text.append("# HELP ")
                .append(family)
                .append(' ')
                .append(escapeHelp(metric.help()))
                .append('\n');
        text.append("# TYPE ").append(family).append(' ');
        text.append(metric.type().name().toLowerCase(Locale.ROOT)).append('\n');
        if (this == OPEN_METRICS && !metric.unit().isEmpty()) {
            text.append("# UNIT ")
                    .append(family)
                    .append(' ')
                    .append(metric.unit())
                    .append('\n');
        }
    }

    /** The name that samples have in both formats. */
    public static String sampleName(Metric metric) {
        return metric.type() == Metric.Type.COUNTER ? metric.name() + "_total" : metric.name();
    }

    private static void sample(StringBuilder text, Metric metric, Sample sample) {
        text.append(sampleName(metric));
        for (int i = 0; i < metric.labels().size(); i++) {
            text.append(i == 0 ? '{' : ',').append(metric.labels().get(i)).append("=\"");
            escape(text, sample.labels().get(i));
            text.append('"');
        }
        text.append(metric.labels().isEmpty() ? " " : "} ")
                .append(number(sample.value()))
                .append('\n');
    }

    private static void escape(StringBuilder text, String value) {
        for (int i = 0; i < value.length(); i++) {
            switch (value.charAt(i)) {
                case '\\' -> text.append("\\\\");
                case '"' -> text.append("\\\"");
                case '\n' -> text.append("\\n");
                default -> text.append(value.charAt(i));
            }
        }
    }

    private static String escapeHelp(String help) {
        return help.replace("\\", "\\\\").replace("\n", "\\n");
    }

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
