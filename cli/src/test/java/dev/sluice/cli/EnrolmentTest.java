package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.agent.southbound.CertifiedLink;
import dev.sluice.agent.southbound.ManagerAddress;
import dev.sluice.agent.southbound.ManagerAddresses;
import dev.sluice.agent.southbound.ManagerLink;
import dev.sluice.agent.southbound.ManagerLink.UnreachableException;
import dev.sluice.cli.EnrolledHosts.Talk;
import dev.sluice.controller.AgentGate.NotEnrolledException;
import dev.sluice.controller.AgentGate.Pair;
import dev.sluice.manager.agents.AgentService;
import dev.sluice.manager.enrolment.Authority;
import dev.sluice.manager.enrolment.Enrolments;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.store.MemoryStore;
import dev.sluice.manager.store.Store;
import dev.sluice.southbound.pki.Certificates;
import dev.sluice.southbound.pki.EnrolmentToken;
import dev.sluice.southbound.pki.OwnIdentity;
import dev.sluice.southbound.pki.PeerCheck;
import dev.sluice.southbound.pki.SecretFile;
import dev.sluice.southbound.pki.TlsEnds;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** From a token to a certificate to the next one, and everybody who gets none (X2, S3). */
@Timeout(120)
class EnrolmentTest {
    private final EnrolledHosts hosts = new EnrolledHosts();

    @TempDir
    private Path folder = Path.of("");

    @AfterEach
    void stop() {
        hosts.close();
    }

    private static String refusal(CertifiedLink link) {
        UnreachableException refused = catchThrowableOfType(
                UnreachableException.class, () -> link.connect().shutdownNow());
        assertThat(refused.inVain()).as(refused.getMessage()).isTrue();
        return String.valueOf(refused.getMessage());
    }

    /** What a link says of a connection that fails; the end of a connection may overtake its reason. */
    private static void assertSays(ManagerLink link, String text) throws Exception {
        String words = "";
        for (int i = 0; i < 20 && !words.contains(text); i++) {
            try (Talk talk = new Talk(link.connect(), "a")) {
                words = link.words(talk.failure());
            }
        }
        assertThat(words).contains(text);
    }

    private X509Certificate certificate(Path state) throws IOException {
        return SecretFile.read(state.resolve("identity.pem")).certificates().getFirst();
    }

    private static ManagerAddresses at(int port) {
        return ManagerAddresses.of(new ManagerAddress("127.0.0.1", port));
    }

    @Test
    void tokenBecomesACertificateWithWhichTheHostGetsItsPart() throws Exception {
        EnrolmentToken token = hosts.token("a");
        CertifiedLink host = hosts.host("a", folder, Optional.of(token));
        try (Talk talk = new Talk(host.connect(), "a")) {
            assertThat(talk.message().hasUpdate()).isTrue();
        }
        Path file = folder.resolve("identity.pem");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(Certificates.name(certificate(folder))).isEqualTo("a");
        assertThat(hosts.record())
                .contains("created Enrolment/a", "enrolled Node/a", token.id())
                .doesNotContain(token.secret());
        assertThat(token.toString()).doesNotContain(token.secret());
        assertThat(hosts.enrolments.list())
                .extracting(Enrolments.Standing::state)
                .containsExactly("enrolled");
        // The command line may keep the token: a host that was enrolled with it asks for nothing.
        CertifiedLink restarted = hosts.host("a", folder, Optional.of(token));
        try (Talk talk = new Talk(restarted.connect(), "a")) {
            assertThat(talk.message().hasUpdate()).isTrue();
        }
    }

    @Test
    void nameInTheCertificateDecidesWhichPartIsSent() throws Exception {
        CertifiedLink host = hosts.enrolled("a", folder);
        try (Talk talk = new Talk(host.connect(), "b")) {
            assertThat(talk.message().getRefusal()).contains("that of node a").contains("nothing");
            assertThat(talk.next()).isEqualTo("completed");
        }
        assertThat(hosts.record()).contains("agent of a", "refused part of node b");
        CertifiedLink renamed = hosts.host("b", folder, Optional.empty());
        assertThat(refusal(renamed)).contains("that of node a");
    }

    @Test
    void tokenIsGoodForOneHostOnce() throws Exception {
        EnrolmentToken token = hosts.token("a");
        CertifiedLink first = hosts.host("a", folder.resolve("first"), Optional.of(token));
        first.connect().shutdownNow();
        Path second = folder.resolve("second");
        CertifiedLink thief = hosts.host("a", second, Optional.of(token));
        assertThat(refusal(thief)).contains("used already").contains("sluice enrol create a");
        assertThat(second).doesNotExist();
        assertThat(hosts.record()).contains("refused enrolment with token " + token.id());
        try (Talk talk = new Talk(first.connect(), "a")) {
            assertThat(talk.message().hasUpdate()).isTrue();
        }
    }

    @Test
    void lostAnswerCostsNoToken() throws Exception {
        EnrolmentToken token = hosts.token("a");
        byte[] request = Certificates.request(Certificates.newKey(), "a");
        Pair lost = hosts.enrolments.enrol(token.id(), token.secret(), request, "x");
        Pair again = hosts.enrolments.enrol(token.id(), token.secret(), request, "x");
        assertThat(again.certificate().getPublicKey())
                .isEqualTo(lost.certificate().getPublicKey());
        byte[] another = Certificates.request(Certificates.newKey(), "a");
        assertThatThrownBy(() -> hosts.enrolments.enrol(token.id(), token.secret(), another, "x"))
                .isInstanceOf(NotEnrolledException.class)
                .hasMessageContaining("used already");
    }

    @Test
    void tokensThatAreExpiredWrongOrTakenBackEnrolNobody() throws Exception {
        EnrolmentToken late = hosts.token("a");
        hosts.clock.move(Enrolments.TTL_USUAL);
        assertThat(refusal(hosts.host("a", folder, Optional.of(late)))).contains("expired at 2026-01-01T01:00:00Z");
        EnrolmentToken right = hosts.token("a");
        EnrolmentToken wrong = new EnrolmentToken("a", right.id(), "x".repeat(43), right.pin());
        assertThat(refusal(hosts.host("a", folder, Optional.of(wrong)))).contains("does not know this token");
        EnrolmentToken unknown = new EnrolmentToken("a", "00000000", right.secret(), right.pin());
        assertThat(refusal(hosts.host("a", folder, Optional.of(unknown)))).contains("does not know this token");
        EnrolmentToken renamed = new EnrolmentToken("b", right.id(), right.secret(), right.pin());
        assertThat(refusal(hosts.host("b", folder, Optional.of(renamed)))).contains("for node a, not for b");
        assertThat(refusal(hosts.host("b", folder, Optional.of(right)))).contains("for node a, and this one is b");
        hosts.enrolments.revoke("a", EnrolledHosts.ADMIN);
        assertThat(refusal(hosts.host("a", folder, Optional.of(right)))).contains("does not know this token");
        assertThat(refusal(hosts.host("a", folder, Optional.empty()))).contains("sluice enrol create a");
        assertThat(folder).isEmptyDirectory();
        assertThat(hosts.enrolments.list())
                .extracting(Enrolments.Standing::state)
                .containsExactly("revoked");
        assertThat(EnrolmentToken.of(right.text().substring(0, right.text().length() - 1)))
                .isEmpty();
        assertThat(EnrolmentToken.of(" " + right.text() + "\n")).contains(right);
    }

    @Test
    void managerWithAnotherAuthorityIsToldNothing() throws Exception {
        CertifiedLink host = hosts.enrolled("a", folder.resolve("a"));
        try (EnrolledHosts others = new EnrolledHosts()) {
            EnrolmentToken token = hosts.token("b");
            CertifiedLink lured =
                    new CertifiedLink(others.address(), "b", folder.resolve("b"), token::text, hosts.clock);
            assertThat(refusal(lured)).contains("is not the manager that made the token");
            CertifiedLink moved = new CertifiedLink(others.address(), "a", folder.resolve("a"), () -> "", hosts.clock);
            try (Talk talk = new Talk(moved.connect(), "a")) {
                assertThat(moved.words(talk.failure()))
                        .contains("is not the manager that this host was enrolled by")
                        .contains("another authority");
            }
            assertThat(others.record()).isEmpty();
        }
        try (Talk talk = new Talk(host.connect(), "a")) {
            assertThat(talk.message().hasUpdate()).isTrue();
        }
    }

    /** A connection that shows something and believes everybody. */
    private ManagedChannel showing(int port, Optional<OwnIdentity> own) {
        return NettyChannelBuilder.forAddress("127.0.0.1", port)
                .sslContext(TlsEnds.client(own, new PeerCheck(chain -> {})))
                .build();
    }

    @Test
    void certificatesOfOthersAndNoneAreTurnedAway() throws Exception {
        try (Talk talk = new Talk(showing(hosts.service.port(), Optional.empty()), "a")) {
            Status status = Status.fromThrowable(talk.failure());
            assertThat(status.getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
            assertThat(status.getDescription()).contains("enrol this one");
        }
        KeyPair key = Certificates.newKey();
        try (EnrolledHosts others = new EnrolledHosts()) {
            EnrolmentToken token = others.token("a");
            Pair theirs = others.enrolments.enrol(token.id(), token.secret(), Certificates.request(key, "a"), "x");
            OwnIdentity foreign =
                    new OwnIdentity(key.getPrivate(), List.of(theirs.certificate(), hosts.authority.certificate()));
            CertifiedLink words = hosts.enrolled("a", folder);
            try (Talk talk = new Talk(showing(hosts.service.port(), Optional.of(foreign)), "a")) {
                assertThat(words.words(talk.failure())).contains("accept the certificate of this host");
            }
            assertThat(hosts.enrolments.refusesConnection(theirs.certificate()))
                    .hasValueSatisfying(why -> assertThat(why).contains("signed by another authority"));
        }
        // What managers show is not one of a node, whatever the name.
        assertThat(hosts.enrolments.refusesConnection(
                        hosts.enrolments.identity().getCertificateChain("own")[0]))
                .hasValueSatisfying(why -> assertThat(why).contains("not one of a node"));
    }

    @Test
    void nodeCannotPretendToBeTheManager() throws Exception {
        CertifiedLink victim = hosts.enrolled("a", folder.resolve("a"));
        hosts.enrolled("b", folder.resolve("b"));
        SecretFile.Content stolen = SecretFile.read(folder.resolve("b").resolve("identity.pem"));
        OwnIdentity own = new OwnIdentity(stolen.key(), stolen.certificates());
        try (FalseManager manager = FalseManager.start(own)) {
            CertifiedLink lured =
                    new CertifiedLink(at(manager.port()), "a", folder.resolve("a"), () -> "", hosts.clock);
            assertSays(lured, "not one of a manager");
        }
        assertThat(victim.expires()).isPresent();
    }

    @Test
    void expiredCertificateEndsItsStreamAndOpensNone() throws Exception {
        CertifiedLink host = hosts.enrolled("a", folder);
        try (Talk talk = new Talk(host.connect(), "a")) {
            assertThat(talk.message().hasUpdate()).isTrue();
            hosts.clock.move(Enrolments.LIFE_USUAL.plusSeconds(1));
            assertThat(talk.message().getRefusal()).contains("of node a expired at");
        }
        assertSays(host, "accept the certificate of this host");
        assertThat(hosts.enrolments.refusesConnection(certificate(folder)))
                .hasValueSatisfying(why -> assertThat(why).contains("it expired at 2026-01-31"));
        assertThat(hosts.enrolments.list())
                .extracting(Enrolments.Standing::state)
                .containsExactly("expired");
        // With a new token it is there again.
        try (Talk talk =
                new Talk(hosts.host("a", folder, Optional.of(hosts.token("a"))).connect(), "a")) {
            assertThat(talk.message().hasUpdate()).isTrue();
        }
    }

    @Test
    void revokedCertificateEndsItsStreamAndOpensNone() throws Exception {
        CertifiedLink host = hosts.enrolled("a", folder);
        CertifiedLink other = hosts.enrolled("b", folder.resolve("b"));
        try (Talk talk = new Talk(host.connect(), "a");
                Talk another = new Talk(other.connect(), "b")) {
            assertThat(talk.message().hasUpdate()).isTrue();
            assertThat(another.message().hasUpdate()).isTrue();
            hosts.enrolments.revoke("a", EnrolledHosts.ADMIN);
            assertThat(talk.message().getRefusal()).contains("of node a was revoked");
            assertThat(host.renew(another.channel())).isFalse();
            // The connection still stands: calls over it are refused too.
            try (Talk again = new Talk(talk.channel(), "a")) {
                assertThat(Status.fromThrowable(again.failure()).getDescription())
                        .contains("was revoked");
            }
        }
        assertSays(host, "revoked");
        assertThat(hosts.record()).contains("revoked Enrolment/a");
        try (Talk talk =
                new Talk(hosts.host("a", folder, Optional.of(hosts.token("a"))).connect(), "a")) {
            assertThat(talk.message().hasUpdate()).isTrue();
        }
    }

    @Test
    void nodeThatOnlyARestoredBackupForgotIsRevokedToo() throws Exception {
        hosts.enrolled("a", folder);
        X509Certificate forgotten = certificate(folder);
        hosts.clock.move(Duration.ofMinutes(1));
        Store restored = new MemoryStore();
        Enrolments enrolments = Enrolments.open(
                restored,
                new Inventory(restored, hosts.clock),
                hosts.authority,
                false,
                Enrolments.LIFE_USUAL,
                hosts.clock);
        assertThat(enrolments.endsStream(forgotten)).isEmpty();
        // A token that the backup takes for unused may be the one that the certificate came with.
        enrolments.issue("b", Enrolments.TTL_USUAL, EnrolledHosts.ADMIN);
        assertThat(enrolments.revoke("b", EnrolledHosts.ADMIN)).isTrue();
        assertThat(enrolments.revoke("a", EnrolledHosts.ADMIN)).isFalse();
        assertThat(enrolments.endsStream(forgotten))
                .hasValueSatisfying(why -> assertThat(why).contains("was revoked"));
        assertThatThrownBy(() -> enrolments.renew(forgotten, Certificates.request(Certificates.newKey(), "a")))
                .isInstanceOf(NotEnrolledException.class);
        assertThat(enrolments.list())
                .extracting(each -> each.node() + " " + each.state())
                .containsExactly("a revoked", "b revoked");
        assertThatThrownBy(() -> enrolments.revoke("A b", EnrolledHosts.ADMIN))
                .isInstanceOf(Refusal.class)
                .satisfies(refused -> assertThat(((Refusal) refused).causes()).hasSize(1));
        // Its host can come back as any other.
        EnrolmentToken token = enrolments.issue("a", Enrolments.TTL_USUAL, EnrolledHosts.ADMIN);
        Pair again =
                enrolments.enrol(token.id(), token.secret(), Certificates.request(Certificates.newKey(), "a"), "x");
        assertThat(enrolments.endsStream(again.certificate())).isEmpty();
    }

    /** A token in a file that nobody has looked after for long, or that is for another host. */
    @Test
    void tokenThatIsNotForThisHostCostsItNoGoodCertificate() throws Exception {
        hosts.enrolled("a", folder);
        X509Certificate own = certificate(folder);
        AtomicReference<String> file = new AtomicReference<>("");
        CertifiedLink host = new CertifiedLink(hosts.address(), "a", folder, file::get, hosts.clock);
        EnrolmentToken next = hosts.token("a");
        try (EnrolledHosts others = new EnrolledHosts()) {
            for (String text : List.of(
                    others.token("a").text(),
                    hosts.token("b").text(),
                    "nonsense",
                    next.text().substring(0, 80))) {
                file.set(text);
                try (Talk talk = new Talk(host.connect(), "a")) {
                    assertThat(talk.message().hasUpdate()).as(text).isTrue();
                }
                assertThat(certificate(folder)).isEqualTo(own);
            }
            assertThat(others.record()).doesNotContain("enrolled Node");
        }
        file.set(next.text());
        host.connect().shutdownNow();
        assertThat(certificate(folder)).isNotEqualTo(own);
    }

    @Test
    void certificatesOfAManagerWhoseClockWasAheadDoNotHoldUpThoseOfTheRightOne() throws Exception {
        Duration ahead = Duration.ofDays(365);
        hosts.clock.move(ahead);
        hosts.enrolled("a", folder.resolve("early"));
        hosts.enrolments.revoke("b", EnrolledHosts.ADMIN);
        hosts.clock.move(ahead.negated());
        for (String node : List.of("a", "b")) {
            CertifiedLink host = hosts.enrolled(node, folder.resolve(node));
            X509Certificate now = certificate(folder.resolve(node));
            assertThat(hosts.enrolments.refusesConnection(now)).isEmpty();
            assertThat(now.getNotAfter().toInstant())
                    .isEqualTo(hosts.clock.instant().plus(Enrolments.LIFE_USUAL));
            hosts.clock.move(Duration.ofDays(21));
            try (Talk talk = new Talk(host.connect(), node)) {
                assertThat(host.renew(talk.channel()))
                        .as("two thirds of its life have gone")
                        .isTrue();
            }
            hosts.clock.move(Duration.ofDays(-21));
        }
    }

    @Test
    void anotherHostForANodeEndsTheOneBefore() throws Exception {
        CertifiedLink old = hosts.enrolled("a", folder.resolve("old"));
        try (Talk talk = new Talk(old.connect(), "a")) {
            assertThat(talk.message().hasUpdate()).isTrue();
            CertifiedLink next = hosts.enrolled("a", folder.resolve("new"));
            assertThat(talk.message().getRefusal()).contains("another host was enrolled");
            try (Talk now = new Talk(next.connect(), "a")) {
                assertThat(now.message().hasUpdate()).isTrue();
            }
        }
    }

    @Test
    void hostThatWasReplacedDoesNotComeBackWithTheTokenThatItUsed() throws Exception {
        EnrolmentToken first = hosts.token("a");
        EnrolmentToken second = hosts.token("a");
        byte[] old = Certificates.request(Certificates.newKey(), "a");
        byte[] next = Certificates.request(Certificates.newKey(), "a");
        hosts.enrolments.enrol(first.id(), first.secret(), old, "x");
        hosts.enrolments.enrol(second.id(), second.secret(), next, "x");
        assertThatThrownBy(() -> hosts.enrolments.enrol(first.id(), first.secret(), old, "x"))
                .hasMessageContaining("does not know this token");
        hosts.enrolments.enrol(second.id(), second.secret(), next, "x");
    }

    @Test
    void certificateIsRenewedAfterTwoThirdsOfItsLife() throws Exception {
        CertifiedLink host = hosts.enrolled("a", folder);
        X509Certificate first = certificate(folder);
        try (Talk talk = new Talk(host.connect(), "a")) {
            assertThat(talk.message().hasUpdate()).isTrue();
            hosts.clock.move(Duration.ofDays(19));
            assertThat(host.renew(talk.channel())).isFalse();
            hosts.clock.move(Duration.ofDays(1));
            assertThat(host.renew(talk.channel())).isTrue();
        }
        X509Certificate second = certificate(folder);
        assertThat(second.getPublicKey()).isNotEqualTo(first.getPublicKey());
        assertThat(hosts.record()).contains("renewed certificate of Node/a");
        hosts.clock.move(Duration.ofDays(15));
        try (Talk talk = new Talk(host.connect(), "a")) {
            assertThat(talk.message().hasUpdate()).isTrue();
        }
        assertThat(hosts.enrolments.endsStream(first)).isPresent();
        assertThat(hosts.enrolments.endsStream(second)).isEmpty();
        assertThatThrownBy(() -> hosts.enrolments.renew(second, Certificates.request(Certificates.newKey(), "b")))
                .isInstanceOf(NotEnrolledException.class)
                .hasMessageContaining("that of node a");
        assertThat(hosts.record()).contains("refused certificate of b");
    }

    @Test
    void renewalThatFailsLeavesWhatThereIsAndIsTriedAgain() throws Exception {
        CertifiedLink host = hosts.enrolled("a", folder);
        X509Certificate first = certificate(folder);
        hosts.clock.move(Duration.ofDays(21));
        try (ServerThatHangsUp nobody = new ServerThatHangsUp();
                Talk talk = new Talk(showing(nobody.port(), Optional.empty()), "a")) {
            assertThat(host.renew(talk.channel())).isFalse();
        }
        assertThat(certificate(folder)).isEqualTo(first);
        try (Talk talk = new Talk(host.connect(), "a")) {
            assertThat(host.renew(talk.channel())).isFalse();
            hosts.clock.move(Duration.ofMinutes(1));
            assertThat(host.renew(talk.channel())).isTrue();
        }
    }

    @Test
    void clearTextAndTlsTellEachOtherApart() throws Exception {
        ManagerLink clear = ManagerLink.insecure(hosts.address());
        assertSays(clear, "leave --manager-insecure out here");
        CertifiedLink host = hosts.enrolled("a", folder);
        assertThat(host.expires()).isPresent();
        try (AgentService plain = AgentService.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                new Inventory(new MemoryStore(), hosts.clock),
                hosts.clock,
                Duration.ZERO)) {
            CertifiedLink wrong = new CertifiedLink(at(plain.port()), "a", folder, () -> "", hosts.clock);
            assertSays(wrong, "speaks no TLS");
        }
    }

    @Test
    void managerThatIsAwayIsNoReasonToGiveUp() throws Exception {
        EnrolmentToken token = hosts.token("a");
        try (ServerThatHangsUp nobody = new ServerThatHangsUp()) {
            CertifiedLink host = new CertifiedLink(at(nobody.port()), "a", folder, token::text, hosts.clock);
            UnreachableException away = catchThrowableOfType(
                    UnreachableException.class, () -> host.connect().shutdownNow());
            assertThat(away.inVain()).isFalse();
            assertThat(away).hasMessageContaining("not enrolled yet");
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void damagedIdentityIsNoIdentity() throws Exception {
        hosts.enrolled("a", folder);
        Path file = folder.resolve("identity.pem");
        String whole = Files.readString(file);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        assertThat(refusal(hosts.host("a", folder, Optional.empty()))).contains("is not enrolled");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        for (String text : List.of("", whole.substring(0, 300), whole.replace('M', 'N'), whole + whole)) {
            Files.writeString(file, text);
            assertThat(refusal(hosts.host("a", folder, Optional.empty()))).contains("is not enrolled");
        }
        Files.writeString(file, whole);
        hosts.host("a", folder, Optional.empty()).connect().shutdownNow();
    }

    @Test
    void requestsThatAreNoneAreRefused() {
        EnrolmentToken token = hosts.token("a");
        byte[] request = Certificates.request(Certificates.newKey(), "a");
        byte[] forged = request.clone();
        forged[forged.length - 1] ^= 1;
        for (byte[] each : List.of(new byte[0], new byte[5_000], new byte[] {0x30, 1}, forged)) {
            assertThatThrownBy(() -> hosts.enrolments.enrol(token.id(), token.secret(), each, "x"))
                    .isInstanceOf(NotEnrolledException.class)
                    .hasMessageContaining("request");
        }
        assertThat(hosts.enrolments.list())
                .extracting(Enrolments.Standing::state)
                .containsExactly("waiting");
    }

    @Test
    void authorityInMemoryDiffersFromOneToTheNext() {
        assertThat(Authority.inMemory(hosts.clock.instant()).pin()).isNotEqualTo(hosts.authority.pin());
    }
}
