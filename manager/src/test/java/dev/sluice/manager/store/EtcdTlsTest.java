package dev.sluice.manager.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.manager.store.EtcdOptions.Own;
import dev.sluice.manager.store.EtcdOptions.Tls;
import dev.sluice.manager.store.Store.Committed;
import dev.sluice.southbound.pki.Certificates;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A member of etcd that wants certificates. */
@Tag("system")
@Tag("long")
class EtcdTlsTest {
    private static final char[] PASSWORD = "changeit".toCharArray();
    private static final long PATIENCE_MS = 500;

    @TempDir
    private Path folder = Path.of("");

    private int port;

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private Process etcd(Path certificate, Path key) throws Exception {
        port = freePort();
        String peer = "http://127.0.0.1:" + freePort();
        String client = "https://127.0.0.1:" + port;
        return new ProcessBuilder(
                        "etcd",
                        "--data-dir=" + folder.resolve("etcd"),
                        "--listen-client-urls=" + client,
                        "--advertise-client-urls=" + client,
                        "--listen-peer-urls=" + peer,
                        "--initial-advertise-peer-urls=" + peer,
                        "--initial-cluster=default=" + peer,
                        "--cert-file=" + certificate,
                        "--key-file=" + key,
                        "--client-cert-auth",
                        "--trusted-ca-file=" + certificate,
                        "--max-txn-ops=25000",
                        "--heartbeat-interval=30",
                        "--election-timeout=300",
                        "--logger=zap",
                        "--log-level=error")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("etcd.log").toFile())
                .start();
    }

    /** A certificate for loopback that is signed by itself, by the tool that comes with the JDK. */
    private void makePair(Path certificate, Path key) throws Exception {
        Path store = folder.resolve("pair.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "pair",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=pair",
                        "-ext",
                        "san=ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        new String(PASSWORD))
                .inheritIO()
                .start();
        assertThat(keytool.waitFor(30, TimeUnit.SECONDS)).isTrue();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD);
        }
        pem(certificate, "CERTIFICATE", keys.getCertificate("pair").getEncoded());
        pem(key, "PRIVATE KEY", keys.getKey("pair", PASSWORD).getEncoded());
    }

    private static void pem(Path file, String what, byte[] bytes) throws Exception {
        String body = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(bytes);
        Files.writeString(file, "-----BEGIN " + what + "-----\n" + body + "\n-----END " + what + "-----\n");
    }

    private EtcdOptions options(Optional<Tls> tls) {
        return EtcdOptions.parse("etcd://127.0.0.1:" + port, "a", tls);
    }

    @Test
    void storeIsReachedWithTheRightCertificatesOnlyAndSaysWhatIsWrong() throws Exception {
        Path certificate = folder.resolve("cert.pem");
        Path key = folder.resolve("key.pem");
        makePair(certificate, key);
        Process etcd = etcd(certificate, key);
        try {
            Tls right = new Tls(certificate, Optional.of(new Own(certificate, key)));
            try (Store store = EtcdStore.open(options(Optional.of(right)), 20_000)) {
                assertThat(store.commit(List.of(), List.of(StoreContractTest.put("k", "v"))))
                        .isEqualTo(new Committed(1));
            }
            refused(Optional.empty());
            refused(Optional.of(new Tls(certificate, Optional.empty())));
            Path other = folder.resolve("other.pem");
            pem(
                    other,
                    "CERTIFICATE",
                    Certificates.authority(Certificates.newKey(), "other", Instant.now(), Duration.ofDays(1))
                            .getEncoded());
            refused(Optional.of(new Tls(other, Optional.of(new Own(certificate, key)))));
            Path nothing = folder.resolve("nothing.pem");
            assertThatThrownBy(() -> EtcdStore.open(options(Optional.of(new Tls(nothing, Optional.empty())))))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("nothing.pem cannot be used")
                    .hasMessageContaining("write certificates in PEM");
            Files.writeString(nothing, "no certificate");
            assertThatThrownBy(() -> EtcdStore.open(options(Optional.of(new Tls(nothing, Optional.empty())))))
                    .hasMessageContaining("nothing.pem cannot be used");
        } finally {
            etcd.destroyForcibly();
            etcd.waitFor();
        }
    }

    private void refused(Optional<Tls> tls) {
        assertThatThrownBy(() -> EtcdStore.open(options(tls), PATIENCE_MS))
                .isInstanceOf(StoreException.class)
                .satisfies(e -> System.out.println(e.getMessage()))
                .hasMessageContaining("--store-ca");
    }
}
