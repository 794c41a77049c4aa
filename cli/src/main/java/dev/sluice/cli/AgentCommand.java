package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.ObjectSource;
import dev.sluice.agent.runtime.Permits;
import dev.sluice.agent.southbound.CertifiedLink;
import dev.sluice.agent.southbound.ManagedNode;
import dev.sluice.agent.southbound.ManagerAddress;
import dev.sluice.agent.southbound.ManagerAddresses;
import dev.sluice.agent.southbound.ManagerLink;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice agent}: a node in this process that follows a manager, until it is stopped. */
@Command(
        name = "agent",
        description = {
            "Runs a node whose objects come from a manager, until Ctrl-C, SIGTERM or 'sluice stop'. Each change is"
                    + " applied at once as one new configuration; what this host cannot take changes nothing, and the"
                    + " status of the objects says why ('sluice get', 'sluice describe').",
            "A host is enrolled once: 'sluice enrol create NODE' where the manager is makes a token, --enrol takes it"
                    + " here; from then on both sides prove who they are, and the certificate is renewed by itself.",
            "What the manager sent last is kept on disk: the node starts with it and goes on with it, however long the"
                    + " manager is away.",
            "Needs root or CAP_NET_RAW and CAP_NET_ADMIN. Exit status as of 'sluice run'."
        })
final class AgentCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(AgentCommand.class);

    @Option(
            names = "--manager",
            required = true,
            paramLabel = "HOST:PORT[,HOST:PORT...]",
            description =
                    "Where the manager serves agents: the address of its --agents. Of several managers, all of them:"
                            + " the one that leads serves agents, and is found.")
    private String manager = "";

    @Option(names = "--node", required = true, paramLabel = "NAME", description = "Which node of the objects this is.")
    private String node = "";

    @Option(
            names = "--enrol",
            paramLabel = "TOKEN",
            description =
                    "Become the node with this token of 'sluice enrol create'; does nothing if this host was enrolled"
                            + " with it already.")
    private @Nullable String token;

    @Option(
            names = "--enrol-file",
            paramLabel = "FILE",
            description =
                    "The same with a token in a file, looked for again before each connection: a host that runs can so"
                            + " be enrolled anew.")
    private @Nullable Path tokenFile;

    @Option(
            names = "--manager-insecure",
            description = "Talk in the clear to a manager on this host that was started with --agents-insecure, without"
                    + " proof of who is who; for labs.")
    private boolean insecure;

    @Option(
            names = "--permit-command",
            paramLabel = "WORDS",
            description = {
                "Let the manager run this program here, as a service node in a network namespace of its own; may be"
                        + " given several times (default: none). Words behind the path have to stand there as well, others"
                        + " may follow: '/usr/bin/python3 /opt/fw.py' permits that script and not every one."
            })
    private List<String> permittedCommands = List.of();

    @Option(
            names = "--permit-hook",
            paramLabel = "PATH",
            description =
                    "Let the manager have service nodes made by this program, which runs with the rights of the agent;"
                            + " may be given several times (default: none).")
    private List<String> permittedHooks = List.of();

    @Option(
            names = "--run-as",
            paramLabel = "USER[:GROUP]",
            defaultValue = Permits.USER_USUAL,
            description = "Who processes of --permit-command run as, with CAP_NET_ADMIN and CAP_NET_RAW in their own"
                    + " namespace only (default: ${DEFAULT-VALUE}).")
    private String runAs = Permits.USER_USUAL;

    @Mixin
    private NodeRunOptions options = new NodeRunOptions();

    @Override
    public Integer call() throws NodeException {
        ManagerAddresses addresses = addresses();
        NodeOptions nodeOptions = options.of(ObjectSource.files(Path.of("")), Optional.of(node), false, false);
        ManagerLink link = link(addresses, ManagedNode.directory(node, nodeOptions));
        Permits permits = permits();
        return options.run(
                () -> NodeRunOptions.Running.of(ManagedNode.start(link, node, nodeOptions, permits), () -> {}));
    }

    private Permits permits() {
        try {
            return Permits.of(permittedCommands, permittedHooks, runAs);
        } catch (IllegalArgumentException e) {
            throw new CommandFailure("--permit-command, --permit-hook, --run-as: " + e.getMessage(), e);
        }
    }

    private ManagerLink link(ManagerAddresses addresses, Path state) {
        if (token != null && tokenFile != null) {
            throw new CommandFailure("--enrol and --enrol-file say the same; give one of them");
        }
        if (!insecure) {
            return new CertifiedLink(addresses, node, state, tokens(), InstantSource.system());
        }
        if (token != null || tokenFile != null) {
            throw new CommandFailure("--manager-insecure needs no token; leave --enrol out");
        }
        if (!addresses.all().stream().allMatch(each -> isLoopback(each.host()))) {
            throw new CommandFailure("--manager " + manager
                    + ": others could be in between; --manager-insecure is for a manager on this host,"
                    + " elsewhere enrol: --enrol TOKEN");
        }
        return ManagerLink.insecure(addresses);
    }

    private Supplier<String> tokens() {
        Path file = tokenFile;
        if (file != null) {
            problem(file).ifPresent(problem -> {
                throw new CommandFailure(problem);
            });
            return () -> read(file);
        }
        String text = token == null ? "" : token;
        if (!text.isEmpty()) {
            CertifiedLink.problemOfToken(text, node).ifPresent(problem -> {
                throw new CommandFailure("--enrol " + problem);
            });
        }
        return () -> text;
    }

    /** No file is as good as an empty one: the node goes on with what it has, and says what is missing. */
    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            problem(file).ifPresent(LOG::error);
            return "";
        }
    }

    private static Optional<String> problem(Path file) {
        try {
            Files.readString(file);
            return Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of("--enrol-file " + file + " cannot be read: " + e.getMessage()
                    + "; it is to hold what 'sluice enrol create' prints, readable by the agent");
        }
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private ManagerAddresses addresses() {
        List<ManagerAddress> all = new ArrayList<>();
        for (String each : manager.split(",", -1)) {
            all.add(address(each));
        }
        return new ManagerAddresses(all);
    }

    private static ManagerAddress address(String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon).replaceAll("^\\[|\\]$", "");
        String port = text.substring(colon + 1);
        if (host.isEmpty()
                || !port.matches("[0-9]{1,5}")
                || Integer.parseInt(port) < 1
                || Integer.parseInt(port) > 65_535) {
            throw new CommandFailure("--manager " + text + " is not a host and a port; write manager.example:9471");
        }
        return new ManagerAddress(host, Integer.parseInt(port));
    }
}
