package dev.sluice.agent.instances;

import dev.sluice.model.Configuration;
import dev.sluice.model.Resource;
import dev.sluice.model.ServiceInstance;
import dev.sluice.model.ServiceInstance.AdminState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Administrative states that operators gave to instances at run time; they hold over what files say, until reset or restart. One writer: the control thread; any thread reads. */
public final class InstanceStates {
    private volatile Map<String, AdminState> given = Map.of();

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

    /** The state given to an instance. */
    public Optional<AdminState> of(String instance) {
        return Optional.ofNullable(given.get(instance));
    }

    /** The configuration with the given states in it. */
    public Configuration over(Configuration written) {
        Map<String, AdminState> now = given;
        if (now.isEmpty()) {
            return written;
        }
        List<Resource> resources = new ArrayList<>();
        for (Resource resource : written.resources()) {
            AdminState state = resource instanceof ServiceInstance instance ? now.get(instance.name()) : null;
            resources.add(
                    state != null && resource instanceof ServiceInstance instance
                            ? new ServiceInstance(
                                    instance.metadata(), instance.spec().withAdminState(state))
                            : resource);
        }
        return Configuration.of(resources);
    }
}
