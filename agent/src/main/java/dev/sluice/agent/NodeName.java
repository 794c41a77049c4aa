package dev.sluice.agent;

import dev.sluice.model.Configuration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Which of the nodes that the objects name this host is. */
public final class NodeName {
    private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");
    private static final String DEFAULT = "local";

    private NodeName() {}

    /**
     * The name asked for; else the only one there is, the host's if it is among several, {@code local} if there is none.
     *
     * @throws NodeException if it is not clear, or the name asked for occurs nowhere though others do
     */
    public static String choose(Configuration objects, Optional<String> asked) throws NodeException {
        List<String> names = objects.nodes();
        if (asked.isPresent()) {
            if (!names.isEmpty() && !names.contains(asked.get())) {
                throw new NodeException(
                        "no object names node " + asked.get() + "; the objects name: " + String.join(", ", names));
            }
            return asked.get();
        }
        if (names.isEmpty()) {
            return DEFAULT;
        }
        if (names.size() == 1) {
            return names.getFirst();
        }
        String host = hostName();
        if (names.contains(host)) {
            return host;
        }
        throw new NodeException("the objects name several nodes and none is called like this host (" + host
                + "); choose one with --node: " + String.join(", ", names));
    }

    private static String hostName() {
        try {
            return Files.readString(HOST_NAME).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
