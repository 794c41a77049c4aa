package dev.sluice.agent.runtime;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A network namespace that one instance has for itself, with the ends {@code in} and {@code out} of veth pairs. One user: the thread of the instance.
 *
 * <p>Its name follows from the instance, so that it is found again whoever made it and however far that came.
 */
final class InstanceNamespace {
    private static final long TOOL_NS = 10_000_000_000L;
    private static final long KILL_NS = 5_000_000_000L;
    private static final long LOOK_MS = 10;

    private final String name;

    /** That of a name; it need not be there. */
    InstanceNamespace(String name) {
        this.name = name;
    }

    /**
     * That of an instance.
     *
     * @param prefix of all namespaces of this agent
     */
    static InstanceNamespace of(String prefix, String instance) {
        return new InstanceNamespace(prefix + digest(instance));
    }

    /** 12 hexadecimal digits that stand for a text. */
    static String digest(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    String name() {
        return name;
    }

    boolean exists() {
        return Files.exists(NamespaceProcesses.file(name));
    }

    /**
     * Makes it with its interfaces, unless all that is there already.
     *
     * @param in interface of the host that leads to {@code in}
     * @param out that of {@code out}; empty: there is none
     */
    void make(String in, Optional<String> out, int mtuBytes) throws RuntimeFailure, InterruptedException {
        if (exists()) {
            if (isWhole(in, out)) {
                return;
            }
            delete();
        }
        require(ip("", "netns", "add", name), "make a network namespace");
        List<String> here = new ArrayList<>();
        List<String> inside = new ArrayList<>(List.of("link set lo up"));
        link(here, inside, in, "in", mtuBytes);
        out.ifPresent(outer -> link(here, inside, outer, "out", mtuBytes));
        require(ip(String.join("\n", here) + "\n", "-batch", "-"), "make the interfaces");
        require(ip(String.join("\n", inside) + "\n", "-n", name, "-batch", "-"), "set up the network namespace");
    }

    /** No addresses at either end: neither the host nor the node is to speak there by itself. */
    private void link(List<String> here, List<String> inside, String outer, String inner, int mtuBytes) {
        here.add("link add dev " + outer + " mtu " + mtuBytes + " type veth peer name " + inner + " mtu " + mtuBytes
                + " netns " + name);
        here.add("link set dev " + outer + " addrgenmode none");
        here.add("link set dev " + outer + " up");
        inside.add("link set dev " + inner + " addrgenmode none");
        inside.add("link set dev " + inner + " up");
    }

    private boolean isWhole(String in, Optional<String> out) throws RuntimeFailure, InterruptedException {
        ShortCommand.Result links = ip("", "-n", name, "-o", "link", "show");
        boolean inside = links.status() == 0
                && links.output().contains(": in@")
                && (out.isEmpty() || links.output().contains(": out@"));
        return inside && isThere(in) && (out.isEmpty() || isThere(out.get()));
    }

    private static boolean isThere(String interfaceName) throws RuntimeFailure, InterruptedException {
        return ip("", "link", "show", "dev", interfaceName).status() == 0;
    }

    /**
     * Ends every process in it.
     *
     * @param graceNs how long they have after SIGTERM, until SIGKILL
     */
    void endProcesses(long graceNs) throws RuntimeFailure, InterruptedException {
        long beginNs = System.nanoTime();
        boolean told = false;
        while (true) {
            List<Long> there = NamespaceProcesses.in(name);
            if (there.isEmpty()) {
                return;
            }
            long pastNs = System.nanoTime() - beginNs;
            if (pastNs >= graceNs + KILL_NS) {
                throw new RuntimeFailure("its processes cannot be ended: " + there);
            }
            boolean kill = pastNs >= graceNs;
            if (kill || !told) {
                for (long pid : there) {
                    ProcessHandle.of(pid).ifPresent(kill ? ProcessHandle::destroyForcibly : ProcessHandle::destroy);
                }
                told = true;
            }
            Thread.sleep(LOOK_MS);
        }
    }

    /** Leaves nothing of it: no process, no interface, no namespace. */
    void remove(long graceNs) throws RuntimeFailure, InterruptedException {
        endProcesses(graceNs);
        if (exists()) {
            delete();
        }
    }

    private void delete() throws RuntimeFailure, InterruptedException {
        // Interfaces at once, with their ends at the host: else those would stay for a while, and with them their
        // names.
        ip("link del dev in\nlink del dev out\n", "-n", name, "-force", "-batch", "-");
        require(ip("", "netns", "del", name), "remove the network namespace " + name);
    }

    private static ShortCommand.Result ip(String input, String... words) throws RuntimeFailure, InterruptedException {
        List<String> argv = new ArrayList<>(List.of("ip"));
        argv.addAll(List.of(words));
        return ShortCommand.run(argv, input, Map.of(), TOOL_NS);
    }

    private static void require(ShortCommand.Result result, String what) throws RuntimeFailure {
        if (result.status() != 0) {
            throw new RuntimeFailure("cannot " + what + ": " + result.words());
        }
    }
}
