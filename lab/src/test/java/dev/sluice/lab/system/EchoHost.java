package dev.sluice.lab.system;

import dev.sluice.lab.Namespace;
import java.io.IOException;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A host that answers: echo over UDP and TCP on one port, IPv4 and IPv6; remembers what it got from whom. Any thread asks. */
final class EchoHost implements AutoCloseable {
    private final int port;
    private final DatagramSocket udp;
    private final ServerSocket tcp;
    private final Collection<Long> ids = new ConcurrentLinkedQueue<>();
    private final Set<String> peers = ConcurrentHashMap.newKeySet();

    private EchoHost(Namespace namespace, int port) {
        this.port = port;
        udp = Inside.call(namespace, () -> new DatagramSocket(port));
        tcp = Inside.call(namespace, () -> new ServerSocket(port, 256));
        Inside.start(namespace, "echo-udp", this::serveUdp);
        Inside.start(namespace, "echo-tcp", this::serveTcp);
    }

    static EchoHost start(Namespace namespace, int port) {
        return new EchoHost(namespace, port);
    }

    int port() {
        return port;
    }

    private void serveUdp() throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
        try {
            while (true) {
                packet.setLength(2048);
                udp.receive(packet);
                ids.add(Payload.idAt(packet.getData(), 0));
                peers.add(peer((InetSocketAddress) packet.getSocketAddress()));
                send(packet);
            }
        } catch (SocketException e) {
            assert udp.isClosed() : e;
        }
    }

    /** Without a way back the kernel may refuse; the packet is then lost as any other. */
    private void send(DatagramPacket packet) throws IOException {
        try {
            udp.send(packet);
        } catch (SocketException e) {
            assert !udp.isClosed() : e;
        }
    }

    private void serveTcp() throws IOException {
        try {
            while (true) {
                Socket socket = tcp.accept();
                peers.add(peer((InetSocketAddress) socket.getRemoteSocketAddress()));
                Thread.ofPlatform().daemon().start(() -> echo(socket));
            }
        } catch (SocketException e) {
            assert tcp.isClosed() : e;
        }
    }

    private static void echo(Socket socket) {
        try (socket;
                OutputStream out = socket.getOutputStream()) {
            socket.getInputStream().transferTo(out);
        } catch (IOException e) {
            // The client gave up, or its connection was cut: that is for the client's side to judge.
            assert !socket.isConnected() || socket.isClosed() || e.getMessage() != null;
        }
    }

    private static String peer(InetSocketAddress address) {
        return address.getAddress().getHostAddress();
    }

    /** Ids received over UDP. */
    Set<Long> ids() {
        return new HashSet<>(ids);
    }

    /** Datagrams received, repetitions included. */
    int datagramCount() {
        return ids.size();
    }

    /** Addresses that sent something. */
    Set<String> peers() {
        return Set.copyOf(peers);
    }

    @Override
    public void close() {
        udp.close();
        try {
            tcp.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
