package dev.sluice.lab.demo;

/** The firewall is back and the chain closed again: everything passes both nodes as before. */
final class FirewallReturns implements Step {
    @Override
    public String title() {
        return "the firewall comes back, the chain is closed again";
    }

    @Override
    public String run(Stage stage) {
        Findings findings = stage.findings();
        stage.scene().firewall().replug();
        stage.sluice().awaitInstance("fw-1", true);
        stage.changeChain(DemoObjects.BOTH_NODES, "closed");
        long before = stage.sluice().uninspectedCount();
        Streams.Account account = stage.streams()
                .run(stage.scale().shortCount(), stage.witnesses().both());
        long uninspected = stage.sluice().uninspectedCount() - before;
        account.note(findings);
        findings.add(
                "stream: past one of the nodes",
                Figures.number(account.bypassedCount()),
                "0",
                account.bypassedCount() == 0);
        findings.add("Sluice's counter of uninspected", uninspected + " packets", "0 packets", uninspected == 0);
        return Figures.number(account.receivedCount()) + " packets and answers, " + account.bypassedCount()
                + " of them past a node";
    }
}
