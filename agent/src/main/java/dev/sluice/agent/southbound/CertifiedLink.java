package dev.sluice.agent.southbound;

import com.google.protobuf.ByteString;
import dev.sluice.southbound.EnrolRequest;
import dev.sluice.southbound.Enrolled;
import dev.sluice.southbound.EnrolmentGrpc;
import dev.sluice.southbound.RenewRequest;
import dev.sluice.southbound.pki.Certificates;
import dev.sluice.southbound.pki.Certificates.Purpose;
import dev.sluice.southbound.pki.EnrolmentToken;
import dev.sluice.southbound.pki.OwnIdentity;
import dev.sluice.southbound.pki.PeerCheck;
import dev.sluice.southbound.pki.TlsEnds;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Mutual TLS with a manager: enrols this host if there is a token for it, shows its certificate, and gets the next one in time. One user: the stream's thread; others may ask when the certificate expires.
 *
 * <p>Nothing is half enrolled: the key is in memory until the manager has signed it, then key and certificates appear on disk as one file. An answer that is lost is asked
 * for again with the same key, which the manager knows.
 */
public final class CertifiedLink implements ManagerLink {
    private static final Logger LOG = LoggerFactory.getLogger(CertifiedLink.class);
    private static final int CALL_S = 10;
    private static final Duration RENEWAL_EVERY = Duration.ofMinutes(1);

    private final ManagerAddresses addresses;
    private final String node;
    private final Path state;
    private final Supplier<String> tokens;
    private final InstantSource clock;
    private volatile Optional<Identity> identity;
    private Instant renewalTried = Instant.MIN;

    /** Of a token that is being redeemed; the same key as long as it is the same token. */
    private @Nullable KeyPair key;

    private String tried = "";

    /** Why a token will never do; empty: it is not known that it will not. */
    private String refusal = "";

    /**
     * A link of a node.
     *
     * @param state directory in which its key and certificate are kept
     * @param tokens asked before each connection for the token to enrol with, empty if there is none; one that it is enrolled with already does nothing
     */
    public CertifiedLink(
            ManagerAddresses addresses, String node, Path state, Supplier<String> tokens, InstantSource clock) {
        this.addresses = addresses;
        this.node = node;
        this.state = state;
        this.tokens = tokens;
        this.clock = clock;
        identity = Identity.read(state);
    }

    /** Why a text is no token for a node; empty: it is one. */
    public static Optional<String> problemOfToken(String text, String node) {
        Optional<EnrolmentToken> token = EnrolmentToken.of(text);
        if (token.isEmpty()) {
            return Optional.of(
                    "is not a token, or not a whole one; write all that 'sluice enrol create " + node + "' prints");
        }
        return token.get().node().equals(node)
                ? Optional.empty()
                : Optional.of("is a token for node " + token.get().node() + ", not for " + node
                        + "; make one: sluice enrol create " + node);
    }

    @Override
    public ManagerAddress address() {
        return addresses.current();
    }

    @Override
    public ManagerAddresses addresses() {
        return addresses;
    }

    @Override
    public Optional<Instant> expires() {
        return identity.map(Identity::expires);
    }

    @Override
    public ManagedChannel connect() throws UnreachableException {
        String text = tokens.get().strip();
        Optional<EnrolmentToken> token = EnrolmentToken.of(text);
        boolean used = token.isPresent()
                && identity.isPresent()
                && identity.get().token().equals(token.get().id());
        if (!text.isEmpty() && !used) {
            enrol(text, token);
        }
        Identity shown = identity.orElseThrow(() -> new UnreachableException(
                "this host is not enrolled; make a token where the manager is, sluice enrol create " + node
                        + ", and start with it once: sluice agent --enrol TOKEN",
                true));
        if (!Certificates.name(shown.certificate()).equals(node)) {
            throw new UnreachableException(
                    "the certificate of this host is that of node " + Certificates.name(shown.certificate())
                            + "; enrol it as " + node + ", or run it under that name",
                    true);
        }
        return channel(Optional.of(shown.shown()), believing(shown.authority()));
    }

    private ManagedChannel channel(Optional<OwnIdentity> own, PeerCheck manager) {
        return ManagerLink.channel(address())
                .sslContext(TlsEnds.client(own, manager))
                .build();
    }

    private PeerCheck believing(X509Certificate authority) {
        return new PeerCheck(chain -> check(chain.getFirst(), authority));
    }

    private void check(X509Certificate shown, X509Certificate authority) throws CertificateException {
        Optional<String> problem = Certificates.problem(shown, authority, Purpose.MANAGER, clock.instant());
        if (problem.isPresent()) {
            throw new NotTheManagerException("who answers at " + address()
                    + " is not the manager that this host was enrolled by: of its certificate, " + problem.get());
        }
    }

    /** With a token, the authority is who has the right fingerprint. */
    private PeerCheck believing(EnrolmentToken token) {
        return new PeerCheck(chain -> {
            X509Certificate authority = chain.getLast();
            if (!MessageDigest.isEqual(
                    Certificates.pin(authority).getBytes(StandardCharsets.US_ASCII),
                    token.pin().getBytes(StandardCharsets.US_ASCII))) {
                throw new NotTheManagerException("who answers at " + address()
                        + " is not the manager that made the token: its authority is another");
            }
            check(chain.getFirst(), authority);
        });
    }

    /** Words that stand for themselves. */
    private static final class NotTheManagerException extends CertificateException {
        private static final long serialVersionUID = 1L;

        NotTheManagerException(String message) {
            super(message);
        }
    }

    /** Looks at what this host was given as a token, and redeems it if it is one. */
    private void enrol(String text, Optional<EnrolmentToken> token) throws UnreachableException {
        if (!tried.equals(text)) {
            tried = text;
            refusal = "";
            key = null;
        }
        if (!refusal.isEmpty()) {
            notEnrolled(refusal);
        } else if (token.isEmpty()) {
            refuse("what it was given as a token is not one, or not a whole one");
        } else {
            redeem(token.get());
        }
    }

    private void redeem(EnrolmentToken token) throws UnreachableException {
        if (!token.node().equals(node)) {
            refuse("the token is for node " + token.node() + ", and this one is " + node);
            return;
        }
        KeyPair own = key == null ? Certificates.newKey() : key;
        key = own;
        ManagedChannel channel = channel(Optional.empty(), believing(token));
        try {
            Enrolled answer = EnrolmentGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(CALL_S, TimeUnit.SECONDS)
                    .enrol(EnrolRequest.newBuilder()
                            .setToken(token.id())
                            .setSecret(token.secret())
                            .setRequest(ByteString.copyFrom(Certificates.request(own, node)))
                            .build());
            Identity enrolled = identity(token.id(), own, answer);
            if (!Certificates.pin(enrolled.authority()).equals(token.pin())) {
                throw new IOException("the manager answers with another authority than the token's");
            }
            keep(enrolled);
            key = null;
            LOG.info("enrolled as node {} with {}, until {}", node, address(), enrolled.expires());
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.PERMISSION_DENIED) {
                refuse(String.valueOf(e.getStatus().getDescription()));
                return;
            }
            if (e.getStatus().getCode() == Status.Code.UNIMPLEMENTED) {
                throw new UnreachableException("the manager at " + address() + " enrols nobody: it is too old", true);
            }
            Optional<String> stranger = notTheManager(e);
            if (stranger.isEmpty() || identity.isEmpty()) {
                throw new UnreachableException("not enrolled yet: " + words(e), stranger.isPresent());
            }
            // Who made the token may answer there later; who made the certificate may be the one who does now.
            LOG.error("this host is not enrolled with the token, and goes on with its certificate: {}", stranger.get());
        } catch (IOException e) {
            throw new UnreachableException("not enrolled yet: " + e.getMessage(), false);
        } finally {
            channel.shutdownNow();
        }
    }

    private void refuse(String why) throws UnreachableException {
        refusal = why + "; make another one where the manager is: sluice enrol create " + node;
        LOG.error("this host is not enrolled with the token: {}", refusal);
        notEnrolled(refusal);
    }

    /** A certificate that it has goes on being used; without one there is nothing to be done. */
    private void notEnrolled(String why) throws UnreachableException {
        if (identity.isEmpty()) {
            throw new UnreachableException("this host is not enrolled: " + why, true);
        }
    }

    private Identity identity(String token, KeyPair own, Enrolled answer) throws IOException {
        try {
            X509Certificate certificate =
                    Certificates.certificate(answer.getCertificate().toByteArray());
            Identity given = new Identity(
                    token,
                    own.getPrivate(),
                    certificate,
                    Certificates.certificate(answer.getAuthority().toByteArray()));
            Optional<String> problem = certificate.getPublicKey().equals(own.getPublic())
                    ? given.problem(node, clock.instant())
                    : Optional.of("it is for another key");
            if (problem.isPresent()) {
                throw new IOException("the manager answers with a certificate of no use: " + problem.get());
            }
            return given;
        } catch (CertificateException e) {
            throw new IOException("the manager answers with what is no certificate: " + e.getMessage(), e);
        }
    }

    private void keep(Identity next) throws IOException {
        try {
            next.write(state);
        } catch (IOException e) {
            throw new IOException("its certificate cannot be written to " + state + ": " + e.getMessage(), e);
        }
        identity = Optional.of(next);
    }

    @Override
    public boolean renew(ManagedChannel channel) {
        Instant now = clock.instant();
        if (identity.isEmpty() || now.isBefore(identity.get().renewFrom())) {
            return false;
        }
        boolean early = !renewalTried.equals(Instant.MIN) && now.isBefore(renewalTried.plus(RENEWAL_EVERY));
        if (early && !now.isBefore(renewalTried)) {
            return false;
        }
        renewalTried = now;
        Identity old = identity.get();
        KeyPair own = Certificates.newKey();
        try {
            Enrolled answer = EnrolmentGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(CALL_S, TimeUnit.SECONDS)
                    .renew(RenewRequest.newBuilder()
                            .setRequest(ByteString.copyFrom(Certificates.request(own, node)))
                            .build());
            Identity next = identity(old.token(), own, answer);
            if (!next.authority().equals(old.authority())) {
                throw new IOException("the manager answers with another authority");
            }
            keep(next);
            LOG.info("the certificate of this host was renewed, until {}", next.expires());
            return true;
        } catch (StatusRuntimeException e) {
            LOG.warn("the certificate of this host, good until {}, is not renewed yet: {}", old.expires(), words(e));
        } catch (IOException e) {
            LOG.warn(
                    "the certificate of this host, good until {}, is not renewed yet: {}",
                    old.expires(),
                    e.getMessage());
        }
        return false;
    }

    private static Optional<String> notTheManager(Throwable failure) {
        for (Throwable each = failure; each != null; each = each.getCause()) {
            if (each instanceof NotTheManagerException said) {
                return Optional.ofNullable(said.getMessage());
            }
        }
        return Optional.empty();
    }

    @Override
    public String words(Throwable failure) {
        Optional<String> stranger = notTheManager(failure);
        if (stranger.isPresent()) {
            return stranger.get();
        }
        String plain = ManagerLink.plainWords(failure);
        if (plain.contains("not an SSL/TLS record")) {
            return "the manager at " + address() + " speaks no TLS: it was started with --agents-insecure";
        }
        boolean told = plain.contains("fatal alert");
        // The end of a connection may overtake what was said before it.
        boolean cut = plain.contains("reset") || plain.contains("closed") || plain.contains("Broken pipe");
        if ((told || cut) && identity.isPresent()) {
            return "the manager " + (told ? "does not" : "ended the connection; perhaps it does not")
                    + " accept the certificate of this host, which is good until "
                    + identity.get().expires()
                    + " and may be revoked or of another authority; its log says why. To enrol this host again: sluice"
                    + " enrol create "
                    + node + ", then sluice agent --enrol TOKEN ("
                    + plain + ")";
        }
        return plain;
    }
}
