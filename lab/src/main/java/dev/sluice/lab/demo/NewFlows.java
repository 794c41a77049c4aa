package dev.sluice.lab.demo;

import dev.sluice.lab.HttpService;
import dev.sluice.lab.Waits;
import java.time.Duration;

/** Flows that begin after the second node joined pass both nodes: a URL that it forbids dies there, by its own log. */
final class NewFlows implements Step {
    private static final Duration FIGURES_LATE = Duration.ofSeconds(2);

    @Override
    public String title() {
        return "new flows pass both nodes";
    }

    @Override
    public String run(Stage stage) {
        Findings findings = stage.findings();
        HttpService.Answer forbidden = stage.scene().get(Scene.FORBIDDEN_PATH);
        int blocked = stage.scene().inspector().blocked().size();
        findings.add(
                Scene.FORBIDDEN_PATH + " now, second node's log",
                Answers.text(forbidden) + ", " + blocked + " blocked",
                "no answer, 1 blocked",
                forbidden.status() == 0 && blocked == 1);
        long framesBefore = stage.scene().inspectedFrames();
        HttpService.Answer allowed = stage.scene().get("/index");
        // Its figures may be a moment behind.
        Waits.holdsWithin(FIGURES_LATE, () -> stage.scene().inspectedFrames() > framesBefore);
        long frames = stage.scene().inspectedFrames() - framesBefore;
        findings.add(
                "/index now, second node",
                Answers.text(allowed) + ", " + frames + " frames",
                "answer 200, > 0 frames",
                allowed.status() == 200 && frames > 0);
        Streams.Account account = stage.streams()
                .run(stage.scale().shortCount(), stage.witnesses().both());
        account.note(findings);
        findings.add(
                "stream: past one of the nodes",
                Figures.number(account.bypassedCount()),
                "0",
                account.bypassedCount() == 0);
        return stage.scene().inspector().blocked().stream().findFirst().orElse("nothing blocked");
    }
}
