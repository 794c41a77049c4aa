package dev.sluice.agent.runtime;

import dev.sluice.model.InstanceRuntime;
import dev.sluice.model.InstanceRuntime.Driver;
import dev.sluice.model.ServiceInstance;
import dev.sluice.model.ServiceInstance.Interfaces;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An instance that this host is to make.
 *
 * @param name of the instance
 * @param service its service
 * @param in interface of this host that is to lead to side in
 * @param out the same of side out; empty: one interface for both
 * @param image what it is made from; empty: nothing is said
 * @param driver how it is made
 */
record WantedRuntime(
        String name, String service, String in, Optional<String> out, Optional<String> image, Driver driver) {
    /** What programs find of it in their environment. */
    Map<String, String> environment() {
        Map<String, String> environment = new TreeMap<>(Map.of("SLUICE_INSTANCE", name));
        image.ifPresent(from -> environment.put("SLUICE_IMAGE", from));
        return environment;
    }

    /** What an object asks for; null if it is nothing, or of another host. */
    static @Nullable WantedRuntime of(ServiceInstance instance, String node) {
        Optional<InstanceRuntime> runtime = instance.spec().runtime().filter(InstanceRuntime::isMade);
        if (runtime.isEmpty()
                || !instance.spec().node().equals(Optional.of(node))
                || !(instance.spec().attachment() instanceof Interfaces interfaces)) {
            return null;
        }
        String in = interfaces.in().interfaceName();
        String out = interfaces.outOrIn().interfaceName();
        return new WantedRuntime(
                instance.name(),
                instance.spec().service(),
                in,
                out.equals(in) ? Optional.empty() : Optional.of(out),
                runtime.get().image(),
                runtime.get().driver());
    }
}
