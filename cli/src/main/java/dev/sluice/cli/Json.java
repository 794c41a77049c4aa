package dev.sluice.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Answers for programs. What {@link PlainJson} cannot write or the reader of YAML not read is left to a library, which is loaded only then: it costs more start-up time than all the rest. */
final class Json {
    private Json() {}

    /** The library. */
    private static final class Mappers {
        private static final JsonMapper TEXT =
                JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
        private static final JsonMapper LINES = JsonMapper.builder().build();

        private Mappers() {}
    }

    /** One document on one line, for streams. */
    static String line(Object value) {
        return PlainJson.writes(value) ? PlainJson.of(value, false) : Mappers.LINES.writeValueAsString(value);
    }

    /** An object as maps, lists and single values. */
    @SuppressWarnings("unchecked") // an object is always a map
    static Map<String, @Nullable Object> read(String json) {
        try {
            return Mappers.LINES.readValue(json, LinkedHashMap.class);
        } catch (JacksonException e) {
            throw new CommandFailure("the answer is not JSON: " + e.getOriginalMessage(), e);
        }
    }

    /** One document, ready to print. */
    static String text(Object value) {
        return PlainJson.writes(value) ? PlainJson.of(value, true) : Mappers.TEXT.writeValueAsString(value);
    }
}
