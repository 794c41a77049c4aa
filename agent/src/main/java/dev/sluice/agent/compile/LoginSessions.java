package dev.sluice.agent.compile;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The TCP connections over which somebody is logged in to this machine, whatever their port (X10): to port 22; those that SSH names to this process and to those that started it, and that these hold open; those that sshd or dropbear holds open; and those that came in from hosts from which
 * systemd-logind knows somebody to be logged in. Reads {@code /proc} and {@code /run} anew for each question. What it may not read counts for nothing: a service that sees no processes but its own is left with the first and the last, and with what callers tell ({@link
 * #ofCaller}). Any thread.
 */
public final class LoginSessions {
    private static final int SSH_PORT = 22;
    private static final int INODE_COLUMN = 9;
    private static final int ANCESTORS_MAX = 64;
    private static final String ESTABLISHED = "01";
    private static final String LISTENING = "0A";

    /** As much as a node takes. */
    private static final int TOLD_MAX = 40;

    private static final String SSH = "SSH_CONNECTION";

    /** What the programs are called that serve logins over the network; sshd of OpenSSH 9.8 and later has several. */
    private static final Set<String> SERVERS = Set.of("sshd", "sshd-session", "sshd-auth", "dropbear", "in.telnetd");

    private final Path proc;
    private final Path run;
    private final String sshConnection;

    /**
     * A machine.
     *
     * @param root where its file systems {@code proc} and {@code run} are
     * @param sshConnection the value of SSH_CONNECTION of this process, or empty
     */
    LoginSessions(Path root, String sshConnection) {
        proc = root.resolve("proc");
        run = root.resolve("run");
        this.sshConnection = sshConnection;
    }

    /** What SSH says to this process; empty if nothing. */
    static String ofThisProcess() {
        String ssh = System.getenv(SSH);
        return ssh == null ? "" : ssh;
    }

    /** A TCP socket of this network namespace; of one that listens there is no peer. */
    private record Connection(InetAddress local, int localPort, InetAddress peer, String inode) {}

    /**
     * Where the sessions end, with the address from which each is.
     *
     * @param caller sessions of who asks for a change, as {@link #ofCaller} tells them
     */
    Map<InetAddress, String> find(String caller) {
        List<Connection> connections = connections();
        Map<InetAddress, String> found = own(connections);
        for (String session : caller.split(",", -1)) {
            String[] words = session.split(" ", -1);
            add(found, words.length == 2 ? literal(words[1]) : null, words[0]);
        }
        connections.stream().filter(each -> each.localPort == SSH_PORT).forEach(each -> add(found, each));
        if (connections.stream().anyMatch(each -> !found.containsKey(each.local))) {
            Set<String> inodes = new HashSet<>();
            servers().forEach(pid -> inodes.addAll(sockets(pid)));
            Set<InetAddress> remote = loggedInFrom();
            Set<Integer> served =
                    inState(LISTENING).stream().map(Connection::localPort).collect(Collectors.toSet());
            connections.stream()
                    .filter(each -> inodes.contains(each.inode)
                            || (remote.contains(each.peer) && served.contains(each.localPort)))
                    .forEach(each -> add(found, each));
        }
        return found;
    }

    /** The sessions of this process and of those that started it: for each the address from which it is, a blank and the one at which it ends here; commas between. Empty if there is none. */
    public static String ofCaller() {
        LoginSessions here = new LoginSessions(Path.of("/"), ofThisProcess());
        return here.own(here.connections()).entrySet().stream()
                .filter(session -> !session.getKey().isLoopbackAddress())
                .limit(TOLD_MAX)
                .map(session -> session.getValue() + " " + session.getKey().getHostAddress())
                .collect(Collectors.joining(","));
    }

    private Map<InetAddress, String> own(List<Connection> connections) {
        Map<InetAddress, String> found = new LinkedHashMap<>();
        List<String> starters = ancestors();
        addSsh(found, sshConnection);
        starters.forEach(pid -> addSsh(found, environment(pid)));
        Set<String> inodes = new HashSet<>();
        starters.forEach(pid -> inodes.addAll(sockets(pid)));
        connections.stream().filter(each -> inodes.contains(each.inode)).forEach(each -> add(found, each));
        return found;
    }

    /** SSH_CONNECTION: address and port there, address and port here. */
    private static void addSsh(Map<InetAddress, String> found, String sshConnection) {
        String[] words = sshConnection.split(" ", -1);
        add(found, words.length == 4 ? literal(words[2]) : null, words[0]);
    }

    private static void add(Map<InetAddress, String> found, Connection connection) {
        add(found, connection.local, connection.peer.getHostAddress());
    }

    private static void add(Map<InetAddress, String> found, @Nullable InetAddress local, String from) {
        if (local != null) {
            found.putIfAbsent(local, from);
        }
    }

    // Processes.

    /** Those that started this one, the nearest first; without the first process of the machine. */
    private List<String> ancestors() {
        List<String> all = new ArrayList<>();
        String pid = parent("self");
        while (!pid.isEmpty() && !pid.equals("0") && !pid.equals("1") && all.size() < ANCESTORS_MAX) {
            all.add(pid);
            pid = parent(pid);
        }
        return all;
    }

    /** Behind the name, which may hold anything, stand the state and the parent. */
    private String parent(String pid) {
        String stat = text(proc.resolve(pid).resolve("stat"));
        String[] behind = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
        return behind.length > 1 ? behind[1] : "";
    }

    private String environment(String pid) {
        for (String variable : text(proc.resolve(pid).resolve("environ")).split("\0", -1)) {
            if (variable.startsWith(SSH + "=")) {
                return variable.substring(SSH.length() + 1);
            }
        }
        return "";
    }

    private List<String> servers() {
        return names(proc, "[0-9]*").stream()
                .filter(pid ->
                        SERVERS.contains(text(proc.resolve(pid).resolve("comm")).strip()))
                .toList();
    }

    /** The inodes of the sockets that a process holds open. */
    private Set<String> sockets(String pid) {
        Path open = proc.resolve(pid).resolve("fd");
        Set<String> all = new HashSet<>();
        for (String descriptor : names(open, "*")) {
            String target = target(open.resolve(descriptor));
            if (target.startsWith("socket:[")) {
                all.add(target.substring("socket:[".length(), target.length() - 1));
            }
        }
        return all;
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            // Closed meanwhile, or not ours to read.
            return "";
        }
    }

    /** Addresses of the sessions that systemd-logind calls remote; names of hosts are not looked up. */
    private Set<InetAddress> loggedInFrom() {
        Set<InetAddress> all = new HashSet<>();
        Path sessions = run.resolve("systemd/sessions");
        for (String session : names(sessions, "*")) {
            Map<String, String> values = new HashMap<>();
            text(sessions.resolve(session)).lines().forEach(line -> {
                int equals = line.indexOf('=');
                values.put(line.substring(0, Math.max(0, equals)), line.substring(equals + 1));
            });
            InetAddress from = literal(values.getOrDefault("REMOTE_HOST", ""));
            if (from != null && values.getOrDefault("REMOTE", "").equals("1")) {
                all.add(from);
            }
        }
        return all;
    }

    // Files.

    private List<Connection> connections() {
        return inState(ESTABLISHED);
    }

    private List<Connection> inState(String state) {
        List<Connection> all = new ArrayList<>();
        for (String file : List.of("tcp", "tcp6")) {
            for (String[] f : ProcNet.table(proc, file)) {
                Connection connection = f.length > 3 && f[3].equals(state) ? connection(f) : null;
                if (connection != null) {
                    all.add(connection);
                }
            }
        }
        return all;
    }

    private static @Nullable Connection connection(String[] f) {
        String[] local = f[1].split(":", -1);
        String[] peer = f[2].split(":", -1);
        if (local.length != 2 || peer.length != 2) {
            return null;
        }
        InetAddress here = address(local[0]);
        InetAddress there = address(peer[0]);
        try {
            return here == null || there == null
                    ? null
                    : new Connection(
                            here,
                            Integer.parseInt(local[1], 16),
                            there,
                            f.length > INODE_COLUMN ? f[INODE_COLUMN] : "");
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            // Gone, or not ours to read.
            return "";
        }
    }

    private static List<String> names(Path directory, String pattern) {
        List<String> all = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, pattern)) {
            entries.forEach(entry -> all.add(String.valueOf(entry.getFileName())));
        } catch (IOException | DirectoryIteratorException e) {
            // Gone, or not ours to read.
            return List.of();
        }
        return all;
    }

    /** An address in words; null if it is none. */
    private static @Nullable InetAddress literal(String text) {
        String bare = text.split("%", -1)[0];
        try {
            boolean address =
                    bare.contains(":") ? bare.matches("[0-9a-fA-F:.]+") : bare.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
            return address ? InetAddress.getByName(bare) : null;
        } catch (UnknownHostException e) {
            return null;
        }
    }

    /** An address as /proc/net/tcp has it: words of 4 bytes in the byte order of the machine; IPv4-mapped ones become IPv4. */
    private static @Nullable InetAddress address(String hex) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(HexFormat.of().parseHex(hex)).order(ByteOrder.BIG_ENDIAN);
            ByteBuffer turned = ByteBuffer.allocate(bytes.capacity()).order(ByteOrder.nativeOrder());
            while (bytes.remaining() >= Integer.BYTES) {
                turned.putInt(bytes.getInt());
            }
            return InetAddress.getByAddress(turned.array());
        } catch (IllegalArgumentException | UnknownHostException e) {
            return null;
        }
    }
}
