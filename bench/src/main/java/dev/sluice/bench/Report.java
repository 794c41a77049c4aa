package dev.sluice.bench;

import dev.sluice.lab.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** What a benchmark says: lines on standard output and one JSON file. Written by the benchmark's thread. */
final class Report {
    /** Where programs are built and results written, in the folder the benchmark is run from. */
    static final Path FOLDER = Path.of("target", "bench");

    private final String name;
    private final Map<String, Object> json = new LinkedHashMap<>();

    /** Prints the headline and the machine. */
    Report(String name, String headline) {
        this.name = name;
        Map<String, String> machine = Machine.describe();
        json.put("benchmark", name);
        json.put("what", headline);
        json.put("machine", machine);
        System.out.println("bench " + name + ": " + headline);
        machine.forEach((key, value) -> System.out.println("  " + key + ": " + value));
    }

    void line(String text) {
        System.out.println(text);
    }

    void put(String key, Object value) {
        json.put(key, value);
    }

    /** Adds to what is there under a key: several comparisons of one benchmark. */
    void add(String key, Map<String, ?> more) {
        Map<String, Object> all = new LinkedHashMap<>();
        if (json.get(key) instanceof Map<?, ?> before) {
            before.forEach((name, value) -> all.put(String.valueOf(name), value));
        }
        all.putAll(more);
        json.put(key, all);
    }

    /** A fact that is also printed. */
    void fact(String key, Object value) {
        line("  " + key + ": " + value);
        put(key, value);
    }

    /** Writes the JSON file. */
    void write() {
        Path file = FOLDER.resolve(name + ".json");
        try {
            Files.createDirectories(FOLDER);
            JsonMapper mapper = JsonMapper.builder()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .build();
            Files.writeString(file, mapper.writeValueAsString(json) + "\n");
            line("written: " + file);
        } catch (IOException e) {
            throw new LabException("results cannot be written to " + file + ": " + e.getMessage(), e);
        }
    }
}
