package dev.sluice.agent.southbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.NodeOptions;
import dev.sluice.fuzz.LaterVersion;
import dev.sluice.southbound.Answer;
import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.FromController;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.Question;
import dev.sluice.southbound.Reply;
import dev.sluice.southbound.Resource;
import dev.sluice.southbound.SouthboundGrpc;
import dev.sluice.southbound.Update;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A manager of another version, over a real stream to this agent. */
@Timeout(60)
class MixedVersionsTest {
    @TempDir
    private Path folder = Path.of("");

    private final LinkedBlockingQueue<FromAgent> said = new LinkedBlockingQueue<>();
    private final LinkedBlockingQueue<StreamObserver<FromController>> streams = new LinkedBlockingQueue<>();
    private @Nullable Server server;
    private @Nullable ManagedNode node;

    /** A manager that says what a test says. */
    private final class Manager extends SouthboundGrpc.SouthboundImplBase {
        @Override
        public StreamObserver<FromAgent> follow(StreamObserver<FromController> toAgent) {
            streams.add(toAgent);
            return new StreamObserver<>() {
                @Override
                public void onNext(FromAgent message) {
                    said.add(message);
                }

                @Override
                public void onError(Throwable failure) {
                    // The agent has ended.
                }

                @Override
                public void onCompleted() {
                    toAgent.onCompleted();
                }
            };
        }
    }

    @BeforeEach
    void start() throws Exception {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new Manager())
                .build()
                .start();
        node = ManagedNode.start(
                ManagerLink.insecure(ManagerAddresses.of(new ManagerAddress("127.0.0.1", server.getPort()))),
                "a",
                NodeOptions.of(folder).at(folder.resolve("a.sock"), folder.resolve("state")));
    }

    @AfterEach
    void stop() {
        if (node != null) {
            node.close();
        }
        if (server != null) {
            server.shutdownNow();
        }
    }

    private static Resource resource(String name, String text) {
        return LaterVersion.of(Resource.newBuilder()
                .setName(name)
                .setVersion(Protocol.version(text))
                .setText(text)
                .build());
    }

    private static FromController update(long nonce, Resource... resources) {
        Map<String, String> versions = new TreeMap<>();
        Update.Builder update = Update.newBuilder().setNonce(nonce);
        for (Resource each : resources) {
            versions.put(each.getName(), each.getVersion());
            update.addResources(each);
        }
        return FromController.newBuilder()
                .setUpdate(LaterVersion.of(
                        update.setFingerprint(Protocol.fingerprint(versions)).build()))
                .build();
    }

    private Answer answer(long nonce) throws InterruptedException {
        while (true) {
            FromAgent message = said.poll(30, TimeUnit.SECONDS);
            assertThat(message).as("the agent answers").isNotNull();
            if (message.hasAnswer() && message.getAnswer().getNonce() == nonce) {
                return message.getAnswer();
            }
        }
    }

    @Test
    void whatANewerManagerSaysBesidesIsPassedOverAndWhatItWantsBesidesIsRefusedByName() throws Exception {
        StreamObserver<FromController> stream = streams.poll(30, TimeUnit.SECONDS);
        assertThat(stream).as("the agent connects").isNotNull();
        FromAgent hello = said.poll(30, TimeUnit.SECONDS);
        assertThat(hello).isNotNull();
        assertThat(hello.getHello().getProtocol()).isEqualTo(Protocol.NUMBER);
        stream.onNext(FromController.newBuilder()
                .setQuestion(LaterVersion.of(Question.newBuilder().setId(3).build()))
                .build());
        Reply reply = said.poll(30, TimeUnit.SECONDS).getReply();
        assertThat(reply.getId()).isEqualTo(3);
        assertThat(reply.getProblem()).contains("does not know this question");
        stream.onNext(LaterVersion.of(FromController.getDefaultInstance()));
        String node = "{apiVersion: sluice.dev/v1, kind: Node, metadata: {name: a}}";
        String mapping = "{apiVersion: sluice.dev/v1, kind: Mapping, metadata: {name: m}, spec: {prefix: 10.0.0.0/8}}";
        stream.onNext(update(7, resource("nodes/a", node), resource("mappings/m", mapping)));
        Answer refused = answer(7);
        assertThat(refused.getAccepted()).isFalse();
        assertThat(refused.getFaultsList())
                .anySatisfy(fault -> assertThat(fault.getMessage())
                        .contains("is a word of a later version", "Mapping", "this version has Node, Port"));
        String field = "{apiVersion: sluice.dev/v1, kind: Node, metadata: {name: a}, spec: {colour: red}}";
        stream.onNext(update(8, resource("nodes/a", field)));
        assertThat(answer(8).getFaultsList()).anySatisfy(fault -> {
            assertThat(fault.getObject()).isEqualTo("Node/a");
            assertThat(fault.getMessage()).contains("colour");
        });
        assertThat(said).as("the stream stands").noneMatch(FromAgent::hasHello);
    }
}
