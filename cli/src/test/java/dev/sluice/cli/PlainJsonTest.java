package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.model.WrittenObject;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

class PlainJsonTest {
    private static final JsonMapper PRETTY =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private static final List<Object> VALUES = List.of(
            Map.of(),
            List.of(),
            "",
            "quotes \" and \\ and / and \u0000\u0007\u001f\b\f\n\r\t and \u00e4 \u2028 \ud83d\ude00",
            7,
            -7_000_000_000L,
            0.5,
            1e300,
            true,
            Arrays.asList(1, null, "x", List.of(List.of()), Map.of("a", List.of(Map.of("b", Map.of())))));

    /** What people compare and programs read does not depend on who writes it. */
    @Test
    void theSameAsTheLibraryWrites() {
        Map<String, Object> all = new LinkedHashMap<>();
        for (Object value : VALUES) {
            all.put("field " + all.size(), value);
        }
        all.put("", all.get("field 0"));
        assertThat(PlainJson.writes(all)).isTrue();
        assertThat(PlainJson.of(all, true)).isEqualTo(PRETTY.writeValueAsString(all));
        assertThat(PlainJson.of(all, false)).isEqualTo(new JsonMapper().writeValueAsString(all));
        for (Object value : VALUES) {
            assertThat(PlainJson.of(value, true)).isEqualTo(PRETTY.writeValueAsString(value));
        }
    }

    @Test
    void whatManagersAnswerIsWrittenWithoutTheLibrary() {
        Map<String, ?> answer = WrittenObject.read(
                        "answer", "{\"a\": [1, 2.5, -3000000000, true, null, \"x\"], \"b\": {\"c\": \"5\"}}")
                .objects()
                .getFirst()
                .fields();
        assertThat(PlainJson.writes(answer)).isTrue();
        assertThat(new JsonMapper().readTree(PlainJson.of(answer, true)))
                .isEqualTo(new JsonMapper()
                        .readTree("{\"a\": [1, 2.5, -3000000000, true, null, \"x\"], \"b\": {\"c\": \"5\"}}"));
    }

    @Test
    void whatIsLeftToTheLibraryIsWrittenByIt() {
        record Point(int x) {}
        assertThat(PlainJson.writes(Map.of("p", new Point(1)))).isFalse();
        assertThat(PlainJson.writes(Double.NaN)).isFalse();
        assertThat(PlainJson.writes(Map.of(1, 2))).isFalse();
        assertThat(PlainJson.writes(BigInteger.TWO)).isFalse();
        assertThat(Json.line(Map.of("p", new Point(1)))).isEqualTo("{\"p\":{\"x\":1}}");
    }
}
