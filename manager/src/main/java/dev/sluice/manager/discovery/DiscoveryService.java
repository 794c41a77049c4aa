package dev.sluice.manager.discovery;

import dev.sluice.controller.AgentWatcher;
import dev.sluice.manager.discovery.FoundObjects.Wish;
import dev.sluice.manager.events.EventWriter;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.store.Store.Condition;
import dev.sluice.model.Kind;
import dev.sluice.southbound.Interfaces;
import dev.sluice.southbound.Lookout;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@link Discovery} with a thread, a clock and the objects. What it hears is for any thread and never waits.
 *
 * <p>What was found is compared with the objects as they are, so whatever somebody else does to them is mended, and a manager that starts anew goes on where it was. What the
 * model refuses, a collision with what somebody wrote say, is left out, said, and tried again when objects change.
 */
public final class DiscoveryService implements AgentWatcher, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DiscoveryService.class);

    /** What happens within so short a time is looked at once. */
    private static final long GATHER_NS = 50_000_000L;

    private static final long RETRY_NS = 30_000_000_000L;
    private static final long AGAIN_NS = 10_000_000L;
    private static final long IDLE_NS = 5_000_000_000L;
    private static final int SAID_MAX = 20;
    private static final int BATCH_MAX = 500;

    private final Inventory inventory;
    private final List<Condition> fence;
    private final Consumer<Lookout> lookouts;
    private final EventWriter events;
    private final FoundStatus status;
    private final Discovery discovery = new Discovery(System.nanoTime());
    private final LinkedBlockingQueue<Runnable> mailbox = new LinkedBlockingQueue<>();
    private final Map<String, Refused> refused = new HashMap<>();
    private final Map<String, String> said = new HashMap<>();
    private final Thread thread;
    private Sought sought = Sought.NOTHING;

    /** Whether a port that is to be removed is another than was read; it is looked at again. */
    private boolean changedMeanwhile;

    private boolean objectsChanged = true;
    private volatile boolean stopping;

    /** What objects do not take. */
    private record Refused(String words, String why, long atNs) {}

    private DiscoveryService(
            Inventory inventory, List<Condition> fence, Consumer<Lookout> lookouts, EventWriter events) {
        this.inventory = inventory;
        this.fence = fence;
        this.events = events;
        status = new FoundStatus(inventory, fence);
        this.lookouts = lookouts;
        thread = Thread.ofPlatform().daemon().name("sluice-discovery").unstarted(this::run);
    }

    /**
     * Starts.
     *
     * @param fence what has to hold in the store for what it writes
     * @param lookouts gets what agents are to look for
     * @param events hears what was found and what is left alone
     */
    public static DiscoveryService start(
            Inventory inventory, List<Condition> fence, Consumer<Lookout> lookouts, EventWriter events) {
        DiscoveryService service = new DiscoveryService(inventory, fence, lookouts, events);
        service.thread.start();
        return service;
    }

    /** Objects are others now. */
    public void objectsChanged() {
        mailbox.add(() -> {
            objectsChanged = true;
            refused.clear();
        });
    }

    @Override
    public void connected(String node) {
        mailbox.add(() -> discovery.connected(node, System.nanoTime()));
    }

    @Override
    public void lost(String node) {
        mailbox.add(() -> discovery.lost(node, System.nanoTime()));
    }

    @Override
    public void interfaces(String node, Interfaces told) {
        mailbox.add(() -> discovery.told(node, told, System.nanoTime()));
    }

    // The thread.

    private void run() {
        long waitNs = 0;
        while (!stopping) {
            try {
                hear(waitNs);
                waitNs = lookAround();
            } catch (InterruptedException e) {
                return;
            } catch (Refusal e) {
                if (!stopping) {
                    LOG.warn("what was discovered cannot be written, that is tried again: {}", e.getMessage());
                }
                objectsChanged = true;
                waitNs = 1_000_000_000L;
            } catch (RuntimeException e) {
                if (!stopping) {
                    LOG.error("a defect of this program, discovery goes on", e);
                }
                waitNs = 1_000_000_000L;
            }
        }
    }

    /** Waits for something to happen, and a moment longer for what comes with it. */
    private void hear(long waitNs) throws InterruptedException {
        Runnable first = mailbox.poll(waitNs, TimeUnit.NANOSECONDS);
        if (first == null) {
            return;
        }
        first.run();
        long untilNs = System.nanoTime() + GATHER_NS;
        while (true) {
            Runnable next = mailbox.poll(untilNs - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (next == null) {
                return;
            }
            next.run();
        }
    }

    /** How long nothing has to be done if nothing happens. */
    private long lookAround() {
        if (objectsChanged) {
            readObjects();
        }
        long nowNs = System.nanoTime();
        Found found = discovery.look(nowNs);
        say(found.notices());
        refused.values().removeIf(each -> nowNs - each.atNs >= RETRY_NS);
        changedMeanwhile = false;
        write(FoundObjects.edits(sought, found));
        Map<String, String> left = new HashMap<>();
        refused.forEach((title, no) -> left.put(title, no.why));
        if (!status.write(sought, found, left, Instant.now()) || changedMeanwhile) {
            return AGAIN_NS;
        }
        return Math.clamp(found.againNs().orElse(nowNs + IDLE_NS) - nowNs, 1_000_000L, IDLE_NS);
    }

    private void readObjects() {
        objectsChanged = false;
        sought = FoundObjects.read(inventory.all().objects(), inventory.tenants());
        discovery.seek(sought);
        lookouts.accept(sought.lookout());
    }

    private void say(Map<String, String> notices) {
        List<Map.Entry<String, String>> news = notices.entrySet().stream()
                .filter(each -> !each.getValue().equals(said.get(each.getKey())))
                .sorted(Map.Entry.comparingByKey())
                .toList();
        news.stream().limit(SAID_MAX).forEach(each -> {
            LOG.info("discovery: {} {}", each.getKey(), each.getValue());
            events.leftAlone(each.getKey(), each.getValue());
        });
        if (news.size() > SAID_MAX) {
            LOG.info("discovery: and {} more like these", news.size() - SAID_MAX);
        }
        said.clear();
        said.putAll(notices);
    }

    private void write(Map<String, Wish> edits) {
        edits.entrySet().removeIf(each -> {
            Refused no = refused.get(each.getKey());
            return no != null && no.words.equals(each.getValue().words());
        });
        if (edits.isEmpty()) {
            return;
        }
        // Their own change comes back as news.
        List<Map.Entry<String, Wish>> all = List.copyOf(edits.entrySet());
        for (int from = 0; from < all.size(); from += BATCH_MAX) {
            List<Map.Entry<String, Wish>> batch = all.subList(from, Math.min(from + BATCH_MAX, all.size()));
            Optional<Refusal> no = written(batch);
            if (no.isPresent() && batch.size() == 1) {
                refuse(batch.getFirst(), no.get());
            } else if (no.isPresent()) {
                // One that does not go must not hold up the others.
                for (Map.Entry<String, Wish> each : batch) {
                    written(List.of(each)).ifPresent(why -> refuse(each, why));
                }
            }
        }
        objectsChanged = true;
        readObjects();
    }

    private Optional<Refusal> written(List<Map.Entry<String, Wish>> batch) {
        List<Edit> edits = new ArrayList<>();
        batch.forEach(each -> edits.add(each.getValue().edit()));
        try {
            inventory.change(edits, FoundObjects.CALLER, false, fence);
            batch.forEach(each -> {
                Wish wish = each.getValue();
                LOG.info("discovery: {} {}", each.getKey(), wish.words());
                events.found(wish.reason(), each.getKey(), wish.node(), wish.words());
            });
            return Optional.empty();
        } catch (Refusal e) {
            return switch (e.reason()) {
                case INVALID, CONFLICT, NOT_FOUND, BAD_REQUEST, TOO_LARGE, FORBIDDEN -> Optional.of(e);
                default -> throw e;
            };
        }
    }

    /** Whether it would remove an object that is another by now than was read. */
    private boolean isOfAnother(Edit edit) {
        return edit instanceof Edit.Remove(Kind kind, String name, long revision)
                && inventory
                        .get(kind, name)
                        .filter(object -> object.revision() == revision)
                        .isEmpty();
    }

    private void refuse(Map.Entry<String, Wish> edit, Refusal why) {
        if (isOfAnother(edit.getValue().edit())) {
            changedMeanwhile = true;
            return;
        }
        String causes = why.causes().isEmpty()
                ? String.valueOf(why.getMessage())
                : why.causes().getFirst().toString();
        String words = edit.getValue().words() + ", but its object stays as it is: " + causes;
        refused.put(edit.getKey(), new Refused(edit.getValue().words(), words, System.nanoTime()));
        events.leftAlone(edit.getKey(), words);
        LOG.warn("discovery: {} {}", edit.getKey(), words);
    }

    @Override
    public void close() {
        stopping = true;
        thread.interrupt();
    }
}
