package dev.sluice.lab.demo;

import dev.sluice.lab.HttpService;
import dev.sluice.lab.PacketFilter;

/** A connection to a port that the firewall forbids dies there, although a service listens behind it. */
final class ForbiddenTraffic implements Step {
    @Override
    public String title() {
        return "forbidden traffic (tcp port " + Scene.FORBIDDEN_PORT + ") dies at the firewall";
    }

    @Override
    public String run(Stage stage) {
        PacketFilter filter = stage.scene().firewall().filter();
        long droppedBefore = filter.dropped().packets();
        HttpService.Answer answer = stage.scene().getForbiddenPort("/");
        long dropped = filter.dropped().packets() - droppedBefore;
        long requests = stage.scene().forbiddenWeb().process().lines().stream()
                .filter(line -> line.startsWith("request "))
                .count();
        stage.findings()
                .add(
                        "request, seen",
                        Answers.text(answer) + ", " + requests + " at the server",
                        "no answer, 0 at the server",
                        answer.status() == 0 && requests == 0);
        stage.findings().add("firewall's counter of drops", Figures.number(dropped) + " packets", "> 0", dropped > 0);
        return dropped + " packets dropped by its rule";
    }
}
