package dev.sluice.lab.demo;

import dev.sluice.lab.HttpService;
import java.time.Duration;

/** What became of a download. */
final class Download {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private Download() {}

    /** Waits for its end and notes size and checksum. */
    static void note(Findings findings, String what, HttpService.Request request, long bytes) {
        HttpService.Answer answer = request.await(PATIENCE);
        boolean intact = request.checksum().equals(HttpService.checksum(bytes));
        findings.add(
                what,
                Figures.number(answer.bytes()) + " bytes, checksum " + (intact ? "right" : "wrong"),
                Figures.number(bytes) + " bytes, checksum right",
                answer.status() == 200 && answer.bytes() == bytes && intact);
    }
}
