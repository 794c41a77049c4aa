package dev.sluice.ports;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The right to something of a network namespace that only one node may have: an interface, or the fast path. It goes with the process, however that ends, and leaves no file. Any thread; about the network
 * namespace of the calling thread.
 *
 * <p>The right is an abstract name of a UNIX socket (unix(7)), which has one owner per network namespace. Anybody may bind such a name, also who has no right to packets: so the owner has a packet socket
 * too that receives nothing, and a name without one does not count. Who has it says so in a second name.
 */
public final class Claim implements AutoCloseable {
    /** In every message about something that another node has. */
    public static final String HAS_IT = ") has it";

    private static final String CAPABILITY = "CAP_NET_RAW";
    private static final String PORT = "sluice/port/";
    private static final String FAST_PATH = "sluice/fast-path";
    private static final Path UNIX = Path.of("/proc/thread-self/net/unix");
    private static final Path PACKET = Path.of("/proc/thread-self/net/packet");
    private static final int PACKET_PROTOCOL = 3;
    private static final int PACKET_INTERFACE = 4;

    private final int[] sockets;
    private final boolean exclusive;

    private Claim(int[] sockets, boolean exclusive) {
        this.sockets = sockets;
        this.exclusive = exclusive;
    }

    /**
     * Who has something.
     *
     * @param node its node, as far as a socket's name has room
     * @param pid its process, as that one sees itself
     */
    public record Holder(String node, long pid) {
        @Override
        public String toString() {
            return "node " + node + " (pid " + pid + HAS_IT;
        }
    }

    /**
     * Takes an interface.
     *
     * @param node who takes it
     * @throws PortException if another one has it, or without the right to packets
     */
    public static Claim ofInterface(String interfaceName, String node) throws PortException {
        String object = "interface " + interfaceName;
        int index = Linux.interfaceIndex(interfaceName);
        if (index < 0) {
            throw PortException.of(object, "if_nametoindex", index, CAPABILITY);
        }
        return take(object, PORT + index, index, node, "stop that node, or give its ports to this one");
    }

    /**
     * Takes the fast path: its punt device has one listener only, and a second one would get the frames of the first as well.
     *
     * @param node who takes it
     * @throws PortException if another one has it
     */
    public static Claim ofFastPath(String node) throws PortException {
        return take(
                "fast path",
                FAST_PATH,
                0,
                node,
                "it is one per network namespace; let one node have both sets of ports, or each node a namespace of its own");
    }

    /** Who has an interface; empty: nobody, or there is none of this name. */
    public static Optional<Holder> holderOf(String interfaceName) {
        int index = Linux.interfaceIndex(interfaceName);
        return index < 0 || marks(index) == 0 ? Optional.empty() : holder(lines(UNIX), PORT + index);
    }

    /**
     * Who has the fast path of a network namespace in which this process need not be; empty: nobody, or no process of it can be seen.
     *
     * @param namespace its number, as in {@code net:[4026531840]}
     */
    public static Optional<Holder> holderOfFastPath(String namespace) {
        String link = "net:[" + namespace + "]";
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                if (isIn(process, link)) {
                    return holder(lines(process.resolve("net/unix")), FAST_PATH);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            return Optional.empty();
        }
        return Optional.empty();
    }

    private static boolean isIn(Path process, String link) {
        try {
            return Files.readSymbolicLink(process.resolve("ns/net")).toString().equals(link);
        } catch (IOException e) {
            // It has ended, or is somebody else's.
            return false;
        }
    }

    private static Claim take(String object, String name, int index, String node, String advice) throws PortException {
        int mark = Linux.socket(KernelConstants.AF_PACKET, KernelConstants.SOCK_RAW | KernelConstants.SOCK_CLOEXEC, 0);
        if (mark < 0) {
            throw PortException.of(object, "socket", mark, CAPABILITY);
        }
        Claim claim = null;
        try {
            PacketSocketPort.bind(mark, object, index, 0);
            int owner = bound(name);
            if (owner == -Errno.EADDRINUSE) {
                // One of the marks is ours.
                if (marks(index) > 1) {
                    throw new PortException(object + ": " + words(name) + "; " + advice);
                }
            } else if (owner < 0) {
                throw PortException.of(object, "bind", owner, "none");
            }
            int told = owner < 0
                    ? -1
                    : bound(name + "/" + ProcessHandle.current().pid() + "/" + node.replaceAll("[^!-~]", "?"));
            claim = new Claim(new int[] {told, owner, mark}, owner >= 0);
            return claim;
        } finally {
            if (claim == null) {
                Linux.close(mark);
            }
        }
    }

    private static String words(String name) {
        return holder(lines(UNIX), name)
                .map(Holder::toString)
                .orElse("another node (of which nothing is known" + HAS_IT);
    }

    /** A socket with an abstract name, or the negative errno. */
    private static int bound(String name) {
        int fd = Linux.socket(KernelConstants.AF_UNIX, KernelConstants.SOCK_DGRAM | KernelConstants.SOCK_CLOEXEC, 0);
        if (fd < 0) {
            return fd;
        }
        int answer;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = SocketAddresses.unix(arena, "@" + name);
            answer = Linux.bind(fd, address, (int) address.byteSize());
        }
        if (answer < 0) {
            Linux.close(fd);
            return answer;
        }
        return fd;
    }

    /** Packet sockets bound to an interface that receive nothing; who has an interface has one. */
    private static long marks(int index) {
        return lines(PACKET).stream()
                .map(line -> line.strip().split("\\s+", -1))
                .filter(f -> f.length > PACKET_INTERFACE
                        && f[PACKET_PROTOCOL].equals("0000")
                        && f[PACKET_INTERFACE].equals(Integer.toString(index)))
                .count();
    }

    private static Optional<Holder> holder(List<String> unix, String name) {
        boolean taken = false;
        Holder found = null;
        String abstractName = "@" + name;
        for (String line : unix) {
            int at = line.lastIndexOf(abstractName);
            String path = at < 0 ? "" : line.substring(at);
            taken |= path.equals(abstractName);
            if (path.startsWith(abstractName + "/")) {
                String[] words = path.substring(abstractName.length() + 1).split("/", 2);
                if (words.length == 2 && words[0].matches("\\d{1,18}")) {
                    found = new Holder(words[1], Long.parseLong(words[0]));
                }
            }
        }
        return taken ? Optional.ofNullable(found) : Optional.empty();
    }

    private static List<String> lines(Path file) {
        try {
            // Names of sockets are bytes.
            return Files.readAllLines(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Whether nobody else can have it meanwhile; false: a process without the right to packets has taken the name. */
    public boolean isExclusive() {
        return exclusive;
    }

    /** For the next one. */
    @Override
    public void close() {
        for (int i = 0; i < sockets.length; i++) {
            if (sockets[i] >= 0) {
                Linux.close(sockets[i]);
                sockets[i] = -1;
            }
        }
    }
}
