package dev.sluice.lab.demo;

/** The firewall is still dead, the chain is set to open: traffic passes without it and is counted as uninspected. */
final class OpenChain implements Step {
    @Override
    public String title() {
        return "the chain is set to open: traffic passes without it, counted";
    }

    @Override
    public String run(Stage stage) {
        Findings findings = stage.findings();
        long changeMs = stage.changeChain(DemoObjects.BOTH_NODES, "open") / 1_000_000;
        long before = stage.sluice().uninspectedCount();
        int count = stage.scale().shortCount();
        Streams.Account account = stage.streams().run(count, stage.witnesses().both());
        long uninspected = stage.sluice().uninspectedCount() - before;
        account.note(findings);
        long pastFirewall = account.missedBy("firewall");
        long pastInspector = account.missedBy("ips");
        findings.add(
                "stream: past firewall, past second node",
                Figures.number(pastFirewall) + ", " + Figures.number(pastInspector),
                Figures.number(2L * count) + ", 0",
                pastFirewall == 2L * count && pastInspector == 0);
        findings.add(
                "Sluice's counter of uninspected",
                Figures.number(uninspected) + " packets",
                ">= " + Figures.number(account.receivedCount()),
                // Retransmissions of connections that died in earlier steps may come in between.
                uninspected >= account.receivedCount());
        return "in force after " + changeMs + " ms, " + Figures.number(uninspected) + " packets counted as uninspected";
    }
}
