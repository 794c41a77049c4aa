package dev.sluice.lab.demo;

import dev.sluice.lab.HttpService;
import dev.sluice.lab.Namespace;
import java.time.Duration;

/** A download that lasts until what happens meanwhile is over, two minutes at most; a web service gives one. One thread. */
final class LastingDownload {
    private static final long LASTING_MS_MAX = 120_000;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final HttpService web;
    private final HttpService.Request request;

    private LastingDownload(HttpService web, HttpService.Request request) {
        this.web = web;
        this.request = request;
    }

    /** Begins it, as fast as the scale's slow download is. */
    static LastingDownload begin(HttpService web, Namespace client, String server, Scale scale) {
        long bytes = scale.slowBytes() * (LASTING_MS_MAX / scale.slowMs());
        return new LastingDownload(
                web, web.request(client, server, "/lasting/" + bytes + "/" + LASTING_MS_MAX, PATIENCE));
    }

    boolean isUnderWay() {
        return request.process().isAlive();
    }

    /** Ends it, and notes whether all came that was sent of it. */
    void end(Findings findings) {
        Download.note(findings, "download", request, web.endLasting());
    }
}
