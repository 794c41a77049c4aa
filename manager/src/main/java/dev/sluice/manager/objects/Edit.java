package dev.sluice.manager.objects;

import dev.sluice.model.Kind;
import dev.sluice.model.WrittenObject;
import tools.jackson.databind.JsonNode;

/** One change that somebody wants; several are done together or not at all. */
public sealed interface Edit {
    /** A new object. */
    record Create(WrittenObject written) implements Edit {}

    /**
     * Another specification instead of the one that is there.
     *
     * @param revision that the object must still have
     */
    record Replace(WrittenObject written, long revision) implements Edit {}

    /**
     * Fields that somebody wants to own, of an object that is there or not.
     *
     * @param force whether fields of others are taken over
     * @param revision that the object must still have; 0: any, or none
     */
    record Apply(WrittenObject written, boolean force, long revision) implements Edit {
        /** Whatever version the object has. */
        public Apply(WrittenObject written, boolean force) {
            this(written, force, 0);
        }
    }

    /**
     * An object is no longer wanted.
     *
     * @param revision that it must still have; 0: any
     */
    record Remove(Kind kind, String name, long revision) implements Edit {}

    /**
     * What is known of an object; neither its generation nor its owners change.
     *
     * @param revision that it must still have; 0: any
     * @param status an object
     */
    record SetStatus(Kind kind, String name, long revision, JsonNode status) implements Edit {}
}
