package dev.sluice.model;

import dev.sluice.model.Service.Forwarding;
import dev.sluice.model.Service.Transport;
import dev.sluice.model.ServiceDeployment.OfPlaces;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What has to hold between a deployment, its service and the nodes. */
final class DeploymentChecks {
    /** Room for '-' and the number in names of instances. */
    private static final int NAME_LENGTH_MAX = Checks.NAME_LENGTH_MAX - 5;

    private DeploymentChecks() {}

    static void check(ServiceDeployment deployment, Document at, Configuration all) {
        ServiceDeployment.Spec spec = deployment.spec();
        if (deployment.name().length() > NAME_LENGTH_MAX) {
            at.error(
                    "metadata.name",
                    "leaves no room for the numbers of its instances",
                    "1.." + NAME_LENGTH_MAX + " characters");
        }
        Optional<Service> service = all.service(spec.service());
        service.ifPresent(of -> checkService(of.spec(), spec, at));
        if (spec.template().making() instanceof OfPlaces(List<ServiceDeployment.Place> places)) {
            checkPlaces(places, spec, at);
        }
        if (spec.mode() == ServiceDeployment.Mode.ACTIVE_STANDBY) {
            checkStandby(spec.service(), at, all);
        }
        List<String> hosts = spec.placement().hosts();
        for (int i = 0; i < hosts.size(); i++) {
            if (all.find(Kind.NODE, hosts.get(i)).isEmpty()) {
                at.warning(
                        "spec.placement.hosts[" + i + "]",
                        "there is no Node/" + hosts.get(i) + "; no instance is placed there until there is one");
            }
        }
    }

    private static void checkStandby(String service, Document at, Configuration all) {
        for (ServiceChain chain : all.chains()) {
            boolean uses = Stream.concat(
                            chain.spec().hops().stream(),
                            chain.spec().reverse().stream().flatMap(List::stream))
                    .anyMatch(hop -> hop.service().equals(service));
            if (uses && chain.spec().selection() != ServiceChain.Selection.NEAREST) {
                at.warning(
                        "spec.mode",
                        "is active-standby, but ServiceChain/" + chain.name() + " has selection "
                                + chain.spec().selection().word()
                                + ", so all instances are active there; say selection: nearest in it");
            }
        }
    }

    private static void checkService(Service.Spec service, ServiceDeployment.Spec spec, Document at) {
        if (service.transport() != Transport.RAW && service.transport() != Transport.WIRE) {
            at.error(
                    "spec.service",
                    "its transport " + service.transport().word() + " needs tags, addresses or keys for each instance",
                    "a Service of transport raw or wire; write ServiceInstances for others");
        }
        if (service.forwarding() != Forwarding.BRIDGE) {
            at.error(
                    "spec.service",
                    "its nodes route, so each instance needs addresses of its own",
                    "a Service whose nodes bridge; write ServiceInstances for others");
        }
        boolean oneArmed = spec.template().making() instanceof OfPlaces(List<ServiceDeployment.Place> places)
                ? places.stream().anyMatch(place -> place.out().isEmpty())
                : spec.template().arms() == 1;
        if (service.transport() == Transport.WIRE && oneArmed) {
            at.error("spec.arms", "transport wire needs two interfaces", "2");
        }
    }

    private static void checkPlaces(List<ServiceDeployment.Place> places, ServiceDeployment.Spec spec, Document at) {
        Set<String> used = new HashSet<>();
        for (int i = 0; i < places.size(); i++) {
            ServiceDeployment.Place place = places.get(i);
            boolean again = !used.add(place.node() + " " + place.in());
            again |= place.out().isPresent()
                    && !used.add(place.node() + " " + place.out().get());
            if (again) {
                at.error("spec.existing[" + i + "]", "uses an interface of a place before", "each interface once");
            }
        }
        int most = spec.autoscale().map(Autoscale::max).orElse(spec.replicas());
        if (most > places.size()) {
            at.warning(
                    spec.autoscale().isPresent() ? "spec.autoscale.max" : "spec.replicas",
                    "there are only " + places.size() + " places in existing; what has none is not made");
        }
    }
}
