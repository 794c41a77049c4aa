package dev.sluice.lab.demo;

import static dev.sluice.lab.demo.Narrator.there;

import dev.sluice.agent.report.StatusReport;
import dev.sluice.lab.IdObserver;
import dev.sluice.lab.Privilege;
import dev.sluice.lab.Topology;
import dev.sluice.lab.TrafficRun;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code sluice demo mobility}: a workload, then a firewall go to other hosts under traffic. Where they are is found; nobody changes the configuration. */
final class MobilityPlay implements Play {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int A = 0;
    private static final int B = 1;
    private static final int C = 2;
    private static final String PORT = "Port";
    private static final String INSTANCE = "ServiceInstance";
    private static final long OUTAGE_MS_MAX = 10_000;

    private final Class<?> product;
    private final Scale scale;
    private final Findings findings = new Findings();
    private @Nullable MobilityScene scene;
    private @Nullable ManagedHosts managed;
    private @Nullable ManagerSight sight;
    private @Nullable Streams streams;
    private @Nullable IdObserver firewallWire;
    private Path config = Path.of("");
    private String exported = "";

    MobilityPlay(Class<?> product, Scale scale) {
        this.product = product;
        this.scale = scale;
    }

    @Override
    public String picture() {
        return MobilityScene.picture();
    }

    @Override
    public Findings perform(Topology topology, Progress progress) {
        String building = "the network is built";
        progress.begin(building);
        MobilityScene built = MobilityScene.build(topology);
        scene = built;
        progress.end(building, topology.namespaces().size() + " namespaces, 3 hosts", true);
        String starting = "a manager and three agents start";
        progress.begin(starting);
        start(built, topology.logDirectory());
        progress.end(starting, "hosts enrolled, objects applied, each host has its part", true);
        Narrator narrator = new Narrator(progress, findings, this::diagnosis);
        narrator.tell("workload and firewall are found by what is written on their interfaces", this::found);
        narrator.tell("the workload's traffic passes the firewall", this::passes);
        narrator.tell("the workload moves from host A to host B under traffic", this::workloadMoves);
        narrator.tell("the firewall moves from host C to host A under traffic", this::firewallMoves);
        narrator.tell("everything goes on, with the configuration of before", this::afterwards);
        return findings;
    }

    private void start(MobilityScene built, Path folder) {
        config = folder.resolve("config");
        MobilityObjects.write(config);
        ManagedHosts started = ManagedHosts.start(built.network(), product, folder);
        managed = started;
        sight = new ManagerSight(started.manager());
        started.applyFirst(config);
        exported = started.manager().export();
        streams = new Streams(built.workload(), built.server(), MobilityScene.SERVER, rate());
        firewallWire = IdObserver.start(built.firewall().in(), IdObserver.Direction.BOTH);
    }

    /** Each packet crosses three hosts, several times: half of what one host gets. */
    private int rate() {
        return scale.ratePerSecond() / 2;
    }

    private MobilityScene scene() {
        return there(scene);
    }

    private ManagedHosts managed() {
        return there(managed);
    }

    // The steps.

    private String found() {
        awaitPlace(PORT, MobilityObjects.WORKLOAD, "host-a", "Up");
        awaitPlace(INSTANCE, MobilityObjects.FIREWALL, "host-c", "Alive");
        notePlace(PORT, MobilityObjects.WORKLOAD, "host-a", "Up");
        notePlace(INSTANCE, MobilityObjects.FIREWALL, "host-c", "Alive");
        return "the workload at host A, the firewall at host C";
    }

    private void awaitPlace(String kind, String name, String node, String condition) {
        there(sight)
                .await(
                        kind,
                        name,
                        node + ", " + condition + ", in force on all hosts",
                        PATIENCE,
                        now -> ManagerSight.node(now).equals(node)
                                && ManagerSight.is(now, condition)
                                && ManagerSight.isApplied(now));
    }

    private void notePlace(String kind, String name, String node, String condition) {
        String place = there(sight).place(kind, name, condition);
        String expected = node + ", " + condition;
        findings.add("the manager says of " + kind + " " + name, place, expected, place.equals(expected));
    }

    private String passes() {
        Streams.Account account = there(streams).run(scale.shortCount(), firewall());
        account.note(findings);
        noteUninspected(account, 0);
        return Figures.number(account.receivedCount()) + " packets and answers, " + account.bypassedCount()
                + " of them past the firewall";
    }

    private Map<String, IdObserver> firewall() {
        return Map.of("firewall", there(firewallWire));
    }

    private void noteUninspected(Streams.Account account, long countedBefore) {
        long counted = managed().uninspectedCount() - countedBefore;
        findings.add(
                "uninspected: past the firewall, counted by Sluice",
                Figures.number(account.bypassedCount()) + ", " + Figures.number(counted),
                "0, 0",
                account.bypassedCount() == 0 && counted == 0);
    }

    private String workloadMoves() {
        return moves(0, PORT, MobilityObjects.WORKLOAD, "host-b", "Up", () -> scene().moveWorkload(A, B));
    }

    private String firewallMoves() {
        return moves(1, INSTANCE, MobilityObjects.FIREWALL, "host-a", "Alive", () -> scene().moveFirewall(C, A));
    }

    private String moves(int number, String kind, String name, String node, String condition, Runnable move) {
        long countedBefore = managed().uninspectedCount();
        TrafficRun stream = there(streams).startLasting();
        LastingDownload download =
                LastingDownload.begin(scene().webs().get(number), scene().workload(), MobilityScene.SERVER, scale);
        stream.awaitBothWays(rate(), PATIENCE);
        long startNs = System.nanoTime();
        move.run();
        awaitPlace(kind, name, node, condition);
        String saidAfter = Figures.since(startNs);
        stream.awaitBothWays(rate(), PATIENCE);
        boolean underWay = stream.isUnderWay() && download.isUnderWay();
        stream.endSending();
        Streams.Account account = there(streams).finish(stream, firewall(), Map.of());
        notePlace(kind, name, node, condition);
        long outageMs = noteOutage(account);
        noteUninspected(account, countedBefore);
        findings.add("stream and download behind it", underWay ? "under way" : "over", "under way", underWay);
        download.end(findings);
        return "an outage of " + outageMs + " ms, " + Figures.number(account.lostCount()) + " of "
                + Figures.number(2 * account.forward().sentCount()) + " packets and answers lost, "
                + account.bypassedCount() + " uninspected; the manager says " + node + " after " + saidAfter;
    }

    /** Notes what was sent and lost; the longest time in which nothing came, in either direction, in milliseconds. */
    private long noteOutage(Streams.Account account) {
        long sent = account.forward().sentCount();
        long forwardMs = account.forward().longestLossCount() * 1_000 / rate();
        long reverseMs = account.reverse().longestLossCount() * 1_000 / rate();
        long outageMs = Math.max(forwardMs, reverseMs);
        long lostMax = rate() * OUTAGE_MS_MAX / 1_000;
        findings.add(
                "stream: packets sent, lost",
                Figures.number(sent) + ", " + Figures.number(account.forward().lostCount()),
                "> 0, < " + Figures.number(lostMax),
                sent > 0 && account.forward().lostCount() < lostMax);
        findings.add(
                "stream: answers lost",
                Figures.number(account.reverse().lostCount()),
                "< " + Figures.number(lostMax),
                account.reverse().lostCount() < lostMax);
        long twice = account.forward().duplicatedCount() + account.reverse().duplicatedCount();
        findings.add("stream: packets or answers twice", Figures.number(twice), "0", twice == 0);
        findings.add(
                "outage: packets, answers",
                forwardMs + " ms, " + reverseMs + " ms",
                "< " + Figures.number(OUTAGE_MS_MAX) + " ms",
                outageMs < OUTAGE_MS_MAX);
        return outageMs;
    }

    private String afterwards() {
        long countedBefore = managed().uninspectedCount();
        long sentBefore = sentToFirewall();
        Streams.Account account = there(streams).run(scale.shortCount(), firewall());
        account.note(findings);
        noteUninspected(account, countedBefore);
        long sent = sentToFirewall() - sentBefore;
        findings.add(
                "packets that host A gave to the firewall",
                Figures.number(sent),
                ">= " + Figures.number(account.receivedCount()),
                sent >= account.receivedCount());
        boolean same = managed().manager().export().equals(exported);
        findings.add("objects as people wrote them", same ? "as before" : "changed", "as before", same);
        return Figures.number(account.receivedCount()) + " packets and answers, " + account.bypassedCount()
                + " of them past the firewall";
    }

    /** Packets that host A gave to a firewall of its own so far. */
    private long sentToFirewall() {
        return managed().agents().get(A).status().instances().stream()
                .filter(instance -> instance.node().isEmpty())
                .map(StatusReport.InstanceReport::sent)
                .mapToLong(sides -> sides.stream().mapToLong(Long::longValue).sum())
                .sum();
    }

    // Afterwards.

    @Override
    public String diagnosis() {
        return managed == null ? "" : managed().diagnosis();
    }

    @Override
    public String keeping(Privilege privilege) {
        return managed().keeping(privilege, scene().workload(), MobilityScene.SERVER, config);
    }
}
