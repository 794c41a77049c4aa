package dev.sluice.cli;

import dev.sluice.manager.Manager;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A real manager that lets everybody in, and commands that ask it. */
final class LocalManager implements AutoCloseable {
    private final Manager manager;

    /** Starts one whose objects are in this directory. */
    LocalManager(Path data) throws IOException {
        manager = Manager.start(Manager.Options.of(data, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .withoutAccessControl());
    }

    /** Where it listens. */
    int port() {
        return manager.port();
    }

    /** Runs a command against it. */
    Cli run(String... words) {
        List<String> all = new ArrayList<>(List.of(words));
        all.add("--manager");
        all.add("http://127.0.0.1:" + manager.port());
        return Cli.run(all.toArray(String[]::new));
    }

    @Override
    public void close() {
        manager.close();
    }
}
