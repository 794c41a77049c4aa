package dev.sluice.fastpath;

import dev.sluice.fuzz.network.Namespace;
import dev.sluice.ports.LinkMonitor;
import dev.sluice.wire.MacAddress;
import java.nio.file.Path;

/** A client and a server, what carries between them in the middle, and a BPF file system of the test's own: unmounting it removes whatever is in it. */
final class PinnedNetwork implements AutoCloseable {
    final Namespace client = Namespace.make("pc");
    final Namespace middle = Namespace.make("pm");
    final Namespace server = Namespace.make("ps");
    final long clientMac;
    final long serverMac;

    /** Where a fast path may leave what is to outlive it; not there yet. */
    final Path directory;

    private final Path mount;

    /** @param mount a directory to be the file system */
    PinnedNetwork(Path mount) throws Exception {
        this.mount = mount;
        Namespace.run("mount -t bpf slf-test " + mount);
        directory = mount.resolve("sluice");
        Namespace.veth(client, "c0", middle, "left");
        Namespace.veth(server, "s0", middle, "right");
        client.ip("addr add 10.9.0.1/24 dev c0");
        server.ip("addr add 10.9.0.2/24 dev s0");
        clientMac = client.in(() -> LinkMonitor.read("c0").orElseThrow().mac());
        serverMac = server.in(() -> LinkMonitor.read("s0").orElseThrow().mac());
        client.ip("neigh replace 10.9.0.2 lladdr " + new MacAddress(serverMac) + " dev c0 nud permanent");
    }

    @Override
    public void close() {
        Namespace.run("umount " + mount);
        client.close();
        middle.close();
        server.close();
    }
}
