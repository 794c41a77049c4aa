package dev.sluice.lab;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The arguments of one of the lab's own programs: {@code --name value}, names may repeat. */
final class ProgramOptions {
    private final Map<String, List<String>> values = new HashMap<>();

    private ProgramOptions() {}

    static ProgramOptions parse(String[] arguments) {
        ProgramOptions options = new ProgramOptions();
        for (int i = 0; i < arguments.length; i += 2) {
            if (!arguments[i].startsWith("--") || i + 1 >= arguments.length) {
                throw new LabException("argument '" + arguments[i] + "' is not of the form --name value");
            }
            options.values
                    .computeIfAbsent(arguments[i].substring(2), name -> new ArrayList<>())
                    .add(arguments[i + 1]);
        }
        return options;
    }

    List<String> all(String name) {
        return List.copyOf(values.getOrDefault(name, List.of()));
    }

    Optional<String> find(String name) {
        return all(name).stream().findFirst();
    }

    String text(String name) {
        return find(name).orElseThrow(() -> new LabException("argument --" + name + " is missing"));
    }

    long number(String name, long otherwise) {
        return find(name).map(Long::parseLong).orElse(otherwise);
    }

    double rate(String name) {
        return find(name).map(Double::parseDouble).orElse(0.0);
    }
}
