package dev.sluice.agent.compile;

import dev.sluice.ports.DefaultRoute;
import dev.sluice.ports.PortException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a port of Sluice could break on the machine that it runs on (X10): the interfaces that carry a default route of any table or a login session, and those where
 * the kernel forwards beside Sluice. Reads {@code /proc}, {@code /sys} and the kernel's routes anew for each question. Any thread.
 *
 * <p>The routes are those that the kernel lists over rtnetlink ({@link DefaultRoute}); the tables of routes in {@code /proc/net}, which leave some out, are read too in case that list cannot be had. Login
 * sessions: {@link LoginSessions}.
 *
 * <p>An interface carries something also if it is below one that does: a member of a bridge or a bond, the parent of a VLAN.
 */
public final class HostSafety {
    private static final Logger LOG = LoggerFactory.getLogger(HostSafety.class);
    private static final int ROUTE_UP = 1;
    private static final int ROUTE_REJECT = 0x200;
    private static final int DEPTH_MAX = 8;

    private final Path proc;
    private final Path sys;
    private final LoginSessions sessions;
    private final Supplier<Map<String, List<InetAddress>>> addresses;
    private final Supplier<List<DefaultRoute>> routes;
    private final @Nullable Supplier<Map<String, String>> told;

    /**
     * A host.
     *
     * @param root where its file systems {@code proc}, {@code sys} and {@code run} are
     * @param sshConnection the value of SSH_CONNECTION, or empty
     * @param addresses the IP addresses of its interfaces, by name
     */
    public HostSafety(Path root, String sshConnection, Supplier<Map<String, List<InetAddress>>> addresses) {
        this(root, sshConnection, addresses, List::of, null);
    }

    private HostSafety(
            Path root,
            String sshConnection,
            Supplier<Map<String, List<InetAddress>>> addresses,
            Supplier<List<DefaultRoute>> routes,
            @Nullable Supplier<Map<String, String>> told) {
        proc = root.resolve("proc");
        sys = root.resolve("sys");
        sessions = new LoginSessions(root, sshConnection);
        this.addresses = addresses;
        this.routes = routes;
        this.told = told;
    }

    /**
     * A host that is only thought of.
     *
     * @param inUse what {@link #inUse} says
     */
    public static HostSafety told(Supplier<Map<String, String>> inUse) {
        return new HostSafety(Path.of("/nonexistent"), "", Map::of, List::of, inUse);
    }

    /** This host, as the network namespace of the asking thread sees it. */
    public static HostSafety ofThisHost() {
        return new HostSafety(
                Path.of("/"), LoginSessions.ofThisProcess(), HostSafety::hostAddresses, HostSafety::hostRoutes, null);
    }

    /** All of them; /proc/net, all that is left where they cannot be listed, tells neither of tables other than main nor of nexthops other than the first. */
    private static List<DefaultRoute> hostRoutes() {
        try {
            return DefaultRoute.all();
        } catch (PortException e) {
            LOG.warn("only default routes in table main protect their interfaces from being taken: {}", e.getMessage());
            return List.of();
        }
    }

    private static Map<String, List<InetAddress>> hostAddresses() {
        Map<String, List<InetAddress>> all = new LinkedHashMap<>();
        try {
            NetworkInterface.networkInterfaces()
                    .forEach(i -> all.put(i.getName(), i.inetAddresses().toList()));
        } catch (SocketException e) {
            // No interfaces at all: nothing to protect.
            return Map.of();
        }
        return all;
    }

    /** Interfaces that must not be taken without being told to, and what each carries. */
    public Map<String, String> inUse() {
        return inUse("");
    }

    /**
     * The same where somebody asks for a change.
     *
     * @param caller his login sessions, as {@link LoginSessions#ofCaller} tells them
     */
    public Map<String, String> inUse(String caller) {
        if (told != null) {
            return told.get();
        }
        Map<String, String> inUse = new TreeMap<>();
        defaultRoutes().forEach((name, why) -> addWithLower(inUse, name, why, 0));
        logins(caller).forEach((name, why) -> addWithLower(inUse, name, why, 0));
        return inUse;
    }

    private void addWithLower(Map<String, String> inUse, String name, String why, int depth) {
        inUse.putIfAbsent(name, why);
        if (depth == DEPTH_MAX) {
            return;
        }
        try (DirectoryStream<Path> lower =
                Files.newDirectoryStream(sys.resolve("class/net").resolve(name), "lower_*")) {
            for (Path entry : lower) {
                String below = String.valueOf(entry.getFileName()).substring("lower_".length());
                addWithLower(inUse, below, why + " through " + name, depth + 1);
            }
        } catch (IOException | DirectoryIteratorException e) {
            // The interface has gone, or there is no sysfs: nothing below it is known.
            return;
        }
    }

    private Map<String, String> defaultRoutes() {
        Map<String, String> found = new LinkedHashMap<>();
        for (String[] f : ProcNet.table(proc, "route")) {
            if (f.length > 7 && f[1].equals("00000000") && f[7].equals("00000000") && isUp(f[3])) {
                found.putIfAbsent(f[0], "carries the IPv4 default route");
            }
        }
        for (String[] f : ProcNet.table(proc, "ipv6_route")) {
            if (f.length > 9 && f[1].equals("00") && f[0].matches("0{32}") && isUp(f[8]) && !f[9].equals("lo")) {
                found.putIfAbsent(f[9], "carries the IPv6 default route");
            }
        }
        for (DefaultRoute route : routes.get()) {
            String family = route.ipv6() ? "IPv6" : "IPv4";
            found.putIfAbsent(
                    route.interfaceName(),
                    route.table() == DefaultRoute.MAIN
                            ? "carries the " + family + " default route"
                            : "carries the " + family + " default route of table " + route.table());
        }
        return found;
    }

    private static boolean isUp(String flags) {
        try {
            int value = Integer.parseUnsignedInt(flags, 16);
            return (value & ROUTE_UP) != 0 && (value & ROUTE_REJECT) == 0;
        } catch (NumberFormatException e) {
            // The line with the heads of the columns.
            return false;
        }
    }

    private Map<String, String> logins(String caller) {
        Map<InetAddress, String> local = sessions.find(caller);
        Map<String, String> found = new LinkedHashMap<>();
        addresses
                .get()
                .forEach((name, list) -> list.forEach(address -> {
                    String from = local.get(withoutScope(address));
                    if (from != null && !address.isLoopbackAddress()) {
                        found.putIfAbsent(
                                name,
                                "carries the login session from " + from + " (to "
                                        + withoutScope(address).getHostAddress() + ")");
                    }
                }));
        return found;
    }

    private static InetAddress withoutScope(InetAddress address) {
        try {
            return InetAddress.getByAddress(address.getAddress());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address has 4 or 16 bytes", e);
        }
    }

    private String addressOf(String name, String family) {
        int bytes = family.equals("ipv4") ? 4 : 16;
        return addresses.get().getOrDefault(name, List.of()).stream()
                .filter(a -> a.getAddress().length == bytes && !a.isLinkLocalAddress())
                .findFirst()
                .map(a -> ", with the address " + withoutScope(a).getHostAddress())
                .orElse("");
    }

    /** Why packets of these interfaces may go on, or be answered, beside Sluice; one sentence each. */
    public List<String> besideSluice(Collection<String> interfaceNames) {
        List<String> warnings = new ArrayList<>();
        for (String name : interfaceNames) {
            for (String family : List.of("ipv4", "ipv6")) {
                if (forwards(family, name)) {
                    // With or without an address: the kernel routes what is sent to the interface's MAC address.
                    warnings.add("interface " + name + " is one on which the kernel forwards" + addressOf(name, family)
                            + " (net." + family + ".conf." + name
                            + ".forwarding is 1): packets may pass beside Sluice, uninspected; set that to 0");
                }
            }
            if (Files.exists(sys.resolve("class/net").resolve(name).resolve("brport"))) {
                warnings.add("interface " + name
                        + " is a port of a bridge of the kernel: frames pass beside Sluice, uninspected; take it out"
                        + " with 'ip link set " + name + " nomaster'");
            }
        }
        return warnings;
    }

    private boolean forwards(String family, String name) {
        try {
            Path file = proc.resolve("sys/net").resolve(family).resolve("conf").resolve(name);
            return Files.readString(file.resolve("forwarding")).strip().equals("1");
        } catch (IOException e) {
            return false;
        }
    }
}
