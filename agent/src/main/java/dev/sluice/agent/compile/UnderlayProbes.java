package dev.sluice.agent.compile;

import dev.sluice.model.Configuration;
import dev.sluice.model.InterfaceAddress;
import dev.sluice.model.Node;
import dev.sluice.model.Service;
import dev.sluice.model.ServiceInstance;
import dev.sluice.wire.IpAddress;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Decides how instances with an address in the underlay of this node are probed. Immutable; control thread. */
final class UnderlayProbes {
    private final Optional<IpAddress> endpoint;
    private final List<InterfaceAddress> networks;

    UnderlayProbes(Configuration configuration, String node) {
        endpoint = configuration.underlay(node).map(Node.Underlay::address);
        networks = configuration.routers().stream()
                .filter(router -> router.spec().node().map(node::equals).orElse(true))
                .flatMap(router -> router.spec().interfaces().stream())
                .flatMap(each -> each.addresses().stream())
                .filter(address -> endpoint.filter(address.address()::equals).isPresent())
                .toList();
    }

    /** The plan for an instance, null if it is not probed. */
    @Nullable
    ProbePlan plan(
            ServiceInstance instance, Service service, IpAddress address, AttachmentDraft first, CompileLog log) {
        boolean onLink = networks.stream().anyMatch(network -> network.prefix().contains(address));
        return endpoint.isEmpty()
                ? null
                : ProbePlans.ofEndpoint(instance, service, endpoint.get(), address, onLink, first, log);
    }
}
