package dev.sluice.manager.paths;

import dev.sluice.southbound.RoutingState;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What hosts say of the internal service "routing" of each other (V31). Only of hosts that are connected: others may have changed their mind. No threads or clocks: everything
 * that happens is a call. One user.
 */
final class RoutingWords {
    private static final String DEAD = "dead";
    private static final String UNPROVEN = "unproven";
    private static final String ALIVE = "alive";

    /** By host that says it, by host that it is about. */
    private final Map<String, Map<String, RoutingState>> words = new TreeMap<>();

    /**
     * How it is.
     *
     * @param state alive, dead, unproven (not heard of yet) or unknown
     * @param reason who takes it for dead, and why; else empty
     */
    record Verdict(String state, String reason) {}

    /** A host tells of all others that it knows. */
    void told(String node, List<RoutingState> states) {
        Map<String, RoutingState> byNode = new HashMap<>();
        states.forEach(state -> byNode.put(state.getNode(), state));
        if (byNode.isEmpty()) {
            words.remove(node);
        } else {
            words.put(node, byNode);
        }
    }

    /** A host's agent has gone. */
    void lost(String node) {
        words.remove(node);
    }

    /** Hosts that say something. */
    Collection<String> tellers() {
        return words.keySet();
    }

    /**
     * How routing of a host is: dead if one of those asked says so, for its packets do not come back.
     *
     * @param tellers whose word counts
     * @param connected whether the host itself is there; without a word of others it is alive then
     */
    Verdict of(String node, Collection<String> tellers, boolean connected) {
        String state = connected ? ALIVE : "unknown";
        boolean heard = false;
        for (String teller : tellers) {
            RoutingState said = words.getOrDefault(teller, Map.of()).get(node);
            if (said == null) {
                continue;
            }
            if (said.getState().equals(DEAD)) {
                return new Verdict(DEAD, teller + ": " + said.getReason());
            }
            heard |= said.getState().equals(ALIVE);
            state = heard ? ALIVE : UNPROVEN;
        }
        return new Verdict(state, "");
    }
}
