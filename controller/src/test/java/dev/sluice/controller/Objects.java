package dev.sluice.controller;

import dev.sluice.model.Kind;
import dev.sluice.model.WrittenObject;
import dev.sluice.model.YamlText;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Objects from YAML, as a manager would hand them over. */
final class Objects {
    private Objects() {}

    static <T> T requireThere(@Nullable T value) {
        if (value == null) {
            throw new AssertionError("there is no such object");
        }
        return value;
    }

    static List<WantedObject> of(String yaml) {
        return of(yaml, 1);
    }

    static List<WantedObject> of(String yaml, long generation) {
        return WrittenObject.read("test", yaml).objects().stream()
                .map(object -> new WantedObject(
                        Kind.named(object.kind()).orElseThrow(),
                        object.name().orElseThrow(),
                        generation,
                        YamlText.of(object.fields())))
                .toList();
    }
}
