package dev.sluice.manager.objects;

import dev.sluice.model.Kind;

/** What somebody may do with objects. Any thread. */
public interface Rights {
    /** Everything, in all tenants. */
    Rights ALL = (verb, kind, tenant) -> true;

    /** What is done with an object. */
    enum Verb {
        /** It is listed, read, watched, exported. */
        READ,

        /** It is created, changed, deleted. */
        WRITE,

        /** It is said what is known of it. */
        STATUS,

        /** What was captured for it is read: the contents of packets. */
        CONTENTS
    }

    /**
     * Whether it is allowed.
     *
     * @param tenant whose object it is; empty: one that all share
     */
    boolean may(Verb verb, Kind kind, String tenant);

    /** Whether objects of tenants are seen by these rights whoever the tenant is; others are told nothing of what they do not see. */
    default boolean everywhere() {
        return true;
    }

    /** Whether they are of a user, not of the manager itself or an agent, who say all the time what is known of objects. */
    default boolean areOfUser() {
        return false;
    }
}
