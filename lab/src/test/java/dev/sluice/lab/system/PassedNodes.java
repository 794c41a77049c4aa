package dev.sluice.lab.system;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Which service nodes each packet of a flow to port 7 passed, and each answer, in their order. Any thread. */
final class PassedNodes {
    private static final int SERVER_PORT = 7;

    private final Map<String, List<String>> passed = new ConcurrentHashMap<>();

    /** A node has a frame; those without an id are not of the flow. */
    void note(SeenFrame frame, String node) {
        if (frame.id() != 0) {
            String key = (frame.destinationPort() == SERVER_PORT ? "forward " : "reverse ") + frame.id();
            passed.computeIfAbsent(key, _ -> new CopyOnWriteArrayList<>()).add(node);
        }
    }

    /** Those of a packet, with this between them. */
    String forward(long id, String separator) {
        return String.join(separator, passed.getOrDefault("forward " + id, List.of()));
    }

    /** Those of its answer. */
    String reverse(long id, String separator) {
        return String.join(separator, passed.getOrDefault("reverse " + id, List.of()));
    }

    /** A pair of ports whose flows take over other paths, and a service with one instance for each name, which ends with a separator. */
    static String objects(List<String> names) {
        StringBuilder nodes = new StringBuilder();
        for (String name : names) {
            nodes.append(Yaml.object("Service", name, "{transport: raw}"))
                    .append("---\n")
                    .append(Yaml.object(
                            "ServiceInstance",
                            name,
                            "{service: " + name + ", interfaces: {in: " + name + "-in, out: " + name + "-out}}"))
                    .append("---\n");
        }
        return Yaml.object("Node", "edge", "{tracker: {connectionsMax: 16384}, existingFlows: migrate}") + "---\n"
                + Yaml.PAIR + "---\n" + nodes;
    }
}
