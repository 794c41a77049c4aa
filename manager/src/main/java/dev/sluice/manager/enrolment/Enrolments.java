package dev.sluice.manager.enrolment;

import dev.sluice.controller.AgentGate;
import dev.sluice.manager.enrolment.EnrolmentStore.Kept;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.store.Store;
import dev.sluice.manager.store.Store.Change;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.pki.Certificates;
import dev.sluice.southbound.pki.Certificates.Purpose;
import dev.sluice.southbound.pki.Certificates.Request;
import dev.sluice.southbound.pki.EnrolmentToken;
import dev.sluice.southbound.pki.OwnIdentity;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which hosts are which nodes. Any thread; one change at a time. A node has one host: enrolling another one ends what the host before was given.
 */
public final class Enrolments implements AgentGate {
    /** How long a token lives if nobody says otherwise. */
    public static final Duration TTL_USUAL = Duration.ofHours(1);

    /** The longest that it may. */
    public static final Duration TTL_MAX = Duration.ofDays(7);

    /** How long a certificate is good if nobody says otherwise: renewed after two thirds, so hosts that were away from managers for a third of it have to be enrolled again. */
    public static final Duration LIFE_USUAL = Duration.ofDays(30);

    /** Names that nodes can have. */
    private static final String NODE = "[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?";

    private static final Logger LOG = LoggerFactory.getLogger(Enrolments.class);

    private final EnrolmentStore store;
    private final Authority authority;
    private final OwnIdentity identity;
    private final Duration life;
    private final InstantSource clock;
    private final RefusalRecord refusals;

    /** When what nodes were given ceased to count, as of a revision of the store. */
    private record Voids(long revision, Map<String, Long> untilMs) {}

    private volatile Voids voids = new Voids(-1, Map.of());

    private Enrolments(EnrolmentStore store, Authority authority, Duration life, InstantSource clock) {
        this.store = store;
        this.authority = authority;
        this.life = life;
        this.clock = clock;
        identity = authority.manager(clock.instant());
        refusals = new RefusalRecord(store, clock);
    }

    /**
     * Keeps enrolments beside the objects.
     *
     * @param life of certificates of nodes
     * @throws AuthorityException if what is in the store was signed by another authority, and this one is not to take its place
     */
    public static Enrolments open(
            Store store,
            Inventory inventory,
            Authority authority,
            boolean replace,
            Duration life,
            InstantSource clock) {
        EnrolmentStore kept = new EnrolmentStore(store, inventory);
        if (store.isShared() && kept.authority().isEmpty()) {
            claim(kept, authority);
        }
        String before = kept.authority();
        if (!before.isEmpty() && !before.equals(authority.pin())) {
            List<EnrolledNode> nodes = kept.nodes();
            if (!replace) {
                throw new AuthorityException(nodes.size());
            }
            List<Change> changes = new ArrayList<>();
            changes.add(EnrolmentStore.putAuthority(authority.pin()));
            nodes.forEach(node -> changes.add(EnrolmentStore.delete(node)));
            kept.tokens().forEach(token -> changes.add(EnrolmentStore.delete(token)));
            kept.change(
                    new Caller("local", "sluice"),
                    "replaced authority of agents",
                    List.of("pin: " + authority.pin(), "enrolments that ended: " + nodes.size()),
                    List.of(),
                    changes);
        }
        return new Enrolments(kept, authority, life, clock);
    }

    /** Before another manager of the same store signs with an authority of its own. */
    private static void claim(EnrolmentStore kept, Authority authority) {
        try {
            kept.change(
                    new Caller("local", "sluice"),
                    "created authority of agents",
                    List.of("pin: " + authority.pin()),
                    List.of(EnrolmentStore.absentAuthority()),
                    List.of(EnrolmentStore.putAuthority(authority.pin())));
        } catch (Refusal e) {
            if (e.reason() != Reason.CONFLICT) {
                throw e;
            }
            // Another one was faster, and this one has to be the same.
        }
    }

    /**
     * Looks whether a store knows of no authority yet.
     *
     * @throws AuthorityException if it does
     */
    public static void checkNew(Store store, Inventory inventory) {
        EnrolmentStore kept = new EnrolmentStore(store, inventory);
        if (!kept.authority().isEmpty()) {
            throw new AuthorityException(kept.nodes().size());
        }
    }

    // What operators ask for.

    /** Makes a token for a node, to be told once. */
    public synchronized EnrolmentToken issue(String node, Duration ttl, Caller caller) {
        checkName(node);
        if (ttl.toSeconds() < 1 || ttl.compareTo(TTL_MAX) > 0) {
            throw Refusal.invalid(
                    "Enrolment",
                    "ttlSeconds",
                    "is out of range",
                    String.valueOf(ttl.toSeconds()),
                    "1.." + TTL_MAX.toSeconds());
        }
        Instant now = now();
        EnrolmentToken token = EnrolmentToken.random(node, authority.pin());
        StoredToken kept =
                new StoredToken(token.id(), node, EnrolmentToken.hash(token.secret()), now, now.plus(ttl), "");
        List<Change> changes = new ArrayList<>();
        changes.add(EnrolmentStore.put(kept));
        if (store.authority().isEmpty()) {
            changes.add(EnrolmentStore.putAuthority(authority.pin()));
        }
        store.tokens().stream()
                .filter(each -> !now.isBefore(each.expires()))
                .limit(Store.LIST_MAX)
                .forEach(each -> changes.add(EnrolmentStore.delete(each)));
        store.change(
                caller,
                "created Enrolment/" + node,
                List.of("token: " + token.id(), "expires: " + kept.expires()),
                List.of(EnrolmentStore.absentToken(token.id())),
                changes);
        return token;
    }

    /**
     * How far a node is.
     *
     * @param state waiting (for its host, with a token), enrolled, expired or revoked
     * @param until when the token or the certificate ends
     */
    public record Standing(String node, String state, Instant until) {}

    /** All nodes that are enrolled, were, or have a token, by name; a node with a token and a certificate is there twice. */
    public List<Standing> list() {
        Instant now = clock.instant();
        List<Standing> all = new ArrayList<>();
        for (EnrolledNode node : store.nodes()) {
            String state = node.revoked() ? "revoked" : now.isAfter(node.expires()) ? "expired" : "enrolled";
            all.add(new Standing(node.node(), state, node.expires()));
        }
        for (StoredToken token : store.tokens()) {
            if (token.usedBy().isEmpty() && now.isBefore(token.expires())) {
                all.add(new Standing(token.node(), "waiting", token.expires()));
            }
        }
        all.sort(java.util.Comparator.comparing(Standing::node).thenComparing(Standing::state));
        return all;
    }

    /**
     * Ends the certificates and tokens of a node; of one that is not known here too, since a store that was restored from a backup does not know all that were enrolled.
     *
     * @return whether something of it was known
     */
    public synchronized boolean revoke(String node, Caller caller) {
        checkName(node);
        Optional<Kept<EnrolledNode>> kept = store.node(node);
        EnrolledNode before = kept.map(Kept::value).orElse(new EnrolledNode(node, Instant.EPOCH, 0, now(), 0));
        List<Change> changes = new ArrayList<>();
        store.tokens().stream()
                .filter(token -> token.node().equals(node))
                .forEach(token -> changes.add(EnrolmentStore.delete(token)));
        boolean known = kept.isPresent() || !changes.isEmpty();
        changes.add(EnrolmentStore.put(before.revoked(clock.millis())));
        store.change(
                caller,
                "revoked Enrolment/" + node,
                known ? List.of() : List.of("node: not known here"),
                List.of(kept.map(Kept::unchanged).orElse(EnrolmentStore.absentNode(node))),
                changes);
        return known;
    }

    private static void checkName(String node) {
        if (!node.matches(NODE)) {
            throw Refusal.invalid(
                    "Enrolment", "node", "is no name of a node", node, "a-z, 0-9, '-' and '.', 1..63 characters");
        }
    }

    // What the server asks.

    @Override
    public OwnIdentity identity() {
        return identity;
    }

    /** The authority. */
    public Authority authority() {
        return authority;
    }

    @Override
    public Optional<String> refusesConnection(X509Certificate certificate) {
        Optional<String> problem = Certificates.problem(
                        certificate, authority.certificate(), Purpose.NODE, clock.instant())
                .map(why -> "the certificate is not accepted: " + why)
                .or(() -> endsStream(certificate));
        problem.ifPresent(why -> refusals.log(
                "an agent with the certificate of '" + Certificates.name(certificate) + "' was turned away: " + why));
        return problem;
    }

    @Override
    public Optional<String> endsStream(X509Certificate certificate) {
        String node = Certificates.name(certificate);
        if (clock.instant().isAfter(certificate.getNotAfter().toInstant())) {
            return Optional.of("the certificate of node " + node + " expired at "
                    + certificate.getNotAfter().toInstant() + ": enrol its host again");
        }
        return Certificates.issuedMs(certificate) <= voidUntilMs(node)
                ? Optional.of(
                        "the certificate of node " + node
                                + " was revoked, or another host was enrolled for this node: enrol this one again if it is to be it")
                : Optional.empty();
    }

    private long voidUntilMs(String node) {
        try {
            Voids known = voids;
            long revision = store.revision();
            if (known.revision() != revision) {
                Map<String, Long> untilMs = new TreeMap<>();
                store.nodes().forEach(each -> untilMs.put(each.node(), each.voidUntilMs()));
                known = new Voids(revision, untilMs);
                voids = known;
            }
            return known.untilMs().getOrDefault(node, 0L);
        } catch (Refusal e) {
            // Without the store nobody can be let in or changed; those who are in stay.
            return voids.untilMs().getOrDefault(node, 0L);
        }
    }

    @Override
    public synchronized Pair enrol(String token, String secret, byte[] request, String from)
            throws NotEnrolledException {
        try {
            return new Pair(redeem(token, secret, request), authority.certificate());
        } catch (NotEnrolledException e) {
            refusals.add(
                    "somebody at " + from, "enrolment with token " + printable(token), String.valueOf(e.getMessage()));
            throw e;
        } catch (Refusal e) {
            throw new NotEnrolledException("the manager cannot enrol now: " + e.getMessage(), false);
        }
    }

    private X509Certificate redeem(String id, String secret, byte[] wanted) throws NotEnrolledException {
        Kept<StoredToken> kept = store.token(id)
                .filter(found -> found.value().fits(secret))
                .orElseThrow(() -> inVain(
                        "the manager does not know this token: it is wrong, was taken back, or expired long ago"));
        StoredToken token = kept.value();
        if (!clock.instant().isBefore(token.expires())) {
            throw inVain("the token expired at " + token.expires());
        }
        Request request = read(wanted);
        if (!request.name().equals(token.node())) {
            throw inVain("the token is for node " + token.node() + ", not for " + printable(request.name()));
        }
        String key = hash(request);
        if (!token.usedBy().isEmpty() && !token.usedBy().equals(key)) {
            throw inVain("the token was used already, by another host or an earlier try");
        }
        Optional<Kept<EnrolledNode>> before = store.node(token.node());
        Instant now = now();
        EnrolledNode old = before.map(Kept::value).orElse(new EnrolledNode(token.node(), now, 0, Instant.EPOCH, 0));
        long issuedMs = old.nextIssuedMs(clock.millis());
        X509Certificate certificate = authority.node(request, clock.instant(), issuedMs, life);
        EnrolledNode enrolled = new EnrolledNode(
                token.node(),
                now,
                issuedMs,
                certificate.getNotAfter().toInstant(),
                Math.max(old.voidUntilMs(), issuedMs - 1));
        List<Change> changes =
                new ArrayList<>(List.of(EnrolmentStore.put(token.usedBy(key)), EnrolmentStore.put(enrolled)));
        // A host that was replaced would take the node back with the token that it used.
        store.tokens().stream()
                .filter(each -> each.node().equals(token.node()))
                .filter(each -> !each.id().equals(id) && !each.usedBy().isEmpty())
                .forEach(each -> changes.add(EnrolmentStore.delete(each)));
        store.change(
                agent(token.node()),
                "enrolled Node/" + token.node(),
                List.of("token: " + id, "key: " + key, "expires: " + enrolled.expires()),
                List.of(kept.unchanged(), before.map(Kept::unchanged).orElse(EnrolmentStore.absentNode(token.node()))),
                changes);
        LOG.info("a host was enrolled as node {}", token.node());
        return certificate;
    }

    @Override
    public synchronized Pair renew(X509Certificate current, byte[] wanted) throws NotEnrolledException {
        String node = Certificates.name(current);
        Optional<String> ended = endsStream(current);
        if (ended.isPresent()) {
            throw inVain(ended.get());
        }
        Request request = read(wanted);
        if (!request.name().equals(node)) {
            refusals.add("agent of " + node, "certificate of " + printable(request.name()), "it is another node");
            throw inVain("the certificate of this host is that of node " + node + ", and so is the next one");
        }
        try {
            Optional<Kept<EnrolledNode>> before = store.node(node);
            EnrolledNode old = before.map(Kept::value).orElse(new EnrolledNode(node, now(), 0, Instant.EPOCH, 0));
            // What the record says, not what was read of it a while ago: a next certificate would undo the revocation.
            if (Certificates.issuedMs(current) <= old.voidUntilMs()) {
                throw inVain(
                        "the certificate of node " + node + " was revoked, or another host was enrolled for this node");
            }
            long issuedMs = old.nextIssuedMs(clock.millis());
            X509Certificate certificate = authority.node(request, clock.instant(), issuedMs, life);
            store.change(
                    agent(node),
                    "renewed certificate of Node/" + node,
                    List.of(
                            "key: " + hash(request),
                            "expires: " + certificate.getNotAfter().toInstant()),
                    List.of(before.map(Kept::unchanged).orElse(EnrolmentStore.absentNode(node))),
                    List.of(EnrolmentStore.put(
                            old.renewed(issuedMs, certificate.getNotAfter().toInstant()))));
            return new Pair(certificate, authority.certificate());
        } catch (Refusal e) {
            throw new NotEnrolledException("the manager cannot renew now: " + e.getMessage(), false);
        }
    }

    @Override
    public void askedForAnother(String node, String claimed) {
        refusals.add("agent of " + node, "part of node " + printable(claimed), "it is another node");
    }

    private static Request read(byte[] request) throws NotEnrolledException {
        try {
            return Certificates.read(request);
        } catch (CertificateException e) {
            throw new NotEnrolledException(String.valueOf(e.getMessage()), true);
        }
    }

    private static NotEnrolledException inVain(String why) {
        return new NotEnrolledException(why, true);
    }

    private static String hash(Request request) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(Protocol.sha256().digest(request.key().getEncoded()));
    }

    /** What strangers write, short and in one line. */
    private static String printable(String text) {
        String shown = text.replaceAll("[^\\x21-\\x7e]", "?");
        return shown.length() <= 64 ? shown : shown.substring(0, 64) + "...";
    }

    static Caller agent(String node) {
        return new Caller("agent of " + node, "sluice");
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }
}
