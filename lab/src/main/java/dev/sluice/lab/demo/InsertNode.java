package dev.sluice.lab.demo;

import dev.sluice.lab.HttpService;
import dev.sluice.lab.TrafficRun;
import java.time.Duration;

/** The second node is put into the chain while a download and a paced stream run: they lose nothing, new flows pass it. */
final class InsertNode implements Step {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final long CHANGE_MS_MAX = 5_000;

    @Override
    public String title() {
        return "a second node is inserted while a download and a stream run";
    }

    @Override
    public String run(Stage stage) {
        Findings findings = stage.findings();
        Scale scale = stage.scale();
        forbiddenUrlBefore(stage);

        var firewallOnly = stage.witnesses().firewallOnly();
        var bothNodes = stage.witnesses().both();
        TrafficRun stream = stage.streams().start(scale.longCount());
        HttpService.Request download = stage.scene()
                .web()
                .request(
                        stage.scene().client(),
                        Scene.SERVER,
                        "/slow/" + scale.slowBytes() + "/" + scale.slowMs(),
                        PATIENCE);
        stream.awaitReceived(scale.longCount() / 4, PATIENCE);
        long changeMs = stage.changeChain(Objects.BOTH_NODES, "closed") / 1_000_000;
        boolean underWay = stream.sender().lastLine("sent=").isEmpty()
                && download.process().isAlive();
        findings.add(
                "chain.yaml changed, in force after",
                changeMs + " ms, both " + (underWay ? "under way" : "over"),
                "< " + CHANGE_MS_MAX + " ms, both under way",
                changeMs < CHANGE_MS_MAX && underWay);
        newFlowsPassIt(stage);

        Streams.Account old = stage.streams().finish(stream, firewallOnly);
        note(findings, "stream across the change, packets", old, scale.longCount());
        Download.note(findings, "download across the change", download, scale.slowBytes());
        Streams.Account fresh = stage.streams().run(scale.shortCount(), bothNodes);
        note(findings, "new stream, packets", fresh, scale.shortCount());
        findings.add(
                "  of these past one of the two nodes",
                Figures.number(fresh.bypassedCount()),
                "0",
                fresh.bypassedCount() == 0);
        return "in force after " + changeMs + " ms, " + old.forward().lostCount() + " of "
                + Figures.number(old.forward().sentCount()) + " packets lost";
    }

    private static void note(Findings findings, String what, Streams.Account account, int count) {
        findings.add(
                what,
                Figures.account(account.forward()),
                Figures.perfect(count),
                account.forward().isPerfect());
        findings.add(
                "  answers to them",
                Figures.account(account.reverse()),
                Figures.perfect(count),
                account.reverse().isPerfect());
    }

    private static void forbiddenUrlBefore(Stage stage) {
        HttpService.Answer answer = stage.scene().get(Scene.FORBIDDEN_PATH);
        long frames = frames(stage);
        stage.findings()
                .add(
                        Scene.FORBIDDEN_PATH + " before, frames at the second node",
                        Answers.text(answer) + ", " + frames + " frames",
                        "answer 200, 0 frames",
                        answer.status() == 200 && frames == 0);
    }

    private static void newFlowsPassIt(Stage stage) {
        HttpService.Answer forbidden = stage.scene().get(Scene.FORBIDDEN_PATH);
        int blocked = stage.scene().inspector().blocked().size();
        stage.findings()
                .add(
                        Scene.FORBIDDEN_PATH + " after, blocks in the node's log",
                        Answers.text(forbidden) + ", " + blocked + " blocked",
                        "no answer, 1 blocked",
                        forbidden.status() == 0 && blocked == 1);
        HttpService.Answer allowed = stage.scene().get("/index");
        stage.findings().add("/index after", Answers.text(allowed), "answer 200", allowed.status() == 200);
    }

    private static long frames(Stage stage) {
        var figures = stage.scene().inspector().figures();
        return figures.forwardCount() + figures.reverseCount();
    }
}
