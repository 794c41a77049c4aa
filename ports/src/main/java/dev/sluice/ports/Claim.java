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
import java.util.function.LongSupplier;
import java.util.function.ToIntFunction;

/**
 * The right to something of a network namespace that only one node may have: an interface, or the fast path. It goes with the process, however that ends, and leaves no file. Any thread; about the network
 * namespace of the calling thread.
 *
 * <p>The right is an abstract name of a UNIX socket (unix(7)), which has one owner per network namespace. Anybody may bind such a name, also who has no right to packets: so the owner has a packet socket
 * too that receives nothing, and a name without one does not count. Who has it says so in a second name.
 */
public final class Claim implements AutoCloseable {
    private static final String HAS_IT = ") has it";
    private static final String ANOTHER = "another node (of which nothing is known" + HAS_IT;

    /** What comes of asking for a name that another node has; no errno is as low. */
    private static final int TAKEN = Integer.MIN_VALUE;

    /** As many marks as can be, where nobody can tell: what may be another node's is. */
    private static final long UNREADABLE = Long.MAX_VALUE;

    private static final String CAPABILITY = "CAP_NET_RAW";
    private static final String PORT = "sluice/port/";
    private static final String FAST_PATH = "sluice/fast-path";
    private static final Path PROC = Path.of("/proc");
    private static final Path UNIX = PROC.resolve("thread-self/net/unix");
    private static final Path PACKET = PROC.resolve("thread-self/net/packet");
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
        String object = objectOf(interfaceName);
        int index = Linux.interfaceIndex(interfaceName);
        if (index < 0) {
            throw PortException.of(object, "if_nametoindex", index, CAPABILITY);
        }
        return take(object, PORT + index, index, node, "stop that node, or give its ports to this one");
    }

    private static String objectOf(String interfaceName) {
        return "interface " + interfaceName;
    }

    /** Whether a message, also one with words before, says that another node has this interface. */
    public static boolean isRefusal(String message, String interfaceName) {
        String object = objectOf(interfaceName) + ": ";
        int at = message.indexOf(object);
        if (at < 0) {
            return false;
        }
        String why = message.substring(at + object.length()).split("; ", 2)[0];
        return (why.startsWith("node ") && why.endsWith(HAS_IT)) || why.equals(ANOTHER);
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
        return index < 0 || marks(PACKET, index) == 0
                ? Optional.empty()
                : lines(UNIX).flatMap(unix -> holder(unix, PORT + index));
    }

    /**
     * Who has the fast path of a network namespace in which this process need not be; empty: nobody, or no process of it can be seen.
     *
     * @param namespace its number, as in {@code net:[4026531840]}
     */
    public static Optional<Holder> holderOfFastPath(String namespace) {
        return holderOfFastPath(PROC, namespace);
    }

    /** As above, in a proc file system. */
    static Optional<Holder> holderOfFastPath(Path proc, String namespace) {
        String link = "net:[" + namespace + "]";
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[0-9]*")) {
            for (Path process : processes) {
                // One that has ended since, or is somebody else's, tells nothing: another one of the namespace may.
                Optional<List<String>> unix =
                        isIn(process, link) ? lines(process.resolve("net/unix")) : Optional.empty();
                if (unix.isPresent()) {
                    return holder(unix.get(), FAST_PATH);
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
        return take(Claim::bound, () -> marks(PACKET, index), object, name, index, node, advice);
    }

    /**
     * As above; tests let others come and go in between.
     *
     * @param bind gives the socket of an abstract name, or the negative errno
     * @param marks how many packet sockets are marks, that of this claim too
     */
    static Claim take(
            ToIntFunction<String> bind,
            LongSupplier marks,
            String object,
            String name,
            int index,
            String node,
            String advice)
            throws PortException {
        int mark = Linux.socket(KernelConstants.AF_PACKET, KernelConstants.SOCK_RAW | KernelConstants.SOCK_CLOEXEC, 0);
        if (mark < 0) {
            throw PortException.of(object, "socket", mark, CAPABILITY);
        }
        int owner = -1;
        Claim claim = null;
        try {
            PacketSocketPort.bind(mark, object, index, 0);
            owner = owner(bind, marks, name);
            if (owner == TAKEN) {
                throw new PortException(object + ": " + words(name) + "; " + advice
                        + (marks.getAsLong() == UNREADABLE
                                ? "; or it is no node at all: " + PACKET + ", which would tell, cannot be read"
                                : ""));
            }
            if (owner < 0 && owner != -Errno.EADDRINUSE) {
                throw PortException.of(object, "bind", owner, "none");
            }
            int told = owner < 0 ? -1 : tell(bind, object, name, node);
            claim = new Claim(new int[] {told, owner, mark}, owner >= 0);
            return claim;
        } finally {
            if (claim == null) {
                if (owner >= 0) {
                    Linux.close(owner);
                }
                Linux.close(mark);
            }
        }
    }

    /** The socket of a name; {@link #TAKEN}; the negative errno, EADDRINUSE if whoever has the name has no right to packets. */
    private static int owner(ToIntFunction<String> bind, LongSupplier marks, String name) {
        int owner = bind.applyAsInt(name);
        if (owner != -Errno.EADDRINUSE) {
            return owner;
        }
        // One of the marks is ours.
        if (marks.getAsLong() > 1) {
            return TAKEN;
        }
        // Who had the name may have gone in between. Then it is free, or that of yet another node, whose mark came
        // first.
        owner = bind.applyAsInt(name);
        return owner == -Errno.EADDRINUSE && marks.getAsLong() > 1 ? TAKEN : owner;
    }

    /** Says who has it. Where somebody else has said just that, it is said; otherwise others would take a name without a node for a free one. */
    private static int tell(ToIntFunction<String> bind, String object, String name, String node) throws PortException {
        int told = bind.applyAsInt(name + "/" + ProcessHandle.current().pid() + "/" + node.replaceAll("[^!-~]", "?"));
        if (told < 0 && told != -Errno.EADDRINUSE) {
            throw PortException.of(object, "bind of the node's name", told, "none");
        }
        return told;
    }

    private static String words(String name) {
        return lines(UNIX)
                .flatMap(unix -> holder(unix, name))
                .map(Holder::toString)
                .orElse(ANOTHER);
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

    /** Packet sockets bound to an interface that receive nothing; who has an interface has one. {@link #UNREADABLE}: nobody can tell. */
    static long marks(Path packet, int index) {
        return lines(packet)
                .map(all -> all.stream()
                        .map(line -> line.strip().split("\\s+", -1))
                        .filter(f -> f.length > PACKET_INTERFACE
                                && f[PACKET_PROTOCOL].equals("0000")
                                && f[PACKET_INTERFACE].equals(Integer.toString(index)))
                        .count())
                .orElse(UNREADABLE);
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

    /** Empty: it cannot be read. */
    private static Optional<List<String>> lines(Path file) {
        try {
            // Names of sockets are bytes.
            return Optional.of(Files.readAllLines(file, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            return Optional.empty();
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
