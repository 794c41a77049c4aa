package dev.sluice.manager;

import dev.sluice.controller.Controller;
import dev.sluice.manager.agents.AgentService;
import dev.sluice.manager.callbacks.CallbackOptions;
import dev.sluice.manager.callbacks.CallbackService;
import dev.sluice.manager.enrolment.Enrolments;
import dev.sluice.manager.events.EventLog;
import dev.sluice.manager.instances.DeploymentService;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.paths.PathTraffic;
import dev.sluice.manager.store.Election;
import dev.sluice.manager.traces.CaptureFiles;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What only the manager that leads does: it serves agents, makes instances, and calls service managers back. The others refuse their connections, so agents go on to the next manager that they know. Any thread. */
final class Leading implements Election.Candidate {
    /** Longer than the longest wait of an agent between two tries. */
    private static final Duration AGENTS_GRACE = Duration.ofSeconds(20);

    private final Optional<AgentOptions> options;
    private final Optional<Enrolments> enrolments;
    private final Inventory inventory;
    private final EventLog events;
    private final CaptureFiles files;
    private final PathTraffic traffic;
    private final CallbackOptions calls;
    private final String address;
    private @Nullable AgentService agents;
    private @Nullable DeploymentService deployments;
    private @Nullable CallbackService callbacks;
    private @Nullable TrialService trials;

    Leading(
            Optional<AgentOptions> options,
            Optional<Enrolments> enrolments,
            Inventory inventory,
            EventLog events,
            CaptureFiles files,
            PathTraffic traffic,
            CallbackOptions calls,
            String address) {
        this.options = options;
        this.enrolments = enrolments;
        this.inventory = inventory;
        this.events = events;
        this.files = files;
        this.traffic = traffic;
        this.calls = calls;
        this.address = address;
    }

    @Override
    public synchronized void begin(Election.Term term) {
        if (options.isPresent()) {
            agents = AgentService.start(
                    options.get().listen(),
                    enrolments,
                    inventory,
                    events,
                    files,
                    traffic,
                    InstantSource.system(),
                    AGENTS_GRACE,
                    term);
            deployments = DeploymentService.start(inventory, term.fence(), agents.controller(), InstantSource.system());
        }
        trials = TrialService.start(inventory, term.fence());
        callbacks = CallbackService.start(inventory, events, term, calls, InstantSource.system());
    }

    @Override
    public synchronized void end() {
        if (trials != null) {
            trials.close();
            trials = null;
        }
        if (callbacks != null) {
            callbacks.close();
            callbacks = null;
        }
        if (deployments != null) {
            deployments.close();
            deployments = null;
        }
        if (agents != null) {
            agents.close();
            agents = null;
        }
    }

    @Override
    public String address() {
        return address;
    }

    /** What it serves agents with; empty: it serves none now. */
    synchronized Optional<Controller> controller() {
        return Optional.ofNullable(agents).map(AgentService::controller);
    }

    /** The port that agents reach it at; 0: it serves none now. */
    synchronized int port() {
        return agents == null ? 0 : agents.port();
    }
}
