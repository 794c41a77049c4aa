package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminClient;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** Which other nodes are asked the same. */
final class OverOptions {
    @Option(
            names = "--over",
            split = ",",
            paramLabel = "NODE[=SOCKET]",
            description = {
                "Ask these nodes too, and join what all say: names, separated by commas, of the other hosts that packets pass. The socket is /run/sluice/NODE.sock unless it is named; that of "
                        + "another host can be brought here by 'ssh -nNT -L SOCKET:/run/sluice/NODE.sock HOST'."
            })
    private List<String> over = List.of();

    boolean isGiven() {
        return !over.isEmpty();
    }

    /** All nodes by their names, the one that the command is for first. */
    Map<String, AdminClient> nodes(AdminOptions admin) throws NodeException {
        Map<String, AdminClient> nodes = new LinkedHashMap<>();
        AdminClient own = admin.client();
        nodes.put(own.status().node(), own);
        for (String word : over) {
            int equals = word.indexOf('=');
            String name = equals < 0 ? word : word.substring(0, equals);
            Path socket = equals < 0 ? AdminOptions.ofNode(name) : path(word, word.substring(equals + 1));
            AdminClient client = new AdminClient(socket);
            String itself = client.status().node();
            if (!itself.equals(name)) {
                throw new CommandFailure("--over " + word + ": the node that answers at " + socket + " is " + itself
                        + ", not " + name + "; write --over " + itself + "=" + socket + " if that is meant");
            }
            nodes.putIfAbsent(name, client);
        }
        return nodes;
    }

    private static Path path(String word, String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new CommandFailure("--over " + word + ": " + e.getMessage(), e);
        }
    }
}
