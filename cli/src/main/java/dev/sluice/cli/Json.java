package dev.sluice.cli;

import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Answers for programs. Loaded only when asked for: it costs more start-up time than all the rest. */
final class Json {
    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private Json() {}

    /** One document, ready to print. */
    static String text(Object value) {
        return MAPPER.writeValueAsString(value);
    }
}
