package dev.sluice.lab.demo;

import static dev.sluice.lab.demo.Narrator.there;

import dev.sluice.agent.Remains;
import dev.sluice.agent.worker.Uninstall;
import dev.sluice.lab.HttpService;
import dev.sluice.lab.InterfaceCounters;
import dev.sluice.lab.LabException;
import dev.sluice.lab.Privilege;
import dev.sluice.lab.Topology;
import dev.sluice.lab.TrafficRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** {@code sluice demo restart}: Sluice is killed and started again in the middle of a download, and neither it nor a stream loses a packet. */
final class RestartPlay implements Play {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long AWAY_NS = 1_500_000_000L;
    private static final long READ_NS = 1_500_000_000L;

    private final Class<?> product;
    private final Scale scale;
    private final Findings findings = new Findings();
    private final Path pins =
            Remains.OWN_PINS.resolve("demo-" + ProcessHandle.current().pid());
    private @Nullable Scene scene;
    private @Nullable SluiceProcess sluice;
    private @Nullable Streams streams;
    private @Nullable Witnesses witnesses;
    private @Nullable LastingDownload download;
    private @Nullable TrafficRun stream;
    private Map<String, String> pathsBefore = Map.of();
    private Path folder = Path.of("");

    RestartPlay(Class<?> product, Scale scale) {
        this.product = product;
        this.scale = scale;
    }

    @Override
    public String picture() {
        return Picture.of("not in this chain");
    }

    @Override
    public Findings perform(Topology topology, Progress progress) {
        if (!Remains.mount(Remains.OWN_PINS)) {
            throw new LabException("no BPF file system can be mounted at " + Remains.OWN_PINS
                    + ": what outlives Sluice needs root, outside of a user namespace");
        }
        folder = topology.logDirectory();
        String building = "the network is built";
        progress.begin(building);
        Scene built = Scene.build(topology);
        scene = built;
        progress.end(building, topology.namespaces().size() + " namespaces, 6 wires", true);
        String starting = "Sluice starts, with the kernel's fast path";
        progress.begin(starting);
        DemoObjects objects = DemoObjects.write(folder.resolve("config"));
        SluiceProcess started = SluiceProcess.start(
                built.sluice(),
                product,
                objects.directory(),
                DemoObjects.NODE,
                folder.resolve("sluice.sock"),
                List.of(
                        "--fast-path",
                        "tc",
                        "--pins",
                        pins.toString(),
                        "--memory",
                        folder.resolve("memory").toString()));
        sluice = started;
        progress.end(starting, started.describe(), true);
        streams = new Streams(built.client(), built.server(), Scene.SERVER, scale.ratePerSecond());
        witnesses = new Witnesses(built);
        Narrator narrator = new Narrator(progress, findings, this::diagnosis);
        try {
            narrator.tell("a download and a stream run in the kernel", this::begin);
            narrator.tell("Sluice is killed (SIGKILL)", this::killed);
            narrator.tell("it is started again", this::startedAgain);
            narrator.tell("it is stopped and started, as an upgrade does", this::upgraded);
            narrator.tell("what became of download and stream", this::accounted);
            narrator.tell("stopped and uninstalled", this::uninstalled);
        } finally {
            removePins();
        }
        return findings;
    }

    private SluiceProcess sluice() {
        return there(sluice);
    }

    // The steps.

    private String begin() {
        there(witnesses).firewall();
        TrafficRun run = there(streams).startLasting();
        stream = run;
        download = LastingDownload.begin(there(scene).web(), there(scene).client(), Scene.SERVER, scale);
        run.awaitReceived(scale.longCount() / 4, PATIENCE);
        LockSupport.parkNanos(READ_NS);
        long repeated = sluice().status().fastPath().packets();
        findings.add(
                "packets that the kernel repeated",
                Figures.number(repeated),
                "> " + Figures.number(scale.longCount() / 4),
                repeated > scale.longCount() / 4);
        pathsBefore = paths();
        findings.add("flows", Integer.toString(pathsBefore.size()), ">= 2", pathsBefore.size() >= 2);
        return Figures.number(repeated) + " packets repeated by the kernel";
    }

    private Map<String, String> paths() {
        return sluice().flows().stream()
                .collect(Collectors.toMap(
                        flow -> flow.protocol() + " " + flow.sourcePort() + " " + flow.destinationPort(),
                        flow -> flow.path(),
                        (a, b) -> a));
    }

    private InterfaceCounters server() {
        return InterfaceCounters.of(there(scene).web().process(), "eth0");
    }

    private String killed() {
        sluice().kill();
        return away();
    }

    private String away() {
        InterfaceCounters before = server();
        long startNs = System.nanoTime();
        HttpService.Answer answer = there(scene).get("/any-path");
        LockSupport.parkNanos(Math.max(1, AWAY_NS - (System.nanoTime() - startNs)));
        InterfaceCounters now = server();
        long bytes = now.sentBytes() - before.sentBytes();
        long packets = now.receivedPackets() - before.receivedPackets();
        findings.add("Sluice", sluice().isAlive() ? "runs" : "does not run", "does not run", !sluice().isAlive());
        findings.add(
                "server's interface, sent meanwhile",
                Figures.number(bytes) + " bytes",
                "> 100,000 bytes",
                bytes > 100_000);
        findings.add(
                "server's interface, received meanwhile",
                Figures.number(packets) + " packets",
                "> 100 packets",
                packets > 100);
        boolean underWay = there(stream).isUnderWay() && there(download).isUnderWay();
        findings.add("download and stream", underWay ? "under way" : "over", "under way", underWay);
        findings.add(
                "a new connection (the chain is closed)",
                answer.status() == 0 ? "no answer" : "status " + answer.status(),
                "no answer",
                answer.status() == 0);
        return Figures.number(bytes) + " bytes sent while nobody was there";
    }

    private String startedAgain() {
        long startNs = System.nanoTime();
        sluice().startAgain();
        String took = Figures.since(startNs);
        Map<String, String> now = paths();
        long known = pathsBefore.entrySet().stream()
                .filter(flow -> flow.getValue().equals(now.get(flow.getKey())))
                .count();
        findings.add(
                "flows that it knows, with their nodes",
                known + " of " + pathsBefore.size(),
                "all",
                known == pathsBefore.size());
        return "after " + took + ", " + known + " of " + pathsBefore.size() + " flows known";
    }

    private String upgraded() {
        sluice().stop();
        String away = away();
        startedAgain();
        return away;
    }

    private String accounted() {
        Witnesses seen = there(witnesses);
        there(stream).endSending();
        Streams.Account account = there(streams).finish(there(stream), seen.firewallOnly(), Map.of());
        account.noteTakenOver(findings);
        findings.add(
                "stream: past the firewall",
                Figures.number(account.bypassedCount()),
                "0",
                account.bypassedCount() == 0);
        there(download).end(findings);
        HttpService.Answer answer = there(scene).get("/any-path");
        findings.add("a new connection", "status " + answer.status(), "status 200", answer.status() == 200);
        return Figures.number(account.lostCount()) + " of "
                + Figures.number(account.receivedCount() + account.lostCount()) + " packets and answers lost";
    }

    private String uninstalled() {
        sluice().stop();
        List<String> said = sluice().uninstall(product, pins, folder.resolve("memory"));
        long removed =
                said.stream().filter(line -> line.startsWith("removed: ")).count();
        findings.add("sluice uninstall", removed + " things removed", "> 0", removed > 0);
        HttpService.Answer answer = there(scene).get("/any-path");
        findings.add(
                "a connection afterwards",
                answer.status() == 0 ? "no answer" : "status " + answer.status(),
                "no answer",
                answer.status() == 0);
        return removed + " things removed";
    }

    private void removePins() {
        Uninstall.run(new Remains(pins, folder.resolve("memory")));
        try {
            Files.deleteIfExists(pins);
        } catch (IOException e) {
            throw new LabException(pins + " cannot be removed: " + e.getMessage(), e);
        }
    }

    @Override
    public String diagnosis() {
        return sluice == null ? "" : sluice().diagnosis();
    }

    @Override
    public String keeping(Privilege privilege) {
        return "\nSluice is uninstalled at the end of this one; the network stays up until Enter or Ctrl-C.\n";
    }
}
