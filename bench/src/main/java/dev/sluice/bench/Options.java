package dev.sluice.bench;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The options of a benchmark, {@code --name value}. Immutable. */
final class Options {
    private static final Set<String> NAMES = Set.of("rounds", "seconds", "warmup", "flows", "node", "only");

    private final Map<String, String> values;

    private Options(Map<String, String> values) {
        this.values = Map.copyOf(values);
    }

    static Options parse(List<String> arguments) {
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i < arguments.size(); i += 2) {
            String argument = arguments.get(i);
            if (!argument.startsWith("--") || !NAMES.contains(argument.substring(2))) {
                throw new IllegalArgumentException("unknown option '" + argument + "'; see ./dev bench");
            }
            if (i + 1 == arguments.size()) {
                throw new IllegalArgumentException("option " + argument + " needs a value");
            }
            values.put(argument.substring(2), arguments.get(i + 1));
        }
        return new Options(values);
    }

    int rounds() {
        return number("rounds", 5, 1, 1000);
    }

    int seconds(int otherwise) {
        return number("seconds", otherwise, 1, 86400);
    }

    int warmupSeconds() {
        return warmupSeconds(5);
    }

    int warmupSeconds(int otherwise) {
        return number("warmup", otherwise, 0, 600);
    }

    int flows(int otherwise) {
        int flows = number("flows", otherwise, 1, 1 << 20);
        if (Integer.bitCount(flows) != 1) {
            throw new IllegalArgumentException("option --flows " + flows + " is no power of two");
        }
        return flows;
    }

    /** How the service node bridges: tc or xdp. */
    String node() {
        String node = values.getOrDefault("node", "tc");
        if (!node.equals("tc") && !node.equals("xdp")) {
            throw new IllegalArgumentException("option --node " + node + " is neither tc nor xdp");
        }
        return node;
    }

    /** Whether a side takes part. */
    boolean wants(String side) {
        String only = values.get("only");
        return only == null || List.of(only.split(",", -1)).contains(side);
    }

    private int number(String name, int otherwise, int least, int most) {
        String text = values.get(name);
        if (text == null) {
            return otherwise;
        }
        try {
            int value = Integer.parseInt(text);
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("option --" + name + " '" + text + "' is no whole number", e);
        }
        throw new IllegalArgumentException("option --" + name + " " + text + " is outside " + least + ".." + most);
    }
}
