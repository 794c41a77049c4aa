package dev.sluice.manager.agents;

import dev.sluice.controller.AgentAsker;
import dev.sluice.controller.AgentGate;
import dev.sluice.controller.Controller;
import dev.sluice.controller.SouthboundServer;
import dev.sluice.manager.discovery.DiscoveryService;
import dev.sluice.manager.events.EventLog;
import dev.sluice.manager.events.EventWriter;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.paths.PathService;
import dev.sluice.manager.paths.PathTraffic;
import dev.sluice.manager.store.Election.Term;
import dev.sluice.manager.traces.CaptureFiles;
import dev.sluice.manager.traces.CaptureService;
import dev.sluice.manager.traces.TraceService;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** What a manager does for agents: a controller that knows the objects, and a place where agents reach it. Any thread. */
public final class AgentService implements AutoCloseable {
    /** The address for agents cannot be listened on. */
    public static final class Unreachable extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Unreachable(InetSocketAddress address, IOException cause) {
            super(
                    "cannot listen on " + address.getHostString() + ":" + address.getPort() + ": " + cause.getMessage(),
                    cause);
        }
    }

    private static final Term ALWAYS = new Term(0, List.of(), () -> true);

    private final StatusWriter writer;
    private final Controller controller;
    private final SouthboundServer server;
    private final ObjectFeed feed;
    private final DiscoveryService discovery;
    private final PathService paths;
    private final TraceService traces;
    private final CaptureService captures;
    private final PathTraffic traffic;
    private final AgentAsker asker;
    private final AgentEvents events;

    private AgentService(
            StatusWriter writer,
            Controller controller,
            SouthboundServer server,
            ObjectFeed feed,
            DiscoveryService discovery,
            PathService paths,
            TraceService traces,
            CaptureService captures,
            PathTraffic traffic,
            AgentAsker asker,
            AgentEvents events) {
        this.writer = writer;
        this.controller = controller;
        this.server = server;
        this.feed = feed;
        this.discovery = discovery;
        this.paths = paths;
        this.traces = traces;
        this.captures = captures;
        this.traffic = traffic;
        this.asker = asker;
        this.events = events;
    }

    /**
     * Starts it without encryption, for whoever reaches it.
     *
     * @param grace for how long agents that have not come back yet count as on their way
     * @throws Unreachable if the address cannot be listened on
     */
    public static AgentService start(
            InetSocketAddress listen, Inventory inventory, InstantSource clock, Duration grace) {
        return start(listen, Optional.empty(), inventory, clock, grace);
    }

    /**
     * Starts it, and nobody reads what happens.
     *
     * @param gate decides over TLS who is let in; empty: without encryption, whoever reaches it
     * @param grace for how long agents that have not come back yet count as on their way
     * @throws Unreachable if the address cannot be listened on
     */
    public static AgentService start(
            InetSocketAddress listen,
            Optional<? extends AgentGate> gate,
            Inventory inventory,
            InstantSource clock,
            Duration grace) {
        return start(
                listen,
                gate,
                inventory,
                new EventLog(clock),
                new CaptureFiles(),
                new PathTraffic(System::nanoTime),
                clock,
                grace,
                ALWAYS);
    }

    /**
     * Starts it for as long as its manager leads.
     *
     * @param gate decides over TLS who is let in; empty: without encryption, whoever reaches it
     * @param events hears what happens
     * @param files gets packets that are captured
     * @param traffic asks agents what paths carry
     * @param grace for how long agents that have not come back yet count as on their way
     * @param term without which nothing is told or written
     * @throws Unreachable if the address cannot be listened on
     */
    public static AgentService start(
            InetSocketAddress listen,
            Optional<? extends AgentGate> gate,
            Inventory inventory,
            EventLog events,
            CaptureFiles files,
            PathTraffic traffic,
            InstantSource clock,
            Duration grace,
            Term term) {
        StatusWriter writer = new StatusWriter(inventory, clock, term.fence());
        Controller controller = new Controller(writer::tell, grace, term.holds());
        // Agents that come before the objects do would be told that there are none.
        EventWriter happenings = new EventWriter(events, inventory);
        DiscoveryService discovery = DiscoveryService.start(
                inventory,
                term.fence(),
                lookout -> controller.ask(distribution -> distribution.lookFor(lookout)),
                happenings);
        PathService paths = PathService.start(inventory, term.fence(), clock);
        AgentAsker asker = (node, word, question, problem) ->
                controller.ask(distribution -> problem.accept(distribution.question(node, word, question)));
        TraceService traces = TraceService.start(inventory, term.fence(), clock, asker);
        CaptureService captures = CaptureService.start(inventory, term.fence(), clock, asker, files);
        traffic.begin(asker);
        AgentEvents watcher = new AgentEvents(happenings, discovery, paths, traces, captures, traffic);
        controller.ask(distribution -> distribution.watch(watcher));
        ObjectFeed feed = null;
        try {
            feed = ObjectFeed.start(inventory, controller, () -> {
                discovery.objectsChanged();
                paths.objectsChanged();
                traces.objectsChanged();
                captures.objectsChanged();
            });
            SouthboundServer server = gate.isPresent()
                    ? SouthboundServer.start(listen, controller, gate.get())
                    : SouthboundServer.start(listen, controller);
            return new AgentService(
                    writer, controller, server, feed, discovery, paths, traces, captures, traffic, asker, watcher);
        } catch (IOException | RuntimeException e) {
            if (feed != null) {
                feed.close();
            }
            discovery.close();
            paths.close();
            traces.close();
            captures.close();
            traffic.end(asker);
            watcher.close();
            controller.close();
            writer.close();
            throw e instanceof RuntimeException failure ? failure : new Unreachable(listen, (IOException) e);
        }
    }

    /** The port that it listens on. */
    public int port() {
        return server.port();
    }

    /** What the service runs on. */
    public Controller controller() {
        return controller;
    }

    @Override
    public void close() {
        server.close();
        feed.close();
        discovery.close();
        paths.close();
        traces.close();
        captures.close();
        traffic.end(asker);
        controller.close();
        events.close();
        writer.close();
    }
}
