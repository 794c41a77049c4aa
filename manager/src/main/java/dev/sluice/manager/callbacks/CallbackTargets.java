package dev.sluice.manager.callbacks;

import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;

/**
 * At which addresses service managers are called. Who may write a ServiceManager, a vendor say, decides where the manager's host sends something; so what is reached from there alone, its own sockets first, is not
 * called unless its operator says so. Immutable; any thread.
 */
public final class CallbackTargets {
    /** All but the addresses of this host, and those of its links that no router leads to. */
    public static final CallbackTargets ELSEWHERE = new CallbackTargets(List.of());

    private final List<IpPrefix> networks;

    private CallbackTargets(List<IpPrefix> networks) {
        this.networks = List.copyOf(networks);
    }

    /** Those in these networks only, whatever is there; without any {@link #ELSEWHERE}. */
    public static CallbackTargets in(List<IpPrefix> networks) {
        return networks.isEmpty() ? ELSEWHERE : new CallbackTargets(networks);
    }

    /**
     * Why a host is not called; empty: it may be. All its addresses have to be such that it may. Looks them up, which may take seconds. Who connects behind it mostly gets what Java keeps of that for 30 s; who runs
     * the name server can answer otherwise between the two.
     */
    Optional<String> refuses(String host) {
        try {
            for (InetAddress address : InetAddress.getAllByName(host)) {
                Optional<String> reason = refuses(address);
                if (reason.isPresent()) {
                    return reason;
                }
            }
            return Optional.empty();
        } catch (UnknownHostException e) {
            return Optional.of("there is no host of that name");
        } catch (SocketException e) {
            return Optional.of("the addresses of this host are not known: " + e.getMessage());
        }
    }

    private Optional<String> refuses(InetAddress address) throws SocketException {
        if (!networks.isEmpty()) {
            Optional<IpAddress> read = IpAddress.parse(address.getHostAddress().split("%", 2)[0]);
            return networks.stream()
                            .anyMatch(network -> read.filter(network::contains).isPresent())
                    ? Optional.empty()
                    : refusal(address, "in none of the networks of --callback-networks");
        }
        if (address.isLoopbackAddress()
                || address.isAnyLocalAddress()
                || NetworkInterface.getByInetAddress(address) != null) {
            return refusal(address, "an address of the manager's own host");
        }
        if (address.isLinkLocalAddress() || address.isMulticastAddress()) {
            return refusal(address, "no address that routers lead to");
        }
        return Optional.empty();
    }

    private static Optional<String> refusal(InetAddress address, String what) {
        return Optional.of(address.getHostAddress() + " is " + what
                + "; start the manager with --callback-networks and a network that has it, if it is to be called");
    }
}
