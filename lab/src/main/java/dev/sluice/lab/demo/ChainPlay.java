package dev.sluice.lab.demo;

import dev.sluice.lab.HttpService;
import dev.sluice.lab.IdObserver;
import dev.sluice.lab.LabException;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.PacketFilter;
import dev.sluice.lab.Privilege;
import dev.sluice.lab.Topology;
import dev.sluice.lab.TrafficReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@code sluice demo chain}: a chain of nodes on two hosts for traffic of a third; one of them dies and comes back. */
final class ChainPlay implements Play {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int A = 0;
    private static final int B = 1;

    private final Class<?> product;
    private final Scale scale;
    private final Findings findings = new Findings();
    private final List<SluiceProcess> sluices = new ArrayList<>();
    private @Nullable ChainScene scene;
    private @Nullable ChainObjects objects;
    private @Nullable Streams streams;
    private @Nullable IdObserver firewallWire;
    private @Nullable IdObserver inspectorWire;

    ChainPlay(Class<?> product, Scale scale) {
        this.product = product;
        this.scale = scale;
    }

    @Override
    public String picture() {
        return ChainScene.picture();
    }

    @Override
    public Findings perform(Topology topology, Progress progress) {
        String building = "the network is built";
        progress.begin(building);
        ChainScene built = ChainScene.build(topology);
        scene = built;
        progress.end(building, topology.namespaces().size() + " namespaces, 3 hosts", true);
        String starting = "Sluice starts on three hosts";
        progress.begin(starting);
        start(topology.logDirectory());
        progress.end(starting, "one directory of objects, each takes its part", true);
        tell(progress, "a download passes nodes on two other hosts, both ways", this::download);
        tell(progress, "each packet visits both nodes, in both directions", this::visits);
        tell(progress, "what the second node forbids ends there", this::forbidden);
        tell(progress, "the firewall dies, the chain is closed", this::dies);
        tell(progress, "the firewall comes back", this::returns);
        return findings;
    }

    private void start(Path folder) {
        ChainObjects written = ChainObjects.write(folder.resolve("config"));
        objects = written;
        for (int i = 0; i < ChainObjects.NODES.size(); i++) {
            String node = ChainObjects.NODES.get(i);
            sluices.add(SluiceProcess.start(
                    scene().hosts().get(i), product, written.directory(), node, folder.resolve(node + ".sock")));
        }
        sluices.forEach(SluiceProcess::awaitOthers);
        streams = new Streams(scene().client(), scene().server(), ChainScene.SERVER, scale.ratePerSecond());
        firewallWire = IdObserver.start(scene().firewall().in(), IdObserver.Direction.BOTH);
        inspectorWire = IdObserver.start(scene().inspector().in(), IdObserver.Direction.BOTH);
    }

    private void tell(Progress progress, String title, Supplier<String> step) {
        int number = progress.begin(title);
        findings.begin(number + " " + title);
        String figure = "could not go on";
        boolean good = false;
        try {
            figure = step.get();
            good = findings.lastPartMet();
        } catch (LabException e) {
            throw new LabException(e.getMessage() + "\n" + diagnosis(), e);
        } finally {
            progress.end(title, figure, good);
        }
    }

    private static <T> T there(@Nullable T part) {
        if (part == null) {
            throw new LabException("the network is not built");
        }
        return part;
    }

    private ChainScene scene() {
        return there(scene);
    }

    // The steps.

    private String download() {
        PacketFilter filter = scene().firewall().filter();
        long forwardBefore = filter.forward().packets();
        long reverseBefore = filter.reverse().bytes();
        long framesBefore = scene().inspectedFrames();
        long bytes = scale.downloadBytes();
        long startNs = System.nanoTime();
        HttpService.Request request =
                scene().web().request(scene().client(), ChainScene.SERVER, "/file/" + bytes, PATIENCE);
        Download.note(findings, "download", request, bytes);
        String took = Figures.since(startNs);
        long forward = filter.forward().packets() - forwardBefore;
        long reverse = filter.reverse().bytes() - reverseBefore;
        long frames = scene().inspectedFrames() - framesBefore;
        atLeast("firewall's counter on host B, to the server", forward, 1, "packets");
        atLeast("firewall's counter on host B, to the client", reverse, bytes, "bytes");
        atLeast("second node's counter on host C", frames, bytes / 1_500, "frames");
        long carried = sluices.get(B).counter("overlayReceived");
        atLeast("packets that host B took from the overlay", carried, bytes / 1_500, "packets");
        return Figures.number(bytes) + " bytes in " + took;
    }

    private void atLeast(String what, long measured, long least, String unit) {
        findings.add(
                what,
                Figures.number(measured) + " " + unit,
                ">= " + Figures.number(least) + " " + unit,
                measured >= least);
    }

    private String visits() {
        Streams.Account account = there(streams)
                .run(scale.shortCount() * 2, Map.of("firewall", there(firewallWire), "ips", there(inspectorWire)));
        account.note(findings);
        none("stream: past the firewall on host B", account.missedBy("firewall"));
        none("stream: past the second node on host C", account.missedBy("ips"));
        return Figures.number(account.receivedCount()) + " packets and answers, " + account.bypassedCount()
                + " of them past a node";
    }

    private void none(String what, long measured) {
        findings.add(what, Figures.number(measured), "0", measured == 0);
    }

    private String forbidden() {
        HttpService.Answer allowed = scene().get("/any-path");
        HttpService.Answer forbidden = scene().get(ChainScene.FORBIDDEN_PATH);
        findings.add("allowed path", "status " + allowed.status(), "status 200", allowed.status() == 200);
        findings.add(
                "forbidden path",
                forbidden.status() == 0 ? "no answer" : "status " + forbidden.status(),
                "no answer",
                forbidden.status() == 0);
        return "GET " + ChainScene.FORBIDDEN_PATH + " is not answered";
    }

    private String dies() {
        IdObserver server = IdObserver.start(new LabInterface(scene().server(), "eth0"), IdObserver.Direction.IN);
        scene().firewall().unplug();
        sluices.get(B).awaitInstance("fw-1", false);
        long droppedBefore = droppedForNode();
        int count = scale.shortCount();
        Streams.Account account = there(streams).run(count, Map.of());
        TrafficReport forward = account.forward();
        none("packets that came to the server", forward.receivedCount() + server.sightingCount());
        long dropped = droppedForNode() - droppedBefore;
        atLeast("dropped on hosts A and B as SERVICE_DOWN", dropped, count, "packets");
        none("packets that passed uninspected, on all hosts", uninspected());
        return Figures.number(dropped) + " packets dropped, none passed";
    }

    private long droppedForNode() {
        return sluices.get(A).dropCount("SERVICE_DOWN") + sluices.get(B).dropCount("SERVICE_DOWN");
    }

    private long uninspected() {
        return sluices.stream().mapToLong(SluiceProcess::uninspectedCount).sum();
    }

    private String returns() {
        scene().firewall().replug();
        sluices.get(B).awaitInstance("fw-1", true);
        sluices.get(A).awaitOthers();
        Streams.Account account = there(streams)
                .run(scale.shortCount(), Map.of("firewall", there(firewallWire), "ips", there(inspectorWire)));
        account.note(findings);
        none("stream: past one of the nodes", account.bypassedCount());
        none("packets that passed uninspected, on all hosts", uninspected());
        return Figures.number(account.receivedCount()) + " packets and answers";
    }

    // Afterwards.

    @Override
    public String diagnosis() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < sluices.size(); i++) {
            text.append(ChainObjects.NODES.get(i))
                    .append(": ")
                    .append(sluices.get(i).diagnosis());
        }
        return text.toString();
    }

    @Override
    public String keeping(Privilege privilege) {
        StringBuilder text = new StringBuilder("\nEverything stays up. In another terminal:\n");
        for (SluiceProcess sluice : sluices) {
            text.append("  ./sluice status --admin ").append(sluice.socket()).append('\n');
        }
        if (privilege.kind() == Privilege.Kind.ROOT) {
            text.append("  ip netns exec ")
                    .append(scene().client().fullName())
                    .append(" ping ")
                    .append(ChainScene.SERVER)
                    .append('\n');
        }
        return text.append("  edit ")
                .append(there(objects).directory())
                .append("/*.yaml      (applied when saved)\nIt ends with Enter or Ctrl-C here\n")
                .toString();
    }
}
