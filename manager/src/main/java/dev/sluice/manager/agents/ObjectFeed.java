package dev.sluice.manager.agents;

import dev.sluice.controller.Controller;
import dev.sluice.controller.WantedObject;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.ObjectEvent;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Trees;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells a controller what the objects are, and then each change. A thread of its own. */
final class ObjectFeed implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ObjectFeed.class);
    private static final long AWAIT_MS = 1_000;
    private static final long RETRY_MS = 1_000;

    private final Inventory inventory;
    private final Controller controller;
    private final Set<String> told = new HashSet<>();
    private final Thread thread;
    private long revision;
    private volatile boolean stopping;

    private ObjectFeed(Inventory inventory, Controller controller) {
        this.inventory = inventory;
        this.controller = controller;
        thread = Thread.ofPlatform().daemon().name("sluice-objects").unstarted(this::run);
    }

    /** Tells all objects, and then follows them. */
    static ObjectFeed start(Inventory inventory, Controller controller) {
        ObjectFeed feed = new ObjectFeed(inventory, controller);
        feed.tellAll();
        feed.thread.start();
        return feed;
    }

    private void run() {
        while (!stopping) {
            try {
                follow();
            } catch (Refusal e) {
                if (e.reason() == Refusal.Reason.GONE) {
                    tellAll();
                } else if (!stopping) {
                    LOG.warn("objects cannot be read, agents keep what they have: {}", e.getMessage());
                    pause();
                }
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                if (!stopping) {
                    LOG.error("a defect of this program, the manager goes on", e);
                    pause();
                }
            }
        }
    }

    private void pause() {
        try {
            Thread.sleep(RETRY_MS);
        } catch (InterruptedException e) {
            stopping = true;
        }
    }

    private void follow() throws InterruptedException {
        long newest = inventory.await(revision, AWAIT_MS);
        while (revision < newest) {
            List<ObjectEvent> events = inventory.events(revision);
            if (events.isEmpty()) {
                revision = newest;
                return;
            }
            tell(events);
            revision = events.getLast().revision();
        }
    }

    private void tell(List<ObjectEvent> events) {
        Map<String, ObjectEvent> last = new LinkedHashMap<>();
        events.forEach(event -> last.put(wantedKey(event.object()), event));
        List<WantedObject> changed = new ArrayList<>();
        List<String> removed = new ArrayList<>();
        last.forEach((key, event) -> {
            if (event.type() == ObjectEvent.Type.DELETED) {
                removed.add(key);
            } else if (!isStatusOnly(event) || !told.contains(key)) {
                changed.add(wanted(event.object()));
            }
        });
        tell(changed, removed);
    }

    /** Most changes are those that the controller made itself. */
    private static boolean isStatusOnly(ObjectEvent event) {
        return event.previous().isPresent()
                && event.previous().get().generation() == event.object().generation()
                && event.previous().get().written().equals(event.object().written());
    }

    private void tellAll() {
        Inventory.All all = inventory.all();
        List<WantedObject> objects =
                all.objects().stream().map(ObjectFeed::wanted).toList();
        Set<String> gone = new HashSet<>(told);
        objects.forEach(object -> gone.remove(object.key()));
        tell(objects, List.copyOf(gone));
        revision = all.revision();
    }

    private void tell(List<WantedObject> changed, List<String> removed) {
        if (!changed.isEmpty() || !removed.isEmpty()) {
            controller.change(changed, removed);
            told.removeAll(removed);
            changed.forEach(object -> told.add(object.key()));
        }
    }

    private static String wantedKey(ManagedObject object) {
        return WantedObject.key(object.kind(), object.name());
    }

    private static WantedObject wanted(ManagedObject object) {
        return new WantedObject(object.kind(), object.name(), object.generation(), Trees.text(object.written()));
    }

    @Override
    public void close() {
        stopping = true;
        thread.interrupt();
    }
}
