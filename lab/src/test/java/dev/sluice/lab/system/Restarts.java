package dev.sluice.lab.system;

import dev.sluice.agent.report.FlowsReport.FlowReport;
import dev.sluice.lab.Iperf3;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** A node that is killed again and again under load, and what became of the flows through it (F4). One user: the test. */
final class Restarts implements AutoCloseable {
    private static final String SERVER = "10.0.0.2";
    private static final int SMALL_BYTES = 64;
    private static final int FLOWS = 50;
    private static final int STEADY_PER_SECOND = 1_000;
    private static final int TCP_CHUNK_BYTES = 1 << 20;
    private static final int UP_MS = 300;
    private static final int SETTLE_MS = 2_000;
    private static final int FLOOD_SECONDS = 20;
    private static final long LAST_KILL_NS = 5_000_000_000L;

    private final Network network;
    private final SluiceNode sluice;
    private final List<UdpFlow> flows = new ArrayList<>();
    private final AtomicLong downloaded = new AtomicLong();
    private final AtomicLong longestGapMs = new AtomicLong();
    private final AtomicBoolean intact = new AtomicBoolean(true);
    private final AtomicBoolean ending = new AtomicBoolean();
    private long floodLost;
    private long floodSent;
    private long steadySent;
    private long steadyLost;
    private int kills;
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

    private Map<String, String> paths() {
        Map<String, String> all = new TreeMap<>();
        for (FlowReport flow : sluice.flows()) {
            all.put(
                    flow.protocol() + " " + flow.source() + " " + flow.sourcePort() + " " + flow.destinationPort(),
                    flow.path());
        }
        return all;
    }

    /** Kills the process so many times, then once more and waits before it is started again. */
    void kill(int count, int packetsPerSecond, int downSeconds) throws InterruptedException {
        Iperf3 iperf = Iperf3.serve(network.server, SERVER);
        long startNs = System.nanoTime();
        Thread download = Thread.ofPlatform().start(this::download);
        Thread steady = Thread.ofPlatform().start(this::steady);
        while (kills < count) {
            flood(iperf, packetsPerSecond, FLOOD_SECONDS, count - kills, 0);
        }
        if (downSeconds > 0) {
            flood(iperf, packetsPerSecond, FLOOD_SECONDS + downSeconds, 1, downSeconds * 1000);
        }
        ending.set(true);
        download.join();
        steady.join();
        seconds = (System.nanoTime() - startNs) / 1_000_000_000L;
    }

    /** Kills as often as there is time for, at most so often, while packets flow that are counted at the end. */
    private void flood(Iperf3 iperf, int packetsPerSecond, int floodSeconds, int killsMax, int downMs)
            throws InterruptedException {
        long bitsPerSecond = (long) packetsPerSecond * SMALL_BYTES * 8;
        FutureTask<Iperf3.Figures> run = new FutureTask<>(() -> iperf.run(
                network.client,
                Duration.ofSeconds(floodSeconds),
                "-u",
                "-l",
                Integer.toString(SMALL_BYTES),
                "-b",
                Long.toString(bitsPerSecond)));
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

    private void download() {
        try (TcpTransfer transfer = TcpTransfer.open(network.client, SERVER, 7)) {
            while (!ending.get()) {
                long startNs = System.nanoTime();
                if (!transfer.echo(TCP_CHUNK_BYTES)) {
                    intact.set(false);
                    return;
                }
                downloaded.addAndGet(TCP_CHUNK_BYTES);
                longestGapMs.accumulateAndGet((System.nanoTime() - startNs) / 1_000_000, Math::max);
            }
        } catch (RuntimeException e) {
            intact.set(false);
        }
    }

    private void steady() {
        try (UdpFlow flow = UdpFlow.open(network.client, SERVER, 7)) {
            flow.exchange(10);
            while (!ending.get()) {
                UdpFlow.Account account = flow.stream(STEADY_PER_SECOND, STEADY_PER_SECOND);
                steadySent += account.sent().size();
                steadyLost += account.lost();
            }
        }
    }

    /** Packets of established UDP flows that were lost. */
    long lost() {
        return floodLost + steadyLost + (intact.get() ? 0 : 1);
    }

    /** Flows, by kill, that the process did not know any more or had given to another node. */
    int forgotten() {
        return forgotten;
    }

    String figures() {
        return "restarts: " + kills + " kills in " + seconds + " s; UDP flood: " + floodLost + " of about " + floodSent
                + " lost; steady UDP: "
                + steadyLost + " of " + steadySent + " lost; TCP: " + downloaded.get() / 1_000_000 + " MB, "
                + (intact.get() ? "intact" : "BROKEN") + ", slowest MB there and back " + longestGapMs
                + " ms; flows forgotten: " + forgotten;
    }

    @Override
    public void close() {
        flows.forEach(UdpFlow::close);
    }
}
