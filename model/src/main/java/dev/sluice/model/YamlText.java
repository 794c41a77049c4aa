package dev.sluice.model;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.representer.StandardRepresenter;

/** Writes values as YAML that {@link WrittenObject} and {@link ConfigurationLoader} read back as the same. */
public final class YamlText {
    /** Texts that nobody takes for something else. */
    private static final Pattern PLAIN =
            Pattern.compile("[A-Za-z/_][A-Za-z0-9 ._/@+()-]*[A-Za-z0-9._/)-]|[A-Za-z]|[0-9]+[./][0-9./]+");

    private static final DumpSettings SETTINGS = DumpSettings.builder()
            .setDefaultFlowStyle(FlowStyle.BLOCK)
            .setIndicatorIndent(0)
            .setWidth(10_000)
            .setSplitLines(false)
            .build();

    private YamlText() {}

    /** One document; a value is a map, list, text, number, truth value or null. */
    public static String of(@Nullable Object value) {
        return new Dump(SETTINGS, new Quoting()).dumpToString(value);
    }

    /** Several documents with lines of three dashes between them. */
    public static String documents(List<?> values) {
        List<String> texts = new ArrayList<>();
        values.forEach(value -> texts.add(of(value)));
        return String.join("---\n", texts);
    }

    private static boolean isPlain(String text) {
        return PLAIN.matcher(text).matches()
                && !Literals.isNumberOrBoolean(text)
                && !text.equalsIgnoreCase("null")
                && !text.equals("~");
    }

    /** Quotes texts that could be taken for numbers and the like, by this or another reader of YAML. */
    private static final class Quoting extends StandardRepresenter {
        Quoting() {
            super(SETTINGS);
        }

        @Override
        protected Node representScalar(Tag tag, String value, ScalarStyle style) {
            boolean quote = tag.equals(Tag.STR) && !isPlain(value);
            return super.representScalar(tag, value, quote ? ScalarStyle.DOUBLE_QUOTED : style);
        }
    }
}
