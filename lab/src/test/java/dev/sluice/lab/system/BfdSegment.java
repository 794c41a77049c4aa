package dev.sluice.lab.system;

import dev.sluice.agent.bfd.BfdReport;
import dev.sluice.agent.bfd.BfdRunner;
import dev.sluice.lab.Inside;
import dev.sluice.lab.LabException;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Topology;
import dev.sluice.lab.Waits;
import dev.sluice.lab.Wire;
import dev.sluice.liveness.bfd.BfdPath;
import dev.sluice.liveness.bfd.BfdSettings;
import dev.sluice.liveness.bfd.BfdState;
import dev.sluice.ports.PortException;
import dev.sluice.wire.IpAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/**
 * An Ethernet segment with Sluice (host 1), FRR (2), BIRD (3) and somebody who forges (4) on a bridge that can be cut without anybody losing carrier. Addresses
 * 10.7.0.N and fd07::N. One user: the test; events come from the runner's thread.
 */
final class BfdSegment implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    final Topology topology = Topology.create();
    final Namespace cable = topology.namespace("cable");
    final Namespace sluice = topology.namespace("sluice");
    final Namespace frr = topology.namespace("frr");
    final Namespace bird = topology.namespace("bird");
    final Namespace forger = topology.namespace("forger");

    /** When a session left Up, by System.nanoTime. */
    final Map<BfdPath, Long> downNs = new ConcurrentHashMap<>();

    BfdRunner runner;

    BfdSegment() {
        cable.configure("link", "add", "br0", "type", "bridge");
        cable.configure("link", "set", "dev", "br0", "up");
        int number = 0;
        for (Namespace host : List.of(sluice, frr, bird, forger)) {
            number++;
            Wire wire = topology.wire(host, "eth0", cable, "to-" + host.name());
            // What a capture on the cable sees is then what a card would send: with its checksum.
            wire.offloads(false);
            wire.a().address("10.7.0." + number + "/24").address("fd07::" + number + "/64");
            cable.configure("link", "set", "dev", wire.b().name(), "master", "br0");
        }
        runner = open();
    }

    static IpAddress address(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    static BfdPath toHost(int number) {
        return BfdPath.singleHop(address("10.7.0.1"), address("10.7.0." + number), 0);
    }

    static BfdPath toHost6(int number) {
        return BfdPath.singleHop(address("fd07::1"), address("fd07::" + number), 0);
    }

    private BfdRunner open() {
        return Inside.call(
                sluice,
                () -> BfdRunner.open(BfdRunner.Options.DEFAULT, (report, before, atNs) -> {
                    if (before == BfdState.UP) {
                        downNs.put(report.path(), atNs);
                    }
                }));
    }

    /** A new runner, as after a restart of the agent. */
    void reopen() {
        runner = open();
    }

    void add(BfdPath path, BfdSettings settings) {
        try {
            runner.add(path, settings);
        } catch (PortException e) {
            throw new LabException(e.toString(), e);
        }
    }

    BfdReport awaitUp(BfdPath path) {
        Waits.until(
                "session with " + path.peer() + " is up",
                PATIENCE,
                () -> runner.report(path).isUp(),
                () -> runner.report(path) + " " + runner.refusals());
        return runner.report(path);
    }

    /** When the session left Up, waiting for it if need be. */
    long awaitDownNs(BfdPath path) {
        Waits.until("session with " + path.peer() + " is down", PATIENCE, () -> downNs.containsKey(path));
        return Objects.requireNonNull(downNs.get(path));
    }

    /** Nothing passes from or to Sluice any more, and no interface notices. */
    void cut() {
        cable.configure("link", "set", "dev", "to-sluice", "nomaster");
    }

    void mend() {
        cable.configure("link", "set", "dev", "to-sluice", "master", "br0");
    }

    LabInterface segment() {
        return cable.interfaceNamed("br0");
    }

    @Override
    public void close() {
        runner.abandon();
        topology.close();
    }
}
