package dev.sluice.manager.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.southbound.Clients;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One stranger with many connections does not keep others out. */
@Timeout(60)
class ConnectionBoundsTest {
    private static final int PER_CLIENT_MAX = 5;

    private final List<Socket> sockets = new ArrayList<>();

    private static HttpServer server(Duration firstRequest) throws IOException {
        return HttpServer.start(
                new InetSocketAddress(InetAddress.getByName("0.0.0.0"), 0),
                new HttpServer.Limits(50, PER_CLIENT_MAX, firstRequest, 8_192, Duration.ofMinutes(5)),
                request -> HttpAnswer.text(200, "text/plain", "here"));
    }

    @AfterEach
    void hangUp() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    /** All of 127.0.0.0/8 is this host: each is another client. */
    private Socket connect(HttpServer server, String from) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port(), InetAddress.getByName(from), 0);
        sockets.add(socket);
        return socket;
    }

    /** The beginning of the answer; empty: the connection is closed. */
    private static String ask(Socket socket) throws IOException {
        try {
            socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
        } catch (SocketException e) {
            return "";
        }
    }

    @Test
    void aClientThatHasAllItsConnectionsGetsNoMoreAndOthersDo() throws Exception {
        try (HttpServer server = server(Duration.ofMinutes(5))) {
            for (int i = 0; i < PER_CLIENT_MAX; i++) {
                assertThat(ask(connect(server, "127.0.0.2"))).isEqualTo("HTTP/1.1 200");
            }
            assertThat(ask(connect(server, "127.0.0.2"))).isEmpty();
            assertThat(ask(connect(server, "127.0.0.3"))).isEqualTo("HTTP/1.1 200");
            sockets.getFirst().close();
            String answer = "";
            while (answer.isEmpty()) {
                // The server notices when it reads.
                answer = ask(connect(server, "127.0.0.2"));
            }
            assertThat(answer).isEqualTo("HTTP/1.1 200");
        }
    }

    @Test
    void aConnectionOnWhichNothingIsAskedIsClosedAndOneThatAskedStays() throws Exception {
        try (HttpServer server = server(Duration.ofMillis(1_500))) {
            Socket asks = connect(server, "127.0.0.2");
            assertThat(ask(asks)).isEqualTo("HTTP/1.1 200");
            Socket slow = connect(server, "127.0.0.2");
            slow.getOutputStream().write("GET / HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII));
            Socket silent = connect(server, "127.0.0.2");
            for (Socket socket : List.of(silent, slow)) {
                assertThat(socket.getInputStream().readNBytes(1)).isEmpty();
            }
            asks.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            StringBuilder second = new StringBuilder();
            while (second.indexOf("HTTP/1.1 200") < 0) {
                int next = asks.getInputStream().read();
                assertThat(next).as("the connection that asked is open").isNotNegative();
                second.append((char) next);
            }
        }
    }

    @Test
    void addressesThatAClientChoosesByItselfAreOneClient() throws Exception {
        assertThat(Clients.of(InetAddress.getByName("2001:db8::1")))
                .isEqualTo(Clients.of(InetAddress.getByName("2001:db8::ffff:1")))
                .isNotEqualTo(Clients.of(InetAddress.getByName("2001:db8:0:1::1")));
        assertThat(Clients.of(InetAddress.getByName("192.0.2.1")))
                .isNotEqualTo(Clients.of(InetAddress.getByName("192.0.2.2")));
    }
}
