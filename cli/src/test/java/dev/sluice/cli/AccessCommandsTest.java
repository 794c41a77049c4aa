package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.manager.Manager;
import dev.sluice.manager.http.ShownCertificate;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Users, tenants and tokens by the commands, to a manager with TLS (C14, S3). */
@Timeout(120)
class AccessCommandsTest {
    @TempDir
    private Path folder = Path.of("");

    private Path certificate = Path.of("");
    private Path key = Path.of("");

    @BeforeEach
    void makeCertificate() throws Exception {
        certificate = folder.resolve("cert.pem");
        key = folder.resolve("key.pem");
        makePair("manager", certificate, key);
    }

    /** A certificate that is signed by itself, by the tool that comes with the JDK. */
    private void makePair(String name, Path chain, Path secret) throws Exception {
        Path store = folder.resolve(name + ".p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        name,
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=" + name,
                        "-validity",
                        "2",
                        "-ext",
                        "san=ip:127.0.0.1,dns:localhost",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        "changeit")
                .redirectErrorStream(true)
                .start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(keytool.exitValue()).as(said).isZero();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, "changeit".toCharArray());
        }
        Files.writeString(chain, pem("CERTIFICATE", keys.getCertificate(name).getEncoded()));
        Files.writeString(
                secret,
                pem("PRIVATE KEY", keys.getKey(name, "changeit".toCharArray()).getEncoded()));
    }

    private static String pem(String what, byte[] bytes) {
        return "-----BEGIN " + what + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes) + "\n-----END " + what + "-----\n";
    }

    private Manager manager() throws IOException {
        InetSocketAddress listen = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        return Manager.start(
                Manager.Options.of(folder.resolve("data"), listen).with(ShownCertificate.read(certificate, key)));
    }

    private Cli run(Manager manager, Path token, String... words) {
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of("--manager", "https://127.0.0.1:" + manager.port(), "--ca-file", certificate.toString()));
        all.addAll(List.of("--token-file", token.toString()));
        return Cli.run(all.toArray(String[]::new));
    }

    @Test
    void administratorLetsOthersInAndOutAgain() throws Exception {
        try (Manager manager = manager()) {
            Path root = folder.resolve("data").resolve(Manager.ADMIN_TOKEN_FILE);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(root)))
                    .isEqualTo("rw-------");
            assertThat(run(manager, root, "whoami").out()).isEqualTo("local-admin: admin\n");
            assertThat(run(manager, root, "user", "list").out()).contains("there are no users");
            assertThat(run(manager, root, "tenant", "create", "acme").out()).isEqualTo("Tenant/acme\n");
            assertThat(run(manager, root, "user", "set", "alice", "security-admin@acme", "auditor")
                            .out())
                    .isEqualTo("alice: security-admin@acme, auditor\n");
            Cli token = run(manager, root, "token", "create", "alice", "--note", "laptop");
            assertThat(token.out()).startsWith("sluice_");
            Path alice = Files.writeString(folder.resolve("alice"), token.out());
            assertThat(run(manager, alice, "whoami").out())
                    .startsWith("alice: security-admin@acme, auditor; the token ends 20");
            assertThat(run(manager, alice, "can-i", "write", "servicechain", "acme.x")
                            .out())
                    .isEqualTo("yes\n");
            Cli no = run(manager, alice, "can-i", "write", "servicechain", "x");
            assertThat(no.out()).isEqualTo("no\n");
            assertThat(no.status()).isEqualTo(ExitCode.FAILED);
            Path objects = Files.writeString(
                    folder.resolve("o.yaml"),
                    "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: fw}, spec: {transport: raw}}");
            Cli refused = run(manager, alice, "apply", "-f", objects.toString());
            assertThat(refused.status()).isEqualTo(ExitCode.FAILED);
            assertThat(refused.err()).contains("alice may not change Service/fw, which all tenants share");
            assertThat(run(manager, alice, "token", "list").out())
                    .contains("alice")
                    .contains("laptop");
            assertThat(run(manager, alice, "user", "list").err()).contains("alice may not GET /api/v1/users");
            assertThat(run(manager, root, "tenant", "delete", "acme").err()).contains("still has User/alice");
            assertThat(run(manager, root, "user", "delete", "alice").out()).isEqualTo("User/alice deleted\n");
            assertThat(run(manager, alice, "whoami").err()).contains("the token is unknown, expired or revoked");
            assertThat(run(manager, root, "tenant", "delete", "acme").out()).isEqualTo("Tenant/acme deleted\n");
            assertThat(run(manager, root, "token", "revoke", "00000000").err()).contains("there is no Token/00000000");
        }
    }

    @Test
    void administratorConfirmsTheChangeOfAnotherOnlyByItsNumber() throws Exception {
        try (Manager manager = manager()) {
            Path root = folder.resolve("data").resolve(Manager.ADMIN_TOKEN_FILE);
            run(manager, root, "user", "set", "alice", "security-admin");
            Path alice = Files.writeString(
                    folder.resolve("alice"),
                    run(manager, root, "token", "create", "alice").out());
            Path objects = Files.writeString(
                    folder.resolve("o.yaml"),
                    "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: fw}, spec: {transport: raw}}");
            run(manager, alice, "apply", "-f", objects.toString(), "--confirm", "1h");
            assertThat(run(manager, root, "confirm").err())
                    .startsWith("sluice: revision 1 is on trial by alice, not by you")
                    .contains("'sluice confirm 1 --manager URL'");
            assertThat(run(manager, root, "history").out()).contains("revision 1 by alice is on trial until ");
            assertThat(run(manager, root, "confirm", "1").out()).isEqualTo("revision 1 is confirmed\n");
        }
    }

    @Test
    void everyCommandSaysWhatIsWrongWithTheToken() throws Exception {
        try (Manager manager = manager()) {
            Path bad = Files.writeString(folder.resolve("bad"), "sluice_00000000_0000");
            Path none = Files.writeString(folder.resolve("none"), "");
            String objects = Files.writeString(
                            folder.resolve("o.yaml"),
                            "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: fw}, spec: {transport: raw}}")
                    .toString();
            for (String command : List.of(
                    "get services",
                    "delete service fw",
                    "user set alice admin",
                    "user delete alice",
                    "token create alice",
                    "enrol create a",
                    "enrol revoke a",
                    "backup " + folder.resolve("b"),
                    "watch",
                    "apply -f " + objects)) {
                Cli unknown = run(manager, bad, command.split(" ", -1));
                assertThat(unknown.err())
                        .as(command)
                        .startsWith("sluice: the token is unknown, expired or revoked: ask an administrator");
                assertThat(unknown.status()).isEqualTo(ExitCode.FAILED);
                assertThat(run(manager, none, command.split(" ", -1)).err())
                        .as(command)
                        .startsWith("sluice: the manager wants to know who you are: send a token");
            }
        }
    }

    @Test
    void thoseWhoOnlyReadLearnWhatRefersToAnObjectAndAuditorsWhoChangedIt() throws Exception {
        try (Manager manager = manager()) {
            Path root = folder.resolve("data").resolve(Manager.ADMIN_TOKEN_FILE);
            Path objects = Files.writeString(folder.resolve("o.yaml"), """
                {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: firewall}, spec: {transport: raw}}
                ---
                apiVersion: sluice.dev/v1
                kind: ServiceChain
                metadata: {name: inspect}
                spec: {profiles: [firewall], onFailure: closed}
                """);
            run(manager, root, "apply", "-f", objects.toString());
            run(manager, root, "tenant", "create", "acme");
            run(manager, root, "user", "set", "rita", "read-only");
            run(manager, root, "user", "set", "axel", "auditor");
            Path rita = Files.writeString(
                    folder.resolve("rita"),
                    run(manager, root, "token", "create", "rita", "--ttl", "90d")
                            .out());
            Path axel = Files.writeString(
                    folder.resolve("axel"),
                    run(manager, root, "token", "create", "axel").out());
            assertThat(run(manager, rita, "describe", "service", "firewall").out())
                    .endsWith("referred to by\n  ServiceChain/inspect spec.profiles[0]\n");
            assertThat(run(manager, rita, "describe", "servicechain", "inspect").out())
                    .endsWith("referred to by\n  (no object that you may see)\n");
            assertThat(run(manager, rita, "get", "service", "nope").err()).contains("sluice get services");
            assertThat(run(manager, rita, "audit").err()).contains("rita may not");
            Cli record = run(manager, axel, "audit", "--last", "4");
            assertThat(record.err()).isEmpty();
            assertThat(record.out()).contains("local-admin: created User/axel").doesNotContain("ServiceChain");
            assertThat(run(manager, axel, "audit").out())
                    .startsWith("1 20")
                    .contains("local-admin: created Service/firewall, created ServiceChain/inspect\n");
            assertThat(run(manager, axel, "audit", "--last", "1", "-o", "json").out())
                    .contains("\"hash\"");
            assertThat(run(manager, axel, "audit", "--verify").out()).endsWith(" entries, as they were written\n");
            Cli verb = run(manager, axel, "can-i", "fly", "service");
            assertThat(verb.err()).contains("'fly' is not something to do; write one of: read, write, status");
            Cli kind = run(manager, axel, "can-i", "write", "servces");
            assertThat(kind.err()).contains("'servces' is not a kind; did you mean 'services'?");
            assertThat(List.of(verb.status(), kind.status())).containsOnly(ExitCode.USAGE);
        }
    }

    @Test
    void watchGoesOnWithTheNewTokenOfAManagerThatStartsAnew() throws Exception {
        Path root = folder.resolve("data").resolve(Manager.ADMIN_TOKEN_FILE);
        String object = "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: %s}, spec: {transport: raw}}";
        Path first = Files.writeString(folder.resolve("1.yaml"), object.formatted("fw"));
        Path second = Files.writeString(folder.resolve("2.yaml"), object.formatted("ips"));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int port;
        FutureTask<Integer> watch;
        try (Manager before = manager()) {
            port = before.port();
            run(before, root, "apply", "-f", first.toString());
            List<String> words = List.of("watch", "services", "--count", "2", "--manager", "https://127.0.0.1:" + port);
            List<String> all = new ArrayList<>(words);
            all.addAll(List.of("--ca-file", certificate.toString(), "--token-file", root.toString()));
            watch = new FutureTask<>(() -> {
                CommandLine line = Main.commandLine("watch");
                line.setOut(new PrintWriter(out, true));
                line.setErr(new PrintWriter(err, true));
                return line.execute(all.toArray(String[]::new));
            });
            Thread.ofPlatform().daemon().start(watch);
            until(() -> out.toString().contains("Service/fw"));
        }
        String token = Files.exists(root) ? Files.readString(root) : "";
        InetSocketAddress listen = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        try (Manager after = Manager.start(
                Manager.Options.of(folder.resolve("data"), listen).with(ShownCertificate.read(certificate, key)))) {
            assertThat(Files.readString(root)).isNotEqualTo(token);
            run(after, root, "apply", "-f", second.toString());
            assertThat(watch.get(30, TimeUnit.SECONDS)).as(err.toString()).isZero();
            assertThat(out.toString()).contains("Service/ips");
        }
    }

    private static void until(BooleanSupplier condition) throws InterruptedException {
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(endNs);
            Thread.sleep(20);
        }
    }

    @Test
    void administratorOfTheMachineIsKnownAtItsOtherAddressesToo() throws Exception {
        assertThat(ManagerOptions.isOfThisMachine(URI.create("http://127.0.0.1:9470")))
                .isTrue();
        assertThat(ManagerOptions.isOfThisMachine(URI.create("https://[::1]:9470")))
                .isTrue();
        assertThat(ManagerOptions.isOfThisMachine(URI.create("https://192.0.2.1:9470")))
                .isFalse();
        assertThat(ManagerOptions.isOfThisMachine(URI.create("https://no-such-host.invalid:9470")))
                .isFalse();
        Optional<InetAddress> own = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
                .findFirst();
        assumeTrue(own.isPresent());
        String name = own.orElseThrow().getHostAddress();
        assertThat(ManagerOptions.isOfThisMachine(URI.create("https://" + name + ":9470")))
                .isTrue();
        assertThat(ManagerOptions.isOfThisMachine(URI.create("http://" + name + ":9470")))
                .isFalse();
    }

    @Test
    void wrongSchemeAndWrongNameAreSaid() throws Exception {
        try (Manager manager = manager()) {
            Path root = folder.resolve("data").resolve(Manager.ADMIN_TOKEN_FILE);
            Cli clear = Cli.run(
                    "whoami", "--manager", "http://127.0.0.1:" + manager.port(), "--token-file", root.toString());
            assertThat(clear.err()).contains("a manager with --tls-cert speaks TLS there: write --manager https://");
            Cli other = Cli.run(
                    "whoami",
                    "--manager",
                    "https://127.0.0.2:" + manager.port(),
                    "--ca-file",
                    certificate.toString(),
                    "--token-file",
                    root.toString());
            assertThat(other.err()).contains("127.0.0.2");
        }
    }

    @Test
    void managerThatDoesNotProveWhoItIsIsNotTold() throws Exception {
        try (Manager manager = manager()) {
            Path root = folder.resolve("data").resolve(Manager.ADMIN_TOKEN_FILE);
            Path stranger = folder.resolve("stranger.pem");
            makePair("stranger", stranger, folder.resolve("stranger.key"));
            Cli cli = Cli.run(
                    "whoami",
                    "--manager",
                    "https://127.0.0.1:" + manager.port(),
                    "--ca-file",
                    stranger.toString(),
                    "--token-file",
                    root.toString());
            assertThat(cli.err()).contains("does not prove who it is").contains("--ca-file");
            Cli clear = Cli.run("whoami", "--manager", "http://192.0.2.1:9470", "--token-file", root.toString());
            assertThat(clear.err()).contains("not sent in the clear");
            Cli noFile = Cli.run("whoami", "--token-file", folder.resolve("no").toString());
            assertThat(noFile.err()).contains("can't be read");
            assertThatThrownBy(() -> ShownCertificate.read(certificate, folder.resolve("stranger.key")))
                    .hasMessageContaining("is not the key of the first certificate");
            assertThatThrownBy(() -> ShownCertificate.read(key, key)).hasMessageContaining("no certificate");
            assertThatThrownBy(() -> ShownCertificate.read(certificate, certificate))
                    .hasMessageContaining("openssl pkcs8");
        }
    }

    @Test
    void otherThanLoopbackNeedsTokensAndTls() throws Exception {
        InetSocketAddress everywhere = new InetSocketAddress("0.0.0.0", 0);
        Manager.Options options = Manager.Options.of(folder.resolve("data"), everywhere);
        assertThatThrownBy(() -> Manager.start(options)).hasMessageContaining("--tls-cert");
        assertThatThrownBy(() -> Manager.start(
                        options.with(ShownCertificate.read(certificate, key)).withoutAccessControl()))
                .hasMessageContaining("--no-access-control");
        try (Manager manager = Manager.start(options.with(ShownCertificate.read(certificate, key)))) {
            Path root = folder.resolve("data").resolve(Manager.ADMIN_TOKEN_FILE);
            assertThat(run(manager, root, "get", "services").out()).contains("there are no services");
        }
        Cli half = Cli.run("manager", "--data", folder.resolve("d2").toString(), "--tls-cert", certificate.toString());
        assertThat(half.err()).contains("go together");
    }
}
