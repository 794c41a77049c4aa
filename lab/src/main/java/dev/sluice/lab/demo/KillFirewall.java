package dev.sluice.lab.demo;

import dev.sluice.lab.TrafficRun;
import java.time.Duration;
import java.util.Map;

/** The firewall dies while a stream runs through it; the chain is closed, so nothing passes any more, old flows or new ones. */
final class KillFirewall implements Step {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final long NOTICE_MS_MAX = 2_000;

    @Override
    public String title() {
        return "the firewall is killed, the chain is closed";
    }

    @Override
    public String run(Stage stage) {
        Findings findings = stage.findings();
        var firewallOnly = stage.witnesses().firewallOnly();
        stage.witnesses().server();
        int count = stage.scale().shortCount() * 2;
        TrafficRun stream = stage.streams().start(count);
        stream.awaitReceived(count / 4, PATIENCE);
        long startNs = System.nanoTime();
        stage.scene().firewall().unplug();
        stage.sluice().awaitInstance("fw-1", false);
        long noticeMs = (System.nanoTime() - startNs) / 1_000_000;
        findings.add(
                "death noticed by Sluice after",
                noticeMs + " ms",
                "< " + NOTICE_MS_MAX + " ms",
                noticeMs < NOTICE_MS_MAX);
        Streams.Account across = stage.streams().finish(stream, firewallOnly, Map.of());
        long received = across.forward().receivedCount();
        findings.add(
                "old stream: packets, past the firewall",
                Figures.number(received) + " of " + Figures.number(count) + ", " + across.bypassedCount(),
                "fewer than sent, 0",
                received > 0 && received < count && across.bypassedCount() == 0);
        newFlows(stage);
        return "noticed after " + noticeMs + " ms, then nothing passed";
    }

    private static void newFlows(Stage stage) {
        long droppedBefore = stage.sluice().dropCount("SERVICE_DOWN");
        long seenBefore = stage.witnesses().server().sightingCount();
        int count = stage.scale().shortCount();
        Streams.Account account = stage.streams().run(count, stage.witnesses().firewallOnly());
        long seen = stage.witnesses().server().sightingCount() - seenBefore;
        long dropped = stage.sluice().dropCount("SERVICE_DOWN") - droppedBefore;
        stage.findings()
                .add(
                        "new stream: packets, on server's wire",
                        Figures.number(account.forward().receivedCount()) + " of " + Figures.number(count) + ", "
                                + Figures.number(seen),
                        "0, 0",
                        account.forward().receivedCount() == 0 && seen == 0);
        stage.findings()
                .add(
                        "Sluice's counter of SERVICE_DOWN",
                        Figures.number(dropped) + " packets",
                        ">= " + Figures.number(count),
                        // Retransmissions of connections that died in earlier steps may come in between.
                        dropped >= count);
    }
}
