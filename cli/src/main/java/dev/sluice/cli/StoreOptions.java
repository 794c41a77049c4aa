package dev.sluice.cli;

import dev.sluice.manager.store.EtcdOptions;
import dev.sluice.manager.store.EtcdOptions.Own;
import dev.sluice.manager.store.EtcdOptions.Tls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a manager keeps objects. */
final class StoreOptions {
    @Option(
            names = "--store",
            paramLabel = "URL",
            description =
                    "Members of a cluster of etcd, 3.4 or later, that several managers share: etcd://HOST:PORT,HOST:PORT,HOST:PORT; behind them '/' and the prefix of all keys, if it is not sluice "
                            + "(default: a file in the directory of --data, for one manager).")
    private @Nullable String url;

    @Option(
            names = "--store-ca",
            paramLabel = "FILE",
            description =
                    "Certificates in PEM that those of etcd are signed by: TLS is spoken with it. Members elsewhere than on this host need it.")
    private @Nullable Path authority;

    @Option(
            names = "--store-cert",
            paramLabel = "FILE",
            description = "This manager's certificate for etcd, in PEM, if etcd wants one. Needs --store-key.")
    private @Nullable Path certificate;

    @Option(
            names = "--store-key",
            paramLabel = "FILE",
            description = "The certificate's private key: PKCS#8 in PEM, not encrypted.")
    private @Nullable Path key;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description =
                    "Name of this manager among those of the store, each has its own (default: name of this host).")
    private @Nullable String name;

    /** Empty: a store of its own. */
    Optional<EtcdOptions> cluster() {
        if (url == null) {
            if (authority != null || certificate != null || key != null || name != null) {
                throw new CommandFailure(
                        "--store-ca, --store-cert, --store-key and --name are about a store in etcd; give --store too");
            }
            return Optional.empty();
        }
        try {
            EtcdOptions options = EtcdOptions.parse(url, name == null ? hostName() : name, tls());
            if (options.tls().isEmpty()) {
                options.members().forEach(StoreOptions::checkLocal);
            }
            return Optional.of(options);
        } catch (IllegalArgumentException e) {
            throw new CommandFailure("--store " + e.getMessage(), e);
        }
    }

    private Optional<Tls> tls() {
        if ((certificate == null) != (key == null)) {
            throw new CommandFailure("--store-cert and --store-key go together; give both or none");
        }
        if (authority == null) {
            if (certificate != null) {
                throw new CommandFailure(
                        "--store-cert needs --store-ca, the certificates that those of etcd are signed by");
            }
            return Optional.empty();
        }
        Optional<Own> own =
                certificate == null || key == null ? Optional.empty() : Optional.of(new Own(certificate, key));
        return Optional.of(new Tls(authority, own));
    }

    private static void checkLocal(EtcdOptions.Member member) {
        try {
            if (InetAddress.getByName(member.host()).isLoopbackAddress()) {
                return;
            }
        } catch (UnknownHostException e) {
            // As one that is elsewhere.
        }
        throw new CommandFailure(
                "--store " + EtcdOptions.SCHEME + member
                        + ": others could read and change what goes there; give --store-ca, and start etcd with --cert-file, --key-file and --client-cert-auth");
    }

    private static String hostName() {
        try {
            String found =
                    Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
            return found.isEmpty() ? "manager" : found;
        } catch (IOException e) {
            return "manager";
        }
    }
}
