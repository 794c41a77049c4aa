package dev.sluice.lab.system;

import dev.sluice.agent.report.FlowsReport.FlowReport;
import dev.sluice.lab.Iperf3;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** A node that is killed again and again under load, and what became of the flows through it (F4). One user: the test. */
final class Restarts implements AutoCloseable {
    private static final String SERVER = "10.0.0.2";
    private static final int SMALL_BYTES = 64;
    private static final int FLOWS = 50;
    private static final long STEADY_NS = 1_000_000;
    private static final int ECHO_PORT = 7;
    private static final int DOWNLOAD_PORT = 8;

    /** All floods are one flow: what goes on is judged, not how the first packets of something new fare in a process that has just begun. */
    private static final int FLOOD_SOURCE_PORT = 40_000;

    private static final int ESTABLISHING_PER_SECOND = 100;

    /** So many packets of the steady flow, and one of the next one of the others: they would be forgotten because nothing comes. */
    private static final int OTHERS_EVERY = 20;

    private static final int UP_MS = 300;
    private static final int SETTLE_MS = 2_000;
    private static final int FLOOD_SECONDS = 20;
    private static final long LAST_KILL_NS = 5_000_000_000L;

    private final Network network;
    private final SluiceNode sluice;
    private final List<UdpFlow> flows = new ArrayList<>();
    private final AtomicBoolean ending = new AtomicBoolean();
    private long floodLost;
    private long socketLost;
    private long backlogLost;
    private long downloaded;
    private boolean intact = true;
    private Arrivals.Gaps steadyGaps = new Arrivals.Gaps(0, 0);
    private Arrivals.Gaps downloadGaps = new Arrivals.Gaps(0, 0);
    private long floodSent;
    private long steadySent;
    private long steadyLost;
    private long longestPauseNs;
    private int kills;
    private int floodPerSecond;
    private int downSeconds;
    private int forgotten;
    private long seconds;

    Restarts(Network network, SluiceNode sluice) {
        this.network = network;
        this.sluice = sluice;
        for (int i = 0; i < FLOWS; i++) {
            UdpFlow flow = UdpFlow.open(network.client, SERVER, 7);
            flow.exchange(3);
            flows.add(flow);
        }
    }

    /** Of the flows that go on until the end: not of each flood, which ends by itself. */
    private Map<String, String> paths() {
        Map<String, String> all = new TreeMap<>();
        for (FlowReport flow : sluice.flows()) {
            if (flow.destinationPort() != ECHO_PORT && flow.destinationPort() != DOWNLOAD_PORT) {
                continue;
            }
            all.put(
                    flow.protocol() + " " + flow.source() + " " + flow.sourcePort() + " " + flow.destinationPort(),
                    flow.path());
        }
        return all;
    }

    /** Kills the process so many times, then once more and waits before it is started again. */
    void kill(int count, int packetsPerSecond, int secondsDown) throws InterruptedException {
        floodPerSecond = packetsPerSecond;
        downSeconds = secondsDown;
        Iperf3 iperf = Iperf3.serve(network.server, SERVER);
        long startNs = System.nanoTime();
        long socketBefore = socketDrops();
        long backlogBefore = backlogDrops();
        try (UdpFlow flow = established();
                Download download = Download.start(network.server, SERVER, DOWNLOAD_PORT, network.client);
                Arrivals ofSteady =
                        Arrivals.at(network.server, "eth0", "udp dst port 7 and src port " + flow.localPort());
                Arrivals ofDownload =
                        Arrivals.at(network.client, "eth0", "tcp src port " + DOWNLOAD_PORT + " and greater 200")) {
            Thread steady = Thread.ofPlatform().start(() -> steady(flow));
            Thread answers = Thread.ofPlatform().start(() -> flow.readUntil(ending::get));
            send(iperf, ESTABLISHING_PER_SECOND, 1);
            while (kills < count) {
                flood(iperf, packetsPerSecond, FLOOD_SECONDS, count - kills, 0);
            }
            if (downSeconds > 0) {
                flood(iperf, packetsPerSecond, FLOOD_SECONDS + downSeconds, 1, downSeconds * 1000);
            }
            ending.set(true);
            steady.join();
            answers.join();
            steadyGaps = ofSteady.end();
            steadyLost = flow.unanswered();
            downloadGaps = ofDownload.end();
            downloaded = download.received();
            intact = download.isIntact();
        }
        socketLost = socketDrops() - socketBefore;
        backlogLost = backlogDrops() - backlogBefore;
        seconds = (System.nanoTime() - startNs) / 1_000_000_000L;
    }

    /** Datagrams that arrived at the server and found the receiving program's socket full: it did not get to run. */
    private long socketDrops() {
        List<String> udp = network.server
                .exec("cat", "/proc/net/snmp")
                .lines()
                .filter(line -> line.startsWith("Udp:"))
                .toList();
        int column = List.of(udp.get(0).split(" ", -1)).indexOf("RcvbufErrors");
        return Long.parseLong(udp.get(1).split(" ", -1)[column]);
    }

    /** Frames that the kernel of this machine dropped between two interfaces because a processor had too many waiting; of all namespaces. */
    private long backlogDrops() {
        return network.server
                .exec("cat", "/proc/net/softnet_stat")
                .lines()
                .mapToLong(line -> Long.parseLong(line.split(" ", -1)[1], 16))
                .sum();
    }

    private Iperf3.Figures send(Iperf3 iperf, int packetsPerSecond, int forSeconds) {
        return iperf.run(
                network.client,
                Duration.ofSeconds(forSeconds),
                "-u",
                "--cport",
                Integer.toString(FLOOD_SOURCE_PORT),
                "-l",
                Integer.toString(SMALL_BYTES),
                "-b",
                Long.toString((long) packetsPerSecond * SMALL_BYTES * 8));
    }

    /** Kills as often as there is time for, at most so often, while packets flow that are counted at the end. */
    private void flood(Iperf3 iperf, int packetsPerSecond, int floodSeconds, int killsMax, int downMs)
            throws InterruptedException {
        FutureTask<Iperf3.Figures> run = new FutureTask<>(() -> send(iperf, packetsPerSecond, floodSeconds));
        long endNs = System.nanoTime() + floodSeconds * 1_000_000_000L;
        Thread.ofPlatform().daemon().start(run);
        Thread.sleep(SETTLE_MS);
        int done = 0;
        while (done < killsMax && (done == 0 || System.nanoTime() < endNs - LAST_KILL_NS)) {
            kill(downMs);
            done++;
        }
        try {
            Iperf3.Figures figures = run.get();
            floodLost += figures.lostCount();
            floodSent += Math.round(figures.receivedBitsPerSecond() / 8 / SMALL_BYTES * floodSeconds);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private void kill(int downMs) throws InterruptedException {
        Map<String, String> before = paths();
        sluice.process().kill();
        kills++;
        Thread.sleep(downMs);
        sluice.startAgain();
        Map<String, String> after = paths();
        before.forEach((flow, path) -> forgotten += path.equals(after.get(flow)) ? 0 : 1);
        Thread.sleep(UP_MS);
    }

    private UdpFlow established() {
        UdpFlow flow = UdpFlow.open(network.client, SERVER, 7);
        flow.exchange(10);
        return flow;
    }

    /** A packet each ms; those of a pause are sent one after the other. */
    private void steady(UdpFlow flow) {
        long dueNs = System.nanoTime();
        long beforeNs = dueNs;
        while (!ending.get()) {
            flow.send();
            steadySent++;
            if (steadySent % OTHERS_EVERY == 0) {
                flows.get((int) (steadySent / OTHERS_EVERY) % FLOWS).send();
            }
            dueNs += STEADY_NS;
            LockSupport.parkNanos(dueNs - System.nanoTime());
            long nowNs = System.nanoTime();
            longestPauseNs = Math.max(longestPauseNs, nowNs - beforeNs);
            beforeNs = nowNs;
        }
    }

    /** Packets of established UDP flows that were lost on the way: not those that arrived and that their receiver did not take; one more if the download broke. */
    long lost() {
        return Math.max(0, floodLost + steadyLost - socketLost) + (intact ? 0 : 1);
    }

    /** Flows, by kill, that the process did not know any more or had given to another node. */
    int forgotten() {
        return forgotten;
    }

    /** A table: what was sent by each, what did not arrive, and the longest time in which nothing did. */
    String figures() {
        String row = "%-28s %12s %12s %14s %18s%n";
        return String.format(
                        Locale.ROOT,
                        "F4: %d kills in %d s, the last one followed by %d s without a process; %d flows forgotten or given to another node%n",
                        kills,
                        seconds,
                        downSeconds,
                        forgotten)
                + String.format(Locale.ROOT, row, "", "sent", "lost", "not taken (*)", "longest gap (ms)")
                + String.format(
                        Locale.ROOT, row, "UDP, " + floodPerSecond + "/s", "~" + floodSent, floodLost, socketLost, "-")
                + String.format(
                        Locale.ROOT,
                        row,
                        "UDP, 1,000/s, and back",
                        steadySent,
                        steadyLost,
                        "-",
                        String.format(Locale.ROOT, "%.1f (%.1f)", steadyGaps.longestMs(), longestPauseNs / 1e6))
                + String.format(
                        Locale.ROOT,
                        row,
                        "TCP download",
                        downloaded / 1_000_000 + " MB",
                        intact ? "intact" : "BROKEN",
                        "-",
                        String.format(Locale.ROOT, "%.1f", downloadGaps.longestMs()))
                + String.format(
                        Locale.ROOT,
                        "(*) of those lost: arrived, and the receiver's socket had no room; %d frames more found no room in a processor's queue. In brackets the longest pause of the sender itself. Lost on the way: %d%n",
                        backlogLost,
                        lost());
    }

    @Override
    public void close() {
        flows.forEach(UdpFlow::close);
    }
}
