package dev.sluice.sdk;

import dev.sluice.wire.OuterUdp;
import java.io.IOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/**
 * The sockets of a node: one that listens, and several to send from, since a socket has one source port and routers tell flows apart by it (RFC 8926 3.3). Receiving is
 * for one thread, sending for any.
 */
final class NodeSockets implements AutoCloseable {
    private static final int BIND_ATTEMPTS_MAX = 64;
    private static final int SEND_BUFFER_BYTES = 1 << 20;

    private final DatagramChannel listening;
    private final List<DatagramChannel> sending;

    private NodeSockets(DatagramChannel listening, List<DatagramChannel> sending) {
        this.listening = listening;
        this.sending = List.copyOf(sending);
    }

    /**
     * Opens all of them on one address.
     *
     * @param sourcePorts how many sockets to send from; 0: the one that listens
     * @param receiveBufferBytes what the kernel is asked for; it may give less
     */
    static NodeSockets open(InetSocketAddress listen, int sourcePorts, int receiveBufferBytes, boolean dontFragment)
            throws IOException {
        List<DatagramChannel> opened = new ArrayList<>();
        try {
            DatagramChannel listening = channel(listen.getAddress(), dontFragment);
            opened.add(listening);
            listening.setOption(StandardSocketOptions.SO_RCVBUF, receiveBufferBytes);
            listening.bind(listen);
            for (int i = 0; i < sourcePorts; i++) {
                opened.add(sender(listen.getAddress(), dontFragment));
            }
            return new NodeSockets(listening, sourcePorts == 0 ? opened : opened.subList(1, opened.size()));
        } catch (IOException e) {
            for (DatagramChannel channel : opened) {
                channel.close();
            }
            throw new IOException("socket on " + listen + " cannot be opened: " + e.getMessage(), e);
        }
    }

    private static DatagramChannel channel(InetAddress address, boolean dontFragment) throws IOException {
        boolean four = address instanceof Inet4Address;
        DatagramChannel channel =
                DatagramChannel.open(four ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6);
        channel.setOption(StandardSocketOptions.SO_SNDBUF, SEND_BUFFER_BYTES);
        if (channel.supportedOptions().contains(ExtendedSocketOptions.IP_DONTFRAGMENT)) {
            channel.setOption(ExtendedSocketOptions.IP_DONTFRAGMENT, dontFragment);
        }
        return channel;
    }

    /** A socket on any free port of the range that tunnels send from. */
    private static DatagramChannel sender(InetAddress address, boolean dontFragment) throws IOException {
        BindException last = new BindException("no attempt was made");
        for (int attempt = 0; attempt < BIND_ATTEMPTS_MAX; attempt++) {
            DatagramChannel channel = channel(address, dontFragment);
            try {
                // Nobody reads what is sent to these ports: the kernel need not keep it.
                channel.setOption(StandardSocketOptions.SO_RCVBUF, 1);
                int port = ThreadLocalRandom.current().nextInt(OuterUdp.SOURCE_PORT_MIN, 0x1_0000);
                return channel.bind(new InetSocketAddress(address, port));
            } catch (BindException e) {
                channel.close();
                last = e;
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        }
        throw last;
    }

    InetSocketAddress address() throws IOException {
        return (InetSocketAddress) listening.getLocalAddress();
    }

    /** Waits for a datagram; its sender. */
    @Nullable
    SocketAddress receive(ByteBuffer buffer) throws IOException {
        return listening.receive(buffer);
    }

    /** Sends what is between position and limit, from the port that belongs to the flow. */
    void send(ByteBuffer buffer, InetSocketAddress to, int entropy) throws IOException {
        int index = (int) (((entropy & 0xffff_ffffL) * sending.size()) >>> 32);
        sending.get(index).send(buffer, to);
    }

    boolean isOpen() {
        return listening.isOpen();
    }

    @Override
    public void close() throws IOException {
        listening.close();
        for (DatagramChannel channel : sending) {
            channel.close();
        }
    }
}
