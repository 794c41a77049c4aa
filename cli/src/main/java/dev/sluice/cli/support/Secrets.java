package dev.sluice.cli.support;

import dev.sluice.model.Problem;
import dev.sluice.model.SecretFields;
import dev.sluice.model.WrittenObject;
import dev.sluice.model.YamlText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Takes secrets out of texts. What might hold one and cannot be read is left out as a whole. Stateless. */
public final class Secrets {
    /** Stands where one was. */
    public static final String REMOVED = "(removed)";

    /** What this product hands out as secrets, and what TLS does. */
    private static final List<Pattern> SHAPES = List.of(
            Pattern.compile("-----BEGIN [A-Z ]*PRIVATE KEY-----[\\s\\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\\z)"),
            Pattern.compile("sluice-enrol_[-a-z0-9.]{1,63}_[0-9a-f]{8}_[-A-Za-z0-9_.]+"),
            Pattern.compile("sluice_[0-9a-f]{8}_[A-Za-z0-9_-]{20,}"),
            Pattern.compile("(?i)(?<=bearer )[-A-Za-z0-9._~+/=]{8,}"));

    private static final Pattern KEY_MARK = Pattern.compile("-----(BEGIN|END) [A-Z ]{0,40}PRIVATE KEY-----");

    /** {@code --password x}. */
    private static final Pattern OPTION = Pattern.compile(
            "(?i)(--[-a-z]{0,40}(?:secret|password|passphrase|token|private-?key|psk|passwd|api-?key)\\s{1,8})([^\\s=:(-]\\S*)");

    /** {@code secret: x}, {@code "token" = "x"}: whatever the text is otherwise. */
    private static final Pattern NAMED = Pattern.compile(
            "(?i)((?:secret|password|passphrase|token|private_?key|psk|passwd|credentials?|api_?key|access_?key)[\"']?\\s{0,8}[:=]\\s{0,8})(\"(?:[^\"\\\\]|\\\\.)*+\"|'[^']*+'|[^\\s,}\\]\"']++)");

    private Secrets() {}

    /** A text of any kind without what looks like a secret. */
    public static String without(String text) {
        String clean = text;
        for (Pattern shape : SHAPES) {
            clean = shape.matcher(clean).replaceAll(REMOVED);
        }
        clean = NAMED.matcher(clean).replaceAll("$1" + REMOVED);
        return OPTION.matcher(clean).replaceAll("$1" + REMOVED);
    }

    /** The same of a text whose beginning was cut off: a line, or a key, of which only the end is there goes too. */
    public static String withoutInEnd(String text) {
        Matcher mark = KEY_MARK.matcher(text);
        int from = mark.find() && mark.group(1).equals("END") ? mark.end() : 0;
        return without(text.substring(Math.max(from, text.indexOf('\n', from) + 1)));
    }

    /** Objects in YAML without the values of secret fields, whatever they look like; empty if they cannot be read. */
    public static Optional<String> ofObjects(String yaml) {
        WrittenObject.Read read = WrittenObject.read("objects", yaml);
        if (read.problems().stream().anyMatch(Problem::isError)) {
            return Optional.empty();
        }
        List<Object> trees = new ArrayList<>();
        read.objects().forEach(object -> trees.add(tree(object.fields())));
        return Optional.of(without(YamlText.documents(trees)));
    }

    /** The same of a tree of maps and lists. */
    static Map<String, @Nullable Object> tree(Map<?, ?> fields) {
        Map<String, @Nullable Object> clean = new LinkedHashMap<>();
        fields.forEach((name, value) -> clean.put(
                String.valueOf(name),
                value != null && SecretFields.mayBeSecret(String.valueOf(name)) ? REMOVED : value(value)));
        return clean;
    }

    private static @Nullable Object value(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case Map<?, ?> map -> tree(map);
            case List<?> list -> {
                List<@Nullable Object> clean = new ArrayList<>();
                list.forEach(each -> clean.add(value(each)));
                yield clean;
            }
            default -> value;
        };
    }
}
