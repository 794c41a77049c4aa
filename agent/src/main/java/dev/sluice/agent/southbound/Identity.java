package dev.sluice.agent.southbound;

import dev.sluice.southbound.pki.Certificates;
import dev.sluice.southbound.pki.Certificates.Purpose;
import dev.sluice.southbound.pki.OwnIdentity;
import dev.sluice.southbound.pki.SecretFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a host shows to its manager, and whom it believes to be that: {@code STATE/identity.pem}. Immutable.
 *
 * @param token number of the token that it was enrolled with
 */
record Identity(String token, PrivateKey key, X509Certificate certificate, X509Certificate authority) {
    private static final Logger LOG = LoggerFactory.getLogger(Identity.class);
    private static final String FILE = "identity.pem";
    private static final String NOTE = "enrolled with token ";

    /** That of a host; empty: it has none that can be used. */
    static Optional<Identity> read(Path state) {
        Path file = state.resolve(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            SecretFile.Content content = SecretFile.read(file);
            if (content.certificates().size() != 2) {
                throw new IOException(file + " is damaged: it holds "
                        + content.certificates().size() + " certificates, not its own and that of the authority");
            }
            return Optional.of(new Identity(
                    content.note().replace(NOTE, ""),
                    content.key(),
                    content.certificates().getFirst(),
                    content.certificates().getLast()));
        } catch (IOException e) {
            LOG.error("the certificate of this host cannot be used: {}", e.getMessage());
            return Optional.empty();
        }
    }

    void write(Path state) throws IOException {
        SecretFile.write(
                state.resolve(FILE), new SecretFile.Content(NOTE + token, key, List.of(certificate, authority)));
    }

    OwnIdentity shown() {
        return new OwnIdentity(key, List.of(certificate, authority));
    }

    Instant expires() {
        return certificate.getNotAfter().toInstant();
    }

    /** From when on the next one is asked for: two thirds of its life. */
    Instant renewFrom() {
        Instant from = Certificates.from(certificate);
        return from.plus(Duration.between(from, expires()).multipliedBy(2).dividedBy(3));
    }

    /** Why it is not one for a node; empty: it is. */
    Optional<String> problem(String node, Instant now) {
        if (!Certificates.name(certificate).equals(node)) {
            return Optional.of("it is of node " + Certificates.name(certificate) + ", not of " + node);
        }
        return Certificates.problem(certificate, authority, Purpose.NODE, now);
    }
}
