package dev.sluice.lab;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;

/** The programs that the lab drives, with the Debian packages they come from. */
public enum Tool {
    /** Namespaces, links, addresses, routes. */
    IP("iproute2"),
    /** Bridge ports. */
    BRIDGE("iproute2"),
    /** Packet filters, counters, address translation. */
    NFT("nftables"),
    /** Kernel settings. */
    SYSCTL("procps"),
    /** Offload switches; needed only where offloads are turned off. */
    ETHTOOL("ethtool"),
    /** Throughput; needed only by {@link Iperf3}. */
    IPERF3("iperf3"),
    /** User namespaces, for those who are not root. */
    UNSHARE("util-linux"),
    /** A private /run inside a user namespace. */
    MOUNT("mount"),
    /** Reachability. */
    PING("iputils-ping");

    /** What every lab needs. */
    public static final List<Tool> BASIC = List.of(IP, BRIDGE, NFT, SYSCTL);

    /** Where administrators' programs live; an ordinary user's PATH often lacks these. */
    private static final List<String> ALSO_LOOK_IN =
            List.of("/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin", "/bin");

    private final String debianPackage;

    Tool(String debianPackage) {
        this.debianPackage = debianPackage;
    }

    /** The Debian package that holds it. */
    public String debianPackage() {
        return debianPackage;
    }

    /** The name of the program. */
    public String program() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Where it is on this machine, if it is. */
    public Optional<Path> find() {
        List<String> folders = new ArrayList<>();
        String path = System.getenv("PATH");
        if (path != null) {
            folders.addAll(List.of(path.split(File.pathSeparator, -1)));
        }
        folders.addAll(ALSO_LOOK_IN);
        return folders.stream()
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, program()))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Its full path. */
    String path() {
        return find().orElseThrow(() -> new LabException("program '" + program()
                        + "' was not found on this machine; install it: apt-get install " + debianPackage))
                .toString();
    }

    /** The Debian packages to install so that all of these tools are there; empty if they are. */
    public static List<String> missingPackages(Collection<Tool> wanted) {
        TreeSet<String> packages = new TreeSet<>();
        for (Tool tool : wanted) {
            if (tool.find().isEmpty()) {
                packages.add(tool.debianPackage);
            }
        }
        return List.copyOf(packages);
    }
}
