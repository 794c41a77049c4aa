package dev.sluice.manager.enrolment;

import dev.sluice.southbound.pki.Certificates;
import dev.sluice.southbound.pki.Certificates.Purpose;
import dev.sluice.southbound.pki.Certificates.Request;
import dev.sluice.southbound.pki.OwnIdentity;
import dev.sluice.southbound.pki.SecretFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * The manager's own certificate authority: one key that signs certificates of nodes and of the manager, in one file of the manager's directory. Immutable.
 *
 * <p>Nobody outside is to trust it, so it has no intermediates, lists or names of hosts. What it gives to managers is made anew at each start and kept in memory only.
 */
public final class Authority {
    /** Name of its file. */
    public static final String FILE = "authority.pem";

    private static final Duration LIFE = Duration.ofDays(20 * 365);

    private final KeyPair key;
    private final X509Certificate certificate;

    private Authority(KeyPair key, X509Certificate certificate) {
        this.key = key;
        this.certificate = certificate;
    }

    /** Whether a directory has one. */
    public static boolean isIn(Path directory) {
        return Files.exists(directory.resolve(FILE));
    }

    /**
     * That of a directory.
     *
     * @throws IOException if it cannot be read, or others can read it too
     */
    public static Authority read(Path directory) throws IOException {
        SecretFile.Content content = SecretFile.read(directory.resolve(FILE));
        return new Authority(content.pair(), content.certificates().getFirst());
    }

    /** A new one, in place of what the directory had. */
    public static Authority create(Path directory, Instant now) throws IOException {
        Authority made = inMemory(now);
        SecretFile.write(
                directory.resolve(FILE),
                new SecretFile.Content(
                        "Authority of a Sluice manager. Whoever has this file can be any node: keep a copy, and keep it secret.",
                        made.key.getPrivate(),
                        List.of(made.certificate)));
        return made;
    }

    /** A new one that ends with the process. */
    public static Authority inMemory(Instant now) {
        KeyPair key = Certificates.newKey();
        return new Authority(key, Certificates.authority(key, "Sluice authority", now, LIFE));
    }

    /** What those that it enrols believe from then on. */
    public X509Certificate certificate() {
        return certificate;
    }

    /** Names it. */
    public String pin() {
        return Certificates.pin(certificate);
    }

    /** What a manager shows: for as long as the authority itself, since the key is forgotten with the process. */
    OwnIdentity manager(Instant now) {
        KeyPair own = Certificates.newKey();
        X509Certificate shown = Certificates.issue(
                key,
                certificate,
                Purpose.MANAGER,
                new Request(Certificates.MANAGER_NAME, own.getPublic()),
                now,
                now.toEpochMilli(),
                certificate.getNotAfter().toInstant());
        return new OwnIdentity(own.getPrivate(), List.of(shown, certificate));
    }

    /**
     * A certificate for a node.
     *
     * @param from when its life begins
     * @param issuedMs what its serial number begins with: later than that of all before, even of those that a clock which was ahead has given out
     */
    X509Certificate node(Request request, Instant from, long issuedMs, Duration life) {
        return Certificates.issue(key, certificate, Purpose.NODE, request, from, issuedMs, from.plus(life));
    }
}
