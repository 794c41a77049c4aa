package dev.sluice.lab.system;

import dev.sluice.lab.Inside;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.UdpSockets;
import java.io.IOException;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A host that answers: echo over UDP and TCP on one port, IPv4 and IPv6; remembers what it got from whom. Any thread asks. */
final class EchoHost implements AutoCloseable {
    private static final int DATAGRAM_BYTES_MAX = 65_535;

    private final Namespace namespace;
    private final int port;
    private final List<DatagramSocket> udp = new ArrayList<>();
    private final ServerSocket tcp;
    private final Collection<Long> ids = new ConcurrentLinkedQueue<>();
    private final Set<String> peers = ConcurrentHashMap.newKeySet();

    private EchoHost(Namespace namespace, int port, List<String> addresses) {
        this.namespace = namespace;
        this.port = port;
        for (String address : addresses) {
            udp.add(Inside.call(namespace, () -> socket(port, address)));
        }
        tcp = Inside.call(namespace, () -> new ServerSocket(port, 256));
        udp.forEach(socket -> Inside.start(namespace, "echo-udp", () -> serveUdp(socket)));
        Inside.start(namespace, "echo-tcp", this::serveTcp);
    }

    private static DatagramSocket socket(int port, String address) throws IOException {
        DatagramSocket socket = new DatagramSocket(port, InetAddress.getByName(address));
        socket.setReceiveBufferSize(UdpFlow.RECEIVE_BUFFER_BYTES);
        return socket;
    }

    /** Datagrams that came to this host and found no room in the socket: what a busy machine loses, and nobody on the way. */
    long unread() {
        return UdpSockets.dropCount(namespace, port);
    }

    /** On a host with one address of each family. */
    static EchoHost start(Namespace namespace, int port) {
        return new EchoHost(namespace, port, List.of("::"));
    }

    /** On a host with several addresses: answers come from the one that was asked. */
    static EchoHost start(Namespace namespace, int port, List<String> addresses) {
        return new EchoHost(namespace, port, addresses);
    }

    int port() {
        return port;
    }

    private void serveUdp(DatagramSocket socket) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[DATAGRAM_BYTES_MAX], DATAGRAM_BYTES_MAX);
        try {
            while (true) {
                packet.setLength(DATAGRAM_BYTES_MAX);
                socket.receive(packet);
                ids.add(Payload.idAt(packet.getData(), 0));
                peers.add(peer((InetSocketAddress) packet.getSocketAddress()));
                send(socket, packet);
            }
        } catch (SocketException e) {
            assert socket.isClosed() : e;
        }
    }

    /** Without a way back the kernel may refuse; the packet is then lost as any other. */
    private static void send(DatagramSocket socket, DatagramPacket packet) throws IOException {
        try {
            socket.send(packet);
        } catch (SocketException e) {
            assert !socket.isClosed() : e;
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
        udp.forEach(DatagramSocket::close);
        try {
            tcp.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
