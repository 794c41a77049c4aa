package dev.sluice.agent.worker;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** Names by which nodes know of each other (see {@link dev.sluice.ports.Claim}) that a process without rights has taken; each is told of once. One user: the worker. */
final class TakenNames {
    private final Set<String> told = new HashSet<>();

    /**
     * What it means that a claim is not exclusive, and what to do; empty if it is, or if that has been said of this object since it last was.
     *
     * @param object what is claimed
     * @param name as it is in the list of sockets, or how it begins
     * @param harm what another node could do unseen
     */
    Optional<String> notice(boolean exclusive, String object, String name, String harm) {
        if (exclusive) {
            told.remove(object);
            return Optional.empty();
        }
        return told.add(object)
                ? Optional.of(object + ": a process without rights has taken the name " + name
                        + " by which nodes know of each other, so " + harm
                        + "; see who it is with 'ss -xlp', end it, and restart this node")
                : Optional.empty();
    }
}
