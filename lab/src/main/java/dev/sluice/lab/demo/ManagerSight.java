package dev.sluice.lab.demo;

import dev.sluice.lab.LabException;
import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Waits;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a manager says of its objects, as {@code sluice watch} prints it. One thread. */
final class ManagerSight {
    private static final JsonMapper JSON = new JsonMapper();

    private final LabProcess watch;
    private final Map<String, JsonNode> objects = new HashMap<>();
    private long readBytes;

    ManagerSight(ManagerCommands commands) {
        watch = commands.start("watch", "-o", "json");
    }

    /** Waits until there is an object of which something holds. */
    void await(String kind, String name, String what, Duration atMost, Predicate<JsonNode> holds) {
        Waits.until(
                "the manager says of " + kind + " " + name + ": " + what,
                atMost,
                () -> {
                    read();
                    JsonNode now = objects.get(kind + "/" + name);
                    return !watch.isAlive() || (now != null && holds.test(now));
                },
                () -> "it says: " + objects.get(kind + "/" + name));
        if (!watch.isAlive()) {
            throw new LabException("'sluice watch' ended:\n" + watch.log());
        }
    }

    /** Where it says that an object is, and how: {@code host-b, Up}; of what is found nowhere only how. */
    String place(String kind, String name, String condition) {
        read();
        JsonNode now = objects.get(kind + "/" + name);
        return now == null ? "no such object" : node(now) + (is(now, condition) ? ", " : ", not ") + condition;
    }

    /** Which node an object is at; empty: none. */
    static String node(JsonNode object) {
        return object.path("spec").path("node").asString("");
    }

    /** Whether a condition of an object is true. */
    static boolean is(JsonNode object, String condition) {
        for (JsonNode each : object.path("status").path("conditions")) {
            if (each.path("type").asString("").equals(condition)) {
                return each.path("status").asString("").equals("True");
            }
        }
        return false;
    }

    /** Whether all hosts that need an object have it as it is now. */
    static boolean isApplied(JsonNode object) {
        return is(object, "Applied")
                && object.path("status").path("observedGeneration").asLong(0)
                        == object.path("metadata").path("generation").asLong(-1);
    }

    /** Takes in the whole lines that have come since. */
    private void read() {
        byte[] news = news();
        int end = news.length;
        while (end > 0 && news[end - 1] != '\n') {
            end--;
        }
        readBytes += end;
        new String(news, 0, end, StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.startsWith("{"))
                .forEach(this::take);
    }

    private void take(String line) {
        JsonNode event = JSON.readTree(line);
        JsonNode object = event.path("object");
        String key = object.path("kind").asString("") + "/"
                + object.path("metadata").path("name").asString("");
        if (event.path("type").asString("").equals("deleted")) {
            objects.remove(key);
        } else {
            objects.put(key, object);
        }
    }

    private byte[] news() {
        try (InputStream in = Files.newInputStream(watch.logFile())) {
            in.skipNBytes(readBytes);
            return in.readAllBytes();
        } catch (IOException e) {
            throw new LabException("what 'sluice watch' prints cannot be read: " + e.getMessage(), e);
        }
    }
}
