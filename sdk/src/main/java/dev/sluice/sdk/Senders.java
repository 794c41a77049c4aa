package dev.sluice.sdk;

import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import dev.sluice.wire.Layouts;
import java.lang.foreign.MemorySegment;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * The switches that a node takes packets from, and where it sends them back to. One user: the node's thread. Remembers the last sender, since packets come in runs: no
 * allocation then.
 */
final class Senders {
    private final List<IpPrefix> allowed;
    private final int returnPort;
    private InetAddress last = InetAddress.getLoopbackAddress();
    private boolean lastAllowed;
    private InetSocketAddress lastReturn = new InetSocketAddress(0);

    Senders(List<IpPrefix> allowed, int returnPort) {
        this.allowed = List.copyOf(allowed);
        this.returnPort = returnPort;
        remember(last);
    }

    boolean isAllowed(InetAddress sender) {
        if (!sender.equals(last)) {
            remember(sender);
        }
        return lastAllowed;
    }

    /** Where packets of a sender go back to, whatever port it has sent from. */
    InetSocketAddress returnTo(InetAddress sender) {
        if (!sender.equals(last)) {
            remember(sender);
        }
        return lastReturn;
    }

    private void remember(InetAddress sender) {
        last = sender;
        lastReturn = new InetSocketAddress(sender, returnPort);
        IpAddress address = value(sender);
        lastAllowed = allowed.stream().anyMatch(block -> block.contains(address));
    }

    static IpAddress value(InetAddress address) {
        MemorySegment bytes = MemorySegment.ofArray(address.getAddress());
        return address instanceof Inet4Address
                ? IpAddress.ofIpv4(bytes.get(Layouts.BE32, 0))
                : new IpAddress(bytes.get(Layouts.BE64, 0), bytes.get(Layouts.BE64, 8));
    }
}
