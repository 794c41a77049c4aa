package dev.sluice.manager.objects;

import java.util.List;
import java.util.Locale;

/**
 * What a request changed.
 *
 * @param revision of the store that has it; without a change, the one that was looked at
 * @param dryRun nothing was stored
 * @param items in the order of the request
 * @param warnings what is doubtful about these objects
 * @param differences field by field, without secrets
 */
public record Changed(
        long revision, boolean dryRun, List<Item> items, List<String> warnings, List<String> differences) {
    /** What happened to an object. */
    public enum What {
        /** It is new. */
        CREATED,

        /** It is another now. */
        CONFIGURED,

        /** It was like that already. */
        UNCHANGED,

        /** It is gone. */
        DELETED;

        /** The word that users see. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * One object.
     *
     * @param object as it is now; of a deleted one, as it was last
     */
    public record Item(What what, ManagedObject object) {}

    /** Copies the lists. */
    public Changed {
        items = List.copyOf(items);
        warnings = List.copyOf(warnings);
        differences = List.copyOf(differences);
    }
}
