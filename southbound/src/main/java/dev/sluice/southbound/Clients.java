package dev.sluice.southbound;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.HexFormat;

/** Who counts as one client where connections of each are bounded. */
public final class Clients {
    /** Of an IPv6 address, what a client cannot choose by itself. */
    private static final int PREFIX_BYTES = 8;

    private Clients() {}

    /** An IPv4 address, or a network of IPv6: {@code 192.0.2.1} or {@code 20010db800000001/64}. */
    public static String of(InetAddress address) {
        return address instanceof Inet6Address six
                ? HexFormat.of().formatHex(six.getAddress(), 0, PREFIX_BYTES) + "/64"
                : address.getHostAddress();
    }

    /** The same for whatever a connection says that its other end is. */
    public static String of(SocketAddress peer) {
        return peer instanceof InetSocketAddress inet && inet.getAddress() != null
                ? of(inet.getAddress())
                : peer.toString();
    }
}
