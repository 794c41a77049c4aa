package dev.sluice.lab.demo;

/** The firewall is still dead, the chain is set to open: traffic passes without it and is counted as uninspected. */
final class OpenChain implements Step {
    @Override
    public String title() {
        return "the chain is set to open";
    }

    @Override
    public String run(Stage stage) {
        Findings findings = stage.findings();
        long changeMs = stage.changeChain(Objects.BOTH_NODES, "open") / 1_000_000;
        long before = stage.sluice().uninspectedCount();
        int count = stage.scale().shortCount();
        Streams.Account account = stage.streams().run(count, stage.witnesses().firewallOnly());
        long uninspected = stage.sluice().uninspectedCount() - before;
        findings.add(
                "new stream, packets",
                Figures.account(account.forward()),
                Figures.perfect(count),
                account.forward().receivedCount() == count);
        findings.add(
                "  past the firewall, with answers",
                Figures.number(account.bypassedCount()),
                Figures.number(2L * count),
                account.bypassedCount() == 2L * count);
        findings.add(
                "  counted by Sluice as uninspected",
                Figures.number(uninspected) + " packets",
                Figures.number(account.receivedCount()) + " packets",
                uninspected == account.receivedCount());
        return "in force after " + changeMs + " ms, " + Figures.number(uninspected) + " packets counted as uninspected";
    }
}
