package dev.sluice.manager.instances;

import dev.sluice.model.ServiceDeployment.Place;
import java.util.Optional;

/**
 * An instance of a deployment, as it is seen.
 *
 * @param name of the ServiceInstance
 * @param number the last part of its name
 * @param node its host
 * @param place where it is attached, if it is one of existing places
 * @param state how far it is
 * @param reason why it is no further, in words; may be empty
 * @param current whether it is made as the deployment says now, where it may be now
 * @param overdue whether it has not been ready for so long that another is to take its place
 * @param mayGo of one that is draining, why it need not stay; empty: it serves flows and has time
 * @param flows whose path leads through it, on all hosts
 * @param shareFollows whether it gets as much as the deployment says now; what people wrote of that counts as said
 */
record Member(
        String name,
        int number,
        String node,
        Optional<Place> place,
        State state,
        String reason,
        boolean current,
        boolean overdue,
        String mayGo,
        long flows,
        boolean shareFollows) {
    /** How far an instance is. */
    enum State {
        /** Its host does not have it yet. */
        PENDING("Pending"),

        /** It is being made, or does not answer yet. */
        STARTING("Starting"),

        /** It serves. */
        READY("Ready"),

        /** It cannot be made, or has ended. */
        FAILED("Failed"),

        /** Its host does not speak to the manager. */
        UNKNOWN("Unknown"),

        /** Somebody took it out of use; that is left as it is. */
        HELD("Held"),

        /** It gets no new flows and goes when it has none. */
        DRAINING("Draining");

        private final String word;

        State(String word) {
            this.word = word;
        }

        /** As users see it. */
        String word() {
            return word;
        }
    }

    /** Whether it is one of those that are wanted. */
    boolean counts() {
        return stays() && current && !overdue;
    }

    /** Whether nobody has decided yet that it is to go. */
    boolean stays() {
        return state != State.DRAINING && state != State.HELD;
    }

    boolean isReady() {
        return state == State.READY;
    }
}
