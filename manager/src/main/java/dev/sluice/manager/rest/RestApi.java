package dev.sluice.manager.rest;

import dev.sluice.manager.access.Accounts;
import dev.sluice.manager.access.Identity;
import dev.sluice.manager.enrolment.Enrolments;
import dev.sluice.manager.events.EventLog;
import dev.sluice.manager.http.HttpAnswer;
import dev.sluice.manager.http.HttpRequest;
import dev.sluice.manager.http.HttpServer;
import dev.sluice.manager.metrics.RequestFigures;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Refusal.Reason;
import dev.sluice.manager.paths.PathTraffic;
import dev.sluice.manager.store.StoreException;
import dev.sluice.manager.traces.CaptureFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the route of a request, answers it, and says in one form whatever is wrong. Any thread. */
public final class RestApi implements HttpServer.Handler {
    private static final Logger LOG = LoggerFactory.getLogger(RestApi.class);

    /** Hosts that a browser on this machine names only if the user did. */
    private static final Set<String> LOCAL = Set.of("localhost", "127.0.0.1", "[::1]");

    private final List<Route> routes = new ArrayList<>();
    private final Gate gate;
    private final RateLimit limit;
    private final RequestFigures figures = new RequestFigures();
    private final LongSupplier nowNs;

    /**
     * The interface to some objects.
     *
     * @param events what happened lately
     * @param files packets that were captured
     * @param traffic what paths carry
     * @param enrolments of agents; empty: it serves none over TLS
     * @param gate who is let in, as whom
     * @param self what the manager says of itself
     * @param requestsPerSecondMax of one client address; ten times as many at once
     * @param nowNs a clock that only goes forward
     */
    public RestApi(
            Inventory inventory,
            Accounts accounts,
            EventLog events,
            CaptureFiles files,
            PathTraffic traffic,
            Optional<Enrolments> enrolments,
            Gate gate,
            Self self,
            int requestsPerSecondMax,
            LongSupplier nowNs) {
        this.gate = gate;
        this.nowNs = nowNs;
        // First those without names in braces: audit is no kind.
        routes.addAll(new SystemRoutes(inventory, self, figures).routes());
        routes.addAll(new AccessRoutes(accounts, inventory).routes());
        routes.addAll(new EnrolmentRoutes(enrolments).routes());
        routes.addAll(new EventRoutes(inventory, events, gate, self).routes());
        routes.addAll(new HistoryRoutes(inventory).routes());
        routes.addAll(new AssignmentRoutes(inventory, gate).routes());
        routes.addAll(new CaptureRoutes(inventory, files, self).routes());
        routes.addAll(new StatusRoutes(inventory, traffic, self).routes());
        routes.addAll(new ObjectRoutes(inventory, gate).routes());
        limit = new RateLimit(requestsPerSecondMax, 10 * requestsPerSecondMax, nowNs);
    }

    List<Route> routes() {
        return routes;
    }

    @Override
    public HttpAnswer answer(HttpRequest request) throws IOException, InterruptedException {
        long startNs = nowNs.getAsLong();
        HttpAnswer answer = uncounted(request);
        String operation = routes.stream()
                .filter(route -> route.method().equals(request.method())
                        && route.match(request.path()).isPresent())
                .findFirst()
                .map(Route::operation)
                .orElse("none");
        return switch (answer) {
            case HttpAnswer.Whole whole -> {
                figures.answered(operation, whole.status(), nowNs.getAsLong() - startNs);
                yield whole;
            }
            case HttpAnswer.Streamed streamed -> {
                figures.answered(operation, 200, nowNs.getAsLong() - startNs);
                yield new HttpAnswer.Streamed(streamed.contentType(), sink -> watched(streamed, sink));
            }
        };
    }

    private void watched(HttpAnswer.Streamed streamed, HttpAnswer.Sink sink) throws IOException, InterruptedException {
        figures.watchBegins();
        try {
            streamed.writer().write(sink);
        } finally {
            figures.watchEnds();
        }
    }

    private HttpAnswer uncounted(HttpRequest request) throws IOException, InterruptedException {
        try {
            if (gate.isOpen()) {
                checkHost(request);
            }
            long waitMs = limit.take(request.client());
            if (waitMs > 0) {
                return Answers.refused(
                        new Refusal(
                                Reason.TOO_MANY,
                                "too many requests from " + request.client(),
                                "ask again later, and less often"),
                        Map.of("Retry-After", String.valueOf((waitMs + 999) / 1_000)));
            }
            return dispatch(request);
        } catch (Refusal e) {
            boolean unknown = e.reason() == Reason.UNAUTHENTICATED;
            return Answers.refused(e, unknown ? Map.of("WWW-Authenticate", "Bearer realm=\"sluice\"") : Map.of());
        } catch (StoreException e) {
            return Answers.refused(Inventory.refusal(e), Map.of());
        } catch (RuntimeException e) {
            LOG.error("{} {} failed", request.method(), request.path(), e);
            return Answers.refused(
                    new Refusal(Reason.DEFECT, "a defect of the manager", "look at its log, and report it"), Map.of());
        }
    }

    /** Pages of strangers must not reach the manager through the browser of somebody on this machine, by a name that they resolve to it. */
    private static void checkHost(HttpRequest request) {
        String host = request.header("Host").replaceFirst(":[0-9]+$", "");
        if (!LOCAL.contains(host)) {
            throw new Refusal(
                    Reason.FORBIDDEN,
                    "the manager is asked for as '" + host + "'",
                    "use one of: localhost, 127.0.0.1, [::1]");
        }
    }

    private HttpAnswer dispatch(HttpRequest request) throws IOException, InterruptedException {
        Set<String> methods = new TreeSet<>();
        for (Route route : routes) {
            Optional<Map<String, String>> values = route.match(request.path());
            if (values.isPresent()) {
                if (route.method().equals(request.method())) {
                    Identity who = route.open()
                            ? gate.known(request.header("Authorization"))
                            : gate.identify(request.header("Authorization"));
                    return route.handler().answer(new Call(request, values.get(), who));
                }
                methods.add(route.method());
            }
        }
        // What there is and what not is not told to strangers.
        gate.identify(request.header("Authorization"));
        if (methods.isEmpty()) {
            throw new Refusal(Reason.NOT_FOUND, "there is nothing at " + request.path(), "see GET /openapi.yaml");
        }
        return Answers.refused(
                new Refusal(
                        Reason.METHOD_NOT_ALLOWED,
                        request.method() + " is not possible at " + request.path(),
                        "possible: " + String.join(", ", methods)),
                Map.of("Allow", String.join(", ", methods)));
    }
}
