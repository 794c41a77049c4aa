package dev.sluice.manager.objects;

import dev.sluice.manager.store.Store.Event;
import java.util.Optional;

/**
 * What happened to an object.
 *
 * @param revision of the transaction
 * @param object as it is since; of a deleted one, as it was last, as far as that is known
 * @param previous as it was before, if it was and is still known
 */
public record ObjectEvent(Type type, long revision, ManagedObject object, Optional<ManagedObject> previous) {
    /** What happened. */
    public enum Type {
        /** It is new. */
        ADDED,

        /** It is another now. */
        MODIFIED,

        /** It is gone. */
        DELETED
    }

    static ObjectEvent of(Event event) {
        Optional<ManagedObject> previous = event.previous().map(ManagedObject::of);
        long revision = event.entry().revision();
        if (event.deleted()) {
            ManagedObject last = previous.orElseGet(
                    () -> ManagedObject.nameOnly(event.entry().key()));
            return new ObjectEvent(
                    Type.DELETED,
                    revision,
                    new ManagedObject(last.kind(), last.name(), revision, last.tree()),
                    previous);
        }
        boolean isNew = event.entry().created() == revision;
        return new ObjectEvent(isNew ? Type.ADDED : Type.MODIFIED, revision, ManagedObject.of(event.entry()), previous);
    }

    /** What somebody sees of it who looks at some objects only: one that begins to belong to them is added, one that ceases to is deleted. */
    public Optional<ObjectEvent> through(LabelSelector selector) {
        boolean is = type != Type.DELETED && selector.matches(object);
        boolean was = previous.isPresent() ? selector.matches(previous.get()) : type != Type.ADDED;
        if (!is && !was) {
            return Optional.empty();
        }
        Type seen = is ? (was ? Type.MODIFIED : Type.ADDED) : Type.DELETED;
        return Optional.of(new ObjectEvent(seen, revision, object, previous));
    }
}
