package dev.sluice.manager.agents;

import dev.sluice.controller.WantedObject;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.ObjectEvent;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Trees;
import dev.sluice.model.ExistingFlows;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Which objects there are, and then what becomes of them, in the words of a controller. No threads: everything that happens is a call. One user. */
public final class ObjectNews {
    /** Who is told. */
    @FunctionalInterface
    public interface Listener {
        /**
         * Objects are others now, and those of these keys are gone.
         *
         * @param flows what that means for flows in progress; empty: what each Node object says
         */
        void change(Collection<WantedObject> changed, Collection<String> removed, Optional<ExistingFlows> flows);
    }

    private final Inventory inventory;
    private final Listener listener;
    private final Set<String> told = new HashSet<>();
    private long revision;

    /** Has told nothing yet. */
    public ObjectNews(Inventory inventory, Listener listener) {
        this.inventory = inventory;
        this.listener = listener;
    }

    /** Up to which revision everything was told. */
    public long revision() {
        return revision;
    }

    /** Tells all objects, whatever was told before. */
    public void tellAll() {
        Inventory.All all = inventory.all();
        List<WantedObject> objects =
                all.objects().stream().map(ObjectNews::wanted).toList();
        Set<String> gone = new HashSet<>(told);
        objects.forEach(object -> gone.remove(object.key()));
        tell(objects, List.copyOf(gone), Optional.empty());
        revision = all.revision();
    }

    /**
     * Tells what happened up to a revision.
     *
     * @throws Refusal if objects cannot be read now
     */
    public void tellUpTo(long newest) {
        try {
            while (revision < newest) {
                List<ObjectEvent> events = inventory.events(revision);
                if (events.isEmpty()) {
                    revision = newest;
                    return;
                }
                tell(events, inventory.saidOfFlows(revision));
                revision = events.getLast().revision();
            }
        } catch (Refusal e) {
            if (e.reason() != Refusal.Reason.GONE) {
                throw e;
            }
            tellAll();
        }
    }

    /** Changes that say different things of flows in progress are told one after the other. */
    private void tell(List<ObjectEvent> events, Map<Long, ExistingFlows> said) {
        int from = 0;
        for (int i = 1; i <= events.size(); i++) {
            ExistingFlows flows = said.get(events.get(from).revision());
            if (i == events.size() || said.get(events.get(i).revision()) != flows) {
                tell(events.subList(from, i), Optional.ofNullable(flows));
                from = i;
            }
        }
    }

    private void tell(List<ObjectEvent> events, Optional<ExistingFlows> flows) {
        Map<String, ObjectEvent> last = new LinkedHashMap<>();
        Set<String> others = new HashSet<>();
        for (ObjectEvent event : events) {
            String key = wantedKey(event.object());
            last.put(key, event);
            // What was written may be followed at once by a status: the last event alone does not say what is new.
            if (!isStatusOnly(event)) {
                others.add(key);
            }
        }
        List<WantedObject> changed = new ArrayList<>();
        List<String> removed = new ArrayList<>();
        last.forEach((key, event) -> {
            if (event.type() == ObjectEvent.Type.DELETED) {
                removed.add(key);
            } else if (others.contains(key) || !told.contains(key)) {
                changed.add(wanted(event.object()));
            }
        });
        tell(changed, removed, flows);
    }

    /** Most changes are those that the controller made itself. */
    private static boolean isStatusOnly(ObjectEvent event) {
        return event.previous().isPresent()
                && event.previous().get().generation() == event.object().generation()
                && event.previous().get().written().equals(event.object().written());
    }

    private void tell(List<WantedObject> changed, List<String> removed, Optional<ExistingFlows> flows) {
        if (!changed.isEmpty() || !removed.isEmpty()) {
            listener.change(changed, removed, flows);
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
}
