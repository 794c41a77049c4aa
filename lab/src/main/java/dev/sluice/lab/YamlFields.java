package dev.sluice.lab;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Access to YAML nodes that notes each mistake with its line and goes on, so that one reading finds them all. */
final class YamlFields {
    private final String label;
    private final List<String> problems;
    private final String path;
    private final Optional<Node> node;

    private YamlFields(String label, List<String> problems, String path, Optional<Node> node) {
        this.label = label;
        this.problems = problems;
        this.path = path;
        this.node = node;
    }

    static YamlFields root(String label, List<String> problems, Node node) {
        return new YamlFields(label, problems, "", Optional.of(node));
    }

    private YamlFields child(String name, Optional<Node> value) {
        String childPath = name.startsWith("[") || path.isEmpty() ? path + name : path + "." + name;
        return new YamlFields(label, problems, childPath, value.or(() -> node));
    }

    /** The entries of a mapping, by key, in order; a missing or wrong one gives none. */
    Map<String, YamlFields> entries() {
        Map<String, YamlFields> entries = new LinkedHashMap<>();
        if (node.isEmpty() || isNull()) {
            return entries;
        }
        if (!(node.get() instanceof MappingNode mapping)) {
            problem("must be a mapping (key: value)");
            return entries;
        }
        for (NodeTuple tuple : mapping.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                problem("has a key that is no text");
            } else if (entries.containsKey(key.getValue())) {
                child(key.getValue(), Optional.of(key)).problem("is there twice");
            } else {
                entries.put(key.getValue(), child(key.getValue(), Optional.of(tuple.getValueNode())));
            }
        }
        return entries;
    }

    /** The entries of a mapping whose keys are fixed. */
    Map<String, YamlFields> fields(Set<String> allowed) {
        Map<String, YamlFields> entries = entries();
        entries.forEach((key, value) -> {
            if (!allowed.contains(key)) {
                value.problem("is unknown; allowed here: " + String.join(", ", new TreeSet<>(allowed)));
            }
        });
        return entries;
    }

    /** The items of a sequence. */
    List<YamlFields> items() {
        List<YamlFields> items = new ArrayList<>();
        if (node.isEmpty() || isNull()) {
            return items;
        }
        if (!(node.get() instanceof SequenceNode sequence)) {
            problem("must be a list");
            return items;
        }
        for (int i = 0; i < sequence.getValue().size(); i++) {
            items.add(child("[" + i + "]", Optional.of(sequence.getValue().get(i))));
        }
        return items;
    }

    /** A text that the predicate accepts; else a note with what is allowed, and an empty text. */
    String text(String allowed, Predicate<String> accepts) {
        if (node.isPresent() && node.get() instanceof ScalarNode scalar) {
            if (accepts.test(scalar.getValue())) {
                return scalar.getValue();
            }
            problem("is '" + scalar.getValue() + "'; allowed: " + allowed);
        } else {
            problem("must be " + allowed);
        }
        return "";
    }

    /** A list of such texts. */
    List<String> texts(String allowed, Predicate<String> accepts) {
        return items().stream().map(item -> item.text(allowed, accepts)).toList();
    }

    boolean flag() {
        return text("true or false", value -> value.equals("true") || value.equals("false"))
                .equals("true");
    }

    long number(long least, long most) {
        String text = text("a whole number " + least + ".." + most, value -> {
            if (!value.matches("-?[0-9]{1,18}")) {
                return false;
            }
            long number = Long.parseLong(value);
            return number >= least && number <= most;
        });
        return text.isEmpty() ? least : Long.parseLong(text);
    }

    double rate() {
        String text = text(
                "a share from 0 to 1",
                value -> value.matches("[0-9]{1,3}(\\.[0-9]{1,12})?") && Double.parseDouble(value) <= 1);
        return text.isEmpty() ? 0 : Double.parseDouble(text);
    }

    /** The field of that name, noted as missing if it is not there. */
    Optional<YamlFields> required(Map<String, YamlFields> fields, String name) {
        YamlFields field = fields.get(name);
        if (field == null) {
            child(name, Optional.empty()).problem("is missing");
        }
        return Optional.ofNullable(field);
    }

    void problem(String text) {
        int line = node.flatMap(Node::getStartMark).map(Mark::getLine).orElse(0) + 1;
        problems.add(label + ":" + line + ": " + (path.isEmpty() ? "the file" : path) + " " + text);
    }

    private boolean isNull() {
        return node.isPresent()
                && node.get() instanceof ScalarNode scalar
                && (scalar.getValue().isEmpty() || scalar.getValue().equals("null"));
    }
}
