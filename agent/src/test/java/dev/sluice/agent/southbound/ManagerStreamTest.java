package dev.sluice.agent.southbound;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a stream says of its end. */
@Timeout(60)
class ManagerStreamTest {
    /** A port at which nobody listens. */
    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Test
    void linkIsAskedForItsWordsByTheStreamsUserOnly() throws Exception {
        ManagerLink clear = ManagerLink.insecure(ManagerAddresses.of(new ManagerAddress("127.0.0.1", freePort())));
        List<Thread> asked = new ArrayList<>();
        ManagerLink link = new ManagerLink() {
            @Override
            public ManagedChannel connect() throws UnreachableException {
                return clear.connect();
            }

            @Override
            public boolean renew(ManagedChannel channel) {
                return false;
            }

            @Override
            public String words(Throwable failure) {
                asked.add(Thread.currentThread());
                return "nobody there";
            }

            @Override
            public ManagerAddress address() {
                return clear.address();
            }

            @Override
            public ManagerAddresses addresses() {
                return clear.addresses();
            }
        };
        try (ManagerStream stream = ManagerStream.open(link)) {
            assertThat(stream.next(30_000)).isEqualTo(new ManagerStream.Ended("nobody there"));
        }
        assertThat(asked).containsExactly(Thread.currentThread());
    }
}
