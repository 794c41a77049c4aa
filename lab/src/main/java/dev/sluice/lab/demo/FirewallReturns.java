package dev.sluice.lab.demo;

/** The firewall is back and the chain closed again: everything passes both nodes as before. */
final class FirewallReturns implements Step {
    @Override
    public String title() {
        return "the firewall comes back, the chain is closed again";
    }

    @Override
    public String run(Stage stage) {
        stage.scene().firewall().replug();
        stage.sluice().awaitInstance("fw-1", true);
        stage.changeChain(Objects.BOTH_NODES, "closed");
        long before = stage.sluice().uninspectedCount();
        int count = stage.scale().shortCount();
        Streams.Account account = stage.streams().run(count, stage.witnesses().both());
        long uninspected = stage.sluice().uninspectedCount() - before;
        stage.findings()
                .add(
                        "new stream, packets",
                        Figures.account(account.forward()),
                        Figures.perfect(count),
                        account.forward().receivedCount() == count);
        stage.findings()
                .add(
                        "  past one of the two nodes, uninspected",
                        account.bypassedCount() + ", " + uninspected,
                        "0, 0",
                        account.bypassedCount() == 0 && uninspected == 0);
        return Figures.number(account.forward().receivedCount()) + " packets, all through both nodes";
    }
}
