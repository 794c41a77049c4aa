package dev.sluice.lab.demo;

import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Privilege;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A manager and an agent on each host, in processes of their own.
 *
 * @param manager what it is told
 * @param process its process
 * @param agents of hosts A, B and C
 */
record ManagedHosts(ManagerCommands manager, LabProcess process, List<SluiceProcess> agents) {
    private static final Duration START = Duration.ofSeconds(60);

    /** Starts them, and enrols the hosts; the agents then wait for objects. */
    static ManagedHosts start(HostsNetwork network, Class<?> product, Path folder) {
        Path data = folder.resolve("manager");
        LabProcess process = network.manager()
                .startJvm(
                        "manager",
                        SluiceProcess.FLAGS,
                        product,
                        List.of("manager", "--data", data.toString(), "--agents", HostsNetwork.AGENTS));
        process.awaitLine("that agents reach it", START, line -> line.contains("agents reach it"));
        ManagerCommands commands = new ManagerCommands(network.manager(), product, data);
        List<String> tokens = commands.tokens(HostsNetwork.NODES);
        List<SluiceProcess> agents = new ArrayList<>();
        for (int i = 0; i < tokens.size(); i++) {
            String node = HostsNetwork.NODES.get(i);
            List<String> words = List.of("agent", "--manager", HostsNetwork.AGENTS, "--enrol", tokens.get(i));
            agents.add(
                    SluiceProcess.begin(network.hosts().get(i), product, words, node, folder.resolve(node + ".sock")));
        }
        return new ManagedHosts(commands, process, List.copyOf(agents));
    }

    /** Applies objects and waits until all hosts run with them and hear each other. */
    void applyFirst(Path directory) {
        manager.apply(directory);
        agents.forEach(SluiceProcess::awaitStart);
        agents.forEach(SluiceProcess::awaitOthers);
    }

    /** Packets that went on without at least one of their services, on all hosts. */
    long uninspectedCount() {
        return agents.stream().mapToLong(SluiceProcess::uninspectedCount).sum();
    }

    /** What all of them say of themselves, for a run that was not as expected. */
    String diagnosis() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < agents.size(); i++) {
            text.append(HostsNetwork.NODES.get(i))
                    .append(": ")
                    .append(agents.get(i).diagnosis());
        }
        return text.append("manager:\n").append(process.log()).toString();
    }

    /** How to look at what stays up, change it and stop it. */
    String keeping(Privilege privilege, Namespace client, String server, Path objects) {
        StringBuilder text = new StringBuilder("\nEverything stays up. In another terminal:\n");
        for (SluiceProcess agent : agents) {
            text.append("  ./sluice status --admin ").append(agent.socket()).append('\n');
        }
        if (privilege.kind() == Privilege.Kind.ROOT) {
            String inClient = "  ip netns exec " + client.fullName();
            text.append(inClient).append(" ping ").append(server).append('\n');
            for (String words : List.of("get all", "events")) {
                text.append("  ").append(manager.typed(words)).append('\n');
            }
            text.append("  edit ").append(objects).append("/*.yaml, then\n  ");
            text.append(manager.typed("apply -f " + objects)).append('\n');
        }
        return text.append("It ends with Enter or Ctrl-C here\n").toString();
    }
}
