package dev.sluice.lab.demo;

import static dev.sluice.lab.demo.Narrator.there;

import dev.sluice.lab.HttpService;
import dev.sluice.lab.IdObserver;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.PacketFilter;
import dev.sluice.lab.Privilege;
import dev.sluice.lab.Topology;
import dev.sluice.lab.TrafficReport;
import dev.sluice.lab.TrafficRun;
import dev.sluice.lab.Waits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code sluice demo chain}: a chain of nodes on two hosts for traffic of a third; one hands a flow back, one moves, one dies and comes back. */
final class ChainPlay implements Play {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int A = 0;
    private static final int B = 1;
    private static final int C = 2;
    private static final String ON_B = "inspect[fw-1,ips-1]";
    private static final String ON_C = "inspect[fw-2,ips-1]";
    private static final long OUTAGE_MS_MAX = 1_000;

    /** Packets that may be on their way to a node when it is left out. */
    private static final int LATE_MAX = 200;

    private final Class<?> product;
    private final Scale scale;
    private final Findings findings = new Findings();
    private @Nullable ManagedHosts managed;
    private @Nullable ChainScene scene;
    private @Nullable ChainObjects objects;
    private @Nullable Streams streams;
    private @Nullable IdObserver firewallWire;
    private @Nullable IdObserver secondWire;
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
        ChainScene built = ChainScene.build(topology, scale.downloadBytes());
        scene = built;
        progress.end(building, topology.namespaces().size() + " namespaces, 3 hosts", true);
        String starting = "a manager and three agents start";
        progress.begin(starting);
        start(topology.logDirectory());
        progress.end(starting, "hosts enrolled, objects applied, each host has its part", true);
        Narrator narrator = new Narrator(progress, findings, this::diagnosis);
        narrator.tell("a download passes nodes on two other hosts, both ways", this::download);
        narrator.tell("each packet visits both nodes, in both directions", this::visits);
        narrator.tell("what the second node forbids ends there", this::forbidden);
        narrator.tell("a flow without findings goes on without the second node", this::offload);
        narrator.tell("the firewall moves to another host under traffic", this::moves);
        narrator.tell("one of two firewalls is killed under traffic", this::killed);
        narrator.tell("the last firewall dies, the chain is closed", this::dies);
        narrator.tell("both firewalls come back", this::returns);
        return findings;
    }

    private void start(Path folder) {
        ChainObjects written = ChainObjects.write(folder.resolve("config"));
        objects = written;
        ManagedHosts started = ManagedHosts.start(scene().network(), product, folder);
        managed = started;
        started.applyFirst(written.directory());
        streams = new Streams(scene().client(), scene().server(), ChainScene.SERVER, rate());
        firewallWire = IdObserver.start(scene().firewall().in(), IdObserver.Direction.BOTH);
        secondWire = IdObserver.start(scene().second().in(), IdObserver.Direction.BOTH);
        inspectorWire = IdObserver.start(scene().inspector().at(), IdObserver.Direction.BOTH);
    }

    /** Each packet crosses three hosts, several times: half of what one host gets. */
    private int rate() {
        return scale.ratePerSecond() / 2;
    }

    private ChainScene scene() {
        return there(scene);
    }

    private ManagedHosts managed() {
        return there(managed);
    }

    private SluiceProcess at(int host) {
        return managed().agents().get(host);
    }

    // The steps.

    private String download() {
        PacketFilter filter = scene().firewall().filter();
        long forwardBefore = filter.forward().packets();
        long reverseBefore = filter.reverse().bytes();
        long packetsBefore = scene().inspector().receivedPackets();
        long bytes = scale.downloadBytes() / 2;
        long startNs = System.nanoTime();
        HttpService.Request request =
                scene().web().request(scene().client(), ChainScene.SERVER, "/file/" + bytes, PATIENCE);
        Download.note(findings, "download", request, bytes);
        String took = Figures.since(startNs);
        long forward = filter.forward().packets() - forwardBefore;
        long reverse = filter.reverse().bytes() - reverseBefore;
        long packets = scene().inspector().receivedPackets() - packetsBefore;
        atLeast("firewall's counter on host B, to the server", forward, 1, "packets");
        atLeast("firewall's counter on host B, to the client", reverse, bytes, "bytes");
        atLeast("second node's interface, behind host C", packets, bytes / 1_500, "packets");
        long carried = at(B).counter("overlayReceived");
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
        none("stream: past the second node behind host C", account.missedBy("ips"));
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
        int blocked = scene().inspector().blocked().size();
        findings.add("second node's own log", blocked + " flow blocked", "1 flow blocked", blocked == 1);
        long dropped = at(A).dropCount("FLOW_PROGRAMMED");
        atLeast("dropped on host A, as the node told it", dropped, 1, "packets");
        return "GET " + ChainScene.FORBIDDEN_PATH + " is not answered";
    }

    private String offload() {
        long bytes = scale.downloadBytes() * 4;
        int clearedBefore = scene().inspector().cleared().size();
        long skippedBefore = at(A).counter("skippedByInstruction");
        HttpService.Request request =
                scene().web().request(scene().client(), ChainScene.SERVER, "/file/" + bytes, PATIENCE);
        OffloadedDownload.Account account = new OffloadedDownload(scene(), request).follow(clearedBefore);
        Download.note(findings, "download", request, bytes);
        int cleared = scene().inspector().cleared().size() - clearedBefore;
        findings.add("second node's own log", cleared + " flow handed back", "1 flow handed back", cleared == 1);
        atLeast("second node's interface, before", account.packetsBefore(), 1, "packets");
        findings.add(
                "second node's interface, afterwards",
                Figures.number(account.packetsAfter()) + " packets",
                "<= " + LATE_MAX + " packets",
                account.packetsAfter() <= LATE_MAX);
        atLeast("server's interface, sent afterwards", account.bytesAfter(), bytes / 4, "bytes");
        long skipped = at(A).counter("skippedByInstruction") - skippedBefore;
        atLeast("packets that host A sent without it", skipped, account.bytesAfter() / 66_000 + 1, "packets");
        findings.add(
                "rate before, rate afterwards",
                Figures.megabits(account.rateBefore()) + ", " + Figures.megabits(account.rateAfter()),
                "> 0, > 0",
                account.rateBefore() > 0 && account.rateAfter() > 0);
        return Figures.megabits(account.rateBefore()) + " through both, " + Figures.megabits(account.rateAfter())
                + " through the firewall alone";
    }

    private String moves() {
        TrafficRun stream = begun();
        long startNs = System.nanoTime();
        there(objects).add(ChainObjects.SECOND);
        apply();
        at(A).awaitPath(ON_C);
        there(objects).remove(ChainObjects.FIRST);
        managed().manager().delete("serviceinstance", ChainObjects.FIRST);
        Waits.until(
                "the stream passes the firewall on host C",
                PATIENCE,
                () -> there(secondWire).sightingCount() > 0);
        String took = Figures.since(startNs);
        Streams.Account account = ended(stream);
        account.noteMoved(findings);
        long bySecond = passedOneFirewall(account);
        findings.add("stream: through the firewall on host C", Figures.number(bySecond), "> 0", bySecond > 0);
        none("packets that passed uninspected, on all hosts", managed().uninspectedCount());
        return Figures.number(account.lostCount()) + " lost; in use after " + took + ", " + Figures.number(bySecond)
                + " of " + Figures.number(account.receivedCount()) + " through the new place";
    }

    private void apply() {
        managed().manager().apply(there(objects).directory());
    }

    /** A stream under way, to which something is to happen. */
    private TrafficRun begun() {
        firewallsAndInspector().values().forEach(IdObserver::answerFromNow);
        TrafficRun stream = there(streams).startLasting();
        stream.awaitReceived(rate() / 2, PATIENCE);
        return stream;
    }

    /** What became of it, when it has gone on for a while behind what happened. */
    private Streams.Account ended(TrafficRun stream) {
        stream.awaitBothWays(rate(), PATIENCE);
        stream.endSending();
        return there(streams).finish(stream, firewallsAndInspector(), Map.of());
    }

    private Map<String, IdObserver> firewallsAndInspector() {
        return Map.of("first", there(firewallWire), "second", there(secondWire), "ips", there(inspectorWire));
    }

    /** Notes that each packet passed one of the firewalls, and the second node; how many passed the firewall on host C. */
    private long passedOneFirewall(Streams.Account account) {
        long received = account.receivedCount();
        // Each packet misses the firewall that it did not pass; one that passed none counts twice.
        long none = account.missedBy("first") + account.missedBy("second") - received;
        none("stream: past both firewalls", Math.max(0, none));
        none("stream: past the second node", account.missedBy("ips"));
        return received - account.missedBy("second");
    }

    private String killed() {
        TrafficRun stream = begun();
        there(objects).add(ChainObjects.FIRST);
        apply();
        at(A).awaitPath(ON_B);
        scene().second().unplug();
        at(A).awaitInstance(ChainObjects.SECOND, false);
        Streams.Account account = ended(stream);
        long outageMs =
                Math.max(account.forward().longestLossCount(), account.reverse().longestLossCount()) * 1_000 / rate();
        findings.add(
                "stream: longest run of lost packets",
                outageMs + " ms",
                "< " + Figures.number(OUTAGE_MS_MAX) + " ms",
                outageMs < OUTAGE_MS_MAX);
        long bySecond = passedOneFirewall(account);
        long byFirst = account.receivedCount() - bySecond;
        findings.add("stream: through the firewall on host B", Figures.number(byFirst), "> 0", byFirst > 0);
        none("packets that passed uninspected, on all hosts", managed().uninspectedCount());
        return "an outage of " + outageMs + " ms, " + Figures.number(account.lostCount()) + " of "
                + Figures.number(2 * account.forward().sentCount()) + " packets and answers lost";
    }

    private String dies() {
        IdObserver server = IdObserver.start(new LabInterface(scene().server(), "eth0"), IdObserver.Direction.IN);
        scene().firewall().unplug();
        at(B).awaitInstance(ChainObjects.FIRST, false);
        long droppedBefore = droppedForNode();
        int count = scale.shortCount();
        Streams.Account account = there(streams).run(count, Map.of());
        TrafficReport forward = account.forward();
        none("packets that came to the server", forward.receivedCount() + server.sightingCount());
        long dropped = droppedForNode() - droppedBefore;
        atLeast("dropped on hosts A and B as SERVICE_DOWN", dropped, count, "packets");
        none("packets that passed uninspected, on all hosts", managed().uninspectedCount());
        return Figures.number(dropped) + " packets dropped, none passed";
    }

    private long droppedForNode() {
        return at(A).dropCount("SERVICE_DOWN") + at(B).dropCount("SERVICE_DOWN");
    }

    private String returns() {
        scene().firewall().replug();
        scene().second().replug();
        at(B).awaitInstance(ChainObjects.FIRST, true);
        at(C).awaitInstance(ChainObjects.SECOND, true);
        at(A).awaitOthers();
        Streams.Account account = there(streams).run(scale.shortCount(), firewallsAndInspector());
        account.note(findings);
        passedOneFirewall(account);
        none("packets that passed uninspected, on all hosts", managed().uninspectedCount());
        return Figures.number(account.receivedCount()) + " packets and answers";
    }

    // Afterwards.

    @Override
    public String diagnosis() {
        return managed == null ? "" : managed().diagnosis();
    }

    @Override
    public String keeping(Privilege privilege) {
        return managed()
                .keeping(
                        privilege,
                        scene().client(),
                        ChainScene.SERVER,
                        there(objects).directory());
    }
}
