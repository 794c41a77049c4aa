package dev.sluice.cli;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A template that takes single values out of an answer, in the notation of kubectl's {@code -o jsonpath}: text as it is, and in braces a path
 * ({@code .spec.node}, {@code ['a.b']}, {@code [0]}, {@code [-1]}, {@code [*]}, {@code [?(@.type=="Alive")]}), a text in double quotes, or
 * {@code range PATH} with what is between it and {@code end} for each value. A template without braces is one path. Immutable.
 */
final class JsonPath {
    private static final String TO_READ = "; for more than paths, take -o json and a program such as jq";

    /** A piece of a template. */
    private sealed interface Part {}

    private record Literal(String text) implements Part {}

    private record Values(List<Step> steps) implements Part {}

    private record Range(List<Step> steps, List<Part> parts) implements Part {}

    /** From some values to those inside them. */
    private sealed interface Step {}

    private record Name(String name) implements Step {}

    private record Index(int index) implements Step {}

    private record Every() implements Step {}

    private record Where(List<Step> steps, boolean equal, String value) implements Step {}

    private final List<Part> parts;

    private JsonPath(List<Part> parts) {
        this.parts = parts;
    }

    /**
     * Reads a template.
     *
     * @throws IllegalArgumentException that says what is wrong with it, and where
     */
    static JsonPath parse(String template) {
        return new Reader(template).read();
    }

    /** What the template makes of a value: maps with texts as keys, lists and single values. What is not there is left out; several values have blanks between them. */
    String of(@Nullable Object value) {
        StringBuilder text = new StringBuilder();
        write(parts, value, text);
        return text.toString();
    }

    private static void write(List<Part> parts, @Nullable Object value, StringBuilder text) {
        for (Part part : parts) {
            switch (part) {
                case Literal literal -> text.append(literal.text);
                case Values values ->
                    text.append(found(values.steps, value).stream()
                            .map(JsonPath::word)
                            .collect(Collectors.joining(" ")));
                case Range range -> found(range.steps, value).forEach(each -> write(range.parts, each, text));
            }
        }
    }

    private static String word(Object value) {
        return value instanceof Map<?, ?> || value instanceof List<?> ? Json.line(value) : String.valueOf(value);
    }

    private static List<Object> found(List<Step> steps, @Nullable Object value) {
        List<@Nullable Object> at = new ArrayList<>();
        at.add(value);
        for (Step step : steps) {
            List<@Nullable Object> next = new ArrayList<>();
            at.forEach(each -> take(step, each, next));
            at = next;
        }
        return at.stream().filter(Objects::nonNull).toList();
    }

    private static void take(Step step, @Nullable Object from, List<@Nullable Object> to) {
        Collection<?> items =
                from instanceof List<?> list ? list : from instanceof Map<?, ?> map ? map.values() : List.of();
        switch (step) {
            case Name name -> to.add(from instanceof Map<?, ?> map ? map.get(name.name) : null);
            case Index index -> {
                int at = index.index < 0 ? items.size() + index.index : index.index;
                to.add(from instanceof List<?> list && at >= 0 && at < list.size() ? list.get(at) : null);
            }
            case Every _ -> to.addAll(items);
            case Where where -> {
                for (Object item : items) {
                    boolean same = found(where.steps, item).stream()
                            .anyMatch(each -> word(each).equals(where.value));
                    if (same == where.equal) {
                        to.add(item);
                    }
                }
            }
        }
    }

    /** Reads one template, once. */
    private static final class Reader {
        private final String template;
        private int at;

        Reader(String template) {
            this.template = template;
        }

        JsonPath read() {
            if (!template.contains("{")) {
                List<Step> steps = steps("");
                return new JsonPath(List.of(new Values(steps)));
            }
            return new JsonPath(parts(false));
        }

        private List<Part> parts(boolean inRange) {
            List<Part> parts = new ArrayList<>();
            while (at < template.length()) {
                int open = template.indexOf('{', at);
                if (open != at) {
                    int end = open < 0 ? template.length() : open;
                    parts.add(new Literal(template.substring(at, end)));
                    at = end;
                    continue;
                }
                at++;
                blanks();
                if (word("end")) {
                    if (!inRange) {
                        throw wrong("there is no {range} that {end} could be of");
                    }
                    close();
                    return parts;
                }
                if (word("range")) {
                    blanks();
                    List<Step> steps = steps("}");
                    close();
                    parts.add(new Range(steps, parts(true)));
                } else {
                    parts.add(next() == '"' ? new Literal(quoted()) : new Values(steps("}")));
                    close();
                }
            }
            if (inRange) {
                throw wrong("{end} of a {range} is missing");
            }
            return parts;
        }

        /** Whether this word is next, which then is behind. */
        private boolean word(String word) {
            int end = at + word.length();
            boolean is =
                    template.startsWith(word, at) && end < template.length() && " }".indexOf(template.charAt(end)) >= 0;
            at = is ? end : at;
            return is;
        }

        private void blanks() {
            while (next() == ' ') {
                at++;
            }
        }

        private void close() {
            blanks();
            expect('}');
        }

        private void expect(char wanted) {
            if (next() != wanted) {
                throw wrong("'" + wanted + "' is missing");
            }
            at++;
        }

        /** The character that is next; 0 at the end. */
        private char next() {
            return at < template.length() ? template.charAt(at) : 0;
        }

        /** Steps up to the end, a blank or one of some characters. */
        private List<Step> steps(String ends) {
            List<Step> steps = new ArrayList<>();
            boolean rooted = next() == '$' || next() == '@';
            at += rooted ? 1 : 0;
            while (at < template.length() && next() != ' ' && ends.indexOf(next()) < 0) {
                if (next() == '[') {
                    at++;
                    steps.add(bracket());
                    expect(']');
                } else if (next() == '.' || (steps.isEmpty() && !rooted && isOfName(next()))) {
                    at += next() == '.' ? 1 : 0;
                    boolean whole = steps.isEmpty() && (at == template.length() || (ends + " [").indexOf(next()) >= 0);
                    if (!whole) {
                        steps.add(member());
                    }
                } else {
                    throw wrong("this is not understood" + TO_READ);
                }
            }
            return steps;
        }

        private Step member() {
            if (next() == '*') {
                at++;
                return new Every();
            }
            StringBuilder name = new StringBuilder();
            while (isOfName(next())) {
                // A point in a name, such as those of labels, stands behind a backslash.
                at += next() == '\\' && at + 1 < template.length() ? 1 : 0;
                name.append(template.charAt(at));
                at++;
            }
            if (name.isEmpty()) {
                throw wrong("the name of a field is missing" + TO_READ);
            }
            return new Name(name.toString());
        }

        private static boolean isOfName(char c) {
            return Character.isLetterOrDigit(c) || "-_/\\".indexOf(c) >= 0;
        }

        private Step bracket() {
            if (next() == '*') {
                at++;
                return new Every();
            }
            if (next() == '\'' || next() == '"') {
                return new Name(quoted());
            }
            if (template.startsWith("?(", at)) {
                at += 2;
                return where();
            }
            int start = at;
            while (Character.isDigit(next()) || (at == start && next() == '-')) {
                at++;
            }
            try {
                return new Index(Integer.parseInt(template.substring(start, at)));
            } catch (NumberFormatException e) {
                at = start;
                throw wrong("in brackets stand a number, *, a name in quotes or ?(@.field==\"value\")" + TO_READ);
            }
        }

        private Step where() {
            List<Step> steps = steps("=!)");
            blanks();
            boolean equal = template.startsWith("==", at);
            if (!equal && !template.startsWith("!=", at)) {
                throw wrong("== or != is missing" + TO_READ);
            }
            at += 2;
            blanks();
            String value;
            if (next() == '"' || next() == '\'') {
                value = quoted();
            } else {
                int end = template.indexOf(')', at);
                value = end < 0 ? "" : template.substring(at, end).strip();
                at = end < 0 ? at : end;
            }
            blanks();
            expect(')');
            return new Where(steps, equal, value);
        }

        private String quoted() {
            char quote = next();
            int start = at;
            at++;
            StringBuilder text = new StringBuilder();
            while (next() != quote) {
                if (at >= template.length()) {
                    at = start;
                    throw wrong("the quotation has no end");
                }
                if (next() == '\\' && at + 1 < template.length()) {
                    at++;
                    text.append(
                            switch (next()) {
                                case 'n' -> '\n';
                                case 't' -> '\t';
                                default -> next();
                            });
                } else {
                    text.append(next());
                }
                at++;
            }
            at++;
            return text.toString();
        }

        private IllegalArgumentException wrong(String what) {
            return new IllegalArgumentException("jsonpath at character " + (at + 1) + ", '"
                    + template.substring(Math.min(at, template.length())) + "': " + what);
        }
    }
}
