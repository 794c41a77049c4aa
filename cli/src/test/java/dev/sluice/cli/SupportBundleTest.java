package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.support.Bundle;
import dev.sluice.cli.support.Secrets;
import dev.sluice.manager.Manager;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A support bundle has what is asked for, no secret, and bounds. */
@Timeout(120)
class SupportBundleTest {
    private static final String SECRET = "Xq7-hidden+key/42";
    private static final String ENROL_TOKEN =
            "sluice-enrol_edge-1_5f0c21aa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    private static final String TOKEN = "sluice_0a1b2c3d_CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC";
    private static final String OBJECTS = """
        apiVersion: sluice.dev/v1
        kind: Node
        metadata: {name: edge}
        spec: {tracker: {connectionsMax: 1024}}
        ---
        apiVersion: sluice.dev/v1
        kind: Service
        metadata: {name: firewall}
        spec: {transport: raw, health: {probe: bfd, bfd: {key: {id: 7, secret: "%s"}}}}
        """;

    @TempDir
    private Path folder = Path.of("");

    private static String unpacked(Path file) throws IOException {
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
            return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private static List<String> tar(String... arguments) throws Exception {
        Process tar = new ProcessBuilder(arguments).redirectErrorStream(true).start();
        List<String> lines = new String(tar.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();
        assertThat(tar.waitFor()).as(String.join("\n", lines)).isZero();
        return lines;
    }

    @Test
    void bundleOfAManagerHasItsObjectsAndNoSecret() throws Exception {
        Path objects = Files.writeString(folder.resolve("objects.yaml"), OBJECTS.formatted(SECRET.substring(0, 16)));
        Path log = Files.writeString(
                folder.resolve("old.log"),
                "enrolled with " + ENROL_TOKEN + "\nAuthorization: Bearer " + TOKEN
                        + "\n-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\n-----END PRIVATE KEY-----\nport left is up\n");
        Path bundle = folder.resolve("b.tar.gz");
        InetSocketAddress listen = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (Manager manager = Manager.start(Manager.Options.of(folder.resolve("data"), listen))) {
            String url = "http://127.0.0.1:" + manager.port();
            String token = folder.resolve("data").resolve("admin.token").toString();
            Cli applied = Cli.run("apply", "-f", objects.toString(), "--manager", url, "--token-file", token);
            assertThat(applied.status()).as(applied.err()).isZero();
            Cli run = Cli.run(
                    "support-bundle",
                    "--of",
                    "manager",
                    "--output-file",
                    bundle.toString(),
                    "--log-file",
                    log.toString(),
                    "--manager",
                    url,
                    "--token-file",
                    token);
            assertThat(run.status()).as(run.err()).isZero();
            assertThat(run.out()).contains("b.tar.gz: ").contains("secrets are removed");
            assertThat(unpacked(bundle))
                    .contains("firewall")
                    .contains("secret: (removed)")
                    .contains("port left is up")
                    .doesNotContain(SECRET.substring(0, 16))
                    .doesNotContain(ENROL_TOKEN.substring(30))
                    .doesNotContain(TOKEN)
                    .doesNotContain("MIGHAgEAMBMG")
                    .doesNotContain(Files.readString(Path.of(token)).strip());
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(bundle)))
                .isEqualTo("rw-------");
        assertThat(tar("tar", "--list", "--gzip", "--file", bundle.toString()))
                .allMatch(name -> name.startsWith("sluice-support-"))
                .anyMatch(name -> name.endsWith("/manager/objects.yaml"))
                .anyMatch(name -> name.endsWith("/host/kernel.txt"))
                .anyMatch(name -> name.endsWith("/versions.json"))
                .anyMatch(name -> name.endsWith("/CONTENTS"));
        Cli again = Cli.run("support-bundle", "--output-file", bundle.toString());
        assertThat(again.status()).isEqualTo(ExitCode.FAILED);
        assertThat(again.err()).contains("is there already; name another file");
    }

    @Test
    void whatDoesNotRunIsNamedAndTheRestIsThere() throws Exception {
        Path bundle = folder.resolve("b.tar.gz");
        Cli run = Cli.run(
                "support-bundle",
                "--of",
                "node",
                "--admin",
                folder.resolve("gone.sock").toString(),
                "--output-file",
                bundle.toString());
        assertThat(run.status()).isZero();
        assertThat(run.out()).contains("node/status.json: not there: ");
        assertThat(unpacked(bundle)).contains("node/status.json: not there: ").contains("Linux version");
    }

    @Test
    void runningNodeSaysWhatItHasWithoutItsKeys() throws Exception {
        Path objects = Files.writeString(folder.resolve("objects.yaml"), OBJECTS.formatted(SECRET.substring(0, 16)));
        String socket = folder.resolve("s").toString();
        Thread node = Thread.ofPlatform()
                .daemon()
                .start(() -> Cli.run(
                        "run",
                        "-f",
                        objects.toString(),
                        "--admin",
                        socket,
                        "--state",
                        folder.resolve("state").toString(),
                        "--log-level",
                        "error"));
        for (int i = 0;
                i < 500
                        && node.isAlive()
                        && Cli.run("status", "--admin", socket).status() != 0;
                i++) {
            Thread.sleep(20);
        }
        Path bundle = folder.resolve("b.tar.gz");
        Cli run;
        try {
            run = Cli.run("support-bundle", "--of", "node", "--admin", socket, "--output-file", bundle.toString());
        } finally {
            Cli.run("stop", "--admin", socket);
        }
        node.join();
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out()).doesNotContain("node/status.json");
        assertThat(unpacked(bundle))
                .contains("\"connectionsMax\" : 1024")
                .contains("secret: (removed)")
                .doesNotContain(SECRET.substring(0, 16));
    }

    @Test
    void partsAndTheWholeHaveBounds() throws Exception {
        Path file = folder.resolve("b.tar.gz");
        try (Bundle bundle = Bundle.create(file, "x", Instant.EPOCH, part -> {})) {
            bundle.add("long.log", () -> "old\n".repeat(Bundle.PART_BYTES_MAX / 4) + "the newest line\n");
            for (int i = 0; i < 12; i++) {
                int number = i;
                bundle.add("part" + i, () -> String.valueOf(number % 10).repeat(Bundle.PART_BYTES_MAX));
            }
            assertThat(bundle.contents().getFirst()).isEqualTo("long.log: 4194300 bytes, the end of 4194320");
            assertThat(bundle.contents().getLast()).isEqualTo("part11: left out, the bundle is full");
        }
        assertThat(unpacked(file)).contains("the newest line").hasSizeLessThan(50 * 1024 * 1024);
        assertThat(tar("tar", "--list", "--gzip", "--file", file.toString())).contains("x/long.log", "x/part0");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "key: {id: 1, secret: " + SECRET + "}",
                "secret: '" + SECRET + "'",
                "{\"secret\" : \"" + SECRET + "\"}",
                "--password " + "= " + SECRET,
                "run --store-password " + SECRET + " --listen x",
                "apiToken=" + SECRET,
                "private_key: " + SECRET,
                "Authorization: Bearer " + TOKEN,
                "x " + ENROL_TOKEN + " y",
                "-----BEGIN EC PRIVATE KEY-----\n" + SECRET + "\nwithout end"
            })
    void textsLoseWhatLooksLikeASecret(String text) {
        assertThat(Secrets.without(text))
                .contains(Secrets.REMOVED)
                .doesNotContain(SECRET)
                .doesNotContain(TOKEN)
                .doesNotContain("b".repeat(43));
    }

    @Test
    void ofALogOfAnyLengthTheEndIsThere() throws Exception {
        Path log = folder.resolve("long.log");
        try (SeekableByteChannel sparse =
                Files.newByteChannel(log, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            sparse.position(3L << 30);
            sparse.write(ByteBuffer.wrap("MIGHAg\n-----END PRIVATE KEY-----\nport left \u00fc is up\n"
                    .getBytes(StandardCharsets.ISO_8859_1)));
        }
        Path file = folder.resolve("b.tar.gz");
        try (Bundle bundle = Bundle.create(file, "x", Instant.EPOCH, part -> {})) {
            bundle.addFile("log/long.log", log);
            bundle.addFile("log/gone.log", folder.resolve("gone.log"));
            assertThat(bundle.contents().getFirst()).contains(", the end of 32212255");
            assertThat(bundle.contents().getLast()).contains("log/gone.log: not there");
        }
        assertThat(unpacked(file)).contains("port left ").contains(" is up").doesNotContain("MIGHAg");
    }

    @Test
    void keyOfWhichOnlyTheEndIsThereGoesToo() {
        assertThat(Secrets.withoutInEnd("half a line\nMIGHAg\n-----END PRIVATE KEY-----\nport left is up\n"))
                .isEqualTo("port left is up\n");
        assertThat(Secrets.withoutInEnd("half a line\nport left is up\n")).isEqualTo("port left is up\n");
    }

    @Test
    void objectsLoseSecretsHoweverTheyAreWrittenAndAreLeftOutIfTheyCannotBeRead() {
        String block = """
                apiVersion: sluice.dev/v1
                kind: Service
                metadata: {name: a}
                spec:
                  bfd:
                    key:
                      id: 1
                      secret: >-
                        two
                        lines-hidden
                """;
        assertThat(Secrets.ofObjects(block))
                .hasValueSatisfying(text -> assertThat(text)
                        .contains("kind: Service")
                        .contains(Secrets.REMOVED)
                        .doesNotContain("lines-hidden"));
        assertThat(Secrets.ofObjects("spec: {secret: [")).isEmpty();
    }
}
