package dev.sluice.sdk;

import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.util.Arrays;

/** The switch's side of a node, on the loopback interface: plain sockets that share no code with the library. */
public final class FakeSwitch implements AutoCloseable {
    private static final int WAIT_MS = 10_000;

    private final DatagramSocket socket;
    private final DatagramSocket other;
    private InetSocketAddress lastFrom = new InetSocketAddress(0);

    /** A switch on this address; it sends from one port and takes packets on another, as switches do. */
    public FakeSwitch(String address) throws IOException {
        socket = new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral(address), 0));
        other = new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral(address), 0));
        socket.setSoTimeout(WAIT_MS);
        socket.setReceiveBufferSize(1 << 20);
        other.setSendBufferSize(1 << 20);
    }

    /** The port that packets have to go back to. */
    public int port() {
        return socket.getLocalPort();
    }

    /** Sends one packet to a node. */
    public void send(byte[] packet, InetSocketAddress node) throws IOException {
        other.send(new DatagramPacket(packet, packet.length, node));
    }

    /** Waits for the next packet of a node. */
    public byte[] receive() throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[65_536], 65_536);
        socket.receive(packet);
        lastFrom = (InetSocketAddress) packet.getSocketAddress();
        return Arrays.copyOf(packet.getData(), packet.getLength());
    }

    /** The answer to one packet. */
    public byte[] exchange(byte[] packet, InetSocketAddress node) throws IOException {
        send(packet, node);
        return receive();
    }

    /** Where the last packet came from. */
    public InetSocketAddress lastFrom() {
        return lastFrom;
    }

    /** Whether nothing waits; to be asked when everything that should have come has come. */
    public void expectNothing() throws IOException {
        socket.setSoTimeout(1);
        try {
            fail("nothing should have come, but this did: " + Samples.hex(receive()));
        } catch (SocketTimeoutException _) {
            // So it should be.
        } finally {
            socket.setSoTimeout(WAIT_MS);
        }
    }

    @Override
    public void close() {
        socket.close();
        other.close();
    }
}
