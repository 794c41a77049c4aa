package dev.sluice.manager.store;

import dev.sluice.manager.store.StoreException.Reason;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Calls to whichever member of a cluster of etcd answers. Any thread. */
final class EtcdCalls implements AutoCloseable {
    /** A member that leads nobody and follows nobody says so at once, instead of letting callers wait. */
    private static final Metadata.Key<String> HAS_LEADER =
            Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);

    /** How long the first member is waited for; those after it for longer. A leader that has just died is not missed before. */
    private static final long TRY_MS = 700;

    private static final int LONGER_MAX = 4;

    /** A new leader is there after one to two seconds. */
    static final long PATIENCE_MS = 5_000;

    private static final long PAUSE_MS = 50;
    private static final int CONNECT_MS = 1_000;

    private final EtcdOptions options;
    private final long patienceMs;
    private final List<ManagedChannel> connections = new ArrayList<>();
    private final List<Channel> channels = new ArrayList<>();
    private final AtomicInteger preferred = new AtomicInteger();
    private volatile boolean closed;
    private volatile boolean full;

    /**
     * Connects when it is first asked.
     *
     * @param patienceMs for how long to try before a call has failed
     */
    EtcdCalls(EtcdOptions options, long patienceMs) {
        this.options = options;
        this.patienceMs = patienceMs;
        Metadata metadata = new Metadata();
        metadata.put(HAS_LEADER, "true");
        for (EtcdOptions.Member member : options.members()) {
            NettyChannelBuilder builder = NettyChannelBuilder.forAddress(member.host(), member.port())
                    .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MS)
                    .maxInboundMessageSize(Integer.MAX_VALUE)
                    .keepAliveTime(10, TimeUnit.SECONDS)
                    .keepAliveTimeout(3, TimeUnit.SECONDS)
                    .disableRetry();
            ManagedChannel connection = secured(builder).build();
            connections.add(connection);
            channels.add(ClientInterceptors.intercept(connection, MetadataUtils.newAttachHeadersInterceptor(metadata)));
        }
    }

    private NettyChannelBuilder secured(NettyChannelBuilder builder) {
        Optional<EtcdOptions.Tls> tls = options.tls();
        if (tls.isEmpty()) {
            return builder.usePlaintext();
        }
        Path file = tls.get().authority();
        try {
            SslContextBuilder context = GrpcSslContexts.forClient();
            try (var in = Files.newInputStream(file)) {
                context.trustManager(in);
            }
            if (tls.get().certificate().isPresent()) {
                EtcdOptions.Own own = tls.get().certificate().get();
                file = own.certificate();
                try (var certificate = Files.newInputStream(file);
                        var key = Files.newInputStream(own.key())) {
                    context.keyManager(certificate, key);
                }
            }
            return builder.sslContext(context.build());
        } catch (IOException | IllegalArgumentException e) {
            throw new StoreException(
                    Reason.FAILED,
                    file + " cannot be used to reach " + options + ": " + e.getMessage()
                            + "; write certificates in PEM, and a key in PKCS#8 that is not encrypted",
                    e);
        }
    }

    /** A call over a connection, which has so long. */
    interface Call<T> {
        T over(Channel channel, long timeoutMs);
    }

    int members() {
        return channels.size();
    }

    /** Asks whoever answers. */
    <T> T ask(Call<T> call) {
        return ask(0, call);
    }

    /**
     * Asks one member after the other until one answers. A call may so be done more than once.
     *
     * @param moreMs how much longer than others it may take
     * @throws StoreException if none does in time, or the answer is a refusal; {@link Reason#UNCERTAIN} if one may have done it
     */
    <T> T ask(long moreMs, Call<T> call) {
        return askWithin(patienceMs, moreMs, call);
    }

    /** The same, for so long in all. */
    <T> T askWithin(long allTriesMs, long moreMs, Call<T> call) {
        long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(allTriesMs + moreMs);
        boolean perhapsDone = false;
        StatusRuntimeException last = null;
        for (int tries = 1; last == null || System.nanoTime() < endNs; tries++) {
            int member = member();
            try {
                return call.over(
                        channels.get(member), Math.min(TRY_MS * Math.min(tries, LONGER_MAX), allTriesMs) + moreMs);
            } catch (StatusRuntimeException e) {
                if (closed) {
                    throw new StoreException(Reason.CLOSED, "the store is closed");
                }
                if (!passes(e)) {
                    throw e;
                }
                last = e;
                perhapsDone |= isPerhapsDone(e);
                next(member);
                if (tries % members() == 0) {
                    pause();
                }
            }
        }
        throw failure(last, perhapsDone);
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException(Reason.FAILED, "stopped while waiting for etcd", e);
        }
    }

    /** The member that answered last. */
    int member() {
        return preferred.get();
    }

    /** Goes on with another one than that which did not answer. */
    void next(int failed) {
        int next = (failed + 1) % members();
        connections.get(next).resetConnectBackoff();
        preferred.compareAndSet(failed, next);
    }

    Channel channel(int member) {
        return channels.get(member);
    }

    /** Whether another member, or the same one later, may answer. */
    private static boolean passes(StatusRuntimeException e) {
        String words = words(e);
        return switch (e.getStatus().getCode()) {
            case UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL, UNKNOWN, ABORTED -> true;
            case CANCELLED -> !Thread.currentThread().isInterrupted();
            case RESOURCE_EXHAUSTED -> words.contains("too many requests");
            default -> false;
        };
    }

    private static boolean isPerhapsDone(StatusRuntimeException e) {
        boolean refused = words(e).contains("no leader") || words(e).contains("too many requests");
        for (Throwable each = e; each != null; each = each.getCause()) {
            refused |= each instanceof ConnectException;
        }
        return !refused;
    }

    /** Whether the connection itself did not come to be, other than by nobody listening. */
    private static boolean isAboutTls(StatusRuntimeException e) {
        boolean listening = true;
        for (Throwable each = e; each != null; each = each.getCause()) {
            listening &= !(each instanceof ConnectException);
        }
        return listening && (e.getCause() != null || words(e).contains("Network closed"));
    }

    private StoreException failure(StatusRuntimeException last, boolean perhapsDone) {
        String words = words(last);
        return new StoreException(
                perhapsDone ? Reason.UNCERTAIN : Reason.FAILED,
                "of " + options + " no majority of members answers (" + words
                        + "); look at them: etcdctl endpoint health"
                        + (isAboutTls(last)
                                ? ", and whether they speak TLS and what they show and want to see: --store-ca, --store-cert, --store-key"
                                : ""),
                last);
    }

    /** A refusal that another member would answer with too. */
    StoreException refusal(StatusRuntimeException e) {
        String words = words(e);
        if (words.contains("database space exceeded")) {
            full = true;
            return new StoreException(
                    Reason.FULL,
                    "the disk space that " + options
                            + " may use is full; the manager that leads makes room when it forgets old revisions, or raise --quota-backend-bytes of all members",
                    e);
        }
        if (words.contains("too large") || words.contains("larger than max") || words.contains("too many operations")) {
            return new StoreException(
                    Reason.TOO_LARGE,
                    options + " takes no transaction of this size: " + words + "; " + EtcdStore.MEMBERS_NEED,
                    e);
        }
        return new StoreException(
                e.getStatus().getCode() == Status.Code.DATA_LOSS || words.contains("corrupt")
                        ? Reason.CORRUPT
                        : Reason.FAILED,
                options + " refuses: " + words,
                e);
    }

    /** Whether a call was refused because there is no room, and none has been made since. */
    boolean isFull() {
        return full;
    }

    /** There is room again, as far as is known. */
    void emptied() {
        full = false;
    }

    static String words(StatusRuntimeException e) {
        @Nullable String description = e.getStatus().getDescription();
        String words = description == null ? e.getStatus().getCode().toString() : description;
        Throwable cause = e.getCause();
        String why = cause == null || cause.getMessage() == null ? "" : ": " + cause.getMessage();
        return (words + why).lines().findFirst().orElse("");
    }

    @Override
    public void close() {
        closed = true;
        connections.forEach(ManagedChannel::shutdownNow);
    }
}
