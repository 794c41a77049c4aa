package dev.sluice.agent.instances;

import dev.sluice.model.Configuration;
import dev.sluice.model.Resource;
import dev.sluice.model.ServiceInstance;
import dev.sluice.model.ServiceInstance.AdminState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Administrative states that operators gave to instances at run time, which hold over what files say until they are reset; and those that other nodes tell of theirs, which hold where they ask for more. One writer: the control thread; any thread reads. */
public final class InstanceStates {
    private volatile Map<String, AdminState> given = Map.of();
    private volatile Map<String, AdminState> told = Map.of();

    /** Gives an instance a state; empty: the files' one again. */
    public void set(String instance, Optional<AdminState> state) {
        Map<String, AdminState> next = new HashMap<>(given);
        if (state.isPresent()) {
            next.put(instance, state.get());
        } else {
            next.remove(instance);
        }
        given = Map.copyOf(next);
    }

    /** Gives those that were given before a restart; words that are none are passed over. */
    public void restore(Map<String, String> words) {
        for (AdminState state : AdminState.values()) {
            words.forEach((name, word) -> {
                if (word.equals(state.word())) {
                    set(name, Optional.of(state));
                }
            });
        }
    }

    /** Forgets what was given to instances that a configuration has not; their names. */
    public Set<String> forgetOthers(Configuration configuration) {
        if (given.isEmpty()) {
            return Set.of();
        }
        Set<String> gone = new HashSet<>(given.keySet());
        configuration.instances().forEach(instance -> gone.remove(instance.name()));
        gone.forEach(name -> set(name, Optional.empty()));
        return gone;
    }

    /** By name, the word for each state that was given. */
    public Map<String, String> words() {
        Map<String, String> words = new HashMap<>();
        given.forEach((name, state) -> words.put(name, state.word()));
        return words;
    }

    /** The state given to an instance. */
    public Optional<AdminState> of(String instance) {
        return Optional.ofNullable(given.get(instance));
    }

    /** Follows other nodes; whether that is news. */
    public boolean follow(Map<String, AdminState> states) {
        if (states.equals(told)) {
            return false;
        }
        told = states;
        return true;
    }

    /** No new flows if one of both says so; and what it has leaves if one says so. */
    private static AdminState both(AdminState here, AdminState there) {
        return there == AdminState.MAINTENANCE || here == AdminState.UP ? there : here;
    }

    /** The configuration with the given states in it. */
    public Configuration over(Configuration written) {
        Map<String, AdminState> now = given;
        Map<String, AdminState> elsewhere = told;
        if (now.isEmpty() && elsewhere.isEmpty()) {
            return written;
        }
        List<Resource> resources = new ArrayList<>();
        for (Resource resource : written.resources()) {
            resources.add(resource instanceof ServiceInstance instance ? over(instance, now, elsewhere) : resource);
        }
        return Configuration.of(resources);
    }

    private static ServiceInstance over(
            ServiceInstance instance, Map<String, AdminState> now, Map<String, AdminState> elsewhere) {
        AdminState written = instance.spec().adminState();
        AdminState state = both(
                now.getOrDefault(instance.name(), written), elsewhere.getOrDefault(instance.name(), AdminState.UP));
        return state == written
                ? instance
                : new ServiceInstance(instance.metadata(), instance.spec().withAdminState(state));
    }
}
