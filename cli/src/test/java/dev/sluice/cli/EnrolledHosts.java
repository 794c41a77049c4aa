package dev.sluice.cli;

import dev.sluice.agent.southbound.CertifiedLink;
import dev.sluice.agent.southbound.ManagerAddress;
import dev.sluice.agent.southbound.ManagerAddresses;
import dev.sluice.agent.southbound.ManagerLink.UnreachableException;
import dev.sluice.manager.agents.AgentService;
import dev.sluice.manager.enrolment.Authority;
import dev.sluice.manager.enrolment.Enrolments;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.store.MemoryStore;
import dev.sluice.manager.store.Store;
import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.FromController;
import dev.sluice.southbound.Hello;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.SouthboundGrpc;
import dev.sluice.southbound.pki.EnrolmentToken;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A manager's service for agents over TLS, with a clock that tests move, and agents that say what tests say. */
final class EnrolledHosts implements AutoCloseable {
    static final Caller ADMIN = new Caller("admin", "sluice");

    final MovedClock clock = new MovedClock();
    final Store store = new MemoryStore();
    final Inventory inventory = new Inventory(store, clock);
    final Authority authority = Authority.inMemory(clock.instant());
    final Enrolments enrolments = Enrolments.open(store, inventory, authority, false, Enrolments.LIFE_USUAL, clock);
    final AgentService service = AgentService.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            Optional.of(enrolments),
            inventory,
            clock,
            Duration.ZERO);

    /** A clock that goes when it is told to. */
    static final class MovedClock implements InstantSource {
        private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");

        @Override
        public Instant instant() {
            return now;
        }

        void move(Duration by) {
            now = now.plus(by);
        }
    }

    ManagerAddresses address() {
        return ManagerAddresses.of(new ManagerAddress("127.0.0.1", service.port()));
    }

    EnrolmentToken token(String node) {
        return enrolments.issue(node, Enrolments.TTL_USUAL, ADMIN);
    }

    CertifiedLink host(String node, Path state, Optional<EnrolmentToken> token) {
        return new CertifiedLink(
                address(), node, state, () -> token.map(EnrolmentToken::text).orElse(""), clock);
    }

    /** A host that has been enrolled, with its certificate on disk. */
    CertifiedLink enrolled(String node, Path state) throws UnreachableException {
        CertifiedLink host = host(node, state, Optional.of(token(node)));
        host.connect().shutdownNow();
        return host;
    }

    /** Everything that the record of changes says. */
    String record() {
        StringBuilder text = new StringBuilder();
        try {
            store.list("audit/", "", Store.LIST_MAX, 0)
                    .entries()
                    .forEach(entry -> text.append(new String(entry.value(), StandardCharsets.UTF_8))
                            .append('\n'));
        } catch (dev.sluice.manager.store.CompactedException e) {
            throw new AssertionError(e);
        }
        return text.toString();
    }

    @Override
    public void close() {
        service.close();
        store.close();
    }

    /** One stream of an agent. */
    static final class Talk implements AutoCloseable {
        private final ManagedChannel channel;
        private final LinkedBlockingQueue<Object> heard = new LinkedBlockingQueue<>();
        private final StreamObserver<FromAgent> out;

        Talk(ManagedChannel channel, String node) {
            this.channel = channel;
            out = SouthboundGrpc.newStub(channel).follow(new StreamObserver<>() {
                @Override
                public void onNext(FromController message) {
                    heard.add(message);
                }

                @Override
                public void onError(Throwable failure) {
                    heard.add(failure);
                }

                @Override
                public void onCompleted() {
                    heard.add("completed");
                }
            });
            out.onNext(FromAgent.newBuilder()
                    .setHello(Hello.newBuilder().setNode(node).setProtocol(Protocol.NUMBER))
                    .build());
        }

        /** A message, a failure, or that it is over. */
        Object next() throws InterruptedException {
            Object next = heard.poll(20, TimeUnit.SECONDS);
            if (next == null) {
                throw new AssertionError("the manager says nothing");
            }
            return next;
        }

        FromController message() throws InterruptedException {
            return next() instanceof FromController message ? message : FromController.getDefaultInstance();
        }

        Throwable failure() throws InterruptedException {
            return next() instanceof Throwable failure ? failure : new AssertionError("no failure");
        }

        ManagedChannel channel() {
            return channel;
        }

        @Override
        public void close() {
            channel.shutdownNow();
        }
    }
}
