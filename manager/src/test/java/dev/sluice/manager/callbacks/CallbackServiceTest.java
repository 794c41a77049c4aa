package dev.sluice.manager.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.sluice.manager.events.EventLog;
import dev.sluice.manager.http.ShownCertificate;
import dev.sluice.manager.store.Election.Term;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.pki.Certificates;
import dev.sluice.southbound.pki.PeerCheck;
import dev.sluice.wire.IpPrefix;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Service managers that answer, do not, hang, send elsewhere or are somebody else, behind real sockets. */
class CallbackServiceTest {
    private static final long WAIT_S = 20;
    private static final Term ALWAYS = new Term(0, List.of(), () -> true);
    private static final IpPrefix LOOPBACK = IpPrefix.parse("127.0.0.0/8").orElseThrow();
    private static final char[] PASSWORD = "for this test only".toCharArray();

    private final Told told = new Told();
    private final EventLog events = new EventLog(InstantSource.system());
    private final BlockingQueue<JsonNode> bodies = new LinkedBlockingQueue<>();
    private final AtomicInteger status = new AtomicInteger(204);

    @TempDir
    private Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init") // set before each test
    private HttpServer server;

    @SuppressWarnings("NullAway.Init") // set before each test
    private CallbackService service;

    @BeforeEach
    void start() throws Exception {
        listen(HttpServer.create(loopback(), 0));
        service = serve(Optional.empty());
    }

    @AfterEach
    void stop() {
        service.close();
        server.stop(0);
    }

    private CallbackService serve(Optional<ShownCertificate> shown) {
        return serve(new CallbackOptions(shown, CallbackTargets.in(List.of(LOOPBACK))));
    }

    private CallbackService serve(CallbackOptions options) {
        return CallbackService.start(told.inventory, events, ALWAYS, options, InstantSource.system());
    }

    private static InetSocketAddress loopback() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private void listen(HttpServer created) {
        server = created;
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::answer);
        server.start();
    }

    /** Listens with TLS; whoever calls has to show what the check lets pass. */
    private void listen(KeyPair key, X509Certificate certificate, Optional<PeerCheck> check) throws Exception {
        server.stop(0);
        HttpsServer tls = HttpsServer.create(loopback(), 0);
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("key", key.getPrivate(), PASSWORD, new X509Certificate[] {certificate});
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
                keys.getKeyManagers(),
                check.map(each -> new TrustManager[] {each}).orElse(null),
                null);
        tls.setHttpsConfigurator(new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters usual = context.getDefaultSSLParameters();
                usual.setNeedClientAuth(check.isPresent());
                parameters.setSSLParameters(usual);
            }
        });
        listen(tls);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        bodies.add(new JsonMapper().readTree(body));
        if (status.get() / 100 == 3) {
            exchange.getResponseHeaders()
                    .add("Location", exchange.getRequestURI().getPath() + "/elsewhere");
        }
        exchange.sendResponseHeaders(status.get(), -1);
        exchange.close();
    }

    private String url(String scheme) {
        return scheme + "://127.0.0.1:" + server.getAddress().getPort() + "/sluice";
    }

    private JsonNode awaitBody() throws InterruptedException {
        JsonNode body = bodies.poll(WAIT_S, TimeUnit.SECONDS);
        assertThat(body).as("somebody is called").isNotNull();
        return body;
    }

    private JsonNode awaitTold(String truth, String words) throws InterruptedException {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_S);
        while (true) {
            JsonNode told = this.told.object("acme").tree().at("/status/conditions/0");
            boolean is = told.path("status").asString("").equals(truth)
                    && told.path("message").asString("").contains(words);
            if (is) {
                return this.told.object("acme").tree().path("status");
            }
            assertThat(System.nanoTime()).as(told.toString()).isLessThan(deadlineNs);
            Thread.sleep(10);
        }
    }

    @Test
    void registrationAndEachChangeOfAChainAreToldAndTheStatusSaysSo() throws Exception {
        told.apply(Told.manager("acme", Told.calledAt(url("http"))));
        JsonNode first = awaitBody();
        assertThat(first.at("/chains/0/name").asString()).isEqualTo("inspect");
        JsonNode status = awaitTold("True", "has answered");
        assertThat(status.path("told").asString())
                .isEqualTo(first.path("version").asString());
        told.apply("{apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: inspect}, spec: {profiles:"
                + " [firewall]}}");
        assertThat(awaitBody().at("/chains/0/rules")).hasSize(2);
        told.apply("{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: tap}, spec: {transport: raw}}");
        assertThat(awaitBody().at("/services/1/action").asString()).isEqualTo("forward");
        told.apply("{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: other}, spec: {transport: raw, action:"
                + " copy}}");
        awaitTold("True", "has answered");
        assertThat(bodies).as("what is none of its business").isEmpty();
    }

    @Test
    void answersOfOtherKindsAndRedirectionsAreTriedAgainUntilItTakes() throws Exception {
        status.set(302);
        told.apply(Told.manager("acme", Told.calledAt(url("http"))));
        awaitBody();
        awaitTold("False", "in vain, the last time: it answers with status 302");
        status.set(500);
        awaitBody();
        awaitTold("False", "called 2 times in vain, the last time: it answers with status 500");
        assertThat(events.after(0, 10, _ -> true))
                .extracting(event -> event.what().title() + " "
                        + event.what().reason().word() + " " + event.what().message())
                .contains(
                        "ServiceManager/acme CallFailed was called in vain: it answers with status 302",
                        "ServiceManager/acme CallFailed was called in vain: it answers with status 500");
        status.set(200);
        awaitTold("True", "has answered");
    }

    /** Takes connections and says nothing. */
    @Test
    void oneThatHangsIsGivenUpInTimeAndOthersAreTold() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            told.apply(Told.manager("acme", Told.calledAt("http://127.0.0.1:" + silent.getLocalPort() + "/", "300ms")));
            told.apply(
                    "{apiVersion: sluice.dev/v1, kind: ServiceManager, metadata: {name: bolt}, spec: {services: other"
                            + Told.calledAt(url("http")) + "}}");
            assertThat(awaitBody().path("serviceManager").asString()).isEqualTo("bolt");
            awaitTold("False", "no answer within 300 ms");
        }
        awaitTold("False", "the connection is refused");
    }

    @Test
    void onlyTheCertificateThatIsNamedIsBelieved() throws Exception {
        KeyPair key = Certificates.newKey();
        X509Certificate certificate = Certificates.authority(key, "acme", Instant.now(), Duration.ofDays(1));
        listen(key, certificate, Optional.empty());
        told.apply(Told.manager("acme", Told.calledAt(url("https"))));
        awaitTold("False", "in vain");
        assertThat(bodies).as("nobody vouches for it").isEmpty();
        told.apply(Told.manager("acme", pinned("0".repeat(64))));
        awaitTold("False", "it shows another certificate");
        assertThat(bodies).isEmpty();
        told.apply(Told.manager("acme", pinned(Protocol.sha256(certificate.getEncoded()))));
        awaitTold("True", "has answered");
        assertThat(bodies).hasSize(1);
    }

    @Test
    void whoWantsToSeeACertificateIsShownTheOneThatIsConfigured() throws Exception {
        KeyPair key = Certificates.newKey();
        X509Certificate certificate = Certificates.authority(key, "acme", Instant.now(), Duration.ofDays(1));
        KeyPair own = Certificates.newKey();
        X509Certificate shown = Certificates.authority(own, "manager", Instant.now(), Duration.ofDays(1));
        listen(key, certificate, Optional.of(new PeerCheck(chain -> {
            if (!chain.getFirst().equals(shown)) {
                throw new CertificateException("this is not the manager");
            }
        })));
        told.apply(Told.manager("acme", pinned(Protocol.sha256(certificate.getEncoded()))));
        awaitTold("False", "in vain");
        assertThat(bodies).as("nothing was shown").isEmpty();
        service.close();
        service = serve(Optional.of(ShownCertificate.read(
                pem("manager.pem", "CERTIFICATE", shown.getEncoded()),
                pem("manager.key", "PRIVATE KEY", own.getPrivate().getEncoded()))));
        awaitTold("True", "has answered");
        assertThat(bodies).hasSize(1);
    }

    @Test
    void socketsOfTheManagersOwnHostAreNotCalledUnlessItsOperatorSaysSo() throws Exception {
        service.close();
        service = serve(CallbackOptions.USUAL);
        told.apply(Told.manager("acme", Told.calledAt(url("http"))));
        awaitTold(
                "False",
                "127.0.0.1 is an address of the manager's own host; start the manager with --callback-networks");
        assertThat(bodies).isEmpty();
        service.close();
        service = serve(new CallbackOptions(Optional.empty(), CallbackTargets.in(List.of(LOOPBACK))));
        awaitTold("True", "has answered");
    }

    private Path pem(String name, String what, byte[] der) throws IOException {
        return Files.writeString(
                folder.resolve(name),
                "-----BEGIN " + what + "-----\n" + Base64.getMimeEncoder().encodeToString(der) + "\n-----END " + what
                        + "-----\n");
    }

    private String pinned(String digest) {
        return ", callback: {url: \"" + url("https") + "\", certificate: \"" + digest + "\"}";
    }

    @Test
    void whoLeadsNextGoesOnAndCallsNobodyWhoKnows() throws Exception {
        told.apply(Told.manager("acme", Told.calledAt(url("http"))));
        awaitBody();
        awaitTold("True", "has answered");
        service.close();
        told.apply("{apiVersion: sluice.dev/v1, kind: ServiceManager, metadata: {name: bolt}, spec: {services: other"
                + Told.calledAt(url("http")) + "}}");
        service = serve(Optional.empty());
        assertThat(awaitBody().path("serviceManager").asString()).isEqualTo("bolt");
        assertThat(bodies).isEmpty();
    }
}
