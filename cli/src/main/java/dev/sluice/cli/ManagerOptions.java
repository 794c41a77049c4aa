package dev.sluice.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which manager a command talks to, and who it says to be. */
final class ManagerOptions {
    /** Where a manager listens if nobody says otherwise. */
    static final String DEFAULT_ADDRESS = "127.0.0.1:9470";

    /** Where the packaged manager has the token of its machine's administrator. */
    private static final Path ADMIN_TOKEN = Path.of("/var/lib/sluice/manager/admin.token");

    @Option(
            names = "--manager",
            paramLabel = "URL",
            description = "The manager, http:// or https:// (default: environment variable SLUICE_MANAGER, else http://"
                    + DEFAULT_ADDRESS + ").")
    private @Nullable String url;

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            description =
                    "File that holds a token, which says who you are (default: environment variables SLUICE_TOKEN, the token itself, or SLUICE_TOKEN_FILE; "
                            + "else, with a manager on this machine, /var/lib/sluice/manager/admin.token if you may read it).")
    private @Nullable Path tokenFile;

    @Option(
            names = "--ca-file",
            paramLabel = "FILE",
            description =
                    "Certificates in PEM that the manager's own is signed by (default: environment variable SLUICE_CA_FILE, else those that Java trusts).")
    private @Nullable Path caFile;

    /** Whether a manager is named in the command itself: commands that are for a node without it look here. */
    boolean isNamed() {
        return url != null;
    }

    ManagerClient client() {
        String text = url != null ? url : environment("SLUICE_MANAGER", "http://" + DEFAULT_ADDRESS);
        try {
            URI uri = new URI(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
            boolean usable = Set.of("http", "https").contains(String.valueOf(uri.getScheme()))
                    && uri.getHost() != null
                    && uri.getPath().isEmpty();
            if (usable && uri.getQuery() == null && uri.getUserInfo() == null) {
                SSLSocketFactory trust = trust(uri);
                return new ManagerClient(uri.toString(), () -> token(uri), trust);
            }
        } catch (URISyntaxException e) {
            // The same answer as for what can be read and is something else.
        }
        throw new CommandFailure("--manager " + text + " is not the address of a manager; write http://"
                + DEFAULT_ADDRESS + " or https://HOST:PORT");
    }

    /** The token to show; empty: none. It is not sent where others could read it on the way. */
    private String token(URI manager) {
        String token = "";
        if (tokenFile != null) {
            token = read(tokenFile, "--token-file");
        } else if (!environment("SLUICE_TOKEN", "").isEmpty()) {
            token = environment("SLUICE_TOKEN", "").strip();
        } else if (!environment("SLUICE_TOKEN_FILE", "").isEmpty()) {
            token = read(Path.of(environment("SLUICE_TOKEN_FILE", "")), "SLUICE_TOKEN_FILE");
        } else if (isOfThisMachine(manager) && Files.isReadable(ADMIN_TOKEN)) {
            token = read(ADMIN_TOKEN, "token");
        }
        if (!token.isEmpty() && "http".equals(manager.getScheme()) && !isLoopback(manager)) {
            throw new CommandFailure(
                    "--manager " + manager + ": a token is not sent in the clear to another machine; use https://");
        }
        return token;
    }

    private static boolean isLoopback(URI manager) {
        try {
            return InetAddress.getByName(manager.getHost()).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    /** Whether the manager is one of this machine: on a loopback address, or at any address of its own if it has to prove who it is. */
    static boolean isOfThisMachine(URI manager) {
        if (isLoopback(manager)) {
            return true;
        }
        try {
            return "https".equals(manager.getScheme())
                    && NetworkInterface.getByInetAddress(InetAddress.getByName(manager.getHost())) != null;
        } catch (UnknownHostException | SocketException e) {
            return false;
        }
    }

    private @Nullable SSLSocketFactory trust(URI manager) {
        String environment = environment("SLUICE_CA_FILE", "");
        Path file = caFile != null ? caFile : environment.isEmpty() ? null : Path.of(environment);
        if (file == null || "http".equals(manager.getScheme())) {
            return null;
        }
        try {
            Collection<? extends Certificate> trusted = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file)));
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            int number = 0;
            for (Certificate certificate : trusted) {
                store.setCertificateEntry("ca-" + number, certificate);
                number++;
            }
            TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            managers.init(store);
            SSLContext context = SSLContext.getInstance("TLSv1.3");
            context.init(null, managers.getTrustManagers(), null);
            return context.getSocketFactory();
        } catch (IOException | GeneralSecurityException e) {
            throw new CommandFailure(
                    "--ca-file " + file + " can't be used: " + e.getMessage() + "; write certificates in PEM", e);
        }
    }

    private static String environment(String name, String absent) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? absent : value;
    }

    private static String read(Path file, String option) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new CommandFailure(option + " " + file + " can't be read: " + e.getMessage(), e);
        }
    }
}
