package dev.sluice.lab.demo;

import dev.sluice.lab.HttpService;
import dev.sluice.lab.TrafficRun;
import java.time.Duration;

/** The second node is put into the chain while a download and a paced stream run: they stay on their path and lose nothing. */
final class InsertNode implements Step {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final long CHANGE_MS_MAX = 5_000;

    @Override
    public String title() {
        return "a second node joins the chain while a download and a stream run";
    }

    @Override
    public String run(Stage stage) {
        Findings findings = stage.findings();
        Scale scale = stage.scale();
        forbiddenUrl(stage);

        var passed = stage.witnesses().firewallOnly();
        var notPassed = stage.witnesses().inspectorOnly();
        TrafficRun stream = stage.streams().startLasting();
        LastingDownload download =
                LastingDownload.begin(stage.scene().web(), stage.scene().client(), Scene.SERVER, scale);
        stream.awaitReceived(scale.longCount() / 4, PATIENCE);
        long changeMs = stage.changeChain(DemoObjects.BOTH_NODES, "closed") / 1_000_000;
        boolean underWay = stream.isUnderWay() && download.isUnderWay();
        findings.add(
                "changed file in force, old flows",
                changeMs + " ms, " + (underWay ? "under way" : "over"),
                "< " + CHANGE_MS_MAX + " ms, under way",
                changeMs < CHANGE_MS_MAX && underWay);

        stream.awaitBothWays(scale.longCount() / 4, PATIENCE);
        stream.endSending();
        Streams.Account account = stage.streams().finish(stream, passed, notPassed);
        account.note(findings);
        findings.add(
                "stream: past firewall, at second node",
                account.bypassedCount() + ", " + account.wrongPathCount(),
                "0, 0",
                account.bypassedCount() == 0 && account.wrongPathCount() == 0);
        download.end(findings);
        return "in force after " + changeMs + " ms, " + account.forward().lostCount() + " of "
                + Figures.number(account.forward().sentCount()) + " packets lost";
    }

    private static void forbiddenUrl(Stage stage) {
        HttpService.Answer answer = stage.scene().get(Scene.FORBIDDEN_PATH);
        long frames = stage.scene().inspectedFrames();
        stage.findings()
                .add(
                        Scene.FORBIDDEN_PATH + " before, second node",
                        Answers.text(answer) + ", " + frames + " frames",
                        "answer 200, 0 frames",
                        answer.status() == 200 && frames == 0);
    }
}
