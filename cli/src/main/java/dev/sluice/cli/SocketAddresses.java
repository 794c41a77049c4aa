package dev.sluice.cli;

import dev.sluice.wire.IpAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/** Addresses with ports as users write them: {@code 127.0.0.1:9465}, {@code [::1]:9465}, {@code localhost:9465}. */
final class SocketAddresses {
    private static final int PORT_MAX = 65_535;

    private SocketAddresses() {}

    /** Reads one; names other than localhost are not looked up. */
    static InetSocketAddress parse(String option, String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        String digits = text.substring(colon + 1);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        String bare = bracketed ? host.substring(1, host.length() - 1) : host.equals("localhost") ? "127.0.0.1" : host;
        Optional<IpAddress> address = IpAddress.parse(bare);
        boolean port = digits.matches("\\d{1,5}") && Integer.parseInt(digits) <= PORT_MAX;
        if (address.isEmpty() || !port || bracketed == address.get().isIpv4()) {
            throw new CommandFailure(
                    option + " " + text + " is not an address and a port; write 127.0.0.1:9465 or [::1]:9465");
        }
        try {
            return new InetSocketAddress(InetAddress.getByName(bare), Integer.parseInt(digits));
        } catch (UnknownHostException e) {
            throw new CommandFailure(option + " " + text + " is not an address of this host", e);
        }
    }
}
