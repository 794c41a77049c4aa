package dev.sluice.manager.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Three members of etcd on loopback, with data of their own. One user. */
final class EtcdCluster implements AutoCloseable {
    private static final int MEMBERS = 3;
    private static final int START_S = 20;

    private final Path directory;
    private final List<String> more;
    private final int[] clientPorts = new int[MEMBERS];
    private final int[] peerPorts = new int[MEMBERS];
    private final @Nullable Process[] processes = new Process[MEMBERS];

    private EtcdCluster(Path directory, List<String> more) {
        this.directory = directory;
        this.more = more;
    }

    /** Starts them; more options for all of them. */
    static EtcdCluster start(Path directory, String... more) throws IOException, InterruptedException {
        EtcdCluster cluster = new EtcdCluster(directory, List.of(more));
        cluster.choosePorts();
        for (int member = 0; member < MEMBERS; member++) {
            cluster.begin(member);
        }
        for (int member = 0; member < MEMBERS; member++) {
            cluster.awaitAnswer(member);
        }
        return cluster;
    }

    private void choosePorts() throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (int i = 0; i < 2 * MEMBERS; i++) {
                ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                held.add(socket);
                (i < MEMBERS ? clientPorts : peerPorts)[i % MEMBERS] = socket.getLocalPort();
            }
        } finally {
            for (ServerSocket socket : held) {
                socket.close();
            }
        }
    }

    /** Starts a member with the data that it has. */
    void begin(int member) throws IOException {
        String client = "http://127.0.0.1:" + clientPorts[member];
        String peer = "http://127.0.0.1:" + peerPorts[member];
        String all = IntStream.range(0, MEMBERS)
                .mapToObj(i -> "m" + i + "=http://127.0.0.1:" + peerPorts[i])
                .collect(Collectors.joining(","));
        List<String> command = new ArrayList<>(List.of(
                "etcd",
                "--name=m" + member,
                "--data-dir=" + directory.resolve("m" + member),
                "--listen-client-urls=" + client,
                "--advertise-client-urls=" + client,
                "--listen-peer-urls=" + peer,
                "--initial-advertise-peer-urls=" + peer,
                "--initial-cluster=" + all,
                "--initial-cluster-token=" + clientPorts[0],
                "--heartbeat-interval=30",
                "--election-timeout=300",
                "--max-txn-ops=25000",
                "--max-request-bytes=33554432",
                "--logger=zap",
                "--log-level=error"));
        command.addAll(more);
        processes[member] = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve("m" + member + ".log").toFile()))
                .start();
    }

    void awaitAnswer(int member) throws InterruptedException {
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_S);
        while (System.nanoTime() < endNs) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), clientPorts[member]), 100);
                return;
            } catch (IOException e) {
                Thread.sleep(20);
            }
        }
        throw new IllegalStateException("member " + member + " of etcd does not start: " + log(member));
    }

    private String log(int member) {
        try {
            return Files.readString(directory.resolve("m" + member + ".log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How a manager of that name reaches it. */
    EtcdOptions options(String prefix, String name) {
        String members =
                IntStream.of(clientPorts).mapToObj(port -> "127.0.0.1:" + port).collect(Collectors.joining(","));
        return EtcdOptions.parse(EtcdOptions.SCHEME + members + "/" + prefix, name, Optional.empty());
    }

    /** Deletes a key, as a person would who does not know what it is for. */
    void delete(String key) throws IOException, InterruptedException {
        etcdctl("del", key);
    }

    /** What etcdctl says to the first member; several arguments are one command. */
    String etcdctl(String... command) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("etcdctl", "--endpoints=127.0.0.1:" + clientPorts[0]));
        all.addAll(List.of(command));
        Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException(all + ": " + said);
        }
        return said;
    }

    /** SIGKILL. */
    void kill(int member) throws InterruptedException {
        Process process = processes[member];
        if (process != null) {
            process.destroyForcibly();
            process.waitFor();
            processes[member] = null;
        }
    }

    /** The member that leads now. */
    int leader() throws IOException, InterruptedException {
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_S);
        while (System.nanoTime() < endNs) {
            for (int member = 0; member < MEMBERS; member++) {
                if (processes[member] != null && leads(member)) {
                    return member;
                }
            }
            Thread.sleep(20);
        }
        throw new IllegalStateException("etcd has no leader");
    }

    private boolean leads(int member) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        "etcdctl",
                        "--endpoints=127.0.0.1:" + clientPorts[member],
                        "--command-timeout=1s",
                        "endpoint",
                        "status")
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        String[] words = said.split(", ", -1);
        return words.length > 4 && words[4].equals("true");
    }

    @Override
    public void close() throws IOException, InterruptedException {
        for (int member = 0; member < MEMBERS; member++) {
            kill(member);
        }
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }
}
