package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.google.protobuf.ByteString;
import dev.sluice.agent.southbound.CertifiedLink;
import dev.sluice.agent.southbound.ManagerAddress;
import dev.sluice.agent.southbound.ManagerAddresses;
import dev.sluice.cli.EnrolledHosts.Talk;
import dev.sluice.controller.AgentGate;
import dev.sluice.controller.AgentGate.NotEnrolledException;
import dev.sluice.lab.Waits;
import dev.sluice.manager.agents.AgentService;
import dev.sluice.manager.enrolment.Enrolments;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.store.Store;
import dev.sluice.southbound.EnrolRequest;
import dev.sluice.southbound.Enrolled;
import dev.sluice.southbound.EnrolmentGrpc;
import dev.sluice.southbound.EnrolmentGrpc.EnrolmentBlockingStub;
import dev.sluice.southbound.pki.Certificates;
import dev.sluice.southbound.pki.OwnIdentity;
import dev.sluice.southbound.pki.PeerCheck;
import dev.sluice.southbound.pki.SecretFile;
import dev.sluice.southbound.pki.TlsEnds;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What strangers and hosts that are not to be let in may cost a manager, and what is looked at again when they are quick (S3). */
@Timeout(120)
class StrangersTest {
    private final EnrolledHosts hosts = new EnrolledHosts();

    @TempDir
    private Path folder = Path.of("");

    @AfterEach
    void stop() {
        hosts.close();
    }

    private static ManagedChannel stranger(int port) {
        return NettyChannelBuilder.forAddress("127.0.0.1", port)
                .sslContext(TlsEnds.client(Optional.<OwnIdentity>empty(), new PeerCheck(chain -> {})))
                .build();
    }

    private X509Certificate enrolled(String node) throws Exception {
        hosts.enrolled(node, folder);
        return SecretFile.read(folder.resolve("identity.pem")).certificates().getFirst();
    }

    private AgentService service(AgentGate gate) {
        return AgentService.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                Optional.of(gate),
                hosts.inventory,
                hosts.clock,
                Duration.ZERO);
    }

    /** What a gate does otherwise than the manager's. */
    private abstract class Gate implements AgentGate {
        @Override
        public OwnIdentity identity() {
            return hosts.enrolments.identity();
        }

        @Override
        public Optional<String> refusesConnection(X509Certificate certificate) {
            return hosts.enrolments.refusesConnection(certificate);
        }

        @Override
        public Optional<String> endsStream(X509Certificate certificate) {
            return hosts.enrolments.endsStream(certificate);
        }

        @Override
        public Pair enrol(String token, String secret, byte[] request, String from) throws NotEnrolledException {
            return hosts.enrolments.enrol(token, secret, request, from);
        }

        @Override
        public Pair renew(X509Certificate current, byte[] request) throws NotEnrolledException {
            return hosts.enrolments.renew(current, request);
        }

        @Override
        public void askedForAnother(String node, String claimed) {
            hosts.enrolments.askedForAnother(node, claimed);
        }
    }

    @Test
    void strangersDoNotFillTheRecord() {
        for (int i = 0; i < 100; i++) {
            assertThatThrownBy(() -> hosts.enrolments.enrol("0000000\n", "x", new byte[0], "somewhere"))
                    .isInstanceOf(NotEnrolledException.class);
        }
        assertThat(hosts.record().lines().filter(line -> line.contains("refused enrolment")))
                .hasSize(20);
        hosts.clock.move(Duration.ofMinutes(11));
        assertThatThrownBy(() -> hosts.enrolments.enrol("", "", new byte[0], "somewhere"))
                .isInstanceOf(NotEnrolledException.class);
        assertThat(hosts.record()).contains("80 refusals since the last entry were left out");
    }

    @Test
    void refusedHandshakesDoNotFillTheLog() throws Exception {
        X509Certificate revoked = enrolled("a");
        hosts.enrolments.revoke("a", EnrolledHosts.ADMIN);
        Logger logger = (Logger) LoggerFactory.getLogger(Enrolments.class.getPackageName());
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        logger.addAppender(lines);
        try {
            for (int i = 0; i < 100; i++) {
                assertThat(hosts.enrolments.refusesConnection(revoked)).isPresent();
                hosts.enrolments.askedForAnother("a", "b");
            }
            assertThat(lines.list.stream()
                            .filter(each -> each.getFormattedMessage().contains("was turned away")))
                    .hasSize(20);
            assertThat(lines.list).hasSize(40);
            hosts.clock.move(Duration.ofMinutes(11));
            hosts.enrolments.refusesConnection(revoked);
            assertThat(lines.list.getLast().getFormattedMessage())
                    .contains("80 refusals since the last entry were left out");
        } finally {
            logger.detachAppender(lines);
        }
    }

    /** As many as one client may have: a host that has shown its certificate is none of them. */
    @Test
    void strangersThatSayNothingLeaveRoomForHosts() throws Exception {
        int port = hosts.service.port();
        List<Socket> silent = new ArrayList<>();
        try (Talk host = new Talk(hosts.enrolled("a", folder).connect(), "a")) {
            assertThat(host.message().getRefusal()).isEmpty();
            for (int i = 0; i < 99; i++) {
                silent.add(new Socket(InetAddress.getLoopbackAddress(), port));
            }
            // As soon as the end of the connection that enrolled the host is known.
            Waits.until("one hundred are there", Duration.ofSeconds(20), () -> staysAt(port, silent));
            try (Socket oneMore = new Socket(InetAddress.getLoopbackAddress(), port)) {
                assertThat(ends(oneMore, 5_000)).isTrue();
            }
        } finally {
            for (Socket each : silent) {
                each.close();
            }
        }
        try (Talk again = new Talk(hosts.host("a", folder, Optional.empty()).connect(), "a")) {
            assertThat(again.message().getRefusal()).as("there is room again").isEmpty();
        }
    }

    private static boolean staysAt(int port, List<Socket> all) {
        try {
            Socket next = new Socket(InetAddress.getLoopbackAddress(), port);
            if (ends(next, 200)) {
                next.close();
                return false;
            }
            return all.add(next);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether it is closed from the other side, long before the time for a handshake is over. */
    private static boolean ends(Socket socket, int withinMs) throws IOException {
        socket.setSoTimeout(withinMs);
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException e) {
            return true;
        }
    }

    private static Status refusalOf(EnrolmentBlockingStub stub, EnrolRequest request) {
        return catchThrowableOfType(
                        StatusRuntimeException.class,
                        () -> stub.withDeadlineAfter(20, TimeUnit.SECONDS).enrol(request))
                .getStatus();
    }

    @Test
    void longCallsOfStrangersAreEndedBeforeTheyAreTakenIn() {
        ManagedChannel channel = stranger(hosts.service.port());
        try {
            EnrolmentBlockingStub stub = EnrolmentGrpc.newBlockingStub(channel);
            EnrolRequest request = EnrolRequest.newBuilder()
                    .setRequest(ByteString.copyFrom(new byte[15 << 20]))
                    .build();
            Status refused = refusalOf(stub, request);
            assertThat(refused.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(refused.getDescription()).contains("at most 16384 bytes");
            assertThat(refusalOf(stub.withCompression("gzip"), request).getCode())
                    .as("what is short only on the wire")
                    .isEqualTo(Status.Code.UNIMPLEMENTED);
            assertThat(refusalOf(stub, EnrolRequest.newBuilder().setToken("x").build())
                            .getCode())
                    .isEqualTo(Status.Code.PERMISSION_DENIED);
        } finally {
            channel.shutdownNow();
        }
    }

    @Test
    void sixteenStrangersAreLookedAtAtATime() throws Exception {
        CountDownLatch inside = new CountDownLatch(16);
        CountDownLatch go = new CountDownLatch(1);
        Gate slow = new Gate() {
            @Override
            public Pair enrol(String token, String secret, byte[] request, String from) throws NotEnrolledException {
                inside.countDown();
                try {
                    go.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                return super.enrol(token, secret, request, from);
            }
        };
        List<ManagedChannel> channels = new ArrayList<>();
        LinkedBlockingQueue<Status.Code> ends = new LinkedBlockingQueue<>();
        EnrolRequest request = EnrolRequest.newBuilder().setToken("x").build();
        try (AgentService service = service(slow)) {
            for (int i = 0; i < 5; i++) {
                channels.add(stranger(service.port()));
            }
            for (int i = 0; i < 16; i++) {
                EnrolmentGrpc.newStub(channels.get(i / 4)).enrol(request, new StreamObserver<>() {
                    @Override
                    public void onNext(Enrolled answer) {}

                    @Override
                    public void onError(Throwable failure) {
                        ends.add(Status.fromThrowable(failure).getCode());
                    }

                    @Override
                    public void onCompleted() {}
                });
            }
            assertThat(inside.await(20, TimeUnit.SECONDS)).isTrue();
            EnrolmentBlockingStub next = EnrolmentGrpc.newBlockingStub(channels.get(4));
            Status refused = refusalOf(next, request);
            assertThat(refused.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(refused.getDescription()).contains("16 other hosts").contains("ask again");
            go.countDown();
            for (int i = 0; i < 16; i++) {
                assertThat(ends.poll(20, TimeUnit.SECONDS)).isEqualTo(Status.Code.PERMISSION_DENIED);
            }
            assertThat(refusalOf(next, request).getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
        } finally {
            go.countDown();
            channels.forEach(ManagedChannel::shutdownNow);
        }
    }

    @Test
    void revocationBetweenTheBeginningOfAStreamAndItsFirstWordsCounts() throws Exception {
        enrolled("a");
        AtomicInteger asked = new AtomicInteger();
        Gate late = new Gate() {
            @Override
            public Optional<String> endsStream(X509Certificate certificate) {
                return asked.getAndIncrement() == 0 ? Optional.empty() : Optional.of("revoked meanwhile");
            }
        };
        try (AgentService service = service(late)) {
            CertifiedLink host = new CertifiedLink(
                    ManagerAddresses.of(new ManagerAddress("127.0.0.1", service.port())),
                    "a",
                    folder,
                    () -> "",
                    hosts.clock);
            try (Talk talk = new Talk(host.connect(), "a")) {
                assertThat(talk.message().getRefusal()).isEqualTo("revoked meanwhile");
                assertThat(talk.next()).isEqualTo("completed");
            }
        }
    }

    @Test
    void renewalDoesNotUndoARevocationThatAnotherManagerHasJustMade() throws Exception {
        X509Certificate current = enrolled("a");
        AtomicLong seen = new AtomicLong(-1);
        Store lagging = (Store) Proxy.newProxyInstance(
                Store.class.getClassLoader(), new Class<?>[] {Store.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("revision")) {
                        seen.compareAndSet(-1, hosts.store.revision());
                        return seen.get();
                    }
                    try {
                        return method.invoke(hosts.store, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getTargetException();
                    }
                });
        Enrolments second = Enrolments.open(
                lagging,
                new Inventory(lagging, hosts.clock),
                hosts.authority,
                false,
                Enrolments.LIFE_USUAL,
                hosts.clock);
        assertThat(second.endsStream(current)).isEmpty();
        hosts.enrolments.revoke("a", EnrolledHosts.ADMIN);
        assertThat(second.endsStream(current)).as("it has read a while ago").isEmpty();
        byte[] request = Certificates.request(Certificates.newKey(), "a");
        assertThatThrownBy(() -> second.renew(current, request))
                .isInstanceOf(NotEnrolledException.class)
                .hasMessageContaining("was revoked");
        assertThat(hosts.enrolments.list())
                .extracting(Enrolments.Standing::state)
                .containsExactly("revoked");
    }
}
