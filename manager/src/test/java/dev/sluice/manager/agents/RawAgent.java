package dev.sluice.manager.agents;

import dev.sluice.southbound.Answer;
import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.FromController;
import dev.sluice.southbound.Hello;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.Report;
import dev.sluice.southbound.SouthboundGrpc;
import dev.sluice.southbound.Update;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** An agent that says what a test says. */
final class RawAgent implements AutoCloseable {
    private final ManagedChannel channel;
    private final StreamObserver<FromAgent> out;
    private final LinkedBlockingQueue<Optional<FromController>> in = new LinkedBlockingQueue<>();

    RawAgent(int port) {
        channel =
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
        out = SouthboundGrpc.newStub(channel).follow(new StreamObserver<>() {
            @Override
            public void onNext(FromController message) {
                in.add(Optional.of(message));
            }

            @Override
            public void onError(Throwable failure) {
                in.add(Optional.empty());
            }

            @Override
            public void onCompleted() {
                in.add(Optional.empty());
            }
        });
    }

    RawAgent hello(String node, Map<String, String> held) {
        say(FromAgent.newBuilder()
                .setHello(Hello.newBuilder()
                        .setNode(node)
                        .setProtocol(Protocol.NUMBER)
                        .putAllHeld(held))
                .build());
        return this;
    }

    void say(FromAgent message) {
        out.onNext(message);
    }

    void answer(Answer.Builder answer) {
        say(FromAgent.newBuilder().setAnswer(answer).build());
    }

    void report(Report.Builder report) {
        say(FromAgent.newBuilder().setReport(report).build());
    }

    /** The next message; empty: the stream has ended. */
    Optional<FromController> next() throws InterruptedException {
        Optional<FromController> next = in.poll(20, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("the manager says nothing");
        }
        return next;
    }

    Update update() throws InterruptedException {
        return next().orElseThrow().getUpdate();
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
