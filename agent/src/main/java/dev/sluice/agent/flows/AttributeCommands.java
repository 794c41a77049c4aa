package dev.sluice.agent.flows;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminCommand;
import dev.sluice.agent.admin.AdminRequest;
import dev.sluice.agent.compile.AttributeValues;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.agent.report.AttributesReport;
import dev.sluice.agent.report.AttributesReport.AttributeReport;
import dev.sluice.agent.worker.Worker;
import dev.sluice.agent.worker.WorkerTask;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.rules.AttributeIds;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.track.AttributeEntry;
import dev.sluice.datapath.track.AttributeTable;
import dev.sluice.datapath.track.FlowName;
import dev.sluice.model.Literals;
import dev.sluice.model.Match.Context;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What an attribute source asks of a node: {@code attributes-set}, {@code attributes-clear}, {@code attributes} (V4). Any thread; changes take turns, and each is in force
 * for the next batch of packets when its answer comes.
 */
public final class AttributeCommands {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long TTL_DEFAULT_NS = 300 * SECOND_NS;
    private static final long TTL_MAX_NS = 86_400 * SECOND_NS;
    private static final int LIMIT_DEFAULT = 100;
    private static final int LIMIT_MAX = AttributeTable.FLOWS_MAX + SnapshotCompiler.INDICES_MAX;
    private static final int TEXT_MAX = 4096;
    private static final int ANSWER_SECONDS = 10;

    private final Worker worker;
    private final Supplier<Snapshot> snapshot;
    private final AttributeValues values;
    private final ReentrantLock turn = new ReentrantLock();

    /** The worker's table once something was set; guarded by the turn. */
    private @Nullable AttributeTable table;

    public AttributeCommands(Worker worker, Supplier<Snapshot> snapshot, AttributeValues values) {
        this.worker = worker;
        this.snapshot = snapshot;
        this.values = values;
    }

    public List<AdminCommand> commands() {
        return List.of(
                new AdminCommand("attributes", List.of("limit"), this::list),
                new AdminCommand(
                        "attributes-set", List.of("port", "flow", "application", "group", "user", "ttl"), this::set),
                new AdminCommand("attributes-clear", List.of("port", "flow", "all"), this::clear));
    }

    /** The port or the flow that a request is about. */
    private record Subject(int port, @Nullable FlowName flow) {}

    private Optional<Subject> subject(AdminRequest request) throws NodeException {
        Optional<String> port = request.text("port", TEXT_MAX);
        Optional<String> flow = request.text("flow", TEXT_MAX);
        if (port.isPresent() && flow.isPresent()) {
            throw new NodeException("port and flow are both given; name one of them");
        }
        if (flow.isPresent()) {
            return Optional.of(new Subject(-1, FlowText.parse(flow.get())));
        }
        return port.isPresent() ? Optional.of(new Subject(portIndex(port.get()), null)) : Optional.empty();
    }

    private int portIndex(String name) throws NodeException {
        Snapshot now = snapshot.get();
        TreeSet<String> names = new TreeSet<>();
        for (int i = 0; i < now.portCount(); i++) {
            PortEntry port = now.port(i);
            if (port.role() != PortEntry.Role.SERVICE) {
                if (port.name().equals(name)) {
                    return i;
                }
                names.add(port.name());
            }
        }
        throw new NodeException("port '" + AdminRequest.shorten(name)
                + "' is not a port where flows come in; there are: " + AdminRequest.shorten(String.join(", ", names)));
    }

    // Setting.

    private Object set(AdminRequest request) throws NodeException {
        Subject subject = subject(request)
                .orElseThrow(() -> new NodeException("neither port nor flow is given; name one of them"));
        Optional<String> application = value(request, "application");
        Optional<String> group = value(request, "group");
        Optional<String> user = value(request, "user");
        if (application.isEmpty() && group.isEmpty() && user.isEmpty()) {
            throw new NodeException(
                    "none of application, group and user is given; to take attributes away use" + " attributes-clear");
        }
        long ttlNs = ttlNs(request);
        turn.lock();
        try {
            long attributes = numbers(application, group, user);
            boolean room = ask(true, (used, nowNs) -> {
                if (subject.flow() != null) {
                    return used.setFlow(subject.flow(), attributes, nowNs + ttlNs);
                }
                used.setPort(subject.port(), attributes, nowNs + ttlNs);
                return true;
            });
            if (!room) {
                throw new NodeException("attributes are set for " + AttributeTable.FLOWS_MAX
                        + " flows, which is the most; clear some, give them a shorter ttl, or set them for ports");
            }
        } finally {
            turn.unlock();
        }
        return Map.of("ttlMs", ttlNs / 1_000_000);
    }

    private static Optional<String> value(AdminRequest request, String field) throws NodeException {
        Optional<String> value = request.text(field, TEXT_MAX);
        if (value.isPresent() && !Context.isValue(value.get())) {
            throw new NodeException(field + " '" + AdminRequest.shorten(value.get()) + "' is not a value; allowed: "
                    + Context.allowed());
        }
        return value;
    }

    private static long ttlNs(AdminRequest request) throws NodeException {
        Optional<String> written = request.text("ttl", TEXT_MAX);
        if (written.isEmpty()) {
            return TTL_DEFAULT_NS;
        }
        OptionalLong ns = Literals.durationNs(written.get());
        if (ns.isEmpty() || ns.getAsLong() < SECOND_NS || ns.getAsLong() > TTL_MAX_NS) {
            throw new NodeException("ttl '" + AdminRequest.shorten(written.get())
                    + "' is not a time to live; allowed: duration such as 30s, 5m, 2h in 1s..1d");
        }
        return ns.getAsLong();
    }

    /** Numbers of the values; if none is left, those that nothing uses any more are taken back. */
    private long numbers(Optional<String> application, Optional<String> group, Optional<String> user)
            throws NodeException {
        OptionalLong numbers = values.numbers(application, group, user);
        if (numbers.isEmpty()) {
            values.forgetAllBut(inUse());
            numbers = values.numbers(application, group, user);
        }
        return numbers.orElseThrow(
                () -> new NodeException(
                        "rules and attributes have " + AttributeValues.VALUES_MAX
                                + " different values, which is the most; clear attributes, or restart the node if rules have named many"));
    }

    private BitSet inUse() throws NodeException {
        return ask(false, (used, _) -> {
            BitSet numbers = new BitSet();
            for (AttributeEntry entry : used.entries(Integer.MAX_VALUE)) {
                numbers.set(AttributeIds.application(entry.attributes()));
                numbers.set(AttributeIds.group(entry.attributes()));
                numbers.set(AttributeIds.user(entry.attributes()));
            }
            return numbers;
        });
    }

    // Clearing and listing.

    private Object clear(AdminRequest request) throws NodeException {
        Optional<Subject> subject = subject(request);
        boolean all = request.flag("all");
        if (all == subject.isPresent()) {
            throw new NodeException("name one of port, flow and all");
        }
        turn.lock();
        try {
            int cleared = ask(false, (used, _) -> subject.isEmpty() ? used.clearAll() : clear(used, subject.get()));
            return Map.of("cleared", cleared);
        } finally {
            turn.unlock();
        }
    }

    private static int clear(AttributeTable used, Subject subject) {
        boolean was = subject.flow() != null ? used.clearFlow(subject.flow()) : used.clearPort(subject.port());
        return was ? 1 : 0;
    }

    private Object list(AdminRequest request) throws NodeException {
        int limit = request.number("limit", 1, LIMIT_MAX).orElse(LIMIT_DEFAULT);
        Snapshot now = snapshot.get();
        turn.lock();
        try {
            return ask(false, (used, nowNs) -> {
                List<AttributeReport> some = new ArrayList<>();
                used.entries(limit).forEach(entry -> some.add(report(entry, now, nowNs)));
                return new AttributesReport(used.size(), some);
            });
        } finally {
            turn.unlock();
        }
    }

    private AttributeReport report(AttributeEntry entry, Snapshot now, long nowNs) {
        FlowName flow = entry.flow();
        boolean named = flow == null && entry.port() < now.portCount();
        return new AttributeReport(
                named ? now.port(entry.port()).name() : "",
                flow == null ? "" : FlowText.of(flow),
                values.text(AttributeIds.application(entry.attributes())),
                values.text(AttributeIds.group(entry.attributes())),
                values.text(AttributeIds.user(entry.attributes())),
                Math.max(0, (entry.expiresNs() - nowNs) / 1_000_000));
    }

    // The worker.

    @FunctionalInterface
    private interface Work<T> {
        T on(AttributeTable table, long nowNs);
    }

    private record Task<T>(CompletableFuture<T> result, Work<T> work, AttributeTable table, boolean first)
            implements WorkerTask {
        @Override
        public boolean step(Datapath datapath, long nowNs) {
            if (first) {
                datapath.useAttributes(table);
            }
            result.complete(work.on(table, nowNs));
            return true;
        }

        @Override
        public void abandon() {
            result.cancel(false);
        }
    }

    /**
     * Lets the worker do something between two batches and waits for it.
     *
     * @param lasting whether the worker has to keep the table; else an empty one will do if there is none
     */
    private <T> T ask(boolean lasting, Work<T> work) throws NodeException {
        AttributeTable used = table;
        if (used == null && !lasting) {
            try (AttributeTable empty = new AttributeTable(1, 1)) {
                return work.on(empty, System.nanoTime());
            }
        }
        boolean first = used == null;
        if (used == null) {
            used = new AttributeTable(worker.datapath().connections().capacity(), SnapshotCompiler.INDICES_MAX);
        }
        CompletableFuture<T> result = new CompletableFuture<>();
        try {
            worker.insist(new Task<>(result, work, used, first));
            table = used;
            return result.get(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException | CancellationException e) {
            throw new NodeException("the node did not answer in time, or is ending", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NodeException("the request was interrupted", e);
        }
    }
}
