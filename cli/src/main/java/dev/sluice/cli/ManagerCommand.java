package dev.sluice.cli;

import dev.sluice.manager.AgentOptions;
import dev.sluice.manager.Manager;
import dev.sluice.manager.agents.AgentService;
import dev.sluice.manager.callbacks.CallbackOptions;
import dev.sluice.manager.callbacks.CallbackTargets;
import dev.sluice.manager.enrolment.AuthorityException;
import dev.sluice.manager.http.ShownCertificate;
import dev.sluice.manager.objects.History;
import dev.sluice.manager.store.EtcdOptions;
import dev.sluice.manager.store.StoreException;
import dev.sluice.wire.IpPrefix;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice manager}: a manager in this process, until it is stopped. */
@Command(
        name = "manager",
        description = {
            "Keeps objects for a network of nodes and serves them to 'sluice apply', 'get' and others, and to"
                    + " programs, until Ctrl-C or SIGTERM.",
            "Several managers over one store in etcd (--store) serve the same objects; one of them leads and serves"
                    + " agents, and when it dies another does within seconds.",
            "Who asks has to show a token; that of this machine's administrator is in DIR/admin.token. Other than"
                    + " loopback addresses need TLS. Exit status: 130 or 143 after a signal, 1 if it could not start."
        })
final class ManagerCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call
    private CommandSpec spec;

    @Option(
            names = "--data",
            required = true,
            paramLabel = "DIR",
            description =
                    "Directory for the objects, and for what is this manager's alone; made if it is not there. One"
                            + " manager at a time uses it.")
    @SuppressWarnings("NullAway.Init") // picocli refuses a command line without it
    private Path data;

    @Option(
            names = "--listen",
            paramLabel = "ADDR:PORT",
            defaultValue = ManagerOptions.DEFAULT_ADDRESS,
            description = "Where to listen, port 0 for a free one (default: ${DEFAULT-VALUE}).")
    private String listen = ManagerOptions.DEFAULT_ADDRESS;

    @Option(
            names = "--tls-cert",
            paramLabel = "FILE",
            description = "Certificates in PEM, the manager's own first: TLS 1.3 is spoken. Needs --tls-key.")
    private @Nullable Path certificate;

    @Option(
            names = "--tls-key",
            paramLabel = "FILE",
            description = "The certificate's private key: PKCS#8 in PEM, not encrypted.")
    private @Nullable Path key;

    @Option(
            names = "--callback-cert",
            paramLabel = "FILE",
            description =
                    "Certificates in PEM, the manager's own first, for service managers that want to see one when they"
                            + " are called. Needs --callback-key.")
    private @Nullable Path callbackCertificate;

    @Option(
            names = "--callback-key",
            paramLabel = "FILE",
            description = "Its private key: PKCS#8 in PEM, not encrypted.")
    private @Nullable Path callbackKey;

    @Option(
            names = "--callback-networks",
            paramLabel = "PREFIX",
            split = ",",
            description =
                    "Call service managers in these networks only. Without it everywhere but on this host itself and at"
                            + " addresses that no router leads to: what is reached from here alone is not for whoever may write a ServiceManager.")
    private List<String> callbackNetworks = List.of();

    @Option(
            names = "--no-access-control",
            description =
                    "Let everybody who has an account on this machine change everything; on loopback addresses only.")
    private boolean open;

    @Option(
            names = "--agents",
            paramLabel = "ADDR:PORT",
            defaultValue = "127.0.0.1:9471",
            description =
                    "Where to serve agents ('sluice agent --manager'), port 0 for a free one; none: nowhere (default:"
                            + " ${DEFAULT-VALUE}). With TLS, for hosts that are enrolled: 'sluice enrol'.")
    private String agents = "127.0.0.1:9471";

    @Option(
            names = "--agents-insecure",
            description =
                    "Serve agents without encryption and without asking who they are, on a loopback address: whoever"
                            + " has an account on this machine can say that it is a node. For labs.")
    private boolean agentsInsecure;

    @Option(
            names = "--agent-certificate-days",
            paramLabel = "DAYS",
            defaultValue = "30",
            description =
                    "How long the certificates of hosts are good, 1..365; renewed after two thirds of it (default:"
                            + " ${DEFAULT-VALUE}).")
    private int certificateDays = 30;

    @Option(
            names = "--new-authority",
            description =
                    "Replace the authority that signs the certificates of hosts, DIR/authority.pem, because it is lost"
                            + " or was stolen: each host has to be enrolled again.")
    private boolean newAuthority;

    @Option(
            names = "--history-days",
            paramLabel = "DAYS",
            defaultValue = "30",
            description = "How long changes are kept that 'sluice rollback' can go back behind, 1..3650 (default:"
                    + " ${DEFAULT-VALUE}).")
    private int historyDays = 30;

    @Option(
            names = "--history-changes",
            paramLabel = "N",
            defaultValue = "10000",
            description = "How many of them at most, 1..1000000 (default: ${DEFAULT-VALUE}).")
    private long historyChanges = 10_000;

    @Mixin
    private StoreOptions store = new StoreOptions();

    @Option(
            names = "--restore",
            paramLabel = "FILE",
            description = "Fill the store, which must hold no objects yet, from a file of 'sluice backup' first.")
    private @Nullable Path backup;

    @Mixin
    private LogOptions log = new LogOptions();

    @Override
    public Integer call() {
        log.use();
        CountDownLatch end = new CountDownLatch(1);
        Manager.Options options = options();
        if (backup != null) {
            restore(backup, options);
        }
        try (Manager manager = start(options)) {
            Runtime.getRuntime().addShutdownHook(new Thread(manager::close, "sluice-stop"));
            spec.commandLine().getOut().println(url(certificate == null ? "http" : "https", listen, manager.port()));
            if (!manager.standing().leads()) {
                spec.commandLine()
                        .getOut()
                        .println("it stands by; " + manager.standing().leader() + " leads");
            }
            if (manager.agentsPort() != 0) {
                spec.commandLine().getOut().println("agents reach it at port " + manager.agentsPort());
            }
            ReadyNotice.give();
            end.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return ExitCode.OK;
    }

    /** Starts a manager; what is wrong with it is said by the options that say how it runs. */
    static Manager start(Manager.Options options) {
        try {
            return Manager.start(options);
        } catch (IOException e) {
            throw new CommandFailure("--listen: " + e.getMessage(), e);
        } catch (AgentService.Unreachable e) {
            throw new CommandFailure("--agents: " + e.getMessage(), e);
        } catch (StoreException | AuthorityException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()), e);
        }
    }

    /** Where a manager listens, for people and programs that read what it prints. */
    static String url(String scheme, String listen, int port) {
        return "manager listens on " + scheme + "://" + listen.substring(0, listen.lastIndexOf(':')) + ":" + port;
    }

    private Manager.Options options() {
        Manager.Options options = withAgents(Manager.Options.of(data, SocketAddresses.parse("--listen", listen)));
        options = options.with(history());
        options = open ? options.withoutAccessControl() : options;
        Optional<EtcdOptions> cluster = store.cluster();
        options = cluster.isPresent() ? options.with(cluster.get()) : options;
        Optional<ShownCertificate> own = shown("--tls-cert", certificate, "--tls-key", key);
        options = own.isPresent() ? options.with(own.get()) : options;
        return options.with(new CallbackOptions(
                shown("--callback-cert", callbackCertificate, "--callback-key", callbackKey),
                CallbackTargets.in(
                        callbackNetworks.stream().map(ManagerCommand::network).toList())));
    }

    private static IpPrefix network(String text) {
        return IpPrefix.parse(text)
                .orElseThrow(
                        () -> new CommandFailure(
                                "--callback-networks: '" + text
                                        + "' is no network; write a prefix without host bits such as 10.0.0.0/8 or fd00::/8, or one address"));
    }

    private History.Bounds history() {
        if (historyDays < 1 || historyDays > 3_650) {
            throw new CommandFailure("--history-days " + historyDays + " is out of range; write 1..3650");
        }
        if (historyChanges < 1 || historyChanges > 1_000_000) {
            throw new CommandFailure("--history-changes " + historyChanges + " is out of range; write 1..1000000");
        }
        return History.Bounds.of(Duration.ofDays(historyDays), historyChanges);
    }

    private static Optional<ShownCertificate> shown(
            String certificateOption, @Nullable Path chain, String keyOption, @Nullable Path secret) {
        if ((chain == null) != (secret == null)) {
            throw new CommandFailure(certificateOption + " and " + keyOption + " go together; give both or none");
        }
        if (chain == null || secret == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(ShownCertificate.read(chain, secret));
        } catch (IOException e) {
            throw new CommandFailure(certificateOption + ", " + keyOption + ": " + e.getMessage(), e);
        }
    }

    private Manager.Options withAgents(Manager.Options options) {
        if (agents.equals("none")) {
            return options;
        }
        InetSocketAddress at = SocketAddresses.parse("--agents", agents);
        if (agentsInsecure && (at.isUnresolved() || !at.getAddress().isLoopbackAddress())) {
            throw new CommandFailure("--agents " + agents
                    + ": others could reach this address; --agents-insecure is for loopback addresses, leave"
                    + " it out and enrol the hosts: sluice enrol create NODE");
        }
        if (certificateDays < 1 || certificateDays > 365) {
            throw new CommandFailure("--agent-certificate-days " + certificateDays + " is out of range; write 1..365");
        }
        return options.with(new AgentOptions(at, agentsInsecure, Duration.ofDays(certificateDays), newAuthority));
    }

    private void restore(Path file, Manager.Options options) {
        try {
            int entries = Manager.restore(options, Files.readAllBytes(file));
            spec.commandLine().getOut().println("restored " + entries + " entries from " + file);
        } catch (IOException e) {
            throw new CommandFailure("--restore " + file + " can't be read: " + e.getMessage(), e);
        } catch (StoreException e) {
            throw new CommandFailure("--restore " + file + ": " + e.getMessage(), e);
        }
    }
}
