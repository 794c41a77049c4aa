package dev.sluice.model;

import java.util.List;

/** A YAML value with the place where it starts; lines and columns count from 1. */
sealed interface YamlNode {
    int line();

    int column();

    /** How problems call this kind of value. */
    String shape();

    /** The value in a few characters. */
    String excerpt();

    /**
     * A single value.
     *
     * @param text the value without quotes
     * @param plain whether it stands without quotes
     */
    record Scalar(String text, boolean plain, int line, int column) implements YamlNode {
        /** Longest value shown in a problem, in characters. */
        private static final int EXCERPT_LENGTH_MAX = 60;

        @Override
        public String shape() {
            return "a single value";
        }

        @Override
        public String excerpt() {
            return plain && text.isEmpty() ? "nothing" : quote(text);
        }

        /** The text in apostrophes, cut where it is long, with control characters made visible. */
        static String quote(String text) {
            StringBuilder shown = new StringBuilder("'");
            int end = Math.min(text.length(), EXCERPT_LENGTH_MAX);
            for (int i = 0; i < end; i++) {
                char c = text.charAt(i);
                if (Character.isISOControl(c) || Character.isSurrogate(c)) {
                    shown.append(String.format("\\u%04x", (int) c));
                } else {
                    shown.append(c);
                }
            }
            return shown.append(end < text.length() ? "...'" : "'").toString();
        }

        /** Whether this is an absent value: {@code ~}, {@code null} or nothing. */
        boolean isNull() {
            return plain && (text.isEmpty() || text.equals("~") || text.equalsIgnoreCase("null"));
        }
    }

    /**
     * A list.
     *
     * @param items in the order written
     */
    record Sequence(List<YamlNode> items, int line, int column) implements YamlNode {
        @Override
        public String shape() {
            return "a list";
        }

        @Override
        public String excerpt() {
            return "a list of " + items.size();
        }
    }

    /**
     * An object with fields.
     *
     * @param entries in the order written; keys may occur twice
     */
    record Mapping(List<Entry> entries, int line, int column) implements YamlNode {
        @Override
        public String shape() {
            return "an object with fields";
        }

        @Override
        public String excerpt() {
            return entries.isEmpty() ? "an object without fields" : "an object with fields";
        }
    }

    /**
     * A field.
     *
     * @param key any value; only single values are of use
     * @param value what belongs to it
     */
    record Entry(YamlNode key, YamlNode value) {}
}
